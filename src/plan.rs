//! Desired × live → plan. Pure: the same input gives the same plan, and nothing is sent.

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
mod removal;
pub mod saved;
pub mod select;

use std::collections::BTreeSet;

pub use change::{Action, Change, Reason};
pub use comparison::{Moved, Side, moved};
pub use guard::{Finding, Guard};

use crate::address::Address;
use crate::desired::{Declared, Desired};
use crate::kind::{self, AnyKind, Reach, Recheck, View};
use crate::limits::Limits;
use crate::observed::{Form, Object, Observed};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::scope::Scope;
use crate::suggest;
use crate::suggest::nearest;
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
    let mut changes = Vec::new();
    let mut warnings = Vec::new();
    if matches!(input.policy, Policy::Sync | Policy::KeepAll) {
        changes = declared(input, &mut warnings)?;
        exclusive::give_up(input, &mut changes)?;
        follow(input, &mut changes);
    }
    if input.policy == Policy::KeepAll {
        changes.retain(|change| !change.action.destroys());
    } else {
        changes.extend(removal::undeclared(input, &mut warnings)?);
    }
    if input.policy != Policy::Destroy && !input.selection.is_partial() {
        warnings.extend(removal::spent(input));
    }
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
    })
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
        if input.ownership.is_ignored(address) {
            continue;
        }
        let objects = input.observed.at(address);
        if let Some(problem) = impossible(input, *kind, (address, declared), objects) {
            problems.push(problem);
            continue;
        }
        let found = judge::declared(*kind, address, declared, objects);
        let found = match found {
            Ok(found) => keeping::kept(input, *kind, (address, declared), found, warnings),
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        match found {
            None => {}
            Some(_) if let Some(problem) = stranded(input, declared) => problems.push(problem),
            Some((action, reason, keeps)) => changes.push(Change {
                recheck: recheck(*kind, &action, input, declared.references.first()),
                address: address.clone(),
                action,
                reason,
                waits_for: Vec::new(),
                at: Some(declared.at),
                keeps,
            }),
        }
    }
    if problems.is_empty() {
        return Ok(changes);
    }
    problems.sort_by_key(|problem| problem.labels.first().map(|(span, _)| *span));
    Err(problems)
}

/// Why a declared resource cannot even be looked for.
fn impossible(
    input: &Input<'_>,
    kind: &dyn AnyKind,
    (address, declared): (&Address, &Declared),
    objects: &[Object],
) -> Option<Problem> {
    let view = View {
        scope: input.scope,
        ids: &input.observed.ids,
        desired: input.desired,
        ownership: input.ownership,
        reach: Reach::Needed,
    };
    if let Some(misplaced) = kind.misplaced(&view, &address.name) {
        return Some(
            Problem::new(misplaced.code, "name has no place in this account")
                .at(declared.at, misplaced.message)
                .help(misplaced.help),
        );
    }
    if let Some(problem) = unknown(input, declared) {
        return Some(problem);
    }
    if objects.is_empty() {
        held_former_name(input, address, declared)
    } else {
        None
    }
}

/// A reference to something that Cloudflare itself makes, and does not have.
fn unknown(input: &Input<'_>, declared: &Declared) -> Option<Problem> {
    let made_here = |it: &&Address| input.kinds.iter().any(|kind| kind.name() == it.kind);
    let mut references = declared.references.iter().filter(|it| !made_here(it));
    let missing = references.find(|it| input.observed.at(it).is_empty())?;
    let Address { kind, name } = missing;
    let words = kind.replace('_', " ");
    let problem = Problem::new(
        "tunctl::unknown_reference",
        format!("there is no such {words}"),
    )
    .at(declared.at, format!("Cloudflare has no {words} `{name}`"));
    let known = input.observed.ids.names(kind);
    Some(match suggest::did_you_mean(name, known) {
        Some(help) => problem.help(help),
        None => problem.help(format!(
            "write the {words}'s name as Cloudflare's dashboard shows it"
        )),
    })
}

/// What refers to something that does not exist and that nobody makes can never be written.
fn stranded(input: &Input<'_>, declared: &Declared) -> Option<Problem> {
    let mut references = declared.references.iter();
    let missing = references.find(|it| is_missing(input, it))?;
    let (label, help) = if input.desired.contains(missing) {
        (
            format!("`{missing}` is ignored, and Cloudflare has none"),
            "drop it from `ignore`, or ignore this too".to_owned(),
        )
    } else {
        let observed = input.observed.objects.keys();
        let known = observed.filter(|it| it.kind == missing.kind);
        let near = nearest(&missing.name, known.map(|it| it.name.as_str()));
        (
            format!("`{missing}` is not declared, and Cloudflare has none"),
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "declare it, or correct the name".to_owned(),
            },
        )
    };
    let message = "what this leads to does not exist";
    let problem = Problem::new("tunctl::unresolved_reference", message);
    Some(problem.at(declared.at, label).help(help))
}

/// Whether something that can stand alone is not there and will not be made.
fn is_missing(input: &Input<'_>, address: &Address) -> bool {
    let mut kinds = input.kinds.iter();
    let made = input.desired.contains(address) && !input.ownership.is_ignored(address);
    !made
        && input.observed.at(address).is_empty()
        && kinds.any(|kind| kind.name() == address.kind && kind.standalone())
}

/// A living object under a previous name that may not be renamed: making a new one beside it is
/// not what anybody meant.
fn held_former_name(input: &Input<'_>, address: &Address, declared: &Declared) -> Option<Problem> {
    let names = declared.lifecycle.previous_names.iter();
    let former = names
        .map(|name| Address::new(address.kind.clone(), name.clone()))
        .find(|former| !input.observed.at(former).is_empty())?;
    let (why, instead) = if input.ownership.is_ignored(&former) {
        ("is ignored", "drop it from `ignore`")
    } else if input.observed.at(&former).len() > 1 {
        ("exists twice", "delete one of the two at Cloudflare")
    } else {
        (
            "exists, and this stack does not own it",
            "cover it with a pattern in `owns`",
        )
    };
    Some(
        Problem::new("tunctl::rename_of_foreign", "object cannot be renamed")
            .at(declared.at, format!("`{former}` {why}"))
            .help(format!("{instead}, or drop it from `previousNames`")),
    )
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
