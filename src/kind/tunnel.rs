//! A Cloudflare Tunnel. Found by its name among the living; never replaced, because a new
//! tunnel has a new id and every connector would have to be set up again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Draining, Entry, Kind, Listing, Lowered, Makes, Rotation, Secrecy, Step, Terms, Unresolved,
    View, Write,
};
use crate::address::{Address, Ids, RemoteId};
use crate::credential::Credential;
use crate::diff::FieldChange;
use crate::kind::lifecycle::{Kept, OnDelete};
use crate::observed::Object;
use crate::problem::Problem;
use crate::request::{Method, Request};
use crate::scope::Scope;

/// Objects a page: the most that Cloudflare gives (cloudflare-api.md 1.3).
const PAGE: u32 = 1000;

/// Cloudflare's refusal to delete what has live connections.
pub(super) const ACTIVE_CONNECTIONS: u64 = 1022;

/// The kind `tunnel`.
pub struct Tunnel;

/// Where a tunnel's ingress rules live. Default `cloudflare`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConfigSrc {
    /// At Cloudflare; connectors load it from there.
    #[default]
    Cloudflare,
    /// In each connector's own `config.yml`; tunctl tests the rules but never pushes them.
    Local,
}

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
}

/// The declared fields of a tunnel, beside its name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    config_src: ConfigSrc,
}

/// A tunnel in Cloudflare's words.
#[derive(Debug, Deserialize)]
pub struct Live {
    id: RemoteId,
    name: String,
    /// Absent once the tunnel is deleted.
    config_src: Option<ConfigSrc>,
    #[serde(default)]
    deleted_at: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

impl Tunnel {
    /// The address of the tunnel with a name.
    #[must_use]
    pub fn address(name: &str) -> Address {
        Address::new(Self::NAME, name)
    }
}

fn path<'a>(scope: &'a Scope, id: &'a RemoteId) -> [&'a str; 4] {
    ["accounts", &scope.account, "cfd_tunnel", id.as_str()]
}

fn tunnels(scope: &Scope) -> Request {
    // Without `is_deleted` Cloudflare once answered deleted tunnels too (2.1).
    Request::get(&["accounts", &scope.account, "cfd_tunnel"]).query("is_deleted", "false")
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
    type Live = Live;

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
        let address = Self::address(entry.name);
        let at = entry.at(&[]);
        lowered.declare(address, &spec, Vec::new(), at).lifecycle = lifecycle;
    }

    fn list(view: &View<'_>) -> Vec<Listing> {
        vec![Listing {
            request: tunnels(view.scope),
            page_size: Some(PAGE),
            of: String::new(),
            absent: &[],
            optional: false,
        }]
    }

    fn look(scope: &Scope, _: &Ids, name: &str) -> Option<Listing> {
        Some(Listing {
            request: tunnels(scope).query("name", name),
            page_size: Some(PAGE),
            of: String::new(),
            absent: &[],
            optional: false,
        })
    }

    fn sight(live: Live, _: &Listing, _: &View<'_>) -> Option<(Address, Object)> {
        if live.deleted_at.is_some() {
            return None;
        }
        let spec = Spec {
            config_src: live.config_src.unwrap_or_default(),
        };
        let object = Object {
            live: matches!(live.status.as_deref(), Some("healthy" | "degraded")),
            ..Object::new(live.id, serde_json::to_value(spec).ok()?)
        };
        Some((Self::address(&live.name), object))
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
        let account = ["accounts", &write.scope.account, "cfd_tunnel"];
        Ok(Step::Send(Request::new(Method::Post, &account).body(
            json!({"name": write.name, "config_src": spec.config_src}),
        )))
    }

    fn update(write: &Write<'_>, _: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Ok(renamed(write, object))
    }

    fn rename(write: &Write<'_>, _: &Spec, object: &Object) -> Result<Step, Unresolved> {
        Ok(renamed(write, object))
    }

    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        let path = path(write.scope, &object.id);
        Ok(Step::Send(Request::new(Method::Delete, &path)))
    }

    fn reading(scope: &Scope, id: &RemoteId) -> Option<Request> {
        let [accounts, account, tunnels, id] = path(scope, id);
        Some(Request::get(&[accounts, account, tunnels, id, "token"]))
    }

    /// The answer to the read is the token alone.
    fn credential(address: &Address, id: &RemoteId, answer: &Value) -> Option<Credential> {
        answer.is_string().then_some(())?;
        let answer = json!({ "token": answer });
        Credential::of(address, id, &answer, "token", &["token"])
    }

    /// Connectors that are connected stay so; to connect anew they need the new token.
    fn rotate(
        write: &Write<'_>,
        _: &Spec,
        object: &Object,
        terms: &Terms,
    ) -> Result<Rotation, Unresolved> {
        let body = json!({ "name": write.name, "tunnel_secret": terms.fresh.expose_secret() });
        let path = path(write.scope, &object.id);
        Ok(Rotation {
            make: Some(Request::new(Method::Patch, &path).body(body)),
            retire: Vec::new(),
            makes: Makes::Secret,
            ends: None,
        })
    }

    /// The secret stands in the run token (cloudflare-api.md 3.5).
    fn restore(write: &Write<'_>, object: &Object, answer: &Value) -> Option<Request> {
        let token = STANDARD.decode(answer.as_str()?).ok()?;
        let token: Value = serde_json::from_slice(&token).ok()?;
        let body = json!({ "tunnel_secret": token["s"].as_str()? });
        let path = path(write.scope, &object.id);
        Some(Request::new(Method::Patch, &path).body(body))
    }

    fn drain(scope: &Scope, id: &RemoteId) -> Option<Draining> {
        let [accounts, account, tunnels, id] = path(scope, id);
        let connections = [accounts, account, tunnels, id, "connections"];
        Some(Draining {
            poll: Request::get(&connections),
            evict: Some(Request::new(Method::Delete, &connections)),
            refused: ACTIVE_CONNECTIONS,
        })
    }
}

/// The name is the only field of a tunnel that can be changed in place.
fn renamed(write: &Write<'_>, object: &Object) -> Step {
    let body: Value = json!({ "name": write.name });
    Step::Send(Request::new(Method::Patch, &path(write.scope, &object.id)).body(body))
}
