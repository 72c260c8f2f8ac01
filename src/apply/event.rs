//! What happens while a plan is carried out: the only thing that output and records learn.

use std::time::Duration;

use crate::address::Address;
use crate::plan::Change;

/// One thing that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A change begins.
    Started(&'a Change),
    /// A deletion waits for live connections.
    Draining {
        /// The deletion.
        change: &'a Change,
        /// How many connectors are still connected.
        connectors: usize,
        /// How long it will still wait at the most.
        left: Duration,
    },
    /// A configuration is written and not yet loaded everywhere.
    Converging {
        /// The change of the configuration.
        change: &'a Change,
        /// How many connectors have not loaded it.
        connectors: usize,
        /// How long it will still wait at the most.
        left: Duration,
    },
    /// A change has come to its end.
    Finished(&'a Change, &'a Verdict),
}

/// How one change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Done,
    /// Nothing was written: the object moved since the plan was made.
    Moved(String),
    /// Nothing was written: these did not succeed.
    Skipped(Vec<Address>),
    /// It waits for something outside; running again goes on with it.
    Pending {
        /// The published code.
        code: &'static str,
        /// What it waits for.
        message: String,
    },
    /// Nothing was written: the run came to its end before.
    Stopped,
    /// It failed.
    Failed(Failure),
}

/// Why a change failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable and documented.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every change of the plan with its end, in the order of the plan.
    pub verdicts: Vec<(Change, Verdict)>,
    /// What was odd although it succeeded.
    pub concerns: Vec<(Address, String)>,
}

impl Outcome {
    /// Whether any change failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.any(|(_, verdict)| matches!(verdict, Verdict::Failed(_)))
    }

    /// Whether any change was left out because its object moved since the plan was made.
    #[must_use]
    pub fn stale(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.any(|(_, verdict)| matches!(verdict, Verdict::Moved(_)))
    }

    /// Whether the run ended before all of its changes had begun.
    #[must_use]
    pub fn stopped(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.any(|(_, verdict)| *verdict == Verdict::Stopped)
    }

    /// Whether something has not settled yet.
    #[must_use]
    pub fn pending(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.any(|(_, verdict)| matches!(verdict, Verdict::Pending { .. }))
    }
}
