//! One tunnel of the account, by its UUID, by a hostname that leads to it, or by its name.

use serde::Deserialize as _;

use super::console::Trouble;
use super::session::Session;
use super::stacks::Stack;
use crate::address::RemoteId;
use crate::api::Meaning;
use crate::cloudflare::tunnel::{self, Filter, Tunnel};
use crate::observe::zones;
use crate::problem::Problem;
use crate::request::Request;
use crate::scope::Scope;

/// What the names of tunnels in DNS end in.
const TARGET: &str = ".cfargotunnel.com";

/// The longest reference: hostnames have up to 253 characters, and no name of a tunnel more.
const LONGEST: usize = 253;

/// A name has one CNAME; the page need not be larger.
const FEW: u32 = 100;

/// A tunnel and its account.
pub(super) struct Found {
    pub(super) account: String,
    pub(super) id: RemoteId,
    pub(super) name: String,
}

/// Whether a reference could mean a tunnel: an empty one, or one with spaces around it, is a slip.
///
/// # Errors
/// If it could not.
pub(super) fn check_reference(reference: &str) -> Result<(), Trouble> {
    let is_name = !reference.trim().is_empty() && reference.len() <= LONGEST;
    if is_name && !reference.contains(char::is_control) {
        return Ok(());
    }
    let message = format!("`{}` cannot mean a tunnel", shown(reference));
    Err(Problem::new("INVALID_TUNNEL_ID", message)
        .help("give its UUID, a hostname that leads to it, or its name")
        .into())
}

/// The tunnel that a reference means, in the accounts of some stacks.
///
/// # Errors
/// If there is none, or Cloudflare does not answer.
pub(super) async fn find(
    session: &Session,
    stacks: &[Stack],
    reference: &str,
) -> Result<Found, Trouble> {
    let mut accounts: Vec<&str> = stacks
        .iter()
        .map(|it| it.manifest.account.as_str())
        .collect();
    accounts.dedup();
    for account in accounts {
        if let Some(tunnel) = look(session, account, reference).await? {
            return Ok(Found {
                account: account.to_owned(),
                id: tunnel.id,
                name: tunnel.name,
            });
        }
    }
    let message = format!("the account has no tunnel `{reference}`");
    Err(Problem::new("TUNNEL_NOT_FOUND", message)
        .help("give its UUID, a hostname that leads to it, or its name")
        .into())
}

async fn look(
    session: &Session,
    account: &str,
    reference: &str,
) -> Result<Option<Tunnel>, Trouble> {
    if uuid::Uuid::try_parse(reference).is_ok()
        && let Ok(id) = RemoteId::try_from(reference.to_lowercase())
    {
        return by_id(session, account, &id).await;
    }
    if reference.contains('.')
        && let Some(id) = target(session, account, &hostname(reference)).await?
    {
        return by_id(session, account, &id).await;
    }
    let filter = Filter {
        name: Some(reference.to_owned()),
        ..Filter::default()
    };
    let list = tunnel::list(account, &filter);
    let found = session.client.list(&list.request, list.page_size).await;
    let found = found.map_err(Trouble::report)?;
    let mut found = found.iter().filter_map(|it| Tunnel::deserialize(it).ok());
    Ok(found.find(|it| it.name == reference && it.deleted_at.is_none()))
}

/// A hostname as records have it.
fn hostname(text: &str) -> String {
    let text = text.trim_end_matches('.');
    idna::domain_to_ascii(text).unwrap_or_else(|_| text.to_lowercase())
}

/// A living tunnel: a read by id also answers deleted ones (cloudflare-api.md 2.3).
async fn by_id(session: &Session, account: &str, id: &RemoteId) -> Result<Option<Tunnel>, Trouble> {
    match session.client.send(&tunnel::get(account, id).request).await {
        Ok(answer) => Ok(Tunnel::deserialize(&answer)
            .ok()
            .filter(|it| it.deleted_at.is_none())),
        Err(error) if error.meaning() == Meaning::NotFound => Ok(None),
        Err(error) => Err(Trouble::report(error)),
    }
}

/// The id of the tunnel that a hostname leads to.
async fn target(session: &Session, account: &str, host: &str) -> Result<Option<RemoteId>, Trouble> {
    let zones = zones(&session.client, account).await;
    let scope = Scope {
        zones: zones.map_err(Trouble::report)?,
        ..Scope::default()
    };
    let Some(zone) = scope.zone_of(host) else {
        return Ok(None);
    };
    let records = Request::get(&["zones", zone.id.as_str(), "dns_records"]);
    let records = records.query("type", "CNAME").query("name", host);
    let found = session.client.list(&records, Some(FEW)).await;
    let found = found.map_err(Trouble::report)?;
    let content = found.iter().filter_map(|it| it["content"].as_str());
    let mut ids = content.filter_map(|it| it.strip_suffix(TARGET));
    Ok(ids
        .next()
        .and_then(|id| RemoteId::try_from(id.to_owned()).ok()))
}

/// A name as it may be printed.
pub(super) fn shown(name: &str) -> String {
    crate::render::plain(name)
}
