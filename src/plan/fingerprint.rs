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
        vitals: _,
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
    let mut text = Canonical::default();
    text.part(id).value(spec).value(&owner).part(&form);
    text.part(former).part(version).value(carry);
    text.part(expires).value(&standing).part(older);
    text.hash()
}

/// The fingerprint of a change.
#[must_use]
pub fn of_change(change: &Change) -> String {
    let observed: Vec<String> = change.action.objects().iter().map(digest).collect();
    let mut text = Canonical::default();
    text.part(&change.address).part(change.action.name());
    text.value(change.action.after().unwrap_or(&Value::Null));
    text.part(&observed).part(&change.keeps).hash()
}

/// The fingerprint of a plan.
#[must_use]
pub fn of_plan(plan: &Plan) -> String {
    let changes: Vec<String> = plan.changes().map(of_change).collect();
    of_changes(plan, changes.iter().map(String::as_str).collect())
}

/// The fingerprint of a plan whose changes have these.
#[must_use]
pub fn of_changes(plan: &Plan, mut changes: Vec<&str>) -> String {
    changes.sort_unstable();
    let mut fingerprint = Canonical::default().part(&plan.stack).part(&changes).hash();
    fingerprint.truncate(SHORT);
    fingerprint
}

/// The items of a list, as its compact JSON without the brackets.
#[derive(Default)]
struct Canonical(Vec<u8>);

impl Canonical {
    /// Adds something without maps in it.
    fn part(&mut self, part: &(impl Serialize + ?Sized)) -> &mut Self {
        self.comma();
        scalar(&mut self.0, part);
        self
    }

    /// Adds any value.
    fn value(&mut self, value: &Value) -> &mut Self {
        self.comma();
        canonical(&mut self.0, value);
        self
    }

    fn comma(&mut self) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
    }

    fn hash(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"[")
            .chain_update(&self.0)
            .chain_update(b"]")
            .finalize();
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }
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
