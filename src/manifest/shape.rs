//! Checks a tree against a JSON Schema and types it, so that the Rust types that the schema is
//! generated from are the only declaration of the file format.
//!
//! Invariant: every mistake of a tree is found in one walk, each at its own place; and where
//! there was none, the JSON satisfies the schema.

mod check;
mod compile;
mod keyword;
mod list;
mod object;
mod rule;
mod scalar;
mod variant;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::rule::Rule;
use super::yaml::Node;
use crate::problem::Problem;
pub(super) use words::quoted;

/// A compiled schema.
#[derive(Debug)]
pub struct Shape {
    root: Rule,
    definitions: BTreeMap<String, Rule>,
    formats: BTreeSet<String>,
}

/// Checks for the values of `format` that JSON Schema cannot express, by name. Formats that are
/// not registered are annotations; [`Shape::formats`] tells which ones a schema uses.
pub type Formats = BTreeMap<&'static str, Format>;

/// How a text of a format is checked.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// The code of the problem, such as `tunctl::invalid_hostname`.
    pub code: &'static str,
    /// Its message, short and always the same.
    pub message: &'static str,
    /// The check.
    pub check: fn(&str) -> Result<(), FormatFault>,
}

/// Why a text is not of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatFault {
    /// What is wrong with it; shown under the text.
    pub message: String,
    /// What to type instead.
    pub help: Option<String>,
}

/// A schema that cannot be checked. A mistake in the types, never in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unsupported {what} at `{pointer}` in the schema")]
pub struct ShapeError {
    /// The part that is not understood, such as "keyword `not`".
    pub what: String,
    /// Where it is, as a JSON pointer.
    pub pointer: String,
}

impl Shape {
    /// Compiles a schema as `schemars` 1 generates it.
    ///
    /// # Errors
    /// If the schema says something that would not be checked: a keyword that is ignored
    /// silently is a hole.
    pub fn from_schema(schema: &Value) -> Result<Self, ShapeError> {
        compile::compile(schema)
    }

    /// The names of all formats of texts in the schema.
    #[must_use]
    pub fn formats(&self) -> &BTreeSet<String> {
        &self.formats
    }

    /// Checks a tree. Returns its value for `serde`, and everything that is wrong with it, by
    /// place. The value is meaningful only if nothing is wrong. A key that has no value, or
    /// `null`, is as if it were absent where it is optional.
    #[must_use]
    pub fn check(&self, node: &Node, formats: &Formats) -> (Value, Vec<Problem>) {
        check::check(self, node, formats)
    }
}
