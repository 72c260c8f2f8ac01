//! Where the parts of an entry are written.

use super::yaml::{Node, Step};
use crate::kind::entry::Key;
use crate::source::Span;

/// An entry as it is written.
pub(super) struct Written<'a> {
    key: Option<Span>,
    entry: Option<&'a Node>,
    root: &'a Node,
}

impl<'a> Written<'a> {
    /// The entry of a section with a name.
    pub(super) fn new(root: &'a Node, section: &str, name: &str) -> Self {
        let steps = [Step::Key(section), Step::Key(name)];
        Self {
            key: root.key_at(&steps),
            entry: root.at(&steps),
            root,
        }
    }

    /// Where a field of the entry is written: in the entry, else in the defaults, else the
    /// nearest part of the entry that is written. The entry itself is its key.
    pub(super) fn place(&self, path: &[Key<'_>]) -> Span {
        let key = self.key.unwrap_or(self.root.span);
        if path.is_empty() {
            return key;
        }
        let steps: Vec<Step<'_>> = path.iter().map(step).collect();
        let part = |steps: &[Step<'_>]| self.entry?.at(steps).map(|node| node.span);
        let default = || Some(self.root.get("defaults")?.at(&steps)?.span);
        let nearest = || {
            let mut shorter = (1..steps.len()).rev().map(|length| &steps[..length]);
            shorter.find_map(|steps| self.entry?.key_at(steps).or_else(|| part(steps)))
        };
        part(&steps)
            .or_else(default)
            .or_else(nearest)
            .unwrap_or(key)
    }
}

fn step<'a>(key: &Key<'a>) -> Step<'a> {
    match key {
        Key::Field(field) => Step::Key(field),
        Key::Index(index) => Step::Index(*index),
    }
}
