//! One call on its way through a handler.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::access::{Grant, Target};
use super::body::{Body, Refuse};
use super::call::Call;
use super::failure::Failure;
use super::query::Query;

/// What a handler knows about the call that it answers.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    /// The call.
    pub(super) call: &'a Call,
    /// The path's variable segments by name, decoded; ids in lower case.
    pub(super) params: BTreeMap<&'static str, String>,
    /// The time of the call.
    pub(super) now: Timestamp,
    /// What the caller may do.
    pub(super) grant: Grant,
}

impl<'a> Visit<'a> {
    /// A variable segment of the endpoint's path; empty if the path has none of this name.
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// What the call is about, in the eyes of permissions.
    pub(super) fn target(&self) -> Target<'_> {
        match self.params.get("zone") {
            Some(zone) => Target::Zone(zone),
            None if self.params.contains_key("account") => Target::Account,
            None => Target::Any,
        }
    }

    /// The query.
    pub(super) fn query(&self) -> Query<'a> {
        Query::of(self.call)
    }

    /// The body, which must be a JSON object.
    pub(super) fn body(&self, refuse: Refuse) -> Result<Body<'static>, Failure> {
        Body::parse(&self.call.body, refuse)
    }

    /// The failure of a path whose object does not exist.
    pub(super) fn unroutable(&self) -> Failure {
        Failure::unroutable(&self.call.path)
    }
}
