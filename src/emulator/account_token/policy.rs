//! Policies of tokens: as they are asked for, shown and understood.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::group;
use crate::emulator::access::{Clause, Effect, Reach};
use crate::emulator::body::Body;
use crate::emulator::failure::Failure;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

/// The beginning of everything that a policy of an account's token can be about.
const ACCOUNT: &str = "com.cloudflare.api.account.";

/// A policy as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::emulator) struct Policy {
    id: String,
    effect: Effect,
    permission_groups: Vec<Given>,
    /// As they were sent.
    resources: Map<String, Value>,
    /// What they stand for.
    reaches: BTreeSet<Reach>,
}

/// A permission group in a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<Map<String, Value>>,
}

impl Policy {
    /// The policy as answers have it.
    pub(super) fn view(&self) -> Value {
        let groups = self.permission_groups.iter().map(|given| {
            let mut view = json!({"id": given.id, "name": group::name(&given.id)});
            if let Some(meta) = &given.meta {
                view["meta"] = json!(meta);
            }
            view
        });
        json!({"id": self.id, "effect": self.effect,
            "permission_groups": groups.collect::<Value>(), "resources": self.resources})
    }

    /// The policy as it is asked.
    pub(super) fn clause(&self) -> Clause {
        let groups = self.permission_groups.iter();
        Clause {
            effect: self.effect,
            groups: groups.filter_map(|given| group::name(&given.id)).collect(),
            reaches: self.reaches.clone(),
        }
    }
}

/// The policies of a body, in the server's order: last first, as are the groups in them. The
/// server may reorder both, and this one always does.
pub(super) fn read(
    world: &mut World,
    visit: &Visit<'_>,
    body: &Body<'_>,
) -> Result<Vec<Policy>, Failure> {
    let list = body.list("policies")?;
    if list.is_empty() {
        return Err(body.refuse("policies is required and must not be empty"));
    }
    let policies = list.iter().rev();
    policies.map(|value| one(world, visit, value)).collect()
}

fn one(world: &mut World, visit: &Visit<'_>, value: &Value) -> Result<Policy, Failure> {
    let body = Body::part(value, Failure::invalid)?;
    let effect = match body.text("effect")? {
        Some("allow") => Effect::Allow,
        Some("deny") => Effect::Deny,
        Some(_) | None => return Err(body.refuse("effect must be allow or deny")),
    };
    let groups = body.list("permission_groups")?;
    let groups: Result<Vec<Given>, Failure> = groups.iter().rev().map(given).collect();
    let permission_groups = groups?;
    let resources = body.object("resources")?.cloned().unwrap_or_default();
    if permission_groups.is_empty() || resources.is_empty() {
        return Err(body.refuse("a policy needs permission_groups and resources"));
    }
    let reaches = resources
        .iter()
        .map(|(key, value)| reach(world, visit.param("account"), key, value))
        .collect::<Result<BTreeSet<Reach>, Failure>>()?;
    Ok(Policy {
        id: world.state.settings.ids.hex(),
        effect,
        permission_groups,
        resources,
        reaches,
    })
}

fn given(value: &Value) -> Result<Given, Failure> {
    let body = Body::part(value, Failure::invalid)?;
    let id = body.text("id")?.unwrap_or_default();
    if group::name(id).is_none() {
        let message = format!("permission group `{id}` does not exist");
        return Err(body.refuse(message));
    }
    Ok(Given {
        id: id.to_owned(),
        meta: body.object("meta")?.cloned(),
    })
}

/// What a resource of the account's stands for. Nothing of other accounts can be given.
fn reach(world: &World, account: &str, key: &str, value: &Value) -> Result<Reach, Failure> {
    let refused = || Failure::invalid(format!("`{key}` is no resource of this account"));
    let below = key.strip_prefix(ACCOUNT).ok_or_else(refused)?;
    let nested = match value {
        Value::String(all) if all == "*" => None,
        Value::Object(zones) => Some(zones),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            return Err(refused());
        }
    };
    match (below.strip_prefix("zone."), nested) {
        (Some("*"), None) => Ok(Reach::Zones),
        (Some(id), None) if is_zone_of(world, account, id) => Ok(Reach::Zone(id.to_owned())),
        (None, None) if below == "*" || below == account => Ok(Reach::Account),
        (None, Some(zones)) if below == account && is_all_zones(zones) => Ok(Reach::Zones),
        _ => Err(refused()),
    }
}

fn is_all_zones(zones: &Map<String, Value>) -> bool {
    let key = format!("{ACCOUNT}zone.*");
    zones.len() == 1 && zones.get(&key) == Some(&json!("*"))
}

fn is_zone_of(world: &World, account: &str, id: &str) -> bool {
    let zone = world.state.tables.zones.get(id);
    zone.is_some_and(|zone| zone.account == account)
}
