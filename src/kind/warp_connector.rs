//! A WARP connector, which joins a private network to the account without cloudflared. Found by
//! its name among the living, like a tunnel, and like a tunnel it has no other field.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Draining, Entry, Export, Kind, Listing, Lowered, Rotation, Secrecy, Seen, Step, Terms,
    Unresolved, View, Write,
};
use crate::address::{Address, Ids, RemoteId};
use crate::cloudflare::tunnel::{Filter, Patch, Tunnel};
use crate::cloudflare::warp_connector::{self as api, New};
use crate::credential::Credential;
use crate::kind::lifecycle::{Kept, OnDelete};
use crate::kind::tunnel::ACTIVE_CONNECTIONS;
use crate::observed::{Object, Touched};
use crate::request::Request;
use crate::scope::Scope;

/// The kind `warp_connector`.
pub struct WarpConnector;

/// WARP connectors, each under its name at Cloudflare. An entry may be empty.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Surface {
    #[serde(flatten)]
    kept: Kept,
    /// What happens to live connections when the WARP connector is deleted; Cloudflare cuts
    /// none, so `evict` waits too. Default `{connections: wait, timeout: 15s}`.
    on_delete: OnDelete,
    /// The sink that its run token goes to, one of `sinks`.
    run_token: Option<String>,
}

/// A WARP connector has only its name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {}

impl WarpConnector {
    /// The address of the WARP connector with a name.
    #[must_use]
    pub fn address(name: &str) -> Address {
        Address::new(Self::NAME, name)
    }
}

fn listing(scope: &Scope, name: Option<&str>) -> Listing {
    let filter = Filter {
        name: name.map(ToOwned::to_owned),
        ..Filter::default()
    };
    Listing::list(api::list(&scope.account, &filter), "")
}

/// The name is the only field.
fn renamed(write: &Write<'_>, object: &Object) -> Step {
    let patch = Patch {
        name: Some(write.name.to_owned()),
        tunnel_secret: None,
    };
    Step::Send(api::patch(&write.scope.account, &object.id, &patch).request)
}

impl Kind for WarpConnector {
    const NAME: &'static str = "warp_connector";
    const SECTIONS: &'static [&'static str] = &["warpConnectors"];
    const OWNED_BY_NAME: bool = true;
    const QUOTA: Option<u64> = Some(10);
    const SECRECY: Option<Secrecy> = Some(Secrecy::Readable);

    type Surface = Surface;
    type Spec = Spec;
    type Live = Tunnel;

    fn lower(entry: &Entry<'_>, surface: Surface, lowered: &mut Lowered) {
        let mut lifecycle = surface.kept.lifecycle(entry, &mut lowered.problems);
        lifecycle.drain = surface.on_delete.drain_of(entry, &mut lowered.problems);
        lifecycle.keeping = entry.keeping("runToken", surface.run_token);
        let address = Self::address(entry.name);
        let at = entry.at(&[]);
        lowered.declare(address, &Spec {}, Vec::new(), at).lifecycle = lifecycle;
    }

    fn list(view: &View<'_>) -> Vec<Listing> {
        // They need a permission that a stack without any should not have to have.
        let spoken_of = view.speaks_of(Self::NAME);
        let listing = spoken_of.then(|| Listing {
            optional: view.can_do_without(Self::NAME),
            ..listing(view.scope, None)
        });
        listing.into_iter().collect()
    }

    fn look(scope: &Scope, _: &Ids, name: &str) -> Option<Listing> {
        Some(listing(scope, Some(name)))
    }

    fn sight(live: Tunnel, _: &Listing, _: &View<'_>) -> Option<(Address, Object)> {
        if live.deleted_at.is_some() {
            return None;
        }
        let object = Object {
            live: matches!(live.status.as_deref(), Some("healthy" | "degraded")),
            vitals: super::tunnel::vitals(&live),
            touched: Touched::made(live.created_at.as_deref()),
            ..Object::new(live.id, json!({}))
        };
        Some((Self::address(&live.name), object))
    }

    fn export(_: &View<'_>, live: &Seen<'_>, export: &mut Export) {
        for (address, _) in export.single(live) {
            export.enter(Self::SECTIONS[0], &address.name, address);
        }
    }

    fn create(write: &Write<'_>, _: &Spec) -> Result<Step, Unresolved> {
        let new = New {
            name: write.name.to_owned(),
            ha: false,
        };
        Ok(Step::Send(api::create(&write.scope.account, &new).request))
    }

    fn update(write: &Write<'_>, _: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Ok(renamed(write, object))
    }

    fn rename(write: &Write<'_>, _: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Ok(renamed(write, object))
    }

    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        let deletion = api::delete(&write.scope.account, &object.id);
        Ok(Step::Send(deletion.request))
    }

    fn reading(scope: &Scope, id: &RemoteId) -> Option<Request> {
        Some(api::token(&scope.account, id).request)
    }

    fn credential(address: &Address, id: &RemoteId, answer: &Value) -> Option<Credential> {
        Credential::of_run_token(address, id, answer)
    }

    fn rotate(
        write: &Write<'_>,
        _: &Spec,
        object: &Object,
        terms: &Terms,
    ) -> Result<Rotation, Unresolved> {
        let secret = Patch {
            name: None,
            tunnel_secret: Some(terms.fresh.clone()),
        };
        let patch = api::patch(&write.scope.account, &object.id, &secret);
        Ok(Rotation::by(patch.request))
    }

    fn drain(scope: &Scope, id: &RemoteId) -> Option<Draining> {
        Some(Draining {
            poll: api::connections(&scope.account, id).request,
            // There is no such request (cloudflare-api.md 4).
            evict: None,
            refused: ACTIVE_CONNECTIONS,
        })
    }
}
