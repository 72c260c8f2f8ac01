//! Changes of one scalar in a text that people wrote.
//!
//! Invariant: the text that comes out differs in what was asked for and in nothing else; if the
//! editor did more, or less, the change is refused.

use std::str::FromStr;

use serde_json::Value;
use yaml_edit::{ScalarValue, YamlFile, YamlNode};

use super::budget::Budget;
use super::compose::compose;
use super::core::lower;
use super::node::{Node, Step, Words};
use crate::problem::Problem;
use crate::source::Span;

/// Sets a scalar in a text, and keeps everything else, comments included. A key that is not
/// there yet is added at the end of its mapping; the mapping itself must be there.
///
/// # Errors
/// The first problem of the text, or `tunctl::edit_refused` if the change cannot be made so that
/// it is the only difference: below an alias or an anchor, into a list beyond its end, or if
/// `scalar` is no scalar.
pub fn set(source: usize, text: &str, path: &[Step], scalar: &Value) -> Result<String, Problem> {
    let before = root(source, text)?;
    let refused = || refuse(&before, path);
    let wanted = with(&lower(&before), path, scalar).ok_or_else(refused)?;
    let edited = edit(text, path, scalar).ok_or_else(refused)?;
    let after = root(source, &edited).map_err(|_| refused())?;
    if lower(&after) == wanted {
        Ok(edited)
    } else {
        Err(refused())
    }
}

fn root(source: usize, text: &str) -> Result<Node, Problem> {
    let composed = compose(source, text, &mut Budget::default());
    match (composed.problems.into_iter().next(), composed.root) {
        (None, Some(root)) => Ok(root),
        (Some(problem), _) => Err(problem),
        (None, None) => Err(Problem::new("tunctl::empty_file", "the file is empty")),
    }
}

fn refuse(before: &Node, path: &[Step]) -> Problem {
    let start = before.span.start;
    let top = Span {
        end: start,
        ..before.span
    };
    let place = before.at(path).map_or(top, |node| node.span);
    Problem::new("tunctl::edit_refused", "the file cannot be edited safely")
        .at(place, format!("`{}` cannot be set on its own", Words(path)))
        .help("make the change by hand")
}

/// The value with one part replaced. `None` if there is no such part.
fn with(value: &Value, path: &[Step], scalar: &Value) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let mut changed = value.clone();
    let parent = parents
        .iter()
        .try_fold(&mut changed, |value, step| match step {
            Step::Key(key) => value.get_mut(key),
            Step::Index(index) => value.get_mut(index),
        })?;
    match last {
        Step::Key(key) => {
            parent
                .as_object_mut()?
                .insert((*key).to_owned(), scalar.clone());
        }
        Step::Index(index) => *parent.get_mut(index)? = scalar.clone(),
    }
    Some(changed)
}

fn edit(text: &str, path: &[Step], scalar: &Value) -> Option<String> {
    let file = YamlFile::from_str(text).ok()?;
    let document = file.documents().next()?;
    let (last, parents) = path.split_last()?;
    let top = YamlNode::Mapping(document.as_mapping()?);
    let parent = parents.iter().try_fold(top, |node, step| match step {
        Step::Key(key) => node.as_mapping()?.get(*key),
        Step::Index(index) => node.as_sequence()?.get(*index),
    })?;
    let scalar = written(scalar)?;
    match last {
        Step::Key(key) => parent.as_mapping()?.set(*key, scalar),
        Step::Index(index) => {
            parent.as_sequence()?.set(*index, scalar);
        }
    }
    Some(file.to_string())
}

/// A scalar as the editor writes it. `None` for lists and mappings.
fn written(value: &Value) -> Option<ScalarValue> {
    match value {
        Value::Null => Some(ScalarValue::null()),
        Value::Bool(value) => Some(ScalarValue::from(*value)),
        Value::Number(value) => Some(ScalarValue::parse(value.to_string())),
        Value::String(value) => Some(ScalarValue::string(value)),
        Value::Array(_) | Value::Object(_) => None,
    }
}
