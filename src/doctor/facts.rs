//! What the checks judge. What could not be read says why: it is never taken for absent.

use jiff::Timestamp;

use super::finding::Certainty;
use super::need::Need;
use crate::address::RemoteId;
use crate::cloudflare::account_token::PermissionGroup;
use crate::cloudflare::connection::Connector;
use crate::cloudflare::tunnel::Tunnel;
use crate::manifest::Manifest;
use crate::observed::Owner;
use crate::plan::Plan;
use crate::plan::forecast::Forecast;
use crate::scope::Zone;

/// Something that was asked for, or in one line why there is no answer.
pub type Read<T> = Result<T, String>;

/// What the run proves itself with.
#[derive(Debug, Clone, PartialEq)]
pub enum Proof {
    /// An e-mail address with the global API key, which may do whatever its user may.
    Key,
    /// An API token.
    Token(TokenFacts),
    /// Neither accounts nor users have such a token.
    Refused,
    /// Nobody could be asked.
    Unread(String),
}

/// Whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The account's.
    Account,
    /// A user's. Its policies cannot be read with an account's permissions.
    User,
}

/// What a token says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenFacts {
    /// Whose it is.
    pub whose: Whose,
    /// 32 hex digits.
    pub id: RemoteId,
    /// `active`, `disabled` or `expired`.
    pub status: String,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// When it begins.
    pub begins: Option<Timestamp>,
}

/// How far a need is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Held,
    /// It is not.
    Missing,
    /// Nobody can tell, and why.
    Unclear(String),
}

/// A need, and whether it is met.
#[derive(Debug, Clone, PartialEq)]
pub struct Right {
    /// What is needed.
    pub need: Need,
    /// Whether it is met.
    pub verdict: Verdict,
    /// How this is known.
    pub certainty: Certainty,
}

/// A record that leads to a tunnel.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointer {
    /// Its zone's name.
    pub zone: String,
    /// The record's id.
    pub id: RemoteId,
    /// The hostname.
    pub name: String,
    /// The tunnel's id, as the record has it.
    pub tunnel: String,
    /// Whose it is, by its mark.
    pub owner: Owner,
    /// What has become of the tunnel.
    pub fate: Fate,
}

/// What has become of a tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It lives.
    Lives,
    /// It was deleted, at this time.
    Deleted(String),
    /// The account never had it.
    Stranger,
    /// It could not be asked for, and why.
    Unread(String),
}

/// The connectors of a tunnel.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// The tunnel's name.
    pub tunnel: String,
    /// Who serves it.
    pub connectors: Read<Vec<Connector>>,
}

/// How full a zone is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The zone's name.
    pub zone: String,
    /// Its records.
    pub records: u64,
    /// How many there may be, if the zone has a limit of its own.
    pub quota: Option<u64>,
}

/// What planning said.
#[derive(Debug)]
pub struct Planned<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What it costs, and what the account will have.
    pub forecast: &'a Forecast,
}

/// What was seen of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFacts {
    /// As the command line names it.
    pub place: String,
    /// Whether the records of the stack and the claims of others can be read.
    pub read: Read<()>,
    /// Whether something could be made there, and not a second time; `None` if it was not tried.
    pub written: Option<Read<bool>>,
    /// Who holds the account's lock, since when.
    pub holder: Read<Option<String>>,
    /// Whether it is a directory that the machines of other jobs do not see.
    pub is_private: bool,
}

/// What was asked of the account, whatever came of it.
#[derive(Debug, Clone)]
pub struct Account {
    /// What the run proves itself with.
    pub proof: Proof,
    /// What the manifest needs, and whether it is met.
    pub rights: Vec<Right>,
    /// The account's zones, as far as the token sees them.
    pub zones: Read<Vec<Zone>>,
    /// The permission groups that there are.
    pub groups: Read<Vec<PermissionGroup>>,
    /// The living tunnels.
    pub tunnels: Read<Vec<Tunnel>>,
    /// The connectors of those that are declared or ours and have some.
    pub served: Vec<Served>,
    /// The records that lead to tunnels; for each zone that could not be read, why.
    pub pointers: Vec<Read<Pointer>>,
    /// How full the zones of the manifest are.
    pub fills: Vec<Read<Fill>>,
    /// By how many seconds Cloudflare's clock is ahead of ours.
    pub ahead: Read<i64>,
    /// When all of this was asked.
    pub at: Timestamp,
}

/// Everything that the checks judge.
#[derive(Debug)]
pub struct Facts<'a> {
    /// What should be.
    pub manifest: &'a Manifest,
    /// What is.
    pub account: &'a Account,
    /// The plan, or why there is none: a code and a sentence each.
    pub planned: Result<Planned<'a>, Vec<(String, String)>>,
    /// The store of the run.
    pub store: &'a StoreFacts,
}
