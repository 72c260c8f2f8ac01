//! Connections that were cut, on record: whose, and why.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Ledger;
use crate::address::{Address, RemoteId};
use crate::store::StoreError;

/// Connections of a tunnel that somebody asked to cut.
#[derive(Debug, Clone, Copy)]
pub struct Eviction<'a> {
    /// The tunnel.
    pub address: &'a Address,
    /// Its id at Cloudflare.
    pub id: &'a RemoteId,
    /// Why, in a word of the audit log: `user_requested`, `rotated`.
    pub reason: &'static str,
}

impl Eviction<'_> {
    fn entry(&self, connectors: &BTreeSet<RemoteId>, outcome: &str) -> Value {
        let Self {
            address,
            id,
            reason,
        } = self;
        json!({
            "step": "connections",
            "action": "connections.evicted",
            "outcome": outcome,
            "reason": reason,
            "subject": {
                "kind": address.kind,
                "name": address.name,
                "tunnel_id": id,
                "connectors": connectors,
            },
        })
    }
}

impl Ledger<'_> {
    /// Notes whose connections are about to be cut.
    ///
    /// # Errors
    /// If the store does not take it; then nothing may be cut.
    pub async fn evicting(
        &self,
        eviction: &Eviction<'_>,
        connectors: &BTreeSet<RemoteId>,
    ) -> Result<(), StoreError> {
        let intent = json!({
            "address": eviction.address.to_string(),
            "action": "evict",
            "ids": connectors,
        });
        self.journal(json!({ "intent": [intent] })).await;
        self.fault.borrow().clone().map_or(Ok(()), Err)
    }

    /// Notes whose connections were cut. `failed` tells that others were to be cut, and were not.
    ///
    /// # Errors
    /// If the store does not take it.
    pub async fn evicted(
        &self,
        eviction: &Eviction<'_>,
        connectors: &BTreeSet<RemoteId>,
        failed: bool,
    ) -> Result<(), StoreError> {
        let outcome = if failed { "failed" } else { "done" };
        let entry = eviction.entry(connectors, outcome);
        self.audit(vec![self.entry_of_run().with(entry)]).await;
        self.fault.borrow().clone().map_or(Ok(()), Err)
    }

    /// Notes whose connections a teardown has cut.
    pub(in crate::apply) async fn cut(&self, address: &Address, connectors: &BTreeSet<RemoteId>) {
        let Some(teardown) = self.open.borrow().get(address).cloned() else {
            return;
        };
        let eviction = Eviction {
            address,
            id: &teardown.id,
            reason: teardown.cause.reason(),
        };
        let mut entry = eviction.entry(connectors, "done");
        entry["first_cause"] = json!(teardown.cause.reason());
        entry["attempt"] = json!(teardown.attempts);
        self.audit(vec![self.entry(&teardown).with(entry)]).await;
    }
}
