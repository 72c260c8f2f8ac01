//! The permission groups that there are. Names and scopes are Cloudflare's; the ids are the
//! emulator's own: the beginning of the name's SHA-256.

use serde_json::{Value, json};

use crate::emulator::call::digest;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

const ACCOUNT: &str = "com.cloudflare.api.account";
const ZONE: &str = "com.cloudflare.api.account.zone";

/// Name without its last word, category, scopes. Each exists as `… Read` and `… Write`.
const STEMS: &[(&str, &str, &[&str])] = &[
    ("Access: Apps and Policies", "Zero Trust", &[ACCOUNT, ZONE]),
    ("Access: Service Tokens", "Zero Trust", &[ACCOUNT, ZONE]),
    ("Account API Tokens", "Account", &[ACCOUNT]),
    ("Account Settings", "Account", &[ACCOUNT]),
    ("Cloudflare One Connector: WARP", "Zero Trust", &[ACCOUNT]),
    (
        "Cloudflare One Connector: cloudflared",
        "Zero Trust",
        &[ACCOUNT],
    ),
    ("Cloudflare One Connectors", "Zero Trust", &[ACCOUNT]),
    ("Cloudflare One Networks", "Zero Trust", &[ACCOUNT]),
    ("Cloudflare Tunnel", "Zero Trust", &[ACCOUNT]),
    ("DNS", "DNS", &[ZONE]),
    ("Page Rules", "Zone", &[ZONE]),
    ("SSL and Certificates", "Zone", &[ZONE]),
    ("Zero Trust", "Zero Trust", &[ACCOUNT]),
    ("Zone", "Zone", &[ZONE]),
    ("Zone Settings", "Zone", &[ZONE]),
];

fn all() -> impl Iterator<Item = (String, &'static str, &'static [&'static str])> {
    STEMS.iter().flat_map(|(stem, category, scopes)| {
        ["Read", "Write"].map(|level| (format!("{stem} {level}"), *category, *scopes))
    })
}

fn id(name: &str) -> String {
    digest(name)[..32].to_owned()
}

/// The name of the group with this id.
pub(super) fn name(group: &str) -> Option<String> {
    let mut names = all().map(|(name, _, _)| name);
    names.find(|name| id(name) == group)
}

/// All in one page; `name` and `scope` are exact.
#[expect(
    clippy::unnecessary_wraps,
    reason = "handlers have the type that the table of endpoints asks for"
)]
pub(super) fn list(_: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let query = visit.query();
    let name = query.text("name");
    let scope = query.text("scope");
    let kept = all().filter(|(own, _, scopes)| {
        name.is_none_or(|name| name == own) && scope.is_none_or(|scope| scopes.contains(&scope))
    });
    let kept: Vec<Value> = kept
        .map(|(name, category, scopes)| {
            json!({"id": id(&name), "name": name, "category": category, "scopes": scopes})
        })
        .collect();
    Ok(Answer::of(Value::Array(kept)))
}
