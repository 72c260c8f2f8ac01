//! What a body may say about a service token.

use jiff::{SignedDuration, Timestamp};

use super::{ServiceToken, invalid};
use crate::emulator::body::Body;
use crate::emulator::failure::Failure;
use crate::ingress::Seconds;

/// The longest name in characters (Cloudflare's "Account limits").
const LONGEST_NAME: usize = 350;
/// The duration of a token for which none is given (Cloudflare's SDKs): a year.
const USUAL_DURATION: &str = "8760h";
/// The duration of a token that does not end.
const FOREVER: &str = "forever";

/// The fields of a body that are there, each in its right form.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) name: Option<String>,
    pub(super) secret_version: Option<u64>,
    duration: Option<String>,
    enabled: Option<bool>,
    previous_secret_expires_at: Option<Timestamp>,
}

impl Draft {
    /// Reads a body.
    pub(super) fn read(body: &Body<'_>) -> Result<Self, Failure> {
        let duration = body.text("duration")?;
        if duration.is_some_and(|duration| length(duration).is_err()) {
            let message = "duration must be forever or such as 300ms or 2h45m";
            return Err(body.refuse(message));
        }
        let secret_version = body.number("client_secret_version")?;
        if secret_version == Some(0) {
            return Err(body.refuse("client_secret_version must be at least 1"));
        }
        Ok(Self {
            name: name(body)?,
            secret_version,
            duration: duration.map(str::to_owned),
            enabled: body.flag("enabled")?,
            previous_secret_expires_at: body.time("previous_client_secret_expires_at")?,
        })
    }

    /// A new token's fields, as far as they have defaults.
    pub(super) fn usual() -> Self {
        Self {
            duration: Some(USUAL_DURATION.to_owned()),
            ..Self::default()
        }
    }

    /// These fields where `other` has none.
    pub(super) fn but(self, other: Self) -> Self {
        Self {
            duration: other.duration.or(self.duration),
            ..other
        }
    }
}

impl ServiceToken {
    /// Takes the draft's fields over. Another duration counts from now.
    pub(super) fn put(&mut self, draft: Draft, now: Timestamp) {
        let Draft {
            name,
            secret_version: _,
            duration,
            enabled,
            previous_secret_expires_at,
        } = draft;
        if let Some(name) = name {
            self.name = name;
        }
        if let Some(duration) = duration
            && duration != self.duration
            && let Ok(length) = length(&duration)
        {
            self.expires_at =
                length.map(|length| now.saturating_add(length).unwrap_or(Timestamp::MAX));
            self.duration = duration;
        }
        self.enabled = enabled.unwrap_or(self.enabled);
        self.previous_secret_expires_at =
            previous_secret_expires_at.or(self.previous_secret_expires_at);
        self.updated_at = now;
    }
}

fn name(body: &Body<'_>) -> Result<Option<String>, Failure> {
    match body.text("name")? {
        None => Ok(None),
        Some(name) if (1..=LONGEST_NAME).contains(&name.chars().count()) => {
            Ok(Some(name.to_owned()))
        }
        Some(_) => Err(invalid(format!(
            "name must have 1 to {LONGEST_NAME} characters"
        ))),
    }
}

/// How long a duration is; `None` for ever.
fn length(duration: &str) -> Result<Option<SignedDuration>, ()> {
    if duration == FOREVER {
        return Ok(None);
    }
    match Seconds::parse_go(duration) {
        Ok(read) if read.nanoseconds() > 0 => {
            Ok(Some(SignedDuration::from_nanos(read.nanoseconds())))
        }
        Ok(_) | Err(_) => Err(()),
    }
}
