//! What one address needs: the declared resource against what is there.

use super::change::{Action, Reason};
use crate::address::{Address, Ids};
use crate::desired::Declared;
use crate::diff::{FieldChange, diff};
use crate::kind::AnyKind;
use crate::observed::{Form, Object, Owner};
use crate::problem::Problem;

/// What a declared resource needs; `None` if it is as it should be.
///
/// # Errors
/// If something at the place must not be touched.
pub(super) fn declared(
    kind: &dyn AnyKind,
    address: &Address,
    declared: &Declared,
    objects: &[Object],
) -> Result<Option<(Action, Reason)>, Problem> {
    let after = || declared.spec.clone();
    let Some(first) = objects.first() else {
        return Ok(Some((Action::Create { after: after() }, Reason::New)));
    };
    refuse(kind, address, declared, objects)?;
    let fields = diff(&first.spec, &declared.spec, kind.extent());
    if let Some(from) = first.former.clone() {
        immutable(kind, declared, &fields)?;
        let object = first.clone();
        return Ok(Some((
            Action::Rename {
                object,
                from,
                after: after(),
                fields,
            },
            Reason::Differs,
        )));
    }
    if fields.is_empty() {
        return Ok(None);
    }
    let (after, reason) = (after(), reason(&fields));
    if !is_in_hand(declared, first) {
        let objects = objects.to_vec();
        return Ok(Some((
            Action::Adopt {
                objects,
                after,
                fields,
            },
            reason,
        )));
    }
    let object = first.clone();
    let action = if immutable(kind, declared, &fields)? {
        Action::Replace {
            object,
            after,
            fields,
        }
    } else {
        Action::Update {
            object,
            after,
            fields,
        }
    };
    Ok(Some((action, reason)))
}

/// Whether an object may be changed without asking: it is ours, or its kind has no marks, or it
/// already refers to what it should.
pub(super) fn is_in_hand(declared: &Declared, object: &Object) -> bool {
    object.form == Form::Spec
        && match object.owner {
            Owner::Ours | Owner::ByName => true,
            Owner::Other(_) => false,
            Owner::Unmarked => declared
                .references
                .first()
                .is_some_and(|reference| object.references.contains(reference)),
        }
}

/// Everything at the place that forbids a change.
fn refuse(
    kind: &dyn AnyKind,
    address: &Address,
    declared: &Declared,
    objects: &[Object],
) -> Result<(), Problem> {
    let shown = |object: &Object| format!("{} (id {})", kind.words(object), object.id);
    for object in objects {
        if let Owner::Other(stack) = &object.owner {
            return Err(
                Problem::new("tunctl::other_stack", "object belongs to another stack")
                    .at(
                        declared.at,
                        format!("`{address}` carries the mark of stack `{stack}`"),
                    )
                    .help("declare it in one stack only; remove it from the other one first"),
            );
        }
        if object.form == Form::Locked {
            let label = format!("here is {}", shown(object));
            return Err(
                Problem::new("tunctl::locked_object", "place is taken for good")
                    .at(declared.at, label)
                    .help("tunctl never takes over read-only records and delegations"),
            );
        }
    }
    let list = || objects.iter().map(shown).collect::<Vec<_>>().join(", ");
    if objects.iter().filter(|it| it.form == Form::Spec).count() > 1 {
        return Err(
            Problem::new("tunctl::ambiguous_object", "two objects have this name")
                .at(
                    declared.at,
                    format!("`{address}` could be any of: {}", list()),
                )
                .help("delete or rename all but one at Cloudflare"),
        );
    }
    let foreign = objects.iter().any(|object| !is_in_hand(declared, object));
    if foreign && !declared.lifecycle.adopt {
        return Err(
            Problem::new("tunctl::foreign_object", "place is taken by something else")
                .at(declared.at, format!("here is already {}", list()))
                .help(kind.way_out(&address.name)),
        );
    }
    Ok(())
}

/// Whether a difference needs a new object.
///
/// # Errors
/// If the kind refuses that.
fn immutable(
    kind: &dyn AnyKind,
    declared: &Declared,
    fields: &[FieldChange],
) -> Result<bool, Problem> {
    let Some(change) = fields
        .iter()
        .find(|change| kind.immutable().contains(&change.path.as_str()))
    else {
        return Ok(false);
    };
    let Some(help) = kind.refuse_replacement(change) else {
        return Ok(true);
    };
    let value = |value: &Option<serde_json::Value>| {
        value
            .as_ref()
            .map_or_else(|| "nothing".to_owned(), ToString::to_string)
    };
    let label = format!(
        "`{}` is {} here and {} at Cloudflare",
        change.path,
        value(&change.after),
        value(&change.before)
    );
    Err(Problem::new(
        "tunctl::immutable_field",
        "field cannot be changed in place",
    )
    .at(declared.at, label)
    .help(help))
}

fn reason(fields: &[FieldChange]) -> Reason {
    let dangles = fields.iter().any(|change| {
        let target = change.before.as_ref().and_then(|before| before.as_str());
        target
            .and_then(Address::parse)
            .is_some_and(|address| Ids::is_unknown(&address.name))
    });
    if dangles {
        Reason::Drifted
    } else {
        Reason::Differs
    }
}
