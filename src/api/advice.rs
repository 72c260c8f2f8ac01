//! What to do about an error: stable codes, and the next keystroke.

use crate::api::envelope::{BadReply, Unreadable};
use crate::api::error::{ApiError, COULD_NOT_ROUTE, Cause, Meaning};
use crate::api::wire::WireError;
use crate::request::Method;

/// "Authentication error" and "unauthorized to access requested resource": the token is not
/// good for this, or not for this account or zone.
pub(crate) const PERMISSION: [u64; 2] = [10_000, 9_109];

/// "Invalid request headers" and its chain, "invalid format for Authorization header".
pub(crate) const MALFORMED_TOKEN: [u64; 2] = [6_003, 6_111];

/// The code of what was not sent because the account's lock was lost.
pub const FENCED: &str = "tunctl::lock_lost";

/// Beginning of a path below an account or a zone, and the permission group that opens it, by
/// its name in the dashboard. The first that fits counts.
const PERMISSIONS: &[(&str, &str, &str)] = &[
    ("accounts", "cfd_tunnel", "Cloudflare Tunnel"),
    ("accounts", "tunnels", "Cloudflare Tunnel"),
    ("accounts", "warp_connector", "Cloudflare One Connectors"),
    ("accounts", "teamnet", "Cloudflare Tunnel"),
    (
        "accounts",
        "access/service_tokens",
        "Access: Service Tokens",
    ),
    ("accounts", "tokens", "Account API Tokens"),
    ("zones", "dns_records", "DNS"),
    ("zones", "access/service_tokens", "Access: Service Tokens"),
    ("zones", "tunnels", "DNS"),
    ("zones", "", "Zone"),
];

/// The stable code of an error.
pub(crate) fn code(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::NotFound => "tunctl::api_not_found",
        Meaning::Conflict => "tunctl::api_conflict",
        Meaning::Unauthorized => "tunctl::api_unauthorized",
        Meaning::Forbidden => "tunctl::api_forbidden",
        Meaning::RateLimited => "tunctl::api_rate_limited",
        Meaning::Rejected => "tunctl::api_rejected",
        Meaning::Unavailable => "tunctl::api_unavailable",
        Meaning::Fenced => FENCED,
        Meaning::Unreachable => "tunctl::api_unreachable",
        Meaning::Unanswered => "tunctl::api_unanswered",
        Meaning::Unreadable => "tunctl::api_unreadable",
    }
}

/// The next step.
pub(crate) fn help(error: &ApiError) -> String {
    let help = match error.meaning() {
        Meaning::NotFound => "it may have been deleted since it was read: run the plan again".to_owned(),
        Meaning::Conflict => "something by this name exists already: run `tunctl plan` to see it, adopt it or choose another name".to_owned(),
        Meaning::Unauthorized => "the credentials are invalid, expired or revoked: check CLOUDFLARE_API_TOKEN, or the file of --token-file".to_owned(),
        Meaning::Forbidden => forbidden(error),
        Meaning::RateLimited => rate_limited(error),
        Meaning::Rejected => rejected(error),
        Meaning::Unavailable => "the API is failing for the moment: try again later; https://www.cloudflarestatus.com has its state".to_owned(),
        Meaning::Fenced => "run again; the run that holds the lock may have done the rest".to_owned(),
        Meaning::Unreachable => unreachable(error),
        Meaning::Unanswered => "the network or a proxy cut the answer off: try again, or raise --timeout".to_owned(),
        Meaning::Unreadable => unreadable(error),
    };
    if error.is_ambiguous() {
        return format!(
            "it may have been carried out: `tunctl plan` shows what is there now; {help}"
        );
    }
    help
}

/// The permission that a request needs, as the dashboard names it: `DNS: Edit (Zone)`. `None`
/// for a path that we do not know.
#[must_use]
pub fn permission(method: Method, path: &str) -> Option<String> {
    let (root, below) = path
        .trim_start_matches('/')
        .split_once('/')
        .unwrap_or((path.trim_start_matches('/'), ""));
    let below = below.split_once('/').map_or("", |(_, rest)| rest);
    let (_, prefix, name) = PERMISSIONS
        .iter()
        .find(|(known, prefix, _)| *known == root && starts_with_segments(below, prefix))?;
    let scope = if root == "zones" { "Zone" } else { "Account" };
    // A tunnel's token is a credential, and reading it takes the right to write (section 2.7).
    let secret = *prefix != "tokens" && below.ends_with("/token");
    let right = if method == Method::Get && !secret {
        "Read"
    } else {
        "Edit"
    };
    Some(format!("{name}: {right} ({scope})"))
}

fn starts_with_segments(path: &str, prefix: &str) -> bool {
    prefix.is_empty()
        || path
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn forbidden(error: &ApiError) -> String {
    let whose = if error.path().starts_with("/zones") {
        "the zone among its resources"
    } else {
        "this account among its resources (is the account id right?)"
    };
    let needs = permission(error.method(), error.path()).map_or_else(
        || "give the token the permission that this path needs".to_owned(),
        |permission| format!("give the token the permission `{permission}`"),
    );
    format!("{needs}, and {whose}")
}

fn rate_limited(error: &ApiError) -> String {
    match error.retry_after() {
        Some(wait) => format!(
            "wait {} s before the next run; other programs with the same token use the same budget",
            wait.as_secs()
        ),
        None => "wait 5 minutes before the next run; other programs with the same token use the same budget".to_owned(),
    }
}

fn rejected(error: &ApiError) -> String {
    if !error.has_code(COULD_NOT_ROUTE) {
        return "correct what the message names".to_owned();
    }
    if error.path().starts_with("/accounts/") {
        "the account id or an object's id is malformed: check `account` in the manifest (32 hex digits)".to_owned()
    } else {
        "an id in the path is malformed".to_owned()
    }
}

fn unreachable(error: &ApiError) -> String {
    match error.cause() {
        Cause::Wire(WireError::Certificate(_)) => {
            "if a proxy opens TLS here, name its certificate with --ca-file".to_owned()
        }
        Cause::Wire(WireError::Unsendable(_)) => {
            "a name in the path cannot stand in a URL: rename the object".to_owned()
        }
        Cause::Wire(WireError::Unrecorded) => {
            "take a new snapshot with `tunctl import --snapshot FILE`, and with this version of tunctl"
                .to_owned()
        }
        Cause::Wire(_) | Cause::Reply(..) => {
            "check the network, --api-url, and HTTPS_PROXY and NO_PROXY; nothing was sent"
                .to_owned()
        }
    }
}

fn unreadable(error: &ApiError) -> String {
    match error.cause() {
        Cause::Reply(_, BadReply::Unreadable(unreadable)) if unreadable.is_foreign() => {
            "another program answered: is a proxy in between, or --api-url wrong?".to_owned()
        }
        Cause::Reply(_, BadReply::Unreadable(Unreadable::Restless)) => {
            "what is missing from such a list would look absent, so it is not used: run again \
             when nobody else changes the account; if it stays, quote the cf-ray to support"
                .to_owned()
        }
        Cause::Reply(..) | Cause::Wire(_) => {
            "the API, or a proxy in between, does not keep to its protocol: try again, and quote the cf-ray to support".to_owned()
        }
    }
}
