//! What people and other programs do to the account between two runs.

use serde_json::{Value, json};

use super::dice::Dice;
use super::draft::{Draft, within};
use super::generate::{NAMES, host};
use super::snapshot::{SUFFIX, Snapshot};
use crate::support::world::{ACCOUNT, World, record};

/// A tunnel that nobody has.
const NOBODY: &str = "5f6b0a04-0000-4000-8000-00000000dead";

/// Comments: marks of ours, of others, and what is none.
const COMMENTS: [&str; 9] = [
    "",
    "ask ops",
    "tunctl:edge",
    "tunctl:edge ask ops before you touch this, and read the page about it in the handbook first, twice ☂",
    "tunctl:edge-eu",
    "tunctl:other and more",
    "tunctl:ed",
    "tunctl:",
    "see tunctl:edge",
];

/// Somebody at work in an account.
pub(super) struct Hand<'a> {
    pub(super) world: &'a World,
    pub(super) draft: &'a Draft,
    pub(super) dice: &'a mut Dice,
}

impl Hand<'_> {
    /// Does some things; what Cloudflare refuses is not done.
    pub(super) fn meddle(&mut self, most: usize) {
        for _ in 0..self.dice.below(most + 1) {
            match self.dice.below(12) {
                0..=2 => self.make_record(),
                3..=6 => self.change_record(),
                7 => self.make_tunnel(),
                8 => self.change_tunnel(),
                9 => self.configure(),
                _ => self.connect(),
            }
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.world.state())
    }

    /// A name that is declared, or one beside it.
    fn name(&mut self) -> String {
        let declared = self.draft.records().into_keys();
        let beside = host(self.dice, &self.draft.zones).name;
        let any = self.dice.any(declared.filter(|_| true));
        any.filter(|_| self.dice.chance(50)).unwrap_or(beside)
    }

    /// Where a record leads: to any tunnel, to none, elsewhere.
    fn target(&mut self) -> String {
        let ids = self.snapshot().tunnels.into_keys();
        match self.dice.any(ids).filter(|_| self.dice.chance(60)) {
            Some(id) => format!("{id}{SUFFIX}"),
            None if self.dice.chance(30) => format!("{NOBODY}{SUFFIX}"),
            None => "elsewhere.example.org".to_owned(),
        }
    }

    fn make_record(&mut self) {
        let name = self.name();
        // Also in a zone that is not the name's own, where two zones fit.
        let zones = self.draft.zones.iter();
        let zones = zones.filter(|zone| within(&name, zone));
        let zone = self
            .dice
            .any(zones)
            .expect("the name is of one of the zones");
        let mut new = match self.dice.below(9) {
            0 => record("A", &name, "192.0.2.7"),
            1 => record("AAAA", &name, "2001:db8::7"),
            2 => record("TXT", &name, "v=spf1 -all"),
            3 => record("MX", &name, "mail.example.org"),
            4 => record("NS", &name, "ns1.example.org"),
            _ => record("CNAME", &name, &self.target()),
        };
        if new["type"] == "MX" {
            new["priority"] = json!(10);
        }
        if ["A", "AAAA", "CNAME"].contains(&new["type"].as_str().unwrap_or_default()) {
            new["proxied"] = json!(self.dice.chance(50));
        }
        new["comment"] = json!(self.dice.pick(&COMMENTS));
        let path = format!("/zones/{}/dns_records", self.world.zone(zone));
        let made = self.world.try_by_hand("POST", &path, &new);
        if let Some(id) = made.filter(|_| self.dice.chance(5)) {
            self.freeze(id["result"]["id"].as_str().expect("it has an id"), true);
        }
    }

    /// Another product takes a record into its hands, or lets go of it.
    fn freeze(&self, id: &str, read_only: bool) {
        let path = format!("/_emulator/records/{id}");
        let meta = json!({"meta": {"read_only": read_only}});
        self.world.by_hand("PATCH", &path, &meta);
    }

    fn change_record(&mut self) {
        let snapshot = self.snapshot();
        let Some((id, record)) = self.dice.any(&snapshot.records) else {
            return;
        };
        let path = format!("/zones/{}/dns_records/{id}", snapshot.zones[&record.zone]);
        let (method, change) = match self.dice.below(6) {
            0 => ("PATCH", json!({"content": self.target()})),
            1 => ("PATCH", json!({"proxied": !record.proxied})),
            2 | 3 => ("PATCH", json!({"comment": self.dice.pick(&COMMENTS)})),
            4 => ("PATCH", json!({"type": "A", "content": "192.0.2.8"})),
            _ => ("DELETE", Value::Null),
        };
        self.world.try_by_hand(method, &path, &change);
    }

    fn make_tunnel(&mut self) {
        let name = *self
            .dice
            .pick(&[NAMES[0], NAMES[2], NAMES[5], "hand-made", "edge-hand"]);
        let source = *self.dice.pick(&["cloudflare", "cloudflare", "local"]);
        let new = json!({"name": name, "config_src": source});
        let path = format!("/accounts/{ACCOUNT}/cfd_tunnel");
        self.world.try_by_hand("POST", &path, &new);
    }

    /// The path of any living tunnel.
    fn tunnel(&mut self) -> Option<String> {
        let snapshot = self.snapshot();
        self.dice.any(snapshot.living().map(|(id, _)| id.clone()))
    }

    fn change_tunnel(&mut self) {
        let Some(id) = self.tunnel() else { return };
        let path = format!("/accounts/{ACCOUNT}/cfd_tunnel/{id}");
        if self.dice.chance(60) {
            self.world.try_by_hand("DELETE", &path, &Value::Null);
        } else {
            let name = *self.dice.pick(&NAMES);
            self.world
                .try_by_hand("PATCH", &path, &json!({"name": name}));
        }
    }

    fn configure(&mut self) {
        let Some(id) = self.tunnel() else { return };
        let path = format!("/accounts/{ACCOUNT}/cfd_tunnel/{id}/configurations");
        let old = self.snapshot().configurations.get(&id).cloned();
        let mut config = old.map_or(json!({}), |old| old["config"].clone());
        let last = json!({"service": "http_status:404"});
        match self.dice.below(5) {
            0 => config["ingress"] = json!([last]),
            1 => config["warp-routing"] = json!({"enabled": true}),
            2 => config["futureKey"] = json!({"a": [1, null]}),
            3 => config["originRequest"] = json!({"noTLSVerify": true, "futureSetting": 7}),
            _ => {
                let rule = json!({"service": "http://hand:1", "hostname": "hand.example.com", "futureRule": true});
                config["ingress"] = json!([rule, last]);
            }
        }
        if config["ingress"].is_null() {
            config["ingress"] = json!([last]);
        }
        self.world
            .try_by_hand("PUT", &path, &json!({"config": config}));
    }

    fn connect(&mut self) {
        let Some(id) = self.tunnel() else { return };
        let path = format!("/_emulator/tunnels/{id}/connectors");
        let connector =
            json!({"reconnects": self.dice.chance(15), "connections": self.dice.below(5)});
        self.world.try_by_hand("POST", &path, &connector);
    }
}

/// Stops every connector of the account.
pub(super) fn stop_connectors(world: &World) {
    for (tunnel, _) in Snapshot::of(&world.state()).connectors.into_values() {
        let path = format!("/_emulator/tunnels/{tunnel}/connectors");
        world.by_hand("DELETE", &path, &Value::Null);
    }
}

/// Deletes a record, also one that another product holds.
pub(super) fn delete_record(world: &World, id: &str) {
    let change = json!({"tables": {"records": {id: null}}});
    world.by_hand("PATCH", "/_emulator/state", &change);
}
