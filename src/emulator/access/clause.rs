//! The policies of a token that the API made, in the form in which they are asked.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Groups, Level};

/// One policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::emulator) struct Clause {
    /// Whether it gives or takes.
    pub(in crate::emulator) effect: Effect,
    /// Names of permission groups.
    pub(in crate::emulator) groups: BTreeSet<String>,
    /// What they are given or taken for.
    pub(in crate::emulator) reaches: BTreeSet<Reach>,
}

/// What a policy does. What is denied is denied, whatever else is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::emulator) enum Effect {
    /// Gives.
    Allow,
    /// Takes.
    Deny,
}

/// Something that a policy is about, in the account of the token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::emulator) enum Reach {
    /// The account itself. Its zones are not part of it.
    Account,
    /// All of its zones.
    Zones,
    /// One of its zones.
    Zone(String),
}

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator) enum Target<'a> {
    /// Nothing in particular: the list of all zones.
    Any,
    /// An account.
    Account,
    /// A zone by its id.
    Zone(&'a str),
}

impl Reach {
    fn covers(&self, target: Target<'_>) -> bool {
        match (self, target) {
            (_, Target::Any)
            | (Self::Account, Target::Account)
            | (Self::Zones, Target::Zone(_)) => true,
            (Self::Zone(own), Target::Zone(id)) => own == id,
            (Self::Account, Target::Zone(_)) | (Self::Zones | Self::Zone(_), Target::Account) => {
                false
            }
        }
    }

    fn includes(&self, other: &Self) -> bool {
        self == other || matches!((self, other), (Self::Zones, Self::Zone(_)))
    }

    fn meets(&self, other: &Self) -> bool {
        self.includes(other) || other.includes(self)
    }
}

impl Clause {
    fn speaks_of(&self, target: Target<'_>) -> bool {
        self.reaches.iter().any(|reach| reach.covers(target))
    }
}

/// Whether the policies allow one of `groups` for `target`.
pub(super) fn allow(clauses: &[Clause], groups: Groups, level: Level, target: Target<'_>) -> bool {
    let named = |effect: Effect| -> BTreeSet<&str> {
        let clauses = clauses.iter().filter(|clause| clause.effect == effect);
        let clauses = clauses.filter(|clause| clause.speaks_of(target));
        clauses
            .flat_map(|clause| clause.groups.iter().map(String::as_str))
            .collect()
    };
    // Denied for one zone is not denied for the list of all.
    let denied = match target {
        Target::Any => BTreeSet::new(),
        Target::Account | Target::Zone(_) => named(Effect::Deny),
    };
    let allowed = named(Effect::Allow);
    let mut held = allowed.difference(&denied);
    held.any(|own| groups.iter().any(|group| suffices(own, group, level)))
}

/// Whether the policies are about a zone at all.
pub(super) fn see(clauses: &[Clause], zone: &str) -> bool {
    let mut allowing = clauses
        .iter()
        .filter(|clause| clause.effect == Effect::Allow);
    allowing.any(|clause| clause.speaks_of(Target::Zone(zone)))
}

/// Whether the policies hold all that `asked` would give.
pub(super) fn hold(clauses: &[Clause], asked: &Clause) -> bool {
    let pairs = asked.groups.iter().flat_map(|group| {
        let reaches = asked.reaches.iter();
        reaches.map(move |reach| (group.as_str(), reach))
    });
    let mut pairs = pairs.map(|(group, reach)| {
        let of = |effect: Effect| {
            let clauses = clauses.iter();
            clauses.filter(move |clause| clause.effect == effect && clause.groups.contains(group))
        };
        let given = of(Effect::Allow).any(|own| own.reaches.iter().any(|it| it.includes(reach)));
        let taken = of(Effect::Deny).any(|own| own.reaches.iter().any(|it| it.meets(reach)));
        given && !taken
    });
    pairs.all(|held| held)
}

/// Whether a group that is held does for an operation.
pub(super) fn suffices(own: &str, group: &str, level: Level) -> bool {
    let rest = own.strip_prefix(group);
    match level {
        Level::Write => rest == Some(" Write"),
        Level::Read => matches!(rest, Some(" Write" | " Read")),
    }
}
