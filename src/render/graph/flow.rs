//! The same picture as nodes and edges, for programs that lay them out themselves.

use std::collections::BTreeMap;

use super::{Look, host, notes, serving_networks, within};
use crate::graph::{Graph, Name, Tunnel};
use crate::render::text::count;

/// Whether every hostname is a node of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Whole,
    /// Hostnames of a tunnel with the same services are one node, and paths are left out.
    Folded,
}

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Host,
    Network,
    Service,
    /// It says that there is nothing.
    Nothing,
}

/// A node of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) shape: Shape,
    pub(super) label: String,
    pub(super) look: Look,
}

/// An edge between two nodes of a cluster, by their positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: Option<String>,
    pub(super) look: Look,
}

/// A tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cluster {
    pub(super) title: String,
    pub(super) look: Look,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

/// Every tunnel as a cluster.
pub(super) fn clusters(graph: &Graph, detail: Detail) -> Vec<Cluster> {
    let stacks = graph.stacks.len();
    let cluster = |it: &Tunnel| Cluster::new(it, stacks, detail);
    graph.tunnels.iter().map(cluster).collect()
}

impl Cluster {
    fn new(tunnel: &Tunnel, stacks: usize, detail: Detail) -> Self {
        let name = tunnel.address.to_string();
        let title = std::iter::once(name).chain(notes(tunnel, stacks));
        let mut cluster = Self {
            title: title.collect::<Vec<_>>().join(" · "),
            look: Look::of_tunnel(tunnel),
            nodes: Vec::new(),
            edges: Vec::new(),
        };
        match detail {
            Detail::Whole => cluster.names(&tunnel.names),
            Detail::Folded => cluster.folded(&tunnel.names),
        }
        cluster.networks(tunnel);
        if cluster.nodes.is_empty() {
            cluster.node(Shape::Nothing, "nothing leads here".to_owned(), Look::Faint);
        }
        cluster
    }

    fn node(&mut self, shape: Shape, label: String, look: Look) -> usize {
        self.nodes.push(Node { shape, label, look });
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, label: Option<String>, look: Look) {
        let edge = Edge {
            from,
            to,
            label,
            look,
        };
        self.edges.push(edge);
    }

    fn service<'a>(&mut self, known: &mut BTreeMap<&'a str, usize>, service: &'a str) -> usize {
        let new = || self.node(Shape::Service, service.to_owned(), Look::Plain);
        *known.entry(service).or_insert_with(new)
    }

    fn names(&mut self, names: &[Name]) {
        let mut services = BTreeMap::new();
        for name in names {
            let from = self.node(Shape::Host, host(name).to_owned(), Look::of_name(name));
            for rule in &name.rules {
                let to = self.service(&mut services, &rule.service);
                self.edge(from, to, rule.path.clone(), Look::of_trace(rule.trace));
            }
        }
    }

    fn folded(&mut self, names: &[Name]) {
        let mut groups: Vec<(Vec<&str>, Look, Vec<&Name>)> = Vec::new();
        let mut places: BTreeMap<(Vec<&str>, &str), usize> = BTreeMap::new();
        for name in names {
            let mut to: Vec<&str> = name.rules.iter().map(|it| it.service.as_str()).collect();
            to.sort_unstable();
            to.dedup();
            let look = Look::of_name(name);
            let place = *places
                .entry((to.clone(), look.class()))
                .or_insert(groups.len());
            if place == groups.len() {
                groups.push((to, look, Vec::new()));
            }
            groups[place].2.push(name);
        }
        let mut services = BTreeMap::new();
        for (to, look, names) in groups {
            let label = match names.as_slice() {
                [only] => host(only).to_owned(),
                [first, ..] => format!("{}: {}, …", count(names.len(), "hostname"), host(first)),
                [] => continue,
            };
            let from = self.node(Shape::Host, label, look);
            for service in to {
                let to = self.service(&mut services, service);
                self.edge(from, to, None, look);
            }
        }
    }

    fn networks(&mut self, tunnel: &Tunnel) {
        let mut connectors = None;
        for network in &tunnel.networks {
            let look = Look::of_trace(network.trace);
            let from = self.node(Shape::Network, network.network.clone(), look);
            let to = *connectors.get_or_insert_with(|| {
                let label = serving_networks(tunnel);
                self.node(Shape::Service, label, Look::of_tunnel(tunnel))
            });
            self.edge(from, to, Some(within(network).to_owned()), look);
        }
    }
}
