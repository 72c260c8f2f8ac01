//! Safety checks on the finished plan. The plan shows them; `apply` refuses while one holds.

mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Action, Change, Input, Policy, exclusive};
use crate::address::Address;
use crate::observed::{Form, Owner};

/// From how many objects on a percentage means something (octoDNS's number).
const ENOUGH: usize = 10;

/// A check that a plan can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Guard {
    /// A protected object would go. Nothing lifts this but the manifest.
    Protect,
    /// More things would be gone than `limits.deletes` says.
    Deletes,
    /// A larger share of a kind would be deleted than `limits.deletePercent`.
    DeletePercent,
    /// A larger share of a kind would be changed than `limits.updatePercent`.
    UpdatePercent,
    /// Something that is not ours refers to an object that would go.
    Foreign,
    /// A hostname that the manifest still serves would lose its record.
    Lost,
    /// A hostname would move from a tunnel with live connectors to one without.
    Dark,
    /// A tunnel with live connectors would go, and the manifest does not name it in `removed`.
    Live,
    /// Another object would become the default of its kind.
    Default,
    /// The manifest declares nothing, and everything would go.
    Empty,
}

impl Guard {
    /// All guards.
    pub const ALL: [Self; 10] = [
        Self::Protect,
        Self::Deletes,
        Self::DeletePercent,
        Self::UpdatePercent,
        Self::Foreign,
        Self::Lost,
        Self::Dark,
        Self::Live,
        Self::Default,
        Self::Empty,
    ];

    /// The guard's name, as `--allow` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Protect => "protect",
            Self::Deletes => "deletes",
            Self::DeletePercent => "deletePercent",
            Self::UpdatePercent => "updatePercent",
            Self::Foreign => "foreign",
            Self::Lost => "lost",
            Self::Dark => "dark",
            Self::Live => "live",
            Self::Default => "default",
            Self::Empty => "empty",
        }
    }
}

/// One guard that a plan fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which guard.
    pub guard: Guard,
    /// What was measured: a count or a percentage.
    pub value: u64,
    /// What it is about, in one sentence.
    pub message: String,
}

impl Finding {
    /// What to type to lift it for one run; `None` if only the manifest can.
    #[must_use]
    pub fn lifted_by(&self) -> Option<String> {
        match self.guard {
            Guard::Protect => None,
            Guard::Empty => Some("--allow empty".to_owned()),
            Guard::Deletes
            | Guard::DeletePercent
            | Guard::UpdatePercent
            | Guard::Foreign
            | Guard::Lost
            | Guard::Dark
            | Guard::Live
            | Guard::Default => Some(format!("--allow {}={}", self.guard.name(), self.value)),
        }
    }
}

/// What is lifted for one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// A guard, up to a value: `deletes=12`.
    Guard(Guard, u64),
    /// The refusal to apply what is older than what was applied last.
    Rollback,
}

/// The word for that refusal, which is no guard: it is judged before there is a plan.
const ROLLBACK: &str = "rollback";

impl Allowance {
    /// Whether it lifts a finding.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        match self {
            Self::Guard(guard, up_to) => *guard == finding.guard && finding.value <= *up_to,
            Self::Rollback => false,
        }
    }

    /// Whether it lets HEAD be older than what was applied last.
    #[must_use]
    pub fn is_rollback(&self) -> bool {
        *self == Self::Rollback
    }
}

impl FromStr for Allowance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == ROLLBACK {
            return Ok(Self::Rollback);
        }
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let liftable = Guard::ALL.into_iter().filter(|it| *it != Guard::Protect);
        let Some(guard) = liftable.clone().find(|guard| guard.name() == name) else {
            let names = liftable.map(Guard::name).chain([ROLLBACK]);
            let names: Vec<&str> = names.collect();
            return Err(format!("no guard `{name}`; one of {}", names.join(", ")));
        };
        let up_to = match (guard, value) {
            (Guard::Empty, "") => u64::MAX,
            (_, value) => value
                .parse()
                .map_err(|_| format!("write the number that you accept: {name}=N"))?,
        };
        Ok(Self::Guard(guard, up_to))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Every guard that the plan fails.
pub(super) fn judge(input: &Input<'_>, stages: &[Vec<Change>]) -> Vec<Finding> {
    let changes: Vec<&Change> = stages.iter().flatten().collect();
    let mut findings = protected(input, &changes);
    findings.extend(foreign(input, &changes));
    findings.extend(traffic::live(input, &changes));
    if matches!(input.policy, Policy::Sync | Policy::KeepAll) {
        findings.extend(traffic::lost(input, &changes));
        findings.extend(traffic::dark(input, &changes));
        findings.extend(defaults(input, &changes));
        findings.extend(deletes(input, &changes));
        findings.extend(percentages(input, &changes));
        findings.extend(empty(input, &changes));
    }
    findings
}

fn protected(input: &Input<'_>, changes: &[&Change]) -> Vec<Finding> {
    let is_protected = |change: &Change| {
        let declared = input.desired.get(&change.address);
        change.action.removes()
            && (input.ownership.is_protected(&change.address)
                || input.base.is_some_and(|it| it.protects(&change.address))
                || declared.is_some_and(|it| it.lifecycle.protect))
    };
    changes
        .iter()
        .filter(|change| is_protected(change))
        .map(|change| Finding {
            guard: Guard::Protect,
            value: 1,
            message: format!(
                "`{}` is protected; remove the protection in a change of its own first",
                change.address
            ),
        })
        .collect()
}

/// Objects count one by one; what serves hostnames or networks counts with those that are no
/// longer served, each of them once.
fn deletes(input: &Input<'_>, changes: &[&Change]) -> Option<Finding> {
    let removed = changes.iter().filter(|it| it.action.removes());
    let objects = removed.filter(|it| traffic::before(input, it).is_empty());
    let objects = objects.count() as u64;
    let served = traffic::gone(input, changes).len() as u64;
    let value = objects + served;
    (value > input.limits.deletes).then(|| Finding {
        guard: Guard::Deletes,
        value,
        message: format!(
            "{objects} objects would be destroyed and {served} hostnames and networks no longer \
             served; `limits.deletes` is {}",
            input.limits.deletes
        ),
    })
}

/// Everything that names no object of its own would use another one.
fn defaults(input: &Input<'_>, changes: &[&Change]) -> Vec<Finding> {
    let moves = exclusive::moves(input, changes);
    let finding = |(taker, holder): (&Address, &Address)| Finding {
        guard: Guard::Default,
        value: 1,
        message: format!(
            "`{taker}` would become the default in place of `{holder}`, for everything that names \
             none"
        ),
    };
    moves.map(finding).collect()
}

fn percentages(input: &Input<'_>, changes: &[&Change]) -> Vec<Finding> {
    let mut ours: BTreeMap<&str, usize> = BTreeMap::new();
    for (address, object) in input.observed.iter() {
        let declared = input.desired.contains(address) && object.form == Form::Spec;
        if declared || input.ownership.is_ours(address, object) {
            *ours.entry(address.kind.as_str()).or_default() += 1;
        }
    }
    let count = |kind: &str, deletes: bool| {
        let changes = changes.iter().filter(|it| it.address.kind == kind);
        let changes = changes.filter(|it| !matches!(it.action, Action::Create { .. }));
        changes.filter(|it| it.action.removes() == deletes).count()
    };
    let mut findings = Vec::new();
    for (kind, total) in ours.into_iter().filter(|(_, total)| *total >= ENOUGH) {
        for (guard, limit) in [
            (Guard::DeletePercent, input.limits.delete_percent),
            (Guard::UpdatePercent, input.limits.update_percent),
        ] {
            let deletes = guard == Guard::DeletePercent;
            let changed = count(kind, deletes);
            // Rounded up, so that the number shown lifts the guard.
            let value = (changed * 100).div_ceil(total) as u64;
            if value > limit {
                let verb = if deletes { "destroyed" } else { "changed" };
                findings.push(Finding {
                    guard,
                    value,
                    message: format!(
                        "{changed} of {total} objects of kind `{kind}` would be {verb} \
                         ({value} %); `limits.{}` is {limit} %",
                        guard.name()
                    ),
                });
            }
        }
    }
    findings
}

/// What stays and refers to a tunnel that would go.
fn foreign(input: &Input<'_>, changes: &[&Change]) -> Vec<Finding> {
    let left = left(input, changes);
    let deleted = changes.iter().filter(|it| it.action.removes());
    deleted
        .filter_map(|change| {
            let left = left.get(&change.address)?;
            Some(Finding {
                guard: Guard::Foreign,
                value: left.len() as u64,
                message: format!(
                    "`{}` would be destroyed while these still lead to it: {}",
                    change.address,
                    left.join(", ")
                ),
            })
        })
        .collect()
}

/// For each address that goes the objects that stay and lead to it, in words.
fn left<'a>(input: &Input<'_>, changes: &[&'a Change]) -> BTreeMap<&'a Address, Vec<String>> {
    let changed: BTreeSet<&Address> = changes.iter().map(|change| &change.address).collect();
    let deleted = changes.iter().filter(|it| it.action.removes());
    let deleted: BTreeSet<&Address> = deleted.map(|change| &change.address).collect();
    let mut left: BTreeMap<&Address, Vec<String>> = BTreeMap::new();
    for (address, object) in input.observed.iter() {
        let references = object.references.iter();
        let gone: BTreeSet<&Address> = references
            .filter_map(|it| deleted.get(it).copied())
            .collect();
        if gone.is_empty() || changed.contains(address) || !is_standalone(input, address) {
            continue;
        }
        for reference in gone {
            let words = format!("`{address}` ({})", stays(input, address, &object.owner));
            left.entry(reference).or_default().push(words);
        }
    }
    left
}

fn is_standalone(input: &Input<'_>, address: &Address) -> bool {
    let mut kinds = input.kinds.iter();
    kinds.any(|kind| kind.name() == address.kind && kind.standalone())
}

/// Why an object stays.
fn stays(input: &Input<'_>, address: &Address, owner: &Owner) -> String {
    match owner {
        _ if input.ownership.is_ignored(address) => "ignored".to_owned(),
        Owner::Other(stack) => format!("stack `{stack}`"),
        Owner::Unmarked => "not ours".to_owned(),
        Owner::Ours | Owner::ByName => "not part of this plan".to_owned(),
    }
}

fn empty(input: &Input<'_>, changes: &[&Change]) -> Option<Finding> {
    (input.desired.resources.is_empty() && !changes.is_empty()).then(|| Finding {
        guard: Guard::Empty,
        value: changes.len() as u64,
        message: "the manifest declares nothing; everything that the stack owns would be destroyed"
            .to_owned(),
    })
}
