use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, text};

#[test]
fn a_zone_is_found_by_name_and_by_id() {
    let (mut desk, id) = Desk::with_zone("example.com");
    desk.world.ensure_zone(ACCOUNT, "other.example");
    let list = desk.get(&format!("/zones?name=example.com&account.id={ACCOUNT}"));
    assert_eq!(list.as_array().unwrap().len(), 1);
    let zone = &list[0];
    assert_eq!(zone["id"], json!(id));
    assert_eq!(zone["name"], json!("example.com"));
    assert_eq!(zone["account"]["id"], json!(ACCOUNT));
    assert_eq!(zone["plan"]["legacy_id"], json!("free"));
    assert_eq!(zone["status"], json!("active"));
    assert_eq!(zone["created_on"], json!("2024-01-01T00:00:00.000000Z"));
    assert_eq!(&desk.get(&format!("/zones/{id}")), zone);
    let refusal = desk.refused("GET", &format!("/zones/{ACCOUNT}"), &Value::Null);
    assert_eq!((refusal.0, refusal.1), (404, 7003));
}

#[test]
fn a_zone_is_made_once() {
    let (mut desk, id) = Desk::with_zone("example.com");
    assert_eq!(desk.world.ensure_zone(ACCOUNT, "Example.COM."), id);
    assert_ne!(desk.world.ensure_zone(&"f".repeat(32), "example.com"), id);
}

#[test]
fn zones_are_filtered_by_name_with_operators_and_by_account() {
    let mut desk = Desk::new();
    for name in ["example.com", "example.org", "test.dev"] {
        desk.world.ensure_zone(ACCOUNT, name);
    }
    desk.world.ensure_zone(&"f".repeat(32), "elsewhere.dev");
    let mut list = |query: &str| desk.names(&format!("/zones?{query}"));
    assert_eq!(list("name=EXAMPLE.com"), ["example.com"]);
    assert_eq!(list("name=example"), [""; 0]);
    assert_eq!(
        list("name=contains:example"),
        ["example.com", "example.org"]
    );
    assert_eq!(list("name=starts_with:test"), ["test.dev"]);
    assert_eq!(list("name=ends_with:.dev"), ["elsewhere.dev", "test.dev"]);
    assert_eq!(
        list("name=not_equal:test.dev&account.id=0123456789abcdef0123456789abcdef"),
        ["example.com", "example.org"]
    );
    assert_eq!(list("name=contains_case_sensitive:Example"), [""; 0]);
    assert_eq!(
        list(&format!("account.id={}", "f".repeat(32))),
        ["elsewhere.dev"]
    );
    assert_eq!(list("status=pending"), [""; 0]);
    assert_eq!(list("match=any&name=test.dev&status=pending"), ["test.dev"]);
    assert_eq!(list("order=name&direction=desc")[0], "test.dev");
}

#[test]
fn zones_come_twenty_a_page_and_fifty_at_most() {
    let mut desk = Desk::new();
    for n in 10..70 {
        desk.world.ensure_zone(ACCOUNT, &format!("z{n}.example"));
    }
    let info = |desk: &mut Desk, query: &str| {
        desk.call("GET", &format!("/zones{query}"), &Value::Null)
            .json()["result_info"]
            .clone()
    };
    let expected =
        json!({"page": 1, "per_page": 20, "count": 20, "total_count": 60, "total_pages": 3});
    assert_eq!(info(&mut desk, ""), expected);
    let expected =
        json!({"page": 2, "per_page": 50, "count": 10, "total_count": 60, "total_pages": 2});
    assert_eq!(info(&mut desk, "?per_page=50&page=2"), expected);
    assert_eq!(
        desk.refused("GET", "/zones?per_page=51", &Value::Null).0,
        400
    );
    assert_eq!(desk.get("/zones?page=4"), json!([]));
}

#[test]
fn quotas_follow_plan_and_birthday() {
    let mut desk = Desk::new();
    let mut quota = |body: Value| {
        let id = text(&desk.control("POST", "/zones", &body)["id"]);
        desk.get(&format!("/zones/{id}/dns_records/usage"))["record_quota"].clone()
    };
    let zone = |plan: &str, born: &str| {
        json!({"name": format!("{plan}{}.example", born.len()), "account": ACCOUNT, "plan": plan,
            "created_on": born})
    };
    assert_eq!(quota(zone("free", "2024-08-31T23:59:59Z")), json!(1000));
    assert_eq!(quota(zone("free", "2024-09-01T00:00:00Z")), json!(200));
    assert_eq!(quota(zone("pro", "2025-01-01T00:00:00Z")), json!(3500));
    assert_eq!(quota(zone("business", "2025-01-01T00:00:00Z")), json!(3500));
    assert_eq!(
        quota(zone("enterprise", "2025-01-01T00:00:00Z")),
        json!(1_000_000)
    );
    assert_eq!(
        quota(json!({"name": "own.example", "record_quota": 3})),
        json!(3)
    );
}

#[test]
fn the_control_api_changes_and_removes_zones() {
    let (mut desk, id) = Desk::with_zone("example.com");
    desk.record(&id, "www", "192.0.2.1");
    let plan = json!({"plan": "enterprise", "record_quota": 5});
    desk.control("PATCH", &format!("/zones/{id}"), &plan);
    assert_eq!(
        desk.get(&format!("/zones/{id}"))["plan"]["legacy_id"],
        json!("enterprise")
    );
    let usage = desk.get(&format!("/accounts/{ACCOUNT}/dns_records/usage"));
    assert_eq!(usage, json!({"record_usage": 1, "record_quota": null}));
    desk.control("DELETE", &format!("/zones/{id}"), &Value::Null);
    assert_eq!(desk.get("/zones"), json!([]));
    assert_eq!(desk.world.state()["tables"]["records"], json!({}));
}
