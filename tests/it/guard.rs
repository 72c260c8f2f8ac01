//! Limits, protection, and what stops a deletion: each guard just below and just above.

use insta::assert_snapshot;
use serde_json::{Value, json};

use tunctl::plan::Guard;

use crate::support::describe::describe;
use crate::support::tunctl::{Account, Tunctl};
use crate::support::world::{WEB, World, edge, mesh, record};

const ZONE: &str = "example.com";
const APP: &str = "app.example.com";

/// `count` tunnels without hostnames, named from `first` on.
fn tunnels(first: usize, count: usize) -> String {
    let entries = (first..first + count).map(|it| format!("  edge-{it:02}: {{}}\n"));
    format!("tunnels:\n{}", entries.collect::<String>())
}

/// One tunnel with hostnames `h0` to `h(count-1)`, each led to a port.
fn hosts(count: usize, port: u16) -> String {
    let rule =
        |it| format!("      - {{hostname: h{it}.example.com, service: http://web:{port}}}\n");
    let rules: String = (0..count).map(rule).collect();
    format!("tunnels:\n  edge-web:\n    ingress:\n{rules}")
}

fn lifting(sections: &str, limits: &str) -> String {
    edge(&format!("{sections}limits: {{{limits}}}\n"))
}

/// The guards that a change of the manifest fails, `name=value`.
fn guards(before: &str, after: &str) -> Vec<String> {
    let mut world = World::edge(before);
    world.declare(after);
    failed(&world)
}

fn failed(world: &World) -> Vec<String> {
    let findings = world.plan().findings.into_iter();
    findings
        .map(|it| format!("{}={}", it.guard.name(), it.value))
        .collect()
}

#[test]
fn as_many_deletions_as_the_limit_says_pass() {
    let after = lifting(&tunnels(0, 1), "deletes: 2");
    assert_eq!(guards(&tunnels(0, 3), &after), [""; 0]);
}

#[test]
fn one_deletion_more_than_the_limit_says_does_not_pass() {
    let mut world = World::edge(&tunnels(0, 4));
    world.declare(&lifting(&tunnels(0, 1), "deletes: 2"));
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-01: delete (undeclared)
        1 tunnel.edge-02: delete (undeclared)
        1 tunnel.edge-03: delete (undeclared)
        guard deletes=3: 3 objects would be destroyed and 0 hostnames and networks no longer served; `limits.deletes` is 2
    ");
}

#[test]
fn ten_deletions_pass_unless_the_manifest_says_otherwise() {
    let after = lifting(&tunnels(0, 30), "deletePercent: 100");
    assert_eq!(guards(&tunnels(0, 40), &after), [""; 0]);
    assert_eq!(guards(&tunnels(0, 41), &after), ["deletes=11"]);
}

#[test]
fn a_deleted_tunnel_counts_with_its_hostnames_and_without_its_configuration() {
    let before = format!("{}  edge-api: {{}}\n", hosts(3, 1));
    let after = "tunnels: {edge-api: {}}\n";
    assert_eq!(guards(&before, &lifting(after, "deletes: 4")), [""; 0]);
    assert_eq!(
        guards(&before, &lifting(after, "deletes: 3")),
        ["deletes=4"]
    );
}

#[test]
fn a_hostname_counts_also_if_only_its_rule_goes() {
    let before = hosts(3, 1).replace("edge-web:\n", "edge-web:\n    dns: none\n");
    let after = hosts(1, 1).replace("edge-web:\n", "edge-web:\n    dns: none\n");
    assert_eq!(guards(&before, &lifting(&after, "deletes: 2")), [""; 0]);
    assert_eq!(
        guards(&before, &lifting(&after, "deletes: 1")),
        ["deletes=2"]
    );
}

#[test]
fn a_deleted_tunnel_counts_with_the_hostnames_that_have_no_record() {
    let unnamed = hosts(3, 1).replace("edge-web:\n", "edge-web:\n    dns: none\n");
    let before = format!("{unnamed}  edge-api: {{}}\n");
    let after = "tunnels: {edge-api: {}}\n";
    assert_eq!(guards(&before, &lifting(after, "deletes: 4")), [""; 0]);
    assert_eq!(
        guards(&before, &lifting(after, "deletes: 3")),
        ["deletes=4"]
    );
}

#[test]
fn a_hostname_that_loses_record_and_rule_counts_once() {
    let after = lifting(&hosts(1, 1), "deletes: 2");
    assert_eq!(guards(&hosts(3, 1), &after), [""; 0]);
    let after = lifting(&hosts(1, 1), "deletes: 1");
    assert_eq!(guards(&hosts(3, 1), &after), ["deletes=2"]);
}

#[test]
fn a_hostname_that_moves_is_not_gone() {
    let after = lifting(&hosts(3, 1).replace("edge-web", "edge-new"), "deletes: 1");
    assert_eq!(guards(&hosts(3, 1), &after), [""; 0]);
}

#[test]
fn a_hostname_that_is_still_served_does_not_lose_its_record() {
    let mut world = World::edge(WEB);
    world.declare(&edge(&format!("{WEB}    dns: none\n")));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        guard lost=1: the manifest still serves these hostnames, and their records would be destroyed: `app.example.com`
    ");
}

#[test]
fn a_hostname_does_not_move_from_a_live_tunnel_to_a_dark_one() {
    let two = format!("{WEB}  edge-new: {{}}\n");
    let mut world = World::edge(&two);
    world.connect("edge-web");
    let moved = WEB.replace("edge-web", "edge-new");
    world.declare(&edge(&format!("{moved}  edge-web: {{}}\n")));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-new: create (new)
        2 dns_record.app.example.com: update (differs)
            target: "tunnel.edge-web" → "tunnel.edge-new"
        guard dark=1: these would move from a tunnel with live connectors to one without: `app.example.com`
    "#);
    world.connect("edge-new");
    assert_eq!(failed(&world), [""; 0]);
    world.disconnect("edge-web");
    world.disconnect("edge-new");
    assert_eq!(failed(&world), [""; 0]);
}

#[test]
fn a_tunnel_with_live_connectors_is_not_deleted_unless_the_manifest_names_it() {
    let mut world = World::edge(WEB);
    let after = "tunnels: {edge-api: {}}\n";
    world.declare(&edge(after));
    assert_eq!(failed(&world), [""; 0]);
    world.connect("edge-web");
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        1 tunnel.edge-api: create (new)
        2 tunnel.edge-web: delete (undeclared)
        guard live=1: these would be destroyed while connectors are connected to them; stop the connectors, or name them in `removed`: `tunnel.edge-web`
    ");
    world.declare(&edge(&format!("{after}removed: [tunnel.edge-web]\n")));
    assert_eq!(failed(&world), [""; 0]);
}

#[test]
fn a_share_of_deletions_counts_from_ten_objects_on() {
    assert_eq!(guards(&tunnels(0, 9), &edge(&tunnels(0, 1))), [""; 0]);
    assert_eq!(
        guards(&tunnels(0, 10), &edge(&tunnels(0, 1))),
        ["deletePercent=90"]
    );
}

#[test]
fn a_share_of_deletions_passes_at_the_limit_and_not_above() {
    assert_eq!(guards(&tunnels(0, 10), &edge(&tunnels(0, 7))), [""; 0]);
    assert_eq!(
        guards(&tunnels(0, 10), &edge(&tunnels(0, 6))),
        ["deletePercent=40"]
    );
}

#[test]
fn a_share_is_rounded_up_so_that_the_number_shown_lifts_the_guard() {
    let mut world = World::edge(&tunnels(0, 11));
    world.declare(&edge(&tunnels(0, 7)));
    let finding = world.plan().findings.remove(0);
    assert_eq!(finding.value, 37);
    let lifted = finding.lifted_by().expect("a guard that can be lifted");
    assert_eq!(lifted, "--allow deletePercent=37");
    let allowance = |text: &str| text.parse::<tunctl::plan::guard::Allowance>().expect("one");
    assert!(allowance("deletePercent=37").covers(&finding));
    assert!(!allowance("deletePercent=36").covers(&finding));
    assert!(!allowance("deletes=99").covers(&finding));
}

#[test]
fn what_is_not_ours_is_no_part_of_the_share() {
    let mut world = World::edge(&tunnels(0, 9));
    for it in 0..20 {
        world.add_tunnel(&format!("by-hand-{it}"), "cloudflare");
    }
    world.declare(&edge(&tunnels(0, 1)));
    assert_eq!(failed(&world), [""; 0]);
}

#[test]
fn a_share_of_changes_passes_at_the_limit_and_not_above() {
    let world = World::edge(&hosts(10, 1));
    let unproxied = |host: usize| {
        world.edit_record(
            ZONE,
            &format!("h{host}.example.com"),
            &json!({"proxied": false}),
        );
    };
    (0..3).for_each(unproxied);
    assert_eq!(failed(&world), [""; 0]);
    unproxied(3);
    assert_eq!(failed(&world), ["updatePercent=40"]);
}

#[test]
fn new_objects_are_no_change_of_what_is_there() {
    assert_eq!(guards(&hosts(10, 1), &edge(&hosts(30, 1))), [""; 0]);
}

#[test]
fn an_empty_desired_state_is_refused() {
    let mut world = World::edge(WEB);
    world.declare(&edge(""));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        2 tunnel.edge-web: delete (undeclared)
        guard empty=2: the manifest declares nothing; everything that the stack owns would be destroyed
    ");
}

#[test]
fn an_empty_desired_state_of_a_stack_that_owns_nothing_is_nothing() {
    let world = World::new(&edge(""), &[ZONE]);
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_protected_tunnel_is_not_deleted() {
    let mut world = World::edge(WEB);
    world.declare(&edge(
        "protected: [tunnel.edge-*]\ntunnels: {edge-api: {}}\n",
    ));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        1 tunnel.edge-api: create (new)
        2 tunnel.edge-web: delete (undeclared)
        guard protect=1: `tunnel.edge-web` is protected; remove the protection in a change of its own first
    ");
}

#[test]
fn a_protected_record_is_not_deleted() {
    let mut world = World::edge(WEB);
    world.declare(&edge(
        "protected: [dns_record.*.example.com]\ntunnels: {edge-api: {}}\n",
    ));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        1 tunnel.edge-api: create (new)
        2 tunnel.edge-web: delete (undeclared)
        guard protect=1: `dns_record.app.example.com` is protected; remove the protection in a change of its own first
    ");
}

#[test]
fn what_is_protected_may_still_be_changed() {
    let protecting = format!("{WEB}    protect: true\nprotected: [\"*.app.example.com\"]\n");
    let world = World::edge(&protecting);
    world.edit_record(ZONE, APP, &json!({"proxied": false}));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: update (differs)
            proxied: false → true
    ");
}

#[test]
fn nothing_lifts_a_protection_but_the_manifest() {
    let mut world = World::edge(WEB);
    world.declare(&edge(
        "protected: [tunnel.edge-web]\ntunnels: {edge-api: {}}\n",
    ));
    let finding = world.plan().findings.remove(0);
    assert_eq!(finding.lifted_by(), None);
    assert!(
        "protect=1"
            .parse::<tunctl::plan::guard::Allowance>()
            .is_err()
    );
}

#[test]
fn a_tunnel_to_which_a_record_made_by_hand_leads_is_not_deleted() {
    let mut world = World::edge(WEB);
    world.add_record(
        ZONE,
        &record("CNAME", "extra.example.com", &world.target("edge-web")),
    );
    world.declare(&edge("tunnels: {edge-api: {}}\n"));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        1 tunnel.edge-api: create (new)
        2 tunnel.edge-web: delete (undeclared)
        guard foreign=1: `tunnel.edge-web` would be destroyed while these still lead to it: `dns_record.extra.example.com` (not ours)
    ");
}

#[test]
fn a_tunnel_to_which_an_ignored_record_leads_is_not_deleted() {
    let mut world = World::edge(WEB);
    world.declare(&edge(
        "ignore: [dns_record.app.*]\ntunnels: {edge-api: {}}\n",
    ));
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-api: create (new)
        1 tunnel.edge-web: delete (undeclared)
        guard foreign=1: `tunnel.edge-web` would be destroyed while these still lead to it: `dns_record.app.example.com` (ignored)
    ");
}

#[test]
fn a_tunnel_to_which_another_stacks_record_leads_is_not_deleted() {
    let mut world = World::edge(WEB);
    let mut shop = record("CNAME", "shop.example.com", &world.target("edge-web"));
    shop["comment"] = json!("tunctl:shop");
    world.add_record(ZONE, &shop);
    world.declare(&edge("tunnels: {edge-api: {}}\n"));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        1 tunnel.edge-api: create (new)
        2 tunnel.edge-web: delete (undeclared)
        guard foreign=1: `tunnel.edge-web` would be destroyed while these still lead to it: `dns_record.shop.example.com` (stack `shop`)
    ");
}

#[test]
fn a_foreign_record_in_a_zone_where_nothing_is_declared_counts_too() {
    let mut world = World::converged(&edge(WEB), &[ZONE, "example.org"]);
    let target = world.target("edge-web");
    world.add_record("example.org", &record("CNAME", "www.example.org", &target));
    world.declare(&edge("tunnels: {edge-api: {}}\n"));
    assert_eq!(failed(&world), ["foreign=1"]);
}

#[test]
fn a_guard_is_lifted_by_a_number_or_by_its_name_alone() {
    let allowance = |text: &str| text.parse::<tunctl::plan::guard::Allowance>();
    assert!(allowance("deletes=12").is_ok());
    assert!(allowance("empty").is_ok());
    assert_snapshot!(allowance("deletes").unwrap_err(), @"write the number that you accept: deletes=N");
    assert_snapshot!(allowance("protect=1").unwrap_err(), @"no guard `protect`; one of deletes, deletePercent, updatePercent, foreign, lost, dark, live, default, empty, rollback");
}

/// Nothing but a tunnel that serves nothing.
const API: &str = "tunnels: {edge-api: {}}\n";

/// The same for the guards of what is served: the account and the manifest.
fn served(guard: Guard, trips: bool) -> (World, String) {
    let api = API;
    match guard {
        Guard::Foreign => {
            let world = World::edge(WEB);
            let target = world.target("edge-web");
            let target = if trips {
                target.as_str()
            } else {
                "elsewhere.example.org"
            };
            world.add_record(ZONE, &record("CNAME", "extra.example.com", target));
            (world, edge(api))
        }
        Guard::Lost => {
            let gone = "tunnels: {edge-web: {ingress: [{service: http://web:3000}]}}\n";
            let unnamed = format!("{WEB}    dns: none\n");
            let after = if trips { unnamed.as_str() } else { gone };
            (World::edge(WEB), edge(after))
        }
        Guard::Dark => {
            let world = World::edge(&format!("{WEB}  edge-new: {{}}\n"));
            world.connect("edge-web");
            if !trips {
                world.connect("edge-new");
            }
            let moved = WEB.replace("edge-web", "edge-new");
            (world, edge(&format!("{moved}  edge-web: {{}}\n")))
        }
        Guard::Live => {
            let world = World::edge(WEB);
            world.connect("edge-web");
            if !trips {
                world.disconnect("edge-web");
            }
            (world, edge(api))
        }
        Guard::Protect
        | Guard::Deletes
        | Guard::DeletePercent
        | Guard::UpdatePercent
        | Guard::Default
        | Guard::Empty => unreachable!("it is no guard of what is served"),
    }
}

/// A world whose plan trips a guard, or one that comes as near as it may.
fn scene(guard: Guard, trips: bool) -> World {
    let api = API;
    let (mut world, after) = match guard {
        Guard::Protect => {
            let name = if trips { "edge-web" } else { "edge-we" };
            let protects = format!("protected: [tunnel.{name}]\n{api}");
            (World::edge(WEB), edge(&protects))
        }
        Guard::Deletes => {
            let kept = if trips { 1 } else { 2 };
            let after = lifting(&tunnels(0, kept), "deletes: 2");
            (World::edge(&tunnels(0, 4)), after)
        }
        Guard::DeletePercent => {
            let kept = if trips { 6 } else { 7 };
            (World::edge(&tunnels(0, 10)), edge(&tunnels(0, kept)))
        }
        Guard::UpdatePercent => {
            let world = World::edge(&hosts(10, 1));
            for host in 0..if trips { 4 } else { 3 } {
                let name = format!("h{host}.example.com");
                world.edit_record(ZONE, &name, &json!({"proxied": false}));
            }
            (world, edge(&hosts(10, 1)))
        }
        Guard::Foreign | Guard::Lost | Guard::Dark | Guard::Live => served(guard, trips),
        Guard::Default => {
            let lab = |is: &str| mesh(&format!("virtualNetworks: {{edge-lab: {{{is}}}}}\n{api}"));
            let changed = if trips {
                "default: true"
            } else {
                "comment: lab"
            };
            (World::converged(&lab(""), &[ZONE]), lab(changed))
        }
        Guard::Empty => (World::edge(WEB), edge(if trips { "" } else { api })),
    };
    world.declare(&after);
    world
}

#[test]
fn each_guard_stops_what_it_is_for_and_nothing_just_below() {
    for guard in Guard::ALL {
        let found = failed(&scene(guard, true));
        let names: Vec<&str> = found
            .iter()
            .map(|it| it.split('=').next().unwrap())
            .collect();
        assert_eq!(names, [guard.name()]);
        let below = scene(guard, false);
        assert_eq!(failed(&below), [""; 0], "{}", guard.name());
        assert!(
            !below.plan().is_empty(),
            "{}: it is about something",
            guard.name()
        );
    }
}

#[test]
fn a_plan_shows_what_an_apply_refuses() {
    let account = Account::new(&[ZONE]);
    let tunctl = Tunctl::in_ci(&edge(WEB));
    let url = account.url();
    let run = |words: &[&str]| tunctl.run(&[words, &["--api-url", &url]].concat());
    run(&["apply", "--auto-approve"]).code(0);
    let tunnel = account.id_of(
        &format!("/accounts/{}/cfd_tunnel", crate::support::world::ACCOUNT),
        "name",
        "edge-web",
    );
    let connectors = format!("/tunnels/{tunnel}/connectors");
    account.control("POST", &connectors, &json!({}));
    let gone = "tunnels: {edge-api: {}}\n";
    let unnamed = format!("{WEB}    dns: none\n");
    for (guard, sections, message) in [
        (
            "protect",
            format!("protected: [tunnel.*]\nremoved: [tunnel.edge-web]\n{gone}"),
            "`tunnel.edge-web` is protected",
        ),
        (
            "live",
            gone.to_owned(),
            "while connectors are connected to them",
        ),
        ("lost", unnamed, "the manifest still serves these hostnames"),
        (
            "deletes",
            format!("removed: [tunnel.edge-web]\nlimits: {{deletes: 1}}\n{gone}"),
            "`limits.deletes` is 1",
        ),
        (
            "empty",
            "removed: [tunnel.edge-web]\n".to_owned(),
            "the manifest declares nothing",
        ),
    ] {
        tunctl.write("tunctl.yaml", &edge(&sections));
        run(&["plan"]).code(0).says(message);
        account.control("DELETE", "/requests", &Value::Null);
        let ran = run(&["apply", "--auto-approve"]).code(3);
        ran.complains("Nothing was changed").complains(message);
        let wrote = account.control("GET", "/requests?wrote=true", &Value::Null);
        assert_eq!(wrote["result"]["requests"], json!([]), "{guard}");
    }
}
