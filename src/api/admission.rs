//! Who may send next: one request at a time waits for a token, first come, first served, so
//! that thousands of waiting requests cost nothing and none is overtaken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Gate, Semaphore, SemaphorePermit};

use crate::api::clock::Clock;
use crate::api::limit::{Bucket, Figures};
use crate::api::wire::Reply;

/// A wait that is worth a word to the user.
const NOTABLE: Duration = Duration::from_secs(2);

/// The rate budget and the number of parallel exchanges of the process.
pub(crate) struct Admission {
    gate: Gate<()>,
    permits: Semaphore,
    parallelism: usize,
    bucket: Mutex<Bucket>,
    clock: Arc<dyn Clock>,
}

impl Admission {
    /// At most `parallelism` exchanges at a time; 0 counts as 1.
    pub(crate) fn new(parallelism: usize, clock: Arc<dyn Clock>) -> Self {
        let parallelism = parallelism.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            gate: Gate::new(()),
            permits: Semaphore::new(parallelism),
            parallelism,
            bucket: Mutex::default(),
            clock,
        }
    }

    /// Waits for a token and a free place. The place is taken first: a token that waits for a
    /// place would be spent later than the API counts it, and many of them at once.
    pub(crate) async fn enter(&self, waiting: impl Fn(Duration)) -> SemaphorePermit<'_> {
        let _turn = self.gate.lock().await;
        let permit = self
            .permits
            .acquire()
            .await
            .expect("the semaphore is never closed");
        loop {
            let wait = self.bucket().take(self.clock.now());
            if wait.is_zero() {
                return permit;
            }
            if wait >= NOTABLE {
                waiting(wait);
            }
            self.clock.sleep(wait).await;
        }
    }

    /// Takes over what a reply says about the budget, while its request still holds its place.
    pub(crate) fn learn(&self, reply: &Reply) {
        let figures = reply
            .header("ratelimit")
            .and_then(|limit| Figures::parse(limit, reply.header("ratelimit-policy")));
        let busy = self.parallelism - self.permits.available_permits();
        let others = u32::try_from(busy.saturating_sub(1)).unwrap_or(u32::MAX);
        let now = self.clock.now();
        match figures {
            Some(figures) => self.bucket().learn(now, figures, others),
            None if reply.status == 429 => self.bucket().drain(now),
            None => {}
        }
    }

    /// Stops everyone for a while.
    pub(crate) fn pause(&self, wait: Duration) {
        let now = self.clock.now();
        self.bucket().pause(now, wait);
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
