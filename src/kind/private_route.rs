//! A private network that leads to a tunnel or a WARP connector. One virtual network has a
//! network once; its comment carries the stack's mark.

mod export;
pub mod surface;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Entry, Export, Kind, Listing, Lowered, Misplaced, Recheck, Seen, Step, Unresolved, View, Write,
    mark, resolve,
};
use crate::address::{Address, Ids, RemoteId};
use crate::cloudflare::route::{self as api, Filter, New, Patch, Route};
use crate::kind::tunnel::Tunnel;
use crate::kind::virtual_network::{self, VirtualNetwork};
use crate::kind::warp_connector::WarpConnector;
use crate::observed::{Object, Touched};
use crate::problem::Problem;
use crate::scope::Scope;
use surface::Surface;

/// The kind `private_route`.
pub struct PrivateRoute;

/// The declared fields of a route, beside its network.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// `tunnel.NAME` or `warp_connector.NAME`.
    target: String,
    /// `virtual_network.NAME`; absent for whichever is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_network: Option<String>,
    /// The user's own words, without the mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

impl PrivateRoute {
    /// The address of the route of a network; without a virtual network, of the default one.
    #[must_use]
    pub fn address(network: &str, virtual_network: Option<&str>) -> Address {
        Address::new(
            Self::NAME,
            match virtual_network {
                Some(name) => format!("{network}@{name}"),
                None => network.to_owned(),
            },
        )
    }
}

/// Network and virtual network of a name.
fn parts(name: &str) -> (&str, Option<&str>) {
    match name.split_once('@') {
        Some((network, virtual_network)) => (network, Some(virtual_network)),
        None => (name, None),
    }
}

/// A network as it is declared: without host bits, in the usual notation.
fn canonical(network: &str) -> String {
    let parsed = network.parse::<IpNet>();
    parsed.map_or_else(|_| network.to_owned(), |it| it.trunc().to_string())
}

/// Where a route leads: the living tunnel or WARP connector with the id.
fn target(ids: &Ids, live: &Route) -> Address {
    let id = live.tunnel_id.as_str();
    let connector = WarpConnector::address(&ids.name(WarpConnector::NAME, id));
    let is_connector = live.tun_type.as_deref() == Some(WarpConnector::NAME);
    if is_connector || !Ids::is_unknown(&connector.name) {
        connector
    } else {
        Tunnel::address(&ids.name(Tunnel::NAME, id))
    }
}

/// The name of a live route. The virtual network is named unless it is the default; whoever
/// names the default all the same is taken at their word.
fn name(network: &str, virtual_network: &str, view: &View<'_>) -> Address {
    let named = PrivateRoute::address(network, Some(virtual_network));
    let is_default = match virtual_network::default_of(view) {
        Some(default) => default == virtual_network,
        // Cloudflare makes one as soon as it is needed, which is later than the list.
        None => Ids::is_unknown(virtual_network),
    };
    let meant = view.desired.contains(&named) || view.ownership.was_declared(&named);
    if is_default && !meant {
        PrivateRoute::address(network, None)
    } else {
        named
    }
}

/// What a write says of a route.
struct Words {
    tunnel_id: RemoteId,
    virtual_network_id: Option<RemoteId>,
    comment: Option<String>,
}

/// The words for a spec; `carry` holds the comment that is there.
fn words(write: &Write<'_>, spec: &Spec, carry: Option<&Value>) -> Result<Words, Unresolved> {
    let id = |text: &String| {
        let address = Address::parse(text);
        let address = address.ok_or_else(|| Unresolved(Address::new("", text)))?;
        resolve(write.ids, &address).cloned()
    };
    let stack = &write.scope.stack;
    let there = carry.and_then(|carry| carry.get("comment")?.as_str());
    let comment = match &spec.comment {
        Some(own) => mark::with(stack, own),
        None => mark::write(stack, there),
    };
    Ok(Words {
        tunnel_id: id(&spec.target)?,
        virtual_network_id: spec.virtual_network.as_ref().map(id).transpose()?,
        comment: Some(comment),
    })
}

fn patched(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
    let words = words(write, spec, Some(&object.carry))?;
    // Left out, it would stay where it is.
    let default = write.ids.default_of(VirtualNetwork::NAME);
    let default = default.and_then(|name| write.ids.id(&VirtualNetwork::address(name)));
    let patch = Patch {
        network: None,
        tunnel_id: Some(words.tunnel_id),
        virtual_network_id: words.virtual_network_id.or(default.cloned()),
        comment: words.comment,
    };
    let patch = api::patch(&write.scope.account, &object.id, &patch);
    Ok(Step::Send(patch.request))
}

fn whole(scope: &Scope) -> Listing {
    Listing::list(api::list(&scope.account, &Filter::default()), "")
}

impl Kind for PrivateRoute {
    const NAME: &'static str = "private_route";
    const SECTIONS: &'static [&'static str] = &["tunnels", "warpConnectors"];
    const AFTER: &'static [&'static str] = &["tunnel", "warp_connector", "virtual_network"];
    const QUOTA: Option<u64> = Some(1000);

    type Surface = Surface;
    type Spec = Spec;
    type Live = Route;

    fn lower(entry: &Entry<'_>, surface: Surface, lowered: &mut Lowered) {
        let parent = match entry.section {
            "warpConnectors" => WarpConnector::address(entry.name),
            _ => Tunnel::address(entry.name),
        };
        let (routes, mut problems) = surface.routes(entry);
        lowered.problems.append(&mut problems);
        for route in routes {
            let within = route.virtual_network.as_deref();
            let network = within.map(VirtualNetwork::address);
            let spec = Spec {
                target: parent.to_string(),
                virtual_network: network.as_ref().map(ToString::to_string),
                comment: route.comment,
            };
            let references = std::iter::once(parent.clone()).chain(network).collect();
            let address = Self::address(&route.network, within);
            lowered.declare(address, &spec, references, route.at);
        }
    }

    /// A route that names no virtual network is in the one that is declared to be the default,
    /// and one that names the default is the same as one that names none.
    fn complete(lowered: &mut Lowered) {
        let mut networks = lowered.resources.iter();
        let default = networks.find(|(address, declared)| {
            address.kind == VirtualNetwork::NAME && declared.spec["default"] == true
        });
        let Some(default) = default.map(|(address, _)| address.clone()) else {
            return;
        };
        let routes = lowered.resources.iter_mut();
        for (address, declared) in routes.filter(|(address, _)| address.kind == Self::NAME) {
            match parts(&address.name) {
                (network, Some(name)) if name == default.name => {
                    *address = Self::address(network, None);
                }
                (_, Some(_)) => {}
                (_, None) => {
                    declared.spec["virtualNetwork"] = json!(default);
                    declared.references.push(default.clone());
                }
            }
        }
    }

    fn duplicate(name: &str) -> Problem {
        let message = match parts(name) {
            (_, Some(_)) => "network is routed twice in one virtual network",
            (_, None) => "network is routed twice",
        };
        Problem::new("tunctl::duplicate_route", message)
            .help("keep one of the two, or give one of them another `virtualNetwork`")
    }

    fn misplaced(view: &View<'_>, name: &str) -> Option<Misplaced> {
        let (network, None) = parts(name) else {
            return None;
        };
        let default = virtual_network::default_of(view)?;
        let named = Self::address(network, Some(default));
        view.desired.contains(&named).then(|| Misplaced {
            code: "tunctl::duplicate_route",
            message: format!("`{named}` is the same: `{default}` is the default virtual network"),
            help: "keep one of the two".to_owned(),
        })
    }

    fn words(object: &Object) -> String {
        let target = object.spec["target"].as_str().unwrap_or_default();
        let comment = object.carry["comment"].as_str().unwrap_or_default();
        match comment {
            "" => format!("a route to `{target}`"),
            comment => format!("a route to `{target}`, \"{comment}\""),
        }
    }

    fn way_out(_: &str) -> String {
        "remove it at Cloudflare, or let it lead to what is declared: then it is in sync".to_owned()
    }

    fn core(name: &str) -> Option<&str> {
        Some(parts(name).0)
    }

    fn list(view: &View<'_>) -> Vec<Listing> {
        // All of them: nothing is deleted while a route that somebody else made leads to it.
        vec![Listing {
            optional: view.can_do_without(Self::NAME),
            ..whole(view.scope)
        }]
    }

    fn look(scope: &Scope, _: &Ids, _: &str) -> Option<Listing> {
        // One read shows all the routes that an account may have, so that a stage needs one.
        Some(whole(scope))
    }

    fn sight(live: Route, _: &Listing, view: &View<'_>) -> Option<(Address, Object)> {
        if live.deleted_at.is_some() {
            return None;
        }
        let id = live.virtual_network_id.as_ref().map(RemoteId::as_str);
        let within = view.ids.name(VirtualNetwork::NAME, id.unwrap_or_default());
        let address = name(&canonical(&live.network), &within, view);
        let target = target(view.ids, &live);
        let within = VirtualNetwork::address(&within);
        let stack = &view.scope.stack;
        let comment = live.comment.as_deref();
        let spec = Spec {
            target: target.to_string(),
            virtual_network: Some(within.to_string()),
            comment: Some(mark::own(stack, comment).to_owned()),
        };
        let object = Object {
            owner: mark::owner(stack, comment),
            references: vec![target, within],
            carry: json!({ "comment": comment }),
            touched: Touched::made(live.created_at.as_deref()),
            ..Object::new(live.id, serde_json::to_value(spec).ok()?)
        };
        Some((address, object))
    }

    fn export(view: &View<'_>, live: &Seen<'_>, export: &mut Export) {
        export::export(view, live, export);
    }

    fn recheck() -> Recheck {
        Recheck::Existing
    }

    fn create(write: &Write<'_>, spec: &Spec) -> Result<Step, Unresolved> {
        let unreadable = |_| Unresolved(Address::new(Self::NAME, write.name));
        let words = words(write, spec, None)?;
        let network: IpNet = parts(write.name).0.parse().map_err(unreadable)?;
        let new = New {
            network: network.into(),
            tunnel_id: words.tunnel_id,
            virtual_network_id: words.virtual_network_id,
            comment: words.comment,
        };
        Ok(Step::Send(api::create(&write.scope.account, &new).request))
    }

    fn update(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        patched(write, spec, object)
    }

    fn rename(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        patched(write, spec, object)
    }

    fn serves(name: &str, _: &Spec) -> Vec<String> {
        vec![name.to_owned()]
    }

    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        let deletion = api::delete(&write.scope.account, &object.id);
        Ok(Step::Send(deletion.request))
    }
}
