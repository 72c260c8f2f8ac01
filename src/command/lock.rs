//! Holding the locks of accounts while something is done to them. While they are held, the client
//! asks them before each write.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;

use super::console::{Console, Trouble};
use super::environment;
use super::session::Session;
use crate::apply::Stop;
use crate::cli::{DEFAULT_STORE, Global};
use crate::problem::Problem;
use crate::source::Sources;
use crate::store::{Holder, Lease, LockError, Record, Store, Terms, Wanted};
use crate::teardown::Actor;

/// The store of a run, who runs it, and how its locks are taken.
pub(super) struct Locks {
    pub(super) store: Store,
    pub(super) actor: Actor,
    holder: Holder,
    /// Whether jobs on other machines do not see a local store, though they should.
    is_private: bool,
    terms: Terms,
    patience: Duration,
}

/// What lets writes through: nothing, once a lock that is held has too little left.
#[derive(Debug, Default)]
pub(super) struct Fence(Mutex<Vec<Arc<Lease>>>);

impl Fence {
    /// Whether a write may be sent now.
    pub(super) fn is_open(&self) -> bool {
        let leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        leases.iter().all(|lease| lease.check().is_ok())
    }

    fn set(&self, leases: &[Arc<Lease>]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = leases.to_vec();
    }
}

impl Locks {
    /// Whether the store is a directory that the machines of other jobs do not see.
    pub(super) fn is_private(&self) -> bool {
        self.store.is_local() && self.is_private
    }

    /// Opens the store that the command line names.
    ///
    /// # Errors
    /// If it cannot be a store.
    pub(super) fn open(global: &Global) -> Result<Self, Trouble> {
        let environment = environment::for_stores();
        let store = Store::open(&place(global), &environment).map_err(Trouble::report)?;
        let holder = Holder::here(&environment);
        Ok(Self {
            store,
            actor: environment::actor(&holder.host, holder.run.as_deref()),
            holder,
            is_private: environment::is_in_ci() && global.sandbox.is_none(),
            terms: Terms::of(global.timeout),
            patience: global.store.lock_timeout,
        })
    }

    /// Takes the locks of some accounts, does the work while they are renewed, and lets go of them.
    /// The work is never cut off: its writes are refused once a lock has too little left, and it
    /// ends in good order then. In CI, a warning if other machines do not see the store.
    ///
    /// # Errors
    /// If somebody else holds a lock, and those of the work.
    pub(super) async fn holding<T>(
        &self,
        console: &Console,
        (session, stop): (&Session, &Stop),
        accounts: &BTreeSet<String>,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        if self.is_private() {
            console.problems(&[local(&self.store)], &Sources::default());
        }
        let mut leases = Vec::new();
        // In the order of their ids, so that no two runs wait for each other.
        for account in accounts {
            let taken = tokio::select! {
                taken = self.take(session, account) => taken.map_err(Trouble::report),
                () = stop.wait() => Err(Problem::new("tunctl::interrupted", "nothing was changed").into()),
            };
            match taken {
                Ok(lease) => leases.push(Arc::new(lease)),
                Err(trouble) => {
                    release(session, leases).await;
                    return Err(trouble);
                }
            }
        }
        session.fence.set(&leases);
        let end = {
            let mut work = pin!(work);
            let each = leases.iter().map(|lease| async move { lease.keep().await });
            let keeping = async {
                join_all(each).await;
                std::future::pending::<Infallible>().await
            };
            tokio::select! {
                biased;
                end = &mut work => end,
                never = keeping => match never {},
            }
        };
        session.fence.set(&[]);
        release(session, leases).await;
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

async fn release(session: &Session, leases: Vec<Arc<Lease>>) {
    for lease in leases.into_iter().filter_map(Arc::into_inner) {
        if let Err(error) = lease.release().await {
            let note = format!("the lock was not released: {error}");
            session.progress.note(&note);
        }
    }
}

/// Where the store is. A sandbox has one of its own beside its world, unless the command line
/// says otherwise: what happens there never happened to the account.
fn place(global: &Global) -> String {
    let named = &global.store.place;
    match &global.sandbox {
        Some(file) if named == DEFAULT_STORE => {
            let beside: PathBuf = file.with_extension("");
            beside.to_string_lossy().into_owned()
        }
        Some(_) | None => named.clone(),
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
