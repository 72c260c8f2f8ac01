//! Tunnels that end by themselves. The emulator's clock stands in the past, so that what was made
//! there has expired by any clock of today.

use serde_json::{Value, json};

use super::place::{Place, edge, stops};

const PREVIEW: &str = "\
tunnels:
  edge-pr:
    ingress: [{hostname: pr.example.com, service: 'http://web:3000'}]
    ephemeral: {ttl: 72h}
    onDelete: {connections: evict}
  edge-web:
    ingress: [{hostname: web.example.com, service: 'http://web:3000'}]
";

const GC: [&str; 2] = ["gc", "--auto-approve"];
const APPLY: [&str; 2] = ["apply", "--auto-approve"];

fn clock(place: &Place, at: &str) {
    place
        .account
        .control("PUT", "/clock", &json!({ "now": at }));
}

/// An account in which both tunnels are, made long ago.
fn place(manifest: &str) -> Place {
    let place = Place::new();
    clock(&place, "2026-01-01T00:00:00Z");
    place.apply(manifest).code(0);
    place
}

#[test]
fn gc_ends_what_is_over_and_nothing_else_and_an_apply_does_not_make_it_again() {
    let manifest = edge(PREVIEW);
    let place = place(&manifest);
    place.connect("edge-pr");
    clock(&place, "2026-01-04T01:00:00Z");
    let plan = place.run(&manifest, &["plan"]).code(0);
    plan.says("No changes.")
        .says("`tunnel.edge-pr` expired at 2026-01-04T00:00:00Z");
    let ran = place.run(&manifest, &GC).code(0);
    ran.says("# (because its time is over)").says("2 destroyed");
    assert_eq!(place.tunnel("edge-pr"), None);
    assert!(place.tunnel("edge-web").is_some());
    assert_eq!(place.hostnames(), ["web.example.com"]);
    let ended = place.run(&manifest, &APPLY).code(0);
    ended
        .says("No changes.")
        .says("`tunnel.edge-pr` expired at 2026-01-04T00:00:00Z and has ended");
    let status = place.run(&manifest, &["status"]).code(0);
    status.says("Ended:\n  tunnel.edge-pr: expired at 2026-01-04T00:00:00Z");
    let ends = stops(place.store());
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["reason"], "cleanup:ttl");
    let renewed = [&APPLY[..], &["--renew", "edge-pr"]].concat();
    place.run(&manifest, &renewed).code(0).says("3 added");
    assert!(place.tunnel("edge-pr").is_some());
    place.run(&manifest, &["gc", "--auto-approve"]).code(0);
}

#[test]
fn what_was_deleted_by_hand_before_it_was_due_is_made_again() {
    let manifest = edge(PREVIEW);
    let place = place(&manifest);
    let (id, url) = (place.tunnel("edge-pr").unwrap(), "/state");
    let mut state = place.account.control("GET", url, &Value::Null)["result"].clone();
    state["tables"]["tunnels"][&id]["deleted_at"] = json!("2026-01-02T00:00:00Z");
    place.restore(&state);
    place.run(&manifest, &APPLY).code(0).says("added");
    assert!(place.tunnel("edge-pr").is_some());
}

#[test]
fn a_tunnel_that_was_never_connected_is_not_idle() {
    let manifest = edge(&PREVIEW.replace("ttl: 72h", "idle: 30m"));
    let place = place(&manifest);
    place.run(&manifest, &GC).code(0).says("No changes.");
    assert!(place.tunnel("edge-pr").is_some());
}

#[test]
fn a_tunnel_is_idle_from_the_end_of_its_last_connection_on() {
    let manifest = edge(&PREVIEW.replace("ttl: 72h", "idle: 30m"));
    let place = place(&manifest);
    place.connect("edge-pr");
    place.run(&manifest, &GC).code(0).says("No changes.");
    clock(&place, "2026-01-01T02:00:00Z");
    place.disconnect("edge-pr");
    let ran = place.run(&manifest, &GC).code(0);
    ran.says("nothing was connected for too long");
    assert_eq!(place.tunnel("edge-pr"), None);
    assert_eq!(stops(place.store())[0]["reason"], "cleanup:idle");
}

#[test]
fn a_connector_that_comes_back_before_the_first_deletion_wins() {
    let manifest = edge(&PREVIEW.replace("ttl: 72h", "idle: 30m"));
    let place = place(&manifest);
    place.connect("edge-pr");
    clock(&place, "2026-01-01T02:00:00Z");
    place.disconnect("edge-pr");
    // The plan reads the tunnels once; the answer to the second reading shows the new connector.
    let id = place.tunnel("edge-pr").unwrap();
    let back = json!({"success": true, "errors": [], "messages": [], "result": [{
        "id": id, "name": "edge-pr", "config_src": "cloudflare", "status": "healthy",
        "created_at": "2026-01-01T00:00:00Z", "conns_active_at": "2026-01-01T03:00:00Z",
        "conns_inactive_at": null, "deleted_at": null,
    }], "result_info": {"page": 1, "per_page": 1000, "count": 1, "total_count": 1}});
    place.account.fault(&json!({
        "method": "GET", "path": "/accounts/*/cfd_tunnel", "nth": 2,
        "effect": {"answer": {"status": 200, "content_type": "application/json", "body": back.to_string()}}
    }));
    place.account.control("DELETE", "/requests", &Value::Null);
    let ran = place.run(&manifest, &GC).code(0);
    ran.says("Not ended:\n  dns_record.pr.example.com: a connector has come back\n  tunnel.edge-pr: a connector has come back");
    assert_eq!(place.calls("DELETE"), [""; 0]);
    assert_eq!(place.calls("POST"), [""; 0]);
    assert!(place.stopping().is_empty());
    assert!(place.tunnel("edge-pr").is_some());
}

#[test]
fn what_ends_by_itself_is_neither_protected_nor_endless() {
    let place = Place::new();
    let cases = [
        (
            "ephemeral: {ttl: 72h}",
            "ephemeral: {}",
            "nothing says when it ends",
        ),
        (
            "ephemeral: {ttl: 72h}",
            "ephemeral: {ttl: 0s}",
            "it would never be there",
        ),
        (
            "ephemeral: {ttl: 72h}",
            "ephemeral: {ttl: 72h}\n    protect: true",
            "cannot be protected",
        ),
    ];
    for (was, is, words) in cases {
        let manifest = edge(&PREVIEW.replace(was, is));
        place.run(&manifest, &["validate"]).code(1).complains(words);
    }
}

#[test]
fn a_record_that_somebody_made_by_hand_keeps_an_expired_tunnel() {
    let manifest = edge(PREVIEW);
    let place = place(&manifest);
    let id = place.tunnel("edge-pr").unwrap();
    let mut state = place.state();
    let records = state["tables"]["records"].as_object_mut().unwrap();
    let mut by_hand = records.values().next().unwrap().clone();
    by_hand["name"] = json!("mine.example.com");
    by_hand["content"] = json!(format!("{id}.cfargotunnel.com"));
    by_hand["comment"] = json!("made by hand");
    records.insert("0123456789abcdef0123456789abcdef".to_owned(), by_hand);
    place.restore(&state);
    let ran = place.run(&manifest, &GC).code(3);
    ran.says("while these still lead to it: `dns_record.mine.example.com` (not ours)");
    assert!(place.tunnel("edge-pr").is_some());
}
