//! The manifest beside an account.

use std::fs;

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Ran, Tunctl};

const MANIFEST: &str = "\
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
owns: {tunnels: ['edge-*'], warpConnectors: ['edge-*']}
tunnels:
  edge-web:
    ingress:
      - {hostname: app.example.com, service: 'http://web:3000'}
      - {hostname: old.example.com, service: 'http://old:1'}
    privateRoutes: [10.20.0.0/16]
  edge-ops:
    ingress: [{hostname: ops.example.com, service: 'http://ops:1'}]
warpConnectors:
  edge-office: {privateRoutes: [192.168.7.0/24]}
";

struct Desk {
    account: Account,
    tunctl: Tunctl,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            account: Account::new(&["example.com"]),
            tunctl: Tunctl::in_ci(MANIFEST),
        };
        desk.run(&["apply", "--auto-approve"]).code(0);
        desk
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let url = self.account.url();
        self.tunctl.run(&[arguments, &["--api-url", &url]].concat())
    }

    fn connect(&self, tunnel: &str, body: &Value) {
        let state = self.account.control("GET", "/state", &Value::Null);
        let tunnels = state["result"]["tables"]["tunnels"].as_object().unwrap();
        let (id, _) = tunnels
            .iter()
            .find(|(_, row)| row["name"] == tunnel)
            .unwrap();
        let path = format!("/tunnels/{id}/connectors");
        self.account.control("POST", &path, body);
    }

    fn rewrite(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.tunctl.path("tunctl.yaml")).unwrap();
        assert!(text.contains(from));
        self.tunctl.write("tunctl.yaml", &text.replace(from, to));
    }
}

#[test]
fn what_is_declared_and_there_stands_with_its_health_and_versions() {
    let desk = Desk::new();
    desk.connect("edge-web", &json!({"version": "2026.8.2"}));
    desk.connect("edge-web", &json!({"version": "2026.7.0"}));
    desk.connect(
        "edge-ops",
        &json!({"version": "2026.8.2", "connections": 1}),
    );
    let ran = desk.run(&["graph", "--live"]).code(0);
    insta::assert_snapshot!(ran.out, @r"
    Topology of edge: 3 hostnames, 2 private networks, 2 tunnels, 1 WARP connector

    tunnel.edge-ops (degraded, 1 connector, 2026.8.2)
      ops.example.com
        0: -> http://ops:1
      (any host)
        1: -> http_status:404

    tunnel.edge-web (healthy, 2 connectors, 2026.7.0 2026.8.2)
      app.example.com
        0: -> http://web:3000
      old.example.com
        1: -> http://old:1
      (any host)
        2: -> http_status:404
      10.20.0.0/16 in default virtual network

    warp_connector.edge-office (inactive, 0 connectors)
      192.168.7.0/24 in default virtual network
    ");
    let svg = desk
        .run(&["graph", "--live", "--format", "svg"])
        .code(0)
        .out;
    for part in [
        "<title>tunnel.edge-web: healthy · 2 connectors · 2026.7.0 2026.8.2</title>",
        "<rect class=\"panel healthy\"",
        "<rect class=\"panel degraded\"",
        "<rect class=\"panel inactive\"",
        ">not declared</text>",
    ] {
        assert!(svg.contains(part), "no {part} in {svg}");
    }
    assert!(!svg.contains("panel missing") && !svg.contains("panel undeclared"));
    let json = desk
        .run(&["graph", "--live", "--format", "json"])
        .code(0)
        .out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["tunnels"][1]["health"]["status"], "healthy");
    let connectors = &json["tunnels"][1]["health"]["connectors"];
    assert_eq!(connectors.as_array().unwrap().len(), 2);
}

#[test]
fn what_is_only_on_one_side_is_told_apart() {
    let desk = Desk::new();
    desk.tunctl.write(
        "other.yaml",
        "version: 1\nstack: other\naccount: ${CLOUDFLARE_ACCOUNT_ID}\ntunnels:\n  other-web:\n    \
         ingress: [{hostname: other.example.com, service: 'http://o:1'}]\n",
    );
    desk.run(&["apply", "--auto-approve", "other.yaml"]).code(0);
    desk.rewrite("old.example.com", "new.example.com");
    desk.rewrite("    privateRoutes: [10.20.0.0/16]\n", "");
    desk.rewrite(
        "tunnels:\n  edge-web",
        "tunnels:\n  edge-soon: {}\n  edge-web",
    );
    let ran = desk.run(&["graph", "--live"]).code(0);
    insta::assert_snapshot!("one_side", ran.out);
    let together = desk
        .run(&["graph", "--live", "tunctl.yaml", "other.yaml"])
        .code(0);
    assert!(
        !together.out.contains("tunnel.other-web (not declared"),
        "{}",
        together.out
    );
    together.says("tunnel.other-web (inactive, 0 connectors, stack other)");
}

#[test]
fn rules_that_the_manifest_leaves_alone_are_read() {
    let desk = Desk::new();
    desk.rewrite(
        "    ingress: [{hostname: ops.example.com, service: 'http://ops:1'}]\n",
        "    protect: false\n",
    );
    let ran = desk.run(&["graph", "--live"]).code(0);
    ran.says("ops.example.com (its record is not declared)")
        .says("0: -> http://ops:1 (not declared)");
}

#[test]
fn a_record_of_a_tunnel_that_is_gone_leads_to_no_tunnel() {
    let desk = Desk::new();
    let gone = "00000000-0000-4000-8000-000000000000";
    let state = desk.account.control("GET", "/state", &Value::Null);
    let zones = state["result"]["tables"]["zones"].as_object().unwrap();
    let (zone, _) = zones.iter().next().unwrap();
    let path = format!("/zones/{zone}/dns_records");
    let record = json!({"type": "CNAME", "name": "lost.example.com", "proxied": true,
        "content": format!("{gone}.cfargotunnel.com")});
    desk.account.api("POST", &path, &record);
    let ran = desk.run(&["graph", "--live"]).code(0);
    ran.says(&format!(
        "tunnel.id:{gone} (no such tunnel lives)\n  lost.example.com (its record is not declared)"
    ));
}

#[test]
fn nothing_is_written_at_cloudflare() {
    let desk = Desk::new();
    let writes = || {
        let path = "/requests?wrote=true";
        let log = desk.account.control("GET", path, &Value::Null);
        log["result"]["requests"].as_array().unwrap().len()
    };
    let before = writes();
    desk.rewrite("old.example.com", "new.example.com");
    desk.run(&["graph", "--live", "--format", "svg"]).code(0);
    assert!(before > 0);
    assert_eq!(writes(), before);
}
