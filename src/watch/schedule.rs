//! When the next cycle begins. Pure: time is handed in, and chance is a seed.

use std::time::Duration;

use super::End;

/// The first wait of an outage.
const FIRST: Duration = Duration::from_secs(5);

/// A tenth of the interval stays free after every cycle, however long it took, so that others get
/// at the lock.
const FREE: u32 = 10;

/// The times of cycles.
#[derive(Debug, Clone)]
pub struct Schedule {
    interval: Duration,
    chance: u64,
    /// How many cycles on end have met an outage.
    outages: u32,
}

impl Schedule {
    /// Cycles that begin an interval apart, give or take a tenth, so that several processes that
    /// were started at once do not stay together. The same seed gives the same times.
    #[must_use]
    pub fn new(interval: Duration, seed: u64) -> Self {
        Self {
            interval,
            chance: seed,
            outages: 0,
        }
    }

    /// When the next cycle begins, after one that lasted from `began` to `now`: an interval after
    /// that began, but during an outage soon, and then later and later until it is an interval.
    pub fn next(&mut self, end: End, began: Duration, now: Duration) -> Duration {
        let next = match end {
            End::Unavailable => {
                let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.outages));
                self.outages = self.outages.saturating_add(1);
                now + self.spread(doubled.min(self.interval))
            }
            End::Converged
            | End::Applied
            | End::Drifted
            | End::Skipped
            | End::Unsettled
            | End::Blocked
            | End::Stale
            | End::Failed => {
                self.outages = 0;
                (began + self.spread(self.interval)).max(now + self.interval / FREE)
            }
        };
        next.max(now)
    }

    /// A duration, give or take a tenth.
    fn spread(&mut self, duration: Duration) -> Duration {
        let thousandths = 900 + u32::try_from(self.dice() % 201).unwrap_or_default();
        duration / 1000 * thousandths
    }

    /// The next number of `SplitMix64`, a generator of one word.
    fn dice(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.chance ^ (self.chance >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
