//! `tunctl import terraform`: what Terraform keeps, as a manifest, and what it is to forget.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use tunctl::manifest::yaml::format;
use tunctl::terraform::{Imported, Options, import, state_rm};

use crate::support::tunctl::{Tunctl, root};
use crate::support::world::{ACCOUNT, World, actions, edge, record};

/// What every secret of the fixtures begins with.
const PLANTED: &str = "PLANTED-";

fn fixture(name: &str) -> String {
    let path = root().join("tests/fixtures/terraform").join(name);
    fs::read_to_string(path).unwrap()
}

fn imported(state: &str) -> Imported {
    let options = Options {
        stack: "edge".to_owned(),
        ..Options::default()
    };
    let imported = import(state.as_bytes(), &options).unwrap();
    let exported = &imported.exported;
    assert_eq!(exported.unsettled, [""; 0]);
    assert_eq!(format(0, &exported.text).as_ref(), Ok(&exported.text));
    imported
}

#[test]
fn a_state_of_version_5_becomes_a_manifest() {
    let imported = imported(&fixture("v5.show.json"));
    insta::assert_snapshot!("terraform_v5", imported.exported.text);
    insta::assert_snapshot!("terraform_v5_handed_over", imported.handed_over.join("\n"));
    let later = [
        "cloudflare_account_token.deploy",
        "cloudflare_zero_trust_access_service_token.ci",
    ];
    assert_eq!(imported.handed_over_later, later);
    assert_eq!(
        imported.others["cloudflare_zero_trust_access_application"],
        1
    );
    assert_eq!(imported.others.len(), 1);
}

#[test]
fn a_state_file_of_version_4_becomes_a_manifest() {
    let imported = imported(&fixture("v4.tfstate.json"));
    insta::assert_snapshot!("terraform_v4", imported.exported.text);
    insta::assert_snapshot!("terraform_v4_handed_over", imported.handed_over.join("\n"));
    assert_eq!(
        imported.handed_over_later,
        ["cloudflare_access_service_token.ci"]
    );
    assert_eq!(imported.others["cloudflare_zone"], 1);
}

#[test]
fn no_secret_of_a_state_is_written_anywhere() {
    for name in ["v4.tfstate.json", "v5.show.json"] {
        let state = fixture(name);
        assert!(state.matches(PLANTED).count() > 6, "{name}");
        let tunctl = Tunctl::new();
        tunctl.write("state.json", &state);
        let write = [
            "import",
            "terraform",
            "state.json",
            "-vv",
            "--state-rm",
            "rm.sh",
        ];
        let ran = tunctl.run(&write).code(0);
        let json = ["import", "terraform", "state.json", "--format", "json"];
        let json = tunctl.run(&json).code(0);
        let commands = fs::read_to_string(tunctl.path("rm.sh")).unwrap();
        for text in [ran.out, ran.err, json.out, json.err, commands] {
            assert!(!text.contains(PLANTED), "{text}");
        }
    }
}

/// The account that the fixtures describe, made by hand, and a fixture with the account's own ids.
fn account(name: &str) -> (World, String) {
    let world = World::new(&edge(""), &["example.com"]);
    let mut state = fixture(name);
    state = state.replace(
        "0da42c8d2132a9ddaf714f9e7c920711",
        &world.zone("example.com"),
    );
    state = state.replace("e0000000000000000000000000000001", ACCOUNT);
    let mut ids = BTreeMap::new();
    for (number, path, body) in [
        (
            "01",
            "cfd_tunnel",
            json!({"name": "edge-web", "config_src": "cloudflare"}),
        ),
        (
            "02",
            "cfd_tunnel",
            json!({"name": "edge-ssh", "config_src": "cloudflare"}),
        ),
        (
            "03",
            "cfd_tunnel",
            json!({"name": "edge-lab", "config_src": "local"}),
        ),
        (
            "11",
            "teamnet/virtual_networks",
            json!({"name": "edge-staging", "comment": "staging"}),
        ),
        ("21", "warp_connector", json!({"name": "edge-office"})),
        (
            "31",
            "access/service_tokens",
            json!({"name": "edge-ci", "duration": "8760h"}),
        ),
    ] {
        let made = world.by_hand("POST", &format!("/accounts/{ACCOUNT}/{path}"), &body);
        let id = made["result"]["id"].as_str().unwrap().to_owned();
        state = state.replace(&format!("b0000000-0000-4000-8000-0000000000{number}"), &id);
        ids.insert(number, id);
    }
    furnish(&world, &ids, name.starts_with("v4"));
    (world, state)
}

/// Makes what belongs to the tunnels.
fn furnish(world: &World, ids: &BTreeMap<&str, String>, version_4: bool) {
    let access = json!({"required": true, "teamName": "acme", "audTag": ["f1a0"]});
    let mut ssh = json!({"hostname": "ssh.example.com", "service": "ssh://bastion:22"});
    if version_4 {
        let rules = json!([{"prefix": "192.0.2.0/24", "ports": [80, 443], "allow": true}]);
        ssh["originRequest"] = json!({"bastionMode": true, "proxyPort": 8123, "ipRules": rules});
    }
    let rules = [
        (
            "01",
            json!({"originRequest": {"connectTimeout": 60, "keepAliveConnections": 100},
            "warp-routing": {"enabled": true}, "ingress": [
            {"hostname": "app.example.com", "path": "^/api/", "service": "http://api:8080",
                "originRequest": {"noTLSVerify": true, "access": access}},
            {"hostname": "app.example.com", "service": "http://web:3000"},
            {"hostname": "old.example.com", "service": "http://old:80"},
            {"service": "http_status:404"}]}),
        ),
        (
            "02",
            json!({"ingress": [ssh, {"service": "http_status:503"}]}),
        ),
    ];
    for (tunnel, config) in rules {
        let path = format!(
            "/accounts/{ACCOUNT}/cfd_tunnel/{}/configurations",
            ids[tunnel]
        );
        world.by_hand("PUT", &path, &json!({ "config": config }));
    }
    records(world, ids);
    routes(world, ids);
}

fn records(world: &World, ids: &BTreeMap<&str, String>) {
    for (host, tunnel, proxied) in [
        ("app", "01", true),
        ("it-s", "01", true),
        ("ssh", "02", true),
        ("old", "01", false),
    ] {
        let target = format!("{}.cfargotunnel.com", ids[tunnel]);
        let mut new = record("CNAME", &format!("{host}.example.com"), &target);
        new["proxied"] = json!(proxied);
        let path = format!("/zones/{}/dns_records", world.zone("example.com"));
        world.by_hand("POST", &path, &new);
    }
}

fn routes(world: &World, ids: &BTreeMap<&str, String>) {
    for (network, within, comment) in [
        ("10.20.0.0/16", Value::Null, ""),
        ("10.30.0.0/16", json!(ids["11"]), "lab"),
    ] {
        let route = json!({"network": network, "tunnel_id": ids["01"], "comment": comment,
            "virtual_network_id": within});
        world.by_hand(
            "POST",
            &format!("/accounts/{ACCOUNT}/teamnet/routes"),
            &route,
        );
    }
}

#[test]
fn the_first_plan_of_an_imported_state_changes_nothing() {
    for name in ["v4.tfstate.json", "v5.show.json"] {
        let (mut world, state) = account(name);
        let manifest = imported(&state).exported.text;
        world.declare(&manifest);
        assert_eq!(actions(&world.plan()), [""; 0], "{manifest}");
        assert!(world.manifest().desired.resources.len() > 10);
    }
}

#[test]
fn every_name_of_a_type_means_the_same() {
    let state = fixture("v4.tfstate.json");
    let text = imported(&state).exported.text;
    for (name, other) in [
        ("cloudflare_tunnel", "cloudflare_zero_trust_tunnel"),
        (
            "cloudflare_tunnel",
            "cloudflare_zero_trust_tunnel_cloudflared",
        ),
        (
            "cloudflare_tunnel_config",
            "cloudflare_zero_trust_tunnel_config",
        ),
        (
            "cloudflare_tunnel_config",
            "cloudflare_zero_trust_tunnel_cloudflared_config",
        ),
        (
            "cloudflare_tunnel_route",
            "cloudflare_zero_trust_tunnel_route",
        ),
        (
            "cloudflare_tunnel_route",
            "cloudflare_zero_trust_tunnel_cloudflared_route",
        ),
        (
            "cloudflare_tunnel_virtual_network",
            "cloudflare_zero_trust_tunnel_virtual_network",
        ),
        (
            "cloudflare_tunnel_virtual_network",
            "cloudflare_zero_trust_tunnel_cloudflared_virtual_network",
        ),
        (
            "cloudflare_access_service_token",
            "cloudflare_zero_trust_access_service_token",
        ),
    ] {
        let sort = |name: &str| format!("\"type\": \"{name}\"");
        assert!(state.contains(&sort(name)), "{name}");
        let renamed = imported(&state.replace(&sort(name), &sort(other)));
        let back = renamed
            .exported
            .text
            .replace(&format!(": {other}."), &format!(": {name}."));
        let plain = text.replace(&format!(": {other}."), &format!(": {name}."));
        assert_eq!(back, plain, "{other}");
    }
}

#[test]
fn resources_of_another_account_stay_where_they_are() {
    let state = fixture("v5.show.json");
    let options = Options {
        stack: "edge".to_owned(),
        account: Some("f".repeat(32)),
        ..Options::default()
    };
    // Records say no account, and lead to tunnels that are not there.
    let imported = import(state.as_bytes(), &options).unwrap();
    assert_eq!(imported.handed_over, [""; 0]);
    let text = imported.exported.text;
    assert!(
        text.contains("it is of account e0000000000000000000000000000001"),
        "{text}"
    );
}

#[test]
fn what_terraform_forgets_is_quoted_for_a_shell() {
    let addresses = [
        r#"module.a["b"].cloudflare_record.x["it's"]"#,
        "cloudflare_tunnel.a[0]",
    ];
    insta::assert_snapshot!(state_rm(&addresses.map(ToOwned::to_owned)), @r#"
    terraform state rm \
      'module.a["b"].cloudflare_record.x["it'\''s"]' \
      'cloudflare_tunnel.a[0]'
    "#);
    let many: Vec<String> = (0..250)
        .map(|it| format!("cloudflare_tunnel.a[{it}]"))
        .collect();
    assert_eq!(state_rm(&many).matches("terraform state rm").count(), 3);
    assert_eq!(state_rm(&[]), "");
}

#[test]
fn what_is_no_state_is_refused() {
    let tunctl = Tunctl::new();
    for (text, why) in [
        ("{\"secret\": \"PLANTED-x\",", "not JSON from line 1 on"),
        ("{}", "it has neither `values` nor `resources`"),
        (
            "{\"format_version\": \"1.2\", \"planned_values\": {}}",
            "it is a plan",
        ),
        (
            "{\"version\": 3, \"resources\": []}",
            "the file's version is not 4",
        ),
    ] {
        tunctl.write("state.json", text);
        let ran = tunctl.run(&["import", "terraform", "state.json"]).code(1);
        let ran = ran.complains("tunctl::not_terraform").complains(why);
        assert!(!ran.err.contains(PLANTED), "{}", ran.err);
    }
    for text in [
        "{\"format_version\": \"1.0\"}",
        "{\"version\": 4, \"resources\": []}",
    ] {
        tunctl.write("state.json", text);
        let ran = tunctl.run(&["import", "terraform", "state.json"]).code(1);
        ran.complains("tunctl::terraform_without_tunnels");
    }
}
