//! What may be deleted, renamed, ignored: the manifest's own statements, as patterns.
//! Invariant: nothing is ours unless somebody wrote it down.

use std::collections::{BTreeMap, BTreeSet};

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::address::Address;
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

    /// The patterns as they were written.
    #[must_use]
    pub fn written(&self) -> &[String] {
        &self.written
    }
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
            Owner::Unmarked => self.removed.contains(address),
            Owner::ByName => self.names_ours(address),
        }
    }

    /// Whether the manifest claims an address by name: a pattern of `owns`, or `removed`.
    #[must_use]
    pub fn names_ours(&self, address: &Address) -> bool {
        !self.elsewhere.contains_key(address)
            && (self.removed.contains(address)
                || self
                    .owns
                    .get(&address.kind)
                    .is_some_and(|patterns| patterns.matches(&address.name)))
    }

    /// Whether an address is let go of.
    #[must_use]
    pub fn is_ignored(&self, address: &Address) -> bool {
        self.ignore.matches(&address.to_string())
    }

    /// Whether an address is protected by pattern.
    #[must_use]
    pub fn is_protected(&self, address: &Address) -> bool {
        self.protected.matches(&address.to_string())
    }
}
