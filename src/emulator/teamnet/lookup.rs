//! Routes by what they lead to: the list with its filters, and the route of one address.

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::network::default_of;
use super::prefix::Prefix;
use super::route::{Route, view};
use super::{PAGING, ward};
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::query::Query;
use crate::emulator::tunnel::{Kind, kinds};
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

/// The filters of the list, all of which must hold.
struct Filter<'a> {
    comment: Option<&'a str>,
    subset_of: Option<IpNet>,
    superset_of: Option<IpNet>,
    existed_at: Option<Timestamp>,
    tunnel: Option<String>,
    route: Option<String>,
    virtual_network: Option<String>,
    kinds: Vec<Kind>,
}

/// Living routes, or with `is_deleted=true` deleted ones, by network.
pub(super) fn list(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let query = visit.query();
    let filter = Filter::read(query)?;
    let deleted = query.flag("is_deleted")?.unwrap_or(false);
    let group = ward(visit.param("account"), !deleted);
    let routes = world.state.tables.routes.group(&group);
    let mut found: Vec<(&str, &Route)> = routes
        .filter(|(id, route)| filter.keeps(world, id, route))
        .collect();
    found.sort_by_key(|(id, route)| (route.network.0, *id));
    PAGING.answer(query, &found, |(id, route)| whole(world, id, route))
}

/// The route with the longest prefix that holds an address. Nothing is said when there is
/// none: cloudflared reads an answer without a tunnel as that.
pub(super) fn by_address(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let address = visit.param("ip").parse::<IpAddr>();
    let address = address.map_err(|_| Failure::invalid("ip must be an IP address"))?;
    let account = visit.param("account");
    let query = visit.query();
    let fallback = query.flag("default_virtual_network_fallback")?;
    let given = query.text("virtual_network_id");
    let given = given.map(str::to_ascii_lowercase);
    let network = given.or_else(|| {
        let default = default_of(world, account)?.to_owned();
        fallback.unwrap_or(true).then_some(default)
    });
    let routes = world.state.tables.routes.group(account);
    let best = routes
        .filter(|(_, route)| route.network.0.contains(&address))
        .filter(|(_, route)| {
            let network = network.as_ref();
            network.is_none_or(|own| *own == route.virtual_network)
        })
        .min_by_key(|(id, route)| (Reverse(route.network.0.prefix_len()), *id));
    Ok(Answer::of(best.map_or_else(
        || json!({}),
        |(id, route)| whole(world, id, route),
    )))
}

impl<'a> Filter<'a> {
    fn read(query: Query<'a>) -> Result<Self, Failure> {
        let id = |name| query.text(name).map(str::to_ascii_lowercase);
        Ok(Self {
            comment: query.text("comment"),
            subset_of: prefix(query, "network_subset")?,
            superset_of: prefix(query, "network_superset")?,
            existed_at: query.time("existed_at")?,
            tunnel: id("tunnel_id"),
            route: id("route_id"),
            virtual_network: id("virtual_network_id"),
            kinds: kinds(query)?,
        })
    }

    fn keeps(&self, world: &World, id: &str, route: &Route) -> bool {
        let own = route.network.0;
        let is = |filter: &Option<String>, value: &str| {
            filter.as_ref().is_none_or(|filter| filter == value)
        };
        let tunnel = world.state.tables.tunnels.get(&route.tunnel);
        self.comment.is_none_or(|comment| comment == route.comment)
            && self.subset_of.is_none_or(|outer| outer.contains(&own))
            && self.superset_of.is_none_or(|inner| own.contains(&inner))
            && self.existed_at.is_none_or(|at| existed(route, at))
            && is(&self.tunnel, &route.tunnel)
            && is(&self.route, id)
            && is(&self.virtual_network, &route.virtual_network)
            && tunnel.is_none_or(|tunnel| self.kinds.contains(&tunnel.kind))
    }
}

fn prefix(query: Query<'_>, name: &str) -> Result<Option<IpNet>, Failure> {
    let text = query.text(name).map(str::to_owned);
    let prefix = text.map(Prefix::try_from).transpose();
    let prefix = prefix.map_err(|message| Failure::invalid(format!("{name} {message}")))?;
    Ok(prefix.map(|prefix| prefix.0))
}

fn existed(route: &Route, at: Timestamp) -> bool {
    route.created_at <= at && route.deleted_at.is_none_or(|deleted| deleted > at)
}

/// A route with the names of what it refers to.
fn whole(world: &World, id: &str, route: &Route) -> Value {
    let tables = &world.state.tables;
    let mut whole = view(id, route);
    if let Some(tunnel) = tables.tunnels.get(&route.tunnel) {
        whole["tun_type"] = json!(tunnel.kind);
        whole["tunnel_name"] = json!(tunnel.name);
    }
    if let Some(network) = tables.networks.get(&route.virtual_network) {
        whole["virtual_network_name"] = json!(network.name);
    }
    whole
}
