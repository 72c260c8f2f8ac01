//! The ingress rules of a tunnel that loads them from Cloudflare. Written whole, compared whole:
//! what the manifest omits is cloudflared's default.

mod export;
mod refusal;
pub mod surface;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Entry, Export, Kind, Listing, Loading, Lowered, Reach, Recheck, Seen, Step, Unresolved, View,
    Write, resolve,
};
use crate::address::{Address, Ids, RemoteId};
use crate::cloudflare::configuration::{self, Configuration};
use crate::cloudflare::connection;
use crate::diff::Extent;
use crate::ingress::{self, OriginRequest, Rule};
use crate::kind::tunnel::Tunnel;
use crate::observed::{Object, Touched};
use crate::routing::Routes;
use crate::scope::Scope;
pub use surface::ACCESS_ENFORCES_NOTHING;
use surface::Surface;

/// The kind `tunnel_config`.
pub struct TunnelConfig;

/// The declared fields of a configuration.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    ingress: Vec<Rule>,
    #[serde(default, skip_serializing_if = "is_default")]
    origin_request: OriginRequest,
    /// What stands at Cloudflare inside rules and settings and cannot be expressed: a write
    /// would lose it, so it shows as a difference.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    unknown_keys: Map<String, Value>,
}

/// The rules of a live configuration. `None`: it is none.
#[must_use]
pub fn routes(object: &Object) -> Option<Routes> {
    let spec = Spec::deserialize(&object.spec).ok()?;
    Some(Routes {
        rules: spec.ingress,
        origin_request: spec.origin_request,
        places: Vec::new(),
    })
}

fn is_default(settings: &OriginRequest) -> bool {
    *settings == OriginRequest::default()
}

impl TunnelConfig {
    /// The address of a tunnel's configuration.
    #[must_use]
    pub fn address(tunnel: &str) -> Address {
        Address::new(Self::NAME, tunnel)
    }
}

fn put(write: &Write<'_>, spec: &Spec, kept: &Value) -> Result<Step, Unresolved> {
    let tunnel = resolve(write.ids, &Tunnel::address(write.name))?;
    let mut config = ingress::to_wire(&spec.ingress, &spec.origin_request);
    if let (Value::Object(config), Value::Object(kept)) = (&mut config, kept) {
        config.extend(kept.clone());
    }
    let operation = configuration::put(&write.scope.account, tunnel, &config);
    Ok(Step::Send(operation.request))
}

impl Kind for TunnelConfig {
    const NAME: &'static str = "tunnel_config";
    const SECTIONS: &'static [&'static str] = &["tunnels"];
    const AFTER: &'static [&'static str] = &["tunnel"];
    const EXTENT: Extent = Extent::Whole;
    /// Cloudflare has no DELETE for configurations (cloudflare-api.md 3.2).
    const STANDALONE: bool = false;
    const BULK: bool = false;

    type Surface = Surface;
    type Spec = Spec;
    type Live = Configuration;

    fn lower(entry: &Entry<'_>, surface: Surface, lowered: &mut Lowered) {
        surface.tests(entry, lowered);
        let Some((rules, settings)) = surface.rules(entry, lowered) else {
            return;
        };
        let (ingress, origin_request) = ingress::canonical(&rules, &settings);
        let spec = Spec {
            ingress,
            origin_request,
            unknown_keys: Map::new(),
        };
        let address = Self::address(entry.name);
        let references = vec![Tunnel::address(entry.name)];
        lowered.declare(address, &spec, references, Surface::place(entry));
    }

    fn list(view: &View<'_>) -> Vec<Listing> {
        // Also what goes with a tunnel of ours: its hostnames are counted.
        let declared = view.desired.names(Self::NAME);
        let declared = declared.filter(|name| view.reads(&Self::address(name)));
        let tunnels = view.ids.names(Tunnel::NAME).filter(|name| {
            let tunnel = Tunnel::address(name);
            let wanted = match view.reach {
                Reach::Everything => true,
                Reach::Needed | Reach::Only(_) => {
                    view.ownership.names_ours(&tunnel) && view.ownership.may_go(&tunnel)
                }
            };
            wanted && !view.desired.contains(&tunnel) && !view.ownership.is_ignored(&tunnel)
        });
        declared
            .chain(tunnels)
            .filter_map(|name| Self::look(view.scope, view.ids, name))
            .collect()
    }

    fn look(scope: &Scope, ids: &Ids, name: &str) -> Option<Listing> {
        let tunnel = ids.id(&Tunnel::address(name))?;
        let read = configuration::get(&scope.account, tunnel);
        Some(Listing::one(read, name, &[configuration::NOT_FOUND]))
    }

    fn stray(live: &Configuration, listing: &Listing, scope: &Scope) -> Option<String> {
        let tunnel = live.tunnel_id.as_ref()?;
        (listing.request != configuration::get(&scope.account, tunnel).request)
            .then(|| format!("it is that of the tunnel {tunnel}, not of `{}`", listing.of))
    }

    fn sight(live: Configuration, listing: &Listing, view: &View<'_>) -> Option<(Address, Object)> {
        let wire = ingress::from_wire(&live.config?);
        let (ingress, origin_request) = ingress::canonical(&wire.ingress, &wire.origin_request);
        let spec = Spec {
            ingress,
            origin_request,
            unknown_keys: wire
                .lost
                .into_iter()
                .map(|lost| (lost.place, lost.value))
                .collect(),
        };
        let tunnel = Tunnel::address(&listing.of);
        let id = view.ids.id(&tunnel)?.clone();
        let object = Object {
            references: vec![tunnel],
            version: Some(live.version),
            touched: Touched::changed(live.created_at.as_deref()),
            carry: Value::Object(wire.others),
            ..Object::new(id, serde_json::to_value(spec).ok()?)
        };
        Some((Self::address(&listing.of), object))
    }

    fn export(_: &View<'_>, live: &Seen<'_>, export: &mut Export) {
        export::export(live, export);
    }

    fn recheck() -> Recheck {
        Recheck::Always
    }

    fn create(write: &Write<'_>, spec: &Spec) -> Result<Step, Unresolved> {
        put(write, spec, &Value::Null)
    }

    fn update(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        put(write, spec, &object.carry)
    }

    fn loaded_by(write: &Write<'_>) -> Option<Loading> {
        let tunnel = Tunnel::address(write.name);
        let id = write.ids.id(&tunnel)?;
        Some(Loading {
            connectors: connection::list(&write.scope.account, id),
            tunnel,
        })
    }

    fn created(answer: &Value) -> Option<RemoteId> {
        RemoteId::in_field(answer, "tunnel_id")
    }

    fn serves(_: &str, spec: &Spec) -> Vec<String> {
        let hosts = spec.ingress.iter().map(Rule::host);
        let hosts = hosts.filter(|host| !matches!(*host, "" | "*"));
        // As records are named.
        hosts
            .map(|host| idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_owned()))
            .collect()
    }

    fn concern(before: Option<&Object>, answer: &Value) -> Option<String> {
        let expected = before.and_then(|object| object.version).unwrap_or(0) + 1;
        let version = answer.get("version")?.as_u64()?;
        (version != expected).then(|| {
            format!(
                "Cloudflare counted this as version {version}, not {expected}: somebody else wrote \
                 the configuration in between, and their change was overwritten"
            )
        })
    }
}
