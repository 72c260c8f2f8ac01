//! The attributes of a resource's block: names aligned, values quoted, nested ones indented.

use serde_json::{Map, Value};

use super::line::{Line, Mark, Tone};
use super::list;
use crate::diff::FieldChange;
use crate::render::text::{count, escaped};
use crate::render::value::inline;

/// Longer names do not push the values of the others aside.
const ALIGNED: usize = 32;

/// A list that is longer than this on one line gets a line for each item.
const FITS: usize = 72;

/// One attribute, not yet aligned with its neighbours.
pub(super) struct Attribute {
    mark: Mark,
    name: String,
    body: Body,
    comment: Option<&'static str>,
}

enum Body {
    /// On the attribute's own line.
    Inline(String),
    /// Between brackets on lines of their own.
    Nested([&'static str; 2], Vec<Line>),
}

impl Attribute {
    /// An attribute with a value that fits on its line.
    pub(super) fn new(mark: Mark, name: &str, value: impl Into<String>) -> Self {
        Self {
            mark,
            name: escaped(name).into_owned(),
            body: Body::Inline(value.into()),
            comment: None,
        }
    }

    /// An attribute that is there only before, or only after, with everything in it.
    pub(super) fn whole(depth: usize, mark: Mark, name: &str, value: &Value) -> Self {
        let nested = match value {
            Value::Object(fields) if !fields.is_empty() => {
                let fields = each(depth + 1, mark, fields);
                Body::Nested(["{", "}"], block(depth + 1, fields))
            }
            Value::Array(items) if is_tall(items) => {
                Body::Nested(["[", "]"], list::whole(depth + 1, mark, items))
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => Body::Inline(inline(value)),
        };
        Self {
            body: nested,
            ..Self::new(mark, name, "")
        }
    }

    /// What a difference is shown as.
    pub(super) fn of_change(depth: usize, change: &FieldChange) -> Vec<Self> {
        let FieldChange {
            path,
            before,
            after,
        } = change;
        let name = if path.is_empty() { "value" } else { path };
        let whole = |mark, value| Self::whole(depth, mark, name, value);
        match (before, after) {
            (Some(Value::Array(old)), Some(Value::Array(new))) => vec![Self {
                body: Body::Nested(["[", "]"], list::changed(depth + 1, old, new)),
                ..Self::new(Mark::Change, name, "")
            }],
            (Some(old), Some(new)) if is_flat(old) && is_flat(new) => {
                let value = format!("{} -> {}", inline(old), inline(new));
                vec![Self::new(Mark::Change, name, value)]
            }
            (old, new) => {
                let old = old.iter().map(|old| whole(Mark::Remove, old));
                let new = new.iter().map(|new| whole(Mark::Add, new));
                old.chain(new).collect()
            }
        }
    }

    /// Says more about the attribute.
    pub(super) fn comment(mut self, text: &'static str) -> Self {
        self.comment = Some(text);
        self
    }
}

/// Every field of an object with one mark.
pub(super) fn each(depth: usize, mark: Mark, fields: &Map<String, Value>) -> Vec<Attribute> {
    let fields = fields.iter();
    fields
        .map(|(name, value)| Attribute::whole(depth, mark, name, value))
        .collect()
}

/// The lines of some attributes.
pub(super) fn block(depth: usize, attributes: Vec<Attribute>) -> Vec<Line> {
    let widths = attributes.iter().map(|it| it.name.chars().count());
    let width = widths.filter(|it| *it <= ALIGNED).max().unwrap_or(0);
    let mut lines = Vec::new();
    for attribute in attributes {
        let Attribute {
            mark,
            name,
            body,
            comment,
        } = attribute;
        let line = |text: &str| {
            let line = Line::marked(depth, mark, format!("{name:width$} = {text}"));
            comment.iter().fold(line, |line, text| line.comment(text))
        };
        match body {
            Body::Inline(value) => lines.push(line(&value)),
            Body::Nested([open, close], mut inner) => {
                lines.push(line(open));
                lines.append(&mut inner);
                lines.push(Line::inside(depth, Tone::Plain, close));
            }
        }
    }
    lines
}

/// What is not shown because it stays.
pub(super) fn hidden(depth: usize, number: usize, noun: &str) -> Line {
    let text = format!("# ({} hidden)", count(number, &format!("unchanged {noun}")));
    Line::inside(depth, Tone::Dim, text)
}

/// Whether a list needs a line for each item.
fn is_tall(items: &[Value]) -> bool {
    items.iter().any(Value::is_object)
        || items
            .iter()
            .map(|item| inline(item).len() + 2)
            .sum::<usize>()
            > FITS
}

/// Whether a value is shown on one line.
pub(super) fn is_flat(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => !is_tall(items),
        Value::Object(fields) => fields.is_empty(),
    }
}
