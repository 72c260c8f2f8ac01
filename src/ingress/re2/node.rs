//! A pattern as it is understood. Captures and greediness are gone.

use std::sync::Arc;

use regex_syntax::hir::ClassUnicode;

/// A part of a pattern. At most as deep as the parser's limit on nesting.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Nothing.
    Empty,
    /// One character. Surrogates match nothing.
    Character(u32),
    /// One of a set.
    Class(Arc<ClassUnicode>),
    /// A condition on the place.
    Look(Look),
    /// So often, without limit if `max` is absent.
    Repeat {
        min: u32,
        max: Option<u32>,
        node: Box<Node>,
    },
    /// One after the other.
    Concat(Vec<Node>),
    /// One of several.
    Alternate(Vec<Node>),
}

/// A condition on the place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Beginning of the text.
    Start,
    /// End of the text.
    End,
    /// Beginning of a line.
    LineStart,
    /// End of a line; `\r` does not count.
    LineEnd,
    /// Between an ASCII letter, digit or `_` and something else.
    Boundary,
    /// Anywhere else.
    NoBoundary,
}

/// U+FFFD in the text itself, as opposed to a bad byte. No character has this value.
pub(super) const ENCODED_REPLACEMENT: u32 = 0x11_0000;
