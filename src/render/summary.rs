//! The three numbers under every plan and outcome.

use crate::apply::{Outcome, Verdict};
use crate::plan::{Action, Plan};

/// How many objects are added, changed and destroyed, counted as Terraform does: a replacement
/// adds one and destroys one. To adopt and to rename is to change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects that are made.
    pub add: u64,
    /// Objects that are changed in place.
    pub change: u64,
    /// Objects that are removed.
    pub destroy: u64,
}

impl Summary {
    /// What a plan would do.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        Self::of(plan.changes().map(|change| &change.action))
    }

    /// What a run has done.
    #[must_use]
    pub fn of_outcome(outcome: &Outcome) -> Self {
        let verdicts = outcome.verdicts.iter();
        let done = verdicts.filter(|(_, verdict)| *verdict == Verdict::Done);
        Self::of(done.map(|(change, _)| &change.action))
    }

    /// What these actions amount to.
    #[must_use]
    pub fn of<'a>(actions: impl Iterator<Item = &'a Action>) -> Self {
        let mut summary = Self::default();
        for action in actions {
            match action {
                Action::Create { .. } => summary.add += 1,
                Action::Update { .. }
                | Action::Adopt { .. }
                | Action::Rename { .. }
                | Action::Rotate { .. } => {
                    summary.change += 1;
                }
                Action::Replace { .. } => {
                    summary.add += 1;
                    summary.destroy += 1;
                }
                Action::Delete { .. } => summary.destroy += 1,
            }
        }
        summary
    }
}
