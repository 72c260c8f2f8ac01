//! `--target`, `--exclude`: a part of a plan that is still a plan.

use insta::assert_snapshot;
use serde_json::json;
use tunctl::plan::select::Selection;

use crate::support::describe::describe;
use crate::support::world::{WEB, World, edge};

const TWO: &str = "tunnels:
  edge-one:
    ingress:
      - {hostname: a.example.com, service: http://one:1}
      - {hostname: b.example.com, service: http://one:1}
  edge-two: {ingress: [{hostname: c.example.com, service: http://two:2}]}
";

fn selected(world: &mut World, target: &[&str], exclude: &[&str]) -> String {
    let owned = |patterns: &[&str]| {
        patterns
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<Vec<_>>()
    };
    world.selection = Selection::new(&owned(target), &owned(exclude)).expect("globs");
    describe(&world.plan())
}

#[test]
fn a_tunnel_stands_for_what_was_lowered_from_it() {
    let mut world = World::new(&edge(TWO), &["example.com"]);
    assert_snapshot!(selected(&mut world, &["tunnel.edge-two"], &[]), @r"
        1 tunnel.edge-two: create (new)
        2 tunnel_config.edge-two: create (new)
        3 dns_record.c.example.com: create (new)
    ");
}

#[test]
fn a_target_brings_what_it_refers_to() {
    let mut world = World::new(&edge(TWO), &["example.com"]);
    assert_snapshot!(selected(&mut world, &["dns_record.a.example.com"], &[]), @r"
        1 tunnel.edge-one: create (new)
        2 tunnel_config.edge-one: create (new)
        3 dns_record.a.example.com: create (new)
    ");
}

#[test]
fn a_target_is_a_glob() {
    let mut world = World::edge(TWO);
    for host in ["a.example.com", "b.example.com", "c.example.com"] {
        world.edit_record("example.com", host, &json!({"proxied": false}));
    }
    assert_snapshot!(selected(&mut world, &["dns_record.[ac].*"], &[]), @r"
        1 dns_record.a.example.com: update (differs)
            proxied: false → true
        1 dns_record.c.example.com: update (differs)
            proxied: false → true
    ");
}

#[test]
fn an_exclusion_takes_along_what_cannot_be_made_without_it() {
    let mut world = World::new(&edge(TWO), &["example.com"]);
    assert_snapshot!(selected(&mut world, &[], &["tunnel_config.edge-one"]), @r"
        1 tunnel.edge-one: create (new)
        1 tunnel.edge-two: create (new)
        2 tunnel_config.edge-two: create (new)
        3 dns_record.c.example.com: create (new)
    ");
}

#[test]
fn an_excluded_tunnel_stays_away_with_everything_of_it() {
    let mut world = World::new(&edge(TWO), &["example.com"]);
    assert_snapshot!(selected(&mut world, &[], &["tunnel.edge-one"]), @r"
        1 tunnel.edge-two: create (new)
        2 tunnel_config.edge-two: create (new)
        3 dns_record.c.example.com: create (new)
    ");
}

#[test]
fn an_exclusion_wins_over_a_target() {
    let mut world = World::new(&edge(TWO), &["example.com"]);
    assert_snapshot!(selected(&mut world, &["tunnel.edge-one"], &["dns_record.a.*"]), @r"
        1 tunnel.edge-one: create (new)
        2 tunnel_config.edge-one: create (new)
        3 dns_record.b.example.com: create (new)
    ");
}

#[test]
fn a_tunnel_that_goes_takes_its_records_along() {
    let mut world = World::edge(&format!("{TWO}  edge-api: {{}}\n"));
    world.declare(&edge("tunnels: {edge-api: {}}\n"));
    assert_snapshot!(selected(&mut world, &["tunnel.edge-two"], &[]), @r"
        1 dns_record.c.example.com: delete (undeclared)
        2 tunnel.edge-two: delete (undeclared)
    ");
}

#[test]
fn a_tunnel_that_goes_while_its_record_is_excluded_is_stopped_by_a_guard() {
    let mut world = World::edge(&format!("{WEB}  edge-api: {{}}\n"));
    world.declare(&edge("tunnels: {edge-api: {}}\n"));
    assert_snapshot!(selected(&mut world, &[], &["dns_record.*"]), @r"
        1 tunnel.edge-web: delete (undeclared)
        guard foreign=1: `tunnel.edge-web` would be destroyed while these still lead to it: `dns_record.app.example.com` (not part of this plan)
    ");
}

#[test]
fn a_target_that_nothing_has_selects_nothing() {
    let mut world = World::new(&edge(TWO), &["example.com"]);
    assert_snapshot!(selected(&mut world, &["tunnel.nobody"], &[]), @"in sync");
}

#[test]
fn a_pattern_that_is_no_glob_is_refused() {
    assert!(Selection::new(&["tunnel.[".to_owned()], &[]).is_err());
    assert!(Selection::new(&[], &["tunnel.{".to_owned()]).is_err());
}
