//! What may be deleted, renamed, ignored: the manifest's own statements, as patterns.
//! Invariant: nothing is ours unless somebody wrote it down.

use std::collections::{BTreeMap, BTreeSet};

use globset::{Glob, GlobSet, GlobSetBuilder};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::{Address, RemoteId};
use crate::desired::Drain;
use crate::observed::{Form, Object, Owner};

/// Patterns over names or addresses. `*` matches dots and slashes too.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    written: Vec<String>,
    globs: GlobSet,
}

impl Patterns {
    /// Compiles patterns.
    ///
    /// # Errors
    /// The first pattern that is not a glob, with the reason.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, globset::Error> {
        let mut written = Vec::new();
        let mut builder = GlobSetBuilder::new();
        for pattern in patterns {
            builder.add(Glob::new(pattern)?);
            written.push(pattern.to_owned());
        }
        Ok(Self {
            written,
            globs: builder.build()?,
        })
    }

    /// Whether any pattern covers the text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.globs.is_match(text)
    }

    /// Whether any pattern covers an address.
    #[must_use]
    pub fn cover(&self, address: &Address) -> bool {
        !self.written.is_empty() && self.matches(&address.to_string())
    }

    /// The patterns as they were written.
    #[must_use]
    pub fn written(&self) -> &[String] {
        &self.written
    }
}

/// Why a tunnel ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The manifest does not declare it any more.
    Undeclared,
    /// Somebody asked for it.
    Requested,
    /// The time that it was made for is over.
    Ttl,
    /// Nothing was connected to it for too long.
    Idle,
    /// Its user gave no sign of life for too long; of `tunctl serve`.
    StaleLease,
    /// It could not be made whole; of `tunctl serve`.
    CreateFailed,
}

/// One object that is to end whatever the manifest says, with what leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Its id: another object of the same name is not meant.
    pub id: RemoteId,
    /// Why.
    pub cause: Cause,
    /// When that began, if it has begun: then nothing calls it off.
    pub since: Option<Timestamp>,
    /// What happens to live connections.
    pub drain: Drain,
    /// What was declared with it: goes too, also without a mark.
    pub with: BTreeSet<Address>,
}

impl Ending {
    /// Whether something that leads to it goes with it.
    fn takes(&self, address: &Address, owner: &Owner) -> bool {
        match owner {
            Owner::Ours => true,
            Owner::Unmarked => self.cause == Cause::Requested || self.with.contains(address),
            Owner::Other(_) | Owner::ByName => false,
        }
    }
}

/// What a change of the manifest no longer says, by comparison with its base.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dropped {
    /// What was declared at the base and no longer is, each with what it referred to there. What
    /// the base ignored is not among them: the stack had let go of it.
    pub declared: BTreeMap<Address, Vec<Address>>,
    /// The only addresses that may go: those, less former names of what is declared, and what
    /// `removed` names now and did not at the base.
    pub going: BTreeSet<Address>,
}

/// What a stack may delete.
#[derive(Debug, Clone, Default)]
pub struct Ownership {
    /// The stack whose statements these are.
    pub stack: String,
    /// Patterns over names, by kind.
    pub owns: BTreeMap<String, Patterns>,
    /// Addresses to delete although no pattern covers them.
    pub removed: BTreeSet<Address>,
    /// Addresses that are neither planned nor touched.
    pub ignore: Patterns,
    /// Addresses whose deletion or replacement is refused.
    pub protected: Patterns,
    /// What other manifests of the same run declare, with their stack.
    pub elsewhere: BTreeMap<Address, String>,
    /// What is to end, whatever else is said here, except by another manifest.
    pub endings: BTreeMap<Address, Ending>,
    /// What the manifest's change dropped; `None` if it is compared with no base.
    pub dropped: Option<Dropped>,
}

impl Ownership {
    /// Whether an object that is not declared may be deleted or renamed.
    #[must_use]
    pub fn is_ours(&self, address: &Address, object: &Object) -> bool {
        if self.elsewhere.contains_key(address) || object.form != Form::Spec {
            return false;
        }
        match &object.owner {
            Owner::Other(_) => false,
            Owner::Ours => true,
            Owner::Unmarked => self.removed.contains(address) || self.was_led(address, object),
            Owner::ByName => self.names_ours(address),
        }
    }

    /// Whether something of ours may go. With a base only what its change dropped, whatever
    /// patterns and marks say: others may have made the rest since.
    #[must_use]
    pub fn may_go(&self, address: &Address) -> bool {
        let dropped = self.dropped.as_ref();
        dropped.is_none_or(|dropped| dropped.going.contains(address))
    }

    /// Whether an address was declared at the base and no longer is.
    #[must_use]
    pub fn was_declared(&self, address: &Address) -> bool {
        let dropped = self.dropped.as_ref();
        dropped.is_some_and(|dropped| dropped.declared.contains_key(address))
    }

    /// Whatever is named one by one as something to go.
    pub fn leaving(&self) -> impl Iterator<Item = &Address> {
        let dropped = self.dropped.iter().flat_map(|it| it.declared.keys());
        self.removed.iter().chain(dropped)
    }

    /// Whether an object without a mark still leads to where the base declared that it should:
    /// then it was in sync there, and needed no mark.
    fn was_led(&self, address: &Address, object: &Object) -> bool {
        let dropped = self.dropped.as_ref();
        let there = dropped.and_then(|dropped| dropped.declared.get(address)?.first());
        there.is_some_and(|there| object.references.contains(there))
    }

    /// Whether the manifest claims an address by name: a pattern of `owns`, or `removed`, or the
    /// base that declared it.
    #[must_use]
    pub fn names_ours(&self, address: &Address) -> bool {
        !self.elsewhere.contains_key(address)
            && (self.removed.contains(address)
                || self.was_declared(address)
                || self
                    .owns
                    .get(&address.kind)
                    .is_some_and(|patterns| patterns.matches(&address.name)))
    }

    /// The ending that an object is part of: its own, or that of what it leads to.
    #[must_use]
    pub fn ending(&self, address: &Address, object: &Object) -> Option<(&Address, &Ending)> {
        if self.elsewhere.contains_key(address) || object.form != Form::Spec {
            return None;
        }
        if let Some((of, ending)) = self.endings.get_key_value(address) {
            return (ending.id == object.id).then_some((of, ending));
        }
        let mut references = object.references.iter();
        let (of, ending) = references.find_map(|it| self.endings.get_key_value(it))?;
        ending.takes(address, &object.owner).then_some((of, ending))
    }

    /// Whether an address is let go of.
    #[must_use]
    pub fn is_ignored(&self, address: &Address) -> bool {
        self.ignore.cover(address)
    }

    /// Whether an address is protected by pattern.
    #[must_use]
    pub fn is_protected(&self, address: &Address) -> bool {
        self.protected.cover(address)
    }
}
