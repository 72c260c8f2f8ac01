use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What `serde_path_to_error` calls the whole value.
const WHOLE: &str = ".";

/// Why a value is not what it should be. Says the place and what is expected there, and nothing
/// of the value: it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Such as `conns[0].id`; `.` for the whole; empty if `trouble` says it all.
    pub place: String,
    /// What is there, and what should be.
    pub trouble: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, trouble } = self;
        match place.as_str() {
            "" => f.write_str(trouble),
            WHOLE => write!(f, "it is {trouble}"),
            place => write!(f, "`{place}` is {trouble}"),
        }
    }
}

impl std::error::Error for Misfit {}

impl Misfit {
    /// A value that has the right form and is nevertheless not what was asked for, in a sentence
    /// that quotes nothing that could be a secret.
    #[must_use]
    pub fn of_whole(trouble: impl Into<String>) -> Self {
        Self {
            place: String::new(),
            trouble: trouble.into(),
        }
    }

    /// The same misfit in an item of a list.
    #[must_use]
    pub fn in_item(self, index: usize) -> Self {
        let Self { place, trouble } = self;
        let place = if place == WHOLE {
            format!("[{index}]")
        } else {
            format!("[{index}].{place}")
        };
        Self { place, trouble }
    }
}

/// Reads an answer as what it should be.
///
/// # Errors
/// Where it is not, at the first place.
pub fn decode<T: DeserializeOwned>(value: &Value) -> Result<T, Misfit> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().to_string();
        let trouble = error.into_inner().to_string();
        misfit(value, place, &trouble)
    })
}

/// Of an answer what a type reads, at every depth, and nothing else: what else is there may be a
/// secret. What is absent and what is null is the same to a type, and is left out.
///
/// # Errors
/// If it is not a `T`.
pub fn keep<T: Serialize + DeserializeOwned>(value: &Value) -> Result<Value, Misfit> {
    let read: T = decode(value)?;
    let mut kept = super::body(&read);
    if let Value::Object(fields) = &mut kept {
        fields.retain(|_, value| !value.is_null());
    }
    Ok(kept)
}

/// `serde` quotes what it found: only the part of its words that names our own types is kept.
fn misfit(value: &Value, place: String, trouble: &str) -> Misfit {
    if let Some((_, field)) = trouble.split_once("missing field ") {
        let trouble = format!("without {field}");
        return Misfit { place, trouble };
    }
    let found = at(value, &place).map_or("something else", sort);
    let trouble = match trouble.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{found}, not {expected}"),
        // The words of our own types, which quote nothing.
        None => format!("{found}, {trouble}"),
    };
    Misfit { place, trouble }
}

/// The value at a place, if it can be found.
fn at<'a>(value: &'a Value, place: &str) -> Option<&'a Value> {
    let steps = place.split(['.', '[']).filter(|step| !step.is_empty());
    steps.into_iter().try_fold(value, |value, step| {
        match step
            .strip_suffix(']')
            .and_then(|step| step.parse::<usize>().ok())
        {
            Some(index) => value.get(index),
            None => value.get(step),
        }
    })
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
