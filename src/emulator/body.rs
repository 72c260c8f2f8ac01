//! Fields out of a JSON body, each with the type it must have.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::failure::Failure;

/// How a family of resources refuses a body.
pub(super) type Refuse = fn(String) -> Failure;

/// A JSON object from outside. Unknown fields are ignored, null is absent.
#[derive(Debug)]
pub(super) struct Body<'a> {
    fields: std::borrow::Cow<'a, Map<String, Value>>,
    refuse: Refuse,
}

impl<'a> Body<'a> {
    /// Reads a request's body.
    pub(super) fn parse(bytes: &[u8], refuse: Refuse) -> Result<Body<'static>, Failure> {
        match serde_json::from_slice(bytes).map_err(|_| Failure::malformed())? {
            Value::Object(fields) => Ok(Body {
                fields: std::borrow::Cow::Owned(fields),
                refuse,
            }),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(refuse("the request body must be an object".to_owned())),
        }
    }

    /// A part of a body that must be an object.
    pub(super) fn part(value: &'a Value, refuse: Refuse) -> Result<Self, Failure> {
        let fields = value
            .as_object()
            .ok_or_else(|| refuse("expected an object".to_owned()))?;
        Ok(Self {
            fields: std::borrow::Cow::Borrowed(fields),
            refuse,
        })
    }

    /// Whether the field is there, null included.
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, Failure> {
        self.typed(key, "a string", Value::as_str)
    }

    /// A boolean.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Failure> {
        self.typed(key, "a boolean", Value::as_bool)
    }

    /// A whole number from 0 on.
    pub(super) fn number(&self, key: &str) -> Result<Option<u64>, Failure> {
        self.typed(key, "a non-negative integer", Value::as_u64)
    }

    /// A time by RFC 3339.
    pub(super) fn time(&self, key: &str) -> Result<Option<Timestamp>, Failure> {
        self.typed(key, "a time by RFC 3339", |value| {
            value.as_str()?.parse().ok()
        })
    }

    /// A list.
    pub(super) fn list(&self, key: &str) -> Result<&[Value], Failure> {
        let list = self.typed(key, "a list", Value::as_array)?;
        Ok(list.map_or(&[], Vec::as_slice))
    }

    /// A list of texts; `None` if absent.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, Failure> {
        self.typed(key, "a list of strings", |value| {
            let items = value.as_array()?.iter();
            items.map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// An object.
    pub(super) fn object(&self, key: &str) -> Result<Option<&Map<String, Value>>, Failure> {
        self.typed(key, "an object", Value::as_object)
    }

    /// Refuses the body.
    pub(super) fn refuse(&self, message: impl Into<String>) -> Failure {
        (self.refuse)(message.into())
    }

    fn typed<'b, T>(
        &'b self,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&'b Value) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(value) {
                Some(read) => Ok(Some(read)),
                None => Err(self.refuse(format!("{key} must be {wanted}"))),
            },
        }
    }
}
