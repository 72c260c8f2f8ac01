//! YAML, read into a tree that knows its places, and written back.
//!
//! Invariant: whatever the bytes are, reading them ends within the [`Budget`], and never panics.

pub mod annotated;
pub mod budget;
pub mod compose;
pub mod core;
pub mod decode;
pub mod edit;
pub mod layout;
mod mapping;
pub mod node;
mod open;
mod scalar;
mod syntax;
pub mod write;

use crate::problem::Problem;
use crate::source::Sources;

pub use annotated::{Notes, to_yaml_with};
pub use budget::{Budget, Spent};
pub use compose::{Composed, compose};
pub use decode::decode;
pub use edit::set;
pub use layout::{format, format_file};
pub use node::{Mapping, Node, NodeValue, Scalar, Step, Style, Words};
pub use write::to_yaml;

/// Reads one file: takes its text into `sources` and composes it.
///
/// The bytes must be the whole file, or its first [`Budget::room`] + 1 bytes, so that a caller
/// never loads more than the budget allows. A file over the budget is not looked into. Bytes
/// that are not UTF-8 stand in `sources` as U+FFFD, control characters as `?`.
pub fn read(sources: &mut Sources, name: &str, bytes: &[u8], budget: &mut Budget) -> Composed {
    let whole = match budget.take_text(name, bytes) {
        Ok(()) => bytes,
        Err(problem) => {
            return Composed::refused(sources.add(name, ""), problem);
        }
    };
    let shown = decode::shown(String::from_utf8_lossy(whole));
    let source = sources.add(name, shown);
    match decode(source, whole) {
        Ok(text) => compose(source, text, budget),
        Err(problem) => Composed::refused(source, problem),
    }
}

impl Composed {
    fn refused(source: usize, problem: Problem) -> Self {
        Self {
            source,
            root: None,
            comments: Vec::new(),
            problems: vec![problem],
        }
    }
}
