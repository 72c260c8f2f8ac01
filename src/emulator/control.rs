//! The control API: what tests do to a world that Cloudflare's clients cannot.
//!
//! Invariant: it needs no credentials, is never struck by a fault, and never counts as a
//! request.

#![expect(
    clippy::unnecessary_wraps,
    reason = "handlers have the type that the table of endpoints asks for"
)]

mod connectors;
mod faults;
mod requests;
mod service_tokens;
mod state;
mod time;
mod tokens;
mod zones;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::access::Grant;
use super::call::Call;
use super::envelope::Answer;
use super::failure::Failure;
use super::route::{Endpoint, find};
use super::table::Row;
use super::visit::Visit;
use super::world::World;

/// The control API, family by family.
const FAMILIES: &[&[Endpoint]] = &[
    zones::ENDPOINTS,
    connectors::ENDPOINTS,
    time::ENDPOINTS,
    requests::ENDPOINTS,
    faults::ENDPOINTS,
    tokens::ENDPOINTS,
    service_tokens::ENDPOINTS,
    state::ENDPOINTS,
];

/// Answers a call below `/_emulator`.
pub(super) fn run(
    world: &mut World,
    call: &Call,
    path: &str,
    now: Timestamp,
) -> Result<Answer, Failure> {
    let found = find(FAMILIES, &call.method, path);
    let (endpoint, params) = found.ok_or_else(|| Failure::no_route(&call.path))?;
    let visit = Visit {
        call,
        params,
        now,
        grant: Grant::default(),
    };
    (endpoint.run)(world, &visit)
}

const fn on(method: &'static str, path: &'static str, run: super::route::Handler) -> Endpoint {
    Endpoint::read(method, path, &[], run)
}

/// The body as what it should be. The failure says where it is not.
fn body<T: DeserializeOwned>(visit: &Visit<'_>) -> Result<T, Failure> {
    let read = serde_json::from_slice(&visit.call.body);
    read.map_err(|error| Failure::invalid(error.to_string()))
}

/// A row with the fields that the body names.
fn merged<T: Row>(row: &T, changes: Value) -> Result<T, Failure> {
    let mut whole = super::table::as_value(row);
    match (&mut whole, changes) {
        (Value::Object(whole), Value::Object(changes)) => whole.extend(changes),
        _ => return Err(Failure::invalid("the request body must be an object")),
    }
    serde_json::from_value(whole).map_err(|error| Failure::invalid(error.to_string()))
}

fn unknown(what: &str) -> Failure {
    Failure::new(404, 1003, format!("no such {what}"))
}
