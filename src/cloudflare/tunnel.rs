//! Tunnels of cloudflared, their run token and the tokens to manage them (2, 3.5, 3.6).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{List, Operation, Secret, filtered};
use crate::address::RemoteId;
use crate::request::{Method, Request};

/// Objects a page (1.3).
pub(super) const PAGE: u32 = 1000;

/// Where a tunnel's ingress rules live. Default `cloudflare`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConfigSrc {
    /// At Cloudflare; connectors load it from there.
    #[default]
    Cloudflare,
    /// In each connector's own `config.yml`; tunctl tests the rules but never pushes them.
    Local,
}

/// How a tunnel fares (2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Never connected.
    Inactive,
    /// Connected, with fewer connections than it should have.
    Degraded,
    /// Connected.
    Healthy,
    /// No longer connected.
    Down,
}

impl Status {
    /// The status that a word of Cloudflare's means; `None` for a new one.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "inactive" => Some(Self::Inactive),
            "degraded" => Some(Self::Degraded),
            "healthy" => Some(Self::Healthy),
            "down" => Some(Self::Down),
            _ => None,
        }
    }
}

/// A sort of tunnel (2.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "Cloudflare's own words, which it does not explain"
)]
pub enum TunType {
    CfdTunnel,
    WarpConnector,
    Warp,
    Magic,
    IpSec,
    Gre,
    Cni,
}

/// Which tunnels a list has; together by "and". The same for every sort of tunnel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Only deleted ones, or only the living. Always asked: what Cloudflare answers without it
    /// has changed before (2.1).
    pub is_deleted: bool,
    /// The whole name.
    pub name: Option<String>,
    /// The id.
    pub uuid: Option<RemoteId>,
    /// Made, and not deleted, before this time.
    pub existed_at: Option<Timestamp>,
    /// Not explained by Cloudflare.
    pub was_active_at: Option<Timestamp>,
    /// Not explained by Cloudflare.
    pub was_inactive_at: Option<Timestamp>,
    /// How the name begins.
    pub include_prefix: Option<String>,
    /// How the name does not begin.
    pub exclude_prefix: Option<String>,
    /// How it fares.
    pub status: Option<Status>,
}

/// A tunnel of any sort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tunnel {
    /// A UUID.
    pub id: RemoteId,
    /// Unique among the living of an account.
    pub name: String,
    /// The account's id.
    pub account_tag: Option<String>,
    /// Where the ingress rules live; absent once it is deleted, and for other sorts of tunnels.
    pub config_src: Option<ConfigSrc>,
    /// A word of [`Status`]; how it ended if it is deleted.
    pub status: Option<String>,
    /// A word of [`TunType`].
    pub tun_type: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339. A read by id also answers deleted tunnels: this tells them apart (2.3).
    pub deleted_at: Option<String>,
    /// RFC 3339; since when it is connected.
    pub conns_active_at: Option<String>,
    /// RFC 3339; since when it is not. A new tunnel's is its creation.
    pub conns_inactive_at: Option<String>,
}

/// A tunnel to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// Not a UUID: cloudflared takes that for an id.
    pub name: String,
    /// Always said: without it Cloudflare takes `local` (2.2).
    pub config_src: ConfigSrc,
    /// Base64 of at least 32 bytes; Cloudflare makes one if there is none.
    pub tunnel_secret: Option<Secret>,
}

/// A new tunnel. Cloudflare also answers a `credentials_file`, which says nothing that the
/// token does not.
#[derive(Debug, Clone, Deserialize)]
pub struct Created {
    /// A UUID.
    pub id: RemoteId,
    /// As it was asked for.
    pub name: String,
    /// The run token, which [`token`] shows again at any time.
    pub token: Option<Secret>,
}

/// What can be changed in place; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// The new name.
    pub name: Option<String>,
    /// Base64 of at least 32 bytes. Connectors go on until they are disconnected (2.4).
    pub tunnel_secret: Option<Secret>,
}

/// Whether a deletion takes connections and routes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cascade {
    /// Refused while there are any.
    No,
    /// What `cloudflared tunnel delete --force` asks for. Records stay (2.5).
    Yes,
}

/// What a management token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "Cloudflare's own words, which it does not explain"
)]
pub enum Resource {
    Logs,
    Admin,
    HostDetails,
}

/// The tunnels of an account.
#[must_use]
pub fn list(account: &str, filter: &Filter) -> List<Tunnel> {
    List::paged(filtered(Request::get(&all(account)), filter), PAGE)
}

/// The tunnels of an account of some sorts; of all sorts if none is named.
#[must_use]
pub fn list_all(account: &str, filter: &Filter, types: &[TunType]) -> List<Tunnel> {
    let request = filtered(Request::get(&["accounts", account, "tunnels"]), filter);
    List::paged(filtered(request, &json!({ "tun_types": types })), PAGE)
}

/// Makes a tunnel.
#[must_use]
pub fn create(account: &str, new: &New) -> Operation<Created> {
    let New {
        name,
        config_src,
        tunnel_secret,
    } = new;
    let mut body = Map::new();
    body.insert("name".to_owned(), json!(name));
    body.insert("config_src".to_owned(), json!(config_src));
    with_secret(&mut body, tunnel_secret.as_ref());
    Operation::new(Request::new(Method::Post, &all(account)).body(Value::Object(body)))
}

/// One tunnel, also a deleted one.
#[must_use]
pub fn get(account: &str, id: &RemoteId) -> Operation<Tunnel> {
    Operation::new(Request::get(&one(account, id)))
}

/// Changes a tunnel in place.
#[must_use]
pub fn patch(account: &str, id: &RemoteId, patch: &Patch) -> Operation<Tunnel> {
    Operation::new(Request::new(Method::Patch, &one(account, id)).body(patch.body()))
}

/// Deletes a tunnel; its id stays readable.
#[must_use]
pub fn delete(account: &str, id: &RemoteId, cascade: Cascade) -> Operation<Tunnel> {
    let request = Request::new(Method::Delete, &one(account, id));
    Operation::new(match cascade {
        Cascade::No => request,
        Cascade::Yes => request.query("cascade", "true"),
    })
}

/// The run token.
#[must_use]
pub fn token(account: &str, id: &RemoteId) -> Operation<Secret> {
    Operation::new(Request::get(&below(account, id, "token")))
}

/// Makes a token to read a tunnel's logs: all that this form of the request can ask for.
#[must_use]
pub fn management_token(account: &str, id: &RemoteId) -> Operation<Secret> {
    let request = Request::new(Method::Post, &below(account, id, "management"));
    Operation::new(request.body(json!({"resources": ["logs"]})))
}

/// Makes a token to manage a tunnel, in the way of cloudflared, which Cloudflare does not
/// document.
#[must_use]
pub fn management_token_for(account: &str, id: &RemoteId, resource: Resource) -> Operation<Secret> {
    let resource = match resource {
        Resource::Logs => "logs",
        Resource::Admin => "admin",
        Resource::HostDetails => "host_details",
    };
    let [accounts, account, tunnels, id] = one(account, id);
    let path = [accounts, account, tunnels, id, "management", resource];
    Operation::new(Request::new(Method::Post, &path))
}

impl Patch {
    pub(super) fn body(&self) -> Value {
        let Self {
            name,
            tunnel_secret,
        } = self;
        let mut body = Map::new();
        if let Some(name) = name {
            body.insert("name".to_owned(), json!(name));
        }
        with_secret(&mut body, tunnel_secret.as_ref());
        Value::Object(body)
    }
}

fn with_secret(body: &mut Map<String, Value>, secret: Option<&Secret>) {
    if let Some(secret) = secret {
        body.insert("tunnel_secret".to_owned(), json!(secret.expose()));
    }
}

fn all(account: &str) -> [&str; 3] {
    ["accounts", account, "cfd_tunnel"]
}

fn one<'a>(account: &'a str, id: &'a RemoteId) -> [&'a str; 4] {
    ["accounts", account, "cfd_tunnel", id.as_str()]
}

/// The path of what belongs to a tunnel.
pub(super) fn below<'a>(account: &'a str, id: &'a RemoteId, what: &'a str) -> [&'a str; 5] {
    ["accounts", account, "cfd_tunnel", id.as_str(), what]
}
