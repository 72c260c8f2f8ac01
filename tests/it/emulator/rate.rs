use serde_json::{Value, json};
use tunctl::emulator::{Call, Rate, Reply};

use super::desk::{Desk, refusal};

fn get(desk: &mut Desk, token: &str) -> Reply {
    desk.world
        .answer(&Call::new("GET", "/client/v4/zones").bearer(token))
}

fn limit(reply: &Reply) -> &str {
    reply.header("ratelimit").expect("on every reply")
}

#[test]
fn the_bucket_empties_with_requests_and_fills_with_time() {
    let mut desk = Desk::new();
    assert_eq!(limit(&get(&mut desk, "a")), "\"default\";r=1199;t=1");
    for _ in 0..99 {
        get(&mut desk, "a");
    }
    assert_eq!(limit(&get(&mut desk, "a")), "\"default\";r=1099;t=26");
    assert_eq!(limit(&get(&mut desk, "b")), "\"default\";r=1199;t=1");
    desk.control("PUT", "/clock", &json!({"advance": 10}));
    assert_eq!(limit(&get(&mut desk, "a")), "\"default\";r=1138;t=16");
    desk.control("PUT", "/clock", &json!({"advance": 100}));
    assert_eq!(limit(&get(&mut desk, "a")), "\"default\";r=1199;t=1");
}

#[test]
fn who_uses_up_the_quota_is_blocked_for_five_minutes() {
    let mut desk = Desk::new();
    for _ in 0..1200 {
        assert_eq!(get(&mut desk, "a").status, 200);
    }
    let reply = get(&mut desk, "a");
    assert_eq!(refusal(&reply).0, 429);
    assert_eq!(reply.header("retry-after"), Some("300"));
    assert!(limit(&reply).starts_with("\"default\";r=0;"));
    assert_eq!(get(&mut desk, "b").status, 200);
    desk.control("PUT", "/clock", &json!({"advance": 299}));
    assert_eq!(get(&mut desk, "a").header("retry-after"), Some("1"));
    desk.control("PUT", "/clock", &json!({"advance": 1}));
    assert_eq!(get(&mut desk, "a").status, 200);
}

#[test]
fn a_rate_without_penalty_lets_in_what_refilled() {
    let mut desk = Desk::new();
    let rate = Rate {
        quota: 10,
        window: 100,
        penalty: 0,
        enforced: true,
    };
    desk.world.set_rate(rate);
    for _ in 0..10 {
        assert_eq!(get(&mut desk, "a").status, 200);
    }
    assert_eq!(get(&mut desk, "a").header("retry-after"), Some("10"));
    desk.control("PUT", "/clock", &json!({"advance": 10}));
    let reply = get(&mut desk, "a");
    assert_eq!(
        (reply.status, limit(&reply)),
        (200, "\"default\";r=0;t=100")
    );
    assert_eq!(
        reply.header("ratelimit-policy"),
        Some("\"default\";q=10;w=100")
    );
    assert_eq!(get(&mut desk, "a").status, 429);
}

#[test]
fn a_rate_that_is_not_enforced_refuses_nothing() {
    let mut desk = Desk::new();
    desk.control(
        "PATCH",
        "/settings",
        &json!({"rate": {"quota": 2, "enforced": false}}),
    );
    for _ in 0..10 {
        assert_eq!(get(&mut desk, "a").status, 200);
    }
    assert!(limit(&get(&mut desk, "a")).starts_with("\"default\";r=0;"));
}

#[test]
fn extreme_rates_are_survived() {
    let mut desk = Desk::new();
    for rate in [
        json!({"quota": 0}),
        json!({"window": 0}),
        json!({"quota": u64::MAX, "window": u64::MAX, "penalty": u64::MAX}),
        json!({"quota": 0, "window": 0, "penalty": u64::MAX}),
    ] {
        desk.control("PATCH", "/settings", &json!({"rate": rate}));
        for _ in 0..3 {
            let status = desk.call("GET", "/zones", &Value::Null).status;
            assert!(status == 200 || status == 429);
        }
    }
}
