//! A public hostname that is the name of a zone.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Context, Written};
use super::{Found, Lint};
use crate::kind::Kind as _;
use crate::kind::dns_record::DnsRecord;
use crate::problem::Problem;
use crate::source::Span;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::apex_hostname",
    needs_zones: true,
    check,
};

fn check(context: &Context<'_>) -> Vec<Found> {
    let zones = context.zones.unwrap_or_default().iter();
    let zones: BTreeSet<&str> = zones.map(|zone| zone.name.as_str()).collect();
    let records = context.manifest.desired.resources.iter();
    let apexes = records.filter(|(address, _)| {
        address.kind == DnsRecord::NAME && zones.contains(address.name.as_str())
    });
    let apexes: Vec<_> = apexes.collect();
    if apexes.is_empty() {
        return Vec::new();
    }
    let rules = context.rules().map(|rule| (rule.at(&["hostname"]), rule));
    let rules: BTreeMap<Span, Written<'_>> = rules.collect();
    let found = apexes.into_iter().map(|(address, declared)| {
        let problem = problem(&address.name, declared.at);
        match rules.get(&declared.at) {
            Some(rule) => Found::about(rule, problem),
            None => Found::new(problem),
        }
    });
    found.collect()
}

fn problem(name: &str, at: Span) -> Problem {
    Problem::new(LINT.code, "hostname is a whole zone's own name")
        .at(at, format!("`{name}` is the apex of its zone"))
        .help(format!(
            "write `www.{name}`, or say in `# tunctl: allow(apex_hostname) \u{2026}` why the apex \
             is this tunnel's"
        ))
}
