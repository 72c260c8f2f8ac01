//! How records reach the store. The first one that does not is the last: a gap must not be followed
//! by anything.

use serde_json::Value;

use super::Ledger;
use super::entry::Occasion;
use super::kept::stopping;
use crate::store::{Log, Store, StoreError};
use crate::teardown::Teardown;

impl<'a> Ledger<'a> {
    /// An entry of which each teardown has one. A run that was killed may have left it already, and
    /// may have been killed just before.
    pub(super) async fn tell_once(&self, entry: Value, occasion: Occasion) {
        let told = match occasion {
            Occasion::AtOnce => false,
            Occasion::Resumed => self.has_told(&entry).await,
        };
        if !told {
            self.audit(vec![entry]).await;
        }
    }

    async fn has_told(&self, entry: &Value) -> bool {
        let Some(store) = self.desk.store else {
            return false;
        };
        let entries = async {
            let log = Log::audit(self.desk.account)?;
            store.entries(&log).await
        };
        match entries.await {
            Ok(entries) => {
                let keys = ["op_id", "action", "outcome"];
                let same = |it: &Value| keys.iter().all(|key| it[key] == entry[key]);
                entries.iter().any(same)
            }
            Err(error) => {
                self.broken(&error);
                true
            }
        }
    }

    pub(super) async fn keep(&self, teardown: &Teardown) {
        let bytes = serde_json::to_vec_pretty(teardown).expect("a teardown is plain data");
        if let Some(store) = self.working() {
            let kept = async {
                let name = stopping(&self.desk, Some(&teardown.op_id))?;
                store.put(&name, &bytes).await
            };
            self.check(kept.await);
        }
    }

    pub(super) async fn forget(&self, teardown: &Teardown) {
        if let Some(store) = self.working() {
            let gone = async {
                let name = stopping(&self.desk, Some(&teardown.op_id))?;
                store.delete(&name).await
            };
            self.check(gone.await);
        }
        self.open.borrow_mut().remove(&teardown.address);
    }

    pub(super) async fn journal(&self, lines: Value) {
        if let Some(store) = self.working() {
            let line = self.entry_of_run().with(lines);
            let written = async {
                store
                    .append(&Log::journal(self.desk.account)?, &[line])
                    .await
            };
            self.check(written.await);
        }
    }

    pub(super) async fn audit(&self, entries: Vec<Value>) {
        if entries.is_empty() {
            return;
        }
        if let Some(store) = self.working() {
            let written = async {
                store
                    .append(&Log::audit(self.desk.account)?, &entries)
                    .await
            };
            self.check(written.await);
        }
    }

    /// The store, unless it has failed before: a gap must not be followed by anything.
    pub(super) fn working(&self) -> Option<&'a Store> {
        self.desk.store.filter(|_| self.fault.borrow().is_none())
    }

    fn check(&self, written: Result<(), StoreError>) {
        if let Err(error) = written {
            self.broken(&error);
        }
    }

    pub(super) fn broken(&self, error: &StoreError) {
        let mut fault = self.fault.borrow_mut();
        fault.get_or_insert_with(|| error.clone());
    }
}
