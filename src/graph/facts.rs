//! What one side says, the manifest or Cloudflare, in one form: so that the two can be compared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::address::Address;
use crate::ingress::{self, OriginRequest, Rule};
use crate::kind::Kind as _;
use crate::kind::dns_record::{self, DnsRecord};
use crate::kind::private_route::PrivateRoute;
use crate::kind::tunnel::Tunnel;
use crate::kind::tunnel_config::{self, TunnelConfig};
use crate::kind::virtual_network::VirtualNetwork;
use crate::kind::warp_connector::WarpConnector;
use crate::manifest::Manifest;
use crate::observed::Observed;

/// What one side says.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Tunnels and WARP connectors.
    pub(super) tunnels: BTreeSet<Address>,
    /// The rules of a tunnel, by its name; nothing if they could not be looked at.
    pub(super) rules: BTreeMap<String, Vec<Rule>>,
    /// Tunnels, each with a host that a record leads there.
    pub(super) records: BTreeSet<(Address, String)>,
    /// Tunnels and WARP connectors, each with the name of a route that leads there.
    pub(super) routes: BTreeSet<(Address, String)>,
    /// Virtual networks.
    pub(super) networks: BTreeSet<String>,
    /// The virtual network of routes that name none.
    default: Option<String>,
}

impl Facts {
    /// What a manifest says.
    pub(super) fn declared(manifest: &Manifest) -> Self {
        let mut facts = Self::default();
        for (address, declared) in &manifest.desired.resources {
            facts.add(address, &declared.spec);
        }
        for (host, tunnel) in dns_record::declared(&manifest.desired) {
            let record = (Tunnel::address(tunnel), host.to_owned());
            facts.records.insert(record);
        }
        for (tunnel, routes) in &manifest.routes {
            facts.rules(tunnel, &routes.rules, &routes.origin_request);
        }
        facts
    }

    /// What is at Cloudflare and not another manifest's.
    pub(super) fn found(manifest: &Manifest, observed: &Observed) -> Self {
        let mut facts = Self::default();
        let read = manifest.desired.names(TunnelConfig::NAME);
        facts.rules = read.map(|it| (it.to_owned(), Vec::new())).collect();
        let elsewhere = &manifest.ownership.elsewhere;
        for (address, object) in observed.iter() {
            if elsewhere.contains_key(address) {
                continue;
            }
            facts.add(address, &object.spec);
            if address.kind == TunnelConfig::NAME
                && let Some(routes) = tunnel_config::routes(object)
            {
                facts.rules(&address.name, &routes.rules, &routes.origin_request);
            }
            if address.kind == DnsRecord::NAME
                && let Some(tunnel) = dns_record::leads_to(object)
            {
                let record = (Tunnel::address(&tunnel), address.name.clone());
                facts.records.insert(record);
            }
        }
        facts
    }

    /// What is told by address and spec alone.
    fn add(&mut self, address: &Address, spec: &Value) {
        let kind = address.kind.as_str();
        if kind == Tunnel::NAME || kind == WarpConnector::NAME {
            self.tunnels.insert(address.clone());
        } else if kind == VirtualNetwork::NAME {
            self.networks.insert(address.name.clone());
            if spec["default"] == true {
                self.default = Some(address.name.clone());
            }
        } else if kind == PrivateRoute::NAME {
            let target = spec.get("target").and_then(Value::as_str);
            let target = target.and_then(Address::parse);
            self.routes
                .extend(target.map(|it| (it, address.name.clone())));
        }
    }

    fn rules(&mut self, tunnel: &str, rules: &[Rule], settings: &OriginRequest) {
        let (mut rules, _) = ingress::canonical(rules, settings);
        for rule in &mut rules {
            rule.hostname = rule.hostname.take().filter(|it| it != "*");
        }
        self.rules.insert(tunnel.to_owned(), rules);
    }

    /// Where records and routes lead.
    pub(super) fn targets(&self) -> impl Iterator<Item = Address> + '_ {
        let all = self.records.iter().chain(&self.routes);
        all.map(|(target, _)| target.clone())
    }

    /// Whether a route is in a virtual network.
    pub(super) fn uses(&self, network: &str) -> bool {
        let default = self.default.as_deref();
        let mut routes = self.routes.iter();
        routes.any(|(_, name)| parts(name).1.or(default) == Some(network))
    }
}

/// Network and virtual network of a route's name.
pub(super) fn parts(name: &str) -> (&str, Option<&str>) {
    match name.split_once('@') {
        Some((network, within)) => (network, Some(within)),
        None => (name, None),
    }
}
