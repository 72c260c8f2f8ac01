//! The two forms of a state: what `terraform show -json` prints, and the file itself.

use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::source::is_hostile;

/// The version of state files since Terraform 0.12.
const VERSION: u64 = 4;

/// Whether a resource is Terraform's own or only read by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Managed,
    Data,
}

/// One instance of a resource.
#[derive(Debug)]
pub(super) struct Resource {
    /// Terraform's address, with modules and index.
    pub(super) address: String,
    pub(super) mode: Mode,
    /// Such as `cloudflare_dns_record`.
    pub(super) sort: String,
    attributes: Map<String, Value>,
}

impl Resource {
    /// An attribute, unless it is null.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name).filter(|it| !it.is_null())
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|it| !it.is_empty())
    }

    /// All the attributes, for lists of other objects that data sources have.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.attributes.values()
    }
}

/// Every resource of a state.
///
/// # Errors
/// If it is none.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Resource>, Problem> {
    let unreadable = |why: String| {
        let message = format!("this is no state of Terraform's: {why}");
        Problem::new("tunctl::not_terraform", message).help(
            "write it with `terraform show -json > state.json`, or `terraform state pull > \
             state.json`",
        )
    };
    // Its text may be a secret, so the error names the place only.
    let state: Value = serde_json::from_slice(bytes)
        .map_err(|error| unreadable(format!("not JSON from line {} on", error.line())))?;
    let mut resources = Vec::new();
    if let Some(root) = state.pointer("/values/root_module") {
        shown(root, &mut resources);
    } else if state.get("planned_values").is_some() {
        return Err(unreadable("it is a plan".to_owned()));
    } else if let Some(list) = state.get("resources").and_then(Value::as_array) {
        match state["version"].as_u64() {
            Some(VERSION) => list.iter().for_each(|it| kept(it, &mut resources)),
            _ => return Err(unreadable("the file's version is not 4".to_owned())),
        }
    } else if state.get("format_version").is_none() {
        return Err(unreadable(
            "it has neither `values` nor `resources`".to_owned(),
        ));
    }
    Ok(resources)
}

fn mode(resource: &Value) -> Option<Mode> {
    match resource["mode"].as_str()? {
        "managed" => Some(Mode::Managed),
        "data" => Some(Mode::Data),
        _ => None,
    }
}

/// A module of `terraform show -json`, with its own modules.
fn shown(module: &Value, into: &mut Vec<Resource>) {
    for resource in module["resources"].as_array().into_iter().flatten() {
        let found = mode(resource).and_then(|mode| {
            Some(Resource {
                address: plain(resource["address"].as_str()?),
                mode,
                sort: resource["type"].as_str()?.to_owned(),
                attributes: resource["values"].as_object()?.clone(),
            })
        });
        into.extend(found);
    }
    for child in module["child_modules"].as_array().into_iter().flatten() {
        shown(child, into);
    }
}

/// A resource of a state file, with its instances. What Terraform is about to delete is none.
fn kept(resource: &Value, into: &mut Vec<Resource>) {
    let (Some(mode), Some(sort), Some(name)) = (
        mode(resource),
        resource["type"].as_str(),
        resource["name"].as_str(),
    ) else {
        return;
    };
    let module = resource["module"].as_str();
    let module = module.map_or_else(String::new, |module| format!("{module}."));
    let data = if mode == Mode::Data { "data." } else { "" };
    for instance in resource["instances"].as_array().into_iter().flatten() {
        let attributes = instance["attributes"].as_object();
        if let (Some(attributes), None) = (attributes, instance.get("deposed")) {
            let index = index(&instance["index_key"]);
            into.push(Resource {
                address: plain(&format!("{module}{data}{sort}.{name}{index}")),
                mode,
                sort: sort.to_owned(),
                attributes: attributes.clone(),
            });
        }
    }
}

/// An address on one line, whatever is in it.
fn plain(address: &str) -> String {
    let escape = |letter: char| match letter {
        letter if is_hostile(letter) => letter.escape_default().to_string(),
        letter => letter.to_string(),
    };
    address.chars().map(escape).collect()
}

/// An index as it is written in an address: `[0]`, `["key"]`.
fn index(key: &Value) -> String {
    match key {
        Value::Number(number) => format!("[{number}]"),
        Value::String(text) => {
            let escaped = Value::from(text.as_str()).to_string();
            format!("[{}]", escaped.replace("${", "$${").replace("%{", "%%{"))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}
