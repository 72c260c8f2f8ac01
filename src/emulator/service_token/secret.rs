//! Which secret of a service token opens a door, and until when.

use jiff::Timestamp;
use serde::Serialize;

use super::ServiceToken;
use crate::emulator::call::{digest, hex};
use crate::emulator::world::World;

/// Which of a token's secrets was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::emulator) enum Which {
    /// The newest.
    Current,
    /// The one before it, in its grace period.
    Previous,
}

/// A new secret, and what is kept of it.
pub(super) fn made(world: &mut World) -> (String, String) {
    let secret = hex(&world.state.settings.ids.secret());
    let kept = digest(&secret);
    (secret, kept)
}

/// The token whose id and secret Access would take at this time.
pub(in crate::emulator) fn accepted(
    world: &World,
    client_id: &str,
    secret: &str,
    now: Timestamp,
) -> Option<(String, Which)> {
    let mut tokens = world.state.tables.service_tokens.iter();
    let (id, token) = tokens.find(|(_, token)| token.client_id == client_id)?;
    let which = token.which(&digest(secret), now)?;
    Some((id.to_owned(), which))
}

impl ServiceToken {
    /// Puts a new secret in; the one so far works until a time.
    pub(super) fn rotate(&mut self, secret: String, version: u64, until: Timestamp) {
        let old = std::mem::replace(&mut self.secret, secret);
        self.previous_secret = Some(old);
        self.previous_secret_expires_at = Some(until);
        self.secret_version = version;
    }

    fn which(&self, secret: &str, now: Timestamp) -> Option<Which> {
        let lives = self.enabled && self.expires_at.is_none_or(|end| now < end);
        let grace = self.previous_secret_expires_at;
        if !lives {
            None
        } else if self.secret == secret {
            Some(Which::Current)
        } else if self.previous_secret.as_deref() == Some(secret)
            && grace.is_some_and(|end| now < end)
        {
            Some(Which::Previous)
        } else {
            None
        }
    }
}
