//! What happens while a plan is carried out: the only thing that output and records learn.

use std::time::Duration;

use crate::address::Address;
use crate::plan::{Change, Plan};

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
    /// Nothing was written: what called for it is over.
    Kept(String),
    /// Nothing was written: the run came to its end before.
    Stopped,
    /// It failed.
    Failed(Failure),
}

impl Verdict {
    /// The word for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Moved(_) => "moved",
            Self::Skipped(_) => "skipped",
            Self::Pending { .. } => "pending",
            Self::Kept(_) => "kept",
            Self::Stopped => "stopped",
            Self::Failed(_) => "failed",
        }
    }
}

/// Why a change failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// Stable and documented.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// What Cloudflare said, if it did.
    pub answer: Answered,
}

/// A refusal of Cloudflare's, as far as it can be looked up there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: Option<u16>,
    /// The first code.
    pub code: Option<u64>,
    /// The `cf-ray`.
    pub ray: Option<String>,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every change of the plan with its end, in the order of the plan.
    pub verdicts: Vec<(Change, Verdict)>,
    /// What was odd although it succeeded.
    pub concerns: Vec<(Address, String)>,
    /// Why the run could not go on, beside what its changes say.
    pub broken: Option<Failure>,
    /// Whether the account's lock was lost on the way, so that nothing more was written.
    pub unlocked: bool,
}

impl Outcome {
    /// The result of a run that could not begin.
    #[must_use]
    pub fn not_begun(plan: &Plan, broken: Failure) -> Self {
        let changes = plan.changes().cloned();
        Self {
            verdicts: changes.map(|it| (it, Verdict::Stopped)).collect(),
            broken: Some(broken),
            ..Self::default()
        }
    }

    /// Whether nothing is left to do of what was planned.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.failed() && !self.stale() && !self.pending() && !self.stopped()
    }

    /// Whether any change failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        self.broken.is_some() || verdicts.any(|(_, verdict)| matches!(verdict, Verdict::Failed(_)))
    }

    /// Whether any change was left out because its object moved since the plan was made, or because
    /// another run may hold the lock by now.
    #[must_use]
    pub fn stale(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        self.unlocked || verdicts.any(|(_, verdict)| matches!(verdict, Verdict::Moved(_)))
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
