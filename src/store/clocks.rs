//! What time it is, on a machine that may be frozen, sent to sleep, or set wrong.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::holder;

/// The clocks of a machine.
pub trait Clocks: Send + Sync {
    /// A time that only goes forward, also while the process is stopped and, where the system
    /// tells, while the machine sleeps. Where [`Holder::boot`](super::Holder) is known it counts
    /// from the machine's start, so that the processes of a machine share it.
    fn now(&self) -> Duration;

    /// The time of day. It may be wrong, and nothing is decided by it.
    fn wall(&self) -> Timestamp;

    /// Ends after at least this long.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The real ones. Sleeping needs a Tokio runtime with time.
#[derive(Debug)]
pub struct MachineClocks {
    start: Instant,
    uptime: Duration,
    wall: Timestamp,
}

impl Default for MachineClocks {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            uptime: holder::uptime().unwrap_or_default(),
            wall: Timestamp::now(),
        }
    }
}

impl Clocks for MachineClocks {
    fn now(&self) -> Duration {
        // `Instant` stands still while the machine sleeps. The uptime does not; where there is
        // none, the time of day is asked: if that is wrong, a lease only ends too early.
        let awake = self.uptime + self.start.elapsed();
        let slept = holder::uptime().unwrap_or_else(|| {
            let passed = Timestamp::now().duration_since(self.wall);
            self.uptime + Duration::try_from(passed).unwrap_or_default()
        });
        awake.max(slept)
    }

    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
