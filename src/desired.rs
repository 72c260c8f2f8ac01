//! What should be: every resource that a manifest declares, flat, in the user's words.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::source::Span;

/// What happens to the live connections of a tunnel that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drain {
    /// Poll until they are gone, up to the timeout.
    Wait {
        /// Whole seconds.
        seconds: u64,
    },
    /// Delete the connections, then the tunnel.
    Evict {
        /// Whole seconds to keep trying while connectors come back.
        seconds: u64,
    },
    /// Do not delete a tunnel that has any.
    Fail,
}

impl Default for Drain {
    /// The design's default: `{connections: wait, timeout: 15s}`.
    fn default() -> Self {
        Self::Wait { seconds: 15 }
    }
}

/// How a resource may be treated, beside what it should look like.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// Refuse any plan that deletes or replaces it.
    pub protect: bool,
    /// Names under which it may be found, to be renamed in place.
    pub previous_names: Vec<String>,
    /// What its deletion does with live connections.
    pub drain: Drain,
    /// Whether an object that somebody else made may be taken over.
    pub adopt: bool,
    /// Where its secret goes, if it has one.
    pub keeping: Option<Keeping>,
    /// When it ends although it is declared, if it does.
    pub ephemeral: Option<Ephemeral>,
}

/// When a resource ends although it is declared. At least one of the two is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ephemeral {
    /// Seconds after it was made, whatever is connected to it then.
    pub ttl: Option<u64>,
    /// Seconds without any connection. Counts from the end of the last one, so not before the
    /// first.
    pub idle: Option<u64>,
}

/// What happens to the secret of a resource.
#[derive(Debug, Clone)]
pub struct Keeping {
    /// The name of the sink that it goes to.
    pub sink: String,
    /// Where the sink is named.
    pub at: Span,
    /// How long before its end a new one is made; seconds.
    pub rotate_before: Option<u64>,
    /// How long the old one goes on working beside the new one; seconds.
    pub grace: u64,
}

/// One declared resource.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The declared fields, canonical. What is absent is not managed.
    pub spec: Value,
    /// What must exist first. The first one is what the resource was lowered from.
    pub references: Vec<Address>,
    /// Where it is written.
    pub at: Span,
    /// How it may be treated.
    pub lifecycle: Lifecycle,
}

/// All resources of a stack.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// Resources by address.
    pub resources: BTreeMap<Address, Declared>,
    /// What the deletion of something that is not declared does with live connections.
    pub drain: Drain,
}

impl Desired {
    /// The resource at an address.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<&Declared> {
        self.resources.get(address)
    }

    /// Whether anything is declared at an address.
    #[must_use]
    pub fn contains(&self, address: &Address) -> bool {
        self.resources.contains_key(address)
    }

    /// The same without some resources, and without what was lowered from them.
    #[must_use]
    pub fn without(&self, gone: &BTreeSet<Address>) -> Self {
        let goes = |address: &Address| self.parents(address).any(|it| gone.contains(it));
        let stays = self.resources.iter().filter(|(address, _)| !goes(address));
        Self {
            resources: stays
                .map(|(address, it)| (address.clone(), it.clone()))
                .collect(),
            drain: self.drain,
        }
    }

    /// An address, and what it was lowered from.
    pub fn parents<'a>(&'a self, address: &'a Address) -> impl Iterator<Item = &'a Address> {
        std::iter::successors(Some(address), |it| self.get(it)?.references.first())
    }

    /// The names declared for one kind, in order.
    pub fn names<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.resources
            .keys()
            .filter(move |address| address.kind == kind)
            .map(|address| address.name.as_str())
    }
}
