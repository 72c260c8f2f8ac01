//! The manifest as it was at a base: what a change of it causes, and what it does not.
//!
//! Invariant: nothing is changed that the manifest's change did not touch, and nothing goes that
//! it did not drop. Whatever else differs is drift: shown, and left as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Change, Reason};
use crate::address::Address;
use crate::desired::{Declared, Desired, Keeping};
use crate::kind::{AnyKind, Reach};
use crate::ownership::{Dropped, Ownership};

/// How much is read of what has no lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// What the change touches.
    Touched,
    /// Everything, so that all drift shows.
    All,
}

/// How the manifest's change touches a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// The base did not declare it, or ignored it.
    New,
    /// The base declared it otherwise.
    Changed,
}

/// What a base says, and what has changed since.
#[derive(Debug, Clone)]
pub struct Base {
    commit: String,
    desired: Desired,
    ownership: Ownership,
    touched: BTreeMap<Address, Touch>,
    /// What is touched, and all that it refers to.
    concerned: BTreeSet<Address>,
    dropped: Dropped,
    reads: Reads,
}

impl Base {
    /// Compares the manifest of a commit with the one of now.
    #[must_use]
    pub fn new(
        commit: &str,
        then: (Desired, Ownership),
        now: (&Desired, &Ownership),
        reads: Reads,
    ) -> Self {
        let touched = touched((&then.0, &then.1), now);
        Self {
            commit: commit.to_owned(),
            concerned: concerned(now.0, touched.keys()),
            touched,
            dropped: dropped((&then.0, &then.1), now),
            desired: then.0,
            ownership: then.1,
            reads,
        }
    }

    /// The commit.
    #[must_use]
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// Whether the manifest of now says the same.
    #[must_use]
    pub fn is_now(&self) -> bool {
        self.touched.is_empty() && self.dropped.declared.is_empty()
    }

    /// What the change dropped, for the ownership of the manifest of now.
    #[must_use]
    pub fn dropped(&self) -> &Dropped {
        &self.dropped
    }

    /// How much of the account needs to be looked at.
    #[must_use]
    pub fn reach(&self) -> Reach<'_> {
        match self.reads {
            Reads::Touched => Reach::Only(&self.concerned),
            Reads::All => Reach::Needed,
        }
    }

    /// Whether the change touches an address, or something that refers to it.
    pub(super) fn concerns(&self, address: &Address) -> bool {
        self.concerned.contains(address)
    }

    /// Whether nobody knows what is at an address, because it was not read.
    pub(super) fn leaves_unread(&self, kind: &dyn AnyKind, address: &Address) -> bool {
        !kind.bulk() && self.reads == Reads::Touched && !self.concerned.contains(address)
    }

    /// Whether the base forbade that something goes.
    pub(super) fn protects(&self, address: &Address) -> bool {
        let declared = self.desired.get(address);
        declared.is_some_and(|it| it.lifecycle.protect) || self.ownership.is_protected(address)
    }

    /// Parts changes into those that the manifest's change causes, each with its reason, and
    /// drift. What is gone from Cloudflare is made again if something touched refers to it.
    pub(super) fn part(&self, changes: Vec<Change>) -> (Vec<Change>, Vec<Change>) {
        let (mut caused, mut drift) = (Vec::new(), Vec::new());
        for mut change in changes {
            let needed =
                self.concerns(&change.address) && matches!(change.action, Action::Create { .. });
            match self.touched.get(&change.address) {
                Some(touch) => {
                    change.reason = explained(change.reason, *touch);
                    caused.push(change);
                }
                None if needed => {
                    change.reason = drifted(change.reason);
                    caused.push(change);
                }
                None => {
                    change.reason = drifted(change.reason);
                    drift.push(change);
                }
            }
        }
        (caused, drift)
    }
}

/// What is declared now and was not in the same way. What is ignored now is not touched.
fn touched(then: (&Desired, &Ownership), now: (&Desired, &Ownership)) -> BTreeMap<Address, Touch> {
    let touch = |(address, declared): (&Address, &Declared)| {
        let before = then.0.get(address).filter(|_| !then.1.is_ignored(address));
        match before {
            _ if now.1.is_ignored(address) => None,
            None => Some((address.clone(), Touch::New)),
            Some(before) if same(before, declared) => None,
            Some(_) => Some((address.clone(), Touch::Changed)),
        }
    };
    now.0.resources.iter().filter_map(touch).collect()
}

/// Whether two declarations ask for the same. Protection and draining ask for nothing while the
/// resource is declared, and places never do.
fn same(then: &Declared, now: &Declared) -> bool {
    let sink = |keeping: Option<&Keeping>| {
        let Keeping {
            sink,
            at: _,
            rotate_before,
            grace,
        } = keeping?;
        Some((sink.clone(), *rotate_before, *grace))
    };
    let (before, after) = (&then.lifecycle, &now.lifecycle);
    then.spec == now.spec
        && then.references == now.references
        && before.previous_names == after.previous_names
        && before.adopt == after.adopt
        && sink(before.keeping.as_ref()) == sink(after.keeping.as_ref())
}

/// Some addresses and all that they refer to.
fn concerned<'a>(
    desired: &'a Desired,
    touched: impl Iterator<Item = &'a Address>,
) -> BTreeSet<Address> {
    let mut open: Vec<&Address> = touched.collect();
    let mut seen = BTreeSet::new();
    while let Some(address) = open.pop() {
        if seen.insert(address.clone()) {
            let declared = desired.get(address).into_iter();
            open.extend(declared.flat_map(|it| &it.references));
        }
    }
    seen
}

fn dropped(then: (&Desired, &Ownership), now: (&Desired, &Ownership)) -> Dropped {
    let resources = then.0.resources.iter();
    let declared = resources
        .filter(|(address, _)| !now.0.contains(address) && !then.1.is_ignored(address))
        .map(|(address, it)| (address.clone(), it.references.clone()));
    let declared: BTreeMap<Address, Vec<Address>> = declared.collect();
    let former = now.0.resources.iter().flat_map(|(address, it)| {
        let names = it.lifecycle.previous_names.iter();
        names.map(|name| Address::new(address.kind.clone(), name.clone()))
    });
    let former: BTreeSet<Address> = former.collect();
    let named = now.1.removed.difference(&then.1.removed);
    Dropped {
        going: declared
            .keys()
            .filter(|it| !former.contains(it))
            .chain(named)
            .cloned()
            .collect(),
        declared,
    }
}

/// A reason as a base can tell it.
fn explained(reason: Reason, touch: Touch) -> Reason {
    match (reason, touch) {
        (Reason::New | Reason::Differs | Reason::Drifted, Touch::New) => Reason::New,
        (Reason::New | Reason::Differs | Reason::Drifted, Touch::Changed) => Reason::Changed,
        (reason, Touch::New | Touch::Changed) => reason,
    }
}

/// The same, of what the manifest's change did not touch.
fn drifted(reason: Reason) -> Reason {
    if matches!(reason, Reason::New | Reason::Differs) {
        Reason::Drifted
    } else {
        reason
    }
}
