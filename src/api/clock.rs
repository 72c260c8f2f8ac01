//! Time and waiting, so that everything that waits is tested without waiting.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;

/// A clock that only ever goes forward. Its zero means nothing.
pub trait Clock: Send + Sync {
    /// The time since the clock's start.
    fn now(&self) -> Duration;

    /// Ends after at least this long.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The real one. Sleeping needs a Tokio runtime with time.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
