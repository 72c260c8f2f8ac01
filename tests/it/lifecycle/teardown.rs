//! The acceptance table of the tunnel service (rs-tunnel.md, section 8 b), with tunctl's codes.

use serde_json::{Value, json};

use super::place::{Place, edge};
use crate::support::tunctl::Ran;

const OLD: &str = "\
tunnels:
  edge-old:
    ingress: [{hostname: old.example.com, service: 'http://old:3000'}]
";

/// Nothing but another tunnel, which stays.
const REST: &str = "\
tunnels:
  edge-web:
    ingress: [{hostname: web.example.com, service: 'http://web:3000'}]
defaults: {onDelete: {connections: fail}}
";

fn both() -> String {
    edge(&format!("{OLD}{}", REST.replace("tunnels:\n", "")))
}

/// An account in which `edge-old` is to go.
fn place() -> Place {
    let place = Place::new();
    place.apply(&both()).code(0);
    place.account.control("DELETE", "/requests", &Value::Null);
    place
}

fn result(ran: &Ran, address: &str) -> Value {
    let json: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.out));
    let mut results = json["results"].as_array().unwrap().iter();
    let found = results.find(|it| it["address"] == address);
    found.unwrap_or_else(|| panic!("{}", ran.out)).clone()
}

fn deletes(place: &Place) -> usize {
    let calls = place.calls("DELETE");
    calls
        .iter()
        .filter(|it| it.contains("/cfd_tunnel/"))
        .count()
}

const FINISH: [&str; 3] = ["apply", "--auto-approve", "--allow=live=1"];
const FINISH_JSON: [&str; 4] = ["apply", "--auto-approve", "--allow=live=1", "--format=json"];

#[test]
fn what_has_connections_is_pending_and_is_finished_by_the_next_run_after_they_have_gone() {
    let place = place();
    place.connect("edge-old");
    let ran = place.run(&edge(REST), &FINISH_JSON).code(1);
    // `onDelete: fail` does not wait; nothing is left half-way but the records.
    let end = result(&ran, "tunnel.edge-old");
    assert_eq!(end["code"], "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS");
    let waits = edge(REST).replace("connections: fail", "connections: wait, timeout: 1s");
    let ran = place.run(&waits, &FINISH_JSON).code(5);
    let end = result(&ran, "tunnel.edge-old");
    assert_eq!(end["verdict"], "pending");
    assert_eq!(end["code"], "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS");
    assert_eq!(place.hostnames(), ["web.example.com"], "records go at once");
    let stopping = place.stopping();
    assert_eq!(stopping.len(), 1);
    assert_eq!(stopping[0]["attempts"], 2, "both runs were one teardown");
    assert_eq!(
        stopping[0]["setback"]["code"],
        "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS"
    );
    let status = place.run(&waits, &["status"]).code(0);
    status
        .says("Stopping:\n  tunnel.edge-old: since ")
        .says("tunnel.edge-old  stopping");
    let plan = place.run(&waits, &["plan"]).code(0);
    plan.says("# (because its end began at ");
    place.disconnect("edge-old");
    place.run(&waits, &FINISH).code(0).says("1 destroyed");
    assert_eq!(place.stopping(), [json!(null); 0]);
    let entries = place.audit();
    let ends: Vec<&Value> = entries
        .iter()
        .filter(|it| it["action"] == "tunnel.stopped")
        .collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["reason"], "cleanup:undeclared");
    assert_eq!(ends[0]["attempt"], 3);
    assert_eq!(ends[0]["subject"]["serves"], json!(["old.example.com"]));
    let ops = entries.iter().filter(|it| it["op_id"] == ends[0]["op_id"]);
    let actions: Vec<&str> = ops.map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "tunnel.stopping",
            "dns.deleted",
            "tunnel.failed",
            "tunnel.drain_timeout",
            "tunnel.stopped"
        ]
    );
}

#[test]
fn a_record_that_cannot_be_deleted_leaves_the_tunnel_untouched() {
    let place = place();
    place.account.fault(&json!({
        "method": "POST", "path": "/zones/*/dns_records/batch",
        "effect": {"answer": {"status": 400, "content_type": "application/json", "body":
            "{\"success\":false,\"errors\":[{\"code\":9999,\"message\":\"no\"}],\"messages\":[],\"result\":null}"}}
    }));
    let ran = place.run(&edge(REST), &FINISH_JSON).code(1);
    let end = result(&ran, "tunnel.edge-old");
    assert_eq!(end["verdict"], "skipped");
    assert_eq!(end["code"], "TUNNEL_DNS_DELETION_FAILED");
    assert_eq!(deletes(&place), 0);
    assert_eq!(
        place.stopping()[0]["setback"]["code"],
        "TUNNEL_DNS_DELETION_FAILED"
    );
    place.account.mend();
    place.run(&edge(REST), &FINISH).code(0);
    assert_eq!(place.tunnel("edge-old"), None);
    assert_eq!(place.stopping(), [json!(null); 0]);
}

#[test]
fn a_deletion_whose_answer_is_lost_is_found_out_in_the_same_run() {
    let place = place();
    place.account.fault(&json!({
        "method": "DELETE", "path": "/accounts/*/cfd_tunnel/*", "effect": {"reset": "after"}
    }));
    place.run(&edge(REST), &FINISH).code(0).says("destroyed");
    assert_eq!(place.tunnel("edge-old"), None);
    let ends = super::place::stops(place.store());
    assert_eq!(ends.len(), 1);
}

#[test]
fn an_answer_that_the_path_leads_nowhere_is_not_taken_for_gone() {
    let place = place();
    let body = r#"{"success":false,"errors":[{"code":7003,"message":"Could not route to /accounts/x, perhaps your object identifier is invalid?"}],"messages":[],"result":null}"#;
    place.account.fault(&json!({
        "method": "DELETE", "path": "/accounts/*/cfd_tunnel/*",
        "effect": {"answer": {"status": 404, "content_type": "application/json", "body": body}}
    }));
    let ran = place.run(&edge(REST), &FINISH_JSON).code(1);
    let end = result(&ran, "tunnel.edge-old");
    assert_eq!(end["code"], "TUNNEL_CLOUDFLARE_DELETION_FAILED");
    assert_eq!(super::place::stops(place.store()), [json!(null); 0]);
    let entries = place.audit();
    let failed = entries.iter().find(|it| it["action"] == "tunnel.failed");
    let failed = failed.unwrap();
    assert_eq!(
        (&failed["http_status"], &failed["cf_code"]),
        (&json!(404), &json!(7003))
    );
    assert_eq!(place.stopping().len(), 1);
}

#[test]
fn a_tunnel_that_is_gone_already_counts_as_ended() {
    let place = place();
    let id = place.tunnel("edge-old").unwrap();
    let delete = |rule: Value| {
        let mut fault = json!({"method": "DELETE", "path": "/accounts/*/cfd_tunnel/*"});
        let (fault_fields, rule) = (fault.as_object_mut().unwrap(), rule);
        fault_fields.extend(rule.as_object().unwrap().clone());
        place.account.fault(&fault);
    };
    delete(json!({"nth": 1, "effect": {"reset": "after"}}));
    delete(json!({"after": 1, "effect": "denied"}));
    place.account.fault(
        &json!({"method": "GET", "path": "/accounts/*/cfd_tunnel", "after": 1, "effect": "denied"}),
    );
    // The run cannot find out, so it says that it failed; the next one sees that it is gone.
    place.run(&edge(REST), &FINISH).code(1);
    assert_eq!(place.stopping()[0]["id"], id);
    place.account.mend();
    place
        .run(&edge(REST), &["apply", "--auto-approve"])
        .code(0)
        .says("No changes.");
    assert_eq!(place.stopping(), [json!(null); 0]);
    assert_eq!(super::place::stops(place.store()).len(), 1);
    place.run(&edge(REST), &["apply", "--auto-approve"]).code(0);
    assert_eq!(super::place::stops(place.store()).len(), 1);
}

#[test]
fn a_teardown_whose_tunnel_is_declared_again_is_called_off() {
    let place = place();
    place.connect("edge-old");
    place.run(&edge(REST), &FINISH).code(1);
    assert_eq!(place.hostnames(), ["web.example.com"]);
    place.apply(&both()).code(0).says("1 added");
    assert_eq!(place.hostnames(), ["old.example.com", "web.example.com"]);
    assert_eq!(place.stopping(), [json!(null); 0]);
    let entries = place.audit();
    assert!(entries.iter().any(|it| it["outcome"] == "called_off"));
    assert!(place.tunnel("edge-old").is_some());
}

#[test]
fn one_tunnel_is_deleted_by_its_id_a_hostname_or_its_name_with_what_leads_to_it() {
    let place = Place::new();
    let hand = "version: 1\nstack: hand\naccount: ${CLOUDFLARE_ACCOUNT_ID}\n".to_owned() + OLD;
    for reference in ["ID", "OLD.example.com.", "edge-old"] {
        place.apply(&hand).code(0);
        let id = place.tunnel("edge-old").unwrap();
        let reference = if reference == "ID" {
            id.as_str()
        } else {
            reference
        };
        let manifest = hand.replace(OLD, "tunnels: {}\n");
        let asks = place.run(&manifest, &["delete", reference]).code(1);
        asks.complains("there is no terminal to ask for approval");
        place
            .run(&manifest, &["delete", reference, "--auto-approve"])
            .code(0)
            .says("2 destroyed");
        assert_eq!(place.tunnel("edge-old"), None);
        assert_eq!(place.hostnames(), [""; 0]);
    }
    let ends = super::place::stops(place.store());
    assert_eq!(ends.len(), 3);
    assert!(ends.iter().all(|it| it["reason"] == "user_requested"));
}

#[test]
fn a_reference_that_means_nothing_says_so_with_the_published_code() {
    let place = Place::new();
    let manifest = edge(REST);
    for (reference, code) in [
        ("", "INVALID_TUNNEL_ID"),
        ("  ", "INVALID_TUNNEL_ID"),
        ("no-such-tunnel", "TUNNEL_NOT_FOUND"),
        ("f70ff985-a4ef-4643-bbbc-4a0ed4fc8415", "TUNNEL_NOT_FOUND"),
        ("nobody.example.com", "TUNNEL_NOT_FOUND"),
    ] {
        let words = ["delete", reference, "--auto-approve", "--format", "json"];
        let ran = place.run(&manifest, &words).code(1);
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["errors"][0]["code"], code, "{reference:?}");
    }
}

#[test]
fn what_the_manifest_declares_is_not_deleted_by_name() {
    let place = place();
    let ran = place
        .run(&both(), &["delete", "edge-old", "--auto-approve"])
        .code(1);
    ran.complains("`tunnel.edge-old` is declared in `tunctl.yaml`");
    assert!(place.tunnel("edge-old").is_some());
}

#[test]
fn another_stacks_record_keeps_a_tunnel_from_being_deleted() {
    let place = Place::new();
    place.apply(&edge(OLD)).code(0);
    let manifest = "version: 1\nstack: other\naccount: ${CLOUDFLARE_ACCOUNT_ID}\ntunnels: {}\n";
    // The claim of stack `edge` protects its tunnel before its record does.
    let claimed = place.run(manifest, &["delete", "edge-old", "--auto-approve"]);
    claimed
        .code(1)
        .complains("`tunnel.edge-old` is declared by stack `edge`");
    assert!(place.tunnel("edge-old").is_some());
    let fresh = tempfile::tempdir().unwrap();
    let words = ["delete", "edge-old", "--auto-approve"];
    let ran = place.run_with(manifest, &words, fresh.path()).code(3);
    ran.says("while these still lead to it: `dns_record.old.example.com` (stack `edge`)");
    assert!(place.tunnel("edge-old").is_some());
}

#[test]
fn a_store_that_cannot_be_written_stops_a_run_before_its_first_write() {
    let place = place();
    let blocked = tempfile::tempdir().unwrap();
    let file = blocked.path().join("file");
    std::fs::write(&file, "x").unwrap();
    place.account.control("DELETE", "/requests", &Value::Null);
    let ran = place.run_with(&edge(REST), &FINISH, &file).code(1);
    ran.complains("in the store");
    assert_eq!(place.calls("DELETE"), [""; 0]);
    assert_eq!(place.calls("POST"), [""; 0]);
}
