//! Private networks: virtual networks, and the routes in them that lead to tunnels.
//!
//! Invariant: an account that has a tunnel has exactly one default virtual network.

mod lookup;
mod network;
mod prefix;
mod route;

use super::access::Groups;
use super::route::Endpoint;

pub(super) use network::{Network, ensure_default};
pub(super) use route::{Route, drop_to as drop_routes_to, leads_to as is_routed};

/// What allows to work with both.
const GROUPS: Groups = &["Cloudflare One Networks", "Cloudflare Tunnel"];

/// Routes and virtual networks. The endpoints that named a route by its network are gone since
/// 2026-10-05.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read("GET", ROUTES, GROUPS, lookup::list),
    Endpoint::write("POST", ROUTES, GROUPS, route::create),
    Endpoint::read("GET", ROUTE, GROUPS, route::get),
    Endpoint::write("PATCH", ROUTE, GROUPS, route::patch),
    Endpoint::write("DELETE", ROUTE, GROUPS, route::delete),
    Endpoint::read(
        "GET",
        "accounts/{account:hex}/teamnet/routes/ip/{ip}",
        GROUPS,
        lookup::by_address,
    ),
    Endpoint::read("GET", NETWORKS, GROUPS, network::list),
    Endpoint::write("POST", NETWORKS, GROUPS, network::create),
    Endpoint::read("GET", NETWORK, GROUPS, network::get),
    Endpoint::write("PATCH", NETWORK, GROUPS, network::patch),
    Endpoint::write("DELETE", NETWORK, GROUPS, network::delete),
];

const ROUTES: &str = "accounts/{account:hex}/teamnet/routes";
const ROUTE: &str = "accounts/{account:hex}/teamnet/routes/{route:uuid}";
const NETWORKS: &str = "accounts/{account:hex}/teamnet/virtual_networks";
const NETWORK: &str = "accounts/{account:hex}/teamnet/virtual_networks/{network:uuid}";

/// 1,000 when nothing is said, and no `total_pages` (recordings of the real API).
const PAGING: super::page::Paging = super::page::Paging {
    default: 1000,
    most: 1000,
    total_pages: false,
};

/// The group of an account's living or deleted rows.
fn ward(account: &str, lives: bool) -> String {
    let grave = if lives { "" } else { "/deleted" };
    format!("{account}{grave}")
}
