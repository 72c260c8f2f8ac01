//! How changes are sent, as kinds say it.

use serde_json::Value;

use crate::address::Address;
use crate::address::RemoteId;
use crate::cloudflare::List;
use crate::cloudflare::connection::Connector;
use crate::request::Request;

/// How a change is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// One request.
    Send(Request),
    /// Parts of a request that carries many changes as one transaction.
    Batch {
        /// The request, without a body; parts for the same path travel together.
        endpoint: Request,
        /// In Cloudflare's order: deletes, patches, posts.
        parts: Vec<Part>,
    },
}

/// One operation of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Removes the object with this id.
    Delete(RemoteId),
    /// Changes fields; the body carries the id.
    Patch(Value),
    /// Makes an object.
    Post(Value),
}

/// When a write is preceded by a read of the same object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recheck {
    /// Cloudflare itself refuses what would do harm.
    Never,
    /// Before changing or deleting what exists.
    Existing,
    /// Also before making what was absent when the plan was made.
    Always,
}

/// How connections are watched and ended before a deletion.
#[derive(Debug, Clone, PartialEq)]
pub struct Draining {
    /// Lists what is connected: an empty array when nothing is.
    pub poll: Request,
    /// Ends all connections; `None` where Cloudflare cannot.
    pub evict: Option<Request>,
    /// The code with which Cloudflare refuses the deletion meanwhile.
    pub refused: u64,
}

/// Who loads what is written.
#[derive(Debug)]
pub struct Loading {
    /// Whose connectors.
    pub tunnel: Address,
    /// Lists them, with what they have loaded.
    pub connectors: List<Connector>,
}
