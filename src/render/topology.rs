//! What a plan changes as a picture: hostnames and networks on the left, tunnels in the middle,
//! services on the right. Invariant: only what changes, and what that touches, is in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::rows::{self, Row};
use crate::kind::Kind as _;
use crate::kind::dns_record::DnsRecord;
use crate::kind::private_route::PrivateRoute;
use crate::kind::tunnel::Tunnel;
use crate::kind::tunnel_config::TunnelConfig;
use crate::plan::blast_radius::targets;
use crate::plan::{Action, Change, Plan};

/// What happens to a node or an edge, what needs the most attention first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Gone,
    Changed,
    New,
    Kept,
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Names,
    Tunnels,
    Services,
}

/// A column and a text: what makes a node the same one.
type Key = (Column, String);

/// A node of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) column: Column,
    pub(crate) label: String,
    pub(crate) fate: Fate,
}

/// A picture that is not too large to be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) nodes: Vec<Node>,
    /// From a node to another one, by their positions.
    pub(crate) edges: Vec<(usize, usize, Fate)>,
    /// How many edges and lone nodes there would be besides.
    pub(crate) left_out: usize,
}

#[derive(Default)]
struct Topology {
    nodes: BTreeMap<Key, Fate>,
    edges: BTreeMap<(Key, Key), Fate>,
}

/// Draws up to so many edges and lone nodes, what goes first.
pub(crate) fn picture(plan: &Plan, limit: usize) -> Picture {
    let mut topology = Topology::default();
    plan.changes().for_each(|change| topology.add(change));
    topology.picture(limit)
}

impl Topology {
    fn add(&mut self, change: &Change) {
        let fate = fate(&change.action);
        let (kind, name) = (change.address.kind.as_str(), &change.address.name);
        if kind == DnsRecord::NAME || kind == PrivateRoute::NAME {
            let key = (Column::Names, name.clone());
            self.node(key.clone(), fate);
            self.leads(&key, change, fate);
        } else if kind == TunnelConfig::NAME {
            let tunnel = (Column::Tunnels, format!("{}.{name}", Tunnel::NAME));
            self.node(tunnel.clone(), Fate::Kept);
            self.serves(&tunnel, change);
        } else {
            self.node((Column::Tunnels, change.address.to_string()), fate);
        }
    }

    /// A name and where it leads, before and after.
    fn leads(&mut self, key: &Key, change: &Change, fate: Fate) {
        let (before, after) = targets(change);
        let target = |name: &str| (Column::Tunnels, name.to_owned());
        match (before, after) {
            (Some(old), Some(new)) if old == new => self.edge(key, target(new), fate),
            (old, new) => {
                if let Some(old) = old {
                    self.edge(key, target(old), Fate::Gone);
                }
                if let Some(new) = new {
                    self.edge(key, target(new), Fate::New);
                }
            }
        }
    }

    /// A tunnel and its rules' services, as far as they change.
    fn serves(&mut self, tunnel: &Key, change: &Change) {
        let rules = |spec: Option<&Value>| {
            let rules = spec.and_then(|spec| spec.get("ingress")?.as_array());
            rules.cloned().unwrap_or_default()
        };
        let before = change.action.objects().first();
        let before = rules(before.map(|object| &object.spec));
        let after = rules(change.action.after());
        let compared = rows::compare(&before, &after);
        for row in compared.iter().filter(|row| !row.is_kept()) {
            let (old, new, both) = match row {
                Row::Added((_, rule)) => (None, service(rule), Fate::New),
                Row::Removed((_, rule)) => (service(rule), None, Fate::Gone),
                Row::Both { before, after, .. } => {
                    (service(before.1), service(after.1), Fate::Changed)
                }
            };
            if old == new {
                if let Some(new) = new {
                    self.edge(tunnel, new, both);
                }
                continue;
            }
            if let Some(old) = old {
                self.edge(tunnel, old, Fate::Gone);
            }
            if let Some(new) = new {
                self.edge(tunnel, new, Fate::New);
            }
        }
    }

    /// What is only referred to stays as it is, unless its own change says otherwise.
    fn node(&mut self, key: Key, fate: Fate) {
        let known = self.nodes.entry(key).or_insert(Fate::Kept);
        *known = (*known).min(fate);
    }

    /// What goes and comes at the same time changes: another rule still needs it.
    fn edge(&mut self, from: &Key, to: Key, fate: Fate) {
        self.node(to.clone(), Fate::Kept);
        let known = self.edges.entry((from.clone(), to)).or_insert(fate);
        if *known != fate {
            *known = Fate::Changed;
        }
    }

    fn picture(self, limit: usize) -> Picture {
        let mut edges: Vec<_> = self.edges.into_iter().collect();
        edges.sort_by_key(|(_, fate)| *fate);
        let linked = edges.iter().flat_map(|((from, to), _)| [from, to]);
        let linked: BTreeSet<&Key> = linked.collect();
        let lone = self.nodes.keys().filter(|key| !linked.contains(key));
        let lone: Vec<Key> = lone.cloned().collect();
        let all = edges.len() + lone.len();
        edges.truncate(limit);
        let lone = lone.into_iter().take(limit - edges.len());
        let mut places: BTreeMap<Key, usize> = lone.map(|key| (key, 0)).collect();
        for ((from, to), _) in &edges {
            places.extend([(from.clone(), 0), (to.clone(), 0)]);
        }
        let mut picture = Picture::default();
        for ((column, label), place) in &mut places {
            *place = picture.nodes.len();
            let fate = self.nodes.get(&(*column, label.clone()));
            picture.nodes.push(Node {
                column: *column,
                label: label.clone(),
                fate: fate.copied().unwrap_or(Fate::Kept),
            });
        }
        picture.left_out = all.saturating_sub(limit);
        let edges = edges.into_iter();
        picture.edges = edges
            .map(|((from, to), fate)| (places[&from], places[&to], fate))
            .collect();
        picture
    }
}

fn fate(action: &Action) -> Fate {
    match action {
        Action::Create { .. } => Fate::New,
        Action::Delete { .. } => Fate::Gone,
        Action::Update { .. }
        | Action::Adopt { .. }
        | Action::Rename { .. }
        | Action::Rotate { .. }
        | Action::Replace { .. } => Fate::Changed,
    }
}

fn service(rule: &Value) -> Option<Key> {
    let service = rule.get("service")?.as_str()?;
    Some((Column::Services, service.to_owned()))
}
