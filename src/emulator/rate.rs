//! Cloudflare's rate limit: a bucket per credential that refills all the time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How often an API token may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rate {
    /// Requests per window. Cloudflare documents 1,200.
    pub quota: u64,
    /// The window's length in seconds. Cloudflare documents 300.
    pub window: u64,
    /// For how many seconds every request is refused once the quota is used up. Cloudflare
    /// documents 300. With 0, a request is allowed as soon as the bucket holds one.
    pub penalty: u64,
    /// Whether anything is refused at all. The headers are sent in any case.
    pub enforced: bool,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            quota: 1200,
            window: 300,
            penalty: 300,
            enforced: true,
        }
    }
}

/// What one request was told about the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    /// Requests that remain.
    pub(super) remaining: u64,
    /// Seconds until all of the quota is there again.
    pub(super) reset: u64,
    /// Seconds to wait, if this request is refused.
    pub(super) wait: Option<u64>,
}

/// The buckets of everyone who has called lately. Never persisted.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets(BTreeMap<String, Bucket>);

/// Microseconds count as tokens, so that nothing is rounded: a request costs
/// `window * 1,000,000 / quota` of them.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    used: u64,
    at: i64,
    blocked_until: i64,
}

/// More callers than this, and those who have nothing used are forgotten.
const CALLERS: usize = 1000;

impl Buckets {
    /// Takes one request out of the caller's bucket.
    pub(super) fn take(&mut self, caller: &str, rate: Rate, now: Timestamp) -> Allowance {
        let now = now.as_microsecond();
        if self.0.len() > CALLERS {
            self.0
                .retain(|_, bucket| bucket.used_at(now) > 0 || bucket.blocked_until > now);
        }
        let fresh = Bucket {
            used: 0,
            at: now,
            blocked_until: i64::MIN,
        };
        let bucket = self.0.entry(caller.to_owned()).or_insert(fresh);
        bucket.take(rate, now)
    }
}

impl Bucket {
    fn take(&mut self, rate: Rate, now: i64) -> Allowance {
        let whole = micros(rate.window);
        let cost = (whole / rate.quota.max(1)).max(1);
        self.used = self.used_at(now);
        self.at = now;
        let wait = self.refusal(rate, now, cost);
        if wait.is_none() {
            self.used = self.used.saturating_add(cost).min(whole);
        }
        Allowance {
            remaining: (whole - self.used.min(whole)) / cost,
            reset: seconds(self.used),
            wait,
        }
    }

    fn refusal(&mut self, rate: Rate, now: i64, cost: u64) -> Option<u64> {
        if !rate.enforced {
            return None;
        }
        let short = self
            .used
            .saturating_add(cost)
            .saturating_sub(micros(rate.window));
        if self.blocked_until <= now && short > 0 {
            let penalty = micros(rate.penalty).max(short);
            self.blocked_until = now.saturating_add_unsigned(penalty);
        }
        let left = u64::try_from(self.blocked_until.saturating_sub(now)).unwrap_or(0);
        (left > 0).then(|| seconds(left))
    }

    fn used_at(&self, now: i64) -> u64 {
        let passed = u64::try_from(now.saturating_sub(self.at)).unwrap_or(0);
        self.used.saturating_sub(passed)
    }
}

fn micros(seconds: u64) -> u64 {
    seconds.saturating_mul(1_000_000)
}

/// Whole seconds, rounded up.
fn seconds(micros: u64) -> u64 {
    micros.div_ceil(1_000_000)
}
