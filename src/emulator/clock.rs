//! The world's time. The only place here that reads the system's clock.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What time it is in a world: the real time, shifted, or standing still.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Clock {
    /// Stands still here.
    pub(super) frozen: Option<Timestamp>,
    /// Runs this many seconds ahead of the real time, unless it stands still.
    pub(super) ahead_seconds: i64,
}

impl Clock {
    /// The time in microseconds, which is what Cloudflare shows.
    pub(super) fn now(self) -> Timestamp {
        let exact = self.frozen.unwrap_or_else(|| {
            let real = Timestamp::now();
            real.checked_add(SignedDuration::from_secs(self.ahead_seconds))
                .unwrap_or(real)
        });
        Timestamp::from_microsecond(exact.as_microsecond()).unwrap_or(exact)
    }

    /// The same clock, later. `None` if that is out of range.
    pub(super) fn advanced(self, seconds: i64) -> Option<Self> {
        if let Some(frozen) = self.frozen {
            let step = SignedDuration::from_secs(seconds);
            let frozen = Some(frozen.checked_add(step).ok()?);
            return Some(Self { frozen, ..self });
        }
        let ahead_seconds = self.ahead_seconds.checked_add(seconds)?;
        let ahead = SignedDuration::from_secs(ahead_seconds);
        Timestamp::now().checked_add(ahead).ok()?;
        Some(Self {
            ahead_seconds,
            ..self
        })
    }
}

/// A time as Cloudflare writes it: six fractional digits and `Z`.
pub(super) fn text(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// A time as tokens have it: seconds and `Z`.
pub(super) fn seconds(time: Timestamp) -> String {
    format!("{time:.0}")
}
