//! The connectors of a tunnel and their connections to Cloudflare (3.4).

use serde::Deserialize;

use super::tunnel::below;
use super::{List, Nothing, Operation};
use crate::address::RemoteId;
use crate::request::{Method, Request};

/// A running cloudflared, or another program that serves a tunnel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Connector {
    /// A UUID; Cloudflare also calls it `client_id`.
    pub id: RemoteId,
    /// What it is able to do.
    #[serde(default)]
    pub features: Vec<String>,
    /// Of the program.
    pub version: Option<String>,
    /// Such as `linux_amd64`.
    pub arch: Option<String>,
    /// RFC 3339; when it was started.
    pub run_at: Option<String>,
    /// The version of the configuration that it has loaded, once it has loaded one.
    pub config_version: Option<u64>,
    /// `offline`, `passive` or `active`; only WARP connectors have it.
    pub ha_status: Option<String>,
    /// Usually four.
    #[serde(default)]
    pub conns: Vec<Connection>,
}

impl Connector {
    /// Whether it serves its tunnel now: Cloudflare tracks for some minutes what has dropped.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.conns.iter().any(|it| !it.is_pending_reconnect)
    }
}

/// One connection of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Connection {
    /// A UUID.
    pub id: RemoteId,
    /// The connector.
    pub client_id: Option<RemoteId>,
    /// Of the connector's program.
    pub client_version: Option<String>,
    /// Cloudflare's data centre, such as `khh01`.
    pub colo_name: Option<String>,
    /// The connector's address.
    pub origin_ip: Option<String>,
    /// RFC 3339.
    pub opened_at: Option<String>,
    /// Dropped, and tracked for some minutes more.
    #[serde(default)]
    pub is_pending_reconnect: bool,
}

/// The connectors of a tunnel.
#[must_use]
pub fn list(account: &str, tunnel: &RemoteId) -> List<Connector> {
    List::whole(Request::get(&path(account, tunnel)))
}

/// Cuts all connections; connectors that can, come back.
#[must_use]
pub fn delete_all(account: &str, tunnel: &RemoteId) -> Operation<Nothing> {
    Operation::new(Request::new(Method::Delete, &path(account, tunnel)))
}

/// Cuts the connections of one connector.
#[must_use]
pub fn delete(account: &str, tunnel: &RemoteId, connector: &RemoteId) -> Operation<Nothing> {
    let request = Request::new(Method::Delete, &path(account, tunnel));
    Operation::new(request.query("client_id", connector.as_str()))
}

/// One connector.
#[must_use]
pub fn connector(account: &str, tunnel: &RemoteId, connector: &RemoteId) -> Operation<Connector> {
    let [accounts, account, tunnels, tunnel, connectors] = below(account, tunnel, "connectors");
    let connector = connector.as_str();
    Operation::new(Request::get(&[
        accounts, account, tunnels, tunnel, connectors, connector,
    ]))
}

fn path<'a>(account: &'a str, tunnel: &'a RemoteId) -> [&'a str; 5] {
    below(account, tunnel, "connections")
}
