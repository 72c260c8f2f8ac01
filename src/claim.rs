//! What a stack claims in an account, as the store keeps it: so that stacks which are never planned
//! together do not take each other's objects for their own.

mod overlap;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::desired::Desired;
use crate::ownership::Ownership;
use crate::problem::Problem;
pub use overlap::overlap;

/// The claim of one stack, written by each of its applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Whose it is.
    pub stack: String,
    /// When it was written.
    pub at: Timestamp,
    /// The commit of the last apply that left nothing undone, if it was one of git's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What it declares among the kinds that carry no mark.
    pub declares: Vec<Address>,
    /// Its patterns over names, by kind.
    pub owns: BTreeMap<String, Vec<String>>,
}

impl Claim {
    /// What a manifest claims. `is_by_name` tells the kinds that carry no mark.
    #[must_use]
    pub fn of(
        desired: &Desired,
        ownership: &Ownership,
        at: Timestamp,
        is_by_name: impl Fn(&str) -> bool,
    ) -> Self {
        let declares = desired.resources.keys();
        let owns = ownership.owns.iter();
        let owns = owns.filter(|(_, patterns)| !patterns.written().is_empty());
        Self {
            stack: ownership.stack.clone(),
            at,
            commit: None,
            declares: declares
                .filter(|it| is_by_name(&it.kind))
                .cloned()
                .collect(),
            owns: owns
                .map(|(kind, patterns)| (kind.clone(), patterns.written().to_vec()))
                .collect(),
        }
    }

    /// What both it and another stack could delete, as a mistake that names both.
    #[must_use]
    pub fn contradiction(&self, other: &Self) -> Option<Problem> {
        let pairs = self.owns.iter().flat_map(|(kind, ours)| {
            let theirs = other.owns.get(kind).into_iter().flatten();
            theirs.flat_map(move |theirs| ours.iter().map(move |ours| (kind, ours, theirs)))
        });
        let mut clashes = pairs.filter(|(_, ours, theirs)| overlap(ours, theirs));
        let (kind, ours, theirs) = clashes.next()?;
        let message = format!(
            "stacks `{}` and `{}` both own every `{kind}` that `{ours}` and `{theirs}` cover together",
            self.stack, other.stack
        );
        Some(
            Problem::new("tunctl::overlapping_owns", message).help(format!(
                "narrow one of the two patterns in `owns`, and apply that stack; what a stack \
                 declares needs no pattern until it goes. If there is no stack `{}` any more, \
                 docs/store.md says how to let go of its claim",
                other.stack
            )),
        )
    }
}
