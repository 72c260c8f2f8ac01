//! A hostname of a tunnel with `dns: none` that no other tunnel makes a record for.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Context, TUNNELS};
use super::{Found, Lint};
use crate::kind::dns_record;
use crate::kind::entry::Key;
use crate::manifest::yaml::Step;
use crate::problem::Problem;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::hostname_without_record",
    needs_zones: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Found> {
    let records: BTreeMap<&str, &str> = dns_record::declared(&context.manifest.desired).collect();
    let mut found = Vec::new();
    for tunnel in context.tunnels() {
        let path = [Step::Key(TUNNELS), Step::Key(tunnel.name), Step::Key("dns")];
        let mode = context.tree.at(&path).map_or("", |dns| dns.text());
        if mode != "none" {
            continue;
        }
        let dns = context.place(tunnel.name, &[Key::Field("dns")]);
        let mut seen = BTreeSet::new();
        for rule in &tunnel.rules {
            let Some(host) = rule.host().filter(|host| seen.insert(*host)) else {
                continue;
            };
            if has_record(host, &records) {
                continue;
            }
            let problem = Problem::new(LINT.code, "hostname has no DNS record")
                .at(rule.at(&["hostname"]), "nothing leads here")
                .at(dns, "this makes no record, and no other tunnel makes one")
                .help("remove `dns: none`, or say who makes the record in `# tunctl: allow(hostname_without_record) …`");
            let mut it = Found::about(rule, problem);
            it.lines.push(dns);
            found.push(it);
        }
    }
    found
}

/// Whether a record stands for a host, its own or a wildcard above it.
fn has_record(host: &str, records: &BTreeMap<&str, &str>) -> bool {
    let name = idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_owned());
    let dots = name.match_indices('.').take(LABELS);
    let mut above = dots.map(|(dot, _)| format!("*{}", &name[dot..]));
    records.contains_key(name.as_str()) || above.any(|name| records.contains_key(name.as_str()))
}

/// More labels than a name in DNS can have.
const LABELS: usize = 130;
