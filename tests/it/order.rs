//! What changes before what: references up, then down, and names that move.

use insta::assert_snapshot;

use crate::support::describe::describe;
use crate::support::world::{World, actions, edge};

fn two(one: &str, two: &str) -> String {
    let rule = |host: &str| match host {
        "" => "{}".to_owned(),
        host => format!("{{ingress: [{{hostname: {host}.example.com, service: http://x:1}}]}}"),
    };
    edge(&format!(
        "tunnels:\n  edge-one: {}\n  edge-two: {}\n",
        rule(one),
        rule(two)
    ))
}

fn moving(before: &str, after: &str) -> World {
    let mut world = World::converged(before, &["example.com"]);
    world.declare(after);
    world
}

#[test]
fn a_hostname_arrives_before_its_record_moves_and_leaves_after() {
    let spare = two("app", "other");
    let after = edge(
        "tunnels:
  edge-one: {ingress: [{service: http_status:404}]}
  edge-two:
    ingress:
      - {hostname: app.example.com, service: http://x:1}
      - {hostname: other.example.com, service: http://x:1}
",
    );
    let world = moving(&spare, &after);
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-two: update (differs)
            ingress: [{"hostname":"other.example.com","service":"http://x:1"},{"service":"http_status:404"}] → [{"hostname":"app.example.com","service":"http://x:1"},{"hostname":"other.example.com","service":"http://x:1"},{"service":"http_status:404"}]
        2 dns_record.app.example.com: update (differs)
            target: "tunnel.edge-one" → "tunnel.edge-two"
        3 tunnel_config.edge-one: update (differs)
            ingress: [{"hostname":"app.example.com","service":"http://x:1"},{"service":"http_status:404"}] → [{"service":"http_status:404"}]
    "#);
    world.forget_requests();
    assert!(!world.apply().failed());
    assert_snapshot!(world.writes(), @r"
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-two/configurations 200
        POST /zones/example.com/dns_records/batch 200
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-one/configurations 200
    ");
    assert!(world.plan().is_empty());
}

#[test]
fn a_hostname_moves_to_a_new_tunnel_and_the_old_one_goes_last() {
    let after = edge(
        "tunnels: {edge-new: {ingress: [{hostname: app.example.com, service: http://x:1}]}}\n",
    );
    let world = moving(&two("app", ""), &after);
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel.edge-new: create (new)
        1 tunnel.edge-two: delete (undeclared)
        2 tunnel_config.edge-new: create (new)
        3 dns_record.app.example.com: update (differs)
            target: "tunnel.edge-one" → "tunnel.edge-new"
        4 tunnel.edge-one: delete (undeclared)
    "#);
    world.forget_requests();
    assert!(!world.apply().failed());
    assert_snapshot!(world.writes(), @r"
        POST /accounts/ACCOUNT/cfd_tunnel 200
        DELETE /accounts/ACCOUNT/cfd_tunnel/edge-two 200
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-new/configurations 200
        POST /zones/example.com/dns_records/batch 200
        DELETE /accounts/ACCOUNT/cfd_tunnel/edge-one 200
    ");
    assert!(world.plan().is_empty());
}

#[test]
fn names_that_swap_places_are_a_warning_and_converge() {
    let world = moving(&two("app", "web"), &two("web", "app"));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-one: update (differs)
            ingress: [{"hostname":"app.example.com","service":"http://x:1"},{"service":"http_status:404"}] → [{"hostname":"web.example.com","service":"http://x:1"},{"service":"http_status:404"}]
        2 dns_record.web.example.com: update (differs)
            target: "tunnel.edge-two" → "tunnel.edge-one"
        3 tunnel_config.edge-two: update (differs)
            ingress: [{"hostname":"web.example.com","service":"http://x:1"},{"service":"http_status:404"}] → [{"hostname":"app.example.com","service":"http://x:1"},{"service":"http_status:404"}]
        4 dns_record.app.example.com: update (differs)
            target: "tunnel.edge-one" → "tunnel.edge-two"
        warning tunctl::names_swap: `tunnel_config.edge-one` changes before `dns_record.app.example.com` has left it
    "#);
    assert!(!world.apply().failed());
    assert!(world.plan().is_empty());
}

#[test]
fn a_rule_that_leaves_waits_for_its_record() {
    let after = edge(
        "tunnels:
  edge-one: {ingress: [{service: http://x:1}]}
  edge-two: {}
",
    );
    let world = moving(&two("app", ""), &after);
    assert_snapshot!(describe(&world.plan()), @r#"
        1 dns_record.app.example.com: delete (undeclared)
        2 tunnel_config.edge-one: update (differs)
            ingress: [{"hostname":"app.example.com","service":"http://x:1"},{"service":"http_status:404"}] → [{"service":"http://x:1"}]
    "#);
}

#[test]
fn the_order_of_the_manifest_does_not_matter() {
    let one = "edge-one: {ingress: [{hostname: a.example.com, service: http://x:1}]}";
    let two = "edge-two: {ingress: [{hostname: b.example.com, service: http://x:1}]}";
    let plan = |first: &str, second: &str| {
        let world = World::new(
            &edge(&format!("tunnels:\n  {first}\n  {second}\n")),
            &["example.com"],
        );
        actions(&world.plan())
    };
    assert_eq!(plan(one, two), plan(two, one));
}
