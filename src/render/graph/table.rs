//! Where everything stands: a tunnel is a table of rows, one for each rule and each network. A
//! name stands beside all of its rules, a service beside the runs of rows that it answers; names
//! are put in such an order that these runs are long, so that few lines cross.

use std::collections::BTreeMap;

use super::{Look, about_name, about_rule, host, of_trace, serving_networks, within};
use crate::graph::{Name, Rule, Tunnel};

/// How often names and services are put in order. It settles in two or three rounds.
const ROUNDS: usize = 4;

/// How many rows a line may cross on its way to a service.
const NEAR: usize = 4;

/// Parts of a row, so that means can be compared without fractions.
const PARTS: usize = 1 << 16;

/// A box beside some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// The first row, from 0.
    pub(super) row: usize,
    pub(super) rows: usize,
    pub(super) text: String,
    /// Everything that is to be said about it.
    pub(super) title: String,
    pub(super) look: Look,
}

/// Rows one below the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    row: usize,
    rows: usize,
}

impl Run {
    fn end(self) -> usize {
        self.row + self.rows
    }

    /// Rows between the two; 0 if they touch.
    fn distance(self, other: Self) -> usize {
        let after = self.row.saturating_sub(other.end());
        after + other.row.saturating_sub(self.end())
    }

    /// The row of it that is nearest to another one.
    fn nearest(self, row: usize) -> usize {
        row.clamp(self.row, self.end() - 1)
    }
}

/// A line through a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) row: usize,
    /// Where it ends: a row beside which the service stands.
    pub(super) end: usize,
    pub(super) look: Look,
}

/// A tunnel as a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) rows: usize,
    /// Names and networks.
    pub(super) left: Vec<Cell>,
    /// Paths and virtual networks.
    pub(super) middle: Vec<Cell>,
    /// Services and connectors.
    pub(super) right: Vec<Cell>,
    pub(super) lines: Vec<Line>,
}

impl Table {
    pub(super) fn new(tunnel: &Tunnel) -> Self {
        let mut table = Self::default();
        table.rules(&arranged(&tunnel.names));
        table.networks(tunnel);
        table
    }

    fn rules(&mut self, names: &[&Name]) {
        let mut served: Vec<(usize, &Name, &Rule)> = Vec::new();
        for name in names {
            let first = self.rows;
            for rule in &name.rules {
                served.push((self.rows, name, rule));
                self.rows += 1;
            }
            self.rows = self.rows.max(first + 1);
            let about = about_name(name).map(|it| format!(": {it}"));
            self.left.push(Cell {
                row: first,
                rows: self.rows - first,
                text: host(name).to_owned(),
                title: format!("{}{}", host(name), about.unwrap_or_default()),
                look: Look::of_name(name),
            });
        }
        let places = places(&served);
        for (service, runs) in &places {
            self.right.extend(runs.iter().map(|run| Cell {
                row: run.row,
                rows: run.rows,
                text: (*service).to_owned(),
                title: (*service).to_owned(),
                look: Look::Plain,
            }));
        }
        for (row, name, rule) in served {
            let ends = places[rule.service.as_str()].iter();
            let ends = ends.map(|run| run.nearest(row));
            let end = ends.min_by_key(|end| end.abs_diff(row)).unwrap_or(row);
            self.rule((row, end), name, rule);
        }
    }

    fn rule(&mut self, (row, end): (usize, usize), name: &Name, rule: &Rule) {
        let mut look = Look::of_trace(rule.trace);
        if look == Look::Plain && name.host.is_empty() {
            look = Look::Faint;
        }
        self.lines.push(Line { row, end, look });
        if let Some(path) = &rule.path {
            self.middle.push(Cell {
                row,
                rows: 1,
                text: path.clone(),
                title: about_rule(name, rule),
                look,
            });
        }
    }

    fn networks(&mut self, tunnel: &Tunnel) {
        let first = self.rows;
        for network in &tunnel.networks {
            let look = Look::of_trace(network.trace);
            let about = of_trace(network.trace).map(|it| format!(": {it}"));
            let cell = |text: &str, title: String| Cell {
                row: self.rows,
                rows: 1,
                text: text.to_owned(),
                title,
                look,
            };
            let name = &network.network;
            let title = format!("{name}{}", about.unwrap_or_default());
            let (left, middle) = (
                cell(name, title),
                cell(within(network), within(network).into()),
            );
            self.left.push(left);
            self.middle.push(middle);
            self.lines.push(Line {
                row: self.rows,
                end: self.rows,
                look,
            });
            self.rows += 1;
        }
        if self.rows > first {
            let text = serving_networks(tunnel);
            self.right.push(Cell {
                row: first,
                rows: self.rows - first,
                title: format!("{text} of {}", tunnel.address),
                text,
                look: Look::of_tunnel(tunnel),
            });
        }
    }
}

/// Where each service stands: beside the longest run of rows that it answers, and again beside
/// runs that are so far away that nobody could follow a line.
fn places<'a>(served: &[(usize, &Name, &'a Rule)]) -> BTreeMap<&'a str, Vec<Run>> {
    let mut places: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
    for (service, run) in runs(served) {
        let known = places.entry(service).or_default();
        if known.iter().all(|it| it.distance(run) > NEAR) {
            known.push(run);
        }
    }
    places
}

/// Rows one below the other with the same service, the longest runs first.
fn runs<'a>(served: &[(usize, &Name, &'a Rule)]) -> Vec<(&'a str, Run)> {
    let mut runs: Vec<(&str, Run)> = Vec::new();
    for (row, _, rule) in served {
        match runs.last_mut() {
            Some((service, run)) if *service == rule.service && run.end() == *row => run.rows += 1,
            Some(_) | None => runs.push((&rule.service, Run { row: *row, rows: 1 })),
        }
    }
    runs.sort_by_key(|(_, run)| (std::cmp::Reverse(run.rows), run.row));
    runs
}

/// Names in an order in which few lines cross: each is drawn to where its services stand, and
/// each service to its names (the barycentre heuristic). What stands for all others is last.
fn arranged(names: &[Name]) -> Vec<&Name> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    for _ in 0..ROUNDS {
        let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (place, name) in order.iter().enumerate() {
            for rule in &names[*name].rules {
                let (sum, number) = places.entry(&rule.service).or_default();
                *sum += place * PARTS;
                *number += 1;
            }
        }
        let mut services: Vec<(usize, &str)> = places
            .into_iter()
            .map(|(service, (sum, number))| (sum / number, service))
            .collect();
        services.sort_unstable();
        let services: BTreeMap<&str, usize> = services
            .into_iter()
            .enumerate()
            .map(|(place, (_, service))| (service, place))
            .collect();
        let mean = |name: &usize| {
            let rules = &names[*name].rules;
            let sum: usize = rules.iter().map(|it| services[it.service.as_str()]).sum();
            sum * PARTS / rules.len().max(1)
        };
        order.sort_by_cached_key(|name| (names[*name].host.is_empty(), mean(name), *name));
    }
    order.into_iter().map(|name| &names[name]).collect()
}
