//! What may be deleted, and what never is.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::describe::describe;
use crate::support::world::{WEB, World, edge, record};

const ZONE: &str = "example.com";
const APP: &str = "app.example.com";

/// A stack that declares one tunnel without hostnames, so that what was `edge-web`'s goes.
const WITHOUT: &str = "tunnels: {edge-api: {}}\n";

/// The account of [`WEB`] with the tunnel that stays.
fn leftover() -> World {
    let mut world = World::edge(&format!("{WEB}  edge-api: {{}}\n"));
    world.declare(&edge(WITHOUT));
    world
}

#[test]
fn what_is_no_longer_declared_and_ours_goes_records_first() {
    assert_snapshot!(describe(&leftover().plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        2 tunnel.edge-web: delete (undeclared)
    ");
}

#[test]
fn a_tunnel_that_no_pattern_covers_stays() {
    let world = World::edge(WEB);
    world.add_tunnel("by-hand", "cloudflare");
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_record_made_by_hand_stays_although_it_leads_to_our_tunnel() {
    let world = World::edge(WEB);
    world.add_record(
        ZONE,
        &record("CNAME", "extra.example.com", &world.target("edge-web")),
    );
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_record_made_by_hand_goes_if_the_manifest_removes_it() {
    let removing = format!("{WEB}removed: [dns_record.extra.example.com]\n");
    let world = World::edge(&removing);
    world.add_record(
        ZONE,
        &record("CNAME", "extra.example.com", &world.target("edge-web")),
    );
    assert_snapshot!(describe(&world.plan()), @"1 dns_record.extra.example.com: delete (undeclared)");
}

#[test]
fn a_tunnel_that_no_pattern_covers_goes_if_the_manifest_removes_it() {
    let world = World::edge(&format!("{WEB}removed: [tunnel.by-hand]\n"));
    world.add_tunnel("by-hand", "cloudflare");
    assert_snapshot!(describe(&world.plan()), @"1 tunnel.by-hand: delete (undeclared)");
}

#[test]
fn what_was_removed_already_is_nothing() {
    let world = World::edge(&format!("{WEB}removed: [tunnel.by-hand]\n"));
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn what_is_declared_cannot_be_removed_too() {
    let world = World::new(
        &edge(&format!("{WEB}removed: [tunnel.edge-web]\n")),
        &[ZONE],
    );
    assert_snapshot!(world.unreadable(), @r"
        tunctl::removed_but_declared: object is declared and removed
          at `tunnel.edge-web`: to be deleted
          at `edge-web`: declared here
          help: drop one of the two
    ");
}

#[test]
fn what_is_ignored_is_neither_changed_nor_deleted() {
    let mut world = leftover();
    world.declare(&edge(&format!(
        "{WITHOUT}ignore: [dns_record.app.*, tunnel.edge-web]\n"
    )));
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn hostnames_of_an_ignored_tunnel_that_does_not_exist_are_refused_by_the_plan() {
    let world = World::new(&edge(&format!("{WEB}ignore: [tunnel.edge-web]\n")), &[ZONE]);
    assert_snapshot!(world.refused(), @r"
        tunctl::unresolved_reference: what this leads to does not exist
          at `[{hostname: app.example.com, service: http://web:3000}]`: `tunnel.edge-web` is ignored, and Cloudflare has none
          help: drop it from `ignore`, or ignore this too
        tunctl::unresolved_reference: what this leads to does not exist
          at `app.example.com`: `tunnel.edge-web` is ignored, and Cloudflare has none
          help: drop it from `ignore`, or ignore this too
    ");
}

#[test]
fn what_is_declared_and_ignored_is_let_go_of() {
    let mut world = World::edge(WEB);
    world.edit_record(ZONE, APP, &json!({"proxied": false}));
    world.declare(&edge(&format!(
        "{WEB}ignore: [dns_record.app.example.com]\n"
    )));
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn the_record_of_another_stack_at_a_declared_name_is_an_error() {
    let world = World::edge(WEB);
    world.edit_record(ZONE, APP, &json!({"comment": "tunctl:shop ours"}));
    assert_snapshot!(world.refused(), @r"
        tunctl::other_stack: object belongs to another stack
          at `app.example.com`: `dns_record.app.example.com` carries the mark of stack `shop`
          help: declare it in one stack only; remove it from the other one first
    ");
}

#[test]
fn a_stack_does_not_own_what_a_stack_with_a_longer_name_marked() {
    let world = leftover();
    world.edit_record(ZONE, APP, &json!({"comment": "tunctl:edge-eu"}));
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: delete (undeclared)
        guard foreign=1: `tunnel.edge-web` would be destroyed while these still lead to it: `dns_record.app.example.com` (stack `edge-eu`)
    ");
}

#[test]
fn the_mark_counts_only_as_the_first_word() {
    let world = leftover();
    world.edit_record(ZONE, APP, &json!({"comment": "was tunctl:edge"}));
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: delete (undeclared)
        guard foreign=1: `tunnel.edge-web` would be destroyed while these still lead to it: `dns_record.app.example.com` (not ours)
    ");
}

#[test]
fn the_mark_with_the_users_own_words_is_the_mark() {
    let world = leftover();
    world.edit_record(ZONE, APP, &json!({"comment": "tunctl:edge but ask ops"}));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        2 tunnel.edge-web: delete (undeclared)
    ");
}

#[test]
fn our_mark_on_a_record_that_leads_elsewhere_is_left_alone_and_said() {
    let world = leftover();
    world.edit_record(ZONE, APP, &json!({"content": "shop.example.net"}));
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: delete (undeclared)
        warning tunctl::mark_without_meaning: `dns_record.app.example.com` carries this stack's mark and is left alone: it is CNAME shop.example.net now
    ");
}

#[test]
fn our_mark_on_an_address_is_left_alone_and_said() {
    let world = World::edge(WEB);
    let mut marked = record("A", "addr.example.com", "192.0.2.1");
    marked["comment"] = json!("tunctl:edge");
    world.add_record(ZONE, &marked);
    assert_snapshot!(describe(&world.plan()), @r"
        in sync
        warning tunctl::mark_without_meaning: `dns_record.addr.example.com` carries this stack's mark and is left alone: it is A 192.0.2.1 now
    ");
}

#[test]
fn two_living_tunnels_of_an_owned_name_are_an_error_that_names_both() {
    let world = leftover();
    let ids = [world.tunnel("edge-web"), world.twin_of("edge-web")];
    let problem = format!("{:?}", world.refusal());
    assert!(ids.iter().all(|id| problem.contains(id)), "{problem}");
    assert_snapshot!(world.refused(), @r"
        tunctl::ambiguous_object: two objects are `tunnel.edge-web`, which would be deleted: [id], [id]
          help: delete or rename one of them at Cloudflare
    ");
}

#[test]
fn what_another_manifest_of_the_run_declares_is_an_error_that_names_it() {
    let mut world = World::edge(WEB);
    world.elsewhere(&["tunnel.edge-web"], "shop");
    assert_snapshot!(world.refused(), @r"
        tunctl::claimed_twice: two stacks declare the same object
          at `edge-web`: stack `shop` declares `tunnel.edge-web` too
          help: declare it in one stack only
    ");
}

#[test]
fn what_another_manifest_of_the_run_declares_is_never_deleted() {
    let mut world = leftover();
    world.elsewhere(
        &[
            "tunnel.edge-web",
            "tunnel_config.edge-web",
            "dns_record.app.example.com",
        ],
        "shop",
    );
    assert_snapshot!(describe(&world.plan()), @r"
        in sync
        warning tunctl::mark_without_meaning: `dns_record.app.example.com` carries this stack's mark, and stack `shop` declares it
    ");
}

#[test]
fn without_deletions_what_is_no_longer_declared_stays() {
    let mut world = leftover();
    world.policy = tunctl::plan::Policy::KeepAll;
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn the_records_of_a_zone_in_which_nothing_is_declared_are_still_ours() {
    let org = WEB.replace("app.example.com", "app.example.org");
    let mut world = World::converged(&edge(&org), &[ZONE, "example.org"]);
    world.declare(&edge(WEB));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 dns_record.app.example.org: delete (undeclared)
        2 tunnel_config.edge-web: update (differs)
            ingress: [{"hostname":"app.example.org","service":"http://web:3000"},{"service":"http_status:404"}] → [{"hostname":"app.example.com","service":"http://web:3000"},{"service":"http_status:404"}]
        3 dns_record.app.example.com: create (new)
    "#);
}

#[test]
fn a_zone_that_may_not_be_read_is_a_warning_if_nothing_is_declared_there() {
    let world = World::converged(&edge(WEB), &[ZONE, "example.org"]);
    let path = format!("/zones/{}/dns_records", world.zone("example.org"));
    world.fault(&json!({"path": path, "effect": "denied"}));
    let (survey, plan) = world.try_plan().expect("a plan");
    assert_snapshot!(describe(&plan), @"in sync");
    let warnings: Vec<_> = survey
        .warnings
        .iter()
        .map(|it| it.message.as_str())
        .collect();
    assert_snapshot!(warnings.join("\n"), @"the token may not read the `dns_record` objects of `example.org`; none of them will be changed");
}

#[test]
fn a_zone_that_may_not_be_read_is_an_error_if_something_is_declared_there() {
    let world = World::edge(WEB);
    let path = format!("/zones/{}/dns_records", world.zone(ZONE));
    world.fault(&json!({"path": path, "effect": "denied"}));
    let codes: Vec<_> = world.refusal().iter().map(|it| it.code).collect();
    assert_eq!(codes, ["test::unread"]);
}
