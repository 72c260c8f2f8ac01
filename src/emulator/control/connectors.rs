//! Connectors: cloudflareds that run, hang, lag and go.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body, merged, on, unknown};
use crate::emulator::connection::{Connection, Connector, live, note, view, views};
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::route::{Endpoint, is_uuid};
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    on("GET", ALL, list),
    on("POST", ALL, connect),
    on("DELETE", ALL, drop_all),
    on("PATCH", ONE, change),
    on("DELETE", ONE, drop_one),
];

const ALL: &str = "tunnels/{tunnel:uuid}/connectors";
const ONE: &str = "connectors/{connector:uuid}";

/// More connections than this are a slip of the pen.
const MOST_CONNECTIONS: usize = 100;

/// A connector to be; what is not said is as for a usual cloudflared.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NewConnector {
    id: Option<String>,
    version: String,
    arch: String,
    features: Vec<String>,
    colos: Vec<String>,
    connections: usize,
    run_at: Option<Timestamp>,
    is_pending_reconnect: bool,
    config_version: Option<u64>,
    config_lag_ms: u64,
    reconnects: bool,
}

impl Default for NewConnector {
    fn default() -> Self {
        let features = [
            "allow_remote_config",
            "serialized_headers",
            "support_datagram_v2",
            "support_quic_eof",
            "management_logs",
        ];
        Self {
            id: None,
            version: "2026.8.2".to_owned(),
            arch: "linux_amd64".to_owned(),
            features: features.map(str::to_owned).to_vec(),
            colos: ["tpe01", "khh01"].map(str::to_owned).to_vec(),
            connections: 4,
            run_at: None,
            is_pending_reconnect: false,
            config_version: None,
            config_lag_ms: 0,
            reconnects: false,
        }
    }
}

fn list(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    Ok(Answer::of(views(world, visit.param("tunnel"), visit.now)))
}

fn connect(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let new: NewConnector = if visit.call.body.is_empty() {
        NewConnector::default()
    } else {
        body(visit)?
    };
    let tunnel = visit.param("tunnel");
    let row = world.state.tables.tunnels.get(tunnel);
    let row = row
        .filter(|row| row.lives())
        .ok_or_else(|| unknown("living tunnel"))?;
    let secret_version = row.secret_version;
    let configuration = world.state.tables.configurations.get(tunnel);
    let loaded = configuration.map_or(0, |own| own.version);
    if new.id.as_ref().is_some_and(|id| !is_uuid(id)) || new.connections > MOST_CONNECTIONS {
        let message = "an id is a UUID, and a connector has at most 100 connections";
        return Err(Failure::invalid(message));
    }
    let was = live(world, tunnel);
    let connector = Connector {
        connections: connections(world, &new, visit.now),
        tunnel: tunnel.to_owned(),
        version: new.version,
        arch: new.arch,
        features: new.features,
        run_at: new.run_at.unwrap_or(visit.now),
        pinned: new.config_version,
        lag: new.config_lag_ms,
        loaded,
        loading: None,
        reconnects: new.reconnects,
        secret_version,
    };
    let id = new.id.map(|id| id.to_ascii_lowercase());
    let id = id.unwrap_or_else(|| world.state.settings.ids.uuid());
    world.state.tables.connectors.put(&id, connector.clone());
    note(world, tunnel, was, visit.now);
    Ok(Answer::of(view(world, &id, &connector, visit.now)))
}

fn connections(world: &mut World, new: &NewConnector, now: Timestamp) -> Vec<Connection> {
    let colos = new.colos.iter().map(String::as_str).chain(["tpe01"]);
    let colos: Vec<&str> = colos.take(new.colos.len().max(1)).collect();
    let colos = colos.iter().cycle().take(new.connections);
    colos
        .map(|colo| Connection {
            id: world.state.settings.ids.uuid(),
            colo_name: (*colo).to_owned(),
            origin_ip: "192.0.2.1".to_owned(),
            opened_at: now,
            is_pending_reconnect: new.is_pending_reconnect,
        })
        .collect()
}

/// Changes fields of the stored connector; `is_pending_reconnect` goes to all its connections.
fn change(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let id = visit.param("connector");
    let mut changes: Value = body(visit)?;
    let pending = changes.as_object_mut();
    let pending = pending.and_then(|fields| fields.shift_remove("is_pending_reconnect"));
    let old = world.state.tables.connectors.get(id);
    let old = old.ok_or_else(|| unknown("connector"))?.clone();
    let mut connector = merged(&old, changes)?;
    connector.tunnel.clone_from(&old.tunnel);
    if let Some(pending) = pending {
        let pending = pending.as_bool();
        let pending =
            pending.ok_or_else(|| Failure::invalid("is_pending_reconnect is a boolean"))?;
        for connection in &mut connector.connections {
            connection.is_pending_reconnect = pending;
        }
    }
    let was = live(world, &old.tunnel);
    world.state.tables.connectors.put(id, connector.clone());
    note(world, &old.tunnel, was, visit.now);
    Ok(Answer::of(view(world, id, &connector, visit.now)))
}

fn drop_one(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let id = visit.param("connector");
    let connector = world.state.tables.connectors.get(id);
    let tunnel = connector
        .ok_or_else(|| unknown("connector"))?
        .tunnel
        .clone();
    let was = live(world, &tunnel);
    world.state.tables.connectors.remove(id);
    note(world, &tunnel, was, visit.now);
    Ok(Answer::of(json!({"id": id})))
}

fn drop_all(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let tunnel = visit.param("tunnel");
    let was = live(world, tunnel);
    crate::emulator::connection::forget(world, tunnel);
    note(world, tunnel, was, visit.now);
    Ok(Answer::of(Value::Null))
}
