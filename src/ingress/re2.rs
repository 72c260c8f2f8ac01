//! RE2's regular expressions as Go 1.26 reads them: its syntax, its refusals with their texts,
//! and what each construct matches, given to `regex-syntax` as an HIR.
//!
//! Only whether a text matches is of interest, so captures and greediness are dropped. Which
//! patterns are refused does not depend on the engine that runs them. Left out is how Go
//! factors common prefixes of alternatives, which only shifts its limits on nesting and size.

mod class;
mod escape;
mod fold;
mod group;
mod limit;
mod parser;
mod part;
mod property;
mod stack;

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, Hir};

pub use parser::parse;

/// The byte that stands for each byte of a text that is not UTF-8. Go sees U+FFFD there, in
/// all but one respect: see [`parse`].
pub const BAD_BYTE: u8 = 0xff;

/// Why Go refuses a pattern. Prints as Go's error does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {reason}: `{fragment}`")]
pub struct Fault {
    /// The kind of fault.
    pub reason: Reason,
    /// The part of the pattern that Go shows.
    pub fragment: String,
}

/// Go's kinds of faults, in its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A range backwards, or an unknown name of a class.
    #[error("invalid character class range")]
    CharacterRange,
    /// A backslash before something that it does not go with.
    #[error("invalid escape sequence")]
    Escape,
    /// A group's name that is empty, not ASCII, or does not end.
    #[error("invalid named capture")]
    NamedCapture,
    /// `(?` and something unknown, such as look-around.
    #[error("invalid or unsupported Perl syntax")]
    PerlSyntax,
    /// `**` and the like.
    #[error("invalid nested repetition operator")]
    NestedRepetition,
    /// A count over 1000, alone or multiplied, or backwards.
    #[error("invalid repeat count")]
    RepeatCount,
    /// `[` without its end.
    #[error("missing closing ]")]
    MissingBracket,
    /// `(` without its end.
    #[error("missing closing )")]
    MissingParenthesis,
    /// Nothing to repeat.
    #[error("missing argument to repetition operator")]
    MissingArgument,
    /// A backslash at the end.
    #[error("trailing backslash at end of expression")]
    TrailingBackslash,
    /// `)` without its beginning.
    #[error("unexpected )")]
    UnexpectedParenthesis,
    /// More than 1000 levels.
    #[error("expression nests too deeply")]
    Nesting,
    /// More than Go is willing to compile.
    #[error("expression too large")]
    Size,
}

impl Fault {
    fn new(reason: Reason, fragment: &str) -> Self {
        Self {
            reason,
            fragment: fragment.to_owned(),
        }
    }
}

/// The part of `text` before `rest`, which is its end.
fn before<'t>(text: &'t str, rest: &str) -> &'t str {
    &text[..text.len() - rest.len()]
}

/// A class as it matches a text in which bad bytes are [`BAD_BYTE`].
fn class_to_hir(class: ClassUnicode) -> Hir {
    let replacement = char::REPLACEMENT_CHARACTER;
    let ranges = class.ranges();
    let matches_bad = ranges
        .iter()
        .any(|range| (range.start()..=range.end()).contains(&replacement));
    let unicode = Hir::class(Class::Unicode(class));
    if !matches_bad {
        return unicode;
    }
    let bad = ClassBytes::new([ClassBytesRange::new(BAD_BYTE, BAD_BYTE)]);
    Hir::alternation(vec![unicode, Hir::class(Class::Bytes(bad))])
}
