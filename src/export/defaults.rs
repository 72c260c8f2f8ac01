//! Settings that all tunnels have in common, said once.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The field that has defaults.
const FIELD: &str = "originRequest";

/// Takes out of the entries of tunnels what is the same in all of them, if there are several.
/// Entries without rules do not count: nothing is pushed for them.
pub(super) fn common(tunnels: &mut BTreeMap<String, Map<String, Value>>) -> Map<String, Value> {
    let with_rules = tunnels.values().filter(|it| it.contains_key("ingress"));
    let mut with_rules = with_rules.map(|it| it.get(FIELD).and_then(Value::as_object));
    let (Some(Some(first)), true) = (with_rules.next(), tunnels.len() > 1) else {
        return Map::new();
    };
    let mut common = first.clone();
    let mut others = 0;
    for other in with_rules {
        others += 1;
        common.retain(|key, value| other.and_then(|it| it.get(key)) == Some(value));
    }
    if others == 0 {
        return Map::new();
    }
    for entry in tunnels.values_mut() {
        if let Some(Value::Object(own)) = entry.get_mut(FIELD) {
            own.retain(|key, _| !common.contains_key(key));
            if own.is_empty() {
                entry.shift_remove(FIELD);
            }
        }
    }
    common
}
