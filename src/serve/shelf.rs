//! The records of the service in the store, one object each: `ACCOUNT/serve/STACK/ID.json`.

use super::record::Record;
use crate::apply::ledger::kept::corrupt;
use crate::store::{Name, Store, StoreError};

/// Where the records of one service are. Only the holder of its lock writes there.
#[derive(Debug, Clone)]
pub struct Shelf {
    store: Store,
    account: String,
    stack: String,
}

impl Shelf {
    /// The records of a stack in an account.
    #[must_use]
    pub fn new(store: Store, account: &str, stack: &str) -> Self {
        Self {
            store,
            account: account.to_owned(),
            stack: stack.to_owned(),
        }
    }

    /// The name under which a service locks: not the account's, so that the stacks of manifests
    /// are applied while it runs. What it makes is told from theirs by mark, name and claim.
    #[must_use]
    pub fn lock(account: &str, stack: &str) -> String {
        format!("{account}.serve.{stack}")
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// All records.
    ///
    /// # Errors
    /// If the store does not answer, or holds something that is none.
    pub async fn load(&self) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        let below = Name::new(&[&self.account, "serve", &self.stack])?;
        for name in self.store.list(&below).await? {
            if let Some(bytes) = self.store.get(&name).await? {
                let record = serde_json::from_slice(&bytes);
                records.push(record.map_err(|error| corrupt(&self.store, &name, &error))?);
            }
        }
        Ok(records)
    }

    /// Writes a record down; it is on disk when this returns.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn keep(&self, record: &Record) -> Result<(), StoreError> {
        let bytes = bytes(record);
        self.store.put(&self.name(&record.id)?, &bytes).await
    }

    /// Forgets a record that is over.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn forget(&self, id: &str) -> Result<(), StoreError> {
        self.store.delete(&self.name(id)?).await
    }

    fn name(&self, id: &str) -> Result<Name, StoreError> {
        Name::new(&[&self.account, "serve", &self.stack, &format!("{id}.json")])
    }
}

fn bytes(record: &Record) -> Vec<u8> {
    serde_json::to_vec_pretty(record).expect("a record is plain data")
}
