//! Plans, and applies if it should, on a schedule.
//!
//! Invariant: no cycle begins before the last one has ended, and none ends the loop, however it
//! ends. Only a stop does that, between cycles.

pub mod board;
pub mod exposition;
pub mod schedule;
pub mod serve;

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;

use crate::api::clock::Clock;
use crate::apply::Stop;
pub use board::{Board, on};
pub use schedule::Schedule;

/// How a stack fared in a cycle, or a whole cycle: the worst of its stacks. Better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// There was nothing to do.
    Converged,
    /// Everything that was planned is done.
    Applied,
    /// There are changes, and none is to be carried out.
    Drifted,
    /// Nothing failed, but something waits: a teardown, or connectors.
    Unsettled,
    /// Another run holds the account's lock, or a stop came first: nothing was looked at.
    Skipped,
    /// A guard holds: nothing was done.
    Blocked,
    /// The world or the lock moved under the run: it did only a part.
    Stale,
    /// A manifest, a plan or a change is wrong.
    Failed,
    /// The API or the store does not answer.
    Unavailable,
}

impl End {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Converged,
        Self::Applied,
        Self::Drifted,
        Self::Unsettled,
        Self::Skipped,
        Self::Blocked,
        Self::Stale,
        Self::Failed,
        Self::Unavailable,
    ];

    /// Codes of errors that go away by themselves, once the API or the store answers again.
    const OUTAGES: [&str; 6] = [
        "tunctl::api_rate_limited",
        "tunctl::api_unanswered",
        "tunctl::api_unavailable",
        "tunctl::api_unreachable",
        "tunctl::api_unreadable",
        "tunctl::store_failed",
    ];

    /// What an error's code says about what follows from it.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        match code {
            "tunctl::locked" | "tunctl::interrupted" => Self::Skipped,
            code if Self::OUTAGES.contains(&code) => Self::Unavailable,
            _ => Self::Failed,
        }
    }

    /// The word for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Applied => "applied",
            Self::Drifted => "drifted",
            Self::Skipped => "skipped",
            Self::Unsettled => "unsettled",
            Self::Blocked => "blocked",
            Self::Stale => "stale",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether the cycle did what it is there for.
    #[must_use]
    pub fn is_success(self) -> bool {
        match self {
            Self::Converged | Self::Applied | Self::Drifted | Self::Unsettled => true,
            Self::Skipped | Self::Blocked | Self::Stale | Self::Failed | Self::Unavailable => false,
        }
    }
}

/// What a cycle came to for one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fared {
    /// The account's id.
    pub account: String,
    /// The stack.
    pub stack: String,
    /// How it ended.
    pub end: End,
    /// Changes that were planned.
    pub planned: u64,
    /// Changes that were carried out.
    pub applied: u64,
    /// Changes that failed.
    pub failed: u64,
    /// Teardowns that have begun and not ended, as far as that was looked at.
    pub stopping: Option<u64>,
}

/// What a cycle came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cycle {
    /// Each of its stacks.
    pub stacks: Vec<Fared>,
    /// Why no stack was looked at at all.
    pub trouble: Option<End>,
    /// What is left of the rate budget, in requests.
    pub budget: Option<u64>,
    /// When it ended, by the time of day.
    pub at: Option<Timestamp>,
}

impl Cycle {
    /// How it ended: as the worst of its stacks did.
    #[must_use]
    pub fn end(&self) -> End {
        let stacks = self.stacks.iter().map(|it| it.end);
        let worst = stacks.chain(self.trouble).max();
        worst.unwrap_or(End::Converged)
    }
}

/// What is done in every cycle.
pub trait Work {
    /// One cycle, from the manifests to its end. It never fails: what went wrong is in the result.
    fn cycle(&mut self) -> impl Future<Output = Cycle>;

    /// Told of every cycle when it has ended: what it came to, how long it took, and how long it is
    /// to the next one.
    fn tell(&mut self, cycle: &Cycle, took: Duration, wait: Duration);
}

/// Does one cycle after the other until it is stopped; hands back the last one.
pub async fn run(
    work: &mut impl Work,
    clock: &dyn Clock,
    stop: &Stop,
    (schedule, board): (&mut Schedule, &Mutex<Board>),
) -> Cycle {
    loop {
        let began = clock.now();
        on(board, |it| it.stir(began));
        let cycle = work.cycle().await;
        let now = clock.now();
        let took = now.saturating_sub(began);
        let next = schedule.next(cycle.end(), began, now);
        let wait = next.saturating_sub(now);
        on(board, |it| it.enter(&cycle, took));
        work.tell(&cycle, took, wait);
        if stop.is_set() {
            return cycle;
        }
        tokio::select! {
            () = clock.sleep(wait) => {}
            () = stop.wait() => return cycle,
        }
    }
}
