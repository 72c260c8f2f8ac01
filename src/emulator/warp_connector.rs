//! WARP Connectors, which Cloudflare also calls Mesh nodes: tunnels without a configuration of
//! hostnames, with one active connector and others in waiting.

use serde_json::Value;

use super::access::Groups;
use super::connection::{self, Connector};
use super::envelope::Answer;
use super::failure::Failure;
use super::mesh::{self, Mesh};
use super::route::Endpoint;
use super::run_token;
use super::tunnel::{self, ConfigSrc, Draft, Kind};
use super::visit::Visit;
use super::world::World;

/// What allows to work with WARP connectors.
const GROUPS: Groups = &[
    "Cloudflare One Connectors",
    "Cloudflare One Connector: WARP",
];

/// As for cloudflared's tunnels, and the settings of high availability.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read("GET", ALL, GROUPS, list),
    Endpoint::write("POST", ALL, GROUPS, create),
    Endpoint::read("GET", ONE, GROUPS, get),
    Endpoint::write("PATCH", ONE, GROUPS, patch),
    Endpoint::write("DELETE", ONE, GROUPS, delete),
    Endpoint::write(
        "GET",
        "accounts/{account:hex}/warp_connector/{tunnel:uuid}/token",
        GROUPS,
        token,
    ),
    Endpoint::read(
        "GET",
        "accounts/{account:hex}/warp_connector/{tunnel:uuid}/connections",
        GROUPS,
        connections,
    ),
    Endpoint::read(
        "GET",
        "accounts/{account:hex}/warp_connector/{tunnel:uuid}/connectors/{connector:uuid}",
        GROUPS,
        connector,
    ),
    Endpoint::write(
        "PUT",
        "accounts/{account:hex}/warp_connector/{tunnel:uuid}/failover",
        GROUPS,
        mesh::failover,
    ),
    Endpoint::read("GET", MESH, GROUPS, mesh::get),
    Endpoint::write("PUT", MESH, GROUPS, mesh::put),
];

const ALL: &str = "accounts/{account:hex}/warp_connector";
const ONE: &str = "accounts/{account:hex}/warp_connector/{tunnel:uuid}";
const MESH: &str = "accounts/{account:hex}/warp_connector/{tunnel:uuid}/configurations";

/// The part that a connector plays; `None` for one of cloudflared's.
pub(super) fn ha_status(world: &World, id: &str, own: &Connector) -> Option<&'static str> {
    let tunnel = world.state.tables.tunnels.get(&own.tunnel);
    match tunnel.map(|tunnel| tunnel.kind)? {
        Kind::Cloudflared => None,
        Kind::WarpConnector if own.live() == 0 => Some("offline"),
        Kind::WarpConnector if mesh::active(world, &own.tunnel) == Some(id) => Some("active"),
        Kind::WarpConnector => Some("passive"),
    }
}

fn list(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    tunnel::list(world, visit, Kind::WarpConnector)
}

fn create(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let body = visit.body(tunnel::invalid)?;
    let ha = body.flag("ha")?.unwrap_or(false);
    let draft = Draft {
        account: visit.param("account").to_owned(),
        kind: Kind::WarpConnector,
        name: tunnel::required_name(&body)?,
        config_src: ConfigSrc::Cloudflare,
        secret: None,
    };
    let (id, row) = tunnel::make(world, draft, visit.now)?;
    world.state.tables.meshes.put(&id, Mesh::new(ha));
    let mut created = tunnel::view(world, &id, &row);
    created["token"] = Value::String(run_token::encode(&id, &row));
    Ok(Answer::of(created))
}

fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    tunnel::show(world, visit, Kind::WarpConnector)
}

fn patch(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    tunnel::change(world, visit, Kind::WarpConnector)
}

fn delete(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    tunnel::remove(world, visit, Kind::WarpConnector)
}

fn token(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    run_token::read(world, visit, Kind::WarpConnector)
}

fn connections(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    connection::list_of(world, visit, Kind::WarpConnector)
}

fn connector(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    connection::get_of(world, visit, Kind::WarpConnector)
}
