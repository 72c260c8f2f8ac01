//! The rules before another one, by the hosts that they serve, so that only those are compared
//! that can meet.

use std::collections::BTreeMap;

use super::TOGETHER;
use crate::ingress::host::Hosts;

/// How many labels of a host are looked at: more than a name in DNS can have. A rule for a
/// longer one counts as reached.
const LABELS: usize = 130;

/// The rules so far.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    all: Takers<'a>,
    below: BTreeMap<String, Takers<'a>>,
    one: BTreeMap<String, Takers<'a>>,
}

/// The rules of the same hosts.
#[derive(Debug, Default)]
pub(super) struct Takers<'a> {
    /// The first one with each path; that without a path has the empty one.
    by_path: BTreeMap<&'a str, usize>,
    /// The first few of those.
    first: Vec<usize>,
}

impl<'a> Index<'a> {
    /// Adds a rule.
    pub(super) fn add(&mut self, hosts: Hosts<'_>, path: &'a str, rule: usize) {
        let takers = match hosts {
            Hosts::All => &mut self.all,
            Hosts::Below(name) => self.below.entry(name.to_owned()).or_default(),
            Hosts::One(name) => self.one.entry(name.to_owned()).or_default(),
        };
        if !takers.by_path.contains_key(path) {
            takers.by_path.insert(path, rule);
            if takers.first.len() < TOGETHER {
                takers.first.push(rule);
            }
        }
    }

    /// The rules that serve all of these hosts.
    pub(super) fn lists(&self, hosts: Hosts<'_>) -> Vec<&Takers<'a>> {
        let mut lists = vec![&self.all];
        lists.extend(self.wildcards(hosts));
        if let Hosts::One(name) = hosts {
            lists.extend(self.one.get(name));
        }
        lists
    }

    /// Those of them that serve a wildcard.
    pub(super) fn wildcards(&self, hosts: Hosts<'_>) -> Vec<&Takers<'a>> {
        let (Hosts::One(name) | Hosts::Below(name)) = hosts else {
            return Vec::new();
        };
        let dots = name.match_indices('.').take(LABELS);
        dots.filter_map(|(dot, _)| self.below.get(&name[dot..]))
            .collect()
    }
}

impl Takers<'_> {
    /// The first rule that takes all that one with a path takes, as far as texts show.
    pub(super) fn of_path(&self, path: &str) -> Option<usize> {
        let every = self.by_path.get("");
        every
            .into_iter()
            .chain(self.by_path.get(path))
            .copied()
            .min()
    }

    /// The first few rules with different paths.
    pub(super) fn first(&self) -> impl Iterator<Item = usize> {
        self.first.iter().copied()
    }
}
