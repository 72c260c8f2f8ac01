//! Taking the lock of an account.
//!
//! Invariant: a lock is taken from somebody only when no request of theirs can be under way: they
//! let go of it, their process is gone, or their record stood still for its whole lease, the time
//! of one request and a margin. How long it stood still is told by one clock alone, never by the
//! difference of two: the one that the processes of a machine share, else the store's own, else
//! ours.

use std::time::Duration;

use super::Store;
use super::backend::{Found, Mode, Revision, Written};
use super::error::{LockError, StoreError};
use super::holder::Holder;
use super::lease::Lease;
use super::name::Name;
use super::record::Record;

/// How often a race for a free lock may be lost before the store itself is doubted: whoever loses
/// one, next sees a holder.
const RACES: u32 = 20;

/// What the times that a store tells are precise to: S3 and Azure round to seconds.
const PRECISION: Duration = Duration::from_secs(1);

/// How a lease is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long it holds after a renewal was sent.
    pub lease: Duration,
    /// How long after a renewal the next one is sent.
    pub renew: Duration,
    /// How long one request of the holder may take; nobody else begins before that is over too.
    pub timeout: Duration,
    /// What clocks may differ by.
    pub margin: Duration,
}

impl Terms {
    /// The lease of the design: 60 s, renewed every 20 s, with 5 s for clocks. A write begins only
    /// while more is left than a request may take, so if that is more than 35 s the lease is longer
    /// by as much.
    #[must_use]
    pub fn of(timeout: Duration) -> Self {
        let (renew, spare) = (Duration::from_secs(20), Duration::from_secs(5));
        Self {
            lease: Duration::from_mins(1).max(timeout + renew + spare),
            renew,
            timeout,
            margin: Duration::from_secs(5),
        }
    }
}

/// Who wants which lock.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The account's id.
    pub account: &'a str,
    /// This process; each lease gets an owner's id of its own.
    pub holder: Holder,
    /// How it will be kept.
    pub terms: Terms,
    /// How long to wait for it; zero: not at all.
    pub patience: Duration,
}

/// A lock as somebody found it, who may then remove exactly that.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What it says; an error if it is not a lock that this tunctl knows.
    pub record: Result<Record, String>,
    pub(super) revision: Revision,
}

impl Store {
    /// Takes the lock of an account, or waits for it. `waiting` is told once of each holder that
    /// is waited for.
    ///
    /// # Errors
    /// If somebody else holds it for longer than the patience, or the store does not answer.
    pub async fn lock(
        &self,
        wanted: &Wanted<'_>,
        waiting: &(dyn Fn(&Record) + Sync),
    ) -> Result<Lease, LockError> {
        let mut attempt = Attempt::new(self, wanted)?;
        let deadline = self.clocks.now() + wanted.patience;
        let mut told = None;
        let mut races = 0;
        loop {
            match attempt.step().await? {
                Step::Ours(lease) => return Ok(*lease),
                Step::Race if races == RACES => return Err(attempt.no_conditions()),
                Step::Race => {
                    races += 1;
                    self.clocks.sleep(attempt.pause() / 20).await;
                }
                Step::Held(record) => {
                    races = 0;
                    let left = deadline.saturating_sub(self.clocks.now());
                    if left.is_zero() {
                        let account = wanted.account.to_owned();
                        return Err(LockError::Held { account, record });
                    }
                    if told != record.holder {
                        waiting(&record);
                        told.clone_from(&record.holder);
                    }
                    self.clocks.sleep(attempt.pause().min(left)).await;
                }
            }
        }
    }

    /// The lock of an account as it is; `None` if nobody ever took it.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn seen(&self, account: &str) -> Result<Option<Seen>, StoreError> {
        let name = Name::lock(account)?;
        let found = self.backend.read(&name).await;
        let found = found.map_err(|fault| self.failed("read", &name, fault))?;
        Ok(found.map(|found| Seen {
            record: Record::parse(&found.bytes),
            revision: found.revision,
        }))
    }

    /// Removes a lock, if it still is as it was seen; false if it is not. Its holder goes on until
    /// its next renewal, so it must be certain that there is none.
    ///
    /// # Errors
    /// If the store does not answer; the lock may then be removed.
    pub async fn unlock(&self, account: &str, seen: &Seen) -> Result<bool, StoreError> {
        let name = Name::lock(account)?;
        let (now, wall) = (self.clocks.now(), self.clocks.wall());
        let free = match &seen.record {
            Ok(record) => record.release(now, wall),
            Err(_) => Record::free(now, wall),
        };
        let (bytes, mode) = (free.bytes(), Mode::Replace(&seen.revision));
        let written = self.backend.write(&name, &bytes, mode).await;
        match written.map_err(|fault| self.failed("write", &name, fault))? {
            Written::Done(_) => Ok(true),
            Written::Refused => Ok(false),
        }
    }
}

/// One process on its way to a lock.
struct Attempt<'a> {
    store: &'a Store,
    wanted: &'a Wanted<'a>,
    name: Name,
    holder: Holder,
    /// When the last write of ours was sent.
    sent: Option<Duration>,
    watched: Option<Watched>,
}

/// A record that somebody else may keep or not.
struct Watched {
    revision: Revision,
    /// How old it was when it was first seen.
    age: Duration,
    /// When that was.
    first: Duration,
}

enum Step {
    Ours(Box<Lease>),
    Held(Box<Record>),
    /// Somebody else wrote in between.
    Race,
}

impl<'a> Attempt<'a> {
    fn new(store: &'a Store, wanted: &'a Wanted<'a>) -> Result<Self, StoreError> {
        Ok(Self {
            store,
            wanted,
            name: Name::lock(wanted.account)?,
            holder: Holder {
                owner: uuid::Uuid::new_v4().to_string(),
                ..wanted.holder.clone()
            },
            sent: None,
            watched: None,
        })
    }

    /// Looks once, and takes the lock if that may be.
    async fn step(&mut self) -> Result<Step, LockError> {
        let Some(found) = self.read(&self.name).await? else {
            return self.take(0, Mode::Create).await;
        };
        let record = Record::parse(&found.bytes).map_err(|reason| StoreError::Corrupt {
            place: self.store.place.clone(),
            name: self.name.to_string(),
            reason,
        })?;
        if record.is_of(&self.holder.owner)
            && let Some(sent) = self.sent
        {
            // The answer to our write was lost, and what came instead spoke of a clash.
            return Ok(self.ours(record, found.revision, sent));
        }
        let free = match &record.holder {
            None => true,
            Some(holder) => {
                holder.is_dead(&self.holder)
                    || self.stood_still(&found, &record).await?
                        >= record.span().saturating_add(self.wanted.terms.margin)
            }
        };
        if free {
            let replace = Mode::Replace(&found.revision);
            self.take(record.counter, replace).await
        } else {
            Ok(Step::Held(Box::new(record)))
        }
    }

    /// How long a record has been as it is, at least.
    async fn stood_still(
        &mut self,
        found: &Found,
        record: &Record,
    ) -> Result<Duration, StoreError> {
        let now = self.store.clocks.now();
        match &self.watched {
            Some(watched) if watched.revision == found.revision => {
                Ok(watched.age + now.saturating_sub(watched.first))
            }
            watched => {
                let is_first = watched.is_none();
                let age = self.age(found, record, is_first).await?;
                self.watched = Some(Watched {
                    revision: found.revision.clone(),
                    age,
                    first: now,
                });
                Ok(age)
            }
        }
    }

    /// How old a record is by the one clock that both its writer and we are seen by; nothing if
    /// there is none.
    async fn age(
        &self,
        found: &Found,
        record: &Record,
        is_first: bool,
    ) -> Result<Duration, StoreError> {
        let holder = record.holder.as_ref();
        if holder.is_some_and(|it| it.shares_machine(&self.holder)) {
            let written =
                Duration::try_from_secs_f64(record.uptime_seconds).unwrap_or(Duration::MAX);
            return Ok(self.store.clocks.now().saturating_sub(written));
        }
        if !is_first {
            return Ok(Duration::ZERO);
        }
        // The store's own clock wrote the time of the record; it is asked by writing once more.
        let probe = Name::new(&[self.wanted.account, "probe.json"])?;
        let text = format!("\"{}\"\n", self.holder.owner);
        self.store.put(&probe, text.as_bytes()).await?;
        let probed = self.read(&probe).await?;
        let age = probed.map(|probed| probed.modified.duration_since(found.modified));
        Ok(age
            .and_then(|age| Duration::try_from(age).ok())
            .unwrap_or_default()
            .saturating_sub(PRECISION))
    }

    /// Writes a record of ours.
    async fn take(&mut self, counter: u64, mode: Mode<'_>) -> Result<Step, LockError> {
        let clocks = &self.store.clocks;
        let sent = clocks.now();
        self.sent = Some(sent);
        let (holder, terms) = (self.holder.clone(), &self.wanted.terms);
        let record = Record::new(counter, holder, terms, (sent, clocks.wall()));
        let written = self
            .store
            .backend
            .write(&self.name, &record.bytes(), mode)
            .await;
        match written {
            Ok(Written::Done(revision)) => Ok(self.ours(record, revision, sent)),
            Ok(Written::Refused) => Ok(Step::Race),
            Err(fault) => match self.read(&self.name).await? {
                Some(found) if found.bytes == record.bytes() => {
                    Ok(self.ours(record, found.revision, sent))
                }
                _ => Err(self.store.failed("write", &self.name, fault).into()),
            },
        }
    }

    fn ours(&self, record: Record, revision: Revision, sent: Duration) -> Step {
        let (store, terms) = (self.store.clone(), self.wanted.terms);
        let lease = Lease::new(store, self.wanted.account, terms, (record, revision, sent));
        Step::Ours(Box::new(lease))
    }

    async fn read(&self, name: &Name) -> Result<Option<Found>, StoreError> {
        let found = self.store.backend.read(name).await;
        found.map_err(|fault| self.store.failed("read", name, fault))
    }

    /// How long to wait before looking again: a tenth of the time between renewals, and up to half
    /// of that more, so that those who wait do not all look at once.
    fn pause(&self) -> Duration {
        let random = self.holder.owner.bytes().map(u32::from).sum::<u32>() % 16;
        let tenth = self.wanted.terms.renew / 10;
        tenth + tenth * random / 32
    }

    fn no_conditions(&self) -> LockError {
        let reason = "it refuses every conditional write".to_owned();
        self.store.failed("write", &self.name, reason).into()
    }
}
