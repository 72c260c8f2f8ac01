//! DNS records of a zone (5.2 to 5.4).

mod filter;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Deleted, List, Operation, body, filtered};
use crate::address::RemoteId;
use crate::request::{Method, Request};
pub use filter::{Comments, Filter, Order, Tags, Text, has};

/// Objects a page: far below Cloudflare's maximum of 5,000,000, and what external-dns uses.
const PAGE: u32 = 5000;

/// A sort of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the words of DNS")]
pub enum Type {
    A,
    Aaaa,
    Caa,
    Cert,
    Cname,
    Dnskey,
    Ds,
    Https,
    Loc,
    Mx,
    Naptr,
    Ns,
    Openpgpkey,
    Ptr,
    Smimea,
    Srv,
    Sshfp,
    Svcb,
    Tlsa,
    Txt,
    Uri,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// 32 hex digits.
    pub id: RemoteId,
    /// The full name in Punycode.
    pub name: String,
    /// A word of [`Type`].
    #[serde(rename = "type")]
    pub record_type: String,
    /// What it says, in one text.
    #[serde(default)]
    pub content: String,
    /// What it says, in parts, for the types that have some.
    pub data: Option<Value>,
    /// Of MX and URI.
    pub priority: Option<u16>,
    /// Whether Cloudflare answers in its place.
    #[serde(default)]
    pub proxied: bool,
    /// Seconds; 1 is automatic, which every proxied record has.
    #[serde(default)]
    pub ttl: u32,
    /// For people, and for owners' marks.
    pub comment: Option<String>,
    /// `name:value`.
    pub tags: Option<Vec<String>>,
    /// What Cloudflare adds.
    pub meta: Option<Meta>,
    /// The zone's name. Only in older answers.
    pub zone_name: Option<String>,
    /// RFC 3339.
    pub created_on: Option<String>,
    /// RFC 3339.
    pub modified_on: Option<String>,
}

/// What Cloudflare adds to a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Nobody can change it here.
    #[serde(default)]
    pub read_only: bool,
}

/// A whole record as it is written; what is absent is Cloudflare's default.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct New {
    /// What sort of record.
    #[serde(rename = "type")]
    pub record_type: Type,
    /// The full name.
    pub name: String,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// What else can be said.
    #[serde(flatten)]
    pub options: Options,
}

/// What changes of a record; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Patch {
    /// What sort of record.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub record_type: Option<Type>,
    /// The full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it says.
    #[serde(flatten)]
    pub content: Option<Content>,
    /// What else can be said.
    #[serde(flatten)]
    pub options: Options,
}

/// A patch that changes everything a whole record says.
impl From<New> for Patch {
    fn from(new: New) -> Self {
        let New {
            record_type,
            name,
            content,
            options,
        } = new;
        Self {
            record_type: Some(record_type),
            name: Some(name),
            content: Some(content),
            options,
        }
    }
}

/// What a record says: each type has one of the two forms.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// One text.
    Content(String),
    /// In parts.
    Data(Map<String, Value>),
}

/// The fields of a record that have a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Options {
    /// Of MX and URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// Whether Cloudflare answers in its place; only A, AAAA and CNAME. Default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxied: Option<bool>,
    /// Seconds, from 60 (30 for Enterprise) to 86,400; 1, the default, is automatic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// At most 100 characters on Free, 500 else; no line breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `name:value`; not on Free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// What Cloudflare answers instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
}

/// What Cloudflare answers instead of the record itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Only A for a proxied record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4_only: Option<bool>,
    /// Only AAAA for a proxied record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_only: Option<bool>,
    /// The addresses of a CNAME's target; not if it is proxied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flatten_cname: Option<bool>,
}

/// Changes of a zone as one transaction: all or none. Cloudflare carries them out in the order
/// of the fields, at most 200 of them on Free and 3,500 else.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Batch {
    /// Records to delete.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deletes: Vec<Victim>,
    /// Records to change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Existing<Patch>>,
    /// Records to overwrite.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub puts: Vec<Existing<New>>,
    /// Records to make.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<New>,
}

/// A record to delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Victim {
    /// Its id.
    pub id: RemoteId,
}

/// What is written to a record that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Existing<T> {
    /// What is written.
    #[serde(flatten)]
    pub fields: T,
    /// The record.
    pub id: RemoteId,
}

/// The records that a batch was about, in the order of the batch.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the fields of `Batch`")]
pub struct Batched {
    pub deletes: Option<Vec<Record>>,
    pub patches: Option<Vec<Record>>,
    pub puts: Option<Vec<Record>>,
    pub posts: Option<Vec<Record>>,
}

/// How many records there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// How many there are.
    pub record_usage: u64,
    /// How many there may be; null where the account's quota counts.
    pub record_quota: Option<u64>,
}

/// The records of a zone.
#[must_use]
pub fn list(zone: &RemoteId, filter: &Filter) -> List<Record> {
    List::paged(filtered(Request::get(&all(zone)), filter), PAGE)
}

/// Makes a record.
#[must_use]
pub fn create(zone: &RemoteId, new: &New) -> Operation<Record> {
    Operation::new(Request::new(Method::Post, &all(zone)).body(body(new)))
}

/// One record.
#[must_use]
pub fn get(zone: &RemoteId, id: &RemoteId) -> Operation<Record> {
    Operation::new(Request::get(&one(zone, id.as_str())))
}

/// Changes some fields of a record.
#[must_use]
pub fn patch(zone: &RemoteId, id: &RemoteId, patch: &Patch) -> Operation<Record> {
    Operation::new(Request::new(Method::Patch, &one(zone, id.as_str())).body(body(patch)))
}

/// Overwrites a record.
#[must_use]
pub fn put(zone: &RemoteId, id: &RemoteId, new: &New) -> Operation<Record> {
    Operation::new(Request::new(Method::Put, &one(zone, id.as_str())).body(body(new)))
}

/// Deletes a record.
#[must_use]
pub fn delete(zone: &RemoteId, id: &RemoteId) -> Operation<Deleted> {
    Operation::new(Request::new(Method::Delete, &one(zone, id.as_str())))
}

/// Carries out several changes as one.
#[must_use]
pub fn batch(zone: &RemoteId, batch: &Batch) -> Operation<Batched> {
    Operation::new(Request::new(Method::Post, &one(zone, "batch")).body(body(batch)))
}

/// How many records a zone has.
#[must_use]
pub fn usage(zone: &RemoteId) -> Operation<Usage> {
    Operation::new(Request::get(&one(zone, "usage")))
}

/// How many records all zones of an account have.
#[must_use]
pub fn account_usage(account: &str) -> Operation<Usage> {
    let path = ["accounts", account, "dns_records", "usage"];
    Operation::new(Request::get(&path))
}

/// Whether a path is that of a zone's list of records.
#[must_use]
pub fn is_list(path: &str) -> bool {
    path.starts_with("/zones/") && path.ends_with("/dns_records")
}

fn all(zone: &RemoteId) -> [&str; 3] {
    ["zones", zone.as_str(), "dns_records"]
}

fn one<'a>(zone: &'a RemoteId, last: &'a str) -> [&'a str; 4] {
    ["zones", zone.as_str(), "dns_records", last]
}
