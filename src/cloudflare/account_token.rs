//! API tokens that belong to an account (8). The value is shown only when it is made.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Deleted, Direction, List, Operation, Secret, body, filtered};
use crate::address::RemoteId;
use crate::request::{Method, Request};

/// Objects a page (1.3).
const PAGE: u32 = 50;

/// Which API tokens a list has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Which way they are sorted.
    pub direction: Option<Direction>,
    /// Whether those that have expired are listed too.
    pub include_expired: Option<bool>,
}

/// Whether an API token is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "Cloudflare's own words")]
pub enum Status {
    Active,
    Disabled,
    Expired,
}

/// An API token.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AccountToken {
    /// 32 hex digits.
    pub id: RemoteId,
    /// Need not be unique.
    pub name: String,
    /// A word of [`Status`].
    pub status: Option<String>,
    /// What it allows. Cloudflare may put them in another order than they were written in.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// From where it is of use.
    pub condition: Option<Condition>,
    /// RFC 3339; null if never.
    pub expires_on: Option<String>,
    /// RFC 3339.
    pub not_before: Option<String>,
    /// RFC 3339.
    pub issued_on: Option<String>,
    /// RFC 3339.
    pub modified_on: Option<String>,
    /// RFC 3339.
    pub last_used_on: Option<String>,
}

/// What a token allows or forbids. Written without the id, which is Cloudflare's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// 32 hex digits.
    #[serde(skip_serializing)]
    pub id: Option<RemoteId>,
    /// Which of both.
    pub effect: Effect,
    /// What.
    pub permission_groups: Vec<Granted>,
    /// Of what: `{"com.cloudflare.api.account.<id>": "*"}`, or with a map in place of the star.
    pub resources: Map<String, Value>,
}

impl Policy {
    /// A policy as Cloudflare shows it: with what is never written.
    #[must_use]
    pub fn shown(&self) -> Value {
        let mut shown = body(self);
        shown["id"] = json!(self.id);
        for (index, group) in self.permission_groups.iter().enumerate() {
            shown["permission_groups"][index]["name"] = json!(group.name);
        }
        shown
    }
}

/// The effect of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "Cloudflare's own words")]
pub enum Effect {
    Allow,
    Deny,
}

/// A permission group in a policy. Written without the name, which is Cloudflare's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// 32 hex digits.
    pub id: RemoteId,
    /// In words.
    #[serde(skip_serializing)]
    pub name: Option<String>,
    /// `{key, value}`, for groups that take a parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// From where a token is of use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// By address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_ip: Option<Addresses>,
}

/// Networks in CIDR notation, or addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// From there it is of use.
    #[serde(rename = "in", default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
    /// From there it is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<String>,
}

/// An API token to be made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct New {
    /// In words.
    pub name: String,
    /// What it allows; not more than its maker may do.
    pub policies: Vec<Policy>,
    /// From where it is of use. Default from everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Until when it is of use. Default for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<Timestamp>,
    /// Since when it is of use. Default at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// What an API token should be: replaces all of it but the value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replacement {
    /// What a new one would be made of.
    #[serde(flatten)]
    pub token: New,
    /// Whether it is of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// A new API token with its value, which nobody will see again.
#[derive(Debug, Clone, Deserialize)]
pub struct Created {
    /// 32 hex digits.
    pub id: RemoteId,
    /// In words.
    pub name: String,
    /// The token itself. To be kept before anything else can fail.
    pub value: Secret,
}

/// What a token says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Verified {
    /// 32 hex digits.
    pub id: RemoteId,
    /// A word of [`Status`].
    pub status: String,
    /// RFC 3339; absent if never.
    pub expires_on: Option<String>,
    /// RFC 3339.
    pub not_before: Option<String>,
}

/// Which permission groups a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GroupFilter {
    /// In words.
    pub name: Option<String>,
    /// Such as `com.cloudflare.api.account.zone`.
    pub scope: Option<String>,
}

/// Rights under one name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PermissionGroup {
    /// 32 hex digits.
    pub id: RemoteId,
    /// In words.
    pub name: String,
    /// What it is about.
    pub category: Option<String>,
    /// What it can be granted for, such as `com.cloudflare.api.account.zone`.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// The API tokens of an account.
#[must_use]
pub fn list(account: &str, filter: &Filter) -> List<AccountToken> {
    List::paged(filtered(Request::get(&all(account)), filter), PAGE)
}

/// Makes an API token.
#[must_use]
pub fn create(account: &str, new: &New) -> Operation<Created> {
    Operation::new(Request::new(Method::Post, &all(account)).body(body(new)))
}

/// One API token.
#[must_use]
pub fn get(account: &str, id: &RemoteId) -> Operation<AccountToken> {
    Operation::new(Request::get(&one(account, id.as_str())))
}

/// Replaces all of an API token but its value.
#[must_use]
pub fn put(account: &str, id: &RemoteId, token: &Replacement) -> Operation<AccountToken> {
    let request = Request::new(Method::Put, &one(account, id.as_str()));
    Operation::new(request.body(body(token)))
}

/// Deletes an API token; the answer may be null.
#[must_use]
pub fn delete(account: &str, id: &RemoteId) -> Operation<Option<Deleted>> {
    Operation::new(Request::new(Method::Delete, &one(account, id.as_str())))
}

/// Makes another value; the one before ends at once. A PUT that is not repeatable: the value
/// that was answered to the first would be dead after the second.
#[must_use]
pub fn roll(account: &str, id: &RemoteId) -> Operation<Secret> {
    let [accounts, account, tokens, id] = one(account, id.as_str());
    let request = Request::new(Method::Put, &[accounts, account, tokens, id, "value"]);
    Operation::new(request.body(json!({})).once())
}

/// What the token that the request is sent with says of itself. Needs no permission.
#[must_use]
pub fn verify(account: &str) -> Operation<Verified> {
    Operation::new(Request::get(&one(account, "verify")))
}

/// The rights that can be granted.
#[must_use]
pub fn permission_groups(account: &str, filter: &GroupFilter) -> List<PermissionGroup> {
    let request = Request::get(&one(account, "permission_groups"));
    List::whole(filtered(request, filter))
}

fn all(account: &str) -> [&str; 3] {
    ["accounts", account, "tokens"]
}

fn one<'a>(account: &'a str, last: &'a str) -> [&'a str; 4] {
    ["accounts", account, "tokens", last]
}
