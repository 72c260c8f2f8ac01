//! Texts that a user wrote, and places in them. Everything that can be wrong in a manifest is
//! reported at a [`Span`].

use std::sync::Arc;

/// One text, with the name under which people know it.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path as the user would write it, relative to where the command runs.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Where its lines end: a plan of thousands of changes asks for the line of each.
    ends: Vec<usize>,
}

/// Whether a character can move the cursor, change the terminal, reorder text or hide in it:
/// control characters (C1 too), Unicode's bidirectional controls, line separators and what has
/// no width.
pub(crate) fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A stretch of bytes in one of a run's [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which source, by its position in [`Sources`].
    pub source: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// All the texts of a run, in the order in which they were read. Only ever grows, so that a
/// [`Span`] stays valid.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a text and returns its position, which spans carry.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> usize {
        let text = text.into();
        self.0.push(Source {
            name: name.into(),
            ends: text.match_indices('\n').map(|(end, _)| end).collect(),
            text,
        });
        self.0.len() - 1
    }

    /// The source at a position.
    #[must_use]
    pub fn get(&self, source: usize) -> Option<&Source> {
        self.0.get(source)
    }

    /// The line on which a span begins, from 1.
    #[must_use]
    pub fn line(&self, span: Span) -> usize {
        let source = self.get(span.source);
        source.map_or(1, |source| {
            source.ends.partition_point(|end| *end < span.start) + 1
        })
    }

    /// The character of its line at which a span begins, from 1.
    #[must_use]
    pub fn column(&self, span: Span) -> usize {
        let source = self.get(span.source);
        let before = source.and_then(|source| source.text.get(..span.start));
        let line = before.and_then(|before| before.rsplit('\n').next());
        line.unwrap_or_default().chars().count() + 1
    }

    /// The text under a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source)
            .and_then(|source| source.text.get(span.start..span.end))
            .unwrap_or_default()
    }
}
