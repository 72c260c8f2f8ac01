//! Private routes and virtual networks in a whole account: order, guards, and what is refused.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::describe::{describe, ends};
use crate::support::world::{ACCOUNT, World, mesh, record};

const SITE: &str = "virtualNetworks: {edge-lab: {}}
tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: http://web:3000}]
    privateRoutes: [10.20.0.0/16, {network: 10.30.0.0/16, virtualNetwork: edge-lab}]
warpConnectors: {edge-office: {privateRoutes: [192.168.7.0/24]}}
";

/// A route by hand in the default virtual network.
fn route(world: &World, network: &str, tunnel: &str) {
    let route = json!({"network": network, "tunnel_id": tunnel, "comment": "by hand"});
    world.add("teamnet/routes", &route);
}

fn failed(world: &World) -> Vec<String> {
    let findings = world.plan().findings.into_iter();
    findings
        .map(|it| format!("{}={}", it.guard.name(), it.value))
        .collect()
}

#[test]
fn on_the_way_up_a_route_waits_for_its_tunnel_and_its_virtual_network() {
    let world = World::new(&mesh(SITE), &["example.com"]);
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: create (new)
        1 virtual_network.edge-lab: create (new)
        1 warp_connector.edge-office: create (new)
        2 private_route.10.20.0.0/16: create (new)
        2 private_route.10.30.0.0/16@edge-lab: create (new)
        2 private_route.192.168.7.0/24: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.app.example.com: create (new)
    ");
}

#[test]
fn on_the_way_down_routes_go_before_tunnels_and_virtual_networks() {
    let mut world = World::mesh(SITE);
    world.declare(&mesh("tunnels: {edge-api: {}}\n"));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        1 private_route.10.20.0.0/16: delete (undeclared)
        1 private_route.10.30.0.0/16@edge-lab: delete (undeclared)
        1 private_route.192.168.7.0/24: delete (undeclared)
        1 tunnel.edge-api: create (new)
        2 tunnel.edge-web: delete (undeclared)
        2 virtual_network.edge-lab: delete (undeclared)
        2 warp_connector.edge-office: delete (undeclared)
    ");
    assert!(!world.apply().failed());
    assert_snapshot!(world.writes(), @r"
        POST /zones/example.com/dns_records/batch 200
        DELETE /accounts/ACCOUNT/teamnet/routes/10.20.0.0/16 200
        DELETE /accounts/ACCOUNT/teamnet/routes/10.30.0.0/16 200
        DELETE /accounts/ACCOUNT/teamnet/routes/192.168.7.0/24 200
        POST /accounts/ACCOUNT/cfd_tunnel 200
        DELETE /accounts/ACCOUNT/cfd_tunnel/edge-web 200
        DELETE /accounts/ACCOUNT/teamnet/virtual_networks/edge-lab 200
        DELETE /accounts/ACCOUNT/warp_connector/edge-office 200
    ");
}

#[test]
fn a_tunnel_whose_route_cannot_be_deleted_stays() {
    let mut world = World::mesh(SITE);
    world.declare(&mesh("tunnels: {edge-api: {}}\n"));
    world.fault(&json!({"method": "DELETE", "path": "**/routes/*", "effect": "denied"}));
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: done
        delete private_route.10.20.0.0/16: failed tunctl::api_forbidden, DELETE /accounts/[id]/teamnet/routes/[id] failed: status 403, Authentication error (10000)
        delete private_route.10.30.0.0/16@edge-lab: failed tunctl::api_forbidden, DELETE /accounts/[id]/teamnet/routes/[id] failed: status 403, Authentication error (10000)
        delete private_route.192.168.7.0/24: failed tunctl::api_forbidden, DELETE /accounts/[id]/teamnet/routes/[id] failed: status 403, Authentication error (10000)
        create tunnel.edge-api: done
        delete tunnel.edge-web: skipped for private_route.10.20.0.0/16, private_route.10.30.0.0/16@edge-lab
        delete virtual_network.edge-lab: skipped for private_route.10.30.0.0/16@edge-lab
        delete warp_connector.edge-office: skipped for private_route.192.168.7.0/24
    ");
}

#[test]
fn a_route_that_is_served_no_longer_counts_as_deleted() {
    let routes = |count: usize| {
        let nets: Vec<String> = (0..count).map(|it| format!("10.{it}.0.0/16")).collect();
        format!(
            "tunnels: {{edge-web: {{privateRoutes: [{}]}}}}\n",
            nets.join(", ")
        )
    };
    let limited = |count: usize, most: u64| {
        let mut world = World::mesh(&routes(9));
        world.declare(&mesh(&format!(
            "{}limits: {{deletes: {most}}}\n",
            routes(count)
        )));
        failed(&world)
    };
    assert_eq!(limited(5, 4), [""; 0]);
    assert_eq!(limited(5, 3), ["deletes=4"]);
}

#[test]
fn a_route_that_moves_to_another_virtual_network_is_not_gone() {
    let mut world = World::mesh(SITE);
    let moved = SITE.replace(
        "10.20.0.0/16,",
        "{network: 10.20.0.0/16, virtualNetwork: edge-lab},",
    );
    world.declare(&mesh(&format!("{moved}limits: {{deletes: 0}}\n")));
    assert_eq!(failed(&world), [""; 0]);
    assert_snapshot!(describe(&world.plan()), @r#"
        1 private_route.10.20.0.0/16@edge-lab: rename from 10.20.0.0/16 (differs)
            virtualNetwork: "virtual_network.default" → "virtual_network.edge-lab"
    "#);
}

#[test]
fn nothing_is_deleted_while_a_route_by_hand_leads_to_it() {
    let mut world = World::mesh(SITE);
    route(&world, "10.99.0.0/16", &world.tunnel("edge-web"));
    route(&world, "10.98.0.0/16", &world.warp_connector("edge-office"));
    world.declare(&mesh("tunnels: {edge-api: {}}\n"));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        1 private_route.10.20.0.0/16: delete (undeclared)
        1 private_route.10.30.0.0/16@edge-lab: delete (undeclared)
        1 private_route.192.168.7.0/24: delete (undeclared)
        1 tunnel.edge-api: create (new)
        2 tunnel.edge-web: delete (undeclared)
        2 virtual_network.edge-lab: delete (undeclared)
        2 warp_connector.edge-office: delete (undeclared)
        guard foreign=1: `tunnel.edge-web` would be destroyed while these still lead to it: `private_route.10.99.0.0/16` (not ours)
        guard foreign=1: `warp_connector.edge-office` would be destroyed while these still lead to it: `private_route.10.98.0.0/16` (not ours)
    ");
}

#[test]
fn a_network_does_not_move_from_a_live_tunnel_to_a_dark_one() {
    let mut world = World::mesh(SITE);
    world.connect("edge-web");
    let moved = SITE.replace(
        "edge-office: {privateRoutes: [",
        "edge-office: {privateRoutes: [10.20.0.0/16, ",
    );
    world.declare(&mesh(
        &moved.replace("privateRoutes: [10.20.0.0/16, {", "privateRoutes: [{"),
    ));
    assert_eq!(failed(&world), ["dark=1"]);
}

#[test]
fn while_the_default_changes_the_routes_that_name_none_go_with_it() {
    let mut world = World::mesh(SITE);
    world.declare(&mesh(
        &SITE.replace("edge-lab: {}", "edge-lab: {default: true}"),
    ));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 virtual_network.edge-lab: update (differs)
            default: false → true
        2 private_route.10.20.0.0/16: rename from 10.20.0.0/16@default (differs)
            virtualNetwork: "virtual_network.default" → "virtual_network.edge-lab"
        2 private_route.192.168.7.0/24: rename from 192.168.7.0/24@default (differs)
            virtualNetwork: "virtual_network.default" → "virtual_network.edge-lab"
        guard default=1: `virtual_network.edge-lab` would become the default in place of `virtual_network.default`, for everything that names none
    "#);
    assert!(!world.apply().failed());
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn one_place_under_two_names_is_refused() {
    let world = World::new(
        &mesh(
            "tunnels: {edge-web: {privateRoutes: [10.20.0.0/16, {network: 10.20.0.0/16, virtualNetwork: edge-lab}]}}\nvirtualNetworks: {edge-lab: {}}\n",
        ),
        &[],
    );
    let lab = json!({"name": "edge-lab", "is_default_network": true});
    world.add("teamnet/virtual_networks", &lab);
    assert_snapshot!(world.refused(), @r"
        tunctl::duplicate_route: name has no place in this account
          at `10.20.0.0/16`: `private_route.10.20.0.0/16@edge-lab` is the same: `edge-lab` is the default virtual network
          help: keep one of the two
    ");
}

#[test]
fn a_virtual_network_that_nobody_makes_is_refused() {
    let mut world = World::mesh(SITE);
    world.declare(&mesh(
        &SITE.replace("virtualNetwork: edge-lab", "virtualNetwork: edge-lap"),
    ));
    assert_snapshot!(world.refused(), @r"
        tunctl::unresolved_reference: what this leads to does not exist
          at `10.30.0.0/16`: `virtual_network.edge-lap` is not declared, and Cloudflare has none
          help: did you mean `edge-lab`?
    ");
}

#[test]
fn a_virtual_network_that_somebody_else_made_can_be_named() {
    let world = World::new(
        &mesh(
            "tunnels: {edge-web: {privateRoutes: [{network: 10.20.0.0/16, virtualNetwork: lab}]}}\n",
        ),
        &[],
    );
    world.add("teamnet/virtual_networks", &json!({"name": "lab"}));
    assert!(!world.apply().failed());
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_route_whose_tunnel_has_vanished_is_mended() {
    let world = World::mesh(SITE);
    let gone = world.tunnel("edge-web");
    let mut row = world.state()["tables"]["tunnels"][&gone].clone();
    row["deleted_at"] = json!("2026-01-02T00:00:00Z");
    world.force("tunnels", &gone, &row);
    world.delete_record("example.com", "app.example.com");
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel.edge-web: create (new)
        2 private_route.10.20.0.0/16: update (drifted)
            target: "tunnel.id:[id]" → "tunnel.edge-web"
        2 private_route.10.30.0.0/16@edge-lab: update (drifted)
            target: "tunnel.id:[id]" → "tunnel.edge-web"
        2 tunnel_config.edge-web: create (new)
        3 dns_record.app.example.com: create (new)
    "#);
    assert!(!world.apply().failed());
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_renamed_virtual_network_takes_its_routes_along() {
    let mut world = World::mesh(SITE);
    let renamed = SITE.replace("edge-lab: {}", "edge-new: {previousNames: [edge-lab]}");
    world.declare(&mesh(
        &renamed.replace("virtualNetwork: edge-lab", "virtualNetwork: edge-new"),
    ));
    assert_snapshot!(describe(&world.plan()), @"1 virtual_network.edge-new: rename from edge-lab (differs)");
}

#[test]
fn a_protected_virtual_network_is_not_deleted() {
    let mut world = World::mesh(SITE);
    world.declare(&mesh(
        "protected: [virtual_network.*]\ntunnels: {edge-api: {}}\n",
    ));
    assert_eq!(failed(&world), ["protect=1"]);
}

#[test]
fn a_token_that_may_not_read_virtual_networks_can_plan_what_needs_none() {
    let web = "tunnels: {edge-web: {}}\nowns: {tunnels: [edge-*]}\n";
    let text = format!("version: 1\nstack: edge\naccount: {ACCOUNT}\n{web}");
    let world = World::new(&text, &["example.com"]);
    world.fault(&json!({"path": "**/teamnet/**", "effect": "denied"}));
    world.add_record("example.com", &record("TXT", "example.com", "v=spf1 -all"));
    assert_snapshot!(describe(&world.plan()), @"1 tunnel.edge-web: create (new)");
}
