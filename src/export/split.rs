//! Tunnels in files of their own, by zone or by team.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::scope::Scope;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// One zone: that of most hostnames of a tunnel.
    Zone,
    /// One team: the first word of a tunnel's name.
    Team,
}

/// The directory of the files, below that of the manifest.
pub(super) const DIRECTORY: &str = "tunnels";

/// The file of tunnels that have no zone, or no word.
const OTHERS: &str = "others";

impl Split {
    /// The name of the file that a tunnel belongs in.
    pub(super) fn file(self, scope: &Scope, name: &str, entry: &Map<String, Value>) -> String {
        let group = match self {
            Self::Zone => zone(scope, entry).unwrap_or(OTHERS).to_owned(),
            Self::Team => team(name),
        };
        format!("{DIRECTORY}/{group}.yaml")
    }
}

/// The zone of most hostnames.
fn zone<'a>(scope: &'a Scope, entry: &Map<String, Value>) -> Option<&'a str> {
    let rules = entry.get("ingress").and_then(Value::as_array);
    let hosts = rules.into_iter().flatten().map(|rule| &rule["hostname"]);
    let extra = entry
        .get("dns")
        .and_then(|dns| dns.get("hostnames")?.as_array());
    let hosts = hosts.chain(extra.into_iter().flatten());
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for host in hosts.filter_map(Value::as_str) {
        if let Some(zone) = scope.zone_of(&host.to_lowercase()) {
            *count.entry(zone.name.as_str()).or_default() += 1;
        }
    }
    let most = count.into_iter().rev().max_by_key(|(_, count)| *count);
    most.map(|(zone, _)| zone)
}

fn team(name: &str) -> String {
    let word = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .next();
    match word.unwrap_or_default() {
        "" => OTHERS.to_owned(),
        word => word.to_lowercase(),
    }
}
