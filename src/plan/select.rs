//! `--target` and `--exclude`: a part of a plan that is still a plan.

use std::collections::{BTreeMap, BTreeSet};

use super::Change;
use crate::address::Address;
use crate::desired::Desired;
use crate::ownership::Patterns;

/// Which changes are wanted. Patterns are globs over addresses; a tunnel stands for everything
/// that was lowered from it.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Option<BTreeSet<Address>>,
    target: Option<Patterns>,
    exclude: Patterns,
}

impl Selection {
    /// Selects what `target` matches (everything, if it is empty) less what `exclude` matches.
    ///
    /// # Errors
    /// The first pattern that is not a glob.
    pub fn new(target: &[String], exclude: &[String]) -> Result<Self, globset::Error> {
        let compile = |patterns: &[String]| Patterns::new(patterns.iter().map(String::as_str));
        Ok(Self {
            only: None,
            target: (!target.is_empty()).then(|| compile(target)).transpose()?,
            exclude: compile(exclude)?,
        })
    }

    /// Selects one address, and nothing that belongs to it.
    #[must_use]
    pub fn only(address: Address) -> Self {
        Self::exactly([address])
    }

    /// Selects these addresses, and nothing that belongs to them.
    #[must_use]
    pub fn exactly(addresses: impl IntoIterator<Item = Address>) -> Self {
        Self {
            only: Some(addresses.into_iter().collect()),
            ..Self::default()
        }
    }

    /// Whether it leaves anything out.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.only.is_some() || self.target.is_some() || !self.exclude.written().is_empty()
    }

    /// The selected changes. A target brings what it refers to; an exclusion takes along what
    /// cannot be made without it.
    pub(super) fn of(&self, desired: &Desired, mut changes: Vec<Change>) -> Vec<Change> {
        if let Some(only) = &self.only {
            changes.retain(|change| only.contains(&change.address));
            return changes;
        }
        if self.is_partial() {
            let mut selected = self.selected(desired, &changes).into_iter();
            changes.retain(|_| selected.next().unwrap_or_default());
        }
        changes
    }

    /// For each change whether it is selected.
    fn selected(&self, desired: &Desired, changes: &[Change]) -> Vec<bool> {
        let planned: BTreeSet<&Address> = changes.iter().map(|it| &it.address).collect();
        let (mut above, mut below) = (Edges::new(), Edges::new());
        for address in planned.iter().copied() {
            let declared = desired.get(address).into_iter();
            let references = declared.flat_map(|it| &it.references);
            for reference in references.filter(|it| planned.contains(it)) {
                above.entry(address).or_default().push(reference);
                below.entry(reference).or_default().push(address);
            }
        }
        let targeted = changes.iter().filter(|it| self.targets(desired, it));
        let wanted = reached(targeted, &above);
        let excluded = changes
            .iter()
            .filter(|it| matches(&self.exclude, desired, it));
        let unwanted = reached(excluded, &below);
        let is_selected =
            |it: &Change| wanted.contains(&it.address) && !unwanted.contains(&it.address);
        changes.iter().map(is_selected).collect()
    }

    fn targets(&self, desired: &Desired, change: &Change) -> bool {
        let target = self.target.as_ref();
        target.is_none_or(|target| matches(target, desired, change))
    }
}

/// Whether a pattern names a change, or what it was lowered from, or what its object leads to.
fn matches(patterns: &Patterns, desired: &Desired, change: &Change) -> bool {
    let parent = desired
        .get(&change.address)
        .and_then(|declared| declared.references.first());
    let objects = change.action.objects().iter();
    let leads_to = objects.filter_map(|object| object.references.first());
    std::iter::once(&change.address)
        .chain(parent)
        .chain(leads_to)
        .any(|address| patterns.cover(address))
}

/// What each address leads to.
type Edges<'a> = BTreeMap<&'a Address, Vec<&'a Address>>;

/// Some changes and all that they lead to. Each is visited once.
fn reached<'a>(
    changes: impl Iterator<Item = &'a Change>,
    edges: &Edges<'a>,
) -> BTreeSet<&'a Address> {
    let mut open: Vec<&Address> = changes.map(|it| &it.address).collect();
    let mut reached = BTreeSet::new();
    while let Some(address) = open.pop() {
        if reached.insert(address) {
            open.extend(edges.get(address).into_iter().flatten());
        }
    }
    reached
}
