//! The world's clock.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body, on};
use crate::emulator::clock::{Clock, text};
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::route::Endpoint;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

pub(super) const ENDPOINTS: &[Endpoint] = &[on("GET", "clock", get), on("PUT", "clock", put)];

/// Where to set the clock, one way or another.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Setting {
    /// Stand still at this time; null: run in real time.
    Now(Option<Timestamp>),
    /// So many seconds later, standing or running as before.
    Advance(i64),
}

fn get(world: &mut World, _: &Visit<'_>) -> Result<Answer, Failure> {
    Ok(Answer::of(view(world.state.settings.clock)))
}

fn put(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let clock = &mut world.state.settings.clock;
    *clock = match body(visit)? {
        Setting::Now(frozen) => Clock {
            frozen,
            ahead_seconds: 0,
        },
        Setting::Advance(seconds) => clock
            .advanced(seconds)
            .ok_or_else(|| Failure::invalid("no calendar reaches that far"))?,
    };
    Ok(Answer::of(view(*clock)))
}

fn view(clock: Clock) -> Value {
    json!({"now": text(clock.now()), "frozen": clock.frozen.is_some()})
}
