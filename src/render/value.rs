//! Values in Terraform's notation, and what a list's item looks like on a line.
//! Invariant: nothing of a value is left out, except by [`brief`].

use serde_json::Value;

use super::text::{escaped, quoted, word};

/// A value on one line.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(inline))),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(key, value)| assigned(key, &inline(value)));
            format!("{{ {} }}", joined(fields))
        }
    }
}

/// A value on one line, with lists of objects only counted.
pub(crate) fn brief(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            format!("[{}]", super::text::count(items.len(), noun(items)))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => inline(value),
    }
}

/// What the items of a list are called.
pub(crate) fn noun(items: &[Value]) -> &'static str {
    if items.iter().all(|item| service(item).is_some()) {
        "rule"
    } else {
        "element"
    }
}

/// An item of a list as lines: one that says what it is, then one for each of its settings.
pub(crate) fn item(value: &Value) -> Vec<String> {
    let (Some(service), Value::Object(fields)) = (service(value), value) else {
        return vec![inline(value)];
    };
    let host = fields.get("hostname").and_then(Value::as_str);
    let host = host.map_or("(any host)".into(), word);
    let path = fields.get("path").and_then(Value::as_str);
    let path = path.map_or_else(String::new, |path| format!(" {}", word(path)));
    let mut lines = vec![format!("{host}{path} -> {}", word(service))];
    for (key, value) in fields {
        let is_text = value.is_string();
        match key.as_str() {
            "service" => {}
            "hostname" | "path" if is_text => {}
            "originRequest" if value.is_object() => settings("", value, &mut lines),
            _ => settings(key, value, &mut lines),
        }
    }
    lines
}

/// What makes a changed item the same one: for a rule the requests that it takes.
pub(crate) fn identity(value: &Value) -> Option<String> {
    service(value)?;
    Some(inline(&Value::Array(
        ["hostname", "path"]
            .map(|key| value.get(key).cloned().unwrap_or_default())
            .into(),
    )))
}

/// `name = value`, as it stands between braces.
pub(crate) fn assigned(name: &str, value: &str) -> String {
    format!("{} = {value}", escaped(name))
}

/// Comma-separated.
pub(crate) fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Only ingress rules have one.
fn service(value: &Value) -> Option<&str> {
    value.get("service")?.as_str()
}

/// Nested objects as one line for each leaf, with a dotted name.
fn settings(name: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                let dot = if name.is_empty() { "" } else { "." };
                settings(&format!("{name}{dot}{key}"), value, lines);
            }
        }
        Value::Object(_) if name.is_empty() => lines.push("originRequest = {}".to_owned()),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => lines.push(assigned(name, &inline(value))),
    }
}
