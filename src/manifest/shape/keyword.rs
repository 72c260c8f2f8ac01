//! The keywords of JSON Schema that are understood, and reading their values.

use serde_json::{Map, Value};

use super::ShapeError;
use super::rule::Range;

/// Keywords that say something to people and editors only.
const ANNOTATIONS: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "markdownDescription",
    "enumDescriptions",
    "markdownEnumDescriptions",
    "defaultSnippets",
    "errorMessage",
    "patternErrorMessage",
];

/// Keywords for mappings.
pub(super) const OBJECT: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
];

/// Keywords for lists.
pub(super) const LIST: &[&str] = &["type", "items", "minItems", "maxItems", "uniqueItems"];

/// Keywords for texts.
pub(super) const TEXT: &[&str] = &["type", "minLength", "maxLength", "pattern", "format"];

/// Keywords for numbers.
pub(super) const NUMBER: &[&str] = &["type", "minimum", "maximum", "exclusiveMinimum", "format"];

/// One schema with its place in the whole.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// The keywords.
    pub(super) schema: &'a Map<String, Value>,
    /// The place, as a JSON pointer.
    pub(super) pointer: &'a str,
}

impl<'a> Part<'a> {
    /// An error at this place.
    pub(super) fn error(&self, what: impl Into<String>) -> ShapeError {
        ShapeError {
            what: what.into(),
            pointer: self.pointer.to_owned(),
        }
    }

    /// Refuses keywords that are neither annotations nor among these.
    pub(super) fn allow(&self, keywords: &[&str]) -> Result<(), ShapeError> {
        let known = |key: &str| keywords.contains(&key) || ANNOTATIONS.contains(&key);
        match self.schema.keys().find(|key| !known(key)) {
            Some(key) => Err(self.error(format!("keyword `{key}`"))),
            None => Ok(()),
        }
    }

    /// The value of a keyword.
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.schema.get(keyword)
    }

    /// The text of a keyword.
    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword).and_then(Value::as_str)
    }

    /// The list of a keyword; empty if it is not there.
    pub(super) fn list(&self, keyword: &str) -> &'a [Value] {
        self.get(keyword)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The schemas by name that a keyword has.
    pub(super) fn map(&self, keyword: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.get(keyword)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    }

    /// Two keywords with a number of things each.
    pub(super) fn count(&self, least: &str, most: &str) -> Result<Range<usize>, ShapeError> {
        Ok(Range {
            least: self.number(least, |value| {
                value.as_u64().and_then(|value| usize::try_from(value).ok())
            })?,
            most: self.number(most, |value| {
                value.as_u64().and_then(|value| usize::try_from(value).ok())
            })?,
        })
    }

    /// The number of a keyword.
    pub(super) fn number<T>(
        &self,
        keyword: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, ShapeError> {
        self.get(keyword)
            .map(|value| read(value).ok_or_else(|| self.error(format!("value of `{keyword}`"))))
            .transpose()
    }
}
