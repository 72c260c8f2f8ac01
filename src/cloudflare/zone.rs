//! DNS zones (5.1). tunctl never makes one.

use serde::{Deserialize, Serialize};

use super::{Direction, List, Match, Operation, filtered};
use crate::address::RemoteId;
use crate::request::Request;

/// Objects a page (1.3).
const PAGE: u32 = 50;

/// Which zones a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Of the account.
    pub account: AccountFilter,
    /// The whole name; or `contains:…` and other operators, whose form is uncertain (5.1).
    pub name: Option<String>,
    /// How far Cloudflare is in charge.
    pub status: Option<Status>,
    /// Sorts of zones; all but the internal ones if there is none.
    #[serde(rename = "type")]
    pub types: Vec<Type>,
    /// By what they are sorted.
    pub order: Option<Order>,
    /// Which way they are sorted.
    pub direction: Option<Direction>,
    /// How the filters act together.
    #[serde(rename = "match")]
    pub matching: Option<Match>,
}

/// The account that zones belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AccountFilter {
    /// 32 hex digits.
    pub id: Option<String>,
    /// The whole name.
    pub name: Option<String>,
}

/// How far Cloudflare is in charge of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "Cloudflare's own words")]
pub enum Status {
    Initializing,
    Pending,
    Active,
    Moved,
}

/// A sort of zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "Cloudflare's own words")]
pub enum Type {
    Full,
    Partial,
    Secondary,
    Internal,
}

/// What zones are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "fields of a zone")]
pub enum Order {
    Name,
    Status,
    #[serde(rename = "account.id")]
    AccountId,
    #[serde(rename = "account.name")]
    AccountName,
    #[serde(rename = "plan.id")]
    PlanId,
}

/// A zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// 32 hex digits.
    pub id: RemoteId,
    /// In Punycode.
    pub name: String,
    /// A word of [`Status`].
    pub status: Option<String>,
    /// A word of [`Type`].
    #[serde(rename = "type")]
    pub zone_type: Option<String>,
    /// Whether Cloudflare only answers DNS for it.
    pub paused: Option<bool>,
    /// Whose it is.
    pub account: Option<Account>,
    /// What is paid for it; quotas depend on it (5.5).
    pub plan: Option<Plan>,
    /// Cloudflare's name servers for it.
    pub name_servers: Option<Vec<String>>,
    /// RFC 3339; null until Cloudflare is in charge.
    pub activated_on: Option<String>,
}

/// The account of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// 32 hex digits.
    pub id: Option<String>,
    /// As its members call it.
    pub name: Option<String>,
}

/// The plan of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `free`, `pro`, `business`, `enterprise` and others.
    pub legacy_id: Option<String>,
    /// In words.
    pub name: Option<String>,
}

/// The zones that the credentials can see.
#[must_use]
pub fn list(filter: &Filter) -> List<Zone> {
    List::paged(filtered(Request::get(&["zones"]), filter), PAGE)
}

/// One zone.
#[must_use]
pub fn get(id: &RemoteId) -> Operation<Zone> {
    Operation::new(Request::get(&["zones", id.as_str()]))
}
