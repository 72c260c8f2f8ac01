//! `previousNames`: a new name for what is there.

use insta::assert_snapshot;

use crate::support::describe::{describe, ends};
use crate::support::world::{WEB, World, edge};

const ZONE: &str = "example.com";

/// [`WEB`] under a new name, which remembers the given former one.
fn renamed(to: &str, from: &str) -> String {
    let entry = format!("{to}:\n    previousNames: [{from}]");
    edge(&WEB.replace("edge-web:", &entry))
}

#[test]
fn a_tunnel_of_ours_is_renamed_in_place() {
    let mut world = World::edge(WEB);
    let id = world.tunnel("edge-web");
    world.declare(&renamed("edge-shop", "edge-web"));
    assert_snapshot!(describe(&world.plan()), @"1 tunnel.edge-shop: rename from edge-web (differs)");
    assert_snapshot!(ends(&world.apply()), @"rename tunnel.edge-shop: done");
    assert_snapshot!(world.writes(), @"PATCH /accounts/ACCOUNT/cfd_tunnel/edge-shop 200");
    assert_eq!(world.tunnel("edge-shop"), id);
    assert!(world.plan().is_empty());
}

#[test]
fn a_rename_and_a_change_of_the_rules_go_together() {
    let mut world = World::edge(WEB);
    let id = world.tunnel("edge-web");
    world.declare(&renamed("edge-shop", "edge-web").replace(":3000", ":4000"));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel.edge-shop: rename from edge-web (differs)
        2 tunnel_config.edge-shop: update (differs)
            ingress: [{"hostname":"app.example.com","service":"http://web:3000"},{"service":"http_status:404"}] → [{"hostname":"app.example.com","service":"http://web:4000"},{"service":"http_status:404"}]
    "#);
    assert_snapshot!(ends(&world.apply()), @r"
        rename tunnel.edge-shop: done
        update tunnel_config.edge-shop: done
    ");
    assert_eq!(world.tunnel("edge-shop"), id);
    assert!(world.plan().is_empty());
}

#[test]
fn a_tunnel_that_is_not_ours_is_not_renamed() {
    let world = World::new(&renamed("edge-web", "web"), &[ZONE]);
    world.add_tunnel("web", "cloudflare");
    assert_snapshot!(world.refused(), @r"
        tunctl::rename_of_foreign: object cannot be renamed
          at `edge-web`: `tunnel.web` exists, and this stack does not own it
          help: cover it with a pattern in `owns`, or drop it from `previousNames`
    ");
}

#[test]
fn a_former_name_that_nothing_has_means_nothing() {
    let world = World::new(&renamed("edge-web", "web"), &[ZONE]);
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.app.example.com: create (new)
    ");
}

#[test]
fn nothing_is_renamed_to_a_name_that_is_taken() {
    let mut world = World::edge(WEB);
    world.add_tunnel("edge-shop", "cloudflare");
    world.declare(&renamed("edge-shop", "edge-web"));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-shop: create (new)
        2 dns_record.app.example.com: update (differs)
            target: "tunnel.edge-web" → "tunnel.edge-shop"
        3 tunnel.edge-web: delete (undeclared)
    "#);
}

#[test]
fn a_former_name_that_is_still_declared_is_an_error() {
    let entries = "tunnels: {edge-web: {}, edge-shop: {previousNames: [web, edge-web]}}";
    let world = World::new(&edge(entries), &[ZONE]);
    assert_snapshot!(world.unreadable(), @r"
        tunctl::previous_name_declared: former name is declared too
          at `edge-web`: a former name of `edge-shop`
          at `edge-web`: declared here
          help: drop the entry, or drop its name from `previousNames`
    ");
}

#[test]
fn a_former_name_that_is_ignored_is_an_error() {
    let mut world = World::edge("tunnels: {edge-web: {}}");
    world.declare(&edge(
        "ignore: [tunnel.edge-web]\ntunnels: {edge-shop: {previousNames: [edge-web]}}",
    ));
    assert_snapshot!(world.refused(), @r"
        tunctl::rename_of_foreign: object cannot be renamed
          at `edge-shop`: `tunnel.edge-web` is ignored
          help: drop it from `ignore`, or drop it from `previousNames`
    ");
}

#[test]
fn a_tunnel_of_the_other_config_source_is_not_renamed() {
    let mut world = World::new("", &[ZONE]);
    world.add_tunnel("edge-web", "local");
    world.declare(&renamed("edge-shop", "edge-web"));
    assert_snapshot!(world.refused(), @r#"
        tunctl::immutable_field: field cannot be changed in place
          at `edge-shop`: `configSrc` is "cloudflare" here and "local" at Cloudflare
          help: a tunnel is never replaced: its id and every connector's token would change. Either declare `configSrc` as it is at Cloudflare, or migrate by hand: in the dashboard choose "Migrate" for a locally configured tunnel; the other direction needs a new tunnel under a new name, its hostnames moved over, and then the old one removed
    "#);
}

#[test]
fn the_own_name_is_no_former_name() {
    let world = World::new(&renamed("edge-web", "edge-web"), &[ZONE]);
    assert_snapshot!(world.unreadable(), @r"
        tunctl::previous_name_is_name: it was never renamed
          at `edge-web`: this is its name now
          help: list only former names in `previousNames`
    ");
}
