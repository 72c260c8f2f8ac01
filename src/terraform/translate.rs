//! Resources of Cloudflare's provider as the objects that Cloudflare would answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::config;
use super::names::Zones;
use super::state::{Mode, Resource};
use super::token::{self, Groups};
use crate::address::RemoteId;
use crate::kind::Kind;
use crate::kind::api_token::ApiToken;
use crate::kind::dns_record::DnsRecord;
use crate::kind::private_route::PrivateRoute;
use crate::kind::service_token::ServiceToken;
use crate::kind::tunnel::Tunnel;
use crate::kind::tunnel_config::TunnelConfig;
use crate::kind::virtual_network::VirtualNetwork;
use crate::kind::warp_connector::WarpConnector;

/// Where every tunnel's public name ends.
const TUNNEL_SUFFIX: &str = ".cfargotunnel.com";

/// What the provider's types are, under the names of version 4 and of version 5.
const SORTS: [(&str, &str); 19] = [
    ("cloudflare_tunnel", Tunnel::NAME),
    ("cloudflare_zero_trust_tunnel", Tunnel::NAME),
    ("cloudflare_zero_trust_tunnel_cloudflared", Tunnel::NAME),
    ("cloudflare_tunnel_config", TunnelConfig::NAME),
    ("cloudflare_zero_trust_tunnel_config", TunnelConfig::NAME),
    (
        "cloudflare_zero_trust_tunnel_cloudflared_config",
        TunnelConfig::NAME,
    ),
    ("cloudflare_record", DnsRecord::NAME),
    ("cloudflare_dns_record", DnsRecord::NAME),
    ("cloudflare_tunnel_route", PrivateRoute::NAME),
    ("cloudflare_zero_trust_tunnel_route", PrivateRoute::NAME),
    (
        "cloudflare_zero_trust_tunnel_cloudflared_route",
        PrivateRoute::NAME,
    ),
    ("cloudflare_tunnel_virtual_network", VirtualNetwork::NAME),
    (
        "cloudflare_zero_trust_tunnel_virtual_network",
        VirtualNetwork::NAME,
    ),
    (
        "cloudflare_zero_trust_tunnel_cloudflared_virtual_network",
        VirtualNetwork::NAME,
    ),
    (
        "cloudflare_zero_trust_tunnel_warp_connector",
        WarpConnector::NAME,
    ),
    ("cloudflare_access_service_token", ServiceToken::NAME),
    (
        "cloudflare_zero_trust_access_service_token",
        ServiceToken::NAME,
    ),
    ("cloudflare_account_token", ApiToken::NAME),
    ("cloudflare_api_token", USER),
];

/// What belongs to a user.
const USER: &str = "user";

/// What is of the provider, and nothing that can be declared.
const OTHER: &str = "other";

/// One object, as Cloudflare would answer it.
#[derive(Debug)]
pub(super) struct Live {
    /// The kind's name.
    pub(super) kind: &'static str,
    /// What its list is of: a zone's name, or a tunnel's id.
    pub(super) of: String,
    pub(super) value: Value,
    /// Terraform's address.
    pub(super) origin: String,
}

/// A state in Cloudflare's words.
#[derive(Debug, Default)]
pub(super) struct Translated {
    pub(super) account: String,
    pub(super) zones: Zones,
    groups: Groups,
    pub(super) lives: Vec<Live>,
    /// Terraform's addresses of what is not imported, and why.
    pub(super) left: BTreeMap<String, String>,
    /// Types that stay with Terraform, with how many resources.
    pub(super) others: BTreeMap<String, usize>,
}

/// Translates a state, of one account.
pub(super) fn translate(resources: &[Resource], account: Option<&str>) -> Translated {
    let mut translated = Translated {
        account: account.map_or_else(|| most(resources), ToOwned::to_owned),
        zones: Zones::of(resources),
        groups: token::groups(resources),
        ..Translated::default()
    };
    let remote = remote(resources);
    let managed = resources.iter().filter(|it| it.mode == Mode::Managed);
    for resource in managed.filter(|it| it.sort.starts_with("cloudflare_")) {
        let kind = SORTS.iter().find(|(sort, _)| *sort == resource.sort);
        let kind = kind.map_or(OTHER, |(_, kind)| *kind);
        let elsewhere = resource
            .text("account_id")
            .filter(|it| *it != translated.account);
        let found = match (kind, elsewhere) {
            (OTHER, _) => {
                *translated.others.entry(resource.sort.clone()).or_default() += 1;
                continue;
            }
            (USER, _) => Err("it belongs to a user, not to the account".to_owned()),
            (_, Some(account)) => Err(format!("it is of account {account}")),
            (kind, None) => translated.live(kind, resource, &remote),
        };
        match found {
            Ok(live) => translated.lives.push(live),
            Err(why) => {
                translated.left.insert(resource.address.clone(), why);
            }
        }
    }
    translated
}

/// The account of most resources.
fn most(resources: &[Resource]) -> String {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let known = |it: &&Resource| SORTS.iter().any(|(sort, _)| *sort == it.sort);
    for account in resources
        .iter()
        .filter(known)
        .filter_map(|it| it.text("account_id"))
    {
        *count.entry(account).or_default() += 1;
    }
    let most = count.into_iter().rev().max_by_key(|(_, count)| *count);
    most.map_or_else(String::new, |(account, _)| account.to_owned())
}

/// The tunnels whose rules Terraform keeps at Cloudflare. Version 4 calls some of them local.
fn remote(resources: &[Resource]) -> BTreeSet<&str> {
    let is_config = |it: &&Resource| SORTS.contains(&(it.sort.as_str(), TunnelConfig::NAME));
    let configs = resources.iter().filter(is_config);
    let configs = configs.filter(|it| it.text("source") != Some("local"));
    configs.filter_map(|it| it.text("tunnel_id")).collect()
}

impl Translated {
    fn live(
        &self,
        kind: &'static str,
        resource: &Resource,
        remote: &BTreeSet<&str>,
    ) -> Result<Live, String> {
        let id = self.id(resource);
        let name = resource.text("name").unwrap_or_default();
        let of_zone = resource.text("zone_id").map(|id| self.zone(id));
        let mut of = String::new();
        let value = match kind {
            Tunnel::NAME => json!({
                "id": id,
                "name": name,
                "config_src": source(resource, remote),
                "deleted_at": resource.get("deleted_at"),
            }),
            TunnelConfig::NAME => {
                let tunnel = resource.text("tunnel_id").unwrap_or_default();
                tunnel.clone_into(&mut of);
                let wire = config::wire(resource).ok_or("it has no rules")?;
                json!({ "tunnel_id": tunnel, "config": wire })
            }
            DnsRecord::NAME => {
                of = of_zone.transpose()?.unwrap_or_default();
                self.record(resource, &id)?
            }
            ServiceToken::NAME => {
                of = of_zone.transpose()?.unwrap_or_default();
                service_token(resource, &id)
            }
            PrivateRoute::NAME => route(resource, &id),
            VirtualNetwork::NAME => virtual_network(resource, &id),
            WarpConnector::NAME => json!({ "id": id, "name": name }),
            _ => token::wire(resource, &id, &self.groups),
        };
        let origin = resource.address.clone();
        Ok(Live {
            kind,
            of,
            value,
            origin,
        })
    }

    /// A CNAME to a tunnel, as Cloudflare answers it.
    fn record(&self, resource: &Resource, id: &str) -> Result<Value, String> {
        let content = resource.text("content").or_else(|| resource.text("value"));
        let content = content.unwrap_or_default().trim_end_matches('.');
        if resource.text("type") != Some("CNAME") || !content.ends_with(TUNNEL_SUFFIX) {
            return Err("it leads to no tunnel, and stays with Terraform".to_owned());
        }
        let name = self.zones.whole(resource).ok_or(ZONE_UNKNOWN)?;
        Ok(json!({
            "id": id,
            "type": "CNAME",
            "name": idna::domain_to_ascii(&name).unwrap_or(name),
            "content": content,
            "proxied": resource.get("proxied") == Some(&json!(true)),
            "ttl": resource.get("ttl").and_then(Value::as_u64).unwrap_or(1),
            "comment": resource.text("comment"),
        }))
    }

    fn zone(&self, id: &str) -> Result<String, String> {
        let name = self.zones.name(id).map(ToOwned::to_owned);
        name.ok_or_else(|| ZONE_UNKNOWN.to_owned())
    }

    /// The object's id. Some of version 4 are none; then any other one does, because no manifest
    /// has ids.
    fn id(&self, resource: &Resource) -> String {
        let id = resource.text("id").unwrap_or_default().to_owned();
        match RemoteId::try_from(id.clone()) {
            Ok(_) => id,
            Err(_) => format!("{:032x}", self.lives.len()),
        }
    }
}

/// Why a record cannot be placed.
const ZONE_UNKNOWN: &str = "the state does not say its zone's name";

fn route(resource: &Resource, id: &str) -> Value {
    json!({
        "id": id,
        "network": resource.text("network"),
        "tunnel_id": resource.text("tunnel_id"),
        "virtual_network_id": resource.text("virtual_network_id"),
        "comment": resource.text("comment"),
    })
}

fn virtual_network(resource: &Resource, id: &str) -> Value {
    let flags = ["is_default_network", "is_default"];
    json!({
        "id": id,
        "name": resource.text("name"),
        "comment": resource.text("comment"),
        "is_default_network": flags.iter().any(|it| resource.get(it) == Some(&json!(true))),
    })
}

/// Cloudflare always answers a client id; no manifest has one.
fn service_token(resource: &Resource, id: &str) -> Value {
    json!({
        "id": id,
        "name": resource.text("name"),
        "client_id": "",
        "duration": resource.text("duration"),
        "expires_at": resource.text("expires_at"),
    })
}

/// Where the rules of a tunnel live.
fn source(resource: &Resource, remote: &BTreeSet<&str>) -> &'static str {
    let id = resource.text("id").unwrap_or_default();
    match resource.text("config_src") {
        _ if remote.contains(id) => "cloudflare",
        Some("cloudflare") => "cloudflare",
        // The provider's default.
        Some(_) | None => "local",
    }
}
