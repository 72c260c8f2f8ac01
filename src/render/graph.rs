//! The topology as a picture, as text and as JSON. Invariant: what is drawn is the same in every
//! format; only Mermaid's, which has limits, folds what is too much.

mod dot;
mod flow;
mod json;
mod mermaid;
mod outline;
mod svg;
mod table;

use super::text::{count, escaped};
use crate::cloudflare::tunnel::Status;
use crate::graph::{Graph, Health, Name, Network, Rule, Trace, Tunnel};
use crate::kind::Kind as _;
use crate::kind::warp_connector::WarpConnector;

pub use dot::dot;
pub use json::json;
pub use mermaid::mermaid;
pub use outline::outline;
pub use svg::svg;

/// What stands in every picture, so that an old one can be told from other files.
pub const MADE_BY: &str = "made by tunctl graph";

/// How something stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    /// A name without a record, or one that stands for all others.
    Faint,
    Healthy,
    Degraded,
    Down,
    Inactive,
    Missing,
    Undeclared,
}

impl Look {
    const ALL: [Self; 8] = [
        Self::Plain,
        Self::Faint,
        Self::Healthy,
        Self::Degraded,
        Self::Down,
        Self::Inactive,
        Self::Missing,
        Self::Undeclared,
    ];

    /// Its name in style sheets.
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Faint => "faint",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Inactive => "inactive",
            Self::Missing => "missing",
            Self::Undeclared => "undeclared",
        }
    }

    /// Its colour where nobody can choose between dark and light: readable on both.
    fn colour(self) -> &'static str {
        match self {
            Self::Plain | Self::Faint | Self::Inactive => "#7d8590",
            Self::Healthy => "#2da44e",
            Self::Degraded => "#bf8700",
            Self::Down | Self::Missing => "#cf222e",
            Self::Undeclared => "#8250df",
        }
    }

    fn is_dashed(self) -> bool {
        match self {
            Self::Faint | Self::Missing | Self::Undeclared => true,
            Self::Plain | Self::Healthy | Self::Degraded | Self::Down | Self::Inactive => false,
        }
    }

    fn of_trace(trace: Trace) -> Self {
        match trace {
            Trace::Declared => Self::Plain,
            Trace::Missing => Self::Missing,
            Trace::Undeclared => Self::Undeclared,
        }
    }

    fn of_tunnel(tunnel: &Tunnel) -> Self {
        let health = tunnel
            .health
            .as_ref()
            .filter(|_| tunnel.trace == Trace::Declared);
        match health.and_then(|it| it.status) {
            Some(Status::Healthy) => Self::Healthy,
            Some(Status::Degraded) => Self::Degraded,
            Some(Status::Down) => Self::Down,
            Some(Status::Inactive) => Self::Inactive,
            None => Self::of_trace(tunnel.trace),
        }
    }

    /// A name's own, or what all of its rules have.
    fn of_name(name: &Name) -> Self {
        let mut rules = name.rules.iter().map(|it| it.trace);
        let first = rules.next();
        let of_rules = first.filter(|first| rules.all(|it| it == *first));
        match name.record.or(of_rules) {
            Some(Trace::Declared) | None if name.record.is_none() => Self::Faint,
            Some(trace) => Self::of_trace(trace),
            None => Self::Faint,
        }
    }
}

/// What the whole is called: `Topology of edge: 5 hostnames, 2 private networks, 1 tunnel`.
fn heading(graph: &Graph) -> String {
    let names = graph.tunnels.iter().flat_map(|it| &it.names);
    let names = names.filter(|it| !it.host.is_empty()).count();
    let networks = graph.tunnels.iter().map(|it| it.networks.len()).sum();
    let mut counts = vec![count(names, "hostname")];
    if networks > 0 {
        counts.push(count(networks, "private network"));
    }
    let is_warp = |it: &&Tunnel| it.address.kind == WarpConnector::NAME;
    let warp = graph.tunnels.iter().filter(is_warp).count();
    counts.push(count(graph.tunnels.len() - warp, "tunnel"));
    if warp > 0 {
        counts.push(count(warp, "WARP connector"));
    }
    let stacks = graph.stacks.join(", ");
    format!("Topology of {}: {}", escaped(&stacks), counts.join(", "))
}

/// What is to be said about a tunnel beside its name.
fn notes(tunnel: &Tunnel, stacks: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if tunnel.is_gone() {
        notes.push("no such tunnel lives".to_owned());
    } else {
        notes.extend(of_trace(tunnel.trace).map(str::to_owned));
    }
    notes.extend(tunnel.health.iter().flat_map(of_health));
    if stacks > 1 {
        notes.extend(tunnel.stack.iter().map(|it| format!("stack {it}")));
    }
    notes
}

fn of_trace(trace: Trace) -> Option<&'static str> {
    match trace {
        Trace::Declared => None,
        Trace::Missing => Some("missing at Cloudflare"),
        Trace::Undeclared => Some("not declared"),
    }
}

fn of_health(health: &Health) -> Vec<String> {
    let status = health.status.map_or("unknown status", status);
    let mut notes = vec![status.to_owned()];
    notes.extend(connectors(health));
    let versions = health.connectors.iter().flatten();
    let mut versions: Vec<String> = versions.filter_map(|it| it.version.clone()).collect();
    versions.sort();
    versions.dedup();
    if !versions.is_empty() {
        notes.push(versions.join(" "));
    }
    notes
}

/// How many live ones there are; `None` if nobody asked.
fn connectors(health: &Health) -> Option<String> {
    let live = health.connectors.as_ref()?;
    let live = live.iter().filter(|it| it.is_connected()).count();
    Some(count(live, "connector"))
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Inactive => "inactive",
        Status::Degraded => "degraded",
        Status::Healthy => "healthy",
        Status::Down => "down",
    }
}

fn host(name: &Name) -> &str {
    match name.host.as_str() {
        "" => "(any host)",
        host => host,
    }
}

/// What is to be said about a hostname: its record.
fn about_name(name: &Name) -> Option<&'static str> {
    match name.record {
        None if name.host.is_empty() => None,
        None => Some("no record of DNS leads here"),
        Some(Trace::Declared) => None,
        Some(Trace::Missing) => Some("its record is missing at Cloudflare"),
        Some(Trace::Undeclared) => Some("its record is not declared"),
    }
}

/// A rule in one line, as plans write it.
fn about_rule(name: &Name, rule: &Rule) -> String {
    let path = rule.path.iter().map(|it| format!(" {it}"));
    let path: String = path.collect();
    let trace = of_trace(rule.trace).map(|it| format!(" ({it})"));
    let (position, service) = (rule.position, &rule.service);
    let (host, trace) = (host(name), trace.unwrap_or_default());
    format!("rule {position}: {host}{path} -> {service}{trace}")
}

fn within(network: &Network) -> &str {
    network
        .within
        .as_deref()
        .unwrap_or("default virtual network")
}

/// What answers for private networks.
fn serving_networks(tunnel: &Tunnel) -> String {
    let live = tunnel.health.as_ref().and_then(connectors);
    live.unwrap_or_else(|| "connectors".to_owned())
}
