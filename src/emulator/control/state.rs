//! The whole state, and the settings in it.

use serde_json::Value;

use super::{body, on};
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::route::Endpoint;
use crate::emulator::state::{Change, State};
use crate::emulator::table::as_value;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    on("GET", "state", get),
    on("PUT", "state", put),
    on("PATCH", "state", patch),
    on("GET", "settings", get_settings),
    on("PATCH", "settings", patch_settings),
];

fn get(world: &mut World, _: &Visit<'_>) -> Result<Answer, Failure> {
    Ok(Answer::of(world.state()))
}

/// Replaces everything that lasts.
fn put(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let state: State = body(visit)?;
    world.replace(state.check().map_err(Failure::invalid)?);
    Ok(Answer::of(Value::Null))
}

/// Puts and removes single rows: `{"tables": {"records": {"ID": {…}, "ID": null}}}`.
fn patch(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let change: Change = body(visit)?;
    world.state.replay(change).map_err(Failure::invalid)?;
    Ok(Answer::of(Value::Null))
}

fn get_settings(world: &mut World, _: &Visit<'_>) -> Result<Answer, Failure> {
    Ok(Answer::of(as_value(&world.state.settings)))
}

fn patch_settings(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let mut whole = as_value(&world.state.settings);
    if let (Value::Object(whole), Value::Object(changes)) = (&mut whole, body(visit)?) {
        whole.extend(changes);
    }
    let settings = serde_json::from_value(whole);
    world.state.settings = settings.map_err(|error| Failure::invalid(error.to_string()))?;
    get_settings(world, visit)
}
