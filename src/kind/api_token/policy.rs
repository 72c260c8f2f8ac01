//! Policies in the user's words and in Cloudflare's. Cloudflare reorders them and the groups in
//! them (cloudflare-api.md 8), so both sides are sorted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::permission;
use crate::address::{Address, Ids};
use crate::cloudflare::account_token::{self, Addresses, Granted};
use crate::kind::{Unresolved, resolve};
use crate::scope::Scope;

/// What resources of accounts begin with.
const ACCOUNT: &str = "com.cloudflare.api.account.";

/// What resources of zones begin with.
const ZONE: &str = "com.cloudflare.api.account.zone.";

/// Whether a policy gives or takes.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TokenEffect")]
pub(super) enum Effect {
    /// It gives.
    #[default]
    Allow,
    /// It takes.
    Deny,
}

/// What a policy is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Resource {
    /// The account.
    Account,
    /// All its zones.
    Zones,
    /// One zone, by its name.
    Zone(String),
    /// Something else, in Cloudflare's words.
    Other(String),
}

/// A policy in the user's words, sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Policy {
    effect: Effect,
    permissions: Vec<String>,
    /// `account`, `zones`, `zone example.com`.
    resources: Vec<String>,
}

/// From where a token may be used, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Condition {
    /// Only from here.
    #[serde(rename = "in")]
    within: Vec<String>,
    /// Not from here.
    not_in: Vec<String>,
}

/// A list as a set.
fn set<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items.dedup();
    items
}

/// Policies as a set.
pub(super) fn canonical(policies: Vec<Policy>) -> Vec<Policy> {
    set(policies)
}

impl Condition {
    /// A condition with these networks.
    pub(super) fn new(within: Vec<String>, not_in: Vec<String>) -> Self {
        Self {
            within: set(within),
            not_in: set(not_in),
        }
    }

    /// A condition as Cloudflare has it.
    pub(super) fn of(live: &account_token::Condition) -> Self {
        let addresses = live.request_ip.clone().unwrap_or_default();
        Self::new(addresses.within, addresses.not_in)
    }

    /// In a manifest's words. `None`: it is none.
    pub(super) fn written(&self) -> Option<Value> {
        let lists = [("in", &self.within), ("notIn", &self.not_in)];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let ip: Map<String, Value> = lists
            .map(|(field, list)| (field.to_owned(), json!(list)))
            .collect();
        (!ip.is_empty()).then(|| json!({ "ip": ip }))
    }

    /// In Cloudflare's words.
    pub(super) fn wire(&self) -> account_token::Condition {
        account_token::Condition {
            request_ip: Some(Addresses {
                within: self.within.clone(),
                not_in: self.not_in.clone(),
            }),
        }
    }
}

impl Policy {
    /// A policy, sorted.
    pub(super) fn new(effect: Effect, permissions: Vec<String>, resources: &[Resource]) -> Self {
        let resources = resources.iter().map(Resource::words).collect();
        Self {
            effect,
            permissions: set(permissions),
            resources: set(resources),
        }
    }

    /// In a manifest's words. `None`: it has none for a permission, or for what it is about.
    pub(super) fn written(&self) -> Option<Value> {
        // Of a group nobody knows the name, or it has a parameter.
        let odd = |it: &String| Ids::is_unknown(it) || it.contains('{');
        if self.permissions.is_empty() || self.permissions.iter().any(odd) {
            return None;
        }
        let zones: Vec<&str> = self.zones().collect();
        let resources = match (self.resources.as_slice(), zones.as_slice()) {
            ([word], []) if matches!(word.as_str(), "account" | "zones") => json!(word),
            ([_], [zone]) => json!({ "zone": zone }),
            (all, zones) if !zones.is_empty() && all.len() == zones.len() => {
                json!({ "zones": zones })
            }
            _ => return None,
        };
        let mut written = json!({ "permissions": self.permissions, "resources": resources });
        if self.effect == Effect::Deny {
            written["effect"] = json!(self.effect);
        }
        Some(written)
    }

    /// The permission groups that it names.
    pub(super) fn permissions(&self) -> impl Iterator<Item = &str> {
        self.permissions.iter().map(String::as_str)
    }

    /// The zones that it names.
    pub(super) fn zones(&self) -> impl Iterator<Item = &str> {
        let words = self.resources.iter();
        words.filter_map(|words| words.strip_prefix("zone "))
    }

    /// A policy as Cloudflare has it.
    pub(super) fn of(live: &account_token::Policy, scope: &Scope, ids: &Ids) -> Self {
        let effect = match live.effect {
            account_token::Effect::Allow => Effect::Allow,
            account_token::Effect::Deny => Effect::Deny,
        };
        let name = |group: &Granted| {
            let known = ids.name(permission::KIND, group.id.as_str());
            let name = match &group.name {
                Some(name) if Ids::is_unknown(&known) => name.clone(),
                Some(_) | None => known,
            };
            // A manifest has no word for it, so it shows as a difference before it is lost.
            match &group.meta {
                Some(meta) => format!("{name} {}", json!(meta)),
                None => name,
            }
        };
        let permissions = live.permission_groups.iter().map(name).collect();
        Self::new(effect, permissions, &resources(&live.resources, scope))
    }

    /// In Cloudflare's words.
    ///
    /// # Errors
    /// If a permission group or a zone does not exist.
    pub(super) fn wire(
        &self,
        scope: &Scope,
        ids: &Ids,
    ) -> Result<account_token::Policy, Unresolved> {
        let group = |name: &String| {
            let id = resolve(ids, &permission::address(name))?;
            Ok(Granted {
                id: id.clone(),
                name: None,
                meta: None,
            })
        };
        let mut resources = Map::new();
        for words in &self.resources {
            let (key, value) = Resource::of(words).wire(scope)?;
            resources.insert(key, value);
        }
        Ok(account_token::Policy {
            id: None,
            effect: match self.effect {
                Effect::Allow => account_token::Effect::Allow,
                Effect::Deny => account_token::Effect::Deny,
            },
            permission_groups: self
                .permissions
                .iter()
                .map(group)
                .collect::<Result<_, _>>()?,
            resources,
        })
    }
}

impl Resource {
    fn words(&self) -> String {
        match self {
            Self::Account => "account".to_owned(),
            Self::Zones => "zones".to_owned(),
            Self::Zone(name) => format!("zone {name}"),
            Self::Other(text) => format!("other {text}"),
        }
    }

    fn of(words: &str) -> Self {
        match words.split_once(' ') {
            Some(("zone", name)) => Self::Zone(name.to_owned()),
            Some((_, text)) => Self::Other(text.to_owned()),
            None if words == "zones" => Self::Zones,
            None => Self::Account,
        }
    }

    fn wire(&self, scope: &Scope) -> Result<(String, Value), Unresolved> {
        let account = || format!("{ACCOUNT}{}", scope.account);
        Ok(match self {
            Self::Account => (account(), json!("*")),
            Self::Zones => (account(), json!({ format!("{ZONE}*"): "*" })),
            Self::Zone(name) => {
                let zone = scope.zones.iter().find(|zone| zone.name == *name);
                let zone = zone.ok_or_else(|| Unresolved(Address::new("zone", name.clone())))?;
                (format!("{ZONE}{}", zone.id), json!("*"))
            }
            Self::Other(key) => (key.clone(), json!("*")),
        })
    }
}

/// Resources in the user's words; what has none is shown as it is.
fn resources(live: &Map<String, Value>, scope: &Scope) -> Vec<Resource> {
    let own = format!("{ACCOUNT}{}", scope.account);
    let all = json!({ format!("{ZONE}*"): "*" });
    let one = |(key, value): (&String, &Value)| {
        let zone = key.strip_prefix(ZONE);
        let zone = zone.and_then(|id| scope.zones.iter().find(|zone| zone.id.as_str() == id));
        match zone {
            Some(zone) if value == "*" => Resource::Zone(zone.name.clone()),
            _ if *key == own && value == "*" => Resource::Account,
            _ if *key == own && *value == all => Resource::Zones,
            _ if value == "*" => Resource::Other(key.clone()),
            _ => Resource::Other(format!("{key} {value}")),
        }
    };
    live.iter().map(one).collect()
}
