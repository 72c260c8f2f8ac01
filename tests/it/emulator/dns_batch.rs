use serde_json::{Value, json};

use super::desk::{Desk, NOBODY, text};

#[test]
fn a_batch_deletes_patches_puts_and_posts_in_this_order() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let old = desk.record(&zone, "www", "192.0.2.1");
    let kept = desk.record(&zone, "kept", "192.0.2.1");
    let whole = desk.record(&zone, "whole", "192.0.2.1");
    let target = format!("{NOBODY}.cfargotunnel.com");
    let body = json!({
        "posts": [
            {"type": "CNAME", "name": "www", "content": target, "proxied": true},
            {"type": "A", "name": "old-name", "content": "192.0.2.7"},
        ],
        "puts": [{"id": whole, "type": "A", "name": "kept", "content": "192.0.2.1"}],
        "patches": [{"id": kept, "name": "moved"}],
        "deletes": [{"id": old}],
    });
    let result = desk.ok("POST", &format!("/zones/{zone}/dns_records/batch"), &body);
    assert_eq!(result["deletes"][0]["content"], json!("192.0.2.1"));
    assert_eq!(result["deletes"][0]["id"], json!(old));
    assert_eq!(result["patches"][0]["name"], json!("moved.example.com"));
    assert_eq!(result["puts"][0]["name"], json!("kept.example.com"));
    assert_eq!(result["posts"][0]["content"], json!(target));
    assert_eq!(result["posts"][1]["name"], json!("old-name.example.com"));
    let mut names = desk.names(&format!("/zones/{zone}/dns_records"));
    names.sort();
    assert_eq!(
        names,
        ["kept", "moved", "old-name", "www"].map(|name| format!("{name}.example.com"))
    );
}

#[test]
fn a_batch_that_fails_anywhere_does_nothing_and_tells_the_first_error() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let id = desk.record(&zone, "www", "192.0.2.1");
    let other = desk.record(&zone, "other", "192.0.2.1");
    let before = desk.world.state();
    let post = |content: &str| json!({"type": "A", "name": "new", "content": content});
    let batches = [
        (
            json!({"deletes": [{"id": id}], "posts": [post("192.0.2.1"), post("192.0.2.1")]}),
            81058,
        ),
        (json!({"deletes": [{"id": id}, {"id": id}]}), 81044),
        (
            json!({"posts": [post("192.0.2.1"), post("nonsense"), post("192.0.2.1")]}),
            1004,
        ),
        (
            json!({"deletes": [{"id": id}], "patches": [{"id": other, "content": "192.0.2.2"}],
                "puts": [{"id": other}]}),
            1004,
        ),
        (json!({"deletes": [{}], "posts": [post("192.0.2.1")]}), 1004),
        (json!({"posts": [1]}), 1004),
        (json!({"posts": {}}), 1004),
        (
            json!({"posts": [post("192.0.2.1")], "deletes": ["x"]}),
            1004,
        ),
    ];
    for (body, code) in batches {
        let refusal = desk.refused("POST", &format!("/zones/{zone}/dns_records/batch"), &body);
        assert_eq!(refusal.1, code, "{body}");
        assert_eq!(desk.world.state(), before, "{body}");
    }
}

#[test]
fn a_batch_is_as_large_as_the_plan_allows() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let path = format!("/zones/{zone}/dns_records/batch");
    let batch = |from: usize, count: usize| {
        let posts = from..from + count;
        let posts: Vec<Value> = posts
            .map(|n| json!({"type": "A", "name": format!("h{n}"), "content": "192.0.2.1"}))
            .collect();
        json!({"posts": posts})
    };
    assert_eq!(desk.refused("POST", &path, &batch(0, 201)).0, 400);
    desk.ok("POST", &path, &batch(0, 200));
    desk.control("PATCH", &format!("/zones/{zone}"), &json!({"plan": "pro"}));
    assert_eq!(desk.refused("POST", &path, &batch(200, 3501)).0, 400);
    assert_eq!(desk.refused("POST", &path, &batch(200, 3500)).1, 81045);
    desk.ok("POST", &path, &batch(200, 3300));
    let usage = desk.get(&format!("/zones/{zone}/dns_records/usage"));
    assert_eq!(usage["record_usage"], json!(3500));
}

#[test]
fn an_empty_batch_is_fine() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let result = desk.ok(
        "POST",
        &format!("/zones/{zone}/dns_records/batch"),
        &json!({}),
    );
    assert_eq!(
        result,
        json!({"deletes": [], "patches": [], "puts": [], "posts": []})
    );
}

#[test]
fn a_read_only_record_stops_a_batch() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let id = desk.record(&zone, "a", "192.0.2.1");
    desk.control(
        "PATCH",
        &format!("/records/{id}"),
        &json!({"meta": {"read_only": true}}),
    );
    let body = json!({"deletes": [{"id": id.to_uppercase()}]});
    let refusal = desk.refused("POST", &format!("/zones/{zone}/dns_records/batch"), &body);
    assert_eq!(refusal.1, 1046);
    assert_eq!(
        text(&desk.get(&format!("/zones/{zone}/dns_records"))[0]["id"]),
        id
    );
}
