//! Live records as the field `dns` of the tunnel that they lead to.

use std::collections::BTreeMap;

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

/// A hostname of a rule.
struct Host {
    /// As DNS has it, or as it is written if DNS has no such name.
    name: String,
    rule: usize,
    is_name: bool,
}

pub(super) fn export(live: &Seen<'_>, export: &mut Export) {
    let mut fitting: BTreeMap<String, Vec<&Address>> = BTreeMap::new();
    for (address, object) in export.single(live) {
        match standing(address, object, export) {
            Standing::Fits(tunnel) => fitting.entry(tunnel).or_default().push(address),
            Standing::Differs(tunnel) => {
                fitting.entry(tunnel).or_default().push(address);
                export.ignore(address, DIFFERS);
            }
            Standing::Left(why) => export.leave(address, why),
        }
    }
    let tunnels = export.sections.get("tunnels");
    let names: Vec<String> = tunnels
        .into_iter()
        .flatten()
        .map(|it| it.0.clone())
        .collect();
    for tunnel in names {
        let records = fitting.get(&tunnel).map(Vec::as_slice).unwrap_or_default();
        field(&tunnel, records, &fitting, export);
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
fn field(
    tunnel: &str,
    records: &[&Address],
    fitting: &BTreeMap<String, Vec<&Address>>,
    export: &mut Export,
) {
    let hosts = hosts(export.entry("tunnels", tunnel));
    let mut options = Map::new();
    let excluded = unserved(&hosts, records);
    let extra = records.iter().filter(|it| !has(&hosts, &it.name));
    let extra: Vec<&str> = extra.map(|it| it.name.as_str()).collect();
    for address in records {
        let rule = hosts
            .iter()
            .find(|host| host.is_name && host.name == address.name);
        let extra = extra.iter().position(|name| *name == address.name);
        let (field, index) = match (rule, extra) {
            (Some(host), _) => (vec!["ingress"], host.rule),
            (None, index) => (vec!["dns", "hostnames"], index.unwrap_or_default()),
        };
        let index = index.to_string();
        let steps = [&["tunnels", tunnel][..], &field, &[&index]].concat();
        export.stands(address, place(&steps));
    }
    if !excluded.is_empty() {
        options.insert("exclude".to_owned(), json!(excluded));
    }
    if !extra.is_empty() {
        options.insert("hostnames".to_owned(), json!(extra));
    }
    let none = records.is_empty() && hosts.iter().all(|host| host.is_name);
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
        if let Some(why) = why_not(name, &at, fitting, export) {
            export.note(at, format!("`{name}`: {why}."));
        }
    }
    export.set("tunnels", tunnel, "dns", dns);
}

/// The hostnames of an entry's rules.
fn hosts(entry: Option<&Map<String, Value>>) -> Vec<Host> {
    let rules = entry.and_then(|entry| entry.get("ingress")?.as_array());
    let rules = rules.into_iter().flatten().enumerate();
    let hosts = rules.filter_map(|(rule, it)| {
        let written = it["hostname"].as_str()?;
        let name = dns_name(written);
        (!written.is_empty() && written != "*").then(|| Host {
            is_name: name.is_ok(),
            name: name.unwrap_or_else(|_| written.to_owned()),
            rule,
        })
    });
    hosts.collect()
}

fn has(hosts: &[Host], name: &str) -> bool {
    hosts.iter().any(|host| host.is_name && host.name == name)
}

/// The hostnames of rules for which no record leads here, sorted.
fn unserved(hosts: &[Host], records: &[&Address]) -> Vec<String> {
    let without = |host: &&Host| {
        !records
            .iter()
            .any(|it| host.is_name && it.name == host.name)
    };
    let names = hosts.iter().filter(without).map(|host| host.name.clone());
    let names: std::collections::BTreeSet<String> = names.collect();
    names.into_iter().collect()
}

/// Why a hostname of a rule gets no record. What is said here is not said again elsewhere.
fn why_not(
    name: &str,
    at: &Place,
    fitting: &BTreeMap<String, Vec<&Address>>,
    export: &mut Export,
) -> Option<String> {
    let address = Address::new(DnsRecord::NAME, name);
    if let Some(why) = export.left.remove(&address) {
        export.beside.insert(address, at.clone());
        return Some(why);
    }
    let mut tunnels = fitting.iter();
    let other = tunnels.find(|(_, records)| records.iter().any(|it| it.name == name));
    other.map(|(tunnel, _)| format!("its record leads to tunnel `{tunnel}`"))
}
