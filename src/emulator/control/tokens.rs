//! What bearer tokens may do. Their texts are not kept.

use serde_json::{Map, Value, json};

use super::{body, on, unknown};
use crate::emulator::access::Grant;
use crate::emulator::call::digest;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::route::Endpoint;
use crate::emulator::table::as_value;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    on("GET", "tokens", list),
    on("PUT", "tokens", put),
    on("DELETE", "tokens", remove),
];

fn list(world: &mut World, _: &Visit<'_>) -> Result<Answer, Failure> {
    let tokens = world.state.tables.tokens.iter();
    let tokens = tokens.map(|(id, grant)| shown(id, grant));
    Ok(Answer::of(tokens.collect()))
}

/// `token` and the restrictions that it has from now on.
fn put(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let mut fields: Map<String, Value> = body(visit)?;
    let id = token(&mut fields)?;
    let grant = serde_json::from_value(Value::Object(fields));
    let grant: Grant = grant.map_err(|error| Failure::invalid(error.to_string()))?;
    let shown = shown(&id, &grant);
    world.state.tables.tokens.put(&id, grant);
    Ok(Answer::of(shown))
}

/// Lifts the restrictions of `token`, or of all that the API has not made.
fn remove(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let tokens = &mut world.state.tables.tokens;
    if visit.call.body.is_empty() {
        let all = tokens.iter().filter(|(_, grant)| grant.issued.is_none());
        let all: Vec<String> = all.map(|(id, _)| id.to_owned()).collect();
        for id in all {
            tokens.remove(&id);
        }
    } else {
        let id = token(&mut body(visit)?)?;
        tokens.remove(&id).ok_or_else(|| unknown("token"))?;
    }
    Ok(Answer::of(Value::Null))
}

fn token(fields: &mut Map<String, Value>) -> Result<String, Failure> {
    match fields.shift_remove("token") {
        Some(Value::String(token)) => Ok(digest(&token)),
        _ => Err(Failure::invalid("token is required")),
    }
}

fn shown(id: &str, grant: &Grant) -> Value {
    let mut shown = as_value(grant);
    shown["id"] = json!(id[..id.len().min(32)]);
    shown
}
