//! A Cloudflare Tunnel. Found by its name among the living; never replaced, because a new
//! tunnel has a new id and every connector would have to be set up again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Draining, Entry, Export, Kind, Listing, Lowered, Rotation, Secrecy, Seen, Step, Terms,
    Unresolved, View, Write,
};
use crate::address::{Address, Ids, RemoteId};
pub use crate::cloudflare::tunnel::ConfigSrc;
use crate::cloudflare::tunnel::{self, Cascade, Filter, New, Patch};
use crate::cloudflare::{Operation, Secret, connection};
use crate::credential::Credential;
use crate::diff::FieldChange;
use crate::kind::lifecycle::{Kept, Limited, OnDelete};
use crate::observed::{Object, Touched, Vitals};
use crate::problem::Problem;
use crate::request::Request;
use crate::scope::Scope;

/// Cloudflare's refusal to delete what has live connections.
pub(super) const ACTIVE_CONNECTIONS: u64 = 1022;

/// The kind `tunnel`.
pub struct Tunnel;

/// Tunnels, each under its name at Cloudflare. An entry may be empty.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Surface {
    #[serde(flatten)]
    kept: Kept,
    /// Where the ingress rules live. Cannot be changed for a tunnel that exists. Default
    /// `cloudflare`.
    config_src: ConfigSrc,
    /// What happens to live connections when the tunnel is deleted. Default
    /// `{connections: wait, timeout: 15s}`.
    on_delete: OnDelete,
    /// The sink that the connectors' run token goes to, one of `sinks`.
    run_token: Option<String>,
    /// When the tunnel ends although it is declared: `tunctl gc` and `tunctl watch` end it then.
    ephemeral: Option<Limited>,
}

/// The declared fields of a tunnel, beside its name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    config_src: ConfigSrc,
}

impl Tunnel {
    /// The address of the tunnel with a name.
    #[must_use]
    pub fn address(name: &str) -> Address {
        Address::new(Self::NAME, name)
    }
}

fn listing(scope: &Scope, filter: &Filter) -> Listing {
    Listing::list(tunnel::list(&scope.account, filter), "")
}

impl Kind for Tunnel {
    const NAME: &'static str = "tunnel";
    const SECTIONS: &'static [&'static str] = &["tunnels"];
    const OWNED_BY_NAME: bool = true;
    const QUOTA: Option<u64> = Some(1000);
    const IMMUTABLE: &'static [&'static str] = &["configSrc"];
    const SECRECY: Option<Secrecy> = Some(Secrecy::Readable);

    type Surface = Surface;
    type Spec = Spec;
    type Live = tunnel::Tunnel;

    fn lower(entry: &Entry<'_>, surface: Surface, lowered: &mut Lowered) {
        if uuid::Uuid::try_parse(entry.name).is_ok() {
            lowered.problems.push(
                Problem::new("tunctl::tunnel_name_is_uuid", "tunnel name is a UUID")
                    .at(entry.at(&[]), "cloudflared takes this for a tunnel's id")
                    .help("choose a name in words; ids never stand in a manifest"),
            );
        }
        let spec = Spec {
            config_src: surface.config_src,
        };
        let mut lifecycle = surface.kept.lifecycle(entry, &mut lowered.problems);
        lifecycle.drain = surface.on_delete.drain_of(entry, &mut lowered.problems);
        lifecycle.keeping = entry.keeping("runToken", surface.run_token);
        let (protect, problems) = (lifecycle.protect, &mut lowered.problems);
        let limited = surface.ephemeral.as_ref();
        lifecycle.ephemeral = limited.map(|it| it.ephemeral(entry, protect, problems));
        let address = Self::address(entry.name);
        let at = entry.at(&[]);
        lowered.declare(address, &spec, Vec::new(), at).lifecycle = lifecycle;
    }

    fn list(view: &View<'_>) -> Vec<Listing> {
        vec![listing(view.scope, &Filter::default())]
    }

    fn look(scope: &Scope, _: &Ids, name: &str) -> Option<Listing> {
        let named = Filter {
            name: Some(name.to_owned()),
            ..Filter::default()
        };
        Some(listing(scope, &named))
    }

    fn stray(live: &tunnel::Tunnel, _: &Listing, scope: &Scope) -> Option<String> {
        let account = live.account_tag.as_ref()?;
        (!account.eq_ignore_ascii_case(&scope.account))
            .then(|| format!("`{}` is a tunnel of another account", live.name))
    }

    fn sight(live: tunnel::Tunnel, _: &Listing, _: &View<'_>) -> Option<(Address, Object)> {
        if live.deleted_at.is_some() {
            return None;
        }
        let spec = Spec {
            config_src: live.config_src.unwrap_or_default(),
        };
        let object = Object {
            live: matches!(live.status.as_deref(), Some("healthy" | "degraded")),
            vitals: vitals(&live),
            touched: Touched::made(live.created_at.as_deref()),
            ..Object::new(live.id, serde_json::to_value(spec).ok()?)
        };
        Some((Self::address(&live.name), object))
    }

    fn past(scope: &Scope, name: &str) -> Option<Listing> {
        let deleted = Filter {
            is_deleted: true,
            name: Some(name.to_owned()),
            ..Filter::default()
        };
        Some(listing(scope, &deleted))
    }

    fn vitals(live: &tunnel::Tunnel) -> Vitals {
        vitals(live)
    }

    fn export(_: &View<'_>, live: &Seen<'_>, export: &mut Export) {
        let section = Self::SECTIONS[0];
        for (address, object) in export.single(live) {
            let name = &address.name;
            if uuid::Uuid::try_parse(name).is_ok() {
                export.leave(
                    address,
                    "its name is a UUID, which cloudflared takes for an id",
                );
                continue;
            }
            let entry = export.enter(section, name, address);
            if let (Some(entry), Some("local")) = (entry, object.spec["configSrc"].as_str()) {
                entry.insert("configSrc".to_owned(), json!("local"));
            }
        }
    }

    fn refuse_replacement(_: &FieldChange) -> Option<String> {
        Some(
            "a tunnel is never replaced: its id and every connector's token would change. Either \
             declare `configSrc` as it is at Cloudflare, or migrate by hand: in the dashboard \
             choose \"Migrate\" for a locally configured tunnel; the other direction needs a new \
             tunnel under a new name, its hostnames moved over, and then the old one removed"
                .to_owned(),
        )
    }

    fn create(write: &Write<'_>, spec: &Spec) -> Result<Step, Unresolved> {
        let new = New {
            name: write.name.to_owned(),
            config_src: spec.config_src,
            tunnel_secret: None,
        };
        Ok(sent(tunnel::create(&write.scope.account, &new)))
    }

    fn update(write: &Write<'_>, _: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Ok(renamed(write, object))
    }

    fn rename(write: &Write<'_>, _: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Ok(renamed(write, object))
    }

    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        let account = &write.scope.account;
        Ok(sent(tunnel::delete(account, &object.id, Cascade::No)))
    }

    fn reading(scope: &Scope, id: &RemoteId) -> Option<Request> {
        Some(tunnel::token(&scope.account, id).request)
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
            name: Some(write.name.to_owned()),
            tunnel_secret: Some(terms.fresh.clone()),
        };
        let patch = tunnel::patch(&write.scope.account, &object.id, &secret);
        Ok(Rotation::by(patch.request))
    }

    /// The secret stands in the run token (cloudflare-api.md 3.5).
    fn restore(write: &Write<'_>, object: &Object, answer: &Value) -> Option<Request> {
        let token = STANDARD.decode(answer.as_str()?).ok()?;
        let token: Value = serde_json::from_slice(&token).ok()?;
        let secret = Patch {
            name: None,
            tunnel_secret: Some(Secret::from(token["s"].as_str()?.to_owned())),
        };
        Some(tunnel::patch(&write.scope.account, &object.id, &secret).request)
    }

    fn drain(scope: &Scope, id: &RemoteId) -> Option<Draining> {
        Some(Draining {
            poll: connection::list(&scope.account, id).request,
            evict: Some(connection::delete_all(&scope.account, id).request),
            refused: ACTIVE_CONNECTIONS,
        })
    }
}

/// When a tunnel was made and last in use. While it is connected, `conns_inactive_at` is null; for
/// one that never was it is the time of its creation (cloudflare-api.md 2.1).
pub(super) fn vitals(live: &tunnel::Tunnel) -> Vitals {
    let at = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    let made = at(&live.created_at);
    Vitals {
        status: live.status.clone(),
        made,
        idle: at(&live.conns_inactive_at).filter(|idle| Some(*idle) != made),
        deleted: at(&live.deleted_at),
    }
}

/// The name is the only field of a tunnel that can be changed in place.
fn renamed(write: &Write<'_>, object: &Object) -> Step {
    let name = Patch {
        name: Some(write.name.to_owned()),
        tunnel_secret: None,
    };
    sent(tunnel::patch(&write.scope.account, &object.id, &name))
}

fn sent<T>(operation: Operation<T>) -> Step {
    Step::Send(operation.request)
}
