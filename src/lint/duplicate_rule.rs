//! The same hostname and path in two rules.

use std::collections::BTreeMap;

use super::context::{Context, Written};
use super::{Found, Lint};
use crate::ingress::Rule;
use crate::kind::dns_record;
use crate::problem::Problem;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::duplicate_rule",
    needs_zones: false,
    check,
};

/// What a rule answers, in the words of the manifest.
type Place<'a> = (&'a str, &'a str);

/// Whether two rules have the same hostname and path.
pub(super) fn same(one: &Rule, other: &Rule) -> bool {
    key(one) == key(other)
}

fn key(rule: &Rule) -> Place<'_> {
    let host = if rule.host() == "*" { "" } else { rule.host() };
    (host, rule.path_pattern())
}

fn check(context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut everywhere: BTreeMap<Place<'_>, Vec<Written<'_>>> = BTreeMap::new();
    for tunnel in context.tunnels() {
        let mut here: BTreeMap<Place<'_>, Written<'_>> = BTreeMap::new();
        for rule in tunnel.rules {
            if let Some(first) = here.get(&key(rule.rule)) {
                found.push(again(&rule, first));
                continue;
            }
            here.insert(key(rule.rule), rule);
            if rule.host().is_some() {
                everywhere.entry(key(rule.rule)).or_default().push(rule);
            }
        }
    }
    let records: BTreeMap<&str, &str> = dns_record::declared(&context.manifest.desired).collect();
    let shared = everywhere.into_values().filter(|rules| rules.len() > 1);
    found.extend(shared.flat_map(|rules| elsewhere(&rules, &records)));
    found
}

fn again(rule: &Written<'_>, first: &Written<'_>) -> Found {
    let problem = Problem::new(LINT.code, "hostname and path stand in two rules")
        .at(rule.place, "never reached: the first match answers")
        .at(first.place, format!("rule {} has both", first.position))
        .help("remove one of the two rules, or change its path");
    Found::about(rule, problem)
}

/// The rules of several tunnels for one place: all but the one that DNS leads to.
fn elsewhere(rules: &[Written<'_>], records: &BTreeMap<&str, &str>) -> Vec<Found> {
    let led = |rule: &&Written<'_>| {
        let name = rule
            .host()
            .and_then(|host| idna::domain_to_ascii(host).ok());
        let tunnel = name.and_then(|name| records.get(name.as_str()).copied());
        tunnel == Some(rule.tunnel)
    };
    let served = rules.iter().find(led).or(rules.first());
    let Some(served) = served else {
        return Vec::new();
    };
    let others = rules.iter().filter(|rule| rule.tunnel != served.tunnel);
    let found = others.map(|rule| {
        let label = format!("tunnel `{}` has this hostname and path too", served.tunnel);
        let problem = Problem::new(LINT.code, "hostname and path stand in two tunnels")
            .at(rule.place, label)
            .at(served.place, "the other one")
            .help("keep the rule in one tunnel: a hostname leads to one of them only");
        Found::about(rule, problem)
    });
    found.collect()
}
