//! Query parameters with their types. Unknown ones are never looked at, empty ones are absent.

use std::str::FromStr;

use jiff::Timestamp;

use super::call::Call;
use super::failure::Failure;

/// The query of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a>(&'a Call);

impl<'a> Query<'a> {
    /// The query of `call`.
    pub(super) fn of(call: &'a Call) -> Self {
        Self(call)
    }

    /// A text.
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        let pairs = &mut self.0.query.iter();
        let (_, value) = pairs.find(|(own, _)| own == name)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    /// `true` or `false`.
    pub(super) fn flag(self, name: &str) -> Result<Option<bool>, Failure> {
        self.parsed(name, "true or false")
    }

    /// A whole number from 0 on.
    pub(super) fn number(self, name: &str) -> Result<Option<u64>, Failure> {
        self.parsed(name, "a whole number")
    }

    /// A time by RFC 3339.
    pub(super) fn time(self, name: &str) -> Result<Option<Timestamp>, Failure> {
        self.parsed(name, "a time by RFC 3339")
    }

    fn parsed<T: FromStr>(self, name: &str, wanted: &str) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(Failure::invalid(format!("{name} must be {wanted}"))),
        }
    }
}
