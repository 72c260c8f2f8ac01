//! Zones: what a plan allows in them, and how they are found.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{Groups, Level, Target};
use super::clock::text;
use super::envelope::Answer;
use super::failure::Failure;
use super::page::Paging;
use super::query::Query;
use super::route::Endpoint;
use super::table::Row;
use super::visit::Visit;
use super::world::World;

/// Reading; zones are made by the control API.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read("GET", "zones", GROUPS, list),
    Endpoint::read("GET", "zones/{zone:hex}", GROUPS, get),
    Endpoint::read(
        "GET",
        "zones/{zone:hex}/pagerules",
        &["Page Rules"],
        page_rules,
    ),
];

const GROUPS: Groups = &["Zone"];

const PAGING: Paging = Paging {
    default: 20,
    most: 50,
    total_pages: true,
};

/// A zone as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Zone {
    pub(super) account: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) plan: Plan,
    pub(super) created_on: Timestamp,
    pub(super) modified_on: Timestamp,
    /// `initializing`, `pending`, `active` or `moved`.
    #[serde(default = "active")]
    pub(super) status: String,
    /// `full`, `partial`, `secondary` or `internal`.
    #[serde(rename = "type", default = "full")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) paused: bool,
    /// How many records it may have, if not as many as its plan says.
    #[serde(default)]
    pub(super) record_quota: Option<u64>,
}

fn active() -> String {
    "active".to_owned()
}

fn full() -> String {
    "full".to_owned()
}

/// What is paid for a zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Plan {
    /// Nothing.
    #[default]
    Free,
    /// Pro.
    Pro,
    /// Business.
    Business,
    /// Enterprise.
    Enterprise,
}

impl Plan {
    /// Operations in one batch (Cloudflare's "Batch record changes").
    pub(super) fn batch_operations(self) -> usize {
        match self {
            Self::Free => 200,
            Self::Pro | Self::Business | Self::Enterprise => 3500,
        }
    }

    /// Characters in a record's comment (Cloudflare's "Record attributes").
    pub(super) fn comment_length(self) -> usize {
        match self {
            Self::Free => 100,
            Self::Pro | Self::Business | Self::Enterprise => 500,
        }
    }

    /// Tags on a record.
    pub(super) fn tags(self) -> usize {
        match self {
            Self::Free => 0,
            Self::Pro | Self::Business | Self::Enterprise => 20,
        }
    }

    /// The smallest TTL in seconds.
    pub(super) fn least_ttl(self) -> u64 {
        match self {
            Self::Free | Self::Pro | Self::Business => 60,
            Self::Enterprise => 30,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Free => "Free Website",
            Self::Pro => "Pro Website",
            Self::Business => "Business Website",
            Self::Enterprise => "Enterprise Website",
        }
    }
}

impl Row for Zone {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.account)
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Zone {
    /// How many records it may have (Cloudflare's "DNS records", 2026-08-14). Free zones made
    /// since 2024-09-01 have fewer.
    pub(super) fn quota(&self) -> u64 {
        let of_plan = match self.plan {
            Plan::Free if self.created_on < midnight(2024, 9) => 1000,
            Plan::Free => 200,
            Plan::Pro | Plan::Business => 3500,
            Plan::Enterprise => 1_000_000,
        };
        self.record_quota.unwrap_or(of_plan)
    }
}

/// The first instant of a month, UTC.
fn midnight(year: i16, month: i8) -> Timestamp {
    let day = date(year, month, 1).at(0, 0, 0, 0);
    let zoned = day.to_zoned(TimeZone::UTC);
    zoned.map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// See [`World::ensure_zone`].
pub(super) fn ensure(world: &mut World, account: &str, name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let named = world.state.tables.zones.named(account, &name).next();
    if let Some((id, _)) = named {
        return id.to_owned();
    }
    let id = world.state.settings.ids.hex();
    let zone = Zone {
        account: account.to_owned(),
        name,
        plan: Plan::Free,
        created_on: midnight(2024, 1),
        modified_on: midnight(2024, 1),
        status: active(),
        kind: full(),
        paused: false,
        record_quota: None,
    };
    world.state.tables.zones.put(&id, zone);
    id
}

/// The zone that a path names.
pub(super) fn named<'w>(world: &'w World, visit: &Visit<'_>) -> Result<&'w Zone, Failure> {
    let zone = world.state.tables.zones.get(visit.param("zone"));
    zone.ok_or_else(|| visit.unroutable())
}

fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let zone = named(world, visit)?;
    Ok(Answer::of(view(world, visit.param("zone"), zone)))
}

/// There are none. octoDNS asks for them all the same.
fn page_rules(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    named(world, visit)?;
    Ok(Answer::of(json!([])))
}

fn list(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let query = visit.query();
    let zones = world.state.tables.zones.iter();
    let mut found: Vec<(&str, &Zone)> = zones
        .filter(|(id, zone)| visit.grant.sees_zone(&zone.account, id, &zone.name))
        .filter(|(id, _)| may_read(visit, id))
        .filter(|(_, zone)| keeps(world, query, zone))
        .collect();
    found.sort_by_key(|(id, zone)| (order(world, query, zone), zone.name.as_str(), *id));
    if query.text("direction") == Some("desc") {
        found.reverse();
    }
    PAGING.answer(query, &found, |(id, zone)| view(world, id, zone))
}

fn may_read(visit: &Visit<'_>, id: &str) -> bool {
    let target = Target::Zone(id);
    visit.grant.allow(GROUPS, Level::Read, target).is_ok()
}

fn order(world: &World, query: Query<'_>, zone: &Zone) -> String {
    match query.text("order") {
        Some("status") => zone.status.clone(),
        Some("account.id") => zone.account.clone(),
        Some("account.name") => account_name(world, &zone.account).to_owned(),
        Some("plan.id") => plan_id(zone.plan),
        Some(_) | None => String::new(),
    }
}

fn keeps(world: &World, query: Query<'_>, zone: &Zone) -> bool {
    let name = query
        .text("name")
        .map(|filter| name_fits(filter, &zone.name));
    let account = query.text("account.id").map(|id| id == zone.account);
    let owner = query
        .text("account.name")
        .map(|filter| name_fits(filter, account_name(world, &zone.account)));
    let status = query.text("status").map(|status| status == zone.status);
    let kinds = query.text("type");
    let kind = Some(kinds.map_or(zone.kind != "internal", |kinds| {
        kinds.split(',').any(|kind| kind == zone.kind)
    }));
    let given = [name, account, owner, status];
    if query.text("match") == Some("any") && given.iter().any(Option::is_some) {
        return kind == Some(true) && given.contains(&Some(true));
    }
    kind == Some(true) && !given.contains(&Some(false))
}

/// `name=example.com`, or with an operator `name=contains:example`.
fn name_fits(filter: &str, name: &str) -> bool {
    let (operator, text) = filter.split_once(':').unwrap_or(("equal", filter));
    let lower = text.to_lowercase();
    let own = name.to_lowercase();
    match operator {
        "equal" => own == lower,
        "not_equal" => own != lower,
        "starts_with" => own.starts_with(&lower),
        "ends_with" => own.ends_with(&lower),
        "contains" => own.contains(&lower),
        "starts_with_case_sensitive" => name.starts_with(text),
        "ends_with_case_sensitive" => name.ends_with(text),
        "contains_case_sensitive" => name.contains(text),
        _ => name == filter,
    }
}

fn account_name<'w>(world: &'w World, account: &str) -> &'w str {
    let own = world.state.tables.accounts.get(account);
    own.and_then(|own| own.name.as_deref())
        .unwrap_or("Emulated account")
}

fn plan_id(plan: Plan) -> String {
    super::call::digest(plan.label())[..32].to_owned()
}

fn view(world: &World, id: &str, zone: &Zone) -> Value {
    let legacy = super::table::as_value(&zone.plan);
    json!({
        "id": id,
        "name": zone.name,
        "status": zone.status,
        "paused": zone.paused,
        "type": zone.kind,
        "development_mode": 0,
        "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
        "original_name_servers": null,
        "original_registrar": null,
        "original_dnshost": null,
        "created_on": text(zone.created_on),
        "modified_on": text(zone.modified_on),
        "activated_on": (zone.status == "active").then(|| text(zone.created_on)),
        "meta": {"step": 4, "custom_certificate_quota": 0, "page_rule_quota": 3,
            "phishing_detected": false},
        "owner": {"id": null, "type": "user", "email": null},
        "account": {"id": zone.account, "name": account_name(world, &zone.account)},
        "tenant": {"id": null, "name": null},
        "tenant_unit": {"id": null},
        "permissions": ["#dns_records:edit", "#dns_records:read", "#zone:read"],
        "plan": {"id": plan_id(zone.plan), "name": zone.plan.label(), "price": 0,
            "currency": "USD", "frequency": "", "is_subscribed": false, "can_subscribe": false,
            "legacy_id": legacy, "legacy_discount": false, "externally_managed": false},
    })
}
