//! A manifest as its author thinks of it, and what it declares, worked out without tunctl.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::dice::Dice;

/// The stack of every draft.
pub(super) const STACK: &str = "edge";

/// A hostname: as it is written, and as DNS knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) written: String,
    pub(super) name: String,
}

#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) host: Host,
    pub(super) path: Option<String>,
    pub(super) service: String,
    pub(super) settings: Map<String, Value>,
}

#[derive(Debug, Clone)]
pub(super) enum Dns {
    Auto,
    None,
    Options {
        exclude: Vec<Host>,
        hostnames: Vec<Host>,
        adopt: Vec<Host>,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Tunnel {
    pub(super) local: bool,
    pub(super) rules: Option<Vec<Rule>>,
    pub(super) settings: Map<String, Value>,
    pub(super) dns: Dns,
    pub(super) previous: Vec<String>,
    pub(super) protect: bool,
    pub(super) on_delete: Option<Value>,
}

#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) zones: Vec<&'static str>,
    pub(super) owns: Vec<String>,
    pub(super) removed: Vec<String>,
    pub(super) ignore: Vec<String>,
    pub(super) protected: Vec<String>,
    pub(super) default_settings: Map<String, Value>,
    pub(super) default_on_delete: Option<Value>,
    pub(super) tunnels: BTreeMap<String, Tunnel>,
}

/// Who makes a record.
#[derive(Debug, Clone)]
pub(super) struct Maker {
    pub(super) tunnel: String,
    pub(super) adopt: bool,
}

impl Tunnel {
    /// The hostnames that could have a record.
    fn hosts(&self) -> impl Iterator<Item = &Host> {
        let served = self.rules.iter().flatten().map(|rule| &rule.host);
        let extra: &[Host] = match &self.dns {
            Dns::Options { hostnames, .. } => hostnames,
            Dns::Auto | Dns::None => &[],
        };
        served.chain(extra)
    }

    /// The names that get a record, each with whether it may be taken over.
    fn records(&self) -> BTreeMap<&str, bool> {
        let none = (&[][..], &[][..]);
        let (exclude, adopt): (&[Host], &[Host]) = match &self.dns {
            Dns::None => return BTreeMap::new(),
            Dns::Auto => none,
            Dns::Options { exclude, adopt, .. } => (exclude, adopt),
        };
        let lists = |list: &[Host], host: &Host| list.iter().any(|it| it.name == host.name);
        self.hosts()
            .filter(|host| !lists(exclude, host))
            .map(|host| (host.name.as_str(), lists(adopt, host)))
            .collect()
    }

    fn exclude(&mut self, host: Host) {
        if let Dns::Options { exclude, .. } = &mut self.dns {
            exclude.push(host);
        } else {
            self.dns = Dns::Options {
                exclude: vec![host],
                hostnames: Vec::new(),
                adopt: Vec::new(),
            };
        }
    }
}

impl Draft {
    /// Every record that is declared, by name.
    pub(super) fn records(&self) -> BTreeMap<String, Maker> {
        let mut records = BTreeMap::new();
        for (name, tunnel) in &self.tunnels {
            for (host, adopt) in tunnel.records() {
                let tunnel = name.clone();
                records.insert(host.to_owned(), Maker { tunnel, adopt });
            }
        }
        records
    }

    pub(super) fn owns(&self, tunnel: &str) -> bool {
        let named = format!("tunnel.{tunnel}");
        self.owns.iter().any(|it| covers(it, tunnel)) || self.removed.contains(&named)
    }

    pub(super) fn ignores(&self, address: &str) -> bool {
        self.ignore.iter().any(|it| covers(it, address))
    }

    /// The zone that a name belongs to.
    pub(super) fn zone_of(&self, name: &str) -> Option<&'static str> {
        let zones = self.zones.iter().copied();
        let own = zones.filter(|zone| within(name, zone));
        own.max_by_key(|zone| zone.len())
    }

    /// The record's address; one outside of its name's own zone says so.
    pub(super) fn address(&self, name: &str, zone: &str) -> String {
        if self.zone_of(name) == Some(zone) {
            format!("dns_record.{name}")
        } else {
            format!("dns_record.{name}@{zone}")
        }
    }

    /// Makes it a manifest without mistakes: one tunnel for each record, and lists that name
    /// what is there.
    pub(super) fn correct(&mut self) {
        let declared: BTreeSet<String> = self.tunnels.keys().cloned().collect();
        for tunnel in self.tunnels.values_mut() {
            tunnel.previous.retain(|it| !declared.contains(it));
            let known: Vec<Host> = tunnel.hosts().cloned().collect();
            if let Dns::Options { exclude, adopt, .. } = &mut tunnel.dns {
                for list in [exclude, adopt] {
                    list.retain(|host| known.iter().any(|it| it.name == host.name));
                }
            }
        }
        self.leave_each_name_to_one();
        let declared: Vec<String> = self.addresses().collect();
        self.removed.retain(|address| !declared.contains(address));
        for list in [
            &mut self.removed,
            &mut self.owns,
            &mut self.ignore,
            &mut self.protected,
        ] {
            list.sort();
            list.dedup();
        }
    }

    fn leave_each_name_to_one(&mut self) {
        let mut taken: Vec<String> = Vec::new();
        for tunnel in self.tunnels.values_mut() {
            let names: Vec<String> = tunnel.records().into_keys().map(str::to_owned).collect();
            for name in names {
                let host = tunnel.hosts().find(|host| host.name == name).cloned();
                match host {
                    Some(host) if taken.contains(&name) => tunnel.exclude(host),
                    _ => taken.push(name),
                }
            }
        }
    }

    fn addresses(&self) -> impl Iterator<Item = String> {
        let tunnels = self.tunnels.keys().map(|name| format!("tunnel.{name}"));
        let records = self.records().into_keys();
        tunnels.chain(records.map(|name| format!("dns_record.{name}")))
    }

    /// The manifest as one file.
    pub(super) fn text(&self) -> String {
        serde_yaml::to_string(&self.value()).expect("it is plain data")
    }

    /// The same manifest: keys and lists without order in another order, and spread over several
    /// files.
    pub(super) fn jumbled(&self, dice: &mut Dice) -> Vec<String> {
        let value = jumble(&self.value(), "", dice);
        let mut files = vec![Map::new(); 1 + dice.below(3)];
        for (key, value) in value.as_object().into_iter().flatten() {
            spread(&mut files, key, value, dice);
        }
        let (main, parts) = files.split_first().expect("there is one");
        let mut files = vec![main.clone()];
        files.extend(dice.shuffle(parts.to_vec()));
        let write = |file| serde_yaml::to_string(&file).expect("it is plain data");
        files.into_iter().map(write).collect()
    }

    fn value(&self) -> Value {
        let mut value = json!({
            "version": 1,
            "stack": STACK,
            "account": "${CLOUDFLARE_ACCOUNT_ID}",
            "owns": {"tunnels": self.owns},
            "removed": self.removed,
            "ignore": self.ignore,
            "protected": self.protected,
            "defaults": {"originRequest": self.default_settings},
        });
        if let Some(on_delete) = &self.default_on_delete {
            value["defaults"]["onDelete"] = on_delete.clone();
        }
        let tunnels = self.tunnels.iter();
        let tunnels = tunnels.map(|(name, tunnel)| (name.clone(), written(tunnel)));
        value["tunnels"] = Value::Object(tunnels.collect());
        value
    }
}

/// Whether a zone holds a name: on label boundaries, so that `example.com` holds nothing of
/// `myexample.com`.
pub(super) fn within(name: &str, zone: &str) -> bool {
    name == zone || name.ends_with(&format!(".{zone}"))
}

/// Whether a pattern with `*` matches the whole text.
pub(super) fn covers(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            let starts = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            starts.into_iter().any(|at| covers(rest, &tail[at..]))
        }),
    }
}

fn written(tunnel: &Tunnel) -> Value {
    let mut value = json!({
        "configSrc": if tunnel.local { "local" } else { "cloudflare" },
        "protect": tunnel.protect,
        "previousNames": tunnel.previous,
        "originRequest": tunnel.settings,
    });
    if let Some(rules) = &tunnel.rules {
        value["ingress"] = rules.iter().map(rule).collect();
    }
    if let Some(on_delete) = &tunnel.on_delete {
        value["onDelete"] = on_delete.clone();
    }
    let texts = |hosts: &[Host]| {
        hosts
            .iter()
            .map(|host| json!(host.written))
            .collect::<Value>()
    };
    value["dns"] = match &tunnel.dns {
        Dns::Auto => json!("auto"),
        Dns::None => json!("none"),
        Dns::Options {
            exclude,
            hostnames,
            adopt,
        } => json!({
            "exclude": texts(exclude),
            "hostnames": texts(hostnames),
            "adopt": texts(adopt),
        }),
    };
    value
}

fn rule(rule: &Rule) -> Value {
    let mut value = json!({"hostname": rule.host.written, "service": rule.service});
    if let Some(path) = &rule.path {
        value["path"] = json!(path);
    }
    if !rule.settings.is_empty() {
        value["originRequest"] = json!(rule.settings);
    }
    value
}

/// Lists whose order says nothing. All others mean something, `previousNames` too.
const SETS: [&str; 8] = [
    "tunnels",
    "removed",
    "ignore",
    "protected",
    "exclude",
    "hostnames",
    "adopt",
    "ports",
];

fn jumble(value: &Value, key: &str, dice: &mut Dice) -> Value {
    match value {
        Value::Object(map) => {
            let entries = dice.shuffle(map.iter().collect());
            let entries = entries.into_iter();
            let entries = entries.map(|(key, value)| (key.clone(), jumble(value, key, dice)));
            Value::Object(entries.collect())
        }
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(|it| jumble(it, "", dice)).collect();
            Value::Array(if SETS.contains(&key) {
                dice.shuffle(items)
            } else {
                items
            })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Puts a key into any of the files; sections entry by entry, lists item by item.
fn spread(files: &mut [Map<String, Value>], key: &str, value: &Value, dice: &mut Dice) {
    let any = dice.below(files.len());
    match (key, value) {
        ("tunnels", Value::Object(entries)) => {
            for (name, entry) in entries {
                let file = &mut files[dice.below(files.len())];
                let section = file.entry(key).or_insert_with(|| json!({}));
                section[name] = entry.clone();
            }
        }
        ("removed" | "ignore" | "protected", Value::Array(items)) => {
            for item in items {
                let file = &mut files[dice.below(files.len())];
                let list = file.entry(key).or_insert_with(|| json!([]));
                list.as_array_mut().expect("just made").push(item.clone());
            }
        }
        ("version" | "stack" | "account", _) => {
            files[0].insert(key.to_owned(), value.clone());
        }
        _ => {
            files[any].insert(key.to_owned(), value.clone());
        }
    }
}
