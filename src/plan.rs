//! Desired × live → plan. Pure: the same input gives the same plan, and nothing is sent.

pub mod base;
pub mod blast_radius;
pub mod change;
mod comparison;
mod exclusive;
pub mod expiry;
pub mod fingerprint;
pub mod forecast;
pub mod guard;
mod judge;
mod keeping;
mod order;
mod refusal;
mod removal;
pub mod saved;
pub mod select;

use std::collections::BTreeSet;

pub use base::Base;
pub use change::{Action, Change, Reason};
pub use comparison::{Moved, Side, moved};
pub use guard::{Finding, Guard};

use crate::address::Address;
use crate::desired::{Declared, Desired};
use crate::kind::{self, AnyKind, Reach, Recheck, View};
use crate::limits::Limits;
use crate::observed::{Form, Observed};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::scope::Scope;
use select::Selection;

/// What may be planned at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Make the account equal to the manifest.
    Sync,
    /// The same, without deleting anything.
    KeepAll,
    /// Delete everything that the stack owns or declares.
    Destroy,
    /// Delete what is to end, with what leads to it, and nothing else.
    End,
}

/// Everything that a plan depends on.
pub struct Input<'a> {
    /// The registered kinds.
    pub kinds: &'a [&'a dyn AnyKind],
    /// Account, zones, stack.
    pub scope: &'a Scope,
    /// What should be.
    pub desired: &'a Desired,
    /// What is.
    pub observed: &'a Observed,
    /// What is ours.
    pub ownership: &'a Ownership,
    /// How much may be deleted or changed.
    pub limits: &'a Limits,
    /// What may be planned at all.
    pub policy: Policy,
    /// Which part of it.
    pub selection: &'a Selection,
    /// Whose secret is to be made anew, whether that is due or not.
    pub rotate: Option<&'a Address>,
    /// What the manifest was before it changed; `None`: the plan is about all that differs. The
    /// ownership has to hold what it dropped.
    pub base: Option<&'a Base>,
}

impl<'a> Input<'a> {
    /// What kinds are shown of all this.
    fn view(&self) -> View<'a> {
        View {
            scope: self.scope,
            ids: &self.observed.ids,
            desired: self.desired,
            ownership: self.ownership,
            reach: Reach::Needed,
        }
    }
}

/// Ordered changes: a value that can be shown, compared and carried out.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The stack's name.
    pub stack: String,
    /// Changes of one stage may run at the same time; stages run one after the other.
    pub stages: Vec<Vec<Change>>,
    /// What forbids applying it.
    pub findings: Vec<Finding>,
    /// What a reader should know; stops nothing.
    pub warnings: Vec<Problem>,
    /// The commit whose manifest this one was compared with. Then only what the change causes is
    /// carried out.
    pub base: Option<String>,
    /// What differs besides, each as the change that would mend it. Never carried out, and part
    /// of no fingerprint.
    pub drift: Vec<Change>,
}

impl Plan {
    /// All changes in the order in which they will be carried out.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.stages.iter().flatten()
    }

    /// Whether a declared credential is not what it should be, and is left so because only
    /// somebody who knows what happened can decide.
    #[must_use]
    pub fn has_incidents(&self) -> bool {
        self.warnings.iter().any(keeping::is_incident)
    }

    /// The plan without the times at which objects were made or changed: the same for the same
    /// differences, whenever they came about.
    #[must_use]
    pub fn undated(mut self) -> Self {
        let changes = self.stages.iter_mut().flatten();
        changes.for_each(|change| change.action.undate());
        self
    }

    /// Whether the account already is as the manifest says.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }
}

/// Computes the plan.
///
/// # Errors
/// Every reason why there cannot be one, all at once.
pub fn plan(input: &Input<'_>) -> Result<Plan, Vec<Problem>> {
    let claims = claimed_twice(input);
    if !claims.is_empty() {
        return Err(claims);
    }
    let (mut changes, mut drift) = (Vec::new(), Vec::new());
    let mut warnings = Vec::new();
    if matches!(input.policy, Policy::Sync | Policy::KeepAll) {
        changes = declared(input, &mut warnings)?;
        if let Some(base) = input.base {
            (changes, drift) = base.part(changes);
        }
        exclusive::give_up(input, &mut changes)?;
        follow(input, &mut changes);
    }
    if input.policy == Policy::KeepAll {
        changes.retain(|change| !change.action.destroys());
    } else {
        let gone = removal::undeclared(input, &mut warnings)?;
        let (gone, stays) = gone
            .into_iter()
            .partition::<Vec<_>, _>(|it| may_go(input, it));
        changes.extend(gone);
        drift.extend(stays);
    }
    if input.policy != Policy::Destroy && !input.selection.is_partial() {
        warnings.extend(removal::spent(input));
    }
    let drift = left(input, drift, &changes);
    keeping::spare(input, &mut changes, &mut warnings);
    let mut changes = input.selection.of(input.desired, changes);
    exclusive::keep(input, &mut changes, &mut warnings)?;
    let taken = exclusive::taken(input, &changes);
    let (stages, mut unordered) = order::stages(input.desired, changes, &taken);
    warnings.append(&mut unordered);
    let findings = guard::judge(input, &stages);
    Ok(Plan {
        stack: input.scope.stack.clone(),
        stages,
        findings,
        warnings,
        base: input.base.map(|base| base.commit().to_owned()),
        drift,
    })
}

/// The drift that no change mends on its way.
fn left(input: &Input<'_>, mut drift: Vec<Change>, changes: &[Change]) -> Vec<Change> {
    let mended: BTreeSet<&Address> = changes.iter().map(|it| &it.address).collect();
    drift.retain(|it| !mended.contains(&it.address));
    drift.sort_by(|one, other| one.address.cmp(&other.address));
    input.selection.of(input.desired, drift)
}

/// Whether a deletion is one that this plan may make: with a base only what its change dropped,
/// and what is to end anyhow.
fn may_go(input: &Input<'_>, change: &Change) -> bool {
    let mut objects = change.action.objects().iter();
    let ownership = input.ownership;
    ownership.may_go(&change.address)
        || objects.any(|it| ownership.ending(&change.address, it).is_some())
}

/// What another manifest of the same run declares too, whatever the policy: neither stack may
/// change or destroy it.
fn claimed_twice(input: &Input<'_>) -> Vec<Problem> {
    let claims = input.desired.resources.iter().filter_map(|(address, it)| {
        let stack = input.ownership.elsewhere.get(address)?;
        let label = format!("stack `{stack}` declares `{address}` too");
        Some(
            Problem::new(
                "tunctl::claimed_twice",
                "two stacks declare the same object",
            )
            .at(it.at, label)
            .help("declare it in one stack only"),
        )
    });
    claims.collect()
}

/// What every declared resource needs.
fn declared(input: &Input<'_>, warnings: &mut Vec<Problem>) -> Result<Vec<Change>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut changes = Vec::new();
    for (address, declared) in &input.desired.resources {
        let Some(kind) = input.kinds.iter().find(|kind| kind.name() == address.kind) else {
            continue;
        };
        let unread = |base: &Base| base.leaves_unread(*kind, address);
        if input.ownership.is_ignored(address) || input.base.is_some_and(unread) {
            continue;
        }
        match needed(input, *kind, (address, declared), warnings) {
            Ok(change) => changes.extend(change),
            // What the manifest's change has nothing to do with does not stop it.
            Err(problem) if input.base.is_some_and(|base| !base.concerns(address)) => {
                warnings.push(problem.warning());
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        return Ok(changes);
    }
    problems.sort_by_key(|problem| problem.labels.first().map(|(span, _)| *span));
    Err(problems)
}

/// What one declared resource needs.
///
/// # Errors
/// Why that cannot be planned.
fn needed(
    input: &Input<'_>,
    kind: &dyn AnyKind,
    (address, declared): (&Address, &Declared),
    warnings: &mut Vec<Problem>,
) -> Result<Option<Change>, Problem> {
    let objects = input.observed.at(address);
    if let Some(problem) = refusal::impossible(input, kind, (address, declared), objects) {
        return Err(problem);
    }
    let found = judge::declared(kind, address, declared, objects)?;
    let found = keeping::kept(input, kind, (address, declared), found, warnings);
    let Some((action, reason, keeps)) = found else {
        return Ok(None);
    };
    if let Some(problem) = refusal::stranded(input, declared) {
        return Err(problem);
    }
    Ok(Some(Change {
        recheck: recheck(kind, &action, input, declared.references.first()),
        address: address.clone(),
        action,
        reason,
        waits_for: Vec::new(),
        at: Some(declared.at),
        keeps,
    }))
}

fn recheck(
    kind: &dyn AnyKind,
    action: &Action,
    input: &Input<'_>,
    parent: Option<&Address>,
) -> bool {
    match kind.recheck() {
        Recheck::Never => false,
        Recheck::Existing => !action.objects().is_empty(),
        // What belongs to something that does not exist yet cannot have been made since.
        Recheck::Always => parent.is_none_or(|parent| !input.observed.at(parent).is_empty()),
    }
}

/// Dependents of what gets a new id are written again although their words are the same.
fn follow(input: &Input<'_>, changes: &mut Vec<Change>) {
    let replaced: BTreeSet<Address> = changes
        .iter()
        .filter(|change| matches!(change.action, Action::Replace { .. }))
        .map(|change| change.address.clone())
        .collect();
    if replaced.is_empty() {
        return;
    }
    let planned: BTreeSet<Address> = changes.iter().map(|it| it.address.clone()).collect();
    for (address, declared) in &input.desired.resources {
        let followed = declared.references.iter().find(|it| replaced.contains(*it));
        let live = input.observed.at(address).first();
        if let (Some(followed), Some(object)) = (followed, live)
            && object.form == Form::Spec
            && !planned.contains(address)
        {
            changes.push(Change {
                address: address.clone(),
                action: Action::Update {
                    object: object.clone(),
                    after: declared.spec.clone(),
                    fields: Vec::new(),
                },
                reason: Reason::Follows(followed.clone()),
                waits_for: Vec::new(),
                recheck: kind::find(&address.kind)
                    .is_some_and(|kind| kind.recheck() != Recheck::Never),
                at: Some(declared.at),
                keeps: None,
            });
        }
    }
}
