//! The names of zones. A record knows its zone by id, and version 4 often knows only a part of
//! the record's name.

use std::collections::BTreeMap;

use serde_json::Value;

use super::state::Resource;
use crate::address::RemoteId;
use crate::scope::Zone;

/// Zone names by id.
#[derive(Debug, Default)]
pub(super) struct Zones(BTreeMap<String, String>);

impl Zones {
    /// What the state says of zones: themselves, if they are in it, else the names of records.
    pub(super) fn of(resources: &[Resource]) -> Self {
        let mut zones = Self::default();
        for resource in resources {
            match resource.sort.as_str() {
                "cloudflare_zone" => {
                    let id = resource.text("id").or_else(|| resource.text("zone_id"));
                    let name = resource.text("name").or_else(|| resource.text("zone"));
                    zones.learn(id, name);
                }
                "cloudflare_zones" => {
                    let lists = [resource.get("result"), resource.get("zones")];
                    let lists = lists.into_iter().flatten().filter_map(Value::as_array);
                    for zone in lists.flatten() {
                        zones.learn(zone["id"].as_str(), zone["name"].as_str());
                    }
                }
                _ => {}
            }
        }
        zones.learn_from_records(resources);
        zones
    }

    fn learn(&mut self, id: Option<&str>, name: Option<&str>) {
        if let (Some(id), Some(name)) = (id, name) {
            let known = self.0.entry(id.to_owned());
            known.or_insert_with(|| name.to_lowercase());
        }
    }

    /// Version 4 has a record's name both below its zone and whole; else what the whole names of
    /// a zone's records have in common is taken for the zone's.
    fn learn_from_records(&mut self, resources: &[Resource]) {
        let mut common: BTreeMap<&str, String> = BTreeMap::new();
        for record in resources {
            let (Some(zone), Some(whole)) = (record.text("zone_id"), whole(record)) else {
                continue;
            };
            let name = record.text("name").unwrap_or_default();
            if let Some(above) = whole.strip_prefix(&format!("{name}.")) {
                self.learn(Some(zone), Some(above));
            }
            let shared = common.entry(zone).or_insert_with(|| whole.clone());
            *shared = in_common(shared, &whole);
        }
        for (zone, name) in common {
            let mut dots = name.rmatch_indices('.').skip(1);
            let top = dots
                .next()
                .map_or(name.as_str(), |(dot, _)| &name[dot + 1..]);
            self.learn(Some(zone), Some(top));
        }
    }

    /// A record's whole name, in lower case. `None`: nobody knows.
    pub(super) fn whole(&self, record: &Resource) -> Option<String> {
        if let Some(whole) = whole(record) {
            return Some(whole);
        }
        let zone = self.0.get(record.text("zone_id")?)?;
        let name = record.text("name")?.to_lowercase();
        let within = name == *zone || name.ends_with(&format!(".{zone}"));
        Some(match name.as_str() {
            "@" => zone.clone(),
            _ if within => name,
            _ => format!("{name}.{zone}"),
        })
    }

    /// The name of a zone.
    pub(super) fn name(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// All zones.
    pub(super) fn zones(&self) -> Vec<Zone> {
        let zones = self.0.iter().map(|(id, name)| Zone {
            id: RemoteId::new(id),
            name: name.clone(),
        });
        zones.collect()
    }
}

/// A record's whole name, where the record itself says it.
fn whole(record: &Resource) -> Option<String> {
    let name = match record.sort.as_str() {
        "cloudflare_dns_record" => record.text("name"),
        "cloudflare_record" => record.text("hostname"),
        _ => None,
    };
    name.map(str::to_lowercase)
}

/// The labels at the end that two names have in common.
fn in_common(one: &str, other: &str) -> String {
    let pairs = one.rsplit('.').zip(other.rsplit('.'));
    let mut labels: Vec<&str> = pairs.take_while(|(a, b)| a == b).map(|it| it.0).collect();
    labels.reverse();
    labels.join(".")
}
