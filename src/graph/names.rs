//! The hostnames of one tunnel: those of its rules, and those that only have a record.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::{Name, Rule, Trace, traced};
use crate::address::Address;
use crate::ingress::host::HostPattern;
use crate::kind::Kind as _;
use crate::kind::tunnel::Tunnel;

/// A rule with the host that it is for.
type Ruled = (String, Rule);

/// The names of a tunnel with what answers under them; `records` lead to it.
pub(super) fn names<'a>(
    of: &Address,
    records: impl Iterator<Item = (&'a str, Trace)>,
    declared: &Facts,
    found: Option<&Facts>,
) -> Vec<Name> {
    let rules = if of.kind == Tunnel::NAME {
        rules(&of.name, declared, found)
    } else {
        Vec::new()
    };
    let mut records: BTreeMap<String, Trace> = records
        .map(|(host, trace)| (host.to_owned(), trace))
        .collect();
    let mut names: Vec<Name> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (host, rule) in &rules {
        let place = *places.entry(host).or_insert(names.len());
        if place == names.len() {
            names.push(Name {
                host: host.clone(),
                record: records.get(&in_dns(host)).copied(),
                rules: Vec::new(),
            });
        }
        names[place].rules.push(rule.clone());
    }
    for host in places.keys() {
        records.remove(&in_dns(host));
    }
    names.extend(records.into_iter().map(|(host, trace)| Name {
        rules: serving(&host, &rules),
        record: Some(trace),
        host,
    }));
    names.sort_by_cached_key(order);
    names
}

/// The order of DNS: what has one parent stands together. What stands for all is last.
pub(super) fn order(name: &Name) -> (bool, Vec<String>) {
    let labels = name.host.rsplit('.').map(str::to_owned);
    (name.host.is_empty(), labels.collect())
}

/// A hostname as records have it.
fn in_dns(host: &str) -> String {
    idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_lowercase())
}

/// The declared rules, then those that are only at Cloudflare. Their settings are the plan's
/// business.
fn rules(tunnel: &str, declared: &Facts, found: Option<&Facts>) -> Vec<Ruled> {
    let listed = |facts: &Facts| -> Option<Vec<(String, Option<String>, String)>> {
        let rules = facts.rules.get(tunnel)?.iter();
        let words = rules.map(|it| (it.host().to_owned(), it.path.clone(), it.service.clone()));
        Some(words.collect())
    };
    let declared = listed(declared).unwrap_or_default();
    // Rules that live with the connectors cannot be looked at.
    let found = found.and_then(listed);
    let sets = |words: &Vec<_>| words.iter().cloned().collect::<BTreeSet<_>>();
    let traces = traced(&sets(&declared), found.as_ref().map(sets).as_ref());
    let ruled = |(position, words): (usize, (String, Option<String>, String))| {
        let trace = traces[&words];
        let (host, path, service) = words;
        let rule = Rule {
            position,
            path,
            service,
            trace,
        };
        (host, rule)
    };
    let found = found.into_iter().flat_map(|it| it.into_iter().enumerate());
    let undeclared = found
        .map(ruled)
        .filter(|(_, rule)| rule.trace == Trace::Undeclared);
    let mut all: Vec<Ruled> = declared.into_iter().enumerate().map(ruled).collect();
    all.extend(undeclared.collect::<Vec<_>>());
    all
}

/// The rules that serve a name which none has for its own: up to the first that takes every
/// path.
fn serving(host: &str, rules: &[Ruled]) -> Vec<Rule> {
    let mut serving = Vec::new();
    for (pattern, rule) in rules {
        if HostPattern::new(pattern).matches(host.as_bytes()) {
            serving.push(rule.clone());
            if rule.path.is_none() {
                break;
            }
        }
    }
    serving
}
