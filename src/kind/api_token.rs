//! An API token of the account. Its value is shown once, and rolling it would end the old one at
//! the same moment: so a rotation makes a new token beside the old one.

mod export;
mod generation;
mod permission;
mod policy;
mod surface;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::{
    Entry, Export, Kind, Listing, Lowered, Makes, Misplaced, Rotation, Secrecy, Seen, Step, Terms,
    Unresolved, View, Write,
};
use crate::address::{Address, Ids, RemoteId};
use crate::cloudflare::account_token::{self, Filter, GroupFilter, New, Replacement};
use crate::credential::Credential;
use crate::desired::Keeping;
use crate::kind::entry::Key;
use crate::lifetime;
use crate::observed::{OWN_TOKEN, Object, Standing, Touched};
use crate::problem::Problem;
use crate::scope::Scope;
use policy::{Condition, Policy};
use surface::Surface;

/// What [`Listing::of`] says of the list of permission groups.
const GROUPS: &str = "permission groups";

/// More groups than there are: the list has no pages (cloudflare-api.md 1.3).
const GROUPS_AT_MOST: u32 = 10_000;

/// What [`Listing::of`] says of what the token of the run says of itself.
const SELF: &str = "the token of this run";

/// A token that is not of the account is told so (cloudflare-api.md 8).
const NO_TOKEN_OF_THE_ACCOUNT: &[u64] = &[1000, 1001, 10000];

/// The kind `api_token`.
pub struct ApiToken;

/// The declared fields of an API token, beside its name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    policies: Vec<Policy>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    condition: Option<Condition>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    not_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    expires_on: Option<Timestamp>,
}

/// A token, a permission group, or what a token says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Live {
    id: RemoteId,
    #[serde(default)]
    name: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, serialize_with = "shown")]
    policies: Vec<account_token::Policy>,
    #[serde(default)]
    condition: Option<account_token::Condition>,
    #[serde(default)]
    expires_on: Option<String>,
    #[serde(default)]
    not_before: Option<String>,
    #[serde(default)]
    modified_on: Option<String>,
}

/// A snapshot needs the names of permission groups, which no request has.
fn shown<S: Serializer>(policies: &[account_token::Policy], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(policies.iter().map(account_token::Policy::shown))
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

fn account(scope: &Scope) -> &str {
    &scope.account
}

fn tokens(scope: &Scope, optional: bool) -> Listing {
    let filter = Filter {
        direction: None,
        include_expired: Some(true),
    };
    let list = account_token::list(account(scope), &filter);
    Listing {
        request: list.request,
        page_size: list.page_size,
        of: String::new(),
        absent: &[],
        optional,
    }
}

fn groups(scope: &Scope, optional: bool) -> Listing {
    let list = account_token::permission_groups(account(scope), &GroupFilter::default());
    Listing {
        request: list.request,
        page_size: Some(GROUPS_AT_MOST),
        of: GROUPS.to_owned(),
        absent: &[],
        optional,
    }
}

fn own(scope: &Scope) -> Listing {
    Listing {
        request: account_token::verify(account(scope)).request,
        page_size: None,
        of: SELF.to_owned(),
        absent: NO_TOKEN_OF_THE_ACCOUNT,
        optional: true,
    }
}

/// What a token should be, in Cloudflare's words. What is not declared stays as it is there.
fn wire(write: &Write<'_>, spec: &Spec, name: String, carry: &Value) -> Result<New, Unresolved> {
    let policies = spec.policies.iter();
    let policies = policies.map(|it| it.wire(write.scope, write.ids));
    let condition = match &spec.condition {
        Some(condition) => Some(condition.wire()),
        None => serde_json::from_value(carry["condition"].clone())
            .ok()
            .flatten(),
    };
    let kept = |field: &str| time(carry[field].as_str());
    Ok(New {
        name,
        policies: policies.collect::<Result<_, _>>()?,
        condition,
        expires_on: spec.expires_on.or_else(|| kept("expires_on")),
        not_before: spec.not_before.or_else(|| kept("not_before")),
    })
}

impl Kind for ApiToken {
    const NAME: &'static str = "api_token";
    const SECTIONS: &'static [&'static str] = &["apiTokens"];
    const OWNED_BY_NAME: bool = true;
    const QUOTA: Option<u64> = Some(500);
    const SECRECY: Option<Secrecy> = Some(Secrecy::ShownOnce);

    type Surface = Surface;
    type Spec = Spec;
    type Live = Live;

    fn lower(entry: &Entry<'_>, surface: Surface, lowered: &mut Lowered) {
        if generation::parts(entry.name).1 > 1 {
            lowered.problems.push(
                Problem::new("tunctl::name_is_generation", "name ends like a generation")
                    .at(
                        entry.at(&[]),
                        "a rotation makes names such as `edge-deploy~2`",
                    )
                    .help("choose a name without `~` and a number at its end"),
            );
        }
        let problems = &mut lowered.problems;
        let policies = surface.policies(entry, problems);
        let [not_before, expires_on] = surface.dates(entry, problems);
        let mut lifecycle = surface.kept.lifecycle(entry, problems);
        let rotate_before = surface.rotate_before.as_deref().and_then(lifetime::seconds);
        let references = policies.iter().flat_map(Policy::permissions);
        let references = references.map(permission::address).collect();
        let spec = Spec {
            condition: surface.condition(),
            policies,
            not_before,
            expires_on,
        };
        lifecycle.keeping = entry
            .keeping("sink", Some(surface.sink))
            .map(|keeping| Keeping {
                rotate_before,
                ..keeping
            });
        let place = entry.at(&[Key::Field("policies")]);
        let address = Address::new(Self::NAME, entry.name);
        lowered.declare(address, &spec, references, place).lifecycle = lifecycle;
    }

    fn list(view: &View<'_>) -> Vec<Listing> {
        if !view.speaks_of(Self::NAME) {
            return Vec::new();
        }
        let declared = view.desired.names(Self::NAME).next().is_some();
        vec![
            tokens(view.scope, !declared),
            groups(view.scope, !declared),
            own(view.scope),
        ]
    }

    fn look(scope: &Scope, _: &Ids, _: &str) -> Option<Listing> {
        Some(tokens(scope, false))
    }

    fn sight(live: Live, listing: &Listing, view: &View<'_>) -> Option<(Address, Object)> {
        match listing.of.as_str() {
            GROUPS => return Some(permission::seen(live.id, &live.name)),
            SELF => {
                let own = Address::new(OWN_TOKEN, live.id.as_str());
                return Some((own, Object::new(live.id, json!({}))));
            }
            _ => {}
        }
        let (name, generation) = generation::parts(&live.name);
        let policies = live.policies.iter();
        let policies = policies.map(|it| Policy::of(it, view.scope, view.ids));
        let expires = time(live.expires_on.as_deref());
        let spec = Spec {
            policies: policy::canonical(policies.collect()),
            condition: live.condition.as_ref().map(Condition::of),
            not_before: time(live.not_before.as_deref()),
            expires_on: expires,
        };
        let standing = match live.status.as_deref() {
            Some("disabled") => Standing::Revoked("is disabled at Cloudflare".to_owned()),
            Some(_) | None => Standing::Good,
        };
        let object = Object {
            carry: json!({
                "generation": generation,
                "condition": live.condition,
                "expires_on": live.expires_on,
                "not_before": live.not_before,
            }),
            expires,
            standing,
            touched: Touched::changed(live.modified_on.as_deref()),
            ..Object::new(live.id, serde_json::to_value(spec).ok()?)
        };
        Some((Address::new(Self::NAME, name), object))
    }

    fn export(_: &View<'_>, live: &Seen<'_>, export: &mut Export) {
        export::export(live, export);
    }

    fn fold(objects: Vec<Object>) -> Vec<Object> {
        generation::fold(objects)
    }

    fn words(_: &Object) -> String {
        "an API token".to_owned()
    }

    fn misplaced(view: &View<'_>, name: &str) -> Option<Misplaced> {
        let declared = view.desired.get(&Address::new(Self::NAME, name))?;
        let spec = Spec::deserialize(&declared.spec).ok()?;
        let mut zones = spec.policies.iter().flat_map(Policy::zones);
        let known = |zone: &&str| view.scope.zones.iter().any(|it| it.name == **zone);
        let missing = zones.find(|zone| !known(zone))?;
        let zones: Vec<&str> = view.scope.zones.iter().map(|it| it.name.as_str()).collect();
        Some(Misplaced {
            code: "tunctl::zone_not_visible",
            message: format!("the account has no zone `{missing}`"),
            help: format!("the token sees these zones: {}", zones.join(", ")),
        })
    }

    /// A new generation ends when the manifest says, so only a later date is a reason for one.
    fn renews(spec: &Spec, object: &Object) -> bool {
        spec.expires_on > object.expires
    }

    fn create(write: &Write<'_>, spec: &Spec) -> Result<Step, Unresolved> {
        let new = wire(write, spec, write.name.to_owned(), &Value::Null)?;
        let made = account_token::create(account(write.scope), &new);
        Ok(Step::Send(made.request))
    }

    fn update(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        let name = generation::name(write.name, generation::of(object));
        let replacement = Replacement {
            token: wire(write, spec, name, &object.carry)?,
            status: None,
        };
        let put = account_token::put(account(write.scope), &object.id, &replacement);
        Ok(Step::Send(put.request))
    }

    fn rename(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Self::update(write, spec, object)
    }

    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        let deleted = account_token::delete(account(write.scope), &object.id);
        Ok(Step::Send(deleted.request))
    }

    fn delete_older(scope: &Scope, id: &RemoteId) -> Option<Step> {
        let deleted = account_token::delete(account(scope), id);
        Some(Step::Send(deleted.request))
    }

    fn retract(write: &Write<'_>, id: &RemoteId) -> Option<Step> {
        let deleted = account_token::delete(account(write.scope), id);
        Some(Step::Send(deleted.request))
    }

    fn credential(address: &Address, id: &RemoteId, answer: &Value) -> Option<Credential> {
        let mut answer = answer.clone();
        // The sink's word for the end is the same for every kind.
        answer["expires_at"] = answer["expires_on"].take();
        Credential::of(address, id, &answer, "value", &["value", "expires_at"])
    }

    fn rotate(
        write: &Write<'_>,
        spec: &Spec,
        object: &Object,
        _: &Terms,
    ) -> Result<Rotation, Unresolved> {
        let name = generation::name(write.name, generation::of(object) + 1);
        let new = wire(write, spec, name, &object.carry)?;
        let retire = object.older.iter().chain([&object.id]);
        let retire = retire.map(|id| account_token::delete(account(write.scope), id).request);
        Ok(Rotation {
            make: Some(account_token::create(account(write.scope), &new).request),
            retire: retire.collect(),
            makes: Makes::Object,
            ends: None,
        })
    }
}
