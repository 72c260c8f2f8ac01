use serde_json::{Value, json};
use tunctl::emulator::Reply;

use super::desk::{ACCOUNT, Desk, refusal, text};

const ALL: &str = "/accounts/0123456789abcdef0123456789abcdef/cfd_tunnel";

fn fault(desk: &mut Desk, rule: &Value) -> String {
    desk.control("POST", "/faults", rule)["id"].to_string()
}

fn create(desk: &mut Desk, name: &str) -> Reply {
    desk.call("POST", ALL, &json!({"name": name}))
}

fn list(desk: &mut Desk) -> Reply {
    desk.call("GET", ALL, &Value::Null)
}

#[test]
fn a_fault_strikes_the_nth_matching_call() {
    let mut desk = Desk::new();
    fault(
        &mut desk,
        &json!({"method": "GET", "nth": 2, "effect": "denied"}),
    );
    create(&mut desk, "a");
    let statuses: Vec<u16> = (0..4).map(|_| list(&mut desk).status).collect();
    assert_eq!(statuses, [200, 403, 200, 200]);
    let faults = desk.control("GET", "/faults", &Value::Null);
    assert_eq!(
        (&faults[0]["seen"], &faults[0]["struck"]),
        (&json!(4), &json!(1))
    );
}

#[test]
fn a_fault_strikes_every_kth_call_so_often() {
    let mut desk = Desk::new();
    fault(
        &mut desk,
        &json!({"every": 3, "count": 2, "effect": {"rate_limited": 7}}),
    );
    let statuses: Vec<u16> = (0..10).map(|_| list(&mut desk).status).collect();
    assert_eq!(statuses, [200, 200, 429, 200, 200, 429, 200, 200, 200, 200]);
}

#[test]
fn a_fault_matches_by_prefix_or_glob() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let records = format!("/zones/{zone}/dns_records");
    let hits = |desk: &mut Desk, path: &str, target: &str| {
        let id = fault(desk, &json!({"path": path, "effect": "denied"}));
        let status = desk.call("GET", target, &Value::Null).status;
        desk.control("DELETE", &format!("/faults/{id}"), &Value::Null);
        status == 403
    };
    assert!(hits(&mut desk, "/zones", &records));
    assert!(hits(&mut desk, "/zones/*/dns_records", &records));
    assert!(hits(&mut desk, "/zones/**", &records));
    assert!(hits(&mut desk, "/accounts/*/cfd_tunnel", ALL));
    assert!(!hits(&mut desk, "/zones/*", &records));
    assert!(!hits(
        &mut desk,
        "/zones/*/dns_records",
        &format!("{records}/usage")
    ));
    assert!(!hits(&mut desk, "/accounts", &records));
}

#[test]
fn a_429_carries_retry_after() {
    let mut desk = Desk::new();
    fault(&mut desk, &json!({"effect": {"rate_limited": 7}}));
    let reply = create(&mut desk, "a");
    assert_eq!(
        (refusal(&reply).0, reply.header("retry-after")),
        (429, Some("7"))
    );
    assert!(reply.header("ratelimit").is_some());
    desk.control("DELETE", "/faults", &Value::Null);
    assert_eq!(desk.get(ALL), json!([]));
}

#[test]
fn any_answer_can_stand_in_before_or_after_the_commit() {
    let mut desk = Desk::new();
    let page = json!({"status": 502, "body": "<html>bad gateway</html>"});
    fault(
        &mut desk,
        &json!({"method": "POST", "nth": 1, "effect": {"answer": page}}),
    );
    let committed = json!({"status": 504, "body": "", "content_type": "text/plain",
        "headers": {"x-origin": "gone"}, "commit": true});
    fault(
        &mut desk,
        &json!({"method": "POST", "nth": 2, "effect": {"answer": committed}}),
    );
    let reply = create(&mut desk, "first");
    assert_eq!(
        (reply.status, reply.body.as_slice()),
        (502, b"<html>bad gateway</html>".as_slice())
    );
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=UTF-8")
    );
    let reply = create(&mut desk, "second");
    assert_eq!(
        (reply.status, reply.header("x-origin")),
        (504, Some("gone"))
    );
    assert_eq!(desk.names(ALL), ["second"]);
}

#[test]
fn a_reset_comes_before_or_after_the_commit() {
    let mut desk = Desk::new();
    fault(&mut desk, &json!({"nth": 1, "effect": {"reset": "before"}}));
    fault(&mut desk, &json!({"nth": 2, "effect": {"reset": "after"}}));
    assert!(create(&mut desk, "first").reset);
    assert!(create(&mut desk, "second").reset);
    assert!(!list(&mut desk).reset);
    assert_eq!(desk.names(ALL), ["second"]);
    let log = desk.control("GET", "/requests", &Value::Null);
    let log = log["requests"].as_array().unwrap();
    assert_eq!(
        (&log[0]["status"], &log[0]["wrote"]),
        (&json!(null), &json!(false))
    );
    assert_eq!(
        (&log[1]["status"], &log[1]["wrote"]),
        (&json!(null), &json!(true))
    );
    assert_eq!(
        (&log[1]["fault"], &log[2]["fault"]),
        (&json!(2), &json!(null))
    );
}

#[test]
fn everything_stops_after_a_request_until_lifted() {
    let mut desk = Desk::new();
    let id = fault(
        &mut desk,
        &json!({"after": 2, "effect": {"reset": "before"}}),
    );
    let resets: Vec<bool> = (0..5)
        .map(|n| create(&mut desk, &n.to_string()).reset)
        .collect();
    assert_eq!(resets, [false, false, true, true, true]);
    desk.control("DELETE", &format!("/faults/{id}"), &Value::Null);
    let mut names = desk.names(ALL);
    names.sort();
    assert_eq!(names, ["0", "1"]);
}

#[test]
fn lateness_adds_up_and_goes_with_other_effects() {
    let mut desk = Desk::new();
    fault(&mut desk, &json!({"effect": {"latency": 200}}));
    fault(&mut desk, &json!({"effect": {"latency": 50}}));
    let reply = create(&mut desk, "a");
    assert_eq!((reply.status, reply.delay.as_millis()), (200, 250));
    fault(&mut desk, &json!({"effect": "denied"}));
    let reply = create(&mut desk, "b");
    assert_eq!((reply.status, reply.delay.as_millis()), (403, 250));
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let mut desk = Desk::new();
    let rules = [
        json!({}),
        json!({"effect": "explode"}),
        json!({"effect": "denied", "nth": "first"}),
        json!({"effect": "denied", "typo": 1}),
        json!({"effect": "denied", "path": "/zones/[*"}),
        json!({"effect": {"answer": {"status": 1000}}}),
        json!({"effect": {"answer": {"status": 100}}}),
    ];
    for rule in rules {
        let call = tunctl::emulator::Call::new("POST", "/_emulator/faults").json(&rule);
        assert_eq!(desk.world.answer(&call).status, 400, "{rule}");
    }
    assert_eq!(desk.control("GET", "/faults", &Value::Null), json!([]));
}

#[test]
fn the_control_api_is_out_of_reach_of_faults() {
    let mut desk = Desk::new();
    fault(&mut desk, &json!({"effect": {"reset": "before"}}));
    assert!(list(&mut desk).reset);
    let account = desk.control(
        "PUT",
        &format!("/accounts/{ACCOUNT}"),
        &json!({"name": "Acme"}),
    );
    assert_eq!(text(&account["name"]), "Acme");
}
