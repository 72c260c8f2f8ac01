//! Live records as the field `dns` of the tunnel that they lead to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::surface::dns_name;
use super::{DnsRecord, leads_to};
use crate::address::{Address, Ids};
use crate::kind::Kind as _;
use crate::kind::export::{Export, Place, Seen, place};
use crate::observed::{Form, Object, Owner};

/// Why a record of ours stays ignored at first.
const DIFFERS: &str = "They are not as tunctl makes them, proxied and with automatic TTL: without \
                       this line the next apply would change them.";

/// Why a record that is nobody's is not declared.
const UNUSUAL: &str = "its record is not as tunctl makes them, proxied and with automatic TTL; \
                       declared, the next apply would change it";

/// Where a record stands.
enum Standing {
    /// It is as it would be made, of this tunnel.
    Fits(String),
    /// It is ours, and would be changed.
    Differs(String),
    /// It is not declared.
    Left(String),
}

/// The hostnames of a tunnel's rules.
#[derive(Default)]
struct Hosts {
    /// As DNS has them, with the first rule of each.
    names: BTreeMap<String, usize>,
    /// As they are written, where DNS has no such name.
    nameless: BTreeSet<String>,
}

pub(super) fn export(live: &Seen<'_>, export: &mut Export) {
    let mut tunnels: BTreeMap<String, Vec<&Address>> = BTreeMap::new();
    let mut owners: BTreeMap<&str, String> = BTreeMap::new();
    for (address, object) in export.single(live) {
        let tunnel = match standing(address, object, export) {
            Standing::Fits(tunnel) => tunnel,
            Standing::Differs(tunnel) => {
                export.ignore(address, DIFFERS);
                tunnel
            }
            Standing::Left(why) => {
                export.leave(address, why);
                continue;
            }
        };
        owners.insert(&address.name, tunnel.clone());
        tunnels.entry(tunnel).or_default().push(address);
    }
    let entries = export.sections.get("tunnels");
    let names: Vec<String> = entries
        .into_iter()
        .flatten()
        .map(|it| it.0.clone())
        .collect();
    for tunnel in names {
        let records = tunnels.get(&tunnel).map(Vec::as_slice).unwrap_or_default();
        field(&tunnel, records, &owners, export);
    }
}

fn standing(address: &Address, object: &Object, export: &Export) -> Standing {
    let left = |why: &str| Standing::Left(why.to_owned());
    let Some(tunnel) = leads_to(object) else {
        return left("it carries this stack's mark and leads to no tunnel");
    };
    if Ids::is_unknown(&tunnel) {
        return left("it leads to a tunnel that is gone");
    }
    if object.form != Form::Spec {
        return left("Cloudflare itself holds it");
    }
    if let Owner::Other(stack) = &object.owner {
        return Standing::Left(format!("it carries the mark of stack `{stack}`"));
    }
    if export.entry("tunnels", &tunnel).is_none() {
        return left("its tunnel is not here");
    }
    if address.name.contains('@') {
        return left("it is in another zone than its name is");
    }
    if dns_name(&address.name).as_ref() != Ok(&address.name) {
        return left("a manifest cannot have this name");
    }
    let usual = object.spec["proxied"] == true && object.spec["ttl"] == 1;
    match (&object.owner, usual) {
        (_, true) => Standing::Fits(tunnel),
        (Owner::Ours, false) => Standing::Differs(tunnel),
        (Owner::Unmarked | Owner::ByName | Owner::Other(_), false) => left(UNUSUAL),
    }
}

/// Writes the field `dns` of a tunnel.
fn field(tunnel: &str, records: &[&Address], owners: &BTreeMap<&str, String>, export: &mut Export) {
    let hosts = hosts(export.entry("tunnels", tunnel));
    let served: BTreeSet<&str> = records.iter().map(|it| it.name.as_str()).collect();
    let unserved = hosts
        .names
        .keys()
        .filter(|it| !served.contains(it.as_str()));
    let excluded: BTreeSet<&String> = unserved.chain(&hosts.nameless).collect();
    let mut extra: Vec<&str> = Vec::new();
    for address in records {
        let at = if let Some(rule) = hosts.names.get(&address.name) {
            place(&["tunnels", tunnel, "ingress", &rule.to_string()])
        } else {
            extra.push(&address.name);
            let index = (extra.len() - 1).to_string();
            place(&["tunnels", tunnel, "dns", "hostnames", &index])
        };
        export.stands(address, at);
    }
    let mut options = Map::new();
    if !excluded.is_empty() {
        options.insert("exclude".to_owned(), json!(excluded));
    }
    if !extra.is_empty() {
        options.insert("hostnames".to_owned(), json!(extra));
    }
    let none = records.is_empty() && hosts.nameless.is_empty();
    let dns = match (options.is_empty(), none) {
        (true, _) => return,
        (false, true) => json!("none"),
        (false, false) => Value::Object(options),
    };
    for (index, name) in excluded.iter().enumerate() {
        let item = place(&["tunnels", tunnel, "dns", "exclude", &index.to_string()]);
        let at = if none {
            place(&["tunnels", tunnel, "dns"])
        } else {
            item
        };
        if let Some(why) = why_not(name, &at, owners, export) {
            export.note(at, format!("`{name}`: {why}."));
        }
    }
    export.set("tunnels", tunnel, "dns", dns);
}

/// The hostnames of an entry's rules. The catch-all has none.
fn hosts(entry: Option<&Map<String, Value>>) -> Hosts {
    let mut hosts = Hosts::default();
    let rules = entry.and_then(|entry| entry.get("ingress")?.as_array());
    for (rule, it) in rules.into_iter().flatten().enumerate() {
        let written = it["hostname"].as_str().unwrap_or_default();
        if written.is_empty() || written == "*" {
            continue;
        }
        match dns_name(written) {
            Ok(name) => {
                hosts.names.entry(name).or_insert(rule);
            }
            Err(_) => {
                hosts.nameless.insert(written.to_owned());
            }
        }
    }
    hosts
}

/// Why a hostname of a rule gets no record. What is said here is not said again elsewhere.
fn why_not(
    name: &str,
    at: &Place,
    owners: &BTreeMap<&str, String>,
    export: &mut Export,
) -> Option<String> {
    let address = Address::new(DnsRecord::NAME, name);
    if let Some(why) = export.left.remove(&address) {
        export.beside.insert(address, at.clone());
        return Some(why);
    }
    let other = owners.get(name);
    other.map(|tunnel| format!("its record leads to tunnel `{tunnel}`"))
}
