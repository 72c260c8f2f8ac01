//! The one place that decides whether a request is sent again. Pure: the loop that sends and
//! sleeps is the client's.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::request::Repeat;

/// How often a request is sent before anything but a rate limit ends it.
pub const MOST_ATTEMPTS: u32 = 5;

/// How often a request meets a rate limit before it is given up.
pub const MOST_REFUSALS: u32 = 10;

/// The longest wait that a server can ask for: twice the 5 minutes for which Cloudflare blocks
/// ("Rate limits").
pub const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// What became of one attempt, as far as sending again is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It never left, and may the next time.
    Unsent,
    /// It can never leave, or the answer cannot become another one.
    Hopeless,
    /// No whole answer; the API may have carried it out.
    Lost,
    /// An answer with an error status.
    Status {
        /// The HTTP status.
        status: u16,
        /// What the answer asks for.
        retry_after: Option<Duration>,
    },
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Send it again.
    Retry {
        /// How long to wait first.
        after: Duration,
        /// Who says so; only our own figure may be shortened by chance.
        told: bool,
    },
    /// The outcome stands.
    GiveUp,
}

/// Judges an outcome. `count` is how often this request has met this sort of outcome, this
/// time included; rate limits are one sort, all the rest another.
///
/// 409 is never retried: Cloudflare's conflicts (1013, 1014) are permanent.
#[must_use]
pub fn verdict(repeat: Repeat, outcome: Outcome, count: u32) -> Verdict {
    match outcome {
        Outcome::Status {
            status: 429,
            retry_after,
        } => again(count < MOST_REFUSALS, retry_after, refused(count)),
        Outcome::Unsent => again(count < MOST_ATTEMPTS, None, backoff(count)),
        Outcome::Lost => again(
            repeat == Repeat::Safe && count < MOST_ATTEMPTS,
            None,
            backoff(count),
        ),
        Outcome::Status {
            status: 408 | 500..,
            retry_after,
        } => again(
            repeat == Repeat::Safe && count < MOST_ATTEMPTS,
            retry_after,
            backoff(count),
        ),
        Outcome::Hopeless | Outcome::Status { .. } => Verdict::GiveUp,
    }
}

/// Shortens a wait of our own to between 75 % and 100 %, so that clients that failed together
/// do not come back together. `chance` is any number; the same one gives the same wait.
#[must_use]
pub fn jitter(wait: Duration, chance: u64) -> Duration {
    // splitmix64's mixing step, so that neighbouring numbers lie far apart.
    let mut mixed = chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let thousandths = u32::try_from((mixed >> 32) % 251).unwrap_or(0);
    wait.saturating_sub(wait.saturating_mul(thousandths) / 1_000)
}

/// Reads `Retry-After`: seconds, or an HTTP date, which is taken against the `Date` of the same
/// answer and not against our clock. `None` for anything else.
#[must_use]
pub fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let (then, now) = (http_date(value)?, http_date(date?)?);
    let seconds = then.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(seconds.try_into().unwrap_or(0)))
}

/// Reads an HTTP date. `None` for anything else.
pub(crate) fn http_date(value: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(value.trim()).ok()
}

fn again(allowed: bool, told: Option<Duration>, own: Duration) -> Verdict {
    if !allowed || told.is_some_and(|told| told > LONGEST_WAIT) {
        return Verdict::GiveUp;
    }
    Verdict::Retry {
        after: told.unwrap_or(own),
        told: told.is_some(),
    }
}

/// 0.5 s, doubled each time, at most 8 s: what Cloudflare's own SDKs do.
fn backoff(count: u32) -> Duration {
    doubled(Duration::from_millis(500), count).min(Duration::from_secs(8))
}

/// For a 429 without `Retry-After`: 2 s, doubled each time, at most 64 s. Ten of them outlast
/// the 5 minutes for which Cloudflare blocks.
fn refused(count: u32) -> Duration {
    doubled(Duration::from_secs(2), count).min(Duration::from_secs(64))
}

fn doubled(first: Duration, count: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(count.saturating_sub(1)))
}
