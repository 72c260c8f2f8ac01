//! Accounts as people, scripts and programs leave them, of every kind, for imports: whatever
//! Cloudflare takes may be in them.

use std::rc::Rc;

use serde_json::{Value, json};
use tunctl::export::{self, Exported, Inventory, Wish};
use tunctl::kind::KINDS;
use tunctl::lint;
use tunctl::manifest::yaml::format;
use tunctl::source::Sources;

use super::dice::Dice;
use super::story::{Journal, Tally};
use crate::support::line::Line;
use crate::support::world::{ACCOUNT, World, actions, edge, record};

const NOBODY: &str = "5f6b0a04-0000-4000-8000-00000000dead";

const ZONES: [&str; 4] = [
    "example.com",
    "sub.example.com",
    "example.org",
    "example.net",
];

const NAMES: [&str; 14] = [
    "edge-a",
    "edge-b",
    "edge-c",
    "web",
    "Team Portal",
    "ops: 1",
    "yes",
    "007",
    "ümlaut",
    "a*b[c]",
    "${HOME}",
    "# no",
    "5f6b0a04-0000-4000-8000-00000000beef",
    "token~2",
];

const HOSTS: [&str; 16] = [
    "app.example.com",
    "APP.example.com",
    "api.example.com",
    "*.example.com",
    "example.com",
    "x.sub.example.com",
    "sub.example.com",
    "app.example.org",
    "bücher.example.org",
    "xn--bcher-kva.example.org",
    "_dmarc.example.net",
    "a.b.example.net",
    "intranet",
    "no zone.example.net",
    "app.elsewhere.dev",
    "*",
];

const SERVICES: [&str; 7] = [
    "http://web:3000",
    "https://10.0.0.1:8443",
    "http_status:404",
    "http_status:503",
    "hello_world",
    "ssh://bastion:22",
    "unix:/run/app.sock",
];

const COMMENTS: [&str; 9] = [
    "",
    "ask ops",
    "tunctl:edge",
    "tunctl:edge ask ops",
    "tunctl:other theirs",
    "tunctl:edge-eu",
    " blanks ",
    "# ${NOT} a: \"comment\"",
    "ends with a colon:",
];

const NETWORKS: [&str; 6] = [
    "10.1.0.0/16",
    "10.1.2.0/24",
    "10.2.0.0/16",
    "192.168.7.0/24",
    "172.16.0.1/32",
    "fd00:1::/32",
];

/// One account.
pub(super) struct Estate {
    world: World,
    dice: Dice,
    journal: Journal,
    tally: Tally,
    tunnels: Vec<String>,
    connectors: Vec<String>,
}

impl Estate {
    pub(super) fn begin(seed: u64, line: Line, journal: Journal) -> Self {
        let mut dice = Dice::new(seed);
        let zones = 1 + dice.below(ZONES.len());
        let mut estate = Self {
            world: World::over(line, &edge(""), &ZONES[..zones]),
            dice,
            journal,
            tally: Tally::default(),
            tunnels: Vec::new(),
            connectors: Vec::new(),
        };
        estate.settle_in();
        estate
    }

    /// Imports it and plans what comes out.
    pub(super) fn import(mut self) -> Tally {
        let exported = exported(&self.world, &Wish::default());
        self.journal.borrow_mut().push_str(&exported.text);
        assert_eq!(exported.unsettled, [""; 0]);
        assert_eq!(format(0, &exported.text).as_ref(), Ok(&exported.text));
        self.world.declare(&exported.text);
        // No secret is in any sink: whatever is not ignored would be rotated.
        self.world.sinks = Some(Rc::new(tempfile::tempdir().unwrap()));
        let (_, plan) = self.world.try_plan().unwrap();
        assert_eq!(actions(&plan), [""; 0]);
        assert!(plan.is_empty());
        assert!(!plan.has_incidents());
        let errors = lint::lint(&self.world.manifest(), &Sources::default(), None);
        assert!(lint::judge(errors, false).is_ok());
        for kind in KINDS {
            let of = |address: &&tunctl::address::Address| address.kind == kind.name();
            self.tally
                .add(kind.name(), exported.managed.iter().filter(of).count());
        }
        // What no kind has said by itself is that the stack's mark would cost an object its life:
        // the check of the first plan does not make up for what a kind has forgotten.
        for (address, why) in &exported.ignored {
            let own = [
                "It carries",
                "Its secret",
                "They are not",
                "What Cloudflare",
            ];
            assert!(own.iter().any(|it| why.starts_with(it)), "{address}: {why}");
        }
        self.tally.add("ignored", exported.ignored.len());
        self.tally.add("left", exported.left.len());
        self.tally
    }

    fn settle_in(&mut self) {
        let owners = self.dice.below(6);
        for _ in 0..owners {
            self.tunnel();
        }
        for _ in 0..self.dice.below(3) {
            self.connector();
        }
        for _ in 0..self.dice.below(3) {
            let new = json!({
                "name": self.dice.pick(&NAMES),
                "comment": self.dice.pick(&COMMENTS),
                "is_default_network": self.dice.chance(20),
            });
            self.try_post(&account("teamnet/virtual_networks"), &new);
        }
        for _ in 0..self.dice.below(12) {
            self.record();
        }
        for _ in 0..self.dice.below(8) {
            self.route();
        }
        for _ in 0..self.dice.below(4) {
            self.tokens();
        }
        if self.dice.chance(20)
            && let Some(id) = self.dice.any(self.tunnels.clone())
        {
            let path = account(&format!("cfd_tunnel/{id}"));
            self.world.try_by_hand("DELETE", &path, &Value::Null);
        }
    }

    fn try_post(&mut self, path: &str, body: &Value) -> Option<String> {
        let answer = self.world.try_by_hand("POST", path, body)?;
        self.tally.count("objects");
        answer["result"]["id"].as_str().map(ToOwned::to_owned)
    }

    fn tunnel(&mut self) {
        let name = *self.dice.pick(&NAMES);
        let local = self.dice.chance(20);
        let source = if local { "local" } else { "cloudflare" };
        let new = json!({"name": name, "config_src": source});
        let Some(id) = self.try_post(&account("cfd_tunnel"), &new) else {
            return;
        };
        if !local && self.dice.chance(85) {
            let config = json!({ "config": self.config() });
            let path = account(&format!("cfd_tunnel/{id}/configurations"));
            if self.world.try_by_hand("PUT", &path, &config).is_some() {
                self.tally.count("configurations");
            }
        }
        self.tunnels.push(id);
    }

    fn config(&mut self) -> Value {
        let mut rules = Vec::new();
        for _ in 0..self.dice.below(5) {
            let mut rule = json!({
                "hostname": self.dice.pick(&HOSTS[..HOSTS.len() - 1]),
                "service": self.dice.pick(&SERVICES),
            });
            if self.dice.chance(30) {
                rule["path"] = json!(self.dice.pick(&["^/api/", "/${x}$", "", "\\.(jpg|png)$"]));
            }
            if self.dice.chance(30) {
                rule["originRequest"] = self.settings();
            }
            if self.dice.chance(8) {
                rule["colour"] = json!("red");
            }
            rules.push(rule);
        }
        let mut last = json!({"service": self.dice.pick(&["http_status:404", "http://last:80"])});
        if self.dice.chance(10) {
            last["hostname"] = json!("*");
        }
        rules.push(last);
        let mut config = json!({ "ingress": rules });
        if self.dice.chance(40) {
            config["originRequest"] = self.settings();
        }
        if self.dice.chance(10) {
            config["originRequest"]["access"] = json!({"required": true, "teamName": "acme"});
        }
        if self.dice.chance(20) {
            config["warp-routing"] = json!({ "enabled": true });
        }
        config
    }

    fn settings(&mut self) -> Value {
        let some = [
            ("connectTimeout", json!(10)),
            ("connectTimeout", json!(30)),
            ("keepAliveTimeout", json!(90)),
            ("noTLSVerify", json!(true)),
            ("noTLSVerify", json!(false)),
            ("httpHostHeader", json!("${HOST}")),
            (
                "ipRules",
                json!([{"prefix": "10.0.0.0/8", "ports": [443, 80], "allow": true}]),
            ),
            ("http2Origin", json!(true)),
            ("keepAliveConnections", json!(100)),
            ("tlsTimeout", json!(0)),
        ];
        let mut settings = json!({});
        for _ in 0..self.dice.below(4) {
            let (field, value) = self.dice.pick(&some);
            settings[*field] = value.clone();
        }
        settings
    }

    fn connector(&mut self) {
        let name = *self.dice.pick(&NAMES);
        let id = self.try_post(&account("warp_connector"), &json!({ "name": name }));
        self.connectors.extend(id);
    }

    fn record(&mut self) {
        let zone = *self.dice.pick(&ZONES);
        let ids = self.world.live("/_emulator/zones");
        let Some(zone_id) = ids.iter().find(|it| it["name"] == zone) else {
            return;
        };
        let path = format!("/zones/{}/dns_records", zone_id["id"].as_str().unwrap());
        let host = *self.dice.pick(&HOSTS);
        let tunnel = self.dice.any(self.tunnels.clone());
        let target = tunnel.filter(|_| self.dice.chance(85));
        let target = target.unwrap_or_else(|| NOBODY.to_owned());
        let mut new = record("CNAME", host, &format!("{target}.cfargotunnel.com"));
        if self.dice.chance(10) {
            new = record("A", host, "192.0.2.1");
        }
        new["proxied"] = json!(self.dice.chance(85));
        new["ttl"] = json!(if self.dice.chance(90) { 1 } else { 300 });
        new["comment"] = json!(self.dice.pick(&COMMENTS));
        self.try_post(&path, &new);
    }

    fn route(&mut self) {
        let all = self.tunnels.iter().chain(&self.connectors).cloned();
        let Some(to) = self.dice.any(all.collect::<Vec<_>>()) else {
            return;
        };
        let networks = self.world.live(&account("teamnet/virtual_networks"));
        let within = self.dice.any(networks).filter(|_| self.dice.chance(50));
        let mut new = json!({
            "network": self.dice.pick(&NETWORKS),
            "tunnel_id": to,
            "comment": self.dice.pick(&COMMENTS),
        });
        if let Some(within) = within {
            new["virtual_network_id"] = within["id"].clone();
        }
        self.try_post(&account("teamnet/routes"), &new);
    }

    fn tokens(&mut self) {
        let name = *self.dice.pick(&NAMES);
        if self.dice.chance(50) {
            let duration = *self.dice.pick(&["8760h", "forever", "720h"]);
            let new = json!({"name": name, "duration": duration});
            let zones = self.world.live("/_emulator/zones");
            let zone = self.dice.any(zones).filter(|_| self.dice.chance(30));
            let zone = zone.and_then(|it| it["id"].as_str().map(ToOwned::to_owned));
            let path = zone.map_or_else(
                || account("access/service_tokens"),
                |zone| format!("/zones/{zone}/access/service_tokens"),
            );
            self.try_post(&path, &new);
            return;
        }
        let groups = [
            "DNS Write",
            "Cloudflare Tunnel Write",
            "Cloudflare Tunnel Read",
        ];
        let groups = groups.map(|name| json!({ "id": self.world.group(name) }));
        let zone = self.world.live("/_emulator/zones")[0]["id"].clone();
        let key = "com.cloudflare.api.account";
        let own = format!("{key}.{ACCOUNT}");
        let (resources, group) = match self.dice.below(4) {
            0 => (json!({ (own): "*" }), &groups[1]),
            1 => (
                json!({ (format!("{key}.zone.{}", zone.as_str().unwrap())): "*" }),
                &groups[0],
            ),
            2 => (
                json!({ (own): {"com.cloudflare.api.account.zone.*": "*"} }),
                &groups[0],
            ),
            _ => (json!({ (own): "*" }), &groups[2]),
        };
        let mut new = json!({"name": name, "policies": [
            {"effect": "allow", "permission_groups": [group], "resources": resources},
        ]});
        if self.dice.chance(30) {
            new["condition"] = json!({"request_ip": {"in": ["203.0.113.0/24"]}});
        }
        if self.dice.chance(30) {
            new["expires_on"] = json!("2027-06-30T00:00:00Z");
        }
        self.try_post(&account("tokens"), &new);
    }
}

fn account(path: &str) -> String {
    format!("/accounts/{ACCOUNT}/{path}")
}

/// The manifest of an account as it is.
pub(crate) fn exported(world: &World, wish: &Wish) -> Exported {
    let survey = world.inventory("edge");
    let inventory = Inventory {
        scope: survey.scope,
        observed: survey.observed,
        ..Inventory::default()
    };
    let wish = Wish {
        account: "${CLOUDFLARE_ACCOUNT_ID}".to_owned(),
        ..wish.clone()
    };
    export::export(&inventory, &wish)
}
