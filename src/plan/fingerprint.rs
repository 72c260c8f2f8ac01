//! A short string that two plans share exactly if they would do the same to the same objects.
//! No clock, no rate figures, no environment in it.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Change, Plan};
use crate::observed::{Object, Owner};

/// Hex digits of the short form: 64 bits.
const SHORT: usize = 16;

/// The digest of what was observed of an object, its version included.
#[must_use]
pub fn digest(object: &Object) -> String {
    let Object {
        id,
        spec,
        owner,
        form,
        references: _,
        former,
        version,
        live: _,
        carry,
    } = object;
    let owner = match owner {
        Owner::Ours => json!("ours"),
        Owner::Other(stack) => json!({ "other": stack }),
        Owner::Unmarked => json!("unmarked"),
        Owner::ByName => json!("by_name"),
    };
    let form = format!("{form:?}");
    hash(&json!([id, spec, owner, form, former, version, carry]))
}

/// The fingerprint of a change.
#[must_use]
pub fn of_change(change: &Change) -> String {
    let observed: Vec<String> = change.action.objects().iter().map(digest).collect();
    hash(&json!([
        change.address,
        change.action.name(),
        change.action.after(),
        observed
    ]))
}

/// The fingerprint of a plan.
#[must_use]
pub fn of_plan(plan: &Plan) -> String {
    let mut changes: Vec<String> = plan.changes().map(of_change).collect();
    changes.sort_unstable();
    let mut fingerprint = hash(&json!([plan.stack, changes]));
    fingerprint.truncate(SHORT);
    fingerprint
}

fn hash(value: &Value) -> String {
    let digest = Sha256::digest(sorted(value).to_string());
    digest
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Key order means nothing, so it is no part of a digest.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let entries = entries.into_iter();
            Value::Object(
                entries
                    .map(|(key, value)| (key.clone(), sorted(value)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
