//! A service token of Access, with which a program gets past it. Its secret is shown once: when
//! it is made, and when it is rotated.

mod export;

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Entry, Export, Kind, Listing, Lowered, Makes, Misplaced, Reach, Rotation, Secrecy, Seen, Step,
    Terms, Unresolved, View, Write,
};
use crate::address::{Address, Ids, RemoteId};
use crate::cloudflare::service_token::{self, Filter, Level, Lifetime, New, Options, Update};
use crate::credential::Credential;
use crate::kind::entry::Key;
use crate::kind::lifecycle::Kept;
use crate::lifetime;
use crate::observed::{Object, Standing, Touched};
use crate::problem::Problem;
use crate::request::Request;
use crate::scope::Scope;

/// How long the old secret works beside the new one, unless declared: a day.
const GRACE: u64 = 86_400;

/// Until when an old secret is held while nobody knows whether the new one is put away: a time
/// that nothing else says, so that it shows a rotation which did not end.
const HELD: &str = "2099-12-31T23:59:59Z";

/// The kind `service_token`.
pub struct ServiceToken;

/// Access service tokens, each under its name at Cloudflare. The secret goes to `sink`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Surface {
    #[serde(flatten)]
    kept: Kept,
    /// How long it is valid from when it is made or rotated: hours such as `8760h`, or `forever`.
    /// Left out, what is there is left alone; Cloudflare's own default is a year.
    #[serde(default)]
    #[schemars(schema_with = "validity")]
    duration: Option<String>,
    /// How long before its end a new secret is made, such as `30d`.
    #[serde(default)]
    #[schemars(schema_with = "lifetime::schema")]
    rotate_before: Option<String>,
    /// How long the old secret goes on working beside a new one, such as `24h`. Default `24h`.
    #[serde(default)]
    #[schemars(schema_with = "lifetime::schema")]
    grace: Option<String>,
    /// The zone that it is of, such as `example.com`. Default none: it is of the account.
    #[serde(default)]
    zone: Option<String>,
    /// Where its secret goes, one of `sinks`.
    sink: String,
}

fn validity(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "format": "validity"})
}

/// The declared fields of a service token, beside its name and its zone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {
    /// `8760h`, or `forever`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    duration: Option<String>,
}

/// A declared validity: whole hours, or for ever.
#[must_use]
pub fn lifetime_of(text: &str) -> Option<Lifetime> {
    if text == "forever" {
        return Some(Lifetime::Forever);
    }
    let seconds = crate::ingress::Seconds::parse(text).ok()?.whole()?;
    let hours = u32::try_from(seconds / 3600).ok()?;
    (seconds % 3600 == 0 && hours > 0).then_some(Lifetime::Hours(hours))
}

/// The form in which two texts for the same time are equal.
fn canonical(text: &str) -> String {
    match lifetime_of(text) {
        Some(Lifetime::Hours(hours)) => format!("{hours}h"),
        Some(Lifetime::Forever) | None => text.to_owned(),
    }
}

/// `NAME`, or `NAME@ZONE` for a token of a zone.
fn address(name: &str, zone: Option<&str>) -> Address {
    let name = zone.map_or_else(|| name.to_owned(), |zone| format!("{name}@{zone}"));
    Address::new(ServiceToken::NAME, name)
}

/// The token's own name, and the zone of its address.
fn parts(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('@') {
        Some((own, zone)) => (own, Some(zone)),
        None => (name, None),
    }
}

fn level(scope: &Scope, zone: Option<&str>) -> Option<Level> {
    let Some(zone) = zone else {
        return Some(Level::Account(scope.account.clone()));
    };
    let found = scope.zones.iter().find(|it| it.name == zone)?;
    Some(Level::Zone(found.id.clone()))
}

fn level_of(write: &Write<'_>) -> Result<Level, Unresolved> {
    let (_, zone) = parts(write.name);
    level(write.scope, zone).ok_or_else(|| Unresolved(Address::new("zone", zone.unwrap_or(""))))
}

fn options(spec: &Spec) -> Options {
    Options {
        duration: spec.duration.as_deref().and_then(lifetime_of),
        ..Options::default()
    }
}

fn list(level: &Level, of: &str, name: Option<&str>, optional: bool) -> Listing {
    let filter = Filter {
        name: name.map(ToOwned::to_owned),
        search: None,
    };
    let list = service_token::list(level, &filter);
    Listing {
        request: list.request,
        page_size: list.page_size,
        of: of.to_owned(),
        absent: &[],
        optional,
    }
}

fn is_declared_in(view: &View<'_>, zone: Option<&str>) -> bool {
    let leaving = view.ownership.leaving();
    let leaving = leaving.filter(|it| it.kind == ServiceToken::NAME);
    let leaving = leaving.map(|it| it.name.as_str());
    let mut names = view.desired.names(ServiceToken::NAME).chain(leaving);
    names.any(|name| parts(name).1 == zone)
}

impl Kind for ServiceToken {
    const NAME: &'static str = "service_token";
    const SECTIONS: &'static [&'static str] = &["serviceTokens"];
    const OWNED_BY_NAME: bool = true;
    const QUOTA: Option<u64> = Some(50);
    const SECRECY: Option<Secrecy> = Some(Secrecy::ShownOnce);

    type Surface = Surface;
    type Spec = Spec;
    type Live = service_token::ServiceToken;

    fn lower(entry: &Entry<'_>, surface: Surface, lowered: &mut Lowered) {
        if let Some(sign) = entry.name.find('@') {
            lowered.problems.push(
                Problem::new("tunctl::name_has_at", "name has an `@`")
                    .at(entry.at(&[]), format!("character {}", sign + 1))
                    .help("in an address `@` comes before the zone; choose another name"),
            );
        }
        let zone = surface.zone.as_deref().map(str::to_lowercase);
        let mut lifecycle = surface.kept.lifecycle(entry, &mut lowered.problems);
        if let Some(zone) = &zone {
            for name in &mut lifecycle.previous_names {
                *name = format!("{name}@{zone}");
            }
        }
        let long = |text: &Option<String>| text.as_deref().and_then(lifetime::seconds);
        lifecycle.keeping =
            entry
                .keeping("sink", Some(surface.sink))
                .map(|keeping| crate::desired::Keeping {
                    rotate_before: long(&surface.rotate_before),
                    grace: long(&surface.grace).unwrap_or(GRACE),
                    ..keeping
                });
        let spec = Spec {
            duration: surface.duration.as_deref().map(canonical),
        };
        let place = match zone {
            Some(_) => entry.at(&[Key::Field("zone")]),
            None => entry.at(&[]),
        };
        let address = address(entry.name, zone.as_deref());
        lowered.declare(address, &spec, Vec::new(), place).lifecycle = lifecycle;
    }

    /// A zone's tokens are looked for only where the manifest has some: few zones have any, and
    /// few credentials may read them.
    fn list(view: &View<'_>) -> Vec<Listing> {
        let mut lists = Vec::new();
        if view.speaks_of(Self::NAME) {
            let level = Level::Account(view.scope.account.clone());
            lists.push(list(&level, "", None, !is_declared_in(view, None)));
        }
        for zone in &view.scope.zones {
            let declared = is_declared_in(view, Some(&zone.name));
            if declared || view.reach == Reach::Everything {
                let level = Level::Zone(zone.id.clone());
                lists.push(list(&level, &zone.name, None, !declared));
            }
        }
        lists
    }

    fn look(scope: &Scope, _: &Ids, name: &str) -> Option<Listing> {
        let (own, zone) = parts(name);
        let level = level(scope, zone)?;
        Some(list(&level, zone.unwrap_or_default(), Some(own), false))
    }

    fn sight(live: Self::Live, listing: &Listing, _: &View<'_>) -> Option<(Address, Object)> {
        let zone = (!listing.of.is_empty()).then_some(listing.of.as_str());
        let spec = Spec {
            duration: live.duration.as_deref().map(canonical),
        };
        let time = |text: &Option<String>| text.as_deref()?.parse::<Timestamp>().ok();
        let previous = time(&live.previous_client_secret_expires_at);
        let standing = match live.enabled {
            Some(false) => Standing::Revoked("is disabled at Cloudflare".to_owned()),
            Some(true) | None if previous.is_some() && previous == held() => Standing::Held,
            Some(true) | None => Standing::Good,
        };
        let object = Object {
            carry: json!({ "version": live.client_secret_version }),
            expires: time(&live.expires_at),
            standing,
            touched: Touched::changed(live.updated_at.as_deref()),
            ..Object::new(live.id, serde_json::to_value(spec).ok()?)
        };
        Some((address(&live.name, zone), object))
    }

    fn export(view: &View<'_>, live: &Seen<'_>, export: &mut Export) {
        export::export(view, live, export);
    }

    fn misplaced(view: &View<'_>, name: &str) -> Option<Misplaced> {
        let (_, zone) = parts(name);
        if level(view.scope, zone).is_some() {
            return None;
        }
        let zones: Vec<&str> = view.scope.zones.iter().map(|it| it.name.as_str()).collect();
        Some(Misplaced {
            code: "tunctl::zone_not_visible",
            message: format!("the account has no zone `{}`", zone.unwrap_or_default()),
            help: format!("the token sees these zones: {}", zones.join(", ")),
        })
    }

    fn words(object: &Object) -> String {
        let duration = object.spec["duration"].as_str().unwrap_or("a");
        format!("{duration} service token")
    }

    fn create(write: &Write<'_>, spec: &Spec) -> Result<Step, Unresolved> {
        let new = New {
            name: parts(write.name).0.to_owned(),
            options: options(spec),
        };
        let made = service_token::create(&level_of(write)?, &new);
        Ok(Step::Send(made.request))
    }

    fn update(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        let update = Update {
            name: Some(parts(write.name).0.to_owned()),
            options: options(spec),
        };
        let level = level_of(write)?;
        Ok(Step::Send(
            service_token::update(&level, &object.id, &update).request,
        ))
    }

    fn rename(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Self::update(write, spec, object)
    }

    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        let level = level_of(write)?;
        Ok(Step::Send(
            service_token::delete(&level, &object.id).request,
        ))
    }

    fn retract(write: &Write<'_>, id: &RemoteId) -> Option<Step> {
        let level = level_of(write).ok()?;
        Some(Step::Send(service_token::delete(&level, id).request))
    }

    fn credential(address: &Address, id: &RemoteId, answer: &Value) -> Option<Credential> {
        let fields = ["client_id", "client_secret", "expires_at"];
        Credential::of(address, id, answer, "client_secret", &fields)
    }

    /// The old secret is held until the new one is put away, whenever that is; only then does its
    /// grace begin, and the token is made valid anew.
    fn rotate(
        write: &Write<'_>,
        spec: &Spec,
        object: &Object,
        terms: &Terms,
    ) -> Result<Rotation, Unresolved> {
        let level = level_of(write)?;
        let duration = spec.duration.as_deref();
        let duration = duration.or(object.spec["duration"].as_str());
        let lifetime = duration.and_then(lifetime_of);
        let ends = match lifetime {
            Some(Lifetime::Hours(hours)) => {
                let hours = SignedDuration::from_hours(hours.into());
                terms.now.checked_add(hours).ok()
            }
            Some(Lifetime::Forever) | None => None,
        };
        let until = (!terms.spare).then_some(terms.grace_until);
        let updates = renewal(lifetime, until).into_iter();
        let updates = updates.map(|options| Update {
            name: Some(parts(write.name).0.to_owned()),
            options,
        });
        Ok(Rotation {
            make: (!terms.spare).then(|| next(&level, object)),
            retire: updates
                .map(|update| service_token::update(&level, &object.id, &update).request)
                .collect(),
            makes: Makes::Secret,
            ends,
        })
    }
}

/// When an old secret that is held ends.
fn held() -> Option<Timestamp> {
    HELD.parse().ok()
}

/// Makes the next secret.
fn next(level: &Level, object: &Object) -> Request {
    let account = match level {
        Level::Account(account) => account,
        // A zone's tokens have no `/rotate` (cloudflare-api.md 7): the version is counted up.
        Level::Zone(_) => {
            let version = object.carry["version"].as_u64().unwrap_or(1);
            let next = u32::try_from(version + 1).ok();
            let update = Update {
                name: None,
                options: Options {
                    client_secret_version: next.and_then(NonZeroU32::new),
                    previous_client_secret_expires_at: held(),
                    ..Options::default()
                },
            };
            return service_token::update(level, &object.id, &update).request;
        }
    };
    service_token::rotate(account, &object.id, held()).request
}

/// The updates that let a token be valid anew, and the old secret end. Cloudflare counts only
/// another duration from when it is written (cloudflare-api.md 7), so there is one in between: a
/// crash there shows as a difference, and the next plan mends it.
fn renewal(duration: Option<Lifetime>, until: Option<Timestamp>) -> Vec<Options> {
    let options = |duration| Options {
        duration,
        previous_client_secret_expires_at: until,
        ..Options::default()
    };
    match duration {
        Some(Lifetime::Hours(hours)) => [hours.saturating_add(1), hours]
            .map(|hours| options(Some(Lifetime::Hours(hours))))
            .to_vec(),
        other @ (Some(Lifetime::Forever) | None) => vec![options(other)],
    }
}
