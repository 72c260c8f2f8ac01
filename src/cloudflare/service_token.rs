//! Service tokens of Access, with which a program gets past it (7). The secret is shown only
//! when it is made.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::{List, Operation, Secret, body, filtered};
use crate::address::RemoteId;
use crate::request::{Method, Request};

/// Objects a page. How many Cloudflare allows is not documented; an account has at most 50.
const PAGE: u32 = 50;

/// Whose a service token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level {
    /// An account's, by its id.
    Account(String),
    /// A zone's, by its id.
    Zone(RemoteId),
}

/// Which service tokens a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// The whole name, which need not be unique.
    pub name: Option<String>,
    /// As in the dashboard; what it finds is not specified.
    pub search: Option<String>,
}

/// How long a service token is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Hours from now on.
    Hours(u32),
    /// Until it is deleted.
    Forever,
}

impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Hours(hours) => serializer.collect_str(&format_args!("{hours}h")),
            Self::Forever => serializer.serialize_str("forever"),
        }
    }
}

/// A service token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceToken {
    /// A UUID.
    pub id: RemoteId,
    /// Need not be unique.
    pub name: String,
    /// `<32 hex digits>.access`, sent as `CF-Access-Client-Id`. Not a secret.
    pub client_id: String,
    /// A Go duration, or `forever`.
    pub duration: Option<String>,
    /// Whether it is of use. Cloudflare may switch it off by itself.
    pub enabled: Option<bool>,
    /// RFC 3339; null if never.
    pub expires_at: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339.
    pub updated_at: Option<String>,
    /// RFC 3339.
    pub last_seen_at: Option<String>,
    /// Counting it up makes another secret. May be missing.
    pub client_secret_version: Option<u32>,
    /// RFC 3339. May be missing.
    pub previous_client_secret_expires_at: Option<String>,
    /// Only in the answer to an update that counted the version up. Never written anywhere.
    #[serde(skip_serializing, default)]
    pub client_secret: Option<Secret>,
}

/// A service token with a new secret, which nobody will see again.
#[derive(Debug, Clone, Deserialize)]
pub struct Issued {
    /// A UUID.
    pub id: RemoteId,
    /// Need not be unique.
    pub name: String,
    /// Sent as `CF-Access-Client-Id`.
    pub client_id: String,
    /// Sent as `CF-Access-Client-Secret`. To be kept before anything else can fail.
    pub client_secret: Secret,
    /// RFC 3339; null if never.
    pub expires_at: Option<String>,
}

/// A service token to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct New {
    /// At most 350 characters.
    pub name: String,
    /// What else can be said.
    #[serde(flatten)]
    pub options: Options,
}

/// What changes of a service token; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Update {
    /// At most 350 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What else can be said.
    #[serde(flatten)]
    pub options: Options,
}

/// The fields of a service token that have a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Options {
    /// From now on. Default a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Lifetime>,
    /// Whether it is of use. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// One more than it was makes another secret. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_version: Option<NonZeroU32>,
    /// How long the secret before this one is of use; may be moved at any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_client_secret_expires_at: Option<Timestamp>,
}

/// The service tokens of an account or a zone.
#[must_use]
pub fn list(level: &Level, filter: &Filter) -> List<ServiceToken> {
    List::paged(filtered(Request::get(&all(level)), filter), PAGE)
}

/// Makes a service token.
#[must_use]
pub fn create(level: &Level, new: &New) -> Operation<Issued> {
    Operation::new(Request::new(Method::Post, &all(level)).body(body(new)))
}

/// One service token.
#[must_use]
pub fn get(level: &Level, id: &RemoteId) -> Operation<ServiceToken> {
    Operation::new(Request::get(&one(level, id)))
}

/// Changes a service token. Not repeatable if it names the secret's version: the answer that
/// shows the new secret comes once.
#[must_use]
pub fn update(level: &Level, id: &RemoteId, update: &Update) -> Operation<ServiceToken> {
    let request = Request::new(Method::Put, &one(level, id)).body(body(update));
    Operation::new(if update.options.client_secret_version.is_some() {
        request.once()
    } else {
        request
    })
}

/// Deletes a service token.
#[must_use]
pub fn delete(level: &Level, id: &RemoteId) -> Operation<ServiceToken> {
    Operation::new(Request::new(Method::Delete, &one(level, id)))
}

/// Makes another secret; the one before ends at this time, or at once. Only accounts have it.
#[must_use]
pub fn rotate(
    account: &str,
    id: &RemoteId,
    previous_expires_at: Option<Timestamp>,
) -> Operation<Issued> {
    let body = match previous_expires_at {
        Some(time) => json!({ "previous_client_secret_expires_at": time }),
        None => json!({}),
    };
    Operation::new(Request::new(Method::Post, &act(account, id, "rotate")).body(body))
}

/// Makes a service token valid for another year. Only accounts have it.
#[must_use]
pub fn refresh(account: &str, id: &RemoteId) -> Operation<ServiceToken> {
    Operation::new(Request::new(Method::Post, &act(account, id, "refresh")))
}

fn all(level: &Level) -> [&str; 4] {
    let (level, id) = match level {
        Level::Account(id) => ("accounts", id.as_str()),
        Level::Zone(id) => ("zones", id.as_str()),
    };
    [level, id, "access", "service_tokens"]
}

fn one<'a>(level: &'a Level, id: &'a RemoteId) -> [&'a str; 5] {
    let [level, of, access, tokens] = all(level);
    [level, of, access, tokens, id.as_str()]
}

fn act<'a>(account: &'a str, id: &'a RemoteId, act: &'a str) -> [&'a str; 6] {
    let id = id.as_str();
    ["accounts", account, "access", "service_tokens", id, act]
}
