//! Plans against a base: only what the manifest's change causes, and nothing goes that it did
//! not drop.

mod command;
mod mainline;
mod repository;

pub(crate) use repository::git;

use insta::assert_snapshot;
use serde_json::json;
use tunctl::plan::base::Reads;

use crate::support::describe::describe;
use crate::support::world::{ACCOUNT, WEB, World, edge, mesh};

const ZONE: &str = "example.com";
const APP: &str = "app.example.com";

/// A stack that owns nothing by pattern.
fn bare(sections: &str) -> String {
    format!("version: 1\nstack: edge\naccount: ${{CLOUDFLARE_ACCOUNT_ID}}\n{sections}")
}

/// One line for a tunnel with one hostname.
fn tunnel(name: &str, host: &str, port: u16) -> String {
    format!("  {name}: {{ingress: [{{hostname: {host}, service: 'http://x:{port}'}}]}}\n")
}

/// Two tunnels, `edge-web` and `edge-api`.
fn pair() -> String {
    let tunnels = [
        tunnel("edge-web", APP, 3000),
        tunnel("edge-api", "api.example.com", 8080),
    ];
    format!("tunnels:\n{}", tunnels.concat())
}

/// An account that is as one manifest says, and another manifest that is compared with it.
fn changed(before: &str, after: &str) -> World {
    let mut world = World::converged(before, &[ZONE]);
    world.declare(after).since(before, Reads::Touched);
    world
}

#[test]
fn one_of_a_thousand_tunnels_costs_a_handful_of_requests() {
    let all = |port: u16| {
        let entry = |index: u16| {
            let zone = ["example.com", "example.net"][usize::from(index % 2)];
            let port = if index == 7 { port } else { 8000 };
            tunnel(
                &format!("edge-{index:04}"),
                &format!("t{index}.{zone}"),
                port,
            )
        };
        let entries: String = (0..1000).map(entry).collect();
        edge(&format!("tunnels:\n{entries}"))
    };
    let (before, after) = (all(8000), all(9000));
    let mut world = World::converged(&before, &["example.com", "example.net"]);
    let rules = json!({"ingress": [{"service": "http_status:503"}]});
    world.configure("edge-0500", &rules);
    world.edit_record(
        "example.net",
        "t501.example.net",
        &json!({"proxied": false}),
    );
    world.declare(&after).since(&before, Reads::Touched);
    world.forget_requests();
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-0007: update (changed)
            ingress: [{"hostname":"t7.example.net","service":"http://x:8000"},{"service":"http_status:404"}] → [{"hostname":"t7.example.net","service":"http://x:9000"},{"service":"http_status:404"}]
        left dns_record.t501.example.net: update (drifted)
    "#);
    let requests = world.requests();
    let read = requests.iter().filter_map(|it| it["path"].as_str());
    let read: Vec<&str> = read.filter(|it| it.ends_with("/configurations")).collect();
    assert_eq!(
        read,
        [format!(
            "/accounts/{ACCOUNT}/cfd_tunnel/{}/configurations",
            world.tunnel("edge-0007")
        )]
    );
    assert_snapshot!(requests.len(), @"7");

    world.since(&before, Reads::All);
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-0007: update (changed)
            ingress: [{"hostname":"t7.example.net","service":"http://x:8000"},{"service":"http_status:404"}] → [{"hostname":"t7.example.net","service":"http://x:9000"},{"service":"http_status:404"}]
        left dns_record.t501.example.net: update (drifted)
        left tunnel_config.edge-0500: update (drifted)
    "#);
    assert!(!world.apply().failed());
    let there = world.configured("edge-0500")["config"].clone();
    assert_eq!(there["ingress"], rules["ingress"], "drift is left as it is");
}

#[test]
fn what_is_removed_goes_without_any_pattern() {
    let after = format!("tunnels:\n{}", tunnel("edge-web", APP, 3000));
    let world = changed(&bare(&pair()), &bare(&after));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.api.example.com: delete (undeclared)
        2 tunnel.edge-api: delete (undeclared)
    ");
    assert!(!world.apply().failed());
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn what_the_base_did_not_declare_never_goes() {
    let mut world = World::edge(&pair());
    world.add_tunnel("edge-new", "cloudflare");
    let web = edge(WEB);
    world.declare(&web).since(&web, Reads::All);
    assert_snapshot!(describe(&world.plan()), @r"
        in sync
        left dns_record.api.example.com: delete (undeclared)
        left tunnel.edge-api: delete (undeclared)
        left tunnel.edge-new: delete (undeclared)
        left tunnel_config.edge-web: update (drifted)
    ");
    assert!(world.apply().verdicts.is_empty());
}

#[test]
fn a_base_without_a_manifest_makes_everything_new_and_deletes_nothing() {
    let mut world = World::edge(&pair());
    let none = bare("");
    world.declare(&edge(
        "tunnels:\n  edge-web: {ingress: [{hostname: app.example.com, service: 'http://x:1'}]}\n",
    ));
    world.since(&none, Reads::Touched);
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-web: update (new)
            ingress: [{"hostname":"app.example.com","service":"http://x:3000"},{"service":"http_status:404"}] → [{"hostname":"app.example.com","service":"http://x:1"},{"service":"http_status:404"}]
        left dns_record.api.example.com: delete (undeclared)
        left tunnel.edge-api: delete (undeclared)
    "#);
}

#[test]
fn a_tunnel_with_live_connectors_goes_if_the_base_declared_it() {
    let after = format!("tunnels:\n{}", tunnel("edge-web", APP, 3000));
    let world = changed(&bare(&pair()), &bare(&after));
    world.connect("edge-api");
    let guards: Vec<&str> = world
        .plan()
        .findings
        .iter()
        .map(|it| it.guard.name())
        .collect();
    assert!(guards.is_empty(), "{guards:?}");
}

#[test]
fn what_the_base_protects_does_not_go_in_the_same_change() {
    let protect = "  edge-api: {protect: true}\n";
    let before = bare(&format!(
        "tunnels:\n{}{protect}",
        tunnel("edge-web", APP, 3000)
    ));
    let after = bare(&format!("tunnels:\n{}", tunnel("edge-web", APP, 3000)));
    let world = changed(&before, &after);
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-api: delete (undeclared)
        guard protect=1: `tunnel.edge-api` is protected; remove the protection in a change of its own first
    ");
    let pattern = |sections: &str| bare(&format!("protected: [tunnel.edge-api]\n{sections}"));
    let world = changed(
        &pattern(&pair()),
        &bare(&format!("tunnels:\n{}", tunnel("edge-web", APP, 3000))),
    );
    let plan = world.plan();
    let guards: Vec<&str> = plan.findings.iter().map(|it| it.guard.name()).collect();
    assert_eq!(guards, ["protect"]);
}

#[test]
fn a_tunnel_is_renamed_while_another_one_is_removed() {
    let before = bare(&pair());
    let after = "tunnels:
  edge-site:
    previousNames: [edge-web]
    ingress: [{hostname: app.example.com, service: 'http://x:3000'}]
";
    let world = changed(&before, &bare(after));
    world.connect("edge-web");
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.api.example.com: delete (undeclared)
        1 tunnel.edge-site: rename from edge-web (new)
        2 tunnel.edge-api: delete (undeclared)
    ");
    assert!(!world.apply().failed());
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_former_name_does_not_go_while_the_new_name_exists() {
    let before = bare(&pair());
    let after = before
        .replace("edge-web:", "edge-site:")
        .replace("edge-site: {", "edge-site: {previousNames: [edge-web], ");
    let world = changed(&before, &after);
    world.add_tunnel("edge-site", "cloudflare");
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-site: create (new)
        2 dns_record.app.example.com: update (changed)
            target: "tunnel.edge-web" → "tunnel.edge-site"
        left tunnel.edge-web: delete (undeclared)
        warning tunctl::left_alone: `tunnel.edge-web` was declared at the base and is left alone: `previousNames` lists it, and something has the new name already
    "#);
}

#[test]
fn what_comes_back_is_new() {
    let one = format!("tunnels:\n{}", tunnel("edge-web", APP, 3000));
    let world = changed(&edge(&one), &edge(&pair()));
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-api: create (new)
        2 tunnel_config.edge-api: create (new)
        3 dns_record.api.example.com: create (new)
    ");
}

#[test]
fn a_hostname_that_moves_keeps_its_order() {
    let two = |web: &str, api: &str| {
        format!(
            "tunnels:\n  edge-web: {{ingress: [{web}{{service: 'http://x:1'}}]}}\n  edge-api: {{ingress: [{api}{{service: 'http://x:2'}}]}}\n"
        )
    };
    let app = "{hostname: app.example.com, service: 'http://x:3000'}, ";
    let world = changed(&bare(&two(app, "")), &bare(&two("", app)));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-api: update (changed)
            ingress: [{"service":"http://x:2"}] → [{"hostname":"app.example.com","service":"http://x:3000"},{"service":"http://x:2"}]
        2 dns_record.app.example.com: update (changed)
            target: "tunnel.edge-web" → "tunnel.edge-api"
        3 tunnel_config.edge-web: update (changed)
            ingress: [{"hostname":"app.example.com","service":"http://x:3000"},{"service":"http://x:1"}] → [{"service":"http://x:1"}]
    "#);
}

#[test]
fn what_a_touched_resource_refers_to_is_made_again() {
    let more = "tunnels:
  edge-web:
    dns: {hostnames: [www.example.com]}
    ingress: [{hostname: app.example.com, service: http://web:3000}]
";
    let world = changed(&edge(WEB), &edge(more));
    world.delete_record(ZONE, APP);
    world.delete_tunnel("edge-web");
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: create (drifted)
        2 tunnel_config.edge-web: create (drifted)
        3 dns_record.www.example.com: create (new)
        left dns_record.app.example.com: create (drifted)
    ");
}

#[test]
fn ignored_at_the_base_was_let_go_of() {
    let ignored = format!(
        "ignore: ['*edge-api', dns_record.api.example.com]\n{}",
        pair()
    );
    let after = bare(&format!("tunnels:\n{}", tunnel("edge-web", APP, 3000)));
    let mut world = World::converged(&bare(&pair()), &[ZONE]);
    world.declare(&after).since(&bare(&ignored), Reads::Touched);
    assert_snapshot!(describe(&world.plan()), @r"
        in sync
        left dns_record.api.example.com: delete (undeclared)
    ");
    let still = format!("ignore: [tunnel.edge-api, dns_record.api.example.com]\n{after}");
    world.declare(&still).since(&bare(&pair()), Reads::Touched);
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_record_without_a_mark_goes_only_where_it_led() {
    let after = bare(&format!(
        "tunnels:\n{}  edge-api: {{ingress: [{{service: 'http://x:8080'}}]}}\n",
        tunnel("edge-web", APP, 3000)
    ));
    let world = changed(&bare(&pair()), &after);
    world.edit_record(ZONE, "api.example.com", &json!({"comment": null}));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 dns_record.api.example.com: delete (undeclared)
        2 tunnel_config.edge-api: update (changed)
            ingress: [{"hostname":"api.example.com","service":"http://x:8080"},{"service":"http_status:404"}] → [{"service":"http://x:8080"}]
    "#);
    world.edit_record(
        ZONE,
        "api.example.com",
        &json!({"content": world.target("edge-web")}),
    );
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-api: update (changed)
            ingress: [{"hostname":"api.example.com","service":"http://x:8080"},{"service":"http_status:404"}] → [{"service":"http://x:8080"}]
        warning tunctl::left_alone: `dns_record.api.example.com` was declared at the base and is left alone: it has no mark, and is CNAME tunnel.edge-web now
    "#);
    world.edit_record(ZONE, "api.example.com", &json!({"comment": "tunctl:other"}));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-api: update (changed)
            ingress: [{"hostname":"api.example.com","service":"http://x:8080"},{"service":"http_status:404"}] → [{"service":"http://x:8080"}]
        warning tunctl::left_alone: `dns_record.api.example.com` was declared at the base and is left alone: it carries the mark of stack `other`
    "#);
}

#[test]
fn what_another_manifest_declares_now_stays() {
    let after = format!("tunnels:\n{}", tunnel("edge-web", APP, 3000));
    let mut world = changed(&bare(&pair()), &bare(&after));
    world.elsewhere(&["tunnel.edge-api", "dns_record.api.example.com"], "other");
    assert_snapshot!(describe(&world.plan()), @r"
        in sync
        warning tunctl::mark_without_meaning: `dns_record.api.example.com` carries this stack's mark, and stack `other` declares it
        warning tunctl::left_alone: `tunnel.edge-api` was declared at the base and is left alone: stack `other` declares it
    ");
}

#[test]
fn removed_names_what_the_base_never_declared() {
    let mut world = World::edge(WEB);
    world.add_tunnel("legacy", "cloudflare");
    let web = edge(WEB);
    let after = format!("{web}removed: [tunnel.legacy]\n");
    world.declare(&after).since(&web, Reads::Touched);
    assert_snapshot!(describe(&world.plan()), @"1 tunnel.legacy: delete (undeclared)");
    world.since(&after, Reads::Touched);
    assert_snapshot!(describe(&world.plan()), @r"
        in sync
        left tunnel.legacy: delete (undeclared)
    ");
}

#[test]
fn a_conflict_elsewhere_is_a_warning() {
    let before = bare(&pair());
    let world = changed(&before, &before.replace("8080", "9090"));
    world.delete_record(ZONE, APP);
    world.add_record(
        ZONE,
        &json!({"type": "A", "name": APP, "content": "192.0.2.1"}),
    );
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-api: update (changed)
            ingress: [{"hostname":"api.example.com","service":"http://x:8080"},{"service":"http_status:404"}] → [{"hostname":"api.example.com","service":"http://x:9090"},{"service":"http_status:404"}]
        warning tunctl::foreign_object: place is taken by something else
    "#);
}

#[test]
fn routes_networks_and_connectors_go_by_the_base_too() {
    let before = "virtualNetworks: {edge-lab: {}}
warpConnectors: {edge-office: {privateRoutes: [192.168.7.0/24]}}
tunnels: {edge-web: {privateRoutes: [10.0.0.0/8, {network: 10.0.0.0/8, virtualNetwork: edge-lab}]}}
";
    let owns_nothing = |sections: &str| {
        mesh(sections).replace(
            "owns: {tunnels: [edge-*], warpConnectors: [edge-*], virtualNetworks: [edge-*]}\n",
            "",
        )
    };
    let after = "tunnels: {edge-web: {privateRoutes: [10.0.0.0/8]}}\n";
    let world = changed(&owns_nothing(before), &owns_nothing(after));
    assert_snapshot!(describe(&world.plan()), @r"
        1 private_route.10.0.0.0/8@edge-lab: delete (undeclared)
        1 private_route.192.168.7.0/24: delete (undeclared)
        2 virtual_network.edge-lab: delete (undeclared)
        2 warp_connector.edge-office: delete (undeclared)
    ");
    assert!(!world.apply().failed());
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_route_that_somebody_else_made_since_does_not_move() {
    let before = mesh(
        "virtualNetworks: {edge-lab: {}, edge-prod: {}}\ntunnels: {edge-web: {privateRoutes: []}}\n",
    );
    let later = mesh(
        "virtualNetworks: {edge-lab: {}, edge-prod: {}}\ntunnels: {edge-web: {privateRoutes: [{network: 10.0.0.0/8, virtualNetwork: edge-lab}]}}\n",
    );
    let branch = later.replace("virtualNetwork: edge-lab", "virtualNetwork: edge-prod");
    let mut world = World::converged(&later, &[ZONE]);
    world.declare(&branch).since(&before, Reads::Touched);
    assert_snapshot!(describe(&world.plan()), @r"
        1 private_route.10.0.0.0/8@edge-prod: create (new)
        left private_route.10.0.0.0/8@edge-lab: delete (undeclared)
    ");
}

#[test]
fn the_fingerprint_knows_no_drift() {
    let before = bare(&pair());
    let world = changed(&before, &before.replace("8080", "9090"));
    let print = || tunctl::plan::fingerprint::of_plan(&world.plan());
    let calm = print();
    world.edit_record(ZONE, APP, &json!({"proxied": false}));
    assert_eq!(print(), calm);
    world.edit_record(ZONE, "api.example.com", &json!({"proxied": false}));
    assert_eq!(print(), calm);
    world.configure(
        "edge-api",
        &json!({"ingress": [{"service": "http_status:503"}]}),
    );
    assert_ne!(print(), calm);
}
