//! What leads where: hostnames over rules to services, networks over virtual networks to
//! connectors, tunnel by tunnel. As manifests say it, and with what was found at Cloudflare laid
//! beside it. Invariant: nothing that is declared or was found is missing; how much of it is
//! shown is for the views to say.

mod facts;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use serde::Serialize;

use crate::address::{Address, Ids};
use crate::cloudflare::connection::Connector;
use crate::cloudflare::tunnel::Status;
use crate::manifest::Manifest;
use crate::observed::Observed;
use facts::Facts;

/// The whole picture.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The stacks that it is about, in the order in which they were named.
    pub stacks: Vec<String>,
    /// Whether it was looked at Cloudflare.
    pub live: bool,
    /// Tunnels and WARP connectors: stack by stack, then what no stack declares.
    pub tunnels: Vec<Tunnel>,
    /// Virtual networks that no route is in, by name.
    pub empty_networks: BTreeMap<String, Trace>,
}

/// Where a thing was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trace {
    /// In a manifest, and at Cloudflare unless nobody looked there.
    Declared,
    /// In a manifest, and not at Cloudflare.
    Missing,
    /// At Cloudflare, and in no manifest of the run.
    Undeclared,
}

/// A tunnel or a WARP connector with all that leads to it.
#[derive(Debug, Clone)]
pub struct Tunnel {
    /// `tunnel.NAME` or `warp_connector.NAME`; the name begins with `id:` if only records or
    /// routes are left of it.
    pub address: Address,
    /// The stack that declares it.
    pub stack: Option<String>,
    /// Where it was met.
    pub trace: Trace,
    /// How it fares; `None` if nobody looked.
    pub health: Option<Health>,
    /// Hostnames, in the order of DNS, those that stand for all others last.
    pub names: Vec<Name>,
    /// Private networks, by virtual network and address.
    pub networks: Vec<Network>,
}

/// How a tunnel fares.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// Cloudflare's word; `None` if it is a new one.
    pub status: Option<Status>,
    /// Who is connected; `None` if that was not asked.
    pub connectors: Option<Vec<Connector>>,
}

/// A hostname and what answers under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As the rules write it; empty for every host.
    pub host: String,
    /// The DNS record that leads it to the tunnel; `None` without one.
    pub record: Option<Trace>,
    /// The rules that have exactly this hostname; if none has, those that serve it.
    pub rules: Vec<Rule>,
}

/// One ingress rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// From 0, as `cloudflared tunnel ingress rule` counts.
    pub position: usize,
    /// The pattern; `None` for every path.
    pub path: Option<String>,
    /// What answers.
    pub service: String,
    /// Where it was met.
    pub trace: Trace,
}

/// A private network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The virtual network; `None` for the default one.
    pub within: Option<String>,
    /// The addresses, such as `10.20.0.0/16`.
    pub network: String,
    /// Where the route was met.
    pub trace: Trace,
}

/// A stack, and what was seen of it.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// What should be.
    pub manifest: &'a Manifest,
    /// What is; `None` if nobody looked.
    pub live: Option<Live<'a>>,
}

/// What was found at Cloudflare.
#[derive(Debug, Clone, Copy)]
pub struct Live<'a> {
    /// The objects.
    pub observed: &'a Observed,
    /// How tunnels and WARP connectors fare.
    pub health: &'a BTreeMap<Address, Health>,
}

/// An account, and the address of a tunnel in it.
type Key = (String, Address);

impl Graph {
    /// Puts stacks together. What is at Cloudflare and declared by another one of them is not
    /// undeclared.
    #[must_use]
    pub fn new(parts: &[Part<'_>]) -> Self {
        let mut graph = Self::default();
        let mut tunnels: BTreeMap<Key, Tunnel> = BTreeMap::new();
        for part in parts {
            graph.stacks.push(part.manifest.ownership.stack.clone());
            graph.live |= part.live.is_some();
            graph.add(part, &mut tunnels);
        }
        let order = |tunnel: &Tunnel| {
            let stack = tunnel.stack.as_ref();
            let stack = stack.and_then(|it| graph.stacks.iter().position(|stack| stack == it));
            (stack.is_none(), stack, tunnel.address.clone())
        };
        let mut tunnels: Vec<Tunnel> = tunnels.into_values().collect();
        tunnels.sort_by_cached_key(order);
        graph.tunnels = tunnels;
        graph
    }

    fn add(&mut self, part: &Part<'_>, tunnels: &mut BTreeMap<Key, Tunnel>) {
        let manifest = part.manifest;
        let declared = Facts::declared(manifest);
        let found = part.live.map(|live| Facts::found(manifest, live.observed));
        let found = found.as_ref();
        let records = traced(&declared.records, found.map(|it| &it.records));
        let routes = traced(&declared.routes, found.map(|it| &it.routes));
        let traces = traced(&declared.tunnels, found.map(|it| &it.tunnels));
        let mut all: BTreeSet<Address> = traces.keys().cloned().collect();
        for facts in [Some(&declared), found].into_iter().flatten() {
            all.extend(facts.targets());
        }
        for address in all {
            let trace = traces.get(&address).copied();
            let trace = trace.unwrap_or(Trace::Undeclared);
            let health = part.live.and_then(|live| live.health.get(&address));
            let tunnel = Tunnel {
                stack: (trace != Trace::Undeclared).then(|| manifest.ownership.stack.clone()),
                trace,
                health: health.cloned(),
                names: names::names(&address, leading(&records, &address), &declared, found),
                networks: networks(leading(&routes, &address)),
                address: address.clone(),
            };
            let key = (manifest.account.clone(), address);
            match tunnels.get_mut(&key) {
                Some(known) => known.merge(tunnel),
                None => drop(tunnels.insert(key, tunnel)),
            }
        }
        let used = |name: &String| {
            let facts = [Some(&declared), found].into_iter().flatten();
            facts.into_iter().any(|it| it.uses(name))
        };
        let networks = traced(&declared.networks, found.map(|it| &it.networks));
        let empty = networks.into_iter().filter(|(name, _)| !used(name));
        self.empty_networks.extend(empty);
    }
}

impl Tunnel {
    /// Whether only records or routes are left of it.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        Ids::is_unknown(&self.address.name)
    }

    /// The same tunnel as another stack sees it: whoever declares it knows more.
    fn merge(&mut self, mut other: Self) {
        if other.trace < self.trace {
            std::mem::swap(self, &mut other);
        }
        let Self {
            names, networks, ..
        } = other;
        for name in names {
            match self.names.iter_mut().find(|it| it.host == name.host) {
                Some(known) => known.record = known.record.or(name.record),
                None => self.names.push(name),
            }
        }
        self.names.sort_by_cached_key(names::order);
        let new = |it: &Network| !self.networks.iter().any(|known| known.is_same(it));
        let networks: Vec<Network> = networks.into_iter().filter(new).collect();
        self.networks.extend(networks);
        self.networks.sort_by_cached_key(Network::order);
    }
}

impl Network {
    /// By virtual network, the default one first, then by address and not by its text.
    fn order(&self) -> (Option<String>, Option<IpNet>, String) {
        let parsed = self.network.parse().ok();
        (self.within.clone(), parsed, self.network.clone())
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.network, &self.within) == (&other.network, &other.within)
    }
}

/// What leads to a tunnel.
fn leading<'a>(
    all: &'a BTreeMap<(Address, String), Trace>,
    to: &'a Address,
) -> impl Iterator<Item = (&'a str, Trace)> {
    let from = all.range((to.clone(), String::new())..);
    from.take_while(move |((target, _), _)| target == to)
        .map(|((_, name), trace)| (name.as_str(), *trace))
}

fn networks<'a>(routes: impl Iterator<Item = (&'a str, Trace)>) -> Vec<Network> {
    let networks = routes.map(|(name, trace)| {
        let (network, within) = facts::parts(name);
        Network {
            within: within.map(str::to_owned),
            network: network.to_owned(),
            trace,
        }
    });
    let mut networks: Vec<Network> = networks.collect();
    networks.sort_by_cached_key(Network::order);
    networks
}

/// Everything that is in one of two sets, and in which.
fn traced<T: Ord + Clone>(
    declared: &BTreeSet<T>,
    found: Option<&BTreeSet<T>>,
) -> BTreeMap<T, Trace> {
    let of_declared = |it: &T| match found {
        Some(found) if !found.contains(it) => Trace::Missing,
        Some(_) | None => Trace::Declared,
    };
    let undeclared = found.into_iter().flatten();
    let undeclared = undeclared.filter(|it| !declared.contains(it));
    let all = declared.iter().map(|it| (it.clone(), of_declared(it)));
    all.chain(undeclared.map(|it| (it.clone(), Trace::Undeclared)))
        .collect()
}
