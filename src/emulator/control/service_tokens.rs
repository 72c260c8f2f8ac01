//! The door behind which Access asks for a service token.

use serde::Deserialize;
use serde_json::json;

use super::{body, on};
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::route::Endpoint;
use crate::emulator::service_token::{Which, accepted};
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

pub(super) const ENDPOINTS: &[Endpoint] = &[on("POST", "service_tokens/check", check)];

/// The two headers of Access.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    client_id: String,
    client_secret: String,
}

/// Whether the two would be let in now. If so, the token has been seen.
fn check(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let Shown {
        client_id,
        client_secret,
    } = body(visit)?;
    let found: Option<(String, Which)> = accepted(world, &client_id, &client_secret, visit.now);
    if let Some((id, _)) = &found {
        let tokens = &mut world.state.tables.service_tokens;
        tokens.edit(id, |token| token.last_seen_at = Some(visit.now));
    }
    let secret = found.map(|(_, which)| which);
    let result = json!({"accepted": secret.is_some(), "secret": secret});
    Ok(Answer::of(result))
}
