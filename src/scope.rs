//! What a run works on: the account, the zones that its credentials can see, the stack.

use crate::address::RemoteId;

/// A DNS zone of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Cloudflare's id: 32 hex digits.
    pub id: RemoteId,
    /// Lower-case name without a trailing dot, in Punycode.
    pub name: String,
}

/// The account, its zones and the stack: everything that is the same for all requests of a run.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The account's id: 32 lower-case hex digits.
    pub account: String,
    /// The stack's name, which is also its owner mark.
    pub stack: String,
    /// The zones of the account that the credentials can see, by name.
    pub zones: Vec<Zone>,
}

impl Scope {
    /// The zone that a host belongs to: the longest name that matches on label boundaries, so
    /// that `myexample.com` is never taken for a part of `example.com`.
    #[must_use]
    pub fn zone_of(&self, host: &str) -> Option<&Zone> {
        self.zones
            .iter()
            .filter(|zone| {
                host.strip_suffix(zone.name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
            .max_by_key(|zone| zone.name.len())
    }
}
