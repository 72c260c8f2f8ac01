//! What the commands need for one manifest, and how each of it can be tried out without harm.

use std::collections::BTreeSet;
use std::fmt;

use super::facts::Read;
use super::permission::{
    API_TOKENS, Access, CONNECTORS, NETWORKS, Permission, RECORDS, SERVICE_TOKENS, TUNNELS,
    ZONE_SERVICE_TOKENS, ZONES,
};
use crate::address::{Ids, RemoteId};
use crate::cloudflare::service_token::Level;
use crate::cloudflare::{
    List, account_token, dns_record, route, service_token, tunnel, warp_connector, zone,
};
use crate::desired::Desired;
use crate::kind::api_token::ApiToken;
use crate::kind::dns_record::DnsRecord;
use crate::kind::service_token::ServiceToken;
use crate::kind::{Kind as _, Reach, View};
use crate::manifest::Manifest;
use crate::ownership::Ownership;
use crate::request::Request;
use crate::scope::{Scope, Zone};

/// The nil UUID, which RFC 9562 keeps for "none": nothing has it for an id.
const NO_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// The same in the form of the ids of records and API tokens.
const NO_HEX: &str = "00000000000000000000000000000000";

/// Objects a page of a list that is only tried: the least that every list takes
/// (cloudflare-api.md 1.3).
const FEW: &str = "5";

/// What a right is held for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The account.
    Account,
    /// One zone.
    Zone {
        /// Its name.
        name: String,
        /// 32 hex digits.
        id: RemoteId,
    },
    /// All zones.
    Zones,
    /// Any zone at all: which one is not known.
    SomeZone,
}

/// One right that commands need.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// As the dashboard names it.
    pub name: String,
    /// How much of it.
    pub access: Access,
    /// For what.
    pub target: Target,
    /// The API's permission groups, each of which does; the first gives no more than this.
    pub groups: Vec<String>,
    /// The commands that need it.
    pub commands: Vec<&'static str>,
    /// The kinds that need it.
    pub kinds: BTreeSet<String>,
    /// Whether plans do without it, and only some objects are left alone.
    pub optional: bool,
    /// A request that is allowed if it is held, and changes nothing; `None` if there is none.
    pub probe: Option<Request>,
}

impl fmt::Display for Need {
    /// In the dashboard's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (", self.name, self.access.word())?;
        match &self.target {
            Target::Account => f.write_str("Account)"),
            Target::Zone { name, .. } => write!(f, "Zone {name})"),
            Target::Zones => f.write_str("all zones)"),
            Target::SomeZone => f.write_str("Zone)"),
        }
    }
}

/// Everything that the commands need for a manifest, as far as `reach` goes.
#[must_use]
pub fn of(manifest: &Manifest, zones: &Read<Vec<Zone>>, reach: Access) -> Vec<Need> {
    let scope = scope(manifest, zones);
    let ids = Ids::default();
    let mut needs = Needs {
        view: View {
            scope: &scope,
            ids: &ids,
            desired: &manifest.desired,
            ownership: &manifest.ownership,
            reach: Reach::Needed,
        },
        reach,
        list: Vec::new(),
    };
    needs.of_account();
    needs.of_zones(zones.is_ok());
    if reach == Access::Edit {
        needs.of_tokens();
    }
    needs.list
}

/// The ids of the zones that records of the manifest live in, of those that are known.
#[must_use]
pub fn zones_of_records(
    desired: &Desired,
    ownership: &Ownership,
    scope: &Scope,
) -> BTreeSet<String> {
    let removed = ownership.removed.iter();
    let removed = removed.filter(|it| it.kind == DnsRecord::NAME);
    let declared = desired.names(DnsRecord::NAME);
    let names = declared.chain(removed.map(|it| it.name.as_str()));
    names
        .filter_map(|name| DnsRecord::travels_with(scope, name))
        .collect()
}

/// The account and its zones, as far as they are known.
#[must_use]
pub fn scope(manifest: &Manifest, zones: &Read<Vec<Zone>>) -> Scope {
    Scope {
        account: manifest.account.clone(),
        stack: manifest.ownership.stack.clone(),
        zones: zones.clone().unwrap_or_default(),
    }
}

/// How the two accesses of a permission are tried out.
#[derive(Default)]
struct Probes {
    read: Option<Request>,
    edit: Option<Request>,
}

/// Whether plans can do without a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Needed,
    Optional,
}

struct Needs<'a> {
    view: View<'a>,
    reach: Access,
    list: Vec<Need>,
}

impl Needs<'_> {
    fn of_account(&mut self) {
        let account = self.view.scope.account.clone();
        let nothing = RemoteId::new(NO_UUID);
        let probes = Probes {
            read: Some(first(&tunnel::list(&account, &tunnel::Filter::default()))),
            edit: Some(tunnel::delete(&account, &nothing, tunnel::Cascade::No).request),
        };
        self.add(&TUNNELS, &Target::Account, Weight::Needed, probes);
        let probes = Probes {
            read: Some(first(&route::list(&account, &route::Filter::default()))),
            edit: Some(route::delete(&account, &nothing).request),
        };
        let weight = self.weight(NETWORKS.kinds);
        self.add(&NETWORKS, &Target::Account, weight, probes);
        let filter = tunnel::Filter::default();
        let probes = Probes {
            read: Some(first(&warp_connector::list(&account, &filter))),
            edit: Some(warp_connector::delete(&account, &nothing).request),
        };
        self.add(&CONNECTORS, &Target::Account, Weight::Needed, probes);
        let level = Level::Account(account.clone());
        let declared = self.of_service_tokens(None);
        let weight = if declared {
            Weight::Needed
        } else {
            Weight::Optional
        };
        let probes = service_probes(&level);
        self.add(&SERVICE_TOKENS, &Target::Account, weight, probes);
        let filter = account_token::Filter::default();
        let probes = Probes {
            read: Some(first(&account_token::list(&account, &filter))),
            edit: Some(account_token::delete(&account, &RemoteId::new(NO_HEX)).request),
        };
        let weight = self.weight(API_TOKENS.kinds);
        self.add(&API_TOKENS, &Target::Account, weight, probes);
    }

    fn of_zones(&mut self, known: bool) {
        let filter = zone::Filter::default();
        let probes = Probes {
            read: Some(first(&zone::list(&filter))),
            edit: None,
        };
        self.add(&ZONES, &Target::SomeZone, Weight::Needed, probes);
        let zones = self.view.scope.zones.clone();
        let View {
            scope,
            desired,
            ownership,
            ids: _,
            reach: _,
        } = self.view;
        let of_records = zones_of_records(desired, ownership, scope);
        if !known {
            self.add(
                &RECORDS,
                &Target::SomeZone,
                Weight::Needed,
                Probes::default(),
            );
        }
        for zone in &zones {
            let target = Target::Zone {
                name: zone.name.clone(),
                id: zone.id.clone(),
            };
            if of_records.contains(zone.id.as_str()) {
                let probes = record_probes(zone);
                self.add(&RECORDS, &target, Weight::Needed, probes);
            }
            if self.of_service_tokens(Some(&zone.name)) {
                let probes = service_probes(&Level::Zone(zone.id.clone()));
                self.add(&ZONE_SERVICE_TOKENS, &target, Weight::Needed, probes);
            }
        }
    }

    /// What declared API tokens may do, which nobody can give who has it not.
    fn of_tokens(&mut self) {
        for (address, declared) in &self.view.desired.resources {
            if address.kind != ApiToken::NAME {
                continue;
            }
            let policies = declared.spec["policies"].as_array().into_iter().flatten();
            for policy in policies.filter(|it| it["effect"] == "allow") {
                let groups = policy["permissions"].as_array().into_iter().flatten();
                for group in groups.filter_map(|it| it.as_str()) {
                    let resources = policy["resources"].as_array().into_iter().flatten();
                    let targets = resources.filter_map(|it| self.target(it.as_str()?));
                    let granted: Vec<Need> = targets.map(|it| grant(group, it)).collect();
                    self.list.extend(granted);
                }
            }
        }
    }

    fn target(&self, words: &str) -> Option<Target> {
        match words.split_once(' ') {
            None if words == "account" => Some(Target::Account),
            None if words == "zones" => Some(Target::Zones),
            Some(("zone", name)) => {
                let mut zones = self.view.scope.zones.iter();
                let zone = zones.find(|it| it.name == name)?;
                Some(Target::Zone {
                    name: zone.name.clone(),
                    id: zone.id.clone(),
                })
            }
            Some(_) | None => None,
        }
    }

    fn add(&mut self, permission: &Permission, target: &Target, weight: Weight, probes: Probes) {
        let kinds = permission.kinds.iter();
        let spoken = kinds.filter(|kind| self.view.speaks_of(kind));
        let spoken: BTreeSet<String> = spoken.map(|it| (*it).to_owned()).collect();
        // Every plan lists tunnels and zones.
        let always = [&TUNNELS, &ZONES].contains(&permission);
        if spoken.is_empty() && !always {
            return;
        }
        let mut accesses = vec![(Access::Read, probes.read)];
        if self.reach == Access::Edit && !permission.writes.is_empty() && !spoken.is_empty() {
            accesses.push((Access::Edit, probes.edit));
        }
        for (access, probe) in accesses {
            let names = std::iter::once(permission.name).chain(permission.instead.iter().copied());
            let groups = names.flat_map(|name| {
                let suffixes = access.suffixes().iter();
                suffixes.map(move |suffix| format!("{name} {suffix}"))
            });
            self.list.push(Need {
                name: permission.name.to_owned(),
                access,
                target: target.clone(),
                groups: groups.collect(),
                commands: permission.commands(access).to_vec(),
                kinds: spoken.clone(),
                optional: weight == Weight::Optional,
                probe,
            });
        }
    }

    /// What is only owned by name may stay unread: then nothing of it changes.
    fn weight(&self, kinds: &[&str]) -> Weight {
        let declared = |kind: &&str| self.view.desired.names(kind).next().is_some();
        if kinds.iter().any(declared) {
            Weight::Needed
        } else {
            Weight::Optional
        }
    }

    /// Whether the manifest speaks of service tokens of a zone, or of the account.
    fn of_service_tokens(&self, zone: Option<&str>) -> bool {
        let removed = self.view.ownership.removed.iter();
        let removed = removed.filter(|it| it.kind == ServiceToken::NAME);
        let declared = self.view.desired.names(ServiceToken::NAME);
        let mut names = declared.chain(removed.map(|it| it.name.as_str()));
        names.any(|name| name.rsplit_once('@').map(|(_, zone)| zone) == zone)
    }
}

/// The first page of a list, and a short one.
fn first<T>(list: &List<T>) -> Request {
    let request = list.request.clone();
    match list.page_size {
        Some(_) => request.query("per_page", FEW),
        None => request,
    }
}

fn record_probes(zone: &Zone) -> Probes {
    let list = dns_record::list(&zone.id, &dns_record::Filter::default());
    Probes {
        read: Some(first(&list)),
        edit: Some(dns_record::delete(&zone.id, &RemoteId::new(NO_HEX)).request),
    }
}

fn service_probes(level: &Level) -> Probes {
    let list = service_token::list(level, &service_token::Filter::default());
    Probes {
        read: Some(first(&list)),
        edit: Some(service_token::delete(level, &RemoteId::new(NO_UUID)).request),
    }
}

/// A right that a declared API token gets.
fn grant(group: &str, target: Target) -> Need {
    let (name, access) = match group.rsplit_once(' ') {
        Some((name, "Read")) => (name, Access::Read),
        Some((name, "Write" | "Edit")) => (name, Access::Edit),
        Some(_) | None => (group, Access::Edit),
    };
    Need {
        name: name.to_owned(),
        access,
        target,
        groups: vec![group.to_owned()],
        commands: vec!["apply", "watch", "rotate api-token"],
        kinds: BTreeSet::from([ApiToken::NAME.to_owned()]),
        optional: false,
        probe: None,
    }
}
