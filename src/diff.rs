//! The one comparison of two specs. Both sides are canonical, so a difference is a change.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Where, in the spec's own keys joined by dots.
    pub path: String,
    /// What is there now; `None` if nothing.
    pub before: Option<Value>,
    /// What will be there; `None` if it goes.
    pub after: Option<Value>,
}

/// How much of an object the manifest speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Only the fields that are declared; others are left alone.
    Declared,
    /// The whole object: what is not declared goes.
    Whole,
}

/// The fields that differ. Objects are compared key by key, lists and scalars whole.
#[must_use]
pub fn diff(before: &Value, after: &Value, extent: Extent) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", Some(before), Some(after), extent, &mut changes);
    changes
}

fn compare(
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    extent: Extent,
    changes: &mut Vec<FieldChange>,
) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            compare_fields(path, old, new, extent, changes);
        }
        (before, after) if before == after => {}
        (before, after) => changes.push(FieldChange {
            path: path.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn compare_fields(
    path: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    extent: Extent,
    changes: &mut Vec<FieldChange>,
) {
    let join = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    for (key, value) in new {
        compare(&join(key), old.get(key), Some(value), extent, changes);
    }
    if extent == Extent::Whole {
        for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
            compare(&join(key), Some(value), None, extent, changes);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: &Value, after: &Value, extent: Extent) -> Vec<String> {
        diff(before, after, extent)
            .into_iter()
            .map(|change| change.path)
            .collect()
    }

    #[test]
    fn what_is_not_declared_is_left_alone() {
        let (before, after) = (
            json!({"a": 1, "b": {"c": 2, "d": 3}}),
            json!({"b": {"c": 4}}),
        );
        assert_eq!(paths(&before, &after, Extent::Declared), ["b.c"]);
        assert_eq!(paths(&before, &after, Extent::Whole), ["b.c", "b.d", "a"]);
    }

    #[test]
    fn lists_are_compared_whole() {
        let (before, after) = (json!({"a": [1, 2]}), json!({"a": [2, 1]}));
        assert_eq!(paths(&before, &after, Extent::Declared), ["a"]);
    }
}
