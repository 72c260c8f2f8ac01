//! Where lock, journal, audit and claims are kept: a directory, or an object store that a team
//! shares.
//!
//! Invariant: nothing is overwritten that somebody else wrote meanwhile, except by `put`, whose
//! caller holds the account's lock.

mod backend;
mod clocks;
#[cfg(feature = "cloud-stores")]
mod cloud;
mod directory;
mod error;
mod holder;
mod lease;
mod lock;
mod log;
mod name;
mod place;
mod record;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use self::backend::{Backend, Mode, Written};
pub use self::clocks::{Clocks, MachineClocks};
pub use self::error::{LockError, StoreError};
pub use self::holder::Holder;
pub use self::lease::Lease;
pub use self::lock::{Seen, Terms, Wanted};
pub use self::log::Log;
pub use self::name::Name;
pub use self::record::Record;

/// A place that outlives a run. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    clocks: Arc<dyn Clocks>,
    place: String,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is behind the place has credentials in it.
        f.debug_tuple("Store").field(&self.place).finish()
    }
}

impl Store {
    /// Opens `DIRECTORY`, `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or `az://CONTAINER/PREFIX`,
    /// with the credentials that the environment has under the names that each vendor's own tools
    /// use. Nothing is read or made before the first use.
    ///
    /// # Errors
    /// If the place cannot be one, or its settings contradict each other.
    pub fn open(place: &str, environment: &BTreeMap<String, String>) -> Result<Self, StoreError> {
        Self::open_by(place, environment, Arc::new(MachineClocks::default()))
    }

    /// The same, with other clocks than the machine's.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_by(
        place: &str,
        environment: &BTreeMap<String, String>,
        clocks: Arc<dyn Clocks>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            backend: place::backend(place, environment, &clocks)?,
            clocks,
            place: place.to_owned(),
        })
    }

    /// Where it is, as it was given.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether it is a directory of this machine, which other machines do not see.
    #[must_use]
    pub fn is_local(&self) -> bool {
        !self.place.contains(place::SCHEME_END)
    }

    /// An object's bytes; `None` if it is not there.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn get(&self, name: &Name) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.backend.read(name).await;
        let found = found.map_err(|fault| self.failed("read", name, fault))?;
        Ok(found.map(|found| found.bytes))
    }

    /// Makes an object that must not be there yet; false if it is. Where it matters who made it,
    /// the bytes must be the caller's alone: after a lost answer the same bytes count as made.
    ///
    /// # Errors
    /// If the store does not answer; the object may then have been made.
    pub async fn create(&self, name: &Name, bytes: &[u8]) -> Result<bool, StoreError> {
        let made = self.backend.write(name, bytes, Mode::Create).await;
        match made.map_err(|fault| self.failed("write", name, fault))? {
            Written::Done(_) => Ok(true),
            Written::Refused => Ok(false),
        }
    }

    /// Makes or replaces an object; the last writer wins, so hold the account's lock.
    ///
    /// # Errors
    /// If the store does not answer; the object may then have been written.
    pub async fn put(&self, name: &Name, bytes: &[u8]) -> Result<(), StoreError> {
        let put = self.backend.write(name, bytes, Mode::Put).await;
        put.map_err(|fault| self.failed("write", name, fault))?;
        Ok(())
    }

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// If the store does not answer; the object may then be gone.
    pub async fn delete(&self, name: &Name) -> Result<(), StoreError> {
        let deleted = self.backend.delete(name).await;
        deleted.map_err(|fault| self.failed("delete", name, fault))
    }

    /// The names below one, at any depth, sorted.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn list(&self, prefix: &Name) -> Result<Vec<Name>, StoreError> {
        let listed = self.backend.list(prefix).await;
        let mut names = listed.map_err(|fault| self.failed("list", prefix, fault))?;
        names.sort_unstable();
        Ok(names)
    }

    /// Adds entries to the end of a log, all at once, and comes back when they are on disk. Hold the
    /// account's lock: entries of two writers are whole, and have no order among them.
    ///
    /// # Errors
    /// If the store does not answer; the entries may then have been added.
    pub async fn append(&self, log: &Log, entries: &[Value]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = entries.iter().map(Value::to_string).collect();
        let added = self.backend.append(log, lines.join("\n").as_bytes()).await;
        added.map_err(|fault| self.failed("write", log.name(), fault))
    }

    /// The entries of a log, oldest first. What a crash left of an entry that was never
    /// acknowledged is not among them.
    ///
    /// # Errors
    /// If the store does not answer, or an entry is damaged.
    pub async fn entries(&self, log: &Log) -> Result<Vec<Value>, StoreError> {
        let lines = self.backend.lines(log).await;
        let lines = lines.map_err(|fault| self.failed("read", log.name(), fault))?;
        let parsed = lines.iter().map(|line| {
            serde_json::from_slice(&line.bytes).map_err(|error| StoreError::Corrupt {
                place: self.place.clone(),
                name: line.place.clone(),
                reason: error.to_string(),
            })
        });
        parsed.collect()
    }

    fn failed(&self, doing: &'static str, name: &Name, reason: String) -> StoreError {
        StoreError::Failed {
            place: self.place.clone(),
            doing,
            name: name.to_string(),
            reason,
        }
    }
}
