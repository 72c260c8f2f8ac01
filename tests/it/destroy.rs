//! The end of a whole stack.

use insta::assert_snapshot;
use tunctl::plan::Policy;

use crate::support::describe::{describe, ends};
use crate::support::world::{WEB, World, edge, record};

fn ending(sections: &str) -> World {
    let mut world = World::edge(sections);
    world.policy = Policy::Destroy;
    world
}

#[test]
fn everything_goes_records_first() {
    let world = ending(WEB);
    world.add_tunnel("by-hand", "cloudflare");
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        2 tunnel.edge-web: delete (undeclared)
    ");
    world.forget_requests();
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: done
        delete tunnel.edge-web: done
    ");
    assert_snapshot!(world.writes(), @r"
        POST /zones/example.com/dns_records/batch 200
        DELETE /accounts/ACCOUNT/cfd_tunnel/edge-web 200
    ");
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn what_is_declared_and_what_is_only_owned_goes() {
    let mut world = ending(&format!("{WEB}  edge-old: {{}}\n"));
    world.declare(&edge(WEB));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        1 tunnel.edge-old: delete (undeclared)
        2 tunnel.edge-web: delete (undeclared)
    ");
}

#[test]
fn counts_and_the_empty_state_are_lifted() {
    let many: Vec<String> = (0..20).map(|it| format!("  edge-{it}: {{}}")).collect();
    let mut world = ending(&format!("tunnels:\n{}\n", many.join("\n")));
    assert!(world.plan().findings.is_empty());
    world.declare(&edge(""));
    let plan = world.plan();
    assert_eq!((plan.changes().count(), plan.findings.len()), (20, 0));
}

#[test]
fn protection_is_never_lifted() {
    let world = ending(&format!("{WEB}    protect: true\n"));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        2 tunnel.edge-web: delete (undeclared)
        guard protect=1: `tunnel.edge-web` is protected; remove the protection in a change of its own first
    ");
}

#[test]
fn live_connectors_are_shown() {
    let world = ending(WEB);
    world.connect("edge-web");
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        2 tunnel.edge-web: delete (undeclared)
        guard live=1: these would be destroyed while connectors are connected to them; stop the connectors, or name them in `removed`: `tunnel.edge-web`
    ");
}

#[test]
fn what_others_made_stays_and_is_shown() {
    let world = ending(WEB);
    world.add_record(
        "example.com",
        &record("CNAME", "x.example.com", &world.target("edge-web")),
    );
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        2 tunnel.edge-web: delete (undeclared)
        guard foreign=1: `tunnel.edge-web` would be destroyed while these still lead to it: `dns_record.x.example.com` (not ours)
    ");
}

#[test]
fn what_is_ignored_stays() {
    let mut world = ending(WEB);
    world.declare(&edge(&format!("{WEB}ignore: [tunnel.edge-web]\n")));
    assert_snapshot!(describe(&world.plan()), @"1 dns_record.app.example.com: delete (undeclared)");
}

#[test]
fn a_foreign_record_at_a_declared_name_stays() {
    let mut world = World::edge(WEB);
    world.delete_record("example.com", "app.example.com");
    world.add_record("example.com", &record("A", "app.example.com", "192.0.2.1"));
    world.policy = Policy::Destroy;
    assert_snapshot!(describe(&world.plan()), @"1 tunnel.edge-web: delete (undeclared)");
}

#[test]
fn what_another_manifest_of_the_run_declares_is_an_error() {
    let mut world = ending(WEB);
    world.elsewhere(&["tunnel.edge-web"], "shop");
    assert_snapshot!(world.refused(), @r"
        tunctl::claimed_twice: two stacks declare the same object
          at `edge-web`: stack `shop` declares `tunnel.edge-web` too
          help: declare it in one stack only
    ");
}
