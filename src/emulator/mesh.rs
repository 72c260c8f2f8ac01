//! High availability of WARP connectors: how one of several connectors is the active one.

use std::borrow::Cow;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::body::Body;
use super::clock::text;
use super::connection;
use super::envelope::Answer;
use super::failure::Failure;
use super::route::is_uuid;
use super::table::Row;
use super::tunnel::{Kind, Tunnel, invalid, living};
use super::visit::Visit;
use super::world::World;

/// Virtual addresses of one node, and those that it had before.
const MOST_ADDRESSES: usize = 8;

/// The settings of one WARP connector.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Mesh {
    /// Whether it was made to have several connectors.
    pub(super) ha: bool,
    pub(super) ha_mode: HaMode,
    /// 1 after the first PUT.
    pub(super) version: u64,
    /// When it was put.
    pub(super) updated_at: Option<Timestamp>,
    /// As it was sent.
    pub(super) config: Option<Value>,
    /// The connector that was made the active one by hand.
    pub(super) active: Option<String>,
}

/// Who moves the traffic when the active connector fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum HaMode {
    /// There is only one.
    #[default]
    None,
    /// Nobody.
    Disabled,
    /// The route table of a cloud.
    Aws,
    /// Virtual addresses in the local network.
    Local,
}

impl Row for Mesh {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn name(&self) -> &'static str {
        ""
    }
}

impl Mesh {
    /// What a new WARP connector has. That `ha` begins as `disabled` is not observed.
    pub(super) fn new(ha: bool) -> Self {
        Self {
            ha,
            ha_mode: if ha { HaMode::Disabled } else { HaMode::None },
            ..Self::default()
        }
    }

    fn is_ha(&self) -> bool {
        match self.ha_mode {
            HaMode::Aws | HaMode::Local => true,
            HaMode::None | HaMode::Disabled => self.ha,
        }
    }
}

/// The active connector of a tunnel: the one chosen by hand while it is connected, else the
/// one that has been running longest.
pub(super) fn active<'w>(world: &'w World, tunnel: &str) -> Option<&'w str> {
    let chosen = world.state.tables.meshes.get(tunnel);
    let chosen = chosen.and_then(|mesh| mesh.active.as_deref());
    let connectors = world.state.tables.connectors.group(tunnel);
    let (id, _) = connectors
        .filter(|(_, connector)| connector.live() > 0)
        .min_by_key(|(id, connector)| (Some(*id) != chosen, connector.run_at, *id))?;
    Some(id)
}

pub(super) fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let tunnel = configurable(world, visit)?;
    Ok(Answer::of(view(world, visit.param("tunnel"), tunnel)))
}

/// Replaces mode and settings together.
pub(super) fn put(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    configurable(world, visit)?;
    let id = visit.param("tunnel");
    let body = visit.body(invalid)?;
    let ha_mode = mode(&body)?;
    let config = body.object("config")?;
    check(ha_mode, config)?;
    let old = world.state.tables.meshes.get(id).cloned();
    let old = old.unwrap_or_default();
    let mesh = Mesh {
        ha_mode,
        version: old.version + 1,
        updated_at: Some(visit.now),
        config: config.cloned().map(Value::Object),
        ..old
    };
    world.state.tables.meshes.put(id, mesh);
    get(world, visit)
}

/// Makes another connector the active one.
pub(super) fn failover(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    living(world, visit, Kind::WarpConnector)?;
    let id = visit.param("tunnel");
    let body = visit.body(invalid)?;
    let client = body.text("client_id")?.map(str::to_ascii_lowercase);
    let client = client.filter(|client| is_uuid(client));
    let client = client.ok_or_else(|| body.refuse("client_id is required and must be a UUID"))?;
    let mesh = world.state.tables.meshes.get(id).cloned();
    let mesh = mesh.unwrap_or_default();
    if !mesh.is_ha() {
        return Err(body.refuse("the WARP connector is not highly available"));
    }
    if connection::of_tunnel(world, id, &client)?.live() == 0 {
        return Err(body.refuse("the client is not connected"));
    }
    let active = Some(client);
    world.state.tables.meshes.put(id, Mesh { active, ..mesh });
    Ok(Answer::of(Value::Null))
}

fn mode(body: &Body<'_>) -> Result<HaMode, Failure> {
    match body.text("ha_mode")? {
        Some("none") => Ok(HaMode::None),
        Some("disabled") => Ok(HaMode::Disabled),
        Some("aws") => Ok(HaMode::Aws),
        Some("local") => Ok(HaMode::Local),
        Some(_) | None => Err(body.refuse("ha_mode must be none, disabled, aws or local")),
    }
}

/// Whether the settings are those of the mode.
fn check(mode: HaMode, config: Option<&Map<String, Value>>) -> Result<(), Failure> {
    let none = Map::new();
    let config = config.unwrap_or(&none);
    let fits = match mode {
        HaMode::None | HaMode::Disabled => config.is_empty(),
        HaMode::Aws => {
            let interface = config.get("fnr_id").and_then(Value::as_str);
            interface.is_some_and(|id| !id.is_empty())
        }
        HaMode::Local => {
            let previous = config.get("vips_previous");
            config.get("vips").is_some_and(|vips| addresses(vips, 1))
                && previous.is_none_or(|vips| vips.is_null() || addresses(vips, 0))
        }
    };
    if fits {
        Ok(())
    } else {
        Err(Failure::invalid(
            "config must be empty for none and disabled, {fnr_id} for aws, {vips} with 1 to 8 \
             addresses for local",
        ))
    }
}

fn addresses(vips: &Value, least: usize) -> bool {
    let address = |vip: &Value| {
        let text = vip.get("address").and_then(Value::as_str);
        text.is_some_and(|text| text.parse::<IpAddr>().is_ok())
    };
    vips.as_array().is_some_and(|vips| {
        (least..=MOST_ADDRESSES).contains(&vips.len()) && vips.iter().all(address)
    })
}

/// The tunnel that a path names, if it can be configured. The code is that of cloudflared's.
fn configurable<'w>(world: &'w World, visit: &Visit<'_>) -> Result<&'w Tunnel, Failure> {
    living(world, visit, Kind::WarpConnector)
        .map_err(|_| Failure::new(404, 1055, "Configuration for tunnel not found"))
}

fn view(world: &World, id: &str, tunnel: &Tunnel) -> Value {
    let mesh = world.state.tables.meshes.get(id).cloned();
    let mesh = mesh.unwrap_or_default();
    json!({
        "tunnel_id": id,
        "configuration_version": mesh.version,
        "ha_mode": mesh.ha_mode,
        "created_at": text(tunnel.created_at),
        "updated_at": mesh.updated_at.map(text),
        "config": mesh.config,
    })
}
