//! A Cloudflare Tunnel. Found by its name among the living; never replaced, because a new
//! tunnel has a new id and every connector would have to be set up again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Draining, Entry, Kind, Listing, Lowered, Step, Unresolved, View, Write};
use crate::address::{Address, Ids, RemoteId};
pub use crate::cloudflare::tunnel::ConfigSrc;
use crate::cloudflare::tunnel::{self, Cascade, Filter, New, Patch};
use crate::cloudflare::{Operation, connection};
use crate::desired::{Drain, Lifecycle};
use crate::diff::FieldChange;
use crate::kind::entry::Key;
use crate::observed::{Form, Object, Owner};
use crate::problem::Problem;
use crate::scope::Scope;

/// Cloudflare's refusal to delete a tunnel with live connections.
const ACTIVE_CONNECTIONS: u64 = 1022;

/// The kind `tunnel`.
pub struct Tunnel;

/// Tunnels, each under its name at Cloudflare. An entry may be empty.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Surface {
    /// Refuse any plan that deletes this tunnel. Default `false`.
    pub protect: bool,
    /// Where the ingress rules live. Cannot be changed for a tunnel that exists. Default
    /// `cloudflare`.
    pub config_src: ConfigSrc,
    /// Former names. A tunnel that this stack owns and that still has one of them is renamed in
    /// place instead of deleted and created.
    pub previous_names: Vec<String>,
    /// What happens to live connections when the tunnel is deleted. Default
    /// `{connections: wait, timeout: 15s}`.
    pub on_delete: OnDelete,
}

/// What a deletion does with live connections.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OnDelete {
    /// `wait` polls until they are gone, `evict` cuts them, `fail` does not delete. Default
    /// `wait`.
    pub connections: Connections,
    /// How long `wait` and `evict` go on, in whole seconds such as `90s` or `5m`. Default `15s`.
    #[schemars(schema_with = "duration")]
    pub timeout: Option<String>,
}

/// How live connections are treated when their tunnel is deleted.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Connections {
    /// Poll until they are gone, up to the timeout.
    #[default]
    Wait,
    /// Cut them, then delete.
    Evict,
    /// Do not delete a tunnel that has any.
    Fail,
}

fn duration(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "format": "ingress-duration"})
}

impl OnDelete {
    /// The policy with its timeout in seconds; 15 s unless declared (design, section 1).
    #[must_use]
    pub fn drain(&self) -> Drain {
        let seconds = self
            .timeout
            .as_deref()
            .and_then(|text| crate::ingress::Seconds::parse(text).ok())
            .and_then(crate::ingress::Seconds::whole)
            .map_or(15, |seconds| u64::try_from(seconds).unwrap_or(0));
        match self.connections {
            Connections::Wait => Drain::Wait { seconds },
            Connections::Evict => Drain::Evict { seconds },
            Connections::Fail => Drain::Fail,
        }
    }
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
        let timeout = surface.on_delete.timeout.as_deref().unwrap_or_default();
        if timeout.starts_with('-') {
            let at = entry.at(&[Key::Field("onDelete"), Key::Field("timeout")]);
            lowered.problems.push(
                Problem::new("tunctl::negative_timeout", "timeout is negative")
                    .at(at, "nobody waits for less than no time")
                    .help("write `0s` to try once, or a time such as `30s`"),
            );
        }
        for (index, name) in surface.previous_names.iter().enumerate() {
            if name == entry.name {
                let at = entry.at(&[Key::Field("previousNames"), Key::Index(index)]);
                lowered.problems.push(
                    Problem::new("tunctl::previous_name_is_name", "tunnel was never renamed")
                        .at(at, "this is its name now")
                        .help("list only former names in `previousNames`"),
                );
            }
        }
        let spec = Spec {
            config_src: surface.config_src,
        };
        let at = entry.at(&[]);
        lowered
            .declare(Self::address(entry.name), &spec, Vec::new(), at)
            .lifecycle = Lifecycle {
            protect: surface.protect,
            previous_names: surface.previous_names,
            drain: surface.on_delete.drain(),
            adopt: false,
        };
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

    fn sight(live: tunnel::Tunnel, _: &Listing, _: &View<'_>) -> Option<(Address, Object)> {
        if live.deleted_at.is_some() {
            return None;
        }
        let spec = Spec {
            config_src: live.config_src.unwrap_or_default(),
        };
        let object = Object {
            id: live.id,
            spec: serde_json::to_value(spec).ok()?,
            owner: Owner::ByName,
            form: Form::Spec,
            references: Vec::new(),
            former: None,
            version: None,
            live: matches!(live.status.as_deref(), Some("healthy" | "degraded")),
            carry: Value::Null,
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

    fn adopt(write: &Write<'_>, _: &Spec, objects: &[Object]) -> Result<Step, Unresolved> {
        objects
            .first()
            .map(|object| renamed(write, object))
            .ok_or_else(|| Unresolved(Self::address(write.name)))
    }

    fn rename(write: &Write<'_>, object: &Object) -> Option<Step> {
        Some(renamed(write, object))
    }

    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        let account = &write.scope.account;
        Ok(sent(tunnel::delete(account, &object.id, Cascade::No)))
    }

    fn drain(scope: &Scope, id: &RemoteId) -> Option<Draining> {
        Some(Draining {
            poll: connection::list(&scope.account, id).request,
            evict: connection::delete_all(&scope.account, id).request,
            refused: ACTIVE_CONNECTIONS,
        })
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
