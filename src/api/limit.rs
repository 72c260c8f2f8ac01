//! The rate budget as a token bucket without a clock. Between answers it refills by itself; each
//! answer sets it right, counting against us what the answer may not have counted.

use std::time::Duration;

/// 1,200 requests per 5 minutes, for a user or an account token (Cloudflare, "Rate limits").
const START: Policy = Policy {
    quota: 1_200,
    window: Duration::from_mins(5),
};

/// A window longer than this is a mistake of the server's, and is shortened to it.
const LONGEST_WINDOW: Duration = Duration::from_hours(1);

/// One part in so many of the quota stays unused, for what other clients take between two
/// answers: going over the limit can block every call for 5 minutes ("Rate limits").
const RESERVE: u32 = 50;

/// The longest wait for others to leave something, or for a reset. What refills meanwhile is not
/// lost.
const LONGEST_REST: Duration = Duration::from_secs(32);

/// The first wait for a reset that is further away than [`LONGEST_REST`], which may be that of a
/// whole bucket that refills all the time. Twice as long each time: in a window of 5 minutes that
/// takes at most 13 requests of the reserve's 24.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// Tokens that refill evenly. Recorded answers stay at `r=1199;t=1` over a long session, so
/// Cloudflare refills that way too, not in fixed windows.
#[derive(Debug, Clone)]
pub struct Bucket {
    policy: Policy,
    /// In parts of a token: one token is the window's nanoseconds, so that nothing is rounded.
    level: u128,
    filled: Duration,
    paused: Duration,
    /// How many resets in a row have brought nothing.
    empty: u32,
    /// How often in a row nothing was there long before a reset.
    early: u32,
}

/// How many requests in which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Requests; never 0.
    pub quota: u32,
    /// The time in which they may be sent; never 0.
    pub window: Duration,
}

/// What an answer says about the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Requests that are left.
    pub remaining: u32,
    /// Until there are more of them.
    pub reset: Duration,
    /// The limit itself, if the answer names it.
    pub policy: Option<Policy>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self::new(START)
    }
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            level: policy.full(),
            filled: Duration::ZERO,
            paused: Duration::ZERO,
            empty: 0,
            early: 0,
        }
    }

    /// Takes a token and returns zero, or returns how long to wait before asking again.
    pub fn take(&mut self, now: Duration) -> Duration {
        self.refill(now);
        if now < self.paused {
            return self.paused.saturating_sub(now);
        }
        let token = self.policy.token();
        match self.level.checked_sub(token) {
            Some(left) => {
                self.level = left;
                Duration::ZERO
            }
            None => nanos((token - self.level).div_ceil(u128::from(self.policy.quota))),
        }
    }

    /// Requests that may be sent at once, and how long each one after them waits.
    pub fn left(&mut self, now: Duration) -> (u64, Duration) {
        self.refill(now);
        let Policy { quota, window } = self.policy;
        let left = self.level / self.policy.token();
        (u64::try_from(left).unwrap_or(u64::MAX), window / quota)
    }

    /// Takes over what an answer says. `uncounted` is how many other requests the answer may
    /// not have counted: those under way when its own request left, and those sent since.
    ///
    /// Nothing left but the reserve means waiting, and then one request to see how much there is:
    /// others may be using what refills. A near reset is waited for; a far one may mean that the
    /// bucket is full by then, and something is there much sooner.
    pub fn learn(&mut self, now: Duration, figures: Figures, uncounted: u32) {
        self.refill(now);
        self.policy = figures.policy.unwrap_or(self.policy);
        let usable = figures.remaining.saturating_sub(self.policy.reserve());
        let left = u128::from(usable.saturating_sub(uncounted)) * self.policy.token();
        self.level = left.min(self.policy.full());
        if usable > 0 {
            self.empty = 0;
            self.early = 0;
        } else if now >= self.paused {
            self.rest(now, figures.reset.min(self.policy.window));
        }
    }

    /// Grants nothing until the reset, or not quite so long if that is far away; longer each time
    /// that it brought nothing; and then one token.
    fn rest(&mut self, now: Duration, reset: Duration) {
        let count = if reset > LONGEST_REST {
            &mut self.early
        } else {
            &mut self.empty
        };
        let doubled = |first: Duration| first.saturating_mul(2_u32.saturating_pow(*count));
        let idle = if reset > LONGEST_REST {
            doubled(FIRST_LOOK).min(LONGEST_REST)
        } else {
            doubled(reset).min(LONGEST_REST).max(reset)
        };
        *count = count.saturating_add(1);
        self.pause(now, idle);
        let one = self.policy.window / self.policy.quota;
        self.filled = self.filled.max((now + idle).saturating_sub(one));
    }

    /// Grants nothing for a while, after a 429.
    pub fn pause(&mut self, now: Duration, wait: Duration) {
        self.paused = self.paused.max(now.saturating_add(wait));
    }

    /// Forgets the tokens at hand, after a 429 that says nothing about the budget.
    pub fn drain(&mut self, now: Duration) {
        self.refill(now);
        self.level = 0;
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.filled);
        self.filled = self.filled.max(now);
        let gained = passed
            .as_nanos()
            .saturating_mul(u128::from(self.policy.quota));
        self.level = self.level.saturating_add(gained).min(self.policy.full());
    }
}

impl Policy {
    fn token(self) -> u128 {
        self.window.as_nanos()
    }

    fn reserve(self) -> u32 {
        self.quota / RESERVE
    }

    /// The level that all usable tokens make.
    fn full(self) -> u128 {
        self.token() * u128::from(self.quota - self.reserve())
    }
}

impl Figures {
    /// Reads `Ratelimit: "default";r=1199;t=1` and `Ratelimit-Policy: "default";q=1200;w=300`.
    /// With several limits the first one counts, as Cloudflare sends only one.
    #[must_use]
    pub fn parse(limit: &str, policy: Option<&str>) -> Option<Self> {
        Some(Self {
            remaining: parameter(limit, "r")?,
            reset: Duration::from_secs(parameter(limit, "t").unwrap_or(0).into()),
            policy: policy.and_then(|policy| {
                let quota = parameter(policy, "q").filter(|quota| *quota > 0)?;
                let window = parameter(policy, "w").filter(|window| *window > 0)?;
                let window = Duration::from_secs(window.into()).min(LONGEST_WINDOW);
                Some(Policy { quota, window })
            }),
        })
    }
}

fn parameter(header: &str, name: &str) -> Option<u32> {
    let first = header.split(',').next()?;
    first.split(';').skip(1).find_map(|part| {
        let (known, value) = part.split_once('=')?;
        (known.trim() == name)
            .then(|| value.trim().parse().ok())
            .flatten()
    })
}

fn nanos(nanos: u128) -> Duration {
    u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_headers_are_read() {
        let figures = Figures::parse("\"default\";r=1199;t=1", Some("\"default\";q=1200;w=300"));
        assert_eq!(
            figures,
            Some(Figures {
                remaining: 1_199,
                reset: Duration::from_secs(1),
                policy: Some(START),
            })
        );
    }

    #[test]
    fn a_policy_without_requests_or_time_is_ignored() {
        for policy in [
            "d;q=0;w=300",
            "d;q=5;w=0",
            "d",
            "",
            "d;q=x;w=1",
            "d;q=-1;w=1",
        ] {
            let figures = Figures::parse("d;r=7", Some(policy)).unwrap();
            assert_eq!((figures.remaining, figures.policy), (7, None), "{policy}");
        }
    }

    #[test]
    fn an_empty_bucket_says_when_the_next_token_comes() {
        let mut bucket = Bucket::new(Policy {
            quota: 2,
            window: Duration::from_secs(10),
        });
        let waits: Vec<u64> = (0..3)
            .map(|_| bucket.take(Duration::ZERO).as_secs())
            .collect();
        assert_eq!(waits, [0, 0, 5]);
        assert_eq!(bucket.take(Duration::from_secs(5)), Duration::ZERO);
    }
}
