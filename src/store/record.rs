//! What stands in the store while an account is locked, and after.

use std::time::Duration;

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::holder::Holder;
use super::lock::Terms;

/// The form of the record; a record of another form is left alone.
const FORMAT: u32 = 1;

/// A lock. It stays when it is released, so that its counter never goes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    format: u32,
    /// One more with each write: whoever sees it stand still sees a holder that does not renew.
    pub counter: u64,
    /// Who holds it; `None` if nobody does.
    pub holder: Option<Holder>,
    /// When the holder took it, by its own time of day.
    pub taken: Timestamp,
    /// When it last renewed, by its own time of day.
    pub renewed: Timestamp,
    /// The same by the clock that all processes of its machine share, in seconds.
    pub uptime_seconds: f64,
    /// How long it holds after that.
    pub lease_seconds: f64,
    /// How long a request may take that it sent before its lease was over.
    pub timeout_seconds: f64,
}

impl Record {
    /// The first record of a holder, after `counter` writes.
    pub(super) fn new(
        counter: u64,
        holder: Holder,
        terms: &Terms,
        at: (Duration, Timestamp),
    ) -> Self {
        let (now, wall) = at;
        Self {
            format: FORMAT,
            counter: counter + 1,
            holder: Some(holder),
            taken: wall,
            renewed: wall,
            uptime_seconds: now.as_secs_f64(),
            lease_seconds: terms.lease.as_secs_f64(),
            timeout_seconds: terms.timeout.as_secs_f64(),
        }
    }

    /// The same lease, renewed.
    pub(super) fn renew(&self, now: Duration, wall: Timestamp) -> Self {
        Self {
            counter: self.counter + 1,
            renewed: wall,
            uptime_seconds: now.as_secs_f64(),
            ..self.clone()
        }
    }

    /// The same lock, held by nobody.
    pub(super) fn release(&self, now: Duration, wall: Timestamp) -> Self {
        Self {
            holder: None,
            ..self.renew(now, wall)
        }
    }

    /// A lock that nobody holds, in the place of something that was none.
    pub(super) fn free(now: Duration, wall: Timestamp) -> Self {
        Self {
            format: FORMAT,
            counter: 0,
            holder: None,
            taken: wall,
            renewed: wall,
            uptime_seconds: now.as_secs_f64(),
            lease_seconds: 0.0,
            timeout_seconds: 0.0,
        }
    }

    /// Whether it was written for one lease.
    pub(super) fn is_of(&self, owner: &str) -> bool {
        self.holder.as_ref().is_some_and(|it| it.owner == owner)
    }

    /// How long nobody may take it after its last renewal: no request of its holder is under way
    /// any more.
    pub(super) fn span(&self) -> Duration {
        let of = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        of(self.lease_seconds).saturating_add(of(self.timeout_seconds))
    }

    /// Reads one.
    ///
    /// # Errors
    /// If it is not a record of this form.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let record: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        match record.format {
            FORMAT => Ok(record),
            other => Err(format!(
                "it has format {other}, and this tunctl knows {FORMAT}"
            )),
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("texts, numbers and times");
        bytes.push(b'\n');
        bytes
    }

    /// Who holds it and since when, in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let whole = |time: Timestamp| time.round(Unit::Second).unwrap_or(time);
        let (taken, renewed) = (whole(self.taken), whole(self.renewed));
        match &self.holder {
            None => format!("nobody since {renewed}"),
            Some(holder) => format!("{holder} since {taken}, last renewed {renewed}"),
        }
    }
}
