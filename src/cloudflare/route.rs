//! Private networks that lead to tunnels (6.1).

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::tunnel::{PAGE, TunType};
use super::{List, Operation, body, filtered};
use crate::address::RemoteId;
use crate::request::{Method, Request};

/// A network without host bits: what Cloudflare does with them is not known, and cloudflared
/// clears them too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl From<IpNet> for Network {
    fn from(network: IpNet) -> Self {
        Self(network.trunc())
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Which routes a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Only deleted ones, or only the living. Always asked, as for tunnels (2.1).
    pub is_deleted: bool,
    /// By comment.
    pub comment: Option<String>,
    /// Within this network. With [`Self::network_superset`] the same: exactly this network.
    pub network_subset: Option<Network>,
    /// Containing this network.
    pub network_superset: Option<Network>,
    /// Made, and not deleted, before this time.
    pub existed_at: Option<Timestamp>,
    /// Of a tunnel.
    pub tunnel_id: Option<RemoteId>,
    /// One route.
    pub route_id: Option<RemoteId>,
    /// Of some sorts of tunnels; of all if there is none.
    pub tun_types: Vec<TunType>,
    /// In a virtual network.
    pub virtual_network_id: Option<RemoteId>,
}

/// A route. The names come with lists and look-ups by address only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// A UUID.
    pub id: RemoteId,
    /// A network in CIDR notation.
    pub network: String,
    /// Where it leads.
    pub tunnel_id: RemoteId,
    /// The virtual network that it is in.
    pub virtual_network_id: Option<RemoteId>,
    /// For people.
    pub comment: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339; absent or null while it lives.
    pub deleted_at: Option<String>,
    /// A word of [`TunType`].
    pub tun_type: Option<String>,
    /// The tunnel's name.
    pub tunnel_name: Option<String>,
    /// The virtual network's name.
    pub virtual_network_name: Option<String>,
}

/// A route to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct New {
    /// What it covers.
    pub network: Network,
    /// Where it leads.
    pub tunnel_id: RemoteId,
    /// Cloudflare takes the account's default if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_network_id: Option<RemoteId>,
    /// At most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What changes of a route; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// What it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// Where it leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tunnel_id: Option<RemoteId>,
    /// The virtual network that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_network_id: Option<RemoteId>,
    /// At most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Where a look-up by address looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Within {
    /// The default one if there is none.
    pub virtual_network_id: Option<RemoteId>,
    /// Whether the default one is asked if there is no such virtual network. Default true.
    pub default_virtual_network_fallback: Option<bool>,
}

/// The routes of an account.
#[must_use]
pub fn list(account: &str, filter: &Filter) -> List<Route> {
    List::paged(filtered(Request::get(&all(account)), filter), PAGE)
}

/// Makes a route.
#[must_use]
pub fn create(account: &str, new: &New) -> Operation<Route> {
    Operation::new(Request::new(Method::Post, &all(account)).body(body(new)))
}

/// One route.
#[must_use]
pub fn get(account: &str, id: &RemoteId) -> Operation<Route> {
    Operation::new(Request::get(&one(account, id)))
}

/// The route that an address takes.
#[must_use]
pub fn get_by_ip(account: &str, ip: IpAddr, within: &Within) -> Operation<Route> {
    let [accounts, account, teamnet, routes] = all(account);
    let path = [accounts, account, teamnet, routes, "ip", &ip.to_string()];
    Operation::new(filtered(Request::get(&path), within))
}

/// Changes a route in place.
#[must_use]
pub fn patch(account: &str, id: &RemoteId, patch: &Patch) -> Operation<Route> {
    Operation::new(Request::new(Method::Patch, &one(account, id)).body(body(patch)))
}

/// Deletes a route.
#[must_use]
pub fn delete(account: &str, id: &RemoteId) -> Operation<Route> {
    Operation::new(Request::new(Method::Delete, &one(account, id)))
}

fn all(account: &str) -> [&str; 4] {
    ["accounts", account, "teamnet", "routes"]
}

fn one<'a>(account: &'a str, id: &'a RemoteId) -> [&'a str; 5] {
    ["accounts", account, "teamnet", "routes", id.as_str()]
}
