//! A short string that two plans share exactly if they would do the same to the same objects.
//! No clock, no rate figures, no environment in it.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Change, Plan};
use crate::observed::{Object, Owner, Standing};

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
        expires,
        standing,
        older,
    } = object;
    let owner = match owner {
        Owner::Ours => json!("ours"),
        Owner::Other(stack) => json!({ "other": stack }),
        Owner::Unmarked => json!("unmarked"),
        Owner::ByName => json!("by_name"),
    };
    let form = format!("{form:?}");
    let standing = match standing {
        Standing::Good => Value::Null,
        Standing::Unfinished => json!("unfinished"),
        Standing::Held => json!("held"),
        Standing::Revoked(how) => json!({ "revoked": how }),
    };
    hash(&json!([
        id, spec, owner, form, former, version, carry, expires, standing, older
    ]))
}

/// The fingerprint of a change.
#[must_use]
pub fn of_change(change: &Change) -> String {
    let observed: Vec<String> = change.action.objects().iter().map(digest).collect();
    hash(&json!([
        change.address,
        change.action.name(),
        change.action.after(),
        observed,
        change.keeps
    ]))
}

/// The fingerprint of a plan.
#[must_use]
pub fn of_plan(plan: &Plan) -> String {
    of_changes(plan, plan.changes().map(of_change).collect())
}

/// The fingerprint of a plan whose changes have these.
#[must_use]
pub fn of_changes(plan: &Plan, mut changes: Vec<String>) -> String {
    changes.sort_unstable();
    let mut fingerprint = hash(&json!([plan.stack, changes]));
    fingerprint.truncate(SHORT);
    fingerprint
}

fn hash(value: &Value) -> String {
    let mut text = Vec::new();
    canonical(&mut text, value);
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        for digit in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(digit.into(), 16));
        }
    }
    hex
}

/// Compact JSON with sorted keys: their order means nothing, so it is no part of a digest.
fn canonical(text: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            text.push(b'{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                scalar(text, key);
                text.push(b':');
                canonical(text, value);
            }
            text.push(b'}');
        }
        Value::Array(items) => {
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                canonical(text, item);
            }
            text.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => scalar(text, value),
    }
}

fn scalar(text: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(text, value).expect("a vector takes everything");
}
