//! The token that may do what a manifest needs and nothing else, as Cloudflare's API takes it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::facts::{Account, Read};
use super::need::{Need, Target};
use super::permission::Access;
use crate::address::RemoteId;
use crate::cloudflare::account_token::PermissionGroup;

/// The body of `POST /accounts/{account}/tokens`.
#[derive(Debug, Clone, PartialEq)]
pub struct Least {
    /// As it is sent.
    pub body: Value,
    /// The permission groups in it by name, with their ids, as far as they are known.
    pub groups: BTreeMap<String, Option<RemoteId>>,
    /// What has to be filled in or looked at before it is sent.
    pub notes: Vec<String>,
}

/// The token for some needs.
#[must_use]
pub fn token(stack: &str, account: &str, facts: &Account, reach: Access) -> Least {
    let needs: Vec<&Need> = facts.rights.iter().map(|it| &it.need).collect();
    let mut groups = BTreeMap::new();
    let mut policies = Vec::new();
    for (names, resources) in policies_of(&needs, account, facts.zones.is_ok()) {
        let permission_groups: Vec<Value> = names
            .iter()
            .map(|name| {
                let id = id(name, &facts.groups);
                groups.insert(name.clone(), id.clone());
                id.map_or_else(|| json!({"name": name}), |id| json!({"id": id}))
            })
            .collect();
        policies.push(json!({
            "effect": "allow",
            "permission_groups": permission_groups,
            "resources": resources,
        }));
    }
    let name = match reach {
        Access::Read => format!("tunctl-{stack}-plan"),
        Access::Edit => format!("tunctl-{stack}"),
    };
    let mut notes = Vec::new();
    if groups.values().any(Option::is_none) {
        notes.push(
            "permission groups stand there by name: put their ids instead, as `GET \
             /accounts/ACCOUNT/tokens/permission_groups` lists them"
                .to_owned(),
        );
    }
    if facts.zones.is_err() {
        notes.push(
            "it is for all zones, because the zones cannot be read: restrict it to those of the \
             manifest"
                .to_owned(),
        );
    }
    Least {
        body: json!({"name": name, "policies": policies}),
        groups,
        notes,
    }
}

fn id(name: &str, groups: &Read<Vec<PermissionGroup>>) -> Option<RemoteId> {
    let groups = groups.as_ref().ok()?;
    let mut groups = groups.iter();
    groups.find(|it| it.name == name).map(|it| it.id.clone())
}

/// Groups and the resources that they are granted for, one policy each.
fn policies_of(
    needs: &[&Need],
    account: &str,
    zones_known: bool,
) -> Vec<(BTreeSet<String>, Map<String, Value>)> {
    let mut by_target: BTreeMap<Target, BTreeSet<String>> = BTreeMap::new();
    // What is to be handed on must be held by the very name.
    let exact = needs.iter().filter(|it| it.groups.len() == 1);
    let exact: BTreeSet<&String> = exact.flat_map(|it| &it.groups).collect();
    for need in needs {
        let target = match &need.target {
            Target::SomeZone if zones_known => continue,
            Target::SomeZone => Target::Zones,
            Target::Account | Target::Zone { .. } | Target::Zones => need.target.clone(),
        };
        let held = by_target.entry(target).or_default();
        held.extend(need.groups.first().cloned());
    }
    // The list of zones shows those that it may be read for.
    let listed = needs.iter().filter(|it| it.target == Target::SomeZone);
    let listed: Vec<&String> = listed.filter_map(|it| it.groups.first()).collect();
    for (target, groups) in &mut by_target {
        if matches!(target, Target::Zone { .. }) {
            groups.extend(listed.iter().copied().cloned());
        }
    }
    let mut policies: Vec<(BTreeSet<String>, Map<String, Value>)> = Vec::new();
    for (target, groups) in by_target {
        let groups = without_weaker(&groups, &exact);
        let (key, value) = resource(&target, account);
        match policies.iter_mut().find(|(own, _)| *own == groups) {
            Some((_, resources)) if !resources.contains_key(&key) => {
                resources.insert(key, value);
            }
            Some(_) | None => policies.push((groups, Map::from_iter([(key, value)]))),
        }
    }
    policies
}

/// Who may write may read.
fn without_weaker(groups: &BTreeSet<String>, exact: &BTreeSet<&String>) -> BTreeSet<String> {
    let stronger = |group: &String| {
        let name = group.strip_suffix(" Read");
        name.is_some_and(|name| groups.contains(&format!("{name} Write")))
    };
    let kept = groups
        .iter()
        .filter(|it| exact.contains(it) || !stronger(it));
    kept.cloned().collect()
}

fn resource(target: &Target, account: &str) -> (String, Value) {
    let of_account = format!("com.cloudflare.api.account.{account}");
    match target {
        Target::Account => (of_account, json!("*")),
        Target::Zone { id, .. } => (format!("com.cloudflare.api.account.zone.{id}"), json!("*")),
        Target::Zones | Target::SomeZone => {
            let all = json!({"com.cloudflare.api.account.zone.*": "*"});
            (of_account, all)
        }
    }
}
