//! A tunnel of the service as the store keeps it, from before its first request to Cloudflare.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::address::RemoteId;
use crate::ownership::Cause;
use crate::teardown::Actor;

/// Where a tunnel is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being made.
    Creating,
    /// There, as long as its lease is renewed.
    Active,
    /// Going; holds its slug and its place until it is gone.
    Stopping,
    /// Gone.
    Stopped,
    /// Could not be made, and nothing of it is left.
    Failed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Creating,
        Self::Active,
        Self::Stopping,
        Self::Stopped,
        Self::Failed,
    ];

    /// The published word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Active => "active",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// Whether it is over and holds neither slug nor place.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Stopped | Self::Failed)
    }
}

/// Why and for whom a tunnel ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopping {
    /// The teardown's id in journal and audit log.
    pub op_id: String,
    /// The first cause.
    pub cause: Cause,
    /// Who caused it.
    pub actor: Actor,
    /// Since when.
    pub since: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

/// One tunnel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Ours, a UUID. Cloudflare's is `remote`.
    pub id: String,
    /// Its label.
    pub slug: String,
    /// The slug below the owner's domain.
    pub hostname: String,
    /// Whose it is.
    pub owner: String,
    /// The port of the machine that the connector is on.
    pub port: u16,
    /// Where it is in its life.
    pub status: Status,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The digest of the token that its heartbeats carry.
    pub run_token: String,
    /// Whether it may have been made at Cloudflare: set once its name was seen to be free. Without
    /// it, a tunnel of that name is somebody else's.
    pub sent: bool,
    /// Cloudflare's id, once it is known.
    pub remote: Option<RemoteId>,
    /// The last sign of life that is on record; the newest is in memory.
    pub last_heartbeat_at: Option<Timestamp>,
    /// When the lease ends, or ended.
    pub expires_at: Option<Timestamp>,
    /// Why it ends.
    pub stopping: Option<Stopping>,
    /// When it was gone.
    pub stopped_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl Record {
    /// The tunnel's name at Cloudflare: the same for every attempt, so that one whose answer was
    /// lost is found again.
    #[must_use]
    pub fn name(&self, stack: &str) -> String {
        format!("{stack}-{}", self.slug)
    }

    /// What a client is shown.
    #[must_use]
    pub fn shown(&self) -> Value {
        let lease = match (self.last_heartbeat_at, self.expires_at) {
            (Some(beat), Some(end)) if !self.status.is_over() => {
                json!({"lastHeartbeatAt": time(beat), "expiresAt": time(end)})
            }
            (Some(_) | None, _) => Value::Null,
        };
        json!({
            "id": self.id,
            "hostname": self.hostname,
            "slug": self.slug,
            "status": self.status.name(),
            "requestedPort": self.port,
            "createdAt": time(self.created_at),
            "lease": lease,
            "stoppedAt": self.stopped_at.map(time),
            "lastError": self.last_error,
        })
    }
}

/// A time as JavaScript writes it: UTC, three digits of a second.
#[must_use]
pub fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}
