//! Stages from references: dependents after what they refer to on the way up, before it on the
//! way down, and a name leaves its old place only after it has arrived at the new one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Change};
use crate::address::Address;
use crate::desired::Desired;
use crate::problem::Problem;

/// For each change, by its position, others, by theirs.
type Edges = Vec<BTreeSet<usize>>;

/// Sorts changes into stages. Where names swap places the order cannot be kept for all of
/// them; then what leaves does not wait for what arrives, and a warning says so. What is taken
/// from waits for what takes.
pub(super) fn stages(
    desired: &Desired,
    mut changes: Vec<Change>,
    taken: &BTreeMap<Address, Address>,
) -> (Vec<Vec<Change>>, Vec<Problem>) {
    changes.sort_by(|one, other| one.address.cmp(&other.address));
    let mut order = Order::new(desired, &changes, taken);
    let (mut stages, mut warnings) = (Vec::new(), Vec::new());
    let mut left = changes.len();
    while left > 0 {
        let stage = order.next_stage();
        if stage.is_empty() {
            warnings.push(order.break_circle(&changes));
        } else {
            left -= stage.len();
            stages.push(stage);
        }
    }
    for (position, waits) in order.waits.iter().enumerate() {
        let waits_for = waits.iter().map(|it| changes[*it].address.clone());
        changes[position].waits_for = waits_for.collect();
    }
    let mut changes: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    let mut take = |stage: Vec<usize>| stage.iter().filter_map(|it| changes[*it].take()).collect();
    (stages.into_iter().map(&mut take).collect(), warnings)
}

/// Changes, by their positions in the order of their addresses, on their way into stages. Each
/// change and each wait is visited once, as long as there are no circles.
struct Order {
    /// What each change refers to.
    arriving: Edges,
    /// What each change waits for.
    waits: Vec<Vec<usize>>,
    /// What waits for each change.
    behind: Vec<Vec<usize>>,
    /// How much of what a change waits for has no stage yet. `None`: it has one itself.
    open: Vec<Option<usize>>,
    /// What goes into the next stage.
    ready: BTreeSet<usize>,
    /// Every change before this one has a stage.
    first: usize,
}

impl Order {
    fn new(desired: &Desired, changes: &[Change], taken: &BTreeMap<Address, Address>) -> Self {
        let arriving = arriving(desired, changes);
        let mut leaving = leaving(desired, changes);
        for (from, taker) in taken {
            if let (Some(from), Some(taker)) = (position(changes, from), position(changes, taker)) {
                leaving[from].insert(taker);
            }
        }
        let both = arriving.iter().zip(&leaving);
        let waits: Vec<Vec<usize>> = both
            .map(|(arriving, leaving)| arriving.iter().chain(leaving).copied().collect())
            .collect();
        let mut behind = vec![Vec::new(); changes.len()];
        for (position, waits) in waits.iter().enumerate() {
            for before in waits {
                behind[*before].push(position);
            }
        }
        let ready = waits.iter().enumerate().filter(|(_, it)| it.is_empty());
        Self {
            ready: ready.map(|(position, _)| position).collect(),
            open: waits.iter().map(|it| Some(it.len())).collect(),
            arriving,
            waits,
            behind,
            first: 0,
        }
    }

    /// Everything that waits for nothing any more.
    fn next_stage(&mut self) -> Vec<usize> {
        let stage: Vec<usize> = std::mem::take(&mut self.ready).into_iter().collect();
        for done in &stage {
            self.open[*done] = None;
            for waiting in &self.behind[*done] {
                if let Some(open) = &mut self.open[*waiting] {
                    *open -= 1;
                    if *open == 0 {
                        self.ready.insert(*waiting);
                    }
                }
            }
        }
        stage
    }

    /// Lets one change that waits for itself go ahead of what leaves it. Only changes of the
    /// circle are touched: what merely waits behind it, such as a tunnel that is deleted once
    /// nothing leads to it, goes on waiting.
    fn break_circle(&mut self, changes: &[Change]) -> Problem {
        let freed = self.ahead();
        let behind = self.all_behind(freed);
        let (left, waits): (Vec<usize>, Vec<usize>) = std::mem::take(&mut self.waits[freed])
            .into_iter()
            .partition(|it| behind.contains(it) && !self.arriving[freed].contains(it));
        for before in &left {
            self.behind[*before].retain(|it| *it != freed);
        }
        let open = waits.iter().filter(|it| self.open[**it].is_some()).count();
        if open == 0 {
            self.ready.insert(freed);
        }
        self.open[freed] = Some(open);
        self.waits[freed] = waits;
        swap(&changes[freed], left.iter().map(|it| &changes[*it]))
    }

    /// A change on a circle that waits there for something to leave it. Called while nothing is
    /// ready, so that every step leads on and in the end round a circle.
    fn ahead(&mut self) -> usize {
        while self.open[self.first].is_none() {
            self.first += 1;
        }
        let next = |position: usize| {
            let mut waits = self.waits[position].iter().copied();
            waits
                .find(|it| self.open[*it].is_some())
                .expect("nothing is ready")
        };
        let mut at = self.first;
        let mut seen = BTreeSet::new();
        while seen.insert(at) {
            at = next(at);
        }
        let rest = std::iter::successors(Some(next(at)), |it| Some(next(*it)));
        let circle = std::iter::once(at).chain(rest.take_while(|it| *it != at));
        circle
            .filter(|it| !self.arriving[*it].contains(&next(*it)))
            .min()
            .expect("references of the manifest have no circle")
    }

    /// Everything without a stage that waits for a change, directly or not.
    fn all_behind(&self, change: usize) -> BTreeSet<usize> {
        let mut behind = BTreeSet::new();
        let mut open = vec![change];
        while let Some(position) = open.pop() {
            let waiting = self.behind[position].iter().copied();
            open.extend(waiting.filter(|it| self.open[*it].is_some() && behind.insert(*it)));
        }
        behind
    }
}

fn swap<'a>(freed: &Change, left: impl Iterator<Item = &'a Change>) -> Problem {
    let left: Vec<String> = left.map(|it| format!("`{}`", it.address)).collect();
    Problem::new(
        "tunctl::names_swap",
        format!(
            "`{}` changes before {} has left it",
            freed.address,
            left.join(", ")
        ),
    )
    .help(
        "hostnames swap places between tunnels; for a moment they are answered by the last rule. \
         To avoid that, move them in two steps",
    )
    .warning()
}

/// The position of the change of an address.
fn position(changes: &[Change], address: &Address) -> Option<usize> {
    let found = changes.binary_search_by(|it| it.address.cmp(address));
    found.ok()
}

/// What a change refers to comes first, if it changes too.
fn arriving(desired: &Desired, changes: &[Change]) -> Edges {
    let is_made = |change: &Change| !matches!(change.action, Action::Delete { .. });
    let before = |change: &Change| {
        let declared = desired.get(&change.address).filter(|_| is_made(change));
        let references = declared.into_iter().flat_map(|it| &it.references);
        let positions = references.filter_map(|it| position(changes, it));
        positions.filter(|it| is_made(&changes[*it])).collect()
    };
    changes.iter().map(before).collect()
}

/// What an object no longer refers to afterwards waits for it.
fn leaving(desired: &Desired, changes: &[Change]) -> Edges {
    let is_touched =
        |it: &Change| matches!(it.action, Action::Update { .. }) || it.action.removes();
    let mut edges = vec![BTreeSet::new(); changes.len()];
    for (leaves, change) in changes.iter().enumerate() {
        let stays = desired
            .get(&change.address)
            .filter(|_| change.action.after().is_some())
            .map(|declared| &declared.references);
        let before = change.action.objects().iter().flat_map(|it| &it.references);
        let left = before.filter(|it| !stays.is_some_and(|stays| stays.contains(it)));
        for left in left.filter_map(|it| position(changes, it)) {
            if is_touched(&changes[left]) {
                edges[left].insert(leaves);
            }
        }
    }
    edges
}
