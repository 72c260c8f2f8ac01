//! WARP connectors, which Cloudflare also calls mesh nodes (4). As objects they are tunnels.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::connection::Connector;
use super::tunnel::{Filter, PAGE, Patch, Tunnel};
use super::{List, Nothing, Operation, Secret, body, filtered};
use crate::address::RemoteId;
use crate::request::{Method, Request};

/// A WARP connector to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct New {
    /// Unique among the living of an account.
    pub name: String,
    /// Whether several clients may stand in for each other.
    pub ha: bool,
}

/// How clients stand in for each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "ha_mode", content = "config", rename_all = "lowercase")]
pub enum Mesh {
    /// Not at all.
    None,
    /// Not for now.
    Disabled,
    /// By routes of AWS.
    Aws {
        /// Cloudflare's `fnr_id`.
        fnr_id: String,
    },
    /// By addresses that the active client takes over.
    Local {
        /// One to eight.
        vips: Vec<Vip>,
        /// Those that it had before, at most eight.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        vips_previous: Vec<Vip>,
    },
}

/// An address that moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vip {
    /// An IP address.
    pub address: String,
}

/// The configuration of a WARP connector.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Configuration {
    /// The WARP connector.
    pub tunnel_id: Option<RemoteId>,
    /// Each PUT counts it up.
    #[serde(default)]
    pub configuration_version: u64,
    /// `none`, `disabled`, `aws` or `local`.
    pub ha_mode: String,
    /// As [`Mesh`] is written; may be empty.
    pub config: Option<Value>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339.
    pub updated_at: Option<String>,
}

/// The WARP connectors of an account.
#[must_use]
pub fn list(account: &str, filter: &Filter) -> List<Tunnel> {
    List::paged(filtered(Request::get(&all(account)), filter), PAGE)
}

/// Makes a WARP connector.
#[must_use]
pub fn create(account: &str, new: &New) -> Operation<Tunnel> {
    Operation::new(Request::new(Method::Post, &all(account)).body(body(new)))
}

/// One WARP connector, also a deleted one.
#[must_use]
pub fn get(account: &str, id: &RemoteId) -> Operation<Tunnel> {
    Operation::new(Request::get(&one(account, id)))
}

/// Changes a WARP connector in place.
#[must_use]
pub fn patch(account: &str, id: &RemoteId, patch: &Patch) -> Operation<Tunnel> {
    Operation::new(Request::new(Method::Patch, &one(account, id)).body(patch.body()))
}

/// Deletes a WARP connector.
#[must_use]
pub fn delete(account: &str, id: &RemoteId) -> Operation<Tunnel> {
    Operation::new(Request::new(Method::Delete, &one(account, id)))
}

/// The run token.
#[must_use]
pub fn token(account: &str, id: &RemoteId) -> Operation<Secret> {
    Operation::new(Request::get(&below(account, id, "token")))
}

/// The clients of a WARP connector.
#[must_use]
pub fn connections(account: &str, id: &RemoteId) -> List<Connector> {
    List::whole(Request::get(&below(account, id, "connections")))
}

/// One client.
#[must_use]
pub fn connector(account: &str, id: &RemoteId, client: &RemoteId) -> Operation<Connector> {
    let [accounts, account, tunnels, id, connectors] = below(account, id, "connectors");
    let client = client.as_str();
    Operation::new(Request::get(&[
        accounts, account, tunnels, id, connectors, client,
    ]))
}

/// Makes a client the active one.
#[must_use]
pub fn failover(account: &str, id: &RemoteId, client: &RemoteId) -> Operation<Nothing> {
    let request = Request::new(Method::Put, &below(account, id, "failover"));
    Operation::new(request.body(json!({ "client_id": client })))
}

/// How a WARP connector's clients stand in for each other.
#[must_use]
pub fn configuration(account: &str, id: &RemoteId) -> Operation<Configuration> {
    Operation::new(Request::get(&below(account, id, "configurations")))
}

/// Replaces the configuration whole. Not repeatable, because each PUT counts the version up.
#[must_use]
pub fn configure(account: &str, id: &RemoteId, mesh: &Mesh) -> Operation<Configuration> {
    let request = Request::new(Method::Put, &below(account, id, "configurations"));
    Operation::new(request.body(body(mesh)).once())
}

fn all(account: &str) -> [&str; 3] {
    ["accounts", account, "warp_connector"]
}

fn one<'a>(account: &'a str, id: &'a RemoteId) -> [&'a str; 4] {
    ["accounts", account, "warp_connector", id.as_str()]
}

fn below<'a>(account: &'a str, id: &'a RemoteId, what: &'a str) -> [&'a str; 5] {
    ["accounts", account, "warp_connector", id.as_str(), what]
}
