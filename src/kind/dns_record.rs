//! The CNAME that leads a public hostname to its tunnel. Ours are always proxied, because a
//! tunnel's own name resolves only inside Cloudflare, and carry the stack's mark.

mod export;
mod live;
pub mod surface;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Entry, Export, Kind, Listing, Lowered, Misplaced, Part, Recheck, Seen, Step, Unresolved, View,
    Write, mark, resolve,
};
use crate::address::{Address, Ids};
use crate::cloudflare::Match;
use crate::cloudflare::dns_record::{
    self, Batch, Comments, Content, Existing, Filter, New, Options, Patch, Record, Text, Type,
};
use crate::desired::Desired;
use crate::kind::tunnel::Tunnel;
use crate::kind::tunnel_config::TunnelConfig;
use crate::observed::{Form, Object, Owner, Touched};
use crate::problem::Problem;
use crate::request::Request;
use crate::scope::{Scope, Zone};
use live::form;
use surface::Surface;

/// Where every tunnel's public name ends.
pub const TUNNEL_SUFFIX: &str = ".cfargotunnel.com";

/// The kind `dns_record`.
pub struct DnsRecord;

/// The declared fields of a record, beside its name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {
    /// `tunnel.NAME`, or another host's name as it is.
    target: String,
    proxied: bool,
    /// 1 is automatic, which every proxied record has.
    ttl: u32,
}

impl DnsRecord {
    /// The address of the record with a name, in lower case and Punycode.
    #[must_use]
    pub fn address(name: &str) -> Address {
        Address::new(Self::NAME, name)
    }
}

/// The declared names, each with the tunnel that its record leads to.
pub fn declared(desired: &Desired) -> impl Iterator<Item = (&str, &str)> {
    let resources = desired.resources.iter();
    let records = resources.filter(|(address, _)| address.kind == DnsRecord::NAME);
    records.filter_map(|(address, declared)| {
        let tunnel = declared.references.first()?;
        Some((address.name.as_str(), tunnel.name.as_str()))
    })
}

/// The tunnel that a live record leads to, if it leads to one.
#[must_use]
pub fn leads_to(object: &Object) -> Option<String> {
    let target = object.spec.get("target")?.as_str()?;
    let address = Address::parse(target).filter(|it| it.kind == Tunnel::NAME)?;
    Some(address.name)
}

/// A record that lives in another zone than its name's own is told apart by `@zone`, as is one
/// that has an `@` in its name.
fn zone_of<'a>(scope: &'a Scope, name: &str) -> Option<&'a Zone> {
    match name.rsplit_once('@') {
        Some((_, zone)) => scope.zones.iter().find(|candidate| candidate.name == zone),
        None => scope.zone_of(name),
    }
}

fn listing(zone: &Zone, filter: &Filter) -> Listing {
    Listing::list(dns_record::list(&zone.id, filter), &zone.name)
}

fn whole(zone: &Zone) -> Listing {
    listing(zone, &Filter::default())
}

/// What carries our mark, and not only that: a tunnel is not deleted while a record that
/// somebody else made leads to it.
fn ours(zone: &Zone, stack: &str) -> Listing {
    let filter = Filter {
        matching: Some(Match::Any),
        comment: Comments {
            startswith: Some(mark::of(stack)),
            ..Comments::default()
        },
        content: Text {
            endswith: Some(TUNNEL_SUFFIX.to_owned()),
            ..Text::default()
        },
        ..Filter::default()
    };
    Listing {
        optional: true,
        ..listing(zone, &filter)
    }
}

fn batch(write: &Write<'_>, parts: Vec<Part>) -> Result<Step, Unresolved> {
    let zone = zone_of(write.scope, write.name)
        .ok_or_else(|| Unresolved(Address::new("zone", write.name)))?;
    let whole = dns_record::batch(&zone.id, &Batch::default()).request;
    let endpoint = Request {
        body: None,
        ..whole
    };
    Ok(Step::Batch { endpoint, parts })
}

/// What the record should be, in Cloudflare's words; `carry` holds the comment that is there.
fn record(write: &Write<'_>, spec: &Spec, carry: Option<&Value>) -> Result<New, Unresolved> {
    let content = match Address::parse(&spec.target) {
        Some(address) if address.kind == Tunnel::NAME => {
            format!("{}{TUNNEL_SUFFIX}", resolve(write.ids, &address)?)
        }
        _ => spec.target.clone(),
    };
    let own = carry.and_then(|carry| carry.get("comment")?.as_str());
    Ok(New {
        record_type: Type::Cname,
        name: write.name.to_owned(),
        content: Content::Content(content),
        options: Options {
            proxied: Some(spec.proxied),
            ttl: Some(spec.ttl),
            comment: Some(mark::write(&write.scope.stack, own)),
            ..Options::default()
        },
    })
}

/// What somebody made who is no stack.
fn unmarked(objects: &[Object]) -> Option<&Object> {
    objects.iter().find(|it| it.owner == Owner::Unmarked)
}

/// `carry` is that of what makes room: the words that somebody wrote stay with the name.
fn post(write: &Write<'_>, spec: &Spec, carry: Option<&Value>) -> Result<Part, Unresolved> {
    Ok(Part::Post(json!(record(write, spec, carry)?)))
}

fn patch(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Part, Unresolved> {
    let fields = Patch::from(record(write, spec, Some(&object.carry))?);
    let id = object.id.clone();
    Ok(Part::Patch(json!(Existing { fields, id })))
}

impl Kind for DnsRecord {
    const NAME: &'static str = "dns_record";
    const SECTIONS: &'static [&'static str] = &["tunnels"];
    const AFTER: &'static [&'static str] = &["tunnel"];

    type Surface = Surface;
    type Spec = Spec;
    type Live = Record;

    fn lower(entry: &Entry<'_>, surface: Surface, lowered: &mut Lowered) {
        let (hosts, mut problems) = surface.hosts(entry);
        lowered.problems.append(&mut problems);
        let tunnel = Tunnel::address(entry.name);
        let spec = Spec {
            target: tunnel.to_string(),
            proxied: true,
            ttl: 1,
        };
        for host in hosts {
            let references = vec![tunnel.clone(), TunnelConfig::address(entry.name)];
            lowered
                .declare(Self::address(&host.name), &spec, references, host.at)
                .lifecycle
                .adopt = host.adopt;
        }
    }

    fn duplicate(name: &str) -> Problem {
        Problem::new(
            "tunctl::duplicate_hostname",
            "hostname leads to two tunnels",
        )
        .help(format!(
            "let one tunnel have it: write `dns: {{exclude: [{name}]}}` in the other"
        ))
    }

    fn words(object: &Object) -> String {
        let target = object.spec.get("target").and_then(Value::as_str);
        match (object.form, target.unwrap_or_default()) {
            (Form::Spec, target) => format!("CNAME {target}"),
            (Form::Occupant | Form::Locked, target) => target.to_owned(),
        }
    }

    fn way_out(name: &str) -> String {
        format!("remove it at Cloudflare, or take it over with `dns: {{adopt: [{name}]}}`")
    }

    fn list(view: &View<'_>) -> Vec<Listing> {
        let leaving = view.ownership.leaving();
        let named = view
            .desired
            .names(Self::NAME)
            .chain(
                leaving
                    .filter(|it| it.kind == Self::NAME)
                    .map(|it| it.name.as_str()),
            )
            .filter_map(|name| zone_of(view.scope, name))
            .map(|zone| &zone.id)
            .collect::<std::collections::BTreeSet<_>>();
        let list = |zone: &Zone| {
            if named.contains(&zone.id) {
                whole(zone)
            } else {
                ours(zone, &view.scope.stack)
            }
        };
        view.scope.zones.iter().map(list).collect()
    }

    fn look(scope: &Scope, _: &Ids, name: &str) -> Option<Listing> {
        zone_of(scope, name).map(whole)
    }

    fn stray(live: &Record, listing: &Listing, _: &Scope) -> Option<String> {
        let Record {
            name, zone_name, ..
        } = live;
        let zone = &listing.of;
        if zone_name
            .as_ref()
            .is_some_and(|it| !it.eq_ignore_ascii_case(zone))
            || !live.is_in(zone)
        {
            return Some(format!("`{name}` is no record of the zone `{zone}`"));
        }
        None
    }

    fn sight(live: Record, listing: &Listing, view: &View<'_>) -> Option<(Address, Object)> {
        let live = live.canonical();
        let home = view.scope.zone_of(&live.name);
        let at_home = home.is_some_and(|zone| zone.name == listing.of);
        let name = if at_home && !live.name.contains('@') {
            live.name.clone()
        } else {
            format!("{}@{}", live.name, listing.of)
        };
        let address = Self::address(&name);
        let tunnel = live.tunnel_id().map(|id| view.ids.name(Tunnel::NAME, id));
        let owner = mark::owner(&view.scope.stack, live.comment.as_deref());
        let declared = view.desired.contains(&address);
        let matters = tunnel.is_some() || declared || owner == Owner::Ours;
        if !matters || !live.excludes_cname(&listing.of) {
            return None;
        }
        let form = match form(&live) {
            // Our mark on a record that leads elsewhere: somebody found another use for it.
            Form::Spec if tunnel.is_none() && !declared => Form::Locked,
            form @ (Form::Spec | Form::Occupant | Form::Locked) => form,
        };
        let references = tunnel
            .iter()
            .flat_map(|name| [Tunnel::address(name), TunnelConfig::address(name)]);
        let target = match &tunnel {
            Some(name) => Tunnel::address(name).to_string(),
            None => live.content.clone(),
        };
        let target = match form {
            Form::Spec => target,
            Form::Occupant | Form::Locked => format!("{} {target}", live.record_type),
        };
        let spec = Spec {
            target,
            proxied: live.proxied,
            ttl: live.ttl,
        };
        let object = Object {
            owner,
            form,
            references: references.collect(),
            carry: json!({ "comment": live.comment }),
            touched: Touched::changed(live.modified_on.as_deref()),
            ..Object::new(live.id, json!(spec))
        };
        Some((address, object))
    }

    fn export(_: &View<'_>, live: &Seen<'_>, export: &mut Export) {
        export::export(live, export);
    }

    fn travels_with(scope: &Scope, name: &str) -> Option<String> {
        zone_of(scope, name).map(|zone| zone.id.to_string())
    }

    fn misplaced(view: &View<'_>, name: &str) -> Option<Misplaced> {
        let scope = view.scope;
        if zone_of(scope, name).is_some() {
            return None;
        }
        let mut zones: Vec<&str> = scope.zones.iter().map(|zone| zone.name.as_str()).collect();
        zones.sort_unstable();
        Some(Misplaced {
            code: "tunctl::zone_not_visible",
            message: format!("no zone for `{name}`"),
            help: if zones.is_empty() {
                "the token sees no zone of this account: give it `Zone: Read` and `DNS: Edit` for \
                 the zone, or set `dns: none`"
                    .to_owned()
            } else {
                format!(
                    "the token sees these zones of the account: {}; give it `Zone: Read` and \
                     `DNS: Edit` for the right one, or correct the name",
                    zones.join(", ")
                )
            },
        })
    }

    fn recheck() -> Recheck {
        Recheck::Existing
    }

    fn create(write: &Write<'_>, spec: &Spec) -> Result<Step, Unresolved> {
        batch(write, vec![post(write, spec, None)?])
    }

    fn update(write: &Write<'_>, spec: &Spec, object: &Object) -> Result<Step, Unresolved> {
        batch(write, vec![patch(write, spec, object)?])
    }

    fn adopt(write: &Write<'_>, spec: &Spec, objects: &[Object]) -> Result<Step, Unresolved> {
        let (kept, displaced): (Vec<_>, Vec<_>) =
            objects.iter().partition(|object| object.form == Form::Spec);
        let mut parts: Vec<Part> = displaced
            .into_iter()
            .map(|object| Part::Delete(object.id.clone()))
            .collect();
        parts.push(match kept.first() {
            Some(object) => patch(write, spec, object)?,
            None => post(write, spec, unmarked(objects).map(|it| &it.carry))?,
        });
        batch(write, parts)
    }

    fn serves(name: &str, _: &Spec) -> Vec<String> {
        vec![name.to_owned()]
    }

    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        batch(write, vec![Part::Delete(object.id.clone())])
    }
}
