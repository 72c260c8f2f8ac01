//! Tunnels of both kinds, and the API of those that cloudflared runs.
//!
//! Invariant: a deleted tunnel stays readable by its id, and nothing else of it does.

mod fields;
mod list;
mod removal;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access::Groups;
use super::clock::text;
use super::connection;
use super::envelope::Answer;
use super::failure::Failure;
use super::route::Endpoint;
use super::run_token;
use super::table::Row;
use super::teamnet;
use super::visit::Visit;
use super::world::World;

pub(super) use fields::{require_within, required_name};
pub(super) use list::kinds;
pub(super) use removal::delete as remove;

/// What allows to work with tunnels.
pub(super) const GROUPS: Groups = &[
    "Cloudflare One Connectors",
    "Cloudflare One Connector: cloudflared",
    "Cloudflare Tunnel",
];

/// Create, read, rename, delete; and the list of all kinds.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read(
        "GET",
        "accounts/{account:hex}/cfd_tunnel",
        GROUPS,
        cloudflared,
    ),
    Endpoint::read("GET", "accounts/{account:hex}/tunnels", GROUPS, all),
    Endpoint::write("POST", "accounts/{account:hex}/cfd_tunnel", GROUPS, create),
    Endpoint::read("GET", ONE, GROUPS, get),
    Endpoint::write("PATCH", ONE, GROUPS, patch),
    Endpoint::write("DELETE", ONE, GROUPS, delete),
];

const ONE: &str = "accounts/{account:hex}/cfd_tunnel/{tunnel:uuid}";

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
    /// How many living WARP connectors.
    pub(super) warp_connector_quota: Option<u64>,
    /// How many living private routes.
    pub(super) route_quota: Option<u64>,
    /// How many living virtual networks.
    pub(super) virtual_network_quota: Option<u64>,
}

/// A tunnel as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tunnel {
    pub(super) account: String,
    pub(super) name: String,
    #[serde(rename = "tun_type", default)]
    pub(super) kind: Kind,
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

/// What runs a tunnel. Cloudflare has further kinds, which only its other products make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// cloudflared.
    #[default]
    #[serde(rename = "cfd_tunnel")]
    Cloudflared,
    /// A WARP Connector, also called a Mesh node.
    #[serde(rename = "warp_connector")]
    WarpConnector,
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
        Cow::Owned(ward(&self.account, self.kind, self.lives()))
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

impl Kind {
    /// All of them.
    const ALL: [Self; 2] = [Self::Cloudflared, Self::WarpConnector];

    /// Its name in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cloudflared => "cfd_tunnel",
            Self::WarpConnector => "warp_connector",
        }
    }
}

/// The group of an account's tunnels of one kind. The deleted are kept apart from the living,
/// so that a long past costs nothing.
fn ward(account: &str, kind: Kind, lives: bool) -> String {
    let kind = kind.name();
    if lives {
        format!("{account}/{kind}")
    } else {
        format!("{account}/{kind}/deleted")
    }
}

/// How this family refuses a body.
pub(super) fn invalid(message: String) -> Failure {
    Failure::invalid(message)
}

/// The tunnel of this kind that a path names, living or not.
pub(super) fn named<'w>(
    world: &'w World,
    visit: &Visit<'_>,
    kind: Kind,
) -> Result<&'w Tunnel, Failure> {
    let tunnel = world.state.tables.tunnels.get(visit.param("tunnel"));
    tunnel
        .filter(|tunnel| tunnel.account == visit.param("account") && tunnel.kind == kind)
        .ok_or_else(not_found)
}

/// The tunnel of this kind that a path names, if it lives.
pub(super) fn living<'w>(
    world: &'w World,
    visit: &Visit<'_>,
    kind: Kind,
) -> Result<&'w Tunnel, Failure> {
    let tunnel = named(world, visit, kind)?;
    if tunnel.lives() {
        Ok(tunnel)
    } else {
        Err(not_found())
    }
}

/// The code and the text are clients' expectations, not observed.
pub(super) fn not_found() -> Failure {
    Failure::new(404, 1003, "Tunnel not found")
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
        "tun_type": tunnel.kind,
        "metadata": tunnel.metadata,
        "status": status(world, id, tunnel),
    });
    if tunnel.kind == Kind::Cloudflared {
        let remote = tunnel.lives() && tunnel.config_src == ConfigSrc::Cloudflare;
        view["remote_config"] = json!(remote);
        if tunnel.lives() {
            view["config_src"] = json!(tunnel.config_src);
        }
    }
    if world.state.settings.connections_in_tunnels {
        view["connections"] = connection::flat(world, id);
    }
    view
}

/// What a new tunnel is made of. The first of an account brings it a virtual network.
pub(super) struct Draft {
    pub(super) account: String,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) config_src: ConfigSrc,
    /// The caller's, or one of the server's own.
    pub(super) secret: Option<String>,
}

/// Makes a tunnel, if its name is free and there is room.
pub(super) fn make(
    world: &mut World,
    draft: Draft,
    now: Timestamp,
) -> Result<(String, Tunnel), Failure> {
    fields::require_free(world, (&draft.account, draft.kind, &draft.name), None)?;
    fields::require_room(world, &draft.account, draft.kind)?;
    teamnet::ensure_default(world, &draft.account, now);
    let ids = &mut world.state.settings.ids;
    let secret = draft.secret;
    let secret = secret.unwrap_or_else(|| STANDARD.encode(ids.secret()));
    let id = ids.uuid();
    let tunnel = Tunnel {
        account: draft.account,
        name: draft.name,
        kind: draft.kind,
        config_src: draft.config_src,
        secret,
        secret_version: 0,
        created_at: now,
        deleted_at: None,
        last_status: None,
        active_from: None,
        inactive_from: None,
        metadata: Map::new(),
    };
    world.state.tables.tunnels.put(&id, tunnel.clone());
    Ok((id, tunnel))
}

fn cloudflared(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    list(world, visit, Kind::Cloudflared)
}

fn all(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    list::of_types(world, visit)
}

fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    show(world, visit, Kind::Cloudflared)
}

fn create(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let body = visit.body(invalid)?;
    let draft = Draft {
        account: visit.param("account").to_owned(),
        kind: Kind::Cloudflared,
        name: fields::required_name(&body)?,
        config_src: fields::config_src(&body)?,
        secret: fields::secret(&body)?,
    };
    let (id, tunnel) = make(world, draft, visit.now)?;
    let mut created = view(world, &id, &tunnel);
    created["credentials_file"] = run_token::credentials(&id, &tunnel);
    created["token"] = Value::String(run_token::encode(&id, &tunnel));
    Ok(Answer::of(created))
}

fn patch(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    change(world, visit, Kind::Cloudflared)
}

fn delete(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    remove(world, visit, Kind::Cloudflared)
}

/// The tunnels of one kind that a list asks for.
pub(super) fn list(world: &World, visit: &Visit<'_>, kind: Kind) -> Result<Answer, Failure> {
    list::of_kinds(world, visit, &[kind])
}

/// The tunnel that a path names.
pub(super) fn show(world: &World, visit: &Visit<'_>, kind: Kind) -> Result<Answer, Failure> {
    let tunnel = named(world, visit, kind)?;
    Ok(Answer::of(view(world, visit.param("tunnel"), tunnel)))
}

/// Changes the name, the secret, or both.
pub(super) fn change(world: &mut World, visit: &Visit<'_>, kind: Kind) -> Result<Answer, Failure> {
    let body = visit.body(invalid)?;
    let id = visit.param("tunnel");
    let mut tunnel = living(world, visit, kind)?.clone();
    if body.has("name") {
        tunnel.name = fields::required_name(&body)?;
        fields::require_free(world, (&tunnel.account, kind, &tunnel.name), Some(id))?;
    }
    if let Some(secret) = fields::secret(&body)?
        && secret != tunnel.secret
    {
        tunnel.secret = secret;
        tunnel.secret_version += 1;
    }
    world.state.tables.tunnels.put(id, tunnel.clone());
    Ok(Answer::of(view(world, id, &tunnel)))
}
