//! RE2's regular expressions as Go 1.26 has them: its syntax, its refusals with their texts,
//! and what each construct matches. `regex-syntax` supplies Unicode's tables.
//!
//! Only whether a text matches is of interest, so captures and greediness are dropped. Left out
//! is how Go factors common prefixes of alternatives, which only shifts its limits on nesting
//! and size. The engine of the `regex` crates is not used because it recurses: Go accepts 1000
//! levels of nesting, on which it overflows the stack.

mod anchor;
mod class;
mod escape;
mod fold;
mod group;
mod limit;
mod node;
mod parser;
mod part;
mod program;
mod property;
mod stack;
mod symbols;
mod witness;

pub use anchor::is_anchored;
pub use parser::parse;
pub use program::{Program, Search};
pub use witness::{Witness, witness};

/// A pattern that Go accepts.
#[derive(Debug, Clone)]
pub struct Expression(node::Node);

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
