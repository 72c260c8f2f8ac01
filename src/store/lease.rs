//! A lock that is held for a while, and renewed while work goes on.
//!
//! Invariant: what is left of it is counted from before the last renewal was sent, by our own
//! clock, so it ends here before anybody else may begin.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Store;
use super::backend::{Mode, Revision, Written};
use super::error::{LockError, StoreError};
use super::lock::Terms;
use super::name::Name;
use super::record::Record;

/// How often a release is tried again, because a renewal that was cut off arrived after all.
const RELEASES: u32 = 3;

/// An account's lock in our hands. Dropped without [`Lease::release`], it ends by itself.
pub struct Lease {
    store: Store,
    account: String,
    terms: Terms,
    state: Mutex<State>,
}

struct State {
    record: Record,
    revision: Revision,
    /// By our clock.
    until: Duration,
    /// Who has it now, if we have lost it.
    lost: Option<String>,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lease = f.debug_struct("Lease");
        lease.field("account", &self.account);
        lease
            .field("remains", &self.remains())
            .finish_non_exhaustive()
    }
}

impl Lease {
    pub(super) fn new(
        store: Store,
        account: &str,
        terms: Terms,
        taken: (Record, Revision, Duration),
    ) -> Self {
        let (record, revision, sent) = taken;
        Self {
            store,
            account: account.to_owned(),
            terms,
            state: Mutex::new(State {
                record,
                revision,
                until: sent + terms.lease,
                lost: None,
            }),
        }
    }

    /// The account that is locked.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// One more with each write to the lock, whoever writes: orders the leases of an account.
    #[must_use]
    pub fn counter(&self) -> u64 {
        self.state().record.counter
    }

    /// How long it still holds; nothing if somebody else has it. Cheap: it asks a clock, and no
    /// store.
    #[must_use]
    pub fn remains(&self) -> Duration {
        let state = self.state();
        match state.lost {
            None => state.until.saturating_sub(self.store.clocks.now()),
            Some(_) => Duration::ZERO,
        }
    }

    /// Whether more is left than something needs. Ask right before each write, with the time that
    /// its request may take.
    #[must_use]
    pub fn holds(&self, needed: Duration) -> bool {
        self.remains() > needed
    }

    /// The same with the time of a request that the lease was taken for, and why not.
    ///
    /// # Errors
    /// If less is left.
    pub fn check(&self) -> Result<(), LockError> {
        if self.holds(self.terms.timeout) {
            return Ok(());
        }
        let left = self.remains().as_secs();
        let short = || format!("it could not be renewed in time, and holds for {left} s only");
        let how = self.state().lost.clone().unwrap_or_else(short);
        Err(self.lost(how))
    }

    /// Renews it again and again, and never ends by itself: run it beside the work, and drop it
    /// when the work has ended. Once the lease is lost it waits for that, too.
    pub async fn keep(&self) -> ! {
        let mut pause = self.terms.renew;
        loop {
            self.store.clocks.sleep(pause).await;
            pause = match self.renew().await {
                Ok(()) => self.terms.renew,
                Err(LockError::Lost { .. } | LockError::Held { .. }) => {
                    std::future::pending::<()>().await;
                    continue;
                }
                // The store may answer next time.
                Err(LockError::Store(_)) => self.terms.renew / 10,
            };
        }
    }

    /// Renews it once.
    ///
    /// # Errors
    /// If somebody else has it, or the store does not answer; then it holds as long as before.
    pub async fn renew(&self) -> Result<(), LockError> {
        let name = Name::lock(&self.account)?;
        let sent = self.store.clocks.now();
        let (record, revision) = self.current();
        let next = record.renew(sent, self.store.clocks.wall());
        let bytes = next.bytes();
        let replace = Mode::Replace(&revision);
        let fault = match self.store.backend.write(&name, &bytes, replace).await {
            Ok(Written::Done(revision)) => {
                self.renewed(next, revision, sent);
                return Ok(());
            }
            Ok(Written::Refused) => "somebody wrote in between".to_owned(),
            Err(fault) => fault,
        };
        // Either the answer was lost, or that to an earlier renewal, or the lock itself.
        let found = self.store.backend.read(&name).await;
        let found = found.map_err(|fault| self.store.failed("read", &name, fault))?;
        let Some(found) = found else {
            return Err(self.lose("it is not in the store any more".to_owned()));
        };
        if found.bytes == bytes {
            self.renewed(next, found.revision, sent);
            return Ok(());
        }
        match Record::parse(&found.bytes) {
            Ok(record) if record.is_of(&self.owner()) => {
                let mut state = self.state();
                (state.record, state.revision) = (record, found.revision);
                drop(state);
                Err(self.store.failed("write", &name, fault).into())
            }
            Ok(record) => Err(self.lose(format!("it is held by {}", record.words()))),
            Err(reason) => Err(self.lose(format!("somebody wrote something else: {reason}"))),
        }
    }

    /// Lets go of it. If somebody else has it by now, it stays theirs.
    ///
    /// # Errors
    /// If the store does not answer; then it ends by itself.
    pub async fn release(self) -> Result<(), StoreError> {
        let name = Name::lock(&self.account)?;
        for _ in 0..RELEASES {
            let (record, revision) = self.current();
            let free = record.release(self.store.clocks.now(), self.store.clocks.wall());
            let replace = Mode::Replace(&revision);
            let written = self
                .store
                .backend
                .write(&name, &free.bytes(), replace)
                .await;
            if let Ok(Written::Done(_)) = written {
                return Ok(());
            }
            let seen = self.store.seen(&self.account).await?;
            match seen.map(|seen| (seen.record, seen.revision)) {
                Some((Ok(record), revision)) if record.is_of(&self.owner()) => {
                    let mut state = self.state();
                    (state.record, state.revision) = (record, revision);
                }
                Some(_) | None => return Ok(()),
            }
        }
        Err(self
            .store
            .failed("write", &name, "it was written to in between".to_owned()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> (Record, Revision) {
        let state = self.state();
        (state.record.clone(), state.revision.clone())
    }

    fn owner(&self) -> String {
        let state = self.state();
        let holder = state.record.holder.as_ref();
        holder.map(|it| it.owner.clone()).unwrap_or_default()
    }

    fn renewed(&self, record: Record, revision: Revision, sent: Duration) {
        let mut state = self.state();
        (state.record, state.revision) = (record, revision);
        state.until = sent + self.terms.lease;
    }

    fn lose(&self, how: String) -> LockError {
        self.state().lost = Some(how.clone());
        self.lost(how)
    }

    fn lost(&self, how: String) -> LockError {
        let account = self.account.clone();
        LockError::Lost { account, how }
    }
}
