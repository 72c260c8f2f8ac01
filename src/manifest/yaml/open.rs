//! A collection while its parts are still being read.

use std::sync::Arc;

use super::mapping;
use super::node::{Node, NodeValue};
use crate::manifest::findings::Findings;
use crate::source::Span;

/// A collection whose end has not been seen.
pub(super) struct Open {
    /// From the first byte to the end of the last part so far.
    pub(super) span: Span,
    /// Whether it is written with brackets, so that its end has a place.
    pub(super) flow: bool,
    /// The parser's number for its anchor; 0 if it has none.
    pub(super) anchor: usize,
    /// What its parts cost so far.
    pub(super) weight: Weight,
    /// What was read so far.
    pub(super) parts: Parts,
}

/// The parts of a collection.
pub(super) enum Parts {
    /// Of a list.
    Items(Vec<Node>),
    /// Of a mapping.
    Entries {
        /// Keys with their values.
        complete: Vec<(Node, Node)>,
        /// A key whose value has not been seen.
        key: Option<Node>,
    },
}

/// What a part costs whoever repeats it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    /// Collections inside each other.
    pub(super) height: usize,
    /// Aliases in it, as if all were written out.
    pub(super) aliases: usize,
    /// Bytes of text, likewise.
    pub(super) bytes: usize,
}

impl Weight {
    /// The weight of a part together with the text that it was written with.
    pub(super) fn written(self, span: Span) -> Self {
        let written = span.end.saturating_sub(span.start);
        Self {
            bytes: self.bytes.saturating_add(written),
            ..self
        }
    }
}

impl Parts {
    /// An empty list.
    pub(super) fn items() -> Self {
        Self::Items(Vec::new())
    }

    /// An empty mapping.
    pub(super) fn entries() -> Self {
        Self::Entries {
            complete: Vec::new(),
            key: None,
        }
    }

    /// The finished collection.
    pub(super) fn into_value(self, findings: &mut Findings) -> NodeValue {
        match self {
            Self::Items(items) => NodeValue::Sequence(Arc::new(items)),
            Self::Entries { complete, .. } => {
                NodeValue::Mapping(Arc::new(mapping::close(complete, findings)))
            }
        }
    }
}

impl Open {
    /// A collection that starts here.
    pub(super) fn new(span: Span, anchor: usize, parts: Parts) -> Self {
        Self {
            span,
            flow: span.start < span.end,
            anchor,
            weight: Weight::default(),
            parts,
        }
    }

    /// Adds a finished part.
    pub(super) fn add(&mut self, node: Node, weight: Weight) {
        self.span.end = self.span.end.max(node.span.end);
        let own = &mut self.weight;
        own.height = own.height.max(weight.height);
        own.aliases = own.aliases.saturating_add(weight.aliases);
        own.bytes = own.bytes.saturating_add(weight.bytes);
        match &mut self.parts {
            Parts::Items(items) => items.push(node),
            Parts::Entries { complete, key } => match key.take() {
                Some(key) => complete.push((key, node)),
                None => *key = Some(node),
            },
        }
    }
}
