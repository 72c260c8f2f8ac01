//! Simulated time: it passes only when everything waits.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::BoxFuture;
use tunctl::api::Clock;

/// A clock that jumps to the next deadline.
#[derive(Default)]
pub(crate) struct SimClock(Mutex<State>);

#[derive(Default)]
struct State {
    now: Duration,
    /// By deadline, then in the order of going to sleep.
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    asleep: u64,
}

struct Flag(AtomicBool);

impl SimClock {
    /// Runs a future to its end. Fails when it waits for something that is not time.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&flag));
        let mut future = pin!(future);
        loop {
            while flag.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return value;
                }
            }
            assert!(self.jump(), "everything waits, and nothing for the clock");
        }
    }

    /// Wakes the next sleeper.
    fn jump(&self) -> bool {
        let next = {
            let mut state = self.0.lock().unwrap();
            let next = state.sleepers.pop_first();
            if let Some(((deadline, _), _)) = &next {
                state.now = state.now.max(*deadline);
            }
            next
        };
        next.is_some_and(|(_, sleeper)| {
            // A sleeper that was dropped meanwhile needs no waking.
            sleeper.send(()).ok();
            true
        })
    }
}

impl Clock for SimClock {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let (wake, woken) = oneshot::channel();
        let mut state = self.0.lock().unwrap();
        let deadline = state.now + duration;
        state.asleep += 1;
        let key = (deadline, state.asleep);
        state.sleepers.insert(key, wake);
        Box::pin(async move {
            woken.await.expect("the clock outlives its sleepers");
        })
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
