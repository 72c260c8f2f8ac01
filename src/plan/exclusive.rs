//! The default of a kind: exactly one object of the account is it, and whatever becomes it takes
//! that from another. So becoming it comes first, no longer being it is no change of its own, and
//! the object that is it cannot go.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Action, Change, Input, Policy};
use crate::address::Address;
use crate::kind::AnyKind;
use crate::observed::Object;
use crate::problem::Problem;

/// Takes out of the plan what happens by itself once another object becomes the default.
///
/// # Errors
/// Every object that should no longer be the default although no other becomes it.
pub(super) fn give_up(input: &Input<'_>, changes: &mut Vec<Change>) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    for (kind, field) in kinds(input) {
        let taker = taker(kind, field, changes.iter()).map(|it| it.address.clone());
        changes.retain_mut(|change| {
            if change.address.kind != kind.name() || !gives_up(change, field) {
                return true;
            }
            if taker.is_none() {
                problems.extend(needed(change));
            }
            match &mut change.action {
                Action::Update { fields, .. } => {
                    fields.retain(|it| it.path != field);
                    !fields.is_empty()
                }
                Action::Rename { fields, .. } | Action::Rotate { fields, .. } => {
                    fields.retain(|it| it.path != field);
                    true
                }
                Action::Create { .. }
                | Action::Adopt { .. }
                | Action::Replace { .. }
                | Action::Delete { .. } => true,
            }
        });
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Refuses a plan that deletes the default while no other object becomes it.
///
/// # Errors
/// Every such deletion.
pub(super) fn keep(
    input: &Input<'_>,
    changes: &mut Vec<Change>,
    warnings: &mut Vec<Problem>,
) -> Result<(), Vec<Problem>> {
    if input.policy == Policy::Destroy {
        spare(input, changes, warnings);
    }
    let goes = kinds(input).filter_map(|(kind, field)| {
        let change = deleted(kind, field, changes)?;
        let message = format!(
            "`{}` would be deleted, and it is the default",
            change.address
        );
        taker(kind, field, &*changes).is_none().then(|| {
            Problem::new("tunctl::default_object", message).help(format!(
                "declare `{field}: true` at another one, or let go of it: write `ignore: [{}]`",
                change.address
            ))
        })
    });
    let problems: Vec<Problem> = goes.collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Leaves the default where nothing is to be left: the account has to have one.
fn spare(input: &Input<'_>, changes: &mut Vec<Change>, warnings: &mut Vec<Problem>) {
    for (kind, field) in kinds(input) {
        let Some(address) = deleted(kind, field, changes).map(|it| it.address.clone()) else {
            continue;
        };
        changes.retain(|change| change.address != address);
        let message =
            format!("`{address}` stays: it is the default, and the account has to have one");
        let problem = Problem::new("tunctl::default_object", message).warning();
        warnings.push(problem.help("make another one the default, then delete it by hand"));
    }
}

/// The default that is deleted, with what becomes it instead and must come first.
pub(super) fn taken(input: &Input<'_>, changes: &[Change]) -> BTreeMap<Address, Address> {
    let pairs = kinds(input).filter_map(|(kind, field)| {
        let deleted = deleted(kind, field, changes)?.address.clone();
        Some((deleted, taker(kind, field, changes)?.address.clone()))
    });
    pairs.collect()
}

/// What becomes the default, each with what is it now.
pub(super) fn moves<'a>(
    input: &'a Input<'_>,
    changes: &'a [&Change],
) -> impl Iterator<Item = (&'a Address, &'a Address)> {
    kinds(input).filter_map(|(kind, field)| {
        let taker = taker(kind, field, changes.iter().copied())?;
        let mut holders = input.observed.iter().filter(|(address, object)| {
            address.kind == kind.name() && *address != &taker.address && has(&object.spec, field)
        });
        Some((&taker.address, holders.next()?.0))
    })
}

fn kinds<'a>(input: &'a Input<'_>) -> impl Iterator<Item = (&'a dyn AnyKind, &'static str)> {
    let kinds = input.kinds.iter();
    kinds.filter_map(|kind| Some((*kind, kind.default_field()?)))
}

fn has(spec: &Value, field: &str) -> bool {
    spec.get(field).and_then(Value::as_bool) == Some(true)
}

fn is_default(object: &Object, field: &str) -> bool {
    has(&object.spec, field)
}

/// The change that makes an object the default.
fn taker<'a>(
    kind: &dyn AnyKind,
    field: &str,
    changes: impl IntoIterator<Item = &'a Change>,
) -> Option<&'a Change> {
    changes.into_iter().find(|change| {
        let mut objects = change.action.objects().iter();
        change.address.kind == kind.name()
            && change.action.after().is_some_and(|after| has(after, field))
            && !objects.any(|object| is_default(object, field))
    })
}

fn deleted<'a>(kind: &dyn AnyKind, field: &str, changes: &'a [Change]) -> Option<&'a Change> {
    changes.iter().find(|change| {
        let mut objects = change.action.objects().iter();
        change.address.kind == kind.name()
            && matches!(change.action, Action::Delete { .. })
            && objects.any(|object| is_default(object, field))
    })
}

/// Whether the default should no longer be it.
fn gives_up(change: &Change, field: &str) -> bool {
    let mut objects = change.action.objects().iter();
    let after = change.action.after().and_then(|after| after.get(field));
    after.is_some_and(|it| !it.as_bool().unwrap_or(false))
        && objects.any(|object| is_default(object, field))
}

fn needed(change: &Change) -> Option<Problem> {
    let label = format!("`{}` is the default at Cloudflare", change.address);
    let problem = Problem::new("tunctl::default_needed", "there is always a default");
    let problem = problem.help("declare another one as the default, or leave this field out");
    Some(problem.at(change.at?, label))
}
