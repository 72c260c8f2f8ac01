//! Stages from references: dependents after what they refer to on the way up, before it on the
//! way down, and a name leaves its old place only after it has arrived at the new one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Change};
use crate::address::Address;
use crate::desired::Desired;
use crate::problem::Problem;

/// For each change the changes that come before it.
type Edges = BTreeMap<Address, BTreeSet<Address>>;

/// Sorts changes into stages. Where names swap places the order cannot be kept for all of
/// them; then what leaves does not wait for what arrives, and a warning says so.
pub(super) fn stages(desired: &Desired, changes: Vec<Change>) -> (Vec<Vec<Change>>, Vec<Problem>) {
    let mut warnings = Vec::new();
    let arriving = arriving(desired, &changes);
    let leaving = leaving(desired, &changes);
    let mut pending: BTreeMap<Address, Change> = changes
        .into_iter()
        .map(|mut change| {
            let both = [&arriving, &leaving].map(|edges| edges.get(&change.address));
            change.waits_for = both.into_iter().flatten().flatten().cloned().collect();
            (change.address.clone(), change)
        })
        .collect();
    let mut stages = Vec::new();
    while !pending.is_empty() {
        let ready = |change: &Change| !change.waits_for.iter().any(|it| pending.contains_key(it));
        let stage: Vec<Address> = pending
            .values()
            .filter(|change| ready(change))
            .map(|change| change.address.clone())
            .collect();
        if stage.is_empty() {
            warnings.push(break_circle(&mut pending, &arriving));
            continue;
        }
        stages.push(stage.iter().filter_map(|it| pending.remove(it)).collect());
    }
    (stages, warnings)
}

/// What a change refers to comes first, if it changes too.
fn arriving(desired: &Desired, changes: &[Change]) -> Edges {
    let made: BTreeSet<&Address> = changes
        .iter()
        .filter(|change| !matches!(change.action, Action::Delete { .. }))
        .map(|change| &change.address)
        .collect();
    let mut edges = Edges::new();
    for change in changes.iter().filter(|it| made.contains(&it.address)) {
        let references = desired.get(&change.address).map(|it| &it.references);
        let before = references.into_iter().flatten();
        let before = before.filter(|it| made.contains(*it)).cloned();
        edges.insert(change.address.clone(), before.collect());
    }
    edges
}

/// What an object no longer refers to afterwards waits for it.
fn leaving(desired: &Desired, changes: &[Change]) -> Edges {
    let touched: BTreeSet<&Address> = changes
        .iter()
        .filter(|change| matches!(change.action, Action::Update { .. }) || change.action.removes())
        .map(|change| &change.address)
        .collect();
    let mut edges = Edges::new();
    for change in changes {
        let stays = desired
            .get(&change.address)
            .filter(|_| change.action.after().is_some())
            .map(|declared| &declared.references);
        let before = change.action.objects().iter().flat_map(|it| &it.references);
        for left in before.filter(|it| touched.contains(*it)) {
            if !stays.is_some_and(|stays| stays.contains(left)) {
                edges
                    .entry(left.clone())
                    .or_default()
                    .insert(change.address.clone());
            }
        }
    }
    edges
}

/// Lets one change that is kept up only by what leaves it go ahead.
fn break_circle(pending: &mut BTreeMap<Address, Change>, arriving: &Edges) -> Problem {
    let waits = |address: &Address, pending: &BTreeMap<Address, Change>| {
        arriving
            .get(address)
            .is_some_and(|before| before.iter().any(|it| pending.contains_key(it)))
    };
    let freed = pending
        .keys()
        .find(|address| !waits(address, pending))
        .cloned()
        .expect("references of the manifest have no circle");
    let left: Vec<String> = pending[&freed]
        .waits_for
        .iter()
        .filter(|it| pending.contains_key(it))
        .map(|it| format!("`{it}`"))
        .collect();
    if let Some(change) = pending.get_mut(&freed) {
        let kept = arriving.get(&freed);
        change
            .waits_for
            .retain(|it| kept.is_some_and(|kept| kept.contains(it)));
    }
    Problem::new(
        "tunctl::names_swap",
        format!("`{freed}` changes before {} has left it", left.join(", ")),
    )
    .help(
        "hostnames swap places between tunnels; for a moment they are answered by the last rule. \
         To avoid that, move them in two steps",
    )
    .warning()
}
