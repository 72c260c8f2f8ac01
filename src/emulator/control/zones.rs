//! Zones, accounts and records, beyond what the API lets one do.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body, merged, on, unknown};
use crate::emulator::dns::Record;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::route::{Endpoint, is_hex};
use crate::emulator::table::{Row, Table, as_value};
use crate::emulator::tunnel::Account;
use crate::emulator::visit::Visit;
use crate::emulator::world::{DEFAULT_ACCOUNT, World};
use crate::emulator::zone::{Plan, Zone};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    on("GET", "zones", list),
    on("POST", "zones", create),
    on("PATCH", "zones/{zone:hex}", change),
    on("DELETE", "zones/{zone:hex}", remove),
    on("PATCH", "records/{record:hex}", change_record),
    on("PUT", "accounts/{account:hex}", put_account),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewZone {
    name: String,
    account: Option<String>,
    id: Option<String>,
    #[serde(default)]
    plan: Plan,
    created_on: Option<Timestamp>,
    record_quota: Option<u64>,
}

fn list(world: &mut World, _: &Visit<'_>) -> Result<Answer, Failure> {
    let zones = world.state.tables.zones.iter();
    let zones = zones.map(|(id, zone)| with_id(id, zone));
    Ok(Answer::of(zones.collect()))
}

fn create(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let NewZone {
        name,
        account,
        id,
        plan,
        created_on,
        record_quota,
    } = body(visit)?;
    let account = account.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned());
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.is_empty() || !is_hex(&account) || id.as_ref().is_some_and(|id| !is_hex(id)) {
        let message = "a zone has a name, and ids have 32 hex digits";
        return Err(Failure::invalid(message));
    }
    let created_on = created_on.unwrap_or(visit.now);
    let zone = Zone {
        account: account.to_ascii_lowercase(),
        name,
        plan,
        created_on,
        modified_on: created_on,
        status: "active".to_owned(),
        kind: "full".to_owned(),
        paused: false,
        record_quota,
    };
    let id = id.map(|id| id.to_ascii_lowercase());
    let id = id.unwrap_or_else(|| world.state.settings.ids.hex());
    let shown = with_id(&id, &zone);
    world.state.tables.zones.put(&id, zone);
    Ok(Answer::of(shown))
}

fn change(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    patch(&mut world.state.tables.zones, visit, "zone")
}

fn change_record(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    patch::<Record>(&mut world.state.tables.records, visit, "record")
}

fn patch<T: Row>(table: &mut Table<T>, visit: &Visit<'_>, what: &str) -> Result<Answer, Failure> {
    let id = visit.param(what);
    let row = table.get(id).ok_or_else(|| unknown(what))?;
    let row = merged(row, body(visit)?)?;
    let shown = with_id(id, &row);
    table.put(id, row);
    Ok(Answer::of(shown))
}

/// A zone goes with its records.
fn remove(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let id = visit.param("zone");
    let tables = &mut world.state.tables;
    tables.zones.remove(id).ok_or_else(|| unknown("zone"))?;
    let records = tables.records.group(id);
    let records: Vec<String> = records.map(|(id, _)| id.to_owned()).collect();
    for record in records {
        tables.records.remove(&record);
    }
    Ok(Answer::of(json!({"id": id})))
}

fn put_account(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let account: Account = body(visit)?;
    let id = visit.param("account");
    let shown = with_id(id, &account);
    world.state.tables.accounts.put(id, account);
    Ok(Answer::of(shown))
}

fn with_id(id: &str, row: &impl Row) -> Value {
    let mut shown = as_value(row);
    shown["id"] = json!(id);
    shown
}
