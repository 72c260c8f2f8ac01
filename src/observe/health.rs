//! How tunnels and WARP connectors fare, and who is connected to them. Only reads.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use crate::address::Address;
use crate::api::wire::Wire;
use crate::api::{ApiError, Client};
use crate::cloudflare::connection::{self, Connector};
use crate::cloudflare::tunnel::{self, Filter, Status, Tunnel};
use crate::cloudflare::{List, warp_connector};
use crate::graph::Health;
use crate::kind::Kind as _;
use crate::kind::tunnel::Tunnel as TunnelKind;
use crate::kind::warp_connector::WarpConnector;

/// How all of an account's living tunnels fare; and WARP connectors, if one of them is `asked`
/// for. Only of those the connectors are read, and only if there can be any: one request each.
///
/// # Errors
/// The first read that fails.
pub async fn health<W: Wire>(
    client: &Client<W>,
    account: &str,
    asked: &BTreeSet<Address>,
) -> Result<BTreeMap<Address, Health>, ApiError> {
    let filter = Filter::default();
    let mut found = Vec::new();
    for live in client.read(&tunnel::list(account, &filter)).await? {
        let connectors = connection::list(account, &live.id);
        found.push((TunnelKind::address(&live.name), live, connectors));
    }
    // They need a permission that a stack without any should not have to have.
    if asked.iter().any(|it| it.kind == WarpConnector::NAME) {
        for live in client.read(&warp_connector::list(account, &filter)).await? {
            let connectors = warp_connector::connections(account, &live.id);
            found.push((WarpConnector::address(&live.name), live, connectors));
        }
    }
    let living = found
        .into_iter()
        .filter(|(_, live, _)| live.deleted_at.is_none());
    let reads = living.map(|(address, live, connectors)| async move {
        let asked = asked.contains(&address);
        let health = of(client, &live, asked.then_some(&connectors)).await?;
        Ok::<_, ApiError>((address, health))
    });
    Ok(try_join_all(reads).await?.into_iter().collect())
}

async fn of<W: Wire>(
    client: &Client<W>,
    live: &Tunnel,
    connectors: Option<&List<Connector>>,
) -> Result<Health, ApiError> {
    let status = live.status.as_deref().and_then(Status::of);
    let connectors = match (connectors, status) {
        (None, _) => None,
        (Some(_), Some(Status::Inactive | Status::Down)) => Some(Vec::new()),
        (Some(list), Some(Status::Healthy | Status::Degraded) | None) => {
            Some(client.read(list).await?)
        }
    };
    Ok(Health { status, connectors })
}
