//! A YAML document as a tree in which every part knows its place.
//!
//! Invariant: a node is cheap to clone, and an alias shares what its anchor names. Children of a
//! shared part keep the place where they were written; the alias itself has its own.

use std::fmt;
use std::sync::Arc;

use crate::source::Span;

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The place of the value: quotes and brackets included, anchors and tags not. Empty for a
    /// value that was left out, and then just behind its key.
    pub span: Span,
    /// The value.
    pub value: NodeValue,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeValue {
    /// A text, a number, a boolean or nothing: which of them is for the reader's type to say.
    Scalar(Scalar),
    /// A list.
    Sequence(Arc<Vec<Node>>),
    /// Keys and values.
    Mapping(Arc<Mapping>),
    /// Something was wrong with it, and that has been reported. Nothing more is said about it.
    Unknown,
}

/// A scalar as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, without quotes and with escapes resolved. Empty if nothing was written.
    pub text: Arc<str>,
    /// Decides what the text may mean.
    pub style: Style,
}

/// Decides whether a scalar's text may mean something other than a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: `8080` may be a number.
    Plain,
    /// In quotes, or a block: always a text.
    Quoted,
    /// Made with a variable: takes the type of its field, and is text where there is none.
    Interpolated,
}

/// Keys and values in the order in which they were written.
///
/// Invariant: every key is a scalar, and no two keys have the same text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    entries: Vec<(Node, Node)>,
    /// Positions in `entries`, ordered by the text of their keys.
    sorted: Vec<usize>,
}

/// Two entries of a mapping that have the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated {
    /// The key that counts.
    pub first: Span,
    /// The key that was dropped, with its value.
    pub again: Span,
}

/// One step from a node to a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step<'a> {
    /// Into the value of a key.
    Key(&'a str),
    /// To an item of a list; the first one is 0.
    Index(usize),
}

/// Shows steps as people write them: `tunnels.edge-web.ingress[0]`.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a>(pub &'a [Step<'a>]);

impl Node {
    /// The part that the steps lead to.
    #[must_use]
    pub fn at(&self, steps: &[Step]) -> Option<&Self> {
        steps.iter().try_fold(self, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().get(*index),
        })
    }

    /// The place of the key that the last step names. `None` if the last step is an index.
    #[must_use]
    pub fn key_at(&self, steps: &[Step]) -> Option<Span> {
        let (Step::Key(key), parents) = steps.split_last()? else {
            return None;
        };
        let (key, _) = self.at(parents)?.mapping()?.entry(key)?;
        Some(key.span)
    }

    /// The value of a key. `None` if there is no such key, or this is no mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.mapping()?.entry(key).map(|(_, value)| value)
    }

    /// The mapping that this node is.
    #[must_use]
    pub fn mapping(&self) -> Option<&Mapping> {
        match &self.value {
            NodeValue::Mapping(mapping) => Some(mapping),
            NodeValue::Scalar(_) | NodeValue::Sequence(_) | NodeValue::Unknown => None,
        }
    }

    /// The items of the list that this node is; none if it is no list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            NodeValue::Sequence(items) => items,
            NodeValue::Scalar(_) | NodeValue::Mapping(_) | NodeValue::Unknown => &[],
        }
    }

    /// The scalar that this node is.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            NodeValue::Scalar(scalar) => Some(scalar),
            NodeValue::Sequence(_) | NodeValue::Mapping(_) | NodeValue::Unknown => None,
        }
    }

    /// The text of the scalar that this node is; empty if it is none. Every key has one.
    #[must_use]
    pub fn text(&self) -> &str {
        self.scalar().map_or("", |scalar| &scalar.text)
    }
}

impl Mapping {
    /// Makes a mapping. Of entries with the same key the first one counts; the others are
    /// returned. Keys that are no scalars must have been taken out.
    #[must_use]
    pub fn new(mut entries: Vec<(Node, Node)>) -> (Self, Vec<Repeated>) {
        let mut sorted = by_key(&entries);
        let repeated: Vec<(usize, usize)> = sorted
            .chunk_by(|left, right| entries[*left].0.text() == entries[*right].0.text())
            .flat_map(|same| same[1..].iter().map(|again| (same[0], *again)))
            .collect();
        let places = repeated
            .iter()
            .map(|(first, again)| Repeated {
                first: entries[*first].0.span,
                again: entries[*again].0.span,
            })
            .collect();
        if !repeated.is_empty() {
            let mut dropped: Vec<usize> = repeated.iter().map(|(_, again)| *again).collect();
            dropped.sort_unstable();
            let mut position = 0;
            entries.retain(|_| {
                position += 1;
                dropped.binary_search(&(position - 1)).is_err()
            });
            sorted = by_key(&entries);
        }
        (Self { entries, sorted }, places)
    }

    /// Replaces the value of an entry, by its position in [`Self::iter`].
    pub fn replace(&mut self, position: usize, value: Node) {
        if let Some((_, old)) = self.entries.get_mut(position) {
            *old = value;
        }
    }

    /// A key and its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&(Node, Node)> {
        let found = self
            .sorted
            .binary_search_by(|position| self.entries[*position].0.text().cmp(key))
            .ok()?;
        self.entries.get(*self.sorted.get(found)?)
    }

    /// Keys and values in the order in which they were written.
    pub fn iter(&self) -> std::slice::Iter<'_, (Node, Node)> {
        self.entries.iter()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<'a> IntoIterator for &'a Mapping {
    type Item = &'a (Node, Node);
    type IntoIter = std::slice::Iter<'a, (Node, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if key.is_empty() || key.contains(['.', '[', ' ']) => {
                    write!(f, "[{key:?}]")?;
                }
                Step::Key(key) => {
                    let dot = if position == 0 { "" } else { "." };
                    write!(f, "{dot}{key}")?;
                }
            }
        }
        Ok(())
    }
}

/// Positions of the entries by the text of their keys; a stable sort, so that of equal keys the
/// first one written comes first.
fn by_key(entries: &[(Node, Node)]) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..entries.len()).collect();
    sorted.sort_by(|left, right| entries[*left].0.text().cmp(entries[*right].0.text()));
    sorted
}
