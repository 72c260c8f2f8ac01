//! Records that somebody else made at a declared name: refused and shown, or taken over.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::describe::{describe, ends};
use crate::support::world::{WEB, World, edge, record};

const ZONE: &str = "example.com";
const APP: &str = "app.example.com";

const ADOPTING: &str = "tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: http://web:3000}]
    dns: {adopt: [app.example.com]}
";

/// An account in which one record stands at the declared name.
fn occupied(sections: &str, record: &Value) -> World {
    let world = World::new(&edge(sections), &[ZONE]);
    world.add_record(ZONE, record);
    world
}

#[test]
fn an_address_record_at_a_declared_name_is_an_error_that_shows_it() {
    let world = occupied(WEB, &record("A", APP, "192.0.2.1"));
    assert_snapshot!(world.refused(), @r"
        tunctl::foreign_object: place is taken by something else
          at `app.example.com`: here is already A 192.0.2.1 (id [id])
          help: remove it at Cloudflare, or take it over with `dns: {adopt: [app.example.com]}`
    ");
}

#[test]
fn an_ipv6_address_record_at_a_declared_name_is_an_error_that_shows_it() {
    let world = occupied(WEB, &record("AAAA", APP, "2001:db8::1"));
    assert_snapshot!(world.refused(), @r"
        tunctl::foreign_object: place is taken by something else
          at `app.example.com`: here is already AAAA 2001:db8::1 (id [id])
          help: remove it at Cloudflare, or take it over with `dns: {adopt: [app.example.com]}`
    ");
}

#[test]
fn an_alias_of_another_host_at_a_declared_name_is_an_error_that_shows_it() {
    let world = occupied(WEB, &record("CNAME", APP, "shop.example.net"));
    assert_snapshot!(world.refused(), @r"
        tunctl::foreign_object: place is taken by something else
          at `app.example.com`: here is already CNAME shop.example.net (id [id])
          help: remove it at Cloudflare, or take it over with `dns: {adopt: [app.example.com]}`
    ");
}

#[test]
fn an_alias_of_another_tunnel_without_mark_is_an_error_that_shows_it() {
    let world = World::new(&edge(WEB), &[ZONE]);
    world.add_tunnel("legacy", "cloudflare");
    world.add_record(ZONE, &record("CNAME", APP, &world.target("legacy")));
    assert_snapshot!(world.refused(), @r"
        tunctl::foreign_object: place is taken by something else
          at `app.example.com`: here is already CNAME tunnel.legacy (id [id])
          help: remove it at Cloudflare, or take it over with `dns: {adopt: [app.example.com]}`
    ");
}

#[test]
fn every_record_at_the_name_is_shown() {
    let world = occupied(WEB, &record("A", APP, "192.0.2.1"));
    world.add_record(ZONE, &record("A", APP, "192.0.2.2"));
    assert_snapshot!(world.refused(), @r"
        tunctl::foreign_object: place is taken by something else
          at `app.example.com`: here is already A 192.0.2.1 (id [id]), A 192.0.2.2 (id [id])
          help: remove it at Cloudflare, or take it over with `dns: {adopt: [app.example.com]}`
    ");
}

#[test]
fn a_delegation_at_a_declared_name_is_never_taken_over() {
    let world = occupied(ADOPTING, &record("NS", APP, "ns.example.net"));
    assert_snapshot!(world.refused(), @r"
        tunctl::locked_object: place is taken for good
          at `app.example.com`: here is NS ns.example.net (id [id])
          help: tunctl never takes over read-only records and delegations
    ");
}

#[test]
fn a_read_only_record_is_never_taken_over() {
    let world = occupied(ADOPTING, &record("CNAME", APP, "bucket.example.net"));
    world.force_record(ZONE, APP, &json!({"meta": {"read_only": true}}));
    assert_snapshot!(world.refused(), @r"
        tunctl::locked_object: place is taken for good
          at `app.example.com`: here is CNAME bucket.example.net (id [id])
          help: tunctl never takes over read-only records and delegations
    ");
}

#[test]
fn a_read_only_record_that_leads_where_it_should_is_an_error_too() {
    let world = World::edge(WEB);
    world.force_record(ZONE, APP, &json!({"meta": {"read_only": true}}));
    assert_snapshot!(world.refused(), @r"
        tunctl::locked_object: place is taken for good
          at `app.example.com`: here is CNAME tunnel.edge-web (id [id])
          help: tunctl never takes over read-only records and delegations
    ");
}

#[test]
fn the_name_servers_of_the_apex_do_not_stand_in_the_way() {
    let world = World::new(&edge(&WEB.replace("app.", "")), &[ZONE]);
    world.add_record(ZONE, &record("NS", ZONE, "ns.example.net"));
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.example.com: create (new)
    ");
    assert!(!world.apply().failed());
    assert!(world.plan().is_empty());
}

#[test]
fn records_that_may_stand_beside_an_alias_do_not_matter() {
    let world = occupied(WEB, &record("TXT", APP, "hello"));
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.app.example.com: create (new)
    ");
    assert!(!world.apply().failed());
    assert!(world.plan().is_empty());
}

#[test]
fn a_foreign_alias_is_changed_in_place_if_the_manifest_adopts_it() {
    let world = occupied(ADOPTING, &record("CNAME", APP, "shop.example.net"));
    let id = world.record(ZONE, APP)["id"].clone();
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel.edge-web: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.app.example.com: adopt (differs)
            target: "shop.example.net" → "tunnel.edge-web"
            proxied: false → true
    "#);
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-web: done
        create tunnel_config.edge-web: done
        adopt dns_record.app.example.com: done
    ");
    let adopted = world.record(ZONE, APP);
    assert_eq!(adopted["id"], id);
    assert_eq!(adopted["content"], world.target("edge-web"));
    assert_eq!(adopted["comment"], "tunctl:edge");
}

#[test]
fn foreign_addresses_are_deleted_and_an_alias_posted_in_one_batch() {
    let world = occupied(ADOPTING, &record("A", APP, "192.0.2.1"));
    world.add_record(ZONE, &record("AAAA", APP, "2001:db8::1"));
    world.forget_requests();
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel.edge-web: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.app.example.com: adopt (differs)
            target: "A 192.0.2.1" → "tunnel.edge-web"
            proxied: false → true
    "#);
    assert!(!world.apply().failed());
    assert_snapshot!(world.writes(), @r"
        POST /accounts/ACCOUNT/cfd_tunnel 200
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-web/configurations 200
        POST /zones/example.com/dns_records/batch 200
    ");
    assert_eq!(world.record(ZONE, APP)["content"], world.target("edge-web"));
    assert!(world.plan().is_empty());
}

#[test]
fn adopting_what_is_already_ours_is_nothing() {
    assert_snapshot!(describe(&World::edge(ADOPTING).plan()), @"in sync");
}

#[test]
fn the_record_of_another_stack_is_not_adopted_either() {
    let world = World::edge(ADOPTING);
    world.edit_record(ZONE, APP, &json!({"comment": "tunctl:shop"}));
    assert_snapshot!(world.refused(), @r"
        tunctl::other_stack: object belongs to another stack
          at `app.example.com`: `dns_record.app.example.com` carries the mark of stack `shop`
          help: declare it in one stack only; remove it from the other one first
    ");
}
