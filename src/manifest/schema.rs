//! The JSON Schema of a manifest, put together from the types: the manifest's own keys and the
//! facets that the kinds bring. The same schema completes keys in editors and checks files.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::surface::Surface;
use crate::kind::KINDS;

/// Fields that `defaults` can set for every entry that has them.
pub(super) const DEFAULTS: [&str; 2] = ["originRequest", "onDelete"];

/// A name pattern that covers the whole account by mistake is refused: 3 literal characters
/// come first (design, section 1). An editor sees variables that are not replaced yet; the
/// format `owned-glob` judges what they stand for.
const OWNED: &str = r"^(\$\{|[^*?\[\]{}!\\]{3})";

/// Names of entries: what Cloudflare takes, without what would break an address.
const NAME: &str = r"^\S(.{0,98}\S)?$";

/// The schema of a manifest as it is written: what editors complete and check. They see
/// `${CLOUDFLARE_ACCOUNT_ID}` where `filled` sees an id.
#[must_use]
pub fn schema() -> Value {
    let mut root = filled();
    let account = &mut root["properties"]["account"]["pattern"];
    if let Some(id) = account.as_str() {
        *account = json!(format!(r"{id}|^\$\{{.+\}}$"));
    }
    root
}

/// The schema of a manifest whose variables are filled in.
///
/// # Panics
/// Never: the surface is an object with properties.
pub(super) fn filled() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut root = Surface::json_schema(&mut generator).to_value();
    let sections = sections(&mut generator);
    let defaults = defaults(&sections);
    let properties = root["properties"].as_object_mut();
    let properties = properties.expect("the surface is an object");
    properties.insert("owns".to_owned(), owns());
    properties.insert("defaults".to_owned(), defaults);
    for (name, entry) in sections {
        properties.insert(name, section(&entry));
    }
    for property in properties.values_mut() {
        nullable(property);
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("tunctl manifest");
    root["additionalProperties"] = json!(false);
    root["$defs"] = closed(Value::Object(generator.take_definitions(true)));
    tidy(&mut root);
    root
}

/// A list or a mapping of which nothing is written, or everything is commented out.
fn nullable(schema: &mut Value) {
    if matches!(schema["type"].as_str(), Some("array" | "object")) {
        schema["type"] = json!([schema["type"], "null"]);
    }
}

/// What an editor shows: sentences without the line breaks of our sources, and no default that
/// says only that a field may be left out.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if let Some(Value::String(text)) = keywords.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            keywords.retain(|name, value| name != "default" || !value.is_null());
            keywords.values_mut().for_each(tidy);
        }
        Value::Array(parts) => parts.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every section with the schema of its entries: the facets of all its kinds side by side.
fn sections(generator: &mut SchemaGenerator) -> Vec<(String, Value)> {
    let mut sections: Vec<(String, Value)> = Vec::new();
    for kind in KINDS {
        let facet = kind.surface(generator).to_value();
        for name in kind.sections() {
            match sections.iter_mut().find(|(known, _)| known == name) {
                Some((_, entry)) => join(entry, &facet),
                None => sections.push(((*name).to_owned(), facet.clone())),
            }
        }
    }
    sections
}

/// Adds the fields of a facet; a field that is there stays as it is.
fn join(entry: &mut Value, facet: &Value) {
    for part in ["properties", "required"] {
        let Some(more) = facet.get(part) else {
            continue;
        };
        match (entry.get_mut(part), more) {
            (Some(Value::Object(known)), Value::Object(more)) => {
                for (key, value) in more {
                    known.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more.iter().cloned()),
            (_, more) => entry[part] = more.clone(),
        }
    }
}

fn section(entry: &Value) -> Value {
    let description = entry["description"].clone();
    let mut entry = entry.clone();
    entry["additionalProperties"] = json!(false);
    nullable(&mut entry);
    json!({
        "type": "object",
        "description": description,
        "propertyNames": {
            "type": "string",
            "pattern": NAME,
            "patternErrorMessage": "expected 1 to 100 characters, without a blank at an end",
        },
        "additionalProperties": entry,
    })
}

fn owns() -> Value {
    let mut properties = Map::new();
    for kind in KINDS.iter().filter(|kind| kind.owned_by_name()) {
        if let Some(section) = kind.sections().first() {
            let pattern = json!({
                "type": "string",
                "format": "owned-glob",
                "pattern": OWNED,
                "patternErrorMessage": "expected 3 literal characters in front, as in `web*`",
            });
            let patterns = json!({
                "type": "array",
                "description": format!(
                    "Patterns of the names of `{section}` that this stack owns, such as `edge-*`."
                ),
                "items": pattern,
            });
            properties.insert((*section).to_owned(), patterns);
        }
    }
    json!({
        "type": "object",
        "description": "What may be deleted once it is no longer declared. A pattern starts with \
                        3 literal characters or more.",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn defaults(sections: &[(String, Value)]) -> Value {
    let mut properties = Map::new();
    for name in DEFAULTS {
        let mut fields = sections.iter().map(|(_, entry)| &entry["properties"][name]);
        if let Some(field) = fields.find(|field| !field.is_null()) {
            properties.insert(name.to_owned(), field.clone());
        }
    }
    json!({
        "type": "object",
        "description": "Settings for every entry that has these fields; the entry's own win, key by key.",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// Forbids unknown keys in every object with known ones.
fn closed(mut definitions: Value) -> Value {
    let objects = definitions.as_object_mut().into_iter().flatten();
    for (_, definition) in objects {
        if definition.get("properties").is_some() {
            definition["additionalProperties"] = json!(false);
        }
    }
    definitions
}
