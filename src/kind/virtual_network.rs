//! A virtual network, in which private networks with the same addresses are kept apart. Exactly
//! one of an account is the default: routes that name none are in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Entry, Export, Kind, Listing, Lowered, Seen, Step, Unresolved, View, Write};
use crate::address::{Address, Ids};
use crate::cloudflare::virtual_network::{self as api, Filter, Force, New, Patch};
use crate::kind::entry::Key;
use crate::kind::lifecycle::Kept;
use crate::observed::{Object, Touched};
use crate::problem::Problem;
use crate::scope::Scope;

/// The longest comment in characters (cloudflare-api.md 6.2).
const LONGEST_COMMENT: usize = 256;

/// The kind `virtual_network`.
pub struct VirtualNetwork;

/// Virtual networks, each under its name at Cloudflare. An entry may be empty.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Surface {
    #[serde(flatten)]
    kept: Kept,
    /// A comment for people, of up to 256 characters. Left out: what is at Cloudflare stays.
    #[schemars(length(max = LONGEST_COMMENT))]
    comment: Option<String>,
    /// Whether routes that name no virtual network are in this one. Exactly one of the account
    /// is; `true` takes it from the one that was. Left out: what is at Cloudflare stays.
    default: Option<bool>,
}

/// The declared fields of a virtual network, beside its name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<bool>,
}

impl VirtualNetwork {
    /// The address of the virtual network with a name.
    #[must_use]
    pub fn address(name: &str) -> Address {
        Address::new(Self::NAME, name)
    }
}

/// The virtual network that is the default, or is declared to be it.
#[must_use]
pub fn default_of<'v>(view: &View<'v>) -> Option<&'v str> {
    let first = VirtualNetwork::address("");
    let declared = view.desired.resources.range(first..);
    let mut networks = declared.take_while(|(address, _)| address.kind == VirtualNetwork::NAME);
    let declared = networks.find(|(_, declared)| declared.spec["default"] == true);
    let declared = declared.map(|(address, _)| address.name.as_str());
    declared.or_else(|| view.ids.default_of(VirtualNetwork::NAME))
}

fn listing(scope: &Scope, name: Option<&str>) -> Listing {
    let filter = Filter {
        name: name.map(ToOwned::to_owned),
        ..Filter::default()
    };
    Listing::list(api::list(&scope.account, &filter), "")
}

/// The default is only ever taken: Cloudflare has no way to give it up.
fn patched(write: &Write<'_>, spec: &Spec, object: &Object) -> Step {
    let patch = Patch {
        name: object.former.as_ref().map(|_| write.name.to_owned()),
        comment: spec.comment.clone(),
        is_default_network: spec.default.filter(|it| *it),
    };
    Step::Send(api::patch(&write.scope.account, &object.id, &patch).request)
}

impl Kind for VirtualNetwork {
    const NAME: &'static str = "virtual_network";
    const SECTIONS: &'static [&'static str] = &["virtualNetworks"];
    const OWNED_BY_NAME: bool = true;
    const QUOTA: Option<u64> = Some(1000);
    const DEFAULT: Option<&'static str> = Some("default");

    type Surface = Surface;
    type Spec = Spec;
    type Live = api::VirtualNetwork;

    fn lower(entry: &Entry<'_>, surface: Surface, lowered: &mut Lowered) {
        let spec = Spec {
            comment: surface.comment,
            default: surface.default,
        };
        let lifecycle = surface.kept.lifecycle(entry, &mut lowered.problems);
        let at = match spec.default {
            Some(true) => entry.at(&[Key::Field("default")]),
            Some(false) | None => entry.at(&[]),
        };
        let address = Self::address(entry.name);
        lowered.declare(address, &spec, Vec::new(), at).lifecycle = lifecycle;
    }

    fn complete(lowered: &mut Lowered) {
        let networks = lowered.resources.iter_mut();
        let networks = networks.filter(|(address, _)| address.kind == Self::NAME);
        let (takers, others): (Vec<_>, Vec<_>) =
            networks.partition(|(_, declared)| declared.spec["default"] == true);
        let Some(((first, taker), rest)) = takers.split_first().map(|(it, rest)| (&**it, rest))
        else {
            return;
        };
        for (_, again) in rest.iter().map(|it| &**it) {
            lowered.problems.push(
                Problem::new(
                    "tunctl::two_defaults",
                    "two virtual networks are the default",
                )
                .at(again.at, "this one too")
                .at(taker.at, "first declared here")
                .help("an account has exactly one; drop one of the two"),
            );
        }
        // What is the default now can be something else only once another one is the default.
        for (_, other) in others {
            if other.spec["default"] == false {
                other.references.push(first.clone());
            }
        }
    }

    fn list(view: &View<'_>) -> Vec<Listing> {
        // Always: routes are told apart by the names.
        vec![Listing {
            optional: view.can_do_without(Self::NAME),
            ..listing(view.scope, None)
        }]
    }

    fn look(scope: &Scope, _: &Ids, name: &str) -> Option<Listing> {
        Some(listing(scope, Some(name)))
    }

    fn sight(live: api::VirtualNetwork, _: &Listing, _: &View<'_>) -> Option<(Address, Object)> {
        if live.deleted_at.is_some() {
            return None;
        }
        let spec = Spec {
            comment: Some(live.comment.unwrap_or_default()),
            default: Some(live.is_default_network),
        };
        let object = Object {
            touched: Touched::made(live.created_at.as_deref()),
            ..Object::new(live.id, serde_json::to_value(spec).ok()?)
        };
        Some((Self::address(&live.name), object))
    }

    fn export(_: &View<'_>, live: &Seen<'_>, export: &mut Export) {
        for (address, object) in export.single(live) {
            let Some(entry) = export.enter(Self::SECTIONS[0], &address.name, address) else {
                continue;
            };
            let comment = object.spec["comment"].as_str().unwrap_or_default();
            if !comment.is_empty() && comment.chars().count() <= LONGEST_COMMENT {
                entry.insert("comment".to_owned(), comment.into());
            }
            if object.spec["default"] == true {
                entry.insert("default".to_owned(), true.into());
            }
        }
    }

    fn create(write: &Write<'_>, spec: &Spec) -> Result<Step, Unresolved> {
        let new = New {
            name: write.name.to_owned(),
            comment: spec.comment.clone(),
            is_default_network: spec.default.unwrap_or_default(),
        };
        Ok(Step::Send(api::create(&write.scope.account, &new).request))
    }

    fn update(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Ok(patched(write, spec, object))
    }

    fn rename(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Ok(patched(write, spec, object))
    }

    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        let deletion = api::delete(&write.scope.account, &object.id, Force::No);
        Ok(Step::Send(deletion.request))
    }
}
