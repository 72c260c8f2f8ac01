use serde_json::{Value, json};
use tunctl::emulator::{Call, World};

use super::desk::{ACCOUNT, Desk, NOBODY, text};

#[test]
fn the_log_tells_requests_and_no_secrets() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let secret = "A".repeat(43) + "=";
    let all = format!("/accounts/{ACCOUNT}/cfd_tunnel");
    desk.ok(
        "POST",
        &all,
        &json!({"name": "web", "tunnel_secret": secret}),
    );
    desk.call(
        "GET",
        &format!("/zones/{zone}/dns_records?name=a.b&comment.startswith=x%20y"),
        &Value::Null,
    );
    desk.call("DELETE", &format!("{all}/{NOBODY}"), &Value::Null);
    let log = desk.control("GET", "/requests", &Value::Null);
    let entry = |n: usize, method: &str, path: &str, query: &str, status: u16, wrote: bool| {
        json!({"n": n, "at": "2026-11-22T12:00:00.000000Z", "method": method, "path": path,
            "query": query, "status": status, "wrote": wrote, "fault": null,
            "caller": 1})
    };
    let records = format!("/zones/{zone}/dns_records");
    assert_eq!(
        log,
        json!({"seen": 3, "requests": [
            entry(1, "POST", &all, "", 200, true),
            entry(2, "GET", &records, "name=a.b&comment.startswith=x+y", 200, false),
            entry(3, "DELETE", &format!("{all}/{NOBODY}"), "", 404, false),
        ]})
    );
    let since = desk.control("GET", "/requests?since=2", &Value::Null);
    assert_eq!(since["requests"].as_array().unwrap().len(), 1);
    let wrote = desk.control("GET", "/requests?wrote=true", &Value::Null);
    assert_eq!(wrote["requests"][0]["n"], json!(1));
    desk.control("DELETE", "/requests", &Value::Null);
    let empty = desk.control("GET", "/requests", &Value::Null);
    assert_eq!(empty, json!({"seen": 3, "requests": []}));
}

#[test]
fn the_clock_stands_runs_and_jumps() {
    let mut desk = Desk::new();
    let clock = desk.control("GET", "/clock", &Value::Null);
    assert_eq!(
        clock,
        json!({"now": "2026-11-22T12:00:00.000000Z", "frozen": true})
    );
    let later = desk.control("PUT", "/clock", &json!({"advance": 90}));
    assert_eq!(later["now"], json!("2026-11-22T12:01:30.000000Z"));
    let running = desk.control("PUT", "/clock", &json!({"now": null}));
    assert_eq!(running["frozen"], json!(false));
    let year = 365 * 86400;
    let ahead = desk.control("PUT", "/clock", &json!({"advance": year}));
    assert_eq!(ahead["frozen"], json!(false));
    assert!(text(&ahead["now"]) > text(&running["now"]));
    for body in [
        json!({}),
        json!({"now": "noon"}),
        json!({"advance": i64::MAX}),
        json!(1),
    ] {
        let call = Call::new("PUT", "/_emulator/clock").json(&body);
        assert_eq!(desk.world.answer(&call).status, 400, "{body}");
    }
}

#[test]
fn a_whole_state_makes_the_same_world_again() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    desk.record(&zone, "www", "192.0.2.1");
    let (_, id) = desk.tunnel("web");
    desk.control("POST", &format!("/tunnels/{id}/connectors"), &Value::Null);
    desk.control(
        "PUT",
        "/tokens",
        &json!({"token": "t", "permissions": "read"}),
    );
    let state = desk.control("GET", "/state", &Value::Null);
    assert_eq!(state["format_version"], json!(1));
    let mut other = Desk {
        world: World::new(),
    };
    other.control("PUT", "/state", &state);
    assert_eq!(other.control("GET", "/state", &Value::Null), state);
    assert_eq!(other.tunnel("next"), desk.tunnel("next"));
}

#[test]
fn single_rows_are_put_and_removed() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let id = "a".repeat(32);
    let row = json!({"zone": zone, "type": "CNAME", "name": "hand.example.com",
        "content": "nowhere.example.net", "meta": {"read_only": true}});
    desk.control(
        "PATCH",
        "/state",
        &json!({"tables": {"records": {&id: row}}}),
    );
    let one = format!("/zones/{zone}/dns_records/{id}");
    assert_eq!(desk.get(&one)["content"], json!("nowhere.example.net"));
    desk.control(
        "PATCH",
        "/state",
        &json!({"tables": {"records": {&id: null}}}),
    );
    assert_eq!(desk.refused("GET", &one, &Value::Null).1, 81044);
}

#[test]
fn states_that_are_none_are_refused_and_change_nothing() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    desk.record(&zone, "www", "192.0.2.1");
    let before = desk.world.state();
    let mut newer = before.clone();
    newer["format_version"] = json!(2);
    let bodies = [
        ("PUT", json!({})),
        ("PUT", newer),
        ("PATCH", json!({"tables": {"rockets": {}}})),
        (
            "PATCH",
            json!({"tables": {"zones": {&zone: null}, "records": {"x": {"zone": 1}}}}),
        ),
        ("PATCH", json!({"tables": []})),
    ];
    for (method, body) in bodies {
        let call = Call::new(method, "/_emulator/state").json(&body);
        assert_eq!(desk.world.answer(&call).status, 400, "{body}");
        assert_eq!(desk.world.state(), before);
    }
}

#[test]
fn what_the_control_api_does_not_have_is_404() {
    let mut desk = Desk::new();
    for (method, path) in [
        ("GET", "/_emulator/"),
        ("GET", "/_emulator/nothing"),
        ("DELETE", "/_emulator/faults/7"),
        (
            "DELETE",
            "/_emulator/connectors/11111111-2222-4333-8444-555555555555",
        ),
        ("PATCH", "/_emulator/zones/0123456789abcdef0123456789abcdef"),
        (
            "POST",
            "/_emulator/tunnels/11111111-2222-4333-8444-555555555555/connectors",
        ),
    ] {
        let call = Call::new(method, path).json(&json!({}));
        assert_eq!(desk.world.answer(&call).status, 404, "{path}");
    }
}

#[test]
fn the_same_seed_and_calls_make_the_same_world() {
    let world = || {
        let (mut desk, zone) = Desk::with_zone("example.com");
        desk.record(&zone, "www", "192.0.2.1");
        desk.tunnel("web");
        desk.world.state()
    };
    assert_eq!(world(), world());
    assert_ne!(
        World::new().ensure_zone(ACCOUNT, "a.b"),
        World::new().ensure_zone(ACCOUNT, "a.b")
    );
}
