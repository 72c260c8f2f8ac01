//! How much somebody may ask for in a minute.

use std::collections::BTreeMap;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// Counts by name, in windows of a minute that begin with the first request of each.
#[derive(Debug, Default)]
pub struct Windows(BTreeMap<String, (Duration, u32)>);

/// What a request finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What is allowed.
    pub limit: u32,
    /// What is left.
    pub left: u32,
    /// Seconds until all of it is free again.
    pub reset: u64,
    /// Whether this request is one too many.
    pub over: bool,
}

impl Windows {
    /// Counts a request.
    pub fn count(&mut self, name: &str, limit: u32, now: Duration) -> Room {
        let window = self.0.entry(name.to_owned()).or_insert((now, 0));
        if now.saturating_sub(window.0) >= MINUTE {
            *window = (now, 0);
        }
        window.1 = window.1.saturating_add(1);
        let rest = MINUTE.saturating_sub(now.saturating_sub(window.0));
        Room {
            limit,
            left: limit.saturating_sub(window.1),
            reset: rest.as_secs().max(1),
            over: window.1 > limit,
        }
    }

    /// Forgets a name.
    pub fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }
}
