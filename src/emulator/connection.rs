//! Connectors and their connections. Only the control API makes them; the API shows them and
//! throws them out.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::clock::text;
use super::envelope::Answer;
use super::failure::Failure;
use super::route::{Endpoint, is_uuid};
use super::table::Row;
use super::tunnel::{GROUPS, Kind, named};
use super::visit::Visit;
use super::warp_connector;
use super::world::World;

/// Read, and throw out.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read("GET", PATH, GROUPS, list),
    Endpoint::write("DELETE", PATH, GROUPS, cleanup),
    Endpoint::read("GET", ONE, GROUPS, get),
];

const PATH: &str = "accounts/{account:hex}/cfd_tunnel/{tunnel:uuid}/connections";
const ONE: &str = "accounts/{account:hex}/cfd_tunnel/{tunnel:uuid}/connectors/{connector:uuid}";

/// A running cloudflared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Connector {
    /// The id of its tunnel.
    pub(super) tunnel: String,
    pub(super) version: String,
    pub(super) arch: String,
    pub(super) features: Vec<String>,
    pub(super) run_at: Timestamp,
    pub(super) connections: Vec<Connection>,
    /// Reports this configuration version, whatever is put.
    #[serde(rename = "config_version", default)]
    pub(super) pinned: Option<u64>,
    /// Loads a new configuration so many milliseconds after it was put.
    #[serde(rename = "config_lag_ms", default)]
    pub(super) lag: u64,
    /// The configuration that it has loaded; 0 before the first.
    #[serde(default)]
    pub(super) loaded: u64,
    /// The configuration that it loads next, and when.
    #[serde(default)]
    pub(super) loading: Option<(u64, Timestamp)>,
    /// Comes back at once when its connections are deleted, while the secret is still its own.
    #[serde(default)]
    pub(super) reconnects: bool,
    /// The version of the tunnel's secret that it was started with.
    #[serde(default)]
    pub(super) secret_version: u64,
}

/// One of a connector's connections to the edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Connection {
    pub(super) id: String,
    pub(super) colo_name: String,
    pub(super) origin_ip: String,
    pub(super) opened_at: Timestamp,
    /// Dropped, but still tracked by the edge. Not live.
    #[serde(default)]
    pub(super) is_pending_reconnect: bool,
}

impl Row for Connector {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.tunnel)
    }

    fn name(&self) -> &'static str {
        ""
    }
}

impl Connector {
    /// How many of its connections are live.
    pub(super) fn live(&self) -> usize {
        let connections = self.connections.iter();
        connections.filter(|own| !own.is_pending_reconnect).count()
    }

    fn config_version(&self, now: Timestamp) -> u64 {
        let due = self.loading.filter(|(_, at)| *at <= now);
        let loaded = due.map_or(self.loaded, |(version, _)| version);
        self.pinned.unwrap_or(loaded)
    }
}

/// How many live connections a tunnel has.
pub(super) fn live(world: &World, tunnel: &str) -> usize {
    let connectors = world.state.tables.connectors.group(tunnel);
    connectors.map(|(_, connector)| connector.live()).sum()
}

/// The connections of all connectors, as tunnels showed them before 2026-10-05.
pub(super) fn flat(world: &World, tunnel: &str) -> Value {
    let connectors = world.state.tables.connectors.group(tunnel);
    connectors
        .flat_map(|(id, own)| own.connections.iter().map(move |one| (id, own, one)))
        .map(|(id, own, one)| connection(id, own, one))
        .collect()
}

/// Tells the connectors of a tunnel that there is a new configuration.
pub(super) fn announce(world: &mut World, tunnel: &str, version: u64, now: Timestamp) {
    for id in connectors_of(world, tunnel) {
        world.state.tables.connectors.edit(&id, |own| {
            let late = SignedDuration::from_millis(i64::try_from(own.lag).unwrap_or(i64::MAX));
            own.loaded = own
                .loading
                .filter(|(_, at)| *at <= now)
                .map_or(own.loaded, |(v, _)| v);
            own.loading = Some((version, now.checked_add(late).unwrap_or(Timestamp::MAX)));
        });
    }
}

/// Throws connectors out, all or one. Those that reconnect come back with new connections.
pub(super) fn evict(world: &mut World, tunnel: &str, only: Option<&str>, now: Timestamp) {
    let was = live(world, tunnel);
    let rows = &world.state.tables.tunnels;
    let secret = rows.get(tunnel).map_or(0, |tunnel| tunnel.secret_version);
    for id in connectors_of(world, tunnel) {
        if only.is_some_and(|only| only != id) {
            continue;
        }
        let row = world.state.tables.connectors.remove(&id);
        if let Some(row) = row.filter(|row| row.reconnects && row.secret_version == secret) {
            let back = reconnected(world, row, now);
            world.state.tables.connectors.put(&id, back);
        }
    }
    note(world, tunnel, was, now);
}

/// Forgets the connectors of a tunnel that is gone.
pub(super) fn forget(world: &mut World, tunnel: &str) {
    for id in connectors_of(world, tunnel) {
        world.state.tables.connectors.remove(&id);
    }
}

/// Notes on the tunnel that it came up or went down, `was` being its live connections before.
pub(super) fn note(world: &mut World, tunnel: &str, was: usize, now: Timestamp) {
    let is = live(world, tunnel);
    world
        .state
        .tables
        .tunnels
        .edit(tunnel, |row| match (was, is) {
            (0, 1..) => row.active_from = Some(now),
            (1.., 0) => row.inactive_from = Some(now),
            _ => {}
        });
}

fn connectors_of(world: &World, tunnel: &str) -> Vec<String> {
    let connectors = world.state.tables.connectors.group(tunnel);
    connectors.map(|(id, _)| id.to_owned()).collect()
}

fn reconnected(world: &mut World, mut row: Connector, now: Timestamp) -> Connector {
    for connection in &mut row.connections {
        connection.id = world.state.settings.ids.uuid();
        connection.opened_at = now;
        connection.is_pending_reconnect = false;
    }
    row
}

fn list(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    list_of(world, visit, Kind::Cloudflared)
}

fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    get_of(world, visit, Kind::Cloudflared)
}

/// The connectors of the tunnel that a path names. No page: a bare list.
pub(super) fn list_of(world: &World, visit: &Visit<'_>, kind: Kind) -> Result<Answer, Failure> {
    named(world, visit, kind)?;
    Ok(Answer::of(views(world, visit.param("tunnel"), visit.now)))
}

/// The connector that a path names.
pub(super) fn get_of(world: &World, visit: &Visit<'_>, kind: Kind) -> Result<Answer, Failure> {
    named(world, visit, kind)?;
    let id = visit.param("connector");
    let own = of_tunnel(world, visit.param("tunnel"), id)?;
    Ok(Answer::of(view(world, id, own, visit.now)))
}

/// A connector, if it is this tunnel's.
pub(super) fn of_tunnel<'w>(
    world: &'w World,
    tunnel: &str,
    id: &str,
) -> Result<&'w Connector, Failure> {
    let connector = world.state.tables.connectors.get(id);
    let own = connector.filter(|connector| connector.tunnel == tunnel);
    own.ok_or_else(|| Failure::new(404, 1003, "Connector not found"))
}

/// All connectors of a tunnel as the API shows them.
pub(super) fn views(world: &World, tunnel: &str, now: Timestamp) -> Value {
    let connectors = world.state.tables.connectors.group(tunnel);
    connectors
        .map(|(id, connector)| view(world, id, connector, now))
        .collect()
}

fn cleanup(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    named(world, visit, Kind::Cloudflared)?;
    let client = visit.query().text("client_id").map(str::to_ascii_lowercase);
    if client.as_ref().is_some_and(|client| !is_uuid(client)) {
        return Err(Failure::invalid("client_id must be a UUID"));
    }
    evict(world, visit.param("tunnel"), client.as_deref(), visit.now);
    Ok(Answer::of(Value::Null))
}

/// A connector as the API shows it. `config_version` is there once it has loaded one.
pub(super) fn view(world: &World, id: &str, connector: &Connector, now: Timestamp) -> Value {
    let connections = connector.connections.iter();
    let mut view = json!({
        "id": id,
        "features": connector.features,
        "version": connector.version,
        "arch": connector.arch,
        "run_at": text(connector.run_at),
        "ha_status": warp_connector::ha_status(world, id, connector),
        "conns": connections.map(|one| connection(id, connector, one)).collect::<Value>(),
    });
    let version = connector.config_version(now);
    if version > 0 {
        view["config_version"] = json!(version);
    }
    view
}

fn connection(client: &str, connector: &Connector, one: &Connection) -> Value {
    json!({
        "id": one.id,
        "uuid": one.id,
        "client_id": client,
        "client_version": connector.version,
        "colo_name": one.colo_name,
        "origin_ip": one.origin_ip,
        "opened_at": text(one.opened_at),
        "is_pending_reconnect": one.is_pending_reconnect,
    })
}
