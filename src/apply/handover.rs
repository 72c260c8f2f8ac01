//! From a tunnel's old secret to its new one: wait until connectors have come up with it, then
//! disconnect those that have not. What is connected goes on with the old secret until then.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize as _;

use crate::address::RemoteId;
use crate::api::clock::Clock;
use crate::api::wire::Wire;
use crate::api::{ApiError, Client};
use crate::cloudflare::connection::{self, Connector};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// How a handover ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Nobody uses the old secret any more; these were disconnected for it.
    Done(Vec<Connector>),
    /// These still use the old secret, because none has come up with the new one.
    Waiting(Vec<Connector>),
}

/// A tunnel whose secret changes.
pub struct Handover<'a, W: Wire> {
    /// Where requests go.
    pub client: &'a Client<W>,
    /// For waiting.
    pub clock: &'a dyn Clock,
    /// The account's id.
    pub account: &'a str,
    /// The tunnel.
    pub tunnel: &'a RemoteId,
    /// How long connectors may take to start anew.
    pub patience: Duration,
}

impl<W: Wire> Handover<'_, W> {
    /// Who is connected. What cannot be read is nobody.
    ///
    /// # Errors
    /// If the list cannot be had.
    pub async fn connectors(&self) -> Result<Vec<Connector>, ApiError> {
        let list = connection::list(self.account, self.tunnel);
        let found = self.client.list(&list.request, list.page_size).await?;
        let read = found.iter().map(Connector::deserialize);
        Ok(read.filter_map(Result::ok).collect())
    }

    /// Disconnects one connector.
    ///
    /// # Errors
    /// If Cloudflare does not.
    pub async fn disconnect(&self, connector: &RemoteId) -> Result<(), ApiError> {
        let delete = connection::delete(self.account, self.tunnel, connector);
        self.client.send(&delete.request).await.map(|_| ())
    }

    /// Waits until everybody who was connected before the secret changed is gone. Who is left is
    /// disconnected, unless nobody else serves the tunnel.
    ///
    /// # Errors
    /// If Cloudflare does not answer, or refuses.
    pub async fn carry_out(&self, before: &BTreeSet<RemoteId>) -> Result<End, ApiError> {
        let deadline = self.clock.now() + self.patience;
        loop {
            let connectors = self.connectors().await?;
            let (old, new): (Vec<_>, Vec<_>) = connectors
                .into_iter()
                .partition(|connector| before.contains(&connector.id));
            if old.is_empty() {
                return Ok(End::Done(old));
            }
            let left = deadline.saturating_sub(self.clock.now());
            if !left.is_zero() {
                self.clock.sleep(PAUSE.min(left)).await;
                continue;
            }
            if !new.iter().any(Connector::is_connected) {
                return Ok(End::Waiting(old));
            }
            for connector in &old {
                self.disconnect(&connector.id).await?;
            }
            return Ok(End::Done(old));
        }
    }
}
