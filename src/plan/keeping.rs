//! Secrets: which have to be put away, which have to be made anew, and which are nobody's to
//! make.

use jiff::{SignedDuration, Timestamp};

use super::Input;
use super::change::{Action, Change, Reason};
use crate::address::Address;
use crate::desired::{Declared, Keeping};
use crate::kind::{AnyKind, Secrecy};
use crate::observed::{Object, Presence, Standing};
use crate::problem::Problem;

/// The code of a credential that somebody revoked.
const REVOKED: &str = "tunctl::credential_revoked";

/// The code of a credential that is gone, and whose secret is still in its sink.
const VANISHED: &str = "tunctl::credential_vanished";

/// What a declared resource needs, once its secret is thought of: how it changes, why, and the
/// sink that a secret goes to.
pub(super) type Kept = (Action, Reason, Option<String>);

/// Adds what the secret of a resource needs to what its fields need. Of an incident it warns, and
/// does nothing at all about the resource.
pub(super) fn kept(
    input: &Input<'_>,
    kind: &dyn AnyKind,
    (address, declared): (&Address, &Declared),
    found: Option<(Action, Reason)>,
    warnings: &mut Vec<Problem>,
) -> Option<Kept> {
    let plain = |found: Option<(Action, Reason)>| found.map(|(it, why)| (it, why, None));
    let Some(secrecy) = kind.secrecy() else {
        return plain(found);
    };
    let objects = input.observed.at(address);
    if let Some(incident) = incident(input, secrecy, address, declared, objects) {
        warnings.push(incident);
        return None;
    }
    let asked = input.rotate == Some(address);
    let keeping = declared.lifecycle.keeping.as_ref();
    let sink = keeping.map(|keeping| keeping.sink.clone());
    let Some(object) = objects.first() else {
        return found.map(|(it, why)| (it, why, sink));
    };
    let missing = input.observed.kept.get(address) == Some(&Presence::Missing);
    let due = match keeping {
        _ if asked => Some(Reason::Requested),
        Some(keeping) if secrecy == Secrecy::ShownOnce => {
            due(keeping, object, missing, input.observed.at)
        }
        Some(_) | None => None,
    };
    if let Some(Reason::Expires(at)) = due
        && !kind.renews(&declared.spec, object)
    {
        warnings.push(ending(address, declared, at));
        return plain(found);
    }
    if object.standing == Standing::Held && !asked && !missing {
        warnings.push(held(address, declared));
        // Its end moves, and no secret is made.
        let moves = due.map(|reason| (rotation(object, declared, None), reason, None));
        return moves.or_else(|| plain(found));
    }
    if let Some(reason) = due {
        return Some((rotation(object, declared, found), reason, sink));
    }
    match (found, keeping) {
        (Some((action @ Action::Replace { .. }, why)), _) => Some((action, why, sink)),
        (Some((action, why)), Some(_)) if missing => Some((action, why, sink)),
        (None, Some(keeping)) if missing => {
            let action = Action::Update {
                object: object.clone(),
                after: declared.spec.clone(),
                fields: Vec::new(),
            };
            Some((action, Reason::NotKept(keeping.sink.clone()), sink))
        }
        (found, _) => plain(found),
    }
}

/// The API token that the run itself uses stays as it is.
pub(super) fn spare(input: &Input<'_>, changes: &mut Vec<Change>, warnings: &mut Vec<Problem>) {
    changes.retain(|change| {
        let ends = matches!(change.action, Action::Delete { .. } | Action::Rotate { .. });
        let objects = change.action.objects().iter();
        let mut ids = objects.flat_map(|it| it.older.iter().chain([&it.id]));
        let spared = ends && ids.any(|id| input.observed.is_own_token(id));
        if spared {
            let message = format!(
                "`{}` is the API token of this run and is left alone",
                change.address
            );
            let problem = Problem::new("tunctl::own_token", message).warning();
            warnings.push(problem.help("run again with another token"));
        }
        !spared
    });
}

/// Two secrets, of which nobody knows which one is in the sink.
fn held(address: &Address, declared: &Declared) -> Problem {
    let name = address.name.split('@').next().unwrap_or_default();
    let message = format!(
        "the last rotation of `{address}` did not end; its new secret and the one before both work"
    );
    Problem::new("tunctl::rotation_held", message)
        .at(declared.at, "it gets no third one by itself")
        .help(format!(
            "`tunctl rotate {} {name}` makes one, and ends the older of the two at once",
            address.kind.replace('_', "-")
        ))
        .warning()
}

/// Whether a warning tells of a credential that does not do what it is there for, and that nobody
/// should undo without knowing.
pub(super) fn is_incident(warning: &Problem) -> bool {
    [REVOKED, VANISHED].contains(&warning.code)
}

/// A credential that ends, and that no rotation would make last longer.
fn ending(address: &Address, declared: &Declared, at: Timestamp) -> Problem {
    let message = format!("`{address}` ends at {at}, and nothing says when a new one would");
    Problem::new("tunctl::credential_ends", message)
        .at(declared.at, "declared here")
        .help("write a later `expiresOn`: the next apply makes a new one")
        .warning()
}

/// The rotation that also brings what differs.
fn rotation(object: &Object, declared: &Declared, found: Option<(Action, Reason)>) -> Action {
    let fields = match found {
        Some((
            Action::Update { fields, .. }
            | Action::Adopt { fields, .. }
            | Action::Rename { fields, .. },
            _,
        )) => fields,
        Some(_) | None => Vec::new(),
    };
    Action::Rotate {
        object: object.clone(),
        after: declared.spec.clone(),
        fields,
    }
}

/// Why a secret that is shown only once has to be made anew.
fn due(keeping: &Keeping, object: &Object, missing: bool, now: Timestamp) -> Option<Reason> {
    if object.standing == Standing::Unfinished {
        return Some(Reason::Unfinished);
    }
    if missing {
        return Some(Reason::NotKept(keeping.sink.clone()));
    }
    let expires = object.expires?;
    let before = keeping.rotate_before.unwrap_or(0);
    let before = SignedDuration::from_secs(i64::try_from(before).unwrap_or(i64::MAX));
    // Beyond the calendar's end nothing expires.
    let begins = expires.checked_sub(before).unwrap_or(Timestamp::MIN);
    (begins <= now).then_some(Reason::Expires(expires))
}

/// What happened to a credential that nobody should undo without knowing.
fn incident(
    input: &Input<'_>,
    secrecy: Secrecy,
    address: &Address,
    declared: &Declared,
    objects: &[Object],
) -> Option<Problem> {
    if input.rotate == Some(address) {
        return None;
    }
    if let Some(Standing::Revoked(how)) = objects.first().map(|it| &it.standing) {
        let message = format!("`{address}` {how}; it is left as it is");
        return Some(
            Problem::new(REVOKED, message)
                .at(declared.at, "declared here")
                .help(
                    "if that was meant, drop the entry; if not, find out who did it, rotate it, and \
                     enable it at Cloudflare",
                )
                .warning(),
        );
    }
    let there = input.observed.kept.get(address) == Some(&Presence::There);
    (objects.is_empty() && there && secrecy == Secrecy::ShownOnce).then(|| {
        let message = format!("`{address}` is gone from Cloudflare, and its sink has its secret");
        Problem::new(VANISHED, message)
            .at(declared.at, "it is not made again by itself")
            .help(
                "if it was revoked for good, drop the entry; to have a new one, take the old \
                 secret out of its sink",
            )
            .warning()
    })
}
