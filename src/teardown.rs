//! A teardown that has begun and not ended, as the store remembers it. What is left to do follows
//! from what is at Cloudflare; this adds why, for whom, since when, and what came in between.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::{Address, RemoteId};
use crate::desired::Drain;
use crate::ownership::{Cause, Ending};

/// Who runs tunctl, as far as the environment tells. Nothing in it is a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The commit that is checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_sha: Option<String>,
    /// Who caused the run, in the words of the CI system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Which run of the CI system it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci_run: Option<String>,
    /// The machine's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// Why a teardown has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setback {
    /// The published code, or tunctl's own.
    pub code: String,
    /// What happened.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// One teardown. `stopping` until it is gone from the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teardown {
    /// Unique; every entry of journal and audit log about it carries this.
    pub op_id: String,
    /// Whose it is.
    pub stack: String,
    /// What goes.
    pub address: Address,
    /// Its id at Cloudflare.
    pub id: RemoteId,
    /// What leads to it and goes first: hostnames and networks.
    pub serves: Vec<String>,
    /// What was declared with it, and goes also without a mark.
    pub with: Vec<Address>,
    /// The first cause; a resumed run does not change it.
    pub cause: Cause,
    /// Who began it.
    pub actor: Actor,
    /// When it began.
    pub since: Timestamp,
    /// What happens to live connections.
    pub drain: Drain,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether its begin is in the audit log for certain.
    #[serde(default)]
    pub told: bool,
    /// Why the last attempt did not end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setback: Option<Setback>,
}

impl Teardown {
    /// What it asks of a plan.
    #[must_use]
    pub fn ending(&self) -> Ending {
        Ending {
            id: self.id.clone(),
            cause: self.cause,
            since: Some(self.since),
            drain: self.drain,
            with: self.with.iter().cloned().collect(),
        }
    }
}

impl Cause {
    /// The word of the audit log (rs-tunnel.md 6): `user_requested`, or `cleanup:` and why.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Requested => "user_requested",
            Self::Undeclared => "cleanup:undeclared",
            Self::Ttl => "cleanup:ttl",
            Self::Idle => "cleanup:idle",
            Self::StaleLease => "cleanup:stale_lease",
            Self::CreateFailed => "cleanup:create_failed",
        }
    }
}
