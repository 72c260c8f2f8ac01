//! Random manifests, small ones, and what people do to them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::draft::{Dns, Draft, Host, Rule, Tunnel};

/// Sets of zones; one that is a part of another, and one that only looks like it.
const ZONES: [&[&str]; 5] = [
    &["example.com"],
    &["example.com", "eu.example.com"],
    &["example.com", "example.net"],
    &["example.com", "myexample.com"],
    &["example.com", "eu.example.com", "example.net"],
];

/// First labels: as they are written, and as DNS knows them.
const LABELS: [(&str, &str); 8] = [
    ("app", "app"),
    ("App", "app"),
    ("www", "www"),
    ("*", "*"),
    ("deep.api", "deep.api"),
    ("bücher", "xn--bcher-kva"),
    ("*.BÜCHER", "*.xn--bcher-kva"),
    ("", ""),
];

/// Names of tunnels, inside and outside of the usual patterns.
pub(super) const NAMES: [&str; 7] = [
    "edge-web", "edge-api", "edge-old", "edge-eu", "web", "legacy", "Edge-web",
];

const OWNS: [&[&str]; 5] = [
    &["edge-*"],
    &[],
    &["edge-web", "edge-o*"],
    &["edge-*", "web", "leg*"],
    &["edge-*", "Edge-*", "web*", "legacy", "hand-*"],
];

const SERVICES: [&str; 6] = [
    "http://web:3000",
    "https://api:8443",
    "http://web:3001",
    "tcp://db:5432",
    "unix:/run/app.sock",
    "http_status:503",
];

const PATHS: [&str; 3] = ["^/api/", "/static", "\\.(png|jpg)$"];

/// A field of `originRequest`: its name, cloudflared's default, and other values, each as a
/// manifest has it and as Cloudflare does.
pub(super) struct Field {
    pub(super) name: &'static str,
    default: fn() -> Pair,
    others: fn() -> Vec<Pair>,
}

type Pair = (Value, Value);

fn same(value: impl Into<Value>) -> Pair {
    let value = value.into();
    (value.clone(), value)
}

/// A sample of every shape of field.
pub(super) const FIELDS: [Field; 7] = [
    Field {
        name: "connectTimeout",
        default: || (json!("30s"), json!(30)),
        others: || {
            vec![
                (json!("5s"), json!(5)),
                (json!("1m30s"), json!(90)),
                (json!("0s"), json!(0)),
            ]
        },
    },
    Field {
        name: "noTLSVerify",
        default: || same(false),
        others: || vec![same(true)],
    },
    Field {
        name: "httpHostHeader",
        default: || same(""),
        others: || vec![same("origin.internal")],
    },
    Field {
        name: "keepAliveConnections",
        default: || same(100),
        others: || vec![same(10), same(0)],
    },
    Field {
        name: "http2Origin",
        default: || same(false),
        others: || vec![same(true)],
    },
    Field {
        name: "proxyAddress",
        default: || same("127.0.0.1"),
        others: || vec![same("0.0.0.0")],
    },
    Field {
        name: "ipRules",
        default: || same(json!([])),
        others: || {
            let rule =
                |ports: Value| json!([{"prefix": "10.0.0.0/8", "ports": ports, "allow": true}]);
            vec![(rule(json!([443, 80])), rule(json!([80, 443])))]
        },
    },
];

impl Field {
    /// What Cloudflare should say for what a manifest says; for nothing, the default.
    pub(super) fn wire(&self, written: Option<&Value>) -> Value {
        let known = (self.others)().into_iter().chain([(self.default)()]);
        let pair = known.into_iter().find(|(text, _)| Some(text) == written);
        pair.unwrap_or_else(|| (self.default)()).1
    }
}

fn settings(dice: &mut Dice, percent: usize) -> Map<String, Value> {
    let mut settings = Map::new();
    for field in &FIELDS {
        if dice.chance(percent) {
            let values = if dice.chance(40) {
                vec![(field.default)()]
            } else {
                (field.others)()
            };
            settings.insert(field.name.to_owned(), dice.pick(&values).0.clone());
        }
    }
    settings
}

/// Any hostname of the draft's zones.
pub(super) fn host(dice: &mut Dice, zones: &[&str]) -> Host {
    let (zone, (written, name)) = (*dice.pick(zones), *dice.pick(&LABELS));
    let full = |label: &str| match label {
        "" => zone.to_owned(),
        label => format!("{label}.{zone}"),
    };
    Host {
        written: full(written),
        name: full(name),
    }
}

fn rule(dice: &mut Dice, host: Host) -> Rule {
    Rule {
        host,
        path: dice.chance(25).then(|| (*dice.pick(&PATHS)).to_owned()),
        service: (*dice.pick(&SERVICES)).to_owned(),
        settings: settings(dice, 8),
    }
}

fn on_delete(dice: &mut Dice) -> Option<Value> {
    let policy = *dice.pick(&["wait", "evict", "fail"]);
    let timeout = *dice.pick(&["0s", "7s", "1m"]);
    dice.chance(50)
        .then(|| json!({"connections": policy, "timeout": timeout}))
}

fn dns(dice: &mut Dice, zones: &[&str]) -> Dns {
    match dice.below(10) {
        0 => Dns::None,
        1..=3 => {
            let mut hosts = |most| (0..dice.below(most)).map(|_| host(dice, zones)).collect();
            Dns::Options {
                exclude: hosts(3),
                hostnames: hosts(3),
                adopt: hosts(4),
            }
        }
        _ => Dns::Auto,
    }
}

fn tunnel(dice: &mut Dice, zones: &[&str]) -> Tunnel {
    let count = *dice.pick(&[0, 1, 1, 2, 2, 3, 3, 4]);
    let rules = (0..count).map(|_| host(dice, zones)).collect::<Vec<_>>();
    let rules = rules.into_iter().map(|host| rule(dice, host)).collect();
    Tunnel {
        local: dice.chance(8),
        rules: (!dice.chance(7)).then_some(rules),
        settings: settings(dice, 8),
        dns: dns(dice, zones),
        previous: Vec::new(),
        protect: dice.chance(10),
        on_delete: on_delete(dice),
    }
}

/// A manifest of up to five tunnels.
pub(super) fn draft(dice: &mut Dice) -> Draft {
    let zones = dice.pick(&ZONES).to_vec();
    let count = *dice.pick(&[0, 1, 2, 2, 3, 3, 4, 4, 5]);
    let names = dice.shuffle(NAMES.to_vec()).into_iter().take(count);
    let names: Vec<&str> = names.collect();
    let tunnels: BTreeMap<_, _> = names
        .into_iter()
        .map(|name| (name.to_owned(), tunnel(dice, &zones)))
        .collect();
    let mut draft = Draft {
        zones,
        owns: owns(dice),
        removed: Vec::new(),
        ignore: Vec::new(),
        protected: Vec::new(),
        default_settings: settings(dice, 4),
        default_on_delete: on_delete(dice),
        tunnels,
    };
    draft.correct();
    draft
}

fn owns(dice: &mut Dice) -> Vec<String> {
    let patterns = dice.pick(&OWNS);
    patterns.iter().map(|it| (*it).to_owned()).collect()
}

/// What a commit does to a manifest: one to six edits.
pub(super) fn edit(draft: &mut Draft, dice: &mut Dice) {
    if dice.chance(4) {
        draft.tunnels.clear();
    }
    for _ in 0..=dice.below(6) {
        edit_once(draft, dice);
    }
    draft.correct();
}

fn edit_once(draft: &mut Draft, dice: &mut Dice) {
    match dice.below(20) {
        0 | 1 => {
            let name = (*dice.pick(&NAMES)).to_owned();
            let fresh = tunnel(dice, &draft.zones.clone());
            draft.tunnels.entry(name).or_insert(fresh);
        }
        2 | 3 => {
            if let Some(name) = dice.any(draft.tunnels.keys().cloned()) {
                draft.tunnels.remove(&name);
            }
        }
        4 | 5 => rename(draft, dice),
        6..=8 => hand_over(draft, dice),
        9 | 10 => swap(draft, dice),
        11 | 12 => merge(draft, dice),
        13..=15 => edit_tunnel(draft, dice),
        16 => draft.owns = owns(dice),
        17 => {
            let kind = *dice.pick(&["removed", "ignore", "protected"]);
            list(draft, kind, dice);
        }
        18 if dice.chance(50) => draft.default_settings = settings(dice, 10),
        18 => draft.default_on_delete = on_delete(dice),
        _ => {
            draft.ignore.clear();
            draft.removed.clear();
        }
    }
}

fn rename(draft: &mut Draft, dice: &mut Dice) {
    let name = *dice.pick(&NAMES);
    let Some(old) = dice.any(draft.tunnels.keys().cloned()) else {
        return;
    };
    if draft.tunnels.contains_key(name) {
        return;
    }
    let mut tunnel = draft.tunnels.remove(&old).expect("it was listed");
    if dice.chance(80) {
        tunnel.previous.insert(0, old);
    }
    draft.tunnels.insert(name.to_owned(), tunnel);
}

/// All rules of a hostname go to another tunnel.
fn hand_over(draft: &mut Draft, dice: &mut Dice) {
    let names: Vec<String> = draft.tunnels.keys().cloned().collect();
    let (Some(from), Some(to)) = (dice.any(names.clone()), dice.any(names)) else {
        return;
    };
    if from == to {
        return;
    }
    let source = draft.tunnels.get_mut(&from).expect("it was listed");
    let rules = source.rules.get_or_insert_default();
    let Some(host) = dice.any(rules.iter().map(|rule| rule.host.clone())) else {
        return;
    };
    let moves = |rule: &mut Rule| rule.host.name == host.name;
    let moved: Vec<Rule> = rules.extract_if(.., moves).collect();
    let target = draft.tunnels.get_mut(&to).expect("it was listed");
    target.rules.get_or_insert_default().extend(moved);
}

/// Two tunnels exchange their rules.
fn swap(draft: &mut Draft, dice: &mut Dice) {
    let names: Vec<String> = draft.tunnels.keys().cloned().collect();
    if let [first, second, ..] = &dice.shuffle(names)[..] {
        let mut other = draft.tunnels[second].rules.clone();
        let one = draft.tunnels.get_mut(first).expect("it was listed");
        std::mem::swap(&mut one.rules, &mut other);
        draft.tunnels.get_mut(second).expect("it was listed").rules = other;
    }
}

/// One tunnel takes over the rules of another, which goes.
fn merge(draft: &mut Draft, dice: &mut Dice) {
    let names: Vec<String> = draft.tunnels.keys().cloned().collect();
    if let [gone, heir, ..] = &dice.shuffle(names)[..] {
        let rules = draft.tunnels.remove(gone).and_then(|it| it.rules);
        let heir = draft.tunnels.get_mut(heir).expect("it was listed");
        let own = heir.rules.get_or_insert_default();
        own.extend(rules.unwrap_or_default());
    }
}

fn edit_tunnel(draft: &mut Draft, dice: &mut Dice) {
    let zones = draft.zones.clone();
    let Some(tunnel) = dice.any(draft.tunnels.values_mut()) else {
        return;
    };
    match dice.below(8) {
        0 => tunnel.dns = dns(dice, &zones),
        1 => tunnel.settings = settings(dice, 15),
        2 => tunnel.protect = !tunnel.protect,
        3 => tunnel.on_delete = on_delete(dice),
        4 => tunnel.local = !tunnel.local,
        5 => tunnel.rules = None,
        6 => {
            if let Some(rule) = dice.any(tunnel.rules.iter_mut().flatten()) {
                (*dice.pick(&SERVICES)).clone_into(&mut rule.service);
                rule.settings = settings(dice, 15);
            }
        }
        _ => {
            let host = host(dice, &zones);
            let rule = rule(dice, host);
            tunnel.rules.get_or_insert_default().push(rule);
        }
    }
}

/// Adds an address, or a pattern, to one of the lists of addresses.
fn list(draft: &mut Draft, kind: &str, dice: &mut Dice) {
    let tunnel = format!("tunnel.{}", dice.pick(&NAMES));
    let record = format!("dns_record.{}", host(dice, &draft.zones.clone()).name);
    let config = format!("tunnel_config.{}", dice.pick(&NAMES));
    match kind {
        "removed" => draft.removed.push(dice.pick(&[tunnel, record]).clone()),
        "ignore" => {
            let zone = "dns_record.*.eu.example.com".to_owned();
            draft
                .ignore
                .push(dice.pick(&[tunnel, record, config, zone]).clone());
        }
        _ => {
            let all = "tunnel.edge-*".to_owned();
            draft
                .protected
                .push(dice.pick(&[tunnel, record, all]).clone());
        }
    }
}
