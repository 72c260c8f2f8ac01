//! Collects what [`crate::doctor`] judges: reads, and deletions of an id that nothing has. What
//! cannot be read says why, and nothing else is given up for it.

mod deleted;
mod probe;
mod records;
mod token;

pub use deleted::deleted;

use futures::future::join_all;
use jiff::Timestamp;

use crate::api::Client;
use crate::api::wire::Wire;
use crate::cloudflare::account_token::{self, GroupFilter};
use crate::cloudflare::tunnel::{self, Tunnel};
use crate::cloudflare::{connection, dns_record};
use crate::doctor::facts::{Account, Fill, Proof, Read, Served};
use crate::doctor::need::{self, scope, zones_of_records};
use crate::doctor::permission::Access;
use crate::kind;
use crate::manifest::Manifest;
use crate::observe;
use crate::scope::{Scope, Zone};

/// Whether it is tried out what a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// By short reads, and by deletions of an id that nothing has.
    Probe,
    /// Not at all.
    Refrain,
}

/// One look at an account.
pub struct Examination<'a, W: Wire> {
    /// Where requests go.
    pub client: &'a Client<W>,
    /// For whom.
    pub manifest: &'a Manifest,
    /// How far the token should reach.
    pub reach: Access,
    /// Whether it is tried out what it may do.
    pub trial: Trial,
    /// This machine's time.
    pub now: &'a (dyn Fn() -> Timestamp + Sync),
}

impl<W: Wire> Examination<'_, W> {
    /// Looks at everything.
    pub async fn examine(&self) -> Account {
        let account = self.manifest.account.as_str();
        let (proof, ahead) = token::prove(self).await;
        let zones = observe::zones(self.client, account).await;
        let zones = zones.map_err(|error| error.to_string());
        let filter = GroupFilter::default();
        let groups = account_token::permission_groups(account, &filter);
        let groups = self.client.read(&groups).await;
        let groups = groups.map_err(|error| error.to_string());
        let needs = need::of(self.manifest, &zones, self.reach);
        let rights = match &proof {
            Proof::Token(token) if token.status == "active" => {
                let known = groups.as_deref().unwrap_or_default();
                probe::rights(self, token, known, needs).await
            }
            Proof::Key | Proof::Token(_) | Proof::Refused | Proof::Unread(_) => {
                probe::unasked(needs)
            }
        };
        let tunnels = tunnel::list(account, &tunnel::Filter::default());
        let tunnels = self.client.read(&tunnels).await;
        let tunnels = tunnels.map_err(|error| error.to_string());
        let scope = scope(self.manifest, &zones);
        let pointers = records::pointers(self, &zones, &tunnels).await;
        Account {
            proof,
            rights,
            groups,
            served: self.served(&tunnels).await,
            pointers,
            fills: self.fills(&scope).await,
            zones,
            tunnels,
            ahead,
            at: (self.now)(),
        }
    }

    /// The connectors of tunnels that are declared or ours, and connected.
    async fn served(&self, tunnels: &Read<Vec<Tunnel>>) -> Vec<Served> {
        let Manifest {
            desired, ownership, ..
        } = self.manifest;
        let of_us = |it: &&Tunnel| {
            let address = kind::tunnel::Tunnel::address(&it.name);
            desired.contains(&address) || ownership.names_ours(&address)
        };
        let connected = |it: &&Tunnel| matches!(it.status.as_deref(), Some("healthy" | "degraded"));
        let tunnels = tunnels.iter().flatten().filter(of_us).filter(connected);
        let reads = tunnels.map(|tunnel| async {
            let list = connection::list(&self.manifest.account, &tunnel.id);
            let connectors = self.client.read(&list).await;
            Served {
                tunnel: tunnel.name.clone(),
                connectors: connectors.map_err(|error| error.to_string()),
            }
        });
        join_all(reads).await
    }

    /// How full the zones of the manifest are.
    async fn fills(&self, scope: &Scope) -> Vec<Read<Fill>> {
        let Manifest {
            desired, ownership, ..
        } = self.manifest;
        let ids = zones_of_records(desired, ownership, scope);
        let zones = scope.zones.iter();
        let zones = zones.filter(|it| ids.contains(it.id.as_str()));
        join_all(zones.map(|zone| self.fill(zone))).await
    }

    async fn fill(&self, zone: &Zone) -> Read<Fill> {
        let usage = self.client.run(&dns_record::usage(&zone.id)).await;
        let usage = usage.map_err(|error| error.to_string())?;
        Ok(Fill {
            zone: zone.name.clone(),
            records: usage.record_usage,
            quota: usage.record_quota,
        })
    }
}
