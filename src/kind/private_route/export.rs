//! Live routes as the field `privateRoutes` of what they lead to.

use ipnet::IpNet;
use serde_json::{Value, json};

use super::parts;
use super::surface::can_be_kept;
use crate::address::{Address, Ids};
use crate::kind::View;
use crate::kind::export::{Export, Seen};
use crate::observed::{Object, Owner};

pub(super) fn export(view: &View<'_>, live: &Seen<'_>, export: &mut Export) {
    for (address, object) in export.single(live) {
        if let Err(why) = one(view, address, object, export) {
            export.leave(address, why);
        }
    }
}

fn one(
    view: &View<'_>,
    address: &Address,
    object: &Object,
    export: &mut Export,
) -> Result<(), String> {
    let stack = &view.scope.stack;
    if let Owner::Other(stack) = &object.owner {
        return Err(format!("it carries the mark of stack `{stack}`"));
    }
    let (network, within) = parts(&address.name);
    if within.is_some_and(Ids::is_unknown) {
        return Err("its virtual network cannot be read".to_owned());
    }
    if network.parse::<IpNet>().is_err() {
        return Err("it is no network".to_owned());
    }
    let target = object.spec["target"].as_str().and_then(Address::parse);
    let target = target.filter(|it| !Ids::is_unknown(&it.name));
    let target = target.ok_or("it leads to something that is gone")?;
    let section = match target.kind.as_str() {
        "warp_connector" => "warpConnectors",
        _ => "tunnels",
    };
    let comment = object.spec["comment"].as_str().unwrap_or_default();
    let keeps = can_be_kept(stack, comment);
    let route = route(network, within, Some(comment).filter(|_| keeps));
    let at = export.push(section, &target.name, "privateRoutes", route);
    let at = at.ok_or("what it leads to is not here")?;
    if !keeps {
        let words = "Its comment cannot be written here, and stays as it is at Cloudflare.";
        export.note(at.clone(), words);
    }
    export.stands(address, at);
    Ok(())
}

/// A network alone, or with what differs from that.
fn route(network: &str, within: Option<&str>, comment: Option<&str>) -> Value {
    let comment = comment.filter(|it| !it.is_empty());
    if within.is_none() && comment.is_none() {
        return network.into();
    }
    let mut route = json!({ "network": network });
    if let Some(within) = within {
        route["virtualNetwork"] = within.into();
    }
    if let Some(comment) = comment {
        route["comment"] = comment.into();
    }
    route
}
