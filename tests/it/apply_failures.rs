//! What goes wrong while a plan is carried out, and what is done about it.

use std::cell::RefCell;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tunctl::apply::Event;

use crate::support::describe::{describe, ends};
use crate::support::world::{Kill, WEB, World, edge, record};

const ZONE: &str = "example.com";
const APP: &str = "app.example.com";

const HOSTS: &str = "tunnels:
  edge-web:
    ingress:
      - {hostname: a.example.com, service: http://x:1}
      - {hostname: b.example.com, service: http://x:1}
      - {hostname: c.example.com, service: http://x:1}
      - {hostname: d.example.com, service: http://x:1}
      - {hostname: e.example.com, service: http://x:1}
";

/// The account of [`WEB`] whose manifest declares something else now.
fn leaving(on_delete: &str) -> World {
    let mut world = World::edge(WEB);
    let defaults = format!("defaults: {{onDelete: {{{on_delete}}}}}\n");
    world.declare(&edge(&format!("{defaults}tunnels: {{edge-api: {{}}}}\n")));
    world
}

fn reset_after(method: &str, path: &str) -> Value {
    json!({"method": method, "path": path, "count": 1, "effect": {"reset": "after"}})
}

fn reset_before(method: &str, path: &str) -> Value {
    json!({"method": method, "path": path, "effect": {"reset": "before"}})
}

#[test]
fn a_refused_batch_is_cut_until_the_culprit_is_alone() {
    let world = World::new(&edge(HOSTS), &[ZONE]);
    let planned = world.try_plan().expect("a plan");
    world.add_record(ZONE, &record("A", "c.example.com", "192.0.2.1"));
    world.forget_requests();
    assert_snapshot!(ends(&world.carry_out(&planned, &|_| {})), @r"
        create tunnel.edge-web: done
        create tunnel_config.edge-web: done
        create dns_record.a.example.com: done
        create dns_record.b.example.com: done
        create dns_record.c.example.com: failed tunctl::api_rejected, POST /zones/[id]/dns_records/batch failed: status 400, An A, AAAA, or CNAME record with that host already exists. (81053)
        create dns_record.d.example.com: done
        create dns_record.e.example.com: done
    ");
    assert_snapshot!(world.writes(), @r"
        POST /accounts/ACCOUNT/cfd_tunnel 200
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-web/configurations 200
        POST /zones/example.com/dns_records/batch 400
        POST /zones/example.com/dns_records/batch 200
        POST /zones/example.com/dns_records/batch 400
        POST /zones/example.com/dns_records/batch 400
        POST /zones/example.com/dns_records/batch 200
    ");
}

#[test]
fn a_refusal_that_is_not_about_the_records_is_not_cut() {
    let world = World::new(&edge(HOSTS), &[ZONE]);
    world.fault(&json!({"path": "**/batch", "effect": "denied"}));
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-web: done
        create tunnel_config.edge-web: done
        create dns_record.a.example.com: failed tunctl::api_forbidden, POST /zones/[id]/dns_records/batch failed: status 403, Authentication error (10000)
        create dns_record.b.example.com: failed tunctl::api_forbidden, POST /zones/[id]/dns_records/batch failed: status 403, Authentication error (10000)
        create dns_record.c.example.com: failed tunctl::api_forbidden, POST /zones/[id]/dns_records/batch failed: status 403, Authentication error (10000)
        create dns_record.d.example.com: failed tunctl::api_forbidden, POST /zones/[id]/dns_records/batch failed: status 403, Authentication error (10000)
        create dns_record.e.example.com: failed tunctl::api_forbidden, POST /zones/[id]/dns_records/batch failed: status 403, Authentication error (10000)
    ");
    assert_eq!(world.writes().matches("batch").count(), 1);
}

#[test]
fn a_configuration_that_moved_since_the_plan_is_not_written() {
    let world = World::edge(WEB);
    world.configure(
        "edge-web",
        &json!({"ingress": [{"service": "http://by-hand:1"}]}),
    );
    let planned = world.try_plan().expect("a plan");
    world.configure(
        "edge-web",
        &json!({"ingress": [{"service": "http://by-hand:2"}]}),
    );
    world.forget_requests();
    assert_snapshot!(ends(&world.carry_out(&planned, &|_| {})), @"update tunnel_config.edge-web: moved, it was changed meanwhile");
    assert_eq!(world.writes(), "");
}

#[test]
fn a_configuration_that_was_written_again_with_the_same_words_has_moved_too() {
    let world = World::edge(WEB);
    let by_hand = json!({"ingress": [{"service": "http://by-hand:1"}]});
    world.configure("edge-web", &by_hand);
    let planned = world.try_plan().expect("a plan");
    world.configure("edge-web", &by_hand);
    assert!(world.carry_out(&planned, &|_| {}).stale());
    assert_eq!(world.configured("edge-web")["version"], 3);
}

#[test]
fn a_configuration_that_was_made_since_the_plan_is_not_written() {
    let mut world = World::edge("tunnels: {edge-web: {}}");
    world.declare(&edge(WEB));
    let planned = world.try_plan().expect("a plan");
    world.configure(
        "edge-web",
        &json!({"ingress": [{"service": "http://by-hand:1"}]}),
    );
    assert_snapshot!(ends(&world.carry_out(&planned, &|_| {})), @r"
        create tunnel_config.edge-web: moved, it was made meanwhile
        create dns_record.app.example.com: skipped for tunnel_config.edge-web
    ");
}

#[test]
fn a_batch_leaves_out_a_record_that_moved() {
    let world = World::edge(HOSTS);
    for host in ["a.example.com", "b.example.com", "c.example.com"] {
        world.edit_record(ZONE, host, &json!({"proxied": false}));
    }
    let planned = world.try_plan().expect("a plan");
    world.edit_record(
        ZONE,
        "a.example.com",
        &json!({"content": "elsewhere.example.net"}),
    );
    world.delete_record(ZONE, "b.example.com");
    assert_snapshot!(ends(&world.carry_out(&planned, &|_| {})), @r"
        update dns_record.a.example.com: moved, it was changed meanwhile
        update dns_record.b.example.com: moved, it is gone
        update dns_record.c.example.com: done
    ");
    assert_eq!(
        world.record(ZONE, "a.example.com")["content"],
        "elsewhere.example.net"
    );
}

#[test]
fn a_deletion_leaves_out_a_record_that_moved_and_the_tunnel_stays() {
    let world = leaving("connections: wait");
    let planned = world.try_plan().expect("a plan");
    world.edit_record(ZONE, APP, &json!({"comment": "mine now"}));
    assert_snapshot!(ends(&world.carry_out(&planned, &|_| {})), @r"
        delete dns_record.app.example.com: moved, it was changed meanwhile
        create tunnel.edge-api: done
        delete tunnel.edge-web: skipped for dns_record.app.example.com
    ");
    world.tunnel("edge-web");
}

#[test]
fn a_tunnel_whose_creation_was_not_answered_is_looked_up_and_not_made_again() {
    let world = World::new(&edge(WEB), &[ZONE]);
    world.fault(&reset_after("POST", "/accounts/*/cfd_tunnel"));
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-web: done
        create tunnel_config.edge-web: done
        create dns_record.app.example.com: done
    ");
    assert_snapshot!(world.writes(), @r"
        POST /accounts/ACCOUNT/cfd_tunnel reset
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-web/configurations 200
        POST /zones/example.com/dns_records/batch 200
    ");
    assert!(world.plan().is_empty());
}

#[test]
fn a_tunnel_whose_creation_never_arrived_is_a_failure_that_running_again_mends() {
    let world = World::new(&edge(WEB), &[ZONE]);
    world.fault(&reset_before("POST", "/accounts/*/cfd_tunnel"));
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-web: failed tunctl::api_unanswered, POST /accounts/[id]/cfd_tunnel failed: the connection broke: reset
        create tunnel_config.edge-web: skipped for tunnel.edge-web
        create dns_record.app.example.com: skipped for tunnel.edge-web, tunnel_config.edge-web
    ");
    assert_snapshot!(world.writes(), @"POST /accounts/ACCOUNT/cfd_tunnel reset");
    world.lift_faults();
    assert!(!world.apply().failed());
    assert!(world.plan().is_empty());
}

#[test]
fn a_configuration_whose_writing_was_not_answered_is_looked_up_and_not_sent_again() {
    let world = World::new(&edge(WEB), &[ZONE]);
    world.fault(&reset_after(
        "PUT",
        "/accounts/*/cfd_tunnel/*/configurations",
    ));
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-web: done
        create tunnel_config.edge-web: done
        create dns_record.app.example.com: done
    ");
    assert_eq!(world.configured("edge-web")["version"], 1);
    assert!(world.plan().is_empty());
}

#[test]
fn a_configuration_that_never_arrived_is_a_failure_and_holds_back_its_records() {
    let world = World::new(&edge(WEB), &[ZONE]);
    world.fault(&reset_before(
        "PUT",
        "/accounts/*/cfd_tunnel/*/configurations",
    ));
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-web: done
        create tunnel_config.edge-web: failed tunctl::api_unanswered, PUT /accounts/[id]/cfd_tunnel/[id]/configurations failed: the connection broke: reset
        create dns_record.app.example.com: skipped for tunnel_config.edge-web
    ");
    world.lift_faults();
    assert!(!world.apply().failed());
    assert!(world.plan().is_empty());
}

#[test]
fn a_batch_that_was_not_answered_is_looked_up_and_not_sent_again() {
    let world = World::new(&edge(HOSTS), &[ZONE]);
    world.fault(&reset_after("POST", "/zones/*/dns_records/batch"));
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-web: done
        create tunnel_config.edge-web: done
        create dns_record.a.example.com: done
        create dns_record.b.example.com: done
        create dns_record.c.example.com: done
        create dns_record.d.example.com: done
        create dns_record.e.example.com: done
    ");
    assert_eq!(world.writes().matches("batch").count(), 1);
    assert!(world.plan().is_empty());
}

#[test]
fn a_batch_of_deletions_that_was_not_answered_is_looked_up() {
    let world = leaving("connections: wait");
    world.fault(&reset_after("POST", "/zones/*/dns_records/batch"));
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: done
    ");
}

#[test]
fn a_batch_that_never_arrived_fails_for_all_of_it() {
    let world = World::new(&edge(HOSTS), &[ZONE]);
    world.fault(&reset_before("POST", "/zones/*/dns_records/batch"));
    let outcome = world.apply();
    let failed = ends(&outcome).matches(": failed").count();
    assert_eq!(failed, 5);
    assert_eq!(world.writes().matches("batch").count(), 1);
}

#[test]
fn a_rename_that_was_not_answered_is_done() {
    let mut world = World::edge(WEB);
    world.declare(&edge(
        &WEB.replace("edge-web:", "edge-shop:\n    previousNames: [edge-web]"),
    ));
    world.fault(&reset_after("PATCH", "/accounts/*/cfd_tunnel/*"));
    assert_snapshot!(ends(&world.apply()), @"rename tunnel.edge-shop: done");
    assert!(world.plan().is_empty());
}

#[test]
fn independent_changes_go_on_and_dependents_say_what_they_wait_for() {
    let two = "tunnels:
  edge-bad: {ingress: [{hostname: bad.example.com, service: http://x:1}]}
  edge-good: {ingress: [{hostname: good.example.com, service: http://x:1}]}
";
    let world = World::new(&edge(two), &[ZONE]);
    world.fault(&json!({
        "method": "POST", "path": "/accounts/*/cfd_tunnel", "nth": 1,
        "effect": {"answer": {
            "status": 400, "content_type": "application/json",
            "body": r#"{"success": false, "errors": [{"code": 1001, "message": "no"}], "messages": [], "result": null}"#,
        }},
    }));
    let outcome = world.apply();
    assert_snapshot!(ends(&outcome), @r"
        create tunnel.edge-bad: failed tunctl::api_rejected, POST /accounts/[id]/cfd_tunnel failed: status 400, no (1001)
        create tunnel.edge-good: done
        create tunnel_config.edge-bad: skipped for tunnel.edge-bad
        create tunnel_config.edge-good: done
        create dns_record.bad.example.com: skipped for tunnel.edge-bad, tunnel_config.edge-bad
        create dns_record.good.example.com: done
    ");
    assert!(outcome.failed());
    assert!(!world.apply().failed());
    assert!(world.plan().is_empty());
}

#[test]
fn a_tunnel_is_not_touched_if_its_record_cannot_be_deleted() {
    let world = leaving("connections: wait");
    world.fault(&json!({"path": "/zones/*/dns_records/batch", "effect": "denied"}));
    world.forget_requests();
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: failed tunctl::api_forbidden, POST /zones/[id]/dns_records/batch failed: status 403, Authentication error (10000)
        create tunnel.edge-api: done
        delete tunnel.edge-web: skipped for dns_record.app.example.com
    ");
    assert!(!world.writes().contains("cfd_tunnel/edge-web"));
}

#[test]
fn a_tunnel_with_connections_is_deleted_when_they_are_gone() {
    let world = leaving("connections: wait, timeout: 1m");
    world.connect("edge-web");
    world.forget_requests();
    let planned = world.try_plan().expect("a plan");
    let told = RefCell::new(Vec::new());
    let outcome = world.carry_out(&planned, &|event| {
        if let Event::Draining {
            connectors, left, ..
        } = event
        {
            told.borrow_mut()
                .push(format!("{connectors} connected, {} s left", left.as_secs()));
            if told.borrow().len() == 3 {
                world.disconnect("edge-web");
            }
        }
    });
    assert_snapshot!(told.borrow().join("\n"), @r"
        1 connected, 60 s left
        1 connected, 58 s left
        1 connected, 56 s left
    ");
    assert_snapshot!(ends(&outcome), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: done
    ");
    assert_snapshot!(world.writes(), @r"
        POST /zones/example.com/dns_records/batch 200
        POST /accounts/ACCOUNT/cfd_tunnel 200
        DELETE /accounts/ACCOUNT/cfd_tunnel/edge-web 400
        DELETE /accounts/ACCOUNT/cfd_tunnel/edge-web 200
    ");
}

#[test]
fn a_tunnel_whose_connections_stay_is_pending() {
    let world = leaving("connections: wait, timeout: 5s");
    world.connect("edge-web");
    let outcome = world.apply();
    assert_snapshot!(ends(&outcome), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: pending TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS, it still has live connections after 5 s; stop its connectors
    ");
    assert!(outcome.pending() && !outcome.failed());
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel.edge-web: delete (undeclared)
        guard live=1: these would be destroyed while connectors are connected to them; stop the connectors, or name them in `removed`: `tunnel.edge-web`
    ");
    world.disconnect("edge-web");
    assert!(!world.apply().pending());
    assert!(
        world
            .plan()
            .changes()
            .next()
            .is_none_or(|it| it.address.name == "edge-api")
    );
}

#[test]
fn a_tunnel_waits_as_long_as_its_own_entry_says() {
    let entry = "    onDelete: {connections: wait, timeout: 7s}\n";
    let mut world = World::edge(&format!("{WEB}{entry}"));
    world.policy = tunctl::plan::Policy::Destroy;
    world.connect("edge-web");
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: done
        delete tunnel.edge-web: pending TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS, it still has live connections after 7 s; stop its connectors
    ");
}

#[test]
fn connections_are_cut_if_the_manifest_says_so() {
    let world = leaving("connections: evict");
    world.connect("edge-web");
    world.forget_requests();
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: done
    ");
    assert_snapshot!(world.writes(), @r"
        POST /zones/example.com/dns_records/batch 200
        POST /accounts/ACCOUNT/cfd_tunnel 200
        DELETE /accounts/ACCOUNT/cfd_tunnel/edge-web 400
        DELETE /accounts/ACCOUNT/cfd_tunnel/edge-web/connections 200
        DELETE /accounts/ACCOUNT/cfd_tunnel/edge-web 200
    ");
}

#[test]
fn a_tunnel_with_connections_is_not_deleted_if_the_manifest_says_so() {
    let world = leaving("connections: fail");
    world.connect("edge-web");
    let outcome = world.apply();
    assert_snapshot!(ends(&outcome), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: failed TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS, it has live connections, and `onDelete` is `fail`
    ");
    assert!(outcome.failed());
}

#[test]
fn a_tunnel_that_is_gone_before_its_deletion_is_a_success() {
    let world = leaving("connections: wait");
    let planned = world.try_plan().expect("a plan");
    let gone = r#"{"success": false, "errors": [{"code": 1003, "message": "Tunnel not found"}], "messages": [], "result": null}"#;
    let answer =
        json!({"status": 404, "content_type": "application/json", "body": gone, "commit": true});
    world.fault(&json!({"method": "DELETE", "effect": {"answer": answer}}));
    assert_snapshot!(ends(&world.carry_out(&planned, &|_| {})), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: done
    ");
}

#[test]
fn a_tunnel_that_vanishes_while_it_is_drained_is_a_success() {
    let world = leaving("connections: wait");
    world.connect("edge-web");
    let gone = r#"{"success": false, "errors": [{"code": 1003, "message": "Tunnel not found"}], "messages": [], "result": null}"#;
    let answer = json!({"status": 404, "content_type": "application/json", "body": gone});
    world.fault(&json!({"method": "GET", "path": "/accounts/*/cfd_tunnel/*/connections", "effect": {"answer": answer}}));
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: done
    ");
}

#[test]
fn a_path_that_cannot_be_routed_does_not_mean_gone() {
    let world = leaving("connections: wait");
    let lost = r#"{"success": false, "errors": [{"code": 7003, "message": "Could not route"}], "messages": [], "result": null}"#;
    let answer = json!({"status": 404, "content_type": "application/json", "body": lost});
    world.fault(&json!({"method": "DELETE", "effect": {"answer": answer}}));
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: failed TUNNEL_CLOUDFLARE_DELETION_FAILED, DELETE /accounts/[id]/cfd_tunnel/[id] failed: status 404, Could not route (7003)
    ");
}

#[test]
fn a_deletion_that_was_not_answered_while_draining_is_looked_up() {
    let world = leaving("connections: evict");
    world.connect("edge-web");
    let path = format!(
        "/accounts/{}/cfd_tunnel/{}",
        crate::support::world::ACCOUNT,
        world.tunnel("edge-web")
    );
    world.fault(&json!({"method": "DELETE", "path": format!("{path}*"), "after": 1, "effect": {"reset": "after"}}));
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: done
    ");
}

#[test]
fn a_record_that_is_gone_before_its_deletion_is_a_success() {
    let world = leaving("connections: wait");
    let gone = r#"{"success": false, "errors": [{"code": 81044, "message": "Record does not exist."}], "messages": [], "result": null}"#;
    let answer =
        json!({"status": 404, "content_type": "application/json", "body": gone, "commit": true});
    world.fault(&json!({"path": "/zones/*/dns_records/batch", "effect": {"answer": answer}}));
    assert_snapshot!(ends(&world.apply()), @r"
        delete dns_record.app.example.com: done
        create tunnel.edge-api: done
        delete tunnel.edge-web: done
    ");
}

#[test]
fn an_unexpected_version_after_a_write_is_a_concern() {
    let world = World::edge(WEB);
    world.configure(
        "edge-web",
        &json!({"ingress": [{"service": "http://by-hand:1"}]}),
    );
    let body = json!({
        "success": true, "errors": [], "messages": [],
        "result": {"tunnel_id": world.tunnel("edge-web"), "version": 4, "config": {}},
    });
    let answer = json!({"status": 200, "content_type": "application/json", "body": body.to_string(), "commit": true});
    world.fault(&json!({"method": "PUT", "effect": {"answer": answer}}));
    let outcome = world.apply();
    assert_snapshot!(ends(&outcome), @r"
        update tunnel_config.edge-web: done
        concern tunnel_config.edge-web: Cloudflare counted this as version 4, not 3: somebody else wrote the configuration in between, and their change was overwritten
    ");
    assert!(!outcome.failed());
}

#[test]
fn a_run_that_dies_at_any_request_is_finished_by_the_next() {
    let whole = World::new(&edge(HOSTS), &[ZONE]);
    assert!(!whole.apply().failed());
    let requests = whole.sent();
    assert!(requests >= 6, "{requests}");
    for kill in (0..requests).flat_map(|k| [Kill::Before(k), Kill::After(k)]) {
        let world = World::new(&edge(HOSTS), &[ZONE]);
        let _ = world.apply_and_die(kill);
        let finished = world.apply();
        assert!(!finished.failed(), "{kill:?} {}", ends(&finished));
        assert!(world.plan().is_empty(), "{kill:?}");
    }
}
