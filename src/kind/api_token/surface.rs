//! An API token as it is declared: permissions by their names, resources in plain words.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::policy::{Condition, Effect, Policy, Resource};
use crate::kind::entry::{Entry, Key};
use crate::kind::lifecycle::Kept;
use crate::lifetime;
use crate::problem::Problem;

/// API tokens that belong to the account, each under its name. The value goes to `sink`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Surface {
    /// How it is kept.
    #[serde(flatten)]
    pub(super) kept: Kept,
    /// What it may do. Never more than the token that makes it.
    #[schemars(length(min = 1))]
    policies: Vec<Grant>,
    /// From where it may be used. Left out, what is there is left alone.
    #[serde(default)]
    condition: Option<From>,
    /// Until when it is valid, such as `2027-06-30T00:00:00Z`. Left out, what is there is left
    /// alone.
    #[serde(default)]
    expires_on: Option<String>,
    /// From when it is valid, such as `2027-01-01T00:00:00Z`. Left out, what is there is left
    /// alone.
    #[serde(default)]
    not_before: Option<String>,
    /// How long before its end a new one is made, such as `30d`. It is made as soon as
    /// `expiresOn` is later than the one that is there.
    #[serde(default)]
    #[schemars(schema_with = "lifetime::schema")]
    pub(super) rotate_before: Option<String>,
    /// Where its value goes, one of `sinks`.
    pub(super) sink: String,
}

/// What a token may do, or may not.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TokenPolicy")]
struct Grant {
    /// `allow` or `deny`. Default `allow`.
    #[serde(default)]
    effect: Effect,
    /// Permission groups by their names, such as `DNS Write`.
    #[schemars(length(min = 1))]
    permissions: Vec<String>,
    /// What they are for: `account`, `zones` (all of the account), `{zone: example.com}`, or
    /// `{zones: [example.com, example.org]}`.
    resources: Resources,
}

/// What permissions are for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "TokenResources")]
enum Resources {
    /// In one word.
    Word(Word),
    /// Zones by their names.
    Zones(Zones),
}

/// What permissions are for, in one word.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TokenResourcesWord")]
enum Word {
    /// The account itself.
    Account,
    /// All zones of the account.
    Zones,
}

/// Zones by their names.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "TokenResourcesZones")]
struct Zones {
    /// One zone.
    zone: Option<String>,
    /// Several zones.
    zones: Vec<String>,
}

/// From where a token may be used.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TokenCondition")]
struct From {
    /// By address.
    ip: Ip,
}

/// Networks such as `203.0.113.0/24`, or addresses.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "TokenConditionIp")]
struct Ip {
    /// It may be used from here only.
    #[serde(rename = "in")]
    within: Vec<String>,
    /// It may not be used from here.
    not_in: Vec<String>,
}

impl Surface {
    /// The policies, canonical.
    pub(super) fn policies(&self, entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Vec<Policy> {
        let policies = self.policies.iter().enumerate().map(|(index, grant)| {
            let resources = grant.resources.list();
            if resources.is_empty() {
                let place = [
                    Key::Field("policies"),
                    Key::Index(index),
                    Key::Field("resources"),
                ];
                problems.push(
                    Problem::new("tunctl::no_resources", "policy is for nothing")
                        .at(entry.at(&place), "no resource is named")
                        .help("write `account`, `zones`, or `{zone: example.com}`"),
                );
            }
            Policy::new(grant.effect, grant.permissions.clone(), &resources)
        });
        super::policy::canonical(policies.collect())
    }

    /// From where it may be used, canonical.
    pub(super) fn condition(&self) -> Option<Condition> {
        let From { ip } = self.condition.as_ref()?;
        Some(Condition::new(ip.within.clone(), ip.not_in.clone()))
    }

    /// When it begins and ends.
    pub(super) fn dates(
        &self,
        entry: &Entry<'_>,
        problems: &mut Vec<Problem>,
    ) -> [Option<Timestamp>; 2] {
        [
            ("notBefore", &self.not_before),
            ("expiresOn", &self.expires_on),
        ]
        .map(|(field, text)| {
            let text = text.as_deref()?;
            let time = text.parse::<Timestamp>();
            if time.is_err() {
                problems.push(
                    Problem::new("tunctl::invalid_date", "invalid date")
                        .at(entry.at(&[Key::Field(field)]), "this is no point in time")
                        .help("write it with its zone, such as `2027-06-30T00:00:00Z`"),
                );
            }
            time.ok()
        })
    }
}

impl Resources {
    fn list(&self) -> Vec<Resource> {
        match self {
            Self::Word(Word::Account) => vec![Resource::Account],
            Self::Word(Word::Zones) => vec![Resource::Zones],
            Self::Zones(Zones { zone, zones }) => {
                let names = zone.iter().chain(zones);
                names
                    .map(|name| Resource::Zone(name.to_lowercase()))
                    .collect()
            }
        }
    }
}
