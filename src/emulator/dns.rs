//! DNS records of a zone.
//!
//! Invariant: every stored record has passed [`draft`] and [`conflict`], unless the control
//! API put it there.

mod batch;
mod conflict;
mod content;
mod draft;
mod hostname;
mod list;
mod load_balancer;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access::Groups;
use super::body::Body;
use super::clock::text;
use super::envelope::Answer;
use super::failure::Failure;
use super::route::Endpoint;
use super::table::Row;
use super::visit::Visit;
use super::world::World;
use super::zone::named;

pub(super) use load_balancer::LoadBalancer;

const GROUPS: Groups = &["DNS"];

/// Records one by one, many at once, how many there are, and cloudflared's own way to them.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read("GET", ALL, GROUPS, list::list),
    Endpoint::write("POST", ALL, GROUPS, post),
    Endpoint::read("GET", ONE, GROUPS, get),
    Endpoint::write("PATCH", ONE, GROUPS, patch),
    Endpoint::write("PUT", ONE, GROUPS, put),
    Endpoint::write("DELETE", ONE, GROUPS, delete),
    Endpoint::write(
        "POST",
        "zones/{zone:hex}/dns_records/batch",
        GROUPS,
        batch::run,
    ),
    Endpoint::read("GET", "zones/{zone:hex}/dns_records/usage", GROUPS, usage),
    Endpoint::read(
        "GET",
        "accounts/{account:hex}/dns_records/usage",
        GROUPS,
        usage_of_account,
    ),
    Endpoint::write(
        "PUT",
        "zones/{zone:hex}/tunnels/{tunnel:uuid}/routes",
        GROUPS,
        hostname::put,
    ),
];

const ALL: &str = "zones/{zone:hex}/dns_records";
const ONE: &str = "zones/{zone:hex}/dns_records/{record:hex}";

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The id of its zone.
    pub(super) zone: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The full name, lower-cased, in Punycode.
    pub(super) name: String,
    pub(super) content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<u64>,
    /// Seconds; 1 is automatic.
    #[serde(default = "automatic")]
    pub(super) ttl: u64,
    #[serde(default)]
    pub(super) proxied: bool,
    #[serde(default)]
    pub(super) comment: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) settings: Map<String, Value>,
    #[serde(default)]
    pub(super) created_on: Timestamp,
    #[serde(default)]
    pub(super) modified_on: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment_modified_on: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tags_modified_on: Option<Timestamp>,
    /// `read_only: true` in it protects the record.
    #[serde(default)]
    pub(super) meta: Map<String, Value>,
}

fn automatic() -> u64 {
    1
}

impl Row for Record {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.zone)
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Record {
    fn proxiable(&self) -> bool {
        ["A", "AAAA", "CNAME"].contains(&self.kind.as_str())
    }
}

/// How this family refuses a body.
fn invalid(message: String) -> Failure {
    refused(9207, message)
}

/// How this family refuses a value. The codes behind 1004 are from memory, not observed.
fn refused(code: u32, message: impl Into<String>) -> Failure {
    Failure::new(400, 1004, "DNS Validation Error").because(code, message)
}

fn find<'w>(world: &'w World, zone: &str, id: &str) -> Result<&'w Record, Failure> {
    let record = world.state.tables.records.get(id);
    let record = record.filter(|record| record.zone == zone);
    record.ok_or_else(|| Failure::new(404, 81044, "Record does not exist."))
}

/// The record, if it may be changed. The code is not observed.
fn changeable<'w>(world: &'w World, zone: &str, id: &str) -> Result<&'w Record, Failure> {
    let record = find(world, zone, id)?;
    if record.meta.get("read_only") == Some(&Value::Bool(true)) {
        let message = "This record is managed by another product and cannot be changed here.";
        return Err(Failure::new(400, 1046, message));
    }
    Ok(record)
}

/// How a change treats the fields that the body does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unnamed {
    /// They stay: PATCH.
    Stay,
    /// They go back to their defaults: PUT.
    Reset,
}

fn create(
    world: &mut World,
    zone: &str,
    body: &Body<'_>,
    now: Timestamp,
) -> Result<Value, Failure> {
    let own = world.state.tables.zones.get(zone).cloned();
    let own = own.ok_or_else(|| Failure::unroutable(zone))?;
    let record = draft::new(zone, &own, body, now)?;
    conflict::check(world, &own, &record, None)?;
    let used = world.state.tables.records.count(zone) as u64;
    if used >= own.quota() {
        return Err(Failure::new(400, 81045, "Record quota exceeded."));
    }
    let id = world.state.settings.ids.hex();
    let created = view(&id, &record);
    world.state.tables.records.put(&id, record);
    Ok(created)
}

fn change(
    world: &mut World,
    (zone, id): (&str, &str),
    body: &Body<'_>,
    unnamed: Unnamed,
    now: Timestamp,
) -> Result<Value, Failure> {
    let own = world.state.tables.zones.get(zone).cloned();
    let own = own.ok_or_else(|| Failure::unroutable(zone))?;
    let old = changeable(world, zone, id)?;
    let record = draft::changed(old, &own, body, unnamed, now)?;
    conflict::check(world, &own, &record, Some(id))?;
    let changed = view(id, &record);
    world.state.tables.records.put(id, record);
    Ok(changed)
}

fn remove(world: &mut World, zone: &str, id: &str) -> Result<Value, Failure> {
    let removed = view(id, changeable(world, zone, id)?);
    world.state.tables.records.remove(id);
    Ok(removed)
}

/// A record as the API shows it.
fn view(id: &str, record: &Record) -> Value {
    let mut view = json!({
        "id": id,
        "name": record.name,
        "type": record.kind,
        "content": record.content,
        "proxiable": record.proxiable(),
        "proxied": record.proxied,
        "ttl": record.ttl,
        "settings": record.settings,
        "meta": record.meta,
        "comment": record.comment,
        "tags": record.tags,
        "created_on": text(record.created_on),
        "modified_on": text(record.modified_on),
    });
    if let Some(time) = record.comment_modified_on {
        view["comment_modified_on"] = json!(text(time));
    }
    if let Some(time) = record.tags_modified_on {
        view["tags_modified_on"] = json!(text(time));
    }
    if let Some(priority) = record.priority {
        view["priority"] = json!(priority);
    }
    if let Some(data) = &record.data {
        view["data"] = json!(data);
    }
    view
}

fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    named(world, visit)?;
    let id = visit.param("record");
    let record = find(world, visit.param("zone"), id)?;
    Ok(Answer::of(view(id, record)))
}

fn post(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    named(world, visit)?;
    let body = visit.body(invalid)?;
    create(world, visit.param("zone"), &body, visit.now).map(Answer::of)
}

fn patch(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    write(world, visit, Unnamed::Stay)
}

fn put(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    write(world, visit, Unnamed::Reset)
}

fn write(world: &mut World, visit: &Visit<'_>, unnamed: Unnamed) -> Result<Answer, Failure> {
    named(world, visit)?;
    let body = visit.body(invalid)?;
    let at = (visit.param("zone"), visit.param("record"));
    change(world, at, &body, unnamed, visit.now).map(Answer::of)
}

/// Unlike in a batch, only the id comes back.
fn delete(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    named(world, visit)?;
    let id = visit.param("record");
    remove(world, visit.param("zone"), id)?;
    Ok(Answer::of(json!({"id": id})))
}

fn usage(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let quota = named(world, visit)?.quota();
    let used = world.state.tables.records.count(visit.param("zone"));
    Ok(Answer::of(
        json!({"record_usage": used, "record_quota": quota}),
    ))
}

/// The quota of an account is null: zones have their own here.
#[expect(
    clippy::unnecessary_wraps,
    reason = "handlers have the type that the table of endpoints asks for"
)]
fn usage_of_account(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let zones = world.state.tables.zones.group(visit.param("account"));
    let used: usize = zones
        .map(|(id, _)| world.state.tables.records.count(id))
        .sum();
    Ok(Answer::of(
        json!({"record_usage": used, "record_quota": null}),
    ))
}
