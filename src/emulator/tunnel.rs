//! Tunnels run by cloudflared.
//!
//! Invariant: a deleted tunnel stays readable by its id, and nothing else of it does.

mod list;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access::Groups;
use super::body::Body;
use super::clock::text;
use super::connection;
use super::envelope::Answer;
use super::failure::Failure;
use super::route::Endpoint;
use super::run_token;
use super::table::Row;
use super::visit::Visit;
use super::world::World;

/// What allows to work with tunnels.
pub(super) const GROUPS: Groups = &[
    "Cloudflare One Connectors",
    "Cloudflare One Connector: cloudflared",
    "Cloudflare Tunnel",
];

/// Create, read, rename, delete.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read(
        "GET",
        "accounts/{account:hex}/cfd_tunnel",
        GROUPS,
        list::list,
    ),
    Endpoint::write("POST", "accounts/{account:hex}/cfd_tunnel", GROUPS, create),
    Endpoint::read("GET", ONE, GROUPS, get),
    Endpoint::write("PATCH", ONE, GROUPS, patch),
    Endpoint::write("DELETE", ONE, GROUPS, delete),
];

const ONE: &str = "accounts/{account:hex}/cfd_tunnel/{tunnel:uuid}";

/// Tunnels per account, unless its row says otherwise (Cloudflare's account limits).
const QUOTA: u64 = 1000;
/// A connector opens four connections; fewer are a degraded tunnel.
const CONNECTIONS: usize = 4;

/// An account that is not as Cloudflare makes them. Every other one exists too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Account {
    /// Its name, for zones to show.
    pub(super) name: Option<String>,
    /// How many living tunnels it may have.
    pub(super) tunnel_quota: Option<u64>,
}

/// A tunnel as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tunnel {
    pub(super) account: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) config_src: ConfigSrc,
    /// Standard base64.
    pub(super) secret: String,
    /// Grows whenever the secret changes.
    #[serde(default)]
    pub(super) secret_version: u64,
    pub(super) created_at: Timestamp,
    #[serde(default)]
    pub(super) deleted_at: Option<Timestamp>,
    /// What it was when it was deleted.
    #[serde(default)]
    pub(super) last_status: Option<Status>,
    /// When it last went from no connection to one.
    #[serde(default)]
    pub(super) active_from: Option<Timestamp>,
    /// When it last lost all connections.
    #[serde(default)]
    pub(super) inactive_from: Option<Timestamp>,
    #[serde(default)]
    pub(super) metadata: Map<String, Value>,
}

/// Where a tunnel's connectors get their configuration from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ConfigSrc {
    /// A file beside them.
    #[default]
    Local,
    /// Cloudflare.
    Cloudflare,
}

/// How a tunnel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// Never connected.
    Inactive,
    /// Connected, with fewer connections than a connector opens.
    Degraded,
    /// Connected.
    Healthy,
    /// Not connected any more.
    Down,
}

impl Row for Account {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn name(&self) -> &'static str {
        ""
    }
}

impl Row for Tunnel {
    fn group(&self) -> Cow<'_, str> {
        if self.lives() {
            Cow::Borrowed(&self.account)
        } else {
            Cow::Owned(graveyard(&self.account))
        }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Tunnel {
    /// Whether it has not been deleted.
    pub(super) fn lives(&self) -> bool {
        self.deleted_at.is_none()
    }
}

/// The group of an account's deleted tunnels. They are kept apart from the living, so that a
/// long past costs nothing.
fn graveyard(account: &str) -> String {
    format!("{account}/deleted")
}

/// How this family refuses a body.
pub(super) fn invalid(message: String) -> Failure {
    Failure::invalid(message)
}

/// The tunnel that a path names, living or not.
pub(super) fn named<'w>(world: &'w World, visit: &Visit<'_>) -> Result<&'w Tunnel, Failure> {
    let tunnel = world.state.tables.tunnels.get(visit.param("tunnel"));
    tunnel
        .filter(|tunnel| tunnel.account == visit.param("account"))
        .ok_or_else(|| Failure::new(404, 1003, "Tunnel not found"))
}

/// The tunnel that a path names, if it lives.
pub(super) fn living<'w>(world: &'w World, visit: &Visit<'_>) -> Result<&'w Tunnel, Failure> {
    let tunnel = named(world, visit)?;
    if tunnel.lives() {
        Ok(tunnel)
    } else {
        Err(Failure::new(404, 1003, "Tunnel not found"))
    }
}

/// How a tunnel is, now or when it was deleted.
pub(super) fn status(world: &World, id: &str, tunnel: &Tunnel) -> Status {
    if let Some(last) = tunnel.last_status {
        return last;
    }
    match connection::live(world, id) {
        0 if tunnel.active_from.is_none() => Status::Inactive,
        0 => Status::Down,
        few if few < CONNECTIONS => Status::Degraded,
        _ => Status::Healthy,
    }
}

/// A tunnel as the API shows it.
pub(super) fn view(world: &World, id: &str, tunnel: &Tunnel) -> Value {
    let connected = tunnel.lives() && connection::live(world, id) > 0;
    let active = tunnel.active_from.filter(|_| connected);
    let inactive = tunnel.inactive_from.unwrap_or(tunnel.created_at);
    let mut view = json!({
        "id": id,
        "account_tag": tunnel.account,
        "created_at": text(tunnel.created_at),
        "deleted_at": tunnel.deleted_at.map(text),
        "name": tunnel.name,
        "conns_active_at": active.map(text),
        "conns_inactive_at": (!connected).then(|| text(inactive)),
        "tun_type": "cfd_tunnel",
        "metadata": tunnel.metadata,
        "status": status(world, id, tunnel),
        "remote_config": tunnel.lives() && tunnel.config_src == ConfigSrc::Cloudflare,
    });
    if tunnel.lives() {
        view["config_src"] = json!(tunnel.config_src);
    }
    if world.state.settings.connections_in_tunnels {
        view["connections"] = connection::flat(world, id);
    }
    view
}

fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let tunnel = named(world, visit)?;
    Ok(Answer::of(view(world, visit.param("tunnel"), tunnel)))
}

fn create(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let body = visit.body(invalid)?;
    let account = visit.param("account").to_owned();
    let name = required_name(&body)?;
    require_free(world, &account, &name, None)?;
    require_room(world, &account)?;
    let secret = match secret(&body)? {
        Some(secret) => secret,
        None => STANDARD.encode(world.state.settings.ids.secret()),
    };
    let tunnel = Tunnel {
        account,
        name,
        config_src: config_src(&body)?,
        secret,
        secret_version: 0,
        created_at: visit.now,
        deleted_at: None,
        last_status: None,
        active_from: None,
        inactive_from: None,
        metadata: Map::new(),
    };
    let id = world.state.settings.ids.uuid();
    world.state.tables.tunnels.put(&id, tunnel.clone());
    let mut created = view(world, &id, &tunnel);
    created["credentials_file"] = run_token::credentials(&id, &tunnel);
    created["token"] = Value::String(run_token::encode(&id, &tunnel));
    Ok(Answer::of(created))
}

fn patch(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let body = visit.body(invalid)?;
    let id = visit.param("tunnel");
    let mut tunnel = living(world, visit)?.clone();
    if body.has("name") {
        tunnel.name = required_name(&body)?;
        require_free(world, &tunnel.account, &tunnel.name, Some(id))?;
    }
    if let Some(secret) = secret(&body)?
        && secret != tunnel.secret
    {
        tunnel.secret = secret;
        tunnel.secret_version += 1;
    }
    world.state.tables.tunnels.put(id, tunnel.clone());
    Ok(Answer::of(view(world, id, &tunnel)))
}

/// A soft delete. Deleting twice answers as the first time did.
fn delete(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let id = visit.param("tunnel");
    let tunnel = named(world, visit)?;
    if tunnel.lives() {
        if visit.query().text("cascade") == Some("true") {
            connection::evict(world, id, None, visit.now);
        } else if connection::live(world, id) > 0 {
            return Err(connected());
        }
        bury(world, id, visit.now);
    }
    let tunnel = named(world, visit)?;
    Ok(Answer::of(view(world, id, tunnel)))
}

fn bury(world: &mut World, id: &str, now: Timestamp) {
    let tables = &world.state.tables;
    let last = tables
        .tunnels
        .get(id)
        .map(|tunnel| status(world, id, tunnel));
    connection::forget(world, id);
    world.state.tables.configurations.remove(id);
    world.state.tables.tunnels.edit(id, |tunnel| {
        tunnel.last_status = last;
        tunnel.deleted_at = Some(now);
    });
}

fn connected() -> Failure {
    let message = "This tunnel has active connections. Please stop all cloudflared replicas, or \
                   wait a few minutes for connections to close, then try again.";
    Failure::new(400, 1022, message)
}

fn required_name(body: &Body<'_>) -> Result<String, Failure> {
    match body.text("name")? {
        Some(name) if !name.trim().is_empty() => Ok(name.to_owned()),
        Some(_) | None => Err(body.refuse("name is required and must not be empty")),
    }
}

fn config_src(body: &Body<'_>) -> Result<ConfigSrc, Failure> {
    match body.text("config_src")? {
        None | Some("local") => Ok(ConfigSrc::Local),
        Some("cloudflare") => Ok(ConfigSrc::Cloudflare),
        Some(_) => Err(body.refuse("config_src must be local or cloudflare")),
    }
}

/// The given secret: standard base64 of 32 bytes or more.
fn secret(body: &Body<'_>) -> Result<Option<String>, Failure> {
    let Some(secret) = body.text("tunnel_secret")? else {
        return Ok(None);
    };
    match STANDARD.decode(secret) {
        Ok(bytes) if bytes.len() >= 32 => Ok(Some(secret.to_owned())),
        Ok(_) | Err(_) => Err(body.refuse("tunnel_secret must be at least 32 bytes in base64")),
    }
}

fn require_free(
    world: &World,
    account: &str,
    name: &str,
    own: Option<&str>,
) -> Result<(), Failure> {
    let mut others = world.state.tables.tunnels.named(account, name);
    if others.any(|(id, _)| Some(id) != own) {
        let message = "You already have a tunnel with this name. Delete the existing tunnel, or \
                       choose a different name for your new tunnel";
        return Err(Failure::new(409, 1013, message));
    }
    Ok(())
}

/// The code is the emulator's own: nobody has published Cloudflare's.
fn require_room(world: &World, account: &str) -> Result<(), Failure> {
    let tables = &world.state.tables;
    let own = tables
        .accounts
        .get(account)
        .and_then(|own| own.tunnel_quota);
    let quota = own.unwrap_or(QUOTA);
    if (tables.tunnels.count(account) as u64) < quota {
        Ok(())
    } else {
        let message = format!("You have reached the limit of {quota} tunnels for this account");
        Err(Failure::new(400, 1045, message))
    }
}
