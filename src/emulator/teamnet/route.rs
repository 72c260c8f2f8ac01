//! Routes one by one: a network of a virtual network, and the tunnel that it is behind.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::network::{Network, default_of, ensure_default, living};
use super::prefix::Prefix;
use super::ward;
use crate::emulator::body::Body;
use crate::emulator::clock::text;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::route::is_uuid;
use crate::emulator::table::Row;
use crate::emulator::tunnel::{invalid, require_within};
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

/// Characters of a comment.
const MOST_CHARACTERS: usize = 100;
/// Living ones per account, unless its row says otherwise (Cloudflare's account limits).
const QUOTA: u64 = 1000;

/// A route as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::emulator) struct Route {
    pub(super) account: String,
    pub(super) network: Prefix,
    /// The id of its tunnel.
    pub(super) tunnel: String,
    /// The id of its virtual network.
    pub(super) virtual_network: String,
    #[serde(default)]
    pub(super) comment: String,
    pub(super) created_at: Timestamp,
    #[serde(default)]
    pub(super) deleted_at: Option<Timestamp>,
}

impl Row for Route {
    fn group(&self) -> Cow<'_, str> {
        Cow::Owned(ward(&self.account, self.deleted_at.is_none()))
    }

    /// Its tunnel, so that the routes to one are found.
    fn name(&self) -> &str {
        &self.tunnel
    }
}

/// Whether a living route leads to this tunnel.
pub(in crate::emulator) fn leads_to(world: &World, tunnel: &str) -> bool {
    let row = world.state.tables.tunnels.get(tunnel);
    row.is_some_and(|row| {
        let mut routes = world.state.tables.routes.named(&row.account, tunnel);
        routes.next().is_some()
    })
}

/// Deletes the routes to a tunnel.
pub(in crate::emulator) fn drop_to(world: &mut World, tunnel: &str, now: Timestamp) {
    drop_all(world, now, |route| route.tunnel == tunnel);
}

/// Deletes the routes of a virtual network.
pub(super) fn drop_in(world: &mut World, network: &str, now: Timestamp) {
    drop_all(world, now, |route| route.virtual_network == network);
}

/// Whether a living route is in this virtual network.
pub(super) fn is_used(world: &World, network: &Network, id: &str) -> bool {
    let mut routes = world.state.tables.routes.group(&network.account);
    routes.any(|(_, route)| route.virtual_network == id)
}

fn drop_all(world: &mut World, now: Timestamp, which: impl Fn(&Route) -> bool) {
    let routes = &mut world.state.tables.routes;
    let dropped = routes
        .iter()
        .filter(|(_, route)| route.deleted_at.is_none() && which(route));
    let dropped: Vec<String> = dropped.map(|(id, _)| id.to_owned()).collect();
    for id in dropped {
        routes.edit(&id, |route| route.deleted_at = Some(now));
    }
}

pub(super) fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let id = visit.param("route");
    Ok(Answer::of(view(id, named(world, visit)?)))
}

pub(super) fn create(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let body = visit.body(invalid)?;
    let account = visit.param("account");
    let network = network(&body)?.ok_or_else(|| body.refuse("network is required"))?;
    let tunnel = tunnel(world, account, &body)?;
    let tunnel = tunnel.ok_or_else(|| body.refuse("tunnel_id is required"))?;
    ensure_default(world, account, visit.now);
    let default = default_of(world, account).unwrap_or_default().to_owned();
    let route = Route {
        account: account.to_owned(),
        network,
        tunnel,
        virtual_network: virtual_network(world, account, &body)?.unwrap_or(default),
        comment: comment(&body)?.unwrap_or_default(),
        created_at: visit.now,
        deleted_at: None,
    };
    require_free(world, &route, None)?;
    let tables = &world.state.tables;
    let own = tables.accounts.get(account);
    let own = own.and_then(|own| own.route_quota);
    require_within(tables.routes.count(account), own, QUOTA, "routes")?;
    let id = world.state.settings.ids.uuid();
    let created = view(&id, &route);
    world.state.tables.routes.put(&id, route);
    Ok(Answer::of(created))
}

pub(super) fn patch(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let body = visit.body(invalid)?;
    let id = visit.param("route");
    let old = named(world, visit)?;
    if old.deleted_at.is_some() {
        return Err(not_found());
    }
    let account = old.account.as_str();
    let mut route = old.clone();
    if let Some(network) = network(&body)? {
        route.network = network;
    }
    if let Some(tunnel) = tunnel(world, account, &body)? {
        route.tunnel = tunnel;
    }
    if let Some(network) = virtual_network(world, account, &body)? {
        route.virtual_network = network;
    }
    if let Some(comment) = comment(&body)? {
        route.comment = comment;
    }
    require_free(world, &route, Some(id))?;
    let changed = view(id, &route);
    world.state.tables.routes.put(id, route);
    Ok(Answer::of(changed))
}

/// A soft delete. Deleting twice answers as the first time did.
pub(super) fn delete(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let id = visit.param("route");
    if named(world, visit)?.deleted_at.is_none() {
        let routes = &mut world.state.tables.routes;
        routes.edit(id, |route| route.deleted_at = Some(visit.now));
    }
    get(world, visit)
}

fn named<'w>(world: &'w World, visit: &Visit<'_>) -> Result<&'w Route, Failure> {
    let route = world.state.tables.routes.get(visit.param("route"));
    let route = route.filter(|own| own.account == visit.param("account"));
    route.ok_or_else(not_found)
}

/// The code is not observed.
fn not_found() -> Failure {
    Failure::new(404, 1003, "Route not found")
}

fn network(body: &Body<'_>) -> Result<Option<Prefix>, Failure> {
    let network = body.text("network")?.map(str::to_owned);
    let network = network.map(Prefix::try_from).transpose();
    network.map_err(|message| body.refuse(format!("network {message}")))
}

/// The tunnel that the body names, of either kind. How Cloudflare refuses one that does not
/// live is not known.
fn tunnel(world: &World, account: &str, body: &Body<'_>) -> Result<Option<String>, Failure> {
    let Some(id) = id(body, "tunnel_id")? else {
        return Ok(None);
    };
    let tunnel = world.state.tables.tunnels.get(&id);
    if tunnel.is_some_and(|own| own.lives() && own.account == account) {
        Ok(Some(id))
    } else {
        Err(body.refuse(format!("tunnel_id {id} is no tunnel of this account")))
    }
}

fn virtual_network(
    world: &World,
    account: &str,
    body: &Body<'_>,
) -> Result<Option<String>, Failure> {
    let Some(id) = id(body, "virtual_network_id")? else {
        return Ok(None);
    };
    if living(world, account, &id).is_some() {
        Ok(Some(id))
    } else {
        let message = format!("virtual_network_id {id} is no virtual network of this account");
        Err(body.refuse(message))
    }
}

fn id(body: &Body<'_>, key: &str) -> Result<Option<String>, Failure> {
    match body.text(key)?.map(str::to_ascii_lowercase) {
        Some(id) if !is_uuid(&id) => Err(body.refuse(format!("{key} must be a UUID"))),
        id => Ok(id),
    }
}

fn comment(body: &Body<'_>) -> Result<Option<String>, Failure> {
    let comment = body.text("comment")?;
    if comment.is_some_and(|text| text.chars().count() > MOST_CHARACTERS) {
        let message = format!("comment must not have more than {MOST_CHARACTERS} characters");
        return Err(body.refuse(message));
    }
    Ok(comment.map(str::to_owned))
}

/// Networks may overlap, but the same one is routed once in a virtual network.
fn require_free(world: &World, route: &Route, own: Option<&str>) -> Result<(), Failure> {
    let mut others = world.state.tables.routes.group(&route.account);
    let taken = others.any(|(id, other)| {
        Some(id) != own
            && other.network == route.network
            && other.virtual_network == route.virtual_network
    });
    if taken {
        let message = "You already have a route defined for this exact IP subnet";
        return Err(Failure::new(409, 1014, message));
    }
    Ok(())
}

/// A route as its own endpoints show it.
pub(super) fn view(id: &str, route: &Route) -> Value {
    json!({
        "id": id,
        "network": route.network,
        "tunnel_id": route.tunnel,
        "virtual_network_id": route.virtual_network,
        "comment": route.comment,
        "created_at": text(route.created_at),
        "deleted_at": route.deleted_at.map(text),
    })
}
