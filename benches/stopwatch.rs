//! How long things take, and a clock for the client on which waiting takes no time.

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tunctl::api::Clock;

/// Runs of each measured piece; the median counts.
const RUNS: usize = 7;

/// Milliseconds after which a piece is not run again.
const ENOUGH: f64 = 2_000.0;

/// Runs something several times. Its median time in milliseconds, and what the last run gave.
pub(crate) fn median<T, E>(mut run: impl FnMut() -> Result<T, E>) -> Result<(f64, T), E> {
    let (first, mut result) = once(&mut run)?;
    let mut times = vec![first];
    while times.len() < RUNS && times.iter().sum::<f64>() < ENOUGH {
        drop(result);
        let (time, again) = once(&mut run)?;
        times.push(time);
        result = again;
    }
    Ok((middle(times), result))
}

/// The median of some times.
pub(crate) fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn once<T, E>(run: &mut impl FnMut() -> Result<T, E>) -> Result<(f64, T), E> {
    let (wall, cpu) = (Instant::now(), cpu());
    let result = run()?;
    let spent = match (cpu, self::cpu()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        (None, _) | (_, None) => wall.elapsed(),
    };
    Ok((spent.as_secs_f64() * 1000.0, result))
}

/// The time that this thread has been running. Linux alone tells it without a foreign call; the
/// kernel brings the figure up to date at each tick, every few milliseconds.
fn cpu() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// A clock that jumps: sleeping costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Jumping(Mutex<Duration>);

impl Clock for Jumping {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += duration;
        Box::pin(std::future::ready(()))
    }
}
