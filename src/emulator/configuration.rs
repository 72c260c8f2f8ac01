//! Remote configurations of tunnels: a document, and a version that only grows.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::clock::text;
use super::connection;
use super::envelope::Answer;
use super::failure::Failure;
use super::route::Endpoint;
use super::table::Row;
use super::tunnel::{ConfigSrc, GROUPS, Kind, Tunnel, named};
use super::visit::Visit;
use super::world::World;
use crate::ingress;

/// Read and replace. There is no delete.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read("GET", PATH, GROUPS, get),
    Endpoint::write("PUT", PATH, GROUPS, put),
];

const PATH: &str = "accounts/{account:hex}/cfd_tunnel/{tunnel:uuid}/configurations";

/// What was put last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Configuration {
    /// 1 after the first PUT.
    pub(super) version: u64,
    /// As it was sent, with `warp-routing` added.
    pub(super) config: Value,
    /// When it was put, not when the tunnel was made (recordings of the real API).
    pub(super) created_at: Timestamp,
}

impl Row for Configuration {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn name(&self) -> &'static str {
        ""
    }
}

/// Judges a configuration in cloudflared's words.
pub(super) fn validate(config: &Value) -> Result<(), String> {
    let rules = match config.get("ingress").unwrap_or(&Value::Null) {
        Value::Null => [].as_slice(),
        Value::Array(rules) => rules,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err("ingress must be a list of rules".to_owned());
        }
    };
    for rule in rules {
        let rule = rule.as_object();
        let rule = rule.ok_or("an ingress rule must be an object")?;
        for name in ["hostname", "path", "service"] {
            field(rule, name)?;
        }
    }
    let wire = ingress::from_wire(config);
    ingress::validate(&wire.ingress, &wire.origin_request).map_err(|fault| fault.message)
}

/// A field that is decoded before anything is validated.
fn field(rule: &Map<String, Value>, name: &str) -> Result<(), String> {
    match rule.get(name) {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(format!("{name} of an ingress rule must be a string"))
        }
    }
}

fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let tunnel = configurable(world, visit)?;
    Ok(Answer::of(view(world, visit.param("tunnel"), tunnel)))
}

/// Replaces the whole document. There is no condition: the last writer wins.
fn put(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let id = visit.param("tunnel");
    configurable(world, visit)?;
    let body = visit.body(|message| bad(&message))?;
    let config = body.object("config")?;
    let mut config = config.cloned().ok_or_else(|| bad("config is required"))?;
    validate(&Value::Object(config.clone()))
        .map_err(|message| bad(&format!("Validation failed: {message}\n")))?;
    if !config.contains_key("warp-routing") {
        config.insert("warp-routing".to_owned(), json!({"enabled": false}));
    }
    let tables = &mut world.state.tables;
    let version = 1 + tables.configurations.get(id).map_or(0, |own| own.version);
    let configuration = Configuration {
        version,
        config: Value::Object(config),
        created_at: visit.now,
    };
    tables.configurations.put(id, configuration);
    tables
        .tunnels
        .edit(id, |tunnel| tunnel.config_src = ConfigSrc::Cloudflare);
    connection::announce(world, id, version, visit.now);
    let tunnel = configurable(world, visit)?;
    Ok(Answer::of(view(world, id, tunnel)))
}

/// The tunnel that a path names, if it can have a configuration.
fn configurable<'w>(world: &'w World, visit: &Visit<'_>) -> Result<&'w Tunnel, Failure> {
    let tunnel = named(world, visit, Kind::Cloudflared).ok();
    let tunnel = tunnel.filter(|tunnel| tunnel.lives());
    tunnel.ok_or_else(|| Failure::new(404, 1055, "Configuration for tunnel not found"))
}

fn bad(message: &str) -> Failure {
    Failure::new(400, 1056, format!("Bad Configuration: {message}"))
}

fn view(world: &World, id: &str, tunnel: &Tunnel) -> Value {
    let own = world.state.tables.configurations.get(id);
    json!({
        "tunnel_id": id,
        "version": own.map_or(0, |own| own.version),
        "config": own.map(|own| &own.config),
        "source": tunnel.config_src,
        "created_at": text(own.map_or(tunnel.created_at, |own| own.created_at)),
    })
}
