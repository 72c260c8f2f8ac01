//! Whether the policies of a token meet a need. What is denied is denied, whatever else is
//! allowed.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::facts::Verdict;
use super::need::{Need, Target};
use crate::cloudflare::account_token::{Effect, Granted, PermissionGroup, Policy};

/// What resources of accounts begin with.
const ACCOUNT: &str = "com.cloudflare.api.account.";

/// What resources of zones begin with.
const ZONE: &str = "com.cloudflare.api.account.zone.";

/// Judges one need.
#[must_use]
pub fn verdict(
    policies: &[Policy],
    groups: &[PermissionGroup],
    account: &str,
    need: &Need,
) -> Verdict {
    let named = |effect: Effect| -> BTreeSet<&str> {
        let speaking = policies.iter().filter(|it| it.effect == effect);
        let speaking = speaking.filter(|it| covers(&it.resources, &need.target, account));
        let granted = speaking.flat_map(|it| &it.permission_groups);
        granted.filter_map(|it| name(it, groups)).collect()
    };
    let denied = match need.target {
        // Denied for one zone is not denied for another.
        Target::SomeZone => BTreeSet::new(),
        Target::Account | Target::Zone { .. } | Target::Zones => named(Effect::Deny),
    };
    let allowed = named(Effect::Allow);
    let mut held = allowed.difference(&denied);
    if held.any(|own| need.groups.iter().any(|group| group == own)) {
        Verdict::Held
    } else {
        Verdict::Missing
    }
}

fn name<'a>(granted: &'a Granted, groups: &'a [PermissionGroup]) -> Option<&'a str> {
    let known = groups.iter().find(|it| it.id == granted.id);
    known.map(|it| it.name.as_str()).or(granted.name.as_deref())
}

fn covers(resources: &Map<String, Value>, target: &Target, account: &str) -> bool {
    resources.iter().any(|(key, value)| match value {
        Value::Object(inner) if is_account(key, account) => {
            inner.keys().any(|key| is_target(key, target, account))
        }
        Value::Object(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            is_target(key, target, account)
        }
    })
}

fn is_account(key: &str, account: &str) -> bool {
    let id = key.strip_prefix(ACCOUNT);
    id.is_some_and(|id| id == "*" || id.eq_ignore_ascii_case(account))
}

fn is_target(key: &str, target: &Target, account: &str) -> bool {
    let zone = key.strip_prefix(ZONE);
    match target {
        Target::Account => zone.is_none() && is_account(key, account),
        Target::Zone { id, .. } => zone.is_some_and(|it| it == "*" || it == id.as_str()),
        Target::Zones => zone == Some("*"),
        Target::SomeZone => zone.is_some(),
    }
}
