//! What is planned for what is declared: new things, places that cannot be, names in two places.

use insta::assert_snapshot;
use serde_json::json;
use tunctl::plan::fingerprint::of_plan;

use crate::support::describe::describe;
use crate::support::world::{WEB, World, edge};

#[test]
fn an_account_that_is_as_the_manifest_says_needs_nothing() {
    assert_snapshot!(describe(&World::edge(WEB).plan()), @"in sync");
}

#[test]
fn everything_is_made_in_an_empty_account() {
    let world = World::new(&edge(WEB), &["example.com"]);
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.app.example.com: create (new)
    ");
}

#[test]
fn a_tunnel_of_the_declared_name_is_taken_for_the_declared_one() {
    let world = World::new(&edge(WEB), &["example.com"]);
    world.add_tunnel("edge-web", "cloudflare");
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel_config.edge-web: create (new)
        2 dns_record.app.example.com: create (new)
    ");
}

#[test]
fn a_deleted_tunnel_of_the_name_is_nothing() {
    let world = World::new(&edge(WEB), &["example.com"]);
    world.add_tunnel("edge-web", "cloudflare");
    world.delete_tunnel("edge-web");
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.app.example.com: create (new)
    ");
}

#[test]
fn a_tunnel_without_ingress_leaves_its_configuration_alone() {
    let world = World::edge("tunnels: {edge-web: {}}");
    world.configure(
        "edge-web",
        &json!({"ingress": [{"service": "http://by-hand:1"}]}),
    );
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_local_tunnel_gets_records_and_no_configuration() {
    let local = "tunnels:
  edge-web:
    configSrc: local
    ingress: [{hostname: app.example.com, service: http://web:3000}]
";
    let world = World::new(&edge(local), &["example.com"]);
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: create (new)
        2 dns_record.app.example.com: create (new)
    ");
}

#[test]
fn a_tunnel_of_the_other_config_source_is_never_replaced() {
    let world = World::new(&edge(WEB), &["example.com"]);
    world.add_tunnel("edge-web", "local");
    assert_snapshot!(world.refused(), @r#"
        tunctl::immutable_field: field cannot be changed in place
          at `edge-web`: `configSrc` is "cloudflare" here and "local" at Cloudflare
          help: a tunnel is never replaced: its id and every connector's token would change. Either declare `configSrc` as it is at Cloudflare, or migrate by hand: in the dashboard choose "Migrate" for a locally configured tunnel; the other direction needs a new tunnel under a new name, its hostnames moved over, and then the old one removed
    "#);
}

#[test]
fn two_living_tunnels_of_the_declared_name_are_both_shown() {
    let world = World::edge(WEB);
    let twin = world.twin_of("edge-web");
    let label = world.refusal()[0].labels[0].1.clone();
    assert!(label.contains(&twin), "{label}");
    assert!(label.contains(&world.tunnel("edge-web")), "{label}");
    assert_snapshot!(world.refused(), @r"
        tunctl::ambiguous_object: two objects have this name
          at `edge-web`: `tunnel.edge-web` could be any of: an object (id [id]), an object (id [id])
          help: delete or rename all but one at Cloudflare
    ");
}

#[test]
fn a_hostname_in_two_tunnels_is_an_error_at_both_places() {
    let twice = "tunnels:
  edge-one: {ingress: [{hostname: app.example.com, service: http://one:1}]}
  edge-two: {ingress: [{hostname: app.example.com, service: http://two:2}]}
";
    let world = World::new(&edge(twice), &["example.com"]);
    assert_snapshot!(world.unreadable(), @r"
        tunctl::duplicate_hostname: hostname leads to two tunnels
          at `app.example.com`: `app.example.com` again
          at `app.example.com`: first declared here
          help: let one tunnel have it: write `dns: {exclude: [app.example.com]}` in the other
    ");
}

#[test]
fn a_hostname_in_two_tunnels_is_fine_if_one_makes_no_records() {
    let once = "tunnels:
  edge-one: {ingress: [{hostname: app.example.com, service: http://one:1}]}
  edge-two: {dns: none, ingress: [{hostname: app.example.com, service: http://two:2}]}
";
    let world = World::new(&edge(once), &["example.com"]);
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-one: create (new)
        1 tunnel.edge-two: create (new)
        2 tunnel_config.edge-one: create (new)
        2 tunnel_config.edge-two: create (new)
        3 dns_record.app.example.com: create (new)
    ");
}

#[test]
fn a_hostname_in_two_tunnels_is_fine_if_one_excludes_it() {
    let once = "tunnels:
  edge-one: {ingress: [{hostname: app.example.com, service: http://one:1}]}
  edge-two:
    dns: {exclude: [app.example.com], hostnames: [two.example.com]}
    ingress: [{hostname: app.example.com, service: http://two:2}]
";
    let world = World::new(&edge(once), &["example.com"]);
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-one: create (new)
        1 tunnel.edge-two: create (new)
        2 tunnel_config.edge-one: create (new)
        2 tunnel_config.edge-two: create (new)
        3 dns_record.app.example.com: create (new)
        3 dns_record.two.example.com: create (new)
    ");
}

#[test]
fn a_zone_is_chosen_on_label_boundaries() {
    let other = WEB.replace("app.example.com", "myexample.com");
    let world = World::new(&edge(&other), &["example.com", "example.org"]);
    assert_snapshot!(world.refused(), @r"
        tunctl::zone_not_visible: name has no place in this account
          at `myexample.com`: no zone for `myexample.com`
          help: the token sees these zones of the account: example.com, example.org; give it `Zone: Read` and `DNS: Edit` for the right one, or correct the name
    ");
}

#[test]
fn the_longest_zone_that_matches_is_chosen() {
    let zones = ["example.com", "sub.example.com"];
    let below = WEB.replace("app.example.com", "app.sub.example.com");
    let world = World::converged(&edge(&below), &zones);
    assert_eq!(
        world
            .records("sub.example.com", "app.sub.example.com")
            .len(),
        1
    );
    assert_eq!(world.records("example.com", "app.sub.example.com").len(), 0);
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn our_record_in_the_zone_above_its_own_is_no_longer_declared() {
    let below = WEB.replace("app.example.com", "app.sub.example.com");
    let world = World::converged(&edge(&below), &["example.com"]);
    world.zone("sub.example.com");
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.sub.example.com: create (new)
        1 dns_record.app.sub.example.com@example.com: delete (undeclared)
    ");
    let outcome = world.apply();
    assert!(!outcome.failed(), "{outcome:#?}");
    assert!(world.plan().is_empty());
}

#[test]
fn the_apex_of_a_zone_can_be_a_hostname() {
    let world = World::new(&edge(&WEB.replace("app.", "")), &["example.com"]);
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.example.com: create (new)
    ");
}

#[test]
fn without_any_zone_the_help_says_which_permissions_show_one() {
    let world = World::new(&edge(WEB), &[]);
    assert_snapshot!(world.refused(), @r"
        tunctl::zone_not_visible: name has no place in this account
          at `app.example.com`: no zone for `app.example.com`
          help: the token sees no zone of this account: give it `Zone: Read` and `DNS: Edit` for the zone, or set `dns: none`
    ");
}

#[test]
fn all_reasons_against_a_plan_are_told_at_once() {
    let two = "tunnels:
  edge-web:
    ingress:
      - {hostname: app.example.com, service: http://web:3000}
      - {hostname: app.example.net, service: http://web:3000}
      - {hostname: app.example.org, service: http://web:3000}
";
    let world = World::new(&edge(two), &["example.com"]);
    world.add_record(
        "example.com",
        &json!({"type": "A", "name": "app.example.com", "content": "192.0.2.1"}),
    );
    let codes: Vec<_> = world.refusal().iter().map(|it| it.code).collect();
    assert_eq!(
        codes,
        [
            "tunctl::foreign_object",
            "tunctl::zone_not_visible",
            "tunctl::zone_not_visible"
        ]
    );
}

#[test]
fn a_hostname_in_capitals_and_unicode_is_one_dns_name() {
    let odd = WEB.replace("app.example.com", "B\u{fc}cher.Example.COM");
    let world = World::edge(&odd);
    assert_snapshot!(describe(&world.plan()), @"in sync");
    assert_eq!(
        world
            .records("example.com", "xn--bcher-kva.example.com")
            .len(),
        1
    );
}

#[test]
fn a_fingerprint_is_of_what_would_be_done_to_what_was_seen() {
    let mut world = World::edge(WEB);
    world.declare(&edge("tunnels: {edge-api: {}}"));
    let seen = of_plan(&world.plan());
    assert_eq!(of_plan(&world.plan()), seen);
    world.connect("edge-web");
    assert_eq!(of_plan(&world.plan()), seen, "connectors come and go");
    world.edit_record(
        "example.com",
        "app.example.com",
        &json!({"comment": "tunctl:edge or not"}),
    );
    assert_ne!(of_plan(&world.plan()), seen);
}
