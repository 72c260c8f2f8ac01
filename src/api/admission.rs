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

/// A place among the parallel exchanges, held while one runs.
pub(crate) struct Place<'a> {
    _permit: SemaphorePermit<'a>,
    /// How many had been granted when this one was.
    granted: u64,
    /// How many others were under way then.
    others: usize,
}

/// The rate budget and the number of parallel exchanges of the process.
pub(crate) struct Admission {
    gate: Gate<()>,
    permits: Semaphore,
    parallelism: usize,
    budget: Mutex<Budget>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Budget {
    bucket: Bucket,
    granted: u64,
}

impl Admission {
    /// At most `parallelism` exchanges at a time; 0 counts as 1.
    pub(crate) fn new(parallelism: usize, clock: Arc<dyn Clock>) -> Self {
        let parallelism = parallelism.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            gate: Gate::new(()),
            permits: Semaphore::new(parallelism),
            parallelism,
            budget: Mutex::default(),
            clock,
        }
    }

    /// Waits for a token and a free place. The place is taken first: a token that waits for a
    /// place would be spent later than the API counts it, and many of them at once.
    pub(crate) async fn enter(&self, waiting: impl Fn(Duration)) -> Place<'_> {
        let _turn = self.gate.lock().await;
        let permit = self
            .permits
            .acquire()
            .await
            .expect("the semaphore is never closed");
        loop {
            match self.take() {
                Ok(granted) => {
                    return Place {
                        _permit: permit,
                        granted,
                        others: self.parallelism - self.permits.available_permits() - 1,
                    };
                }
                Err(wait) => {
                    if wait >= NOTABLE {
                        waiting(wait);
                    }
                    self.clock.sleep(wait).await;
                }
            }
        }
    }

    /// Takes over what the reply to a request says about the budget.
    pub(crate) fn learn(&self, place: &Place<'_>, reply: &Reply) {
        let figures = reply
            .header("ratelimit")
            .and_then(|limit| Figures::parse(limit, reply.header("ratelimit-policy")));
        let now = self.clock.now();
        let mut budget = self.budget();
        let since = budget.granted - place.granted;
        let uncounted = u32::try_from(since + place.others as u64).unwrap_or(u32::MAX);
        match figures {
            Some(figures) => budget.bucket.learn(now, figures, uncounted),
            None if reply.status == 429 => budget.bucket.drain(now),
            None => {}
        }
    }

    /// Stops everyone for a while.
    pub(crate) fn pause(&self, wait: Duration) {
        let now = self.clock.now();
        self.budget().bucket.pause(now, wait);
    }

    /// Requests that were granted so far.
    pub(crate) fn granted(&self) -> u64 {
        self.budget().granted
    }

    /// Requests that would be granted at once now, and how long each one after them waits.
    pub(crate) fn left(&self) -> (u64, Duration) {
        let now = self.clock.now();
        self.budget().bucket.left(now)
    }

    /// The number of the grant, or how long to wait before asking again.
    fn take(&self) -> Result<u64, Duration> {
        let mut budget = self.budget();
        let wait = budget.bucket.take(self.clock.now());
        if !wait.is_zero() {
            return Err(wait);
        }
        budget.granted += 1;
        Ok(budget.granted)
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
