//! `--target` and `--exclude`: a part of a plan that is still a plan.

use std::collections::BTreeSet;

use super::Change;
use crate::address::Address;
use crate::desired::Desired;
use crate::ownership::Patterns;

/// Which changes are wanted. Patterns are globs over addresses; a tunnel stands for everything
/// that was lowered from it.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Option<Address>,
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
        Self {
            only: Some(address),
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
            changes.retain(|change| change.address == *only);
            return changes;
        }
        if !self.is_partial() {
            return changes;
        }
        let mut wanted: BTreeSet<Address> = changes
            .iter()
            .filter(|change| self.targets(desired, change))
            .map(|change| change.address.clone())
            .collect();
        let planned: BTreeSet<&Address> = changes.iter().map(|it| &it.address).collect();
        while grow(&mut wanted, &planned, desired) {}
        let mut unwanted: BTreeSet<Address> = changes
            .iter()
            .filter(|change| matches(&self.exclude, desired, change))
            .map(|change| change.address.clone())
            .collect();
        while spread(&mut unwanted, &changes, desired) {}
        changes
            .into_iter()
            .filter(|it| wanted.contains(&it.address) && !unwanted.contains(&it.address))
            .collect()
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
        .any(|address| patterns.matches(&address.to_string()))
}

/// Adds what wanted changes refer to; whether anything was added.
fn grow(wanted: &mut BTreeSet<Address>, planned: &BTreeSet<&Address>, desired: &Desired) -> bool {
    let before = wanted.len();
    let referred: Vec<Address> = wanted
        .iter()
        .filter_map(|address| desired.get(address))
        .flat_map(|declared| &declared.references)
        .filter(|reference| planned.contains(reference))
        .cloned()
        .collect();
    wanted.extend(referred);
    wanted.len() > before
}

/// Adds what refers to unwanted changes; whether anything was added.
fn spread(unwanted: &mut BTreeSet<Address>, changes: &[Change], desired: &Desired) -> bool {
    let before = unwanted.len();
    let dependents: Vec<Address> = changes
        .iter()
        .filter(|change| {
            let declared = desired.get(&change.address);
            let mut references = declared.into_iter().flat_map(|it| &it.references);
            references.any(|reference| unwanted.contains(reference))
        })
        .map(|change| change.address.clone())
        .collect();
    unwanted.extend(dependents);
    unwanted.len() > before
}
