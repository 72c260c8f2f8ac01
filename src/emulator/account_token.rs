//! API tokens that an account owns.
//!
//! Invariant: next to each token stands the grant with which its value authenticates, and a
//! value that was rolled or deleted away stays known as invalid.

mod draft;
mod group;
mod policy;

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use draft::Draft;
use policy::Policy;

use super::access::{Grant, Groups, Owner, Status};
use super::call::{digest, hex};
use super::clock::seconds;
use super::envelope::Answer;
use super::failure::Failure;
use super::page::Paging;
use super::route::Endpoint;
use super::table::Row;
use super::visit::Visit;
use super::world::World;

const GROUPS: Groups = &["Account API Tokens"];

/// Create, read, replace, roll, delete. Verify is elsewhere, with that of users.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read("GET", ALL, GROUPS, list),
    Endpoint::write("POST", ALL, GROUPS, create),
    Endpoint::read(
        "GET",
        "accounts/{account:hex}/tokens/permission_groups",
        GROUPS,
        group::list,
    ),
    Endpoint::read("GET", ONE, GROUPS, get),
    Endpoint::write("PUT", ONE, GROUPS, update),
    Endpoint::write("DELETE", ONE, GROUPS, delete),
    Endpoint::write(
        "PUT",
        "accounts/{account:hex}/tokens/{token:hex}/value",
        GROUPS,
        roll,
    ),
];

const ALL: &str = "accounts/{account:hex}/tokens";
const ONE: &str = "accounts/{account:hex}/tokens/{token:hex}";

const PAGING: Paging = Paging {
    default: 20,
    most: 50,
    total_pages: true,
};
/// The smallest `per_page`.
const LEAST_PER_PAGE: u64 = 5;
/// Tokens per account (Cloudflare's "Rate limits").
const QUOTA: usize = 500;

/// A token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountToken {
    pub(super) account: String,
    pub(super) name: String,
    /// As it was set; that it expired is seen by the clock.
    pub(super) status: Status,
    pub(super) issued_on: Timestamp,
    pub(super) modified_on: Timestamp,
    #[serde(default)]
    pub(super) expires_on: Option<Timestamp>,
    #[serde(default)]
    pub(super) not_before: Option<Timestamp>,
    /// Kept and shown; a world does not see where a call comes from.
    #[serde(default)]
    pub(super) condition: Option<Map<String, Value>>,
    pub(super) policies: Vec<Policy>,
    /// SHA-256 of its value.
    pub(super) value: String,
}

impl Row for AccountToken {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.account)
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl AccountToken {
    /// What the token's value may do.
    fn grant(&self, id: &str) -> Grant {
        Grant {
            accounts: Some(BTreeSet::from([self.account.clone()])),
            status: self.status,
            owner: Some(Owner::Account),
            expires_on: self.expires_on,
            not_before: self.not_before,
            policies: Some(self.policies.iter().map(Policy::clause).collect()),
            issued: Some(id.to_owned()),
            ..Grant::default()
        }
    }

    fn status_at(&self, now: Timestamp) -> Status {
        if self.expires_on.is_some_and(|end| end <= now) {
            Status::Expired
        } else {
            self.status
        }
    }
}

fn named(world: &World, visit: &Visit<'_>) -> Result<AccountToken, Failure> {
    let token = world.state.tables.account_tokens.get(visit.param("token"));
    let token = token.filter(|token| token.account == visit.param("account"));
    token
        .cloned()
        .ok_or_else(|| Failure::new(404, 1003, "Token not found"))
}

/// Oldest first unless `direction=desc`; the expired only with `include_expired=true`.
fn list(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let query = visit.query();
    if query
        .number("per_page")?
        .is_some_and(|size| size < LEAST_PER_PAGE)
    {
        let message = format!("per_page must be at least {LEAST_PER_PAGE}");
        return Err(Failure::invalid(message));
    }
    let with_expired = query.flag("include_expired")?.unwrap_or(false);
    let tokens = world
        .state
        .tables
        .account_tokens
        .group(visit.param("account"));
    let mut tokens: Vec<(&str, &AccountToken)> = tokens
        .filter(|(_, token)| with_expired || token.status_at(visit.now) != Status::Expired)
        .collect();
    tokens.sort_by_key(|(id, token)| (token.issued_on, *id));
    match query.text("direction") {
        None | Some("asc") => {}
        Some("desc") => tokens.reverse(),
        Some(_) => return Err(Failure::invalid("direction must be asc or desc")),
    }
    PAGING.answer(query, &tokens, |(id, token)| view(id, token, visit.now))
}

fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let token = named(world, visit)?;
    Ok(Answer::of(view(visit.param("token"), &token, visit.now)))
}

fn create(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let account = visit.param("account").to_owned();
    let draft = Draft::read(world, visit)?;
    if world.state.tables.account_tokens.count(&account) >= QUOTA {
        let message = format!("You have reached the limit of {QUOTA} tokens for this account");
        return Err(Failure::new(400, 1045, message));
    }
    let value = value(world);
    let token = draft.into_token(account, Status::Active, visit.now, digest(&value));
    let id = world.state.settings.ids.hex();
    let mut shown = view(&id, &token, visit.now);
    shown["value"] = Value::String(value);
    store(world, &id, token);
    Ok(Answer::of(shown))
}

/// Replaces everything but the value.
fn update(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let old = named(world, visit)?;
    let draft = Draft::read(world, visit)?;
    let status = draft::status(visit)?;
    let token = AccountToken {
        modified_on: visit.now,
        ..draft.into_token(old.account, status, old.issued_on, old.value)
    };
    let id = visit.param("token");
    let shown = view(id, &token, visit.now);
    store(world, id, token);
    Ok(Answer::of(shown))
}

/// A new value; the one so far is dead at once. Cloudflare describes the body `{}` as required,
/// and its Python SDK sends none.
fn roll(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let mut token = named(world, visit)?;
    if !visit.call.body.is_empty() {
        visit.body(Failure::invalid)?;
    }
    revoke(world, &token.value);
    let value = value(world);
    token.value = digest(&value);
    token.modified_on = visit.now;
    store(world, visit.param("token"), token);
    Ok(Answer::of(Value::String(value)))
}

fn delete(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let token = named(world, visit)?;
    let id = visit.param("token");
    revoke(world, &token.value);
    world.state.tables.account_tokens.remove(id);
    Ok(Answer::of(json!({"id": id})))
}

fn store(world: &mut World, id: &str, token: AccountToken) {
    let tables = &mut world.state.tables;
    tables.tokens.put(&token.value, token.grant(id));
    tables.account_tokens.put(id, token);
}

fn revoke(world: &mut World, value: &str) {
    let tokens = &mut world.state.tables.tokens;
    tokens.edit(value, |grant| grant.status = Status::Invalid);
}

/// 40 characters, as Cloudflare's have.
fn value(world: &mut World) -> String {
    hex(&world.state.settings.ids.secret()[..20])
}

fn view(id: &str, token: &AccountToken, now: Timestamp) -> Value {
    let policies = token.policies.iter();
    let mut view = json!({
        "id": id,
        "name": token.name,
        "status": token.status_at(now),
        "issued_on": seconds(token.issued_on),
        "modified_on": seconds(token.modified_on),
        "policies": policies.map(Policy::view).collect::<Value>(),
    });
    let times = [
        ("expires_on", token.expires_on),
        ("not_before", token.not_before),
    ];
    for (key, time) in times {
        if let Some(time) = time {
            view[key] = json!(seconds(time));
        }
    }
    if let Some(condition) = &token.condition {
        view["condition"] = json!(condition);
    }
    view
}
