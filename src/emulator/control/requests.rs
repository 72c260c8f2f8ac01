//! The log of requests.

use serde_json::{Value, json};

use super::on;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::log::Entry;
use crate::emulator::route::Endpoint;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

pub(super) const ENDPOINTS: &[Endpoint] =
    &[on("GET", "requests", list), on("DELETE", "requests", clear)];

/// `since=N` leaves out the first N, `wrote=true` keeps what changed the world.
fn list(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let since = visit.query().number("since")?.unwrap_or(0);
    let wrote = visit.query().flag("wrote")?;
    let entries = world.log.after(since);
    let kept: Vec<&Entry> = entries
        .filter(|entry| wrote.is_none_or(|wrote| entry.wrote == wrote))
        .collect();
    let result = json!({"seen": world.log.seen(), "requests": kept});
    Ok(Answer::of(result))
}

fn clear(world: &mut World, _: &Visit<'_>) -> Result<Answer, Failure> {
    world.log.clear();
    Ok(Answer::of(Value::Null))
}
