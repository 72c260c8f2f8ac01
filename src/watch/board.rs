//! What is known of the cycles so far: what metrics and health are made of.
//!
//! Invariant: it grows with the stacks of the last cycle, and not with the number of cycles.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::{Cycle, End, Fared};

/// Without a sign of life for so many intervals, the loop counts as stuck.
const PATIENCE: u32 = 3;

/// What is known of the cycles so far.
#[derive(Debug)]
pub struct Board {
    interval: Duration,
    /// The last sign of life.
    stirred: Duration,
    pub(super) cycles: BTreeMap<End, u64>,
    pub(super) took: Duration,
    pub(super) changes: Changes,
    pub(super) stacks: BTreeMap<(String, String), Standing>,
    trouble: Option<End>,
    pub(super) budget: Option<u64>,
    /// When a cycle last succeeded with all of its stacks.
    pub(super) success: Option<Timestamp>,
}

/// Changes of all cycles.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) planned: u64,
    pub(super) applied: u64,
    pub(super) failed: u64,
}

/// How a stack stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// How it last ended, when it was looked at.
    pub(super) end: Option<End>,
    /// Changes that were planned and not carried out.
    pub(super) drift: u64,
    pub(super) stopping: u64,
    pub(super) success: Option<Timestamp>,
}

/// Looks at a board that is shared, or writes on it.
pub fn on<T>(board: &Mutex<Board>, does: impl FnOnce(&mut Board) -> T) -> T {
    does(&mut board.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Board {
    /// A board before the first cycle, which begins at `now`.
    #[must_use]
    pub fn new(interval: Duration, now: Duration) -> Self {
        Self {
            interval,
            stirred: now,
            cycles: BTreeMap::new(),
            took: Duration::ZERO,
            changes: Changes::default(),
            stacks: BTreeMap::new(),
            trouble: None,
            budget: None,
            success: None,
        }
    }

    /// A sign of life: a cycle begins, or has done with one of its stacks.
    pub fn stir(&mut self, now: Duration) {
        self.stirred = now;
    }

    /// Writes down what a cycle came to.
    pub fn enter(&mut self, cycle: &Cycle, took: Duration) {
        *self.cycles.entry(cycle.end()).or_default() += 1;
        self.took = took;
        self.budget = cycle.budget.or(self.budget);
        self.trouble = cycle.trouble;
        if cycle.trouble.is_some() {
            return;
        }
        // Those that are gone from the manifests are gone from here.
        let mut before = std::mem::take(&mut self.stacks);
        for fared in &cycle.stacks {
            let key = (fared.account.clone(), fared.stack.clone());
            let mut standing = before.remove(&key).unwrap_or_default();
            standing.take(fared, cycle.at);
            self.stacks.insert(key, standing);
            self.changes.planned += fared.planned;
            self.changes.applied += fared.applied;
            self.changes.failed += fared.failed;
        }
        if cycle.stacks.iter().all(|it| it.end.is_success()) {
            self.success = cycle.at;
        }
    }

    /// Whether the loop goes round.
    #[must_use]
    pub fn is_alive(&self, now: Duration) -> bool {
        now.saturating_sub(self.stirred) <= self.interval * PATIENCE
    }

    /// What keeps it from being ready, in words: everything but stacks whose last cycle succeeded.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        if self.cycles.is_empty() {
            return vec!["no cycle has ended yet".to_owned()];
        }
        let whole = self.trouble.map(|end| format!("cycle: {}", end.name()));
        let stacks = self.stacks.iter();
        let stacks = stacks.filter(|(_, it)| !it.is_ready());
        let stacks = stacks.map(|((_, stack), it)| {
            let word = it.end.map_or("not looked at yet", End::name);
            format!("stack {stack}: {word}")
        });
        whole.into_iter().chain(stacks).collect()
    }
}

impl Standing {
    fn take(&mut self, fared: &Fared, at: Option<Timestamp>) {
        self.stopping = fared.stopping.unwrap_or(self.stopping);
        match fared.end {
            // Whoever holds the lock looks after it.
            End::Skipped => {}
            End::Failed | End::Unavailable if fared.planned == 0 => self.end = Some(fared.end),
            End::Converged
            | End::Applied
            | End::Drifted
            | End::Unsettled
            | End::Blocked
            | End::Stale
            | End::Failed
            | End::Unavailable => {
                self.end = Some(fared.end);
                self.drift = fared.planned.saturating_sub(fared.applied);
            }
        }
        if fared.end.is_success() {
            self.success = at;
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.end.is_some_and(End::is_success)
    }
}
