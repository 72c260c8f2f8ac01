//! What a kind is shown of the account, and what it asks to be shown.

use std::collections::BTreeSet;

use crate::address::{Address, Ids};
use crate::cloudflare::{List, Operation};
use crate::desired::Desired;
use crate::ownership::Ownership;
use crate::request::Request;
use crate::scope::Scope;

/// How much of the account is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach<'a> {
    /// What a plan of the manifest needs.
    #[default]
    Needed,
    /// The same, but of what has no lists only these addresses.
    Only(&'a BTreeSet<Address>),
    /// Everything that a manifest could speak of. What the credentials may not read is left out.
    Everything,
}

/// What a kind may look at while it lists and projects.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Account, zones, stack.
    pub scope: &'a Scope,
    /// The ids of the kinds that were listed before.
    pub ids: &'a Ids,
    /// What is declared.
    pub desired: &'a Desired,
    /// What is ours.
    pub ownership: &'a Ownership,
    /// How much is to be seen.
    pub reach: Reach<'a>,
}

impl View<'_> {
    /// Whether the manifest says anything about objects of a kind. What it does not speak of
    /// need not be readable.
    #[must_use]
    pub fn speaks_of(&self, kind: &str) -> bool {
        if self.reach == Reach::Everything {
            return true;
        }
        let owns = self.ownership.owns.get(kind);
        let mut leaving = self.ownership.leaving();
        self.desired.names(kind).next().is_some()
            || owns.is_some_and(|patterns| !patterns.written().is_empty())
            || leaving.any(|address| address.kind == kind)
            || self.ends(kind)
    }

    /// Whether the end of an object of a kind has begun. It is over when the object is gone, and
    /// that can only be seen in a list.
    fn ends(&self, kind: &str) -> bool {
        let mut endings = self.ownership.endings.keys();
        endings.any(|address| address.kind == kind)
    }

    /// Whether an object of a kind without lists is to be read.
    #[must_use]
    pub fn reads(&self, address: &Address) -> bool {
        match self.reach {
            Reach::Only(reads) => reads.contains(address),
            Reach::Needed | Reach::Everything => true,
        }
    }

    /// Whether objects of a kind may stay unread: the manifest does not speak of them, or there is
    /// none yet.
    #[must_use]
    pub fn can_do_without(&self, kind: &str) -> bool {
        self.reach == Reach::Everything || !self.speaks_of(kind)
    }
}

/// One read of a list or of a single object.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The first request.
    pub request: Request,
    /// Objects a page; `None` for a read of one object, or of a list without pages.
    pub page_size: Option<u32>,
    /// What the list is of: a zone's name, a tunnel's name. The objects may not say.
    pub of: String,
    /// Cloudflare's codes that mean "nothing there" for this read.
    pub absent: &'static [u64],
    /// Whether the plan can do without it, if the credentials may not read it.
    pub optional: bool,
}

impl Listing {
    /// The read of a list. Nothing is absent in it, and the plan cannot do without it.
    #[must_use]
    pub fn list<T>(list: List<T>, of: &str) -> Self {
        Self {
            request: list.request,
            page_size: list.page_size,
            of: of.to_owned(),
            absent: &[],
            optional: false,
        }
    }

    /// The read of one object.
    #[must_use]
    pub fn one<T>(operation: Operation<T>, of: &str, absent: &'static [u64]) -> Self {
        Self {
            request: operation.request,
            page_size: None,
            of: of.to_owned(),
            absent,
            optional: false,
        }
    }
}
