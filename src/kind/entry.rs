//! One entry of a section, as kinds see it while they lower it to resources.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::address::Address;
use crate::desired::{Declared, Keeping, Lifecycle};
use crate::problem::Problem;
use crate::routing::Routes;
use crate::routing::test::Test;
use crate::source::Span;

/// One entry of a section: `edge-web:` under `tunnels:`.
pub struct Entry<'a> {
    /// The stack's name, which is its mark; empty if it is not readable.
    pub stack: &'a str,
    /// The section's key.
    pub section: &'a str,
    /// The entry's key: the user's name for it.
    pub name: &'a str,
    /// The entry with the manifest's defaults merged in.
    pub value: &'a Value,
    /// Finds the place of a field; the nearest one that is written, for a field that is not.
    pub places: &'a dyn Fn(&[Key<'_>]) -> Span,
}

/// One step of a path into an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// A mapping's key.
    Field(&'a str),
    /// A list's position, from 0.
    Index(usize),
}

impl Entry<'_> {
    /// The place of a field of the entry.
    #[must_use]
    pub fn at(&self, path: &[Key<'_>]) -> Span {
        (self.places)(path)
    }

    /// What happens to a secret whose sink is named in a field.
    #[must_use]
    pub fn keeping(&self, field: &str, sink: Option<String>) -> Option<Keeping> {
        Some(Keeping {
            sink: sink?,
            at: self.at(&[Key::Field(field)]),
            rotate_before: None,
            grace: 0,
        })
    }
}

/// What the entries of a manifest were lowered to, and what was wrong on the way.
#[derive(Debug, Default)]
pub struct Lowered {
    /// Resources in the order of the manifest; duplicates are found later.
    pub resources: Vec<(Address, Declared)>,
    /// The rules of each tunnel, also of those that do not load them from Cloudflare.
    pub routes: BTreeMap<String, Routes>,
    /// What should answer which URL.
    pub tests: Vec<Test>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Lowered {
    /// Adds a resource that needs no special treatment.
    ///
    /// # Panics
    /// If the spec does not serialise to JSON, which no spec of plain data does.
    pub fn declare(
        &mut self,
        address: Address,
        spec: &impl Serialize,
        references: Vec<Address>,
        at: Span,
    ) -> &mut Declared {
        let declared = Declared {
            spec: serde_json::to_value(spec).expect("a spec is plain data"),
            references,
            at,
            lifecycle: Lifecycle::default(),
        };
        self.resources.push((address, declared));
        let (_, declared) = self.resources.last_mut().expect("just pushed");
        declared
    }
}
