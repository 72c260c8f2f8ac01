//! What the service hands to the engine, and what comes back.

use tokio::sync::oneshot;

use super::record::Record;
use super::refusal::Refusal;
use crate::address::RemoteId;
use crate::cloudflare::Secret;

/// Something that takes requests to Cloudflare.
#[derive(Debug)]
pub enum Job {
    /// Makes what is reserved.
    Create(String, oneshot::Sender<Result<Made, Refusal>>),
    /// Tries to end what is stopping.
    End(String),
    /// Counts the connectors of tunnels; `None` where they could not be read.
    Look(Vec<RemoteId>, oneshot::Sender<Vec<Option<usize>>>),
}

/// A tunnel that was made.
#[derive(Debug)]
pub struct Made {
    /// The tunnel.
    pub record: Record,
    /// What its connector runs with.
    pub connector: Secret,
}

/// What a create answers.
#[derive(Debug)]
pub struct Created {
    /// The tunnel.
    pub record: Record,
    /// What its connector runs with.
    pub connector: Secret,
    /// What its heartbeats carry.
    pub run: Secret,
}
