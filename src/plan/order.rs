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
/// them; then what leaves does not wait for what arrives, and a warning says so. What is taken
/// from waits for what takes.
pub(super) fn stages(
    desired: &Desired,
    changes: Vec<Change>,
    taken: &BTreeMap<Address, Address>,
) -> (Vec<Vec<Change>>, Vec<Problem>) {
    let mut warnings = Vec::new();
    let arriving = arriving(desired, &changes);
    let leaving = leaving(desired, &changes);
    let mut pending: BTreeMap<Address, Change> = changes
        .into_iter()
        .map(|mut change| {
            let both = [&arriving, &leaving].map(|edges| edges.get(&change.address));
            let before = both.into_iter().flatten().flatten();
            let before = before.chain(taken.get(&change.address));
            change.waits_for = before.cloned().collect();
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

/// Lets one change that waits for itself go ahead of what leaves it. Only changes of the circle
/// are touched: what merely waits behind it, such as a tunnel that is deleted once nothing leads
/// to it, goes on waiting.
fn break_circle(pending: &mut BTreeMap<Address, Change>, arriving: &Edges) -> Problem {
    let freed = ahead(pending, arriving);
    let behind = behind(pending, &freed);
    let kept = arriving.get(&freed);
    let change = pending.get_mut(&freed).expect("it was found there");
    let all = std::mem::take(&mut change.waits_for);
    let (left, waits) = all
        .into_iter()
        .partition(|it| behind.contains(it) && !kept.is_some_and(|kept| kept.contains(it)));
    change.waits_for = waits;
    let left: Vec<String> = left.iter().map(|it: &Address| format!("`{it}`")).collect();
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

/// A change on a circle that waits there for something to leave it. Called while nothing is
/// ready, so that every step leads on and in the end round a circle.
fn ahead(pending: &BTreeMap<Address, Change>, arriving: &Edges) -> Address {
    let next = |address: &Address| {
        let mut waits = pending[address].waits_for.iter();
        waits
            .find(|it| pending.contains_key(it))
            .expect("nothing is ready")
    };
    let mut at = pending.keys().next().expect("something is pending");
    let mut seen = BTreeSet::new();
    while seen.insert(at) {
        at = next(at);
    }
    let rest = std::iter::successors(Some(next(at)), |it| Some(next(it)));
    let circle = std::iter::once(at).chain(rest.take_while(|it| *it != at));
    circle
        .filter(|it| {
            !arriving
                .get(*it)
                .is_some_and(|kept| kept.contains(next(it)))
        })
        .min()
        .expect("references of the manifest have no circle")
        .clone()
}

/// Everything that waits for a change, directly or not.
fn behind(pending: &BTreeMap<Address, Change>, change: &Address) -> BTreeSet<Address> {
    let mut waiting: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    for (address, change) in pending {
        for before in &change.waits_for {
            waiting.entry(before).or_default().push(address);
        }
    }
    let mut behind = BTreeSet::new();
    let mut open = vec![change];
    while let Some(address) = open.pop() {
        for next in waiting.get(address).into_iter().flatten() {
            if behind.insert((*next).clone()) {
                open.push(next);
            }
        }
    }
    behind
}
