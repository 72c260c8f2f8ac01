//! For each kind, the live object changes between plan and apply: by Cloudflare's own API, as another
//! program or a person would do it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tunctl::kind::KINDS;

use super::{apply, forget, plan, run, state, writes};
use crate::support::tunctl::{Account, Tunctl};
use crate::support::world::ACCOUNT;

/// One of each kind; every one of them is changed by the second manifest.
fn manifest(word: &str) -> String {
    let (former, duration, permission) = if word == "old" {
        ("first", "8760h", "DNS Read")
    } else {
        ("old", "17520h", "DNS Write")
    };
    format!(
        "version: 1
stack: edge
account: ${{CLOUDFLARE_ACCOUNT_ID}}
owns: {{tunnels: [edge-*], warpConnectors: [edge-*], virtualNetworks: [edge-*], serviceTokens: [edge-*], apiTokens: [edge-*]}}
virtualNetworks: {{edge-lab: {{comment: {word}}}}}
tunnels:
  edge-{word}:
    previousNames: [edge-{former}]
    ingress: [{{hostname: app.example.com, service: 'http://{word}:3000'}}]
    privateRoutes: [{{network: 10.30.0.0/16, comment: {word}}}]
warpConnectors: {{edge-office-{word}: {{previousNames: [edge-office-{former}]}}}}
serviceTokens: {{edge-ci: {{duration: {duration}, sink: local}}}}
apiTokens: {{edge-deploy: {{policies: [{{permissions: [{permission}], resources: zones}}], sink: local}}}}
sinks: {{local: {{file: '{{kind}}-{{name}}.json'}}}}
"
    )
}

/// What somebody does to an object of a kind, and what the view shows of it: planned from, now,
/// wanted.
struct Case {
    kind: &'static str,
    method: &'static str,
    path: String,
    body: Value,
    shown: [&'static str; 3],
}

/// The id of the first object of a list whose field has a value.
fn id(account: &Account, list: &str, field: &str, value: &str) -> String {
    account.id_of(list, field, value)
}

fn of_tunnels(account: &Account, at: &dyn Fn(&str) -> String) -> Vec<Case> {
    let tunnel = at(&format!(
        "cfd_tunnel/{}",
        id(account, &at("cfd_tunnel"), "name", "edge-old")
    ));
    let office = id(account, &at("warp_connector"), "name", "edge-office-old");
    let rules = json!({"config": {"ingress": [{"service": "http://hand:1"}]}});
    vec![
        Case {
            kind: "tunnel",
            method: "PATCH",
            path: tunnel.clone(),
            body: json!({"name": "edge-other"}),
            shown: ["edge-old", "null", "cloudflare"],
        },
        Case {
            kind: "tunnel_config",
            method: "PUT",
            path: format!("{tunnel}/configurations"),
            body: rules,
            shown: ["http://old:3000", "http://hand:1", "http://new:3000"],
        },
        Case {
            kind: "warp_connector",
            method: "PATCH",
            path: at(&format!("warp_connector/{office}")),
            body: json!({"name": "edge-elsewhere"}),
            shown: ["edge-office-old", "null", "{}"],
        },
    ]
}

fn of_networks(account: &Account, at: &dyn Fn(&str) -> String) -> Vec<Case> {
    let zone = id(account, "/zones", "name", "example.com");
    let records = format!("/zones/{zone}/dns_records");
    let record = id(account, &records, "name", "app.example.com");
    let route = id(account, &at("teamnet/routes"), "network", "10.30.0.0/16");
    let network = id(account, &at("teamnet/virtual_networks"), "name", "edge-lab");
    vec![
        Case {
            kind: "dns_record",
            method: "PATCH",
            path: format!("{records}/{record}"),
            body: json!({"content": "elsewhere.example.org"}),
            shown: ["tunnel.edge", "elsewhere.example.org", "tunnel.edge-new"],
        },
        Case {
            kind: "private_route",
            method: "PATCH",
            path: at(&format!("teamnet/routes/{route}")),
            body: json!({"comment": "tunctl:edge hand"}),
            shown: ["old", "hand", "new"],
        },
        Case {
            kind: "virtual_network",
            method: "PATCH",
            path: at(&format!("teamnet/virtual_networks/{network}")),
            body: json!({"comment": "hand"}),
            shown: ["old", "hand", "new"],
        },
    ]
}

fn of_tokens(account: &Account, at: &dyn Fn(&str) -> String) -> Vec<Case> {
    let service = id(account, &at("access/service_tokens"), "name", "edge-ci");
    let token = at(&format!(
        "tokens/{}",
        id(account, &at("tokens"), "name", "edge-deploy")
    ));
    let mut held = account.by_hand("GET", &token, &Value::Null);
    held["policies"][0]["effect"] = json!("deny");
    let body = json!({"name": held["name"], "policies": held["policies"], "status": "active"});
    vec![
        Case {
            kind: "service_token",
            method: "PUT",
            path: at(&format!("access/service_tokens/{service}")),
            body: json!({"name": "edge-ci", "duration": "1000h"}),
            shown: ["8760h", "1000h", "17520h"],
        },
        Case {
            kind: "api_token",
            method: "PUT",
            path: token,
            body,
            shown: ["DNS Read", "deny", "DNS Write"],
        },
    ]
}

/// An account that is as the first manifest says, but for a record that lost its proxy, and a plan
/// for the second in `plan.json`.
fn planned() -> (Account, Tunctl) {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(&manifest("old"));
    apply(&account, &tunctl, &["--auto-approve"]).code(0);
    let zone = id(&account, "/zones", "name", "example.com");
    let records = format!("/zones/{zone}/dns_records");
    let record = id(&account, &records, "name", "app.example.com");
    account.by_hand(
        "PATCH",
        &format!("{records}/{record}"),
        &json!({"proxied": false}),
    );
    tunctl.write("tunctl.yaml", &manifest("new"));
    plan(&account, &tunctl, &["--out", "plan.json"]).code(0);
    (account, tunctl)
}

/// One case for each kind.
fn cases(account: &Account) -> Vec<Case> {
    let at = |path: &str| format!("/accounts/{ACCOUNT}/{path}");
    let mut cases = of_tunnels(account, &at);
    cases.extend(of_networks(account, &at));
    cases.extend(of_tokens(account, &at));
    let kinds: BTreeSet<&str> = cases.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, KINDS.iter().map(|it| it.name()).collect());
    cases
}

#[test]
fn whatever_kind_has_moved_since_the_plan_nothing_is_written_and_all_three_are_shown() {
    let (account, tunctl) = planned();
    let before = state(&account);
    let cases = cases(&account);
    for case in &cases {
        account.control("PUT", "/state", &before);
        account.by_hand(case.method, &case.path, &case.body);
        forget(&account);
        let ran = run(
            &account,
            &tunctl,
            &["apply", "plan.json", "--format", "json"],
        )
        .code(4);
        let told: Value = serde_json::from_str(&ran.out).unwrap();
        let prefix = format!("{}.", case.kind);
        let mut moved = told["moved"].as_array().unwrap().iter();
        let moved = moved.find(|it| {
            let of_kind = it["address"].as_str().unwrap().starts_with(&prefix);
            of_kind && it["planned_from"].is_object()
        });
        let moved = moved.unwrap_or_else(|| panic!("{}: {told:#}", case.kind));
        for (key, part) in ["planned_from", "now", "wanted"]
            .into_iter()
            .zip(case.shown)
        {
            let text = moved[key].to_string();
            assert!(text.contains(part), "{}: {key} of {moved:#}", case.kind);
        }
        let ran = run(&account, &tunctl, &["apply", "plan.json"]).code(4);
        ran.says(&format!("# {}", moved["address"].as_str().unwrap()))
            .says("planned from: ")
            .says("now: ")
            .says("wanted: ");
        assert!(writes(&account).is_empty(), "{}", case.kind);
    }
    account.control("PUT", "/state", &before);
    apply(&account, &tunctl, &["plan.json"]).code(0);
}
