//! Guards over what users of the hostnames would notice. All from what was read anyway.

use std::collections::BTreeSet;

use super::{Finding, Guard};
use crate::address::Address;
use crate::kind::AnyKind;
use crate::plan::{Action, Change, Input};

/// The hostnames and networks that a changed object answers for now.
pub(super) fn before(input: &Input<'_>, change: &Change) -> BTreeSet<String> {
    let objects = change.action.objects().iter();
    objects
        .flat_map(|object| serves(input, &change.address, &object.spec))
        .collect()
}

/// What is served before and not after: hostnames, whether their record or their rule goes, and
/// networks.
pub(super) fn gone(input: &Input<'_>, changes: &[&Change]) -> BTreeSet<String> {
    let records = changes.iter().filter(|it| it.action.removes());
    let mut gone: BTreeSet<String> = records.flat_map(|it| before(input, it)).collect();
    let rules = changes.iter().filter(|it| !it.action.removes());
    let rules = rules.flat_map(|it| before(input, it));
    let rules = rules.chain(with_their_tunnels(input, changes));
    gone.extend(undeclared(input, rules.collect()));
    gone
}

/// What goes with a removed object without a change of its own: a tunnel's configuration.
fn with_their_tunnels(input: &Input<'_>, changes: &[&Change]) -> BTreeSet<String> {
    let removed = changes.iter().filter(|it| it.action.removes());
    let removed: BTreeSet<&Address> = removed.map(|it| &it.address).collect();
    let dependents = input.observed.iter().filter(|(address, object)| {
        kind(input, address).is_some_and(|kind| !kind.standalone())
            && object.references.iter().any(|it| removed.contains(it))
    });
    dependents
        .flat_map(|(address, object)| serves(input, address, &object.spec))
        .collect()
}

/// Those of some hostnames that the manifest does not serve.
fn undeclared(input: &Input<'_>, mut hosts: BTreeSet<String>) -> BTreeSet<String> {
    for (address, declared) in &input.desired.resources {
        if hosts.is_empty() {
            break;
        }
        for host in serves(input, address, &declared.spec) {
            hosts.remove(&host);
        }
    }
    hosts
}

/// A record goes although a rule for its hostname stays.
pub(super) fn lost(input: &Input<'_>, changes: &[&Change]) -> Option<Finding> {
    let deleted = changes.iter().filter(|it| it.action.removes());
    let mut hosts: BTreeSet<String> = deleted.flat_map(|change| before(input, change)).collect();
    for host in undeclared(input, hosts.clone()) {
        hosts.remove(&host);
    }
    finding(
        Guard::Lost,
        &hosts,
        "the manifest still serves these hostnames, and their records would be destroyed",
    )
}

/// A record moves from a tunnel with live connectors to one without.
pub(super) fn dark(input: &Input<'_>, changes: &[&Change]) -> Option<Finding> {
    let moves = changes.iter().filter(|change| {
        let declared = input.desired.get(&change.address);
        let to = declared.and_then(|declared| declared.references.first());
        let mut objects = change.action.objects().iter();
        let from = objects.find_map(|object| object.references.first());
        matches!(from.zip(to), Some((from, to)) if is_live(input, from) && !is_live(input, to))
    });
    finding(
        Guard::Dark,
        &moves.map(|change| change.address.name.clone()).collect(),
        "these would move from a tunnel with live connectors to one without",
    )
}

/// A tunnel with live connectors goes, and nobody wrote down that it should: in `removed`, or by
/// dropping what the base declared.
pub(super) fn live(input: &Input<'_>, changes: &[&Change]) -> Option<Finding> {
    let deleted = changes.iter().filter(|change| {
        matches!(change.action, Action::Delete { .. })
            && is_live(input, &change.address)
            && !input.ownership.leaving().any(|it| *it == change.address)
            && !input.ownership.endings.contains_key(&change.address)
    });
    finding(
        Guard::Live,
        &deleted.map(|change| change.address.to_string()).collect(),
        "these would be destroyed while connectors are connected to them; stop the connectors, or \
         name them in `removed`",
    )
}

fn finding(guard: Guard, names: &BTreeSet<String>, message: &str) -> Option<Finding> {
    let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| Finding {
        guard,
        value: names.len() as u64,
        message: format!("{message}: {}", list.join(", ")),
    })
}

fn kind<'i>(input: &Input<'i>, address: &Address) -> Option<&'i dyn AnyKind> {
    let mut kinds = input.kinds.iter();
    kinds.find(|kind| kind.name() == address.kind).copied()
}

fn serves(input: &Input<'_>, address: &Address, spec: &serde_json::Value) -> Vec<String> {
    kind(input, address).map_or_else(Vec::new, |kind| kind.serves(&address.name, spec))
}

fn is_live(input: &Input<'_>, address: &Address) -> bool {
    input.observed.at(address).iter().any(|object| object.live)
}
