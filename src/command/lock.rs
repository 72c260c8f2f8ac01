//! Holding the lock of an account while something is done to it.

use std::pin::pin;
use std::time::Duration;

use super::console::{Console, Trouble};
use super::environment;
use super::session::Session;
use crate::cli::Global;
use crate::problem::Problem;
use crate::store::{Holder, Lease, LockError, Record, Store, Terms, Wanted};

/// The store of a run, and how its locks are taken.
#[expect(
    dead_code,
    reason = "`apply`, `destroy` and `rotate` come to use it with their journal"
)]
pub(super) struct Locks {
    pub(super) store: Store,
    holder: Holder,
    terms: Terms,
    patience: Duration,
}

#[expect(
    dead_code,
    reason = "`apply`, `destroy` and `rotate` come to use it with their journal"
)]
impl Locks {
    /// Opens the store that the command line names. In CI, a warning if other machines do not see
    /// it.
    ///
    /// # Errors
    /// If it cannot be a store.
    pub(super) fn open(console: &Console, global: &Global) -> Result<Self, Trouble> {
        let environment = environment::for_stores();
        let store = Store::open(&global.store.place, &environment).map_err(Trouble::report)?;
        if store.is_local() && environment::is_in_ci() && global.sandbox.is_none() {
            console.problems(&[local(&store)], &crate::source::Sources::default());
        }
        Ok(Self {
            store,
            holder: Holder::here(&environment),
            terms: Terms::of(global.timeout),
            patience: global.store.lock_timeout,
        })
    }

    /// Takes the lock of an account, does the work while it is renewed, and lets go of it. The
    /// work is never cut off: it asks [`Lease::check`] before each write and ends in good order
    /// when that fails.
    ///
    /// # Errors
    /// If somebody else holds the lock, and those of the work.
    pub(super) async fn holding<T>(
        &self,
        session: &Session,
        account: &str,
        work: impl AsyncFnOnce(&Lease) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let lease = self.take(session, account).await.map_err(Trouble::report)?;
        let end = {
            let mut work = pin!(work(&lease));
            tokio::select! {
                biased;
                end = &mut work => end,
                never = lease.keep() => never,
            }
        };
        if let Err(error) = lease.release().await {
            session
                .progress
                .note(&format!("the lock was not released: {error}"));
        }
        end
    }

    async fn take(&self, session: &Session, account: &str) -> Result<Lease, LockError> {
        let wanted = Wanted {
            account,
            holder: self.holder.clone(),
            terms: self.terms,
            patience: self.patience,
        };
        let waiting = |record: &Record| {
            let words = record.words();
            session
                .progress
                .note(&format!("waiting for the lock, held by {words}"));
        };
        self.store.lock(&wanted, &waiting).await
    }
}

fn local(store: &Store) -> Problem {
    let message = format!(
        "the store `{}` is a directory of this machine",
        store.place()
    );
    Problem::new("tunctl::local_store", message)
        .help("jobs on other machines do not see its locks and its journal: share one with `--store s3://BUCKET/PREFIX`, `gs://…` or `az://…`")
        .warning()
}
