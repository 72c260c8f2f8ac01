//! Faults: made, counted, lifted.

use serde_json::{Value, json};

use super::{body, on, unknown};
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::route::Endpoint;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    on("GET", "faults", list),
    on("POST", "faults", create),
    on("DELETE", "faults", clear),
    on("DELETE", "faults/{fault}", lift),
];

fn list(world: &mut World, _: &Visit<'_>) -> Result<Answer, Failure> {
    Ok(Answer::of(json!(world.faults.all())))
}

fn create(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let fault = world.faults.add(body(visit)?).map_err(Failure::invalid)?;
    Ok(Answer::of(json!(fault)))
}

fn clear(world: &mut World, _: &Visit<'_>) -> Result<Answer, Failure> {
    world.faults.clear();
    Ok(Answer::of(Value::Null))
}

fn lift(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let id = visit.param("fault");
    if world.faults.lift(id) {
        Ok(Answer::of(json!({"id": id})))
    } else {
        Err(unknown("fault"))
    }
}
