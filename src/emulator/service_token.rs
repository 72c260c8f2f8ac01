//! Access service tokens of accounts and of zones.
//!
//! Invariant: a secret leaves the world once, in the answer that makes it; what stays is its
//! SHA-256.

mod draft;
mod secret;

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use draft::Draft;
pub(super) use secret::{Which, accepted};

use super::access::Groups;
use super::clock::seconds;
use super::envelope::Answer;
use super::failure::Failure;
use super::page::Paging;
use super::route::Endpoint;
use super::table::Row;
use super::visit::Visit;
use super::world::World;
use super::zone;

const GROUPS: Groups = &["Access: Service Tokens"];

/// Accounts have two operations that zones have not: rotate and refresh.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read("GET", OF_ACCOUNT, GROUPS, list),
    Endpoint::write("POST", OF_ACCOUNT, GROUPS, create),
    Endpoint::read("GET", ONE_OF_ACCOUNT, GROUPS, get),
    Endpoint::write("PUT", ONE_OF_ACCOUNT, GROUPS, update),
    Endpoint::write("DELETE", ONE_OF_ACCOUNT, GROUPS, delete),
    Endpoint::write(
        "POST",
        "accounts/{account:hex}/access/service_tokens/{token:uuid}/rotate",
        GROUPS,
        rotate,
    ),
    Endpoint::write(
        "POST",
        "accounts/{account:hex}/access/service_tokens/{token:uuid}/refresh",
        GROUPS,
        refresh,
    ),
    Endpoint::read("GET", OF_ZONE, GROUPS, list),
    Endpoint::write("POST", OF_ZONE, GROUPS, create),
    Endpoint::read("GET", ONE_OF_ZONE, GROUPS, get),
    Endpoint::write("PUT", ONE_OF_ZONE, GROUPS, update),
    Endpoint::write("DELETE", ONE_OF_ZONE, GROUPS, delete),
];

const OF_ACCOUNT: &str = "accounts/{account:hex}/access/service_tokens";
const ONE_OF_ACCOUNT: &str = "accounts/{account:hex}/access/service_tokens/{token:uuid}";
const OF_ZONE: &str = "zones/{zone:hex}/access/service_tokens";
const ONE_OF_ZONE: &str = "zones/{zone:hex}/access/service_tokens/{token:uuid}";

/// Nobody has published Cloudflare's bounds.
const PAGING: Paging = Paging {
    default: 25,
    most: 1000,
    total_pages: true,
};
/// Tokens per account (Cloudflare's "Account limits").
const QUOTA: usize = 50;
/// What a refresh adds (Cloudflare's "Service tokens").
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A service token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceToken {
    /// The account or the zone that it is of.
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) client_id: String,
    /// Go's text of a duration, or `forever`.
    pub(super) duration: String,
    pub(super) enabled: bool,
    /// Null: never.
    pub(super) expires_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    #[serde(default)]
    pub(super) last_seen_at: Option<Timestamp>,
    /// SHA-256 of the current secret.
    pub(super) secret: String,
    /// Grows with each new secret.
    pub(super) secret_version: u64,
    /// SHA-256 of the secret before.
    #[serde(default)]
    pub(super) previous_secret: Option<String>,
    #[serde(default)]
    pub(super) previous_secret_expires_at: Option<Timestamp>,
}

impl Row for ServiceToken {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.owner)
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// A body that the API of Access refuses. The code is the emulator's own choice.
fn invalid(mut message: String) -> Failure {
    message.insert_str(0, "access.api.error.invalid_request: ");
    Failure::new(400, 12130, message)
}

fn owner(world: &World, visit: &Visit<'_>) -> Result<String, Failure> {
    if visit.params.contains_key("zone") {
        zone::named(world, visit)?;
        Ok(visit.param("zone").to_owned())
    } else {
        Ok(visit.param("account").to_owned())
    }
}

fn named(world: &World, visit: &Visit<'_>) -> Result<ServiceToken, Failure> {
    let owner = owner(world, visit)?;
    let token = world.state.tables.service_tokens.get(visit.param("token"));
    let token = token.filter(|token| token.owner == owner).cloned();
    token.ok_or_else(|| Failure::new(404, 12131, "access.api.error.service_token_not_found"))
}

/// `name` is exact, `search` is a part of the name in any case.
fn list(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let owner = owner(world, visit)?;
    let query = visit.query();
    let name = query.text("name");
    let search = query.text("search").map(str::to_lowercase);
    let tokens = world.state.tables.service_tokens.group(&owner);
    let kept = tokens.filter(|(_, token)| {
        name.is_none_or(|name| token.name == name)
            && search
                .as_ref()
                .is_none_or(|part| token.name.to_lowercase().contains(part))
    });
    let kept: Vec<(&str, &ServiceToken)> = kept.collect();
    PAGING.answer(query, &kept, |(id, token)| view(id, token))
}

fn get(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let token = named(world, visit)?;
    Ok(Answer::of(view(visit.param("token"), &token)))
}

fn create(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let owner = owner(world, visit)?;
    let draft = Draft::read(&visit.body(invalid)?)?;
    let name = draft.name.clone();
    let name = name.ok_or_else(|| invalid("name is required".to_owned()))?;
    if world.state.tables.service_tokens.count(&owner) >= QUOTA {
        let message = format!("access.api.error.service_token_limit: at most {QUOTA}");
        return Err(Failure::new(400, 12132, message));
    }
    let (secret, digest) = secret::made(world);
    let mut token = ServiceToken {
        owner,
        name,
        client_id: format!("{}.access", world.state.settings.ids.hex()),
        duration: String::new(),
        enabled: true,
        expires_at: None,
        created_at: visit.now,
        updated_at: visit.now,
        last_seen_at: None,
        secret: digest,
        secret_version: draft.secret_version.unwrap_or(1),
        previous_secret: None,
        previous_secret_expires_at: None,
    };
    let usual = Draft::usual();
    token.put(usual.but(draft), visit.now);
    let id = world.state.settings.ids.uuid();
    Ok(stored(world, &id, token, Some(secret)))
}

/// Changes what the body names. A greater `client_secret_version` makes a new secret.
fn update(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let mut token = named(world, visit)?;
    let draft = Draft::read(&visit.body(invalid)?)?;
    let asked = draft.secret_version.unwrap_or(token.secret_version);
    if asked < token.secret_version {
        let message = "client_secret_version cannot be decremented";
        return Err(invalid(message.to_owned()));
    }
    let mut secret = None;
    if asked > token.secret_version {
        let (fresh, digest) = secret::made(world);
        token.rotate(digest, asked, visit.now);
        secret = Some(fresh);
    }
    token.put(draft, visit.now);
    Ok(stored(world, visit.param("token"), token, secret))
}

fn rotate(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let mut token = named(world, visit)?;
    let until = if visit.call.body.is_empty() {
        None
    } else {
        visit
            .body(invalid)?
            .time("previous_client_secret_expires_at")?
    };
    let (secret, digest) = secret::made(world);
    let version = token.secret_version.saturating_add(1);
    token.rotate(digest, version, until.unwrap_or(visit.now));
    token.updated_at = visit.now;
    Ok(stored(world, visit.param("token"), token, Some(secret)))
}

/// A year more, from the end or, if that is past, from now.
fn refresh(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let mut token = named(world, visit)?;
    let from = token.expires_at.map(|end| end.max(visit.now));
    token.expires_at = from.map(|from| from.saturating_add(YEAR).unwrap_or(Timestamp::MAX));
    token.updated_at = visit.now;
    Ok(stored(world, visit.param("token"), token, None))
}

fn delete(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let token = named(world, visit)?;
    let id = visit.param("token");
    world.state.tables.service_tokens.remove(id);
    Ok(Answer::of(view(id, &token)))
}

fn stored(world: &mut World, id: &str, token: ServiceToken, secret: Option<String>) -> Answer {
    let mut shown = view(id, &token);
    if let Some(secret) = secret {
        shown["client_secret"] = Value::String(secret);
    }
    world.state.tables.service_tokens.put(id, token);
    Answer::of(shown)
}

fn view(id: &str, token: &ServiceToken) -> Value {
    let mut view = json!({
        "id": id,
        "name": token.name,
        "client_id": token.client_id,
        "duration": token.duration,
        "enabled": token.enabled,
        "expires_at": token.expires_at.map(seconds),
        "created_at": seconds(token.created_at),
        "updated_at": seconds(token.updated_at),
        "client_secret_version": token.secret_version,
    });
    let times = [
        ("last_seen_at", token.last_seen_at),
        (
            "previous_client_secret_expires_at",
            token.previous_secret_expires_at,
        ),
    ];
    for (key, time) in times {
        if let Some(time) = time {
            view[key] = json!(seconds(time));
        }
    }
    view
}
