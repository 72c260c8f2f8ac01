//! An account's API token, from the provider's words into Cloudflare's, and the names of
//! permission groups.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::config::block;
use super::state::Resource;

/// Names of permission groups by id.
pub(super) type Groups = BTreeMap<String, String>;

/// The token as Cloudflare answers it, without its value.
pub(super) fn wire(resource: &Resource, id: &str, groups: &Groups) -> Value {
    let policies = resource.get("policies").or_else(|| resource.get("policy"));
    let policies = policies.and_then(Value::as_array).into_iter().flatten();
    let mut wire = json!({
        "id": id,
        "name": resource.text("name").unwrap_or_default(),
        "policies": policies.map(|it| policy(it, groups)).collect::<Vec<_>>(),
    });
    for field in ["status", "expires_on", "not_before"] {
        if let Some(text) = resource.text(field) {
            wire[field] = json!(text);
        }
    }
    let condition = resource.get("condition").and_then(block);
    let addresses = condition.and_then(|it| block(it.get("request_ip")?));
    if let Some(addresses) = addresses {
        let lists = ["in", "not_in"].into_iter().filter_map(|field| {
            let list = addresses.get(field)?.as_array()?;
            Some((field.to_owned(), json!(list)))
        });
        let lists: Map<String, Value> = lists.collect();
        wire["condition"] = json!({ "request_ip": lists });
    }
    wire
}

fn policy(policy: &Value, names: &Groups) -> Value {
    let groups = policy["permission_groups"].as_array();
    let groups = groups.into_iter().flatten().map(|group| {
        // A list of ids in version 4, of objects in version 5.
        let mut wire = json!({ "id": group.as_str().map_or(&group["id"], |_| group) });
        let name = wire["id"].as_str().and_then(|id| names.get(id));
        if let Some(name) = group["name"].as_str().or(name.map(String::as_str)) {
            wire["name"] = json!(name);
        }
        let meta = group.get("meta").and_then(Value::as_object);
        let meta = meta.filter(|meta| meta.values().any(|it| !it.is_null()));
        if let Some(meta) = meta {
            wire["meta"] = json!(meta);
        }
        wire
    });
    json!({
        "effect": policy["effect"].as_str().unwrap_or("allow"),
        "permission_groups": groups.collect::<Vec<_>>(),
        "resources": resources(&policy["resources"]),
    })
}

/// What a policy is about: a mapping, or its JSON as a text, also inside of itself.
fn resources(value: &Value) -> Value {
    match value {
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).unwrap_or_else(|_| json!({}))
        }
        Value::Object(map) => {
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            let entries = entries.map(|(key, value)| {
                let nested = value
                    .as_str()
                    .is_some_and(|it| it.trim_start().starts_with('{'));
                let value = if nested {
                    resources(value)
                } else {
                    value.clone()
                };
                (key.clone(), value)
            });
            Value::Object(entries.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            json!({})
        }
    }
}

/// The names of permission groups by id, from the data sources that list them: objects with both
/// in version 5, mappings from names to ids in version 4.
pub(super) fn groups(resources: &[Resource]) -> Groups {
    let mut groups = BTreeMap::new();
    let lists = resources
        .iter()
        .filter(|it| it.sort.contains("permission_groups"));
    for value in lists.flat_map(Resource::values) {
        for item in value.as_array().into_iter().flatten() {
            if let (Some(id), Some(name)) = (item["id"].as_str(), item["name"].as_str()) {
                groups.insert(id.to_owned(), name.to_owned());
            }
        }
        for (name, id) in value.as_object().into_iter().flatten() {
            if let Some(id) = id.as_str() {
                groups.insert(id.to_owned(), name.clone());
            }
        }
    }
    groups
}
