use serde_json::{Value, json};

use super::desk::{Desk, NOBODY, cause, refusal, text};

fn a(name: &str, content: &str) -> Value {
    json!({"type": "A", "name": name, "content": content})
}

fn cname(name: &str, content: &str) -> Value {
    json!({"type": "CNAME", "name": name, "content": content})
}

#[test]
fn a_tunnels_record_is_an_ordinary_one() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let body = json!({"type": "CNAME", "name": "App", "ttl": 1, "proxied": true,
        "content": format!("{NOBODY}.CFARGOTUNNEL.com."), "comment": "tunctl:edge"});
    let record = desk.ok("POST", &all, &body);
    let id = text(&record["id"]);
    let noon = "2026-11-22T12:00:00.000000Z";
    assert_eq!(
        record,
        json!({
            "id": id, "name": "app.example.com", "type": "CNAME",
            "content": format!("{NOBODY}.cfargotunnel.com"),
            "proxiable": true, "proxied": true, "ttl": 1, "settings": {}, "meta": {},
            "comment": "tunctl:edge", "tags": [], "created_on": noon, "modified_on": noon,
            "comment_modified_on": noon,
        })
    );
    assert_eq!(desk.get(&format!("{all}/{id}")), record);
    assert_eq!(desk.get(&all), json!([record]));
}

#[test]
fn names_become_full_lower_case_punycode_names() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let cases = [
        ("www", "www.example.com"),
        ("@", "example.com"),
        ("MAIL.Example.com.", "mail.example.com"),
        ("*.dev", "*.dev.example.com"),
        ("bücher", "xn--bcher-kva.example.com"),
        ("_acme-challenge", "_acme-challenge.example.com"),
        ("a.other.org", "a.other.org.example.com"),
        ("notexample.com", "notexample.com.example.com"),
    ];
    for (given, full) in cases {
        assert_eq!(
            desk.ok("POST", &all, &a(given, "192.0.2.1"))["name"],
            json!(full)
        );
    }
    for given in [
        "",
        " ",
        "a..b",
        &"x".repeat(64),
        "a b",
        "a.*.b",
        "x/y",
        "\u{0}",
    ] {
        let reply = desk.call("POST", &all, &a(given, "192.0.2.1"));
        assert_eq!(
            (refusal(&reply).1, cause(&reply)),
            (1004, json!(9000)),
            "{given}"
        );
    }
}

#[test]
fn contents_are_checked_by_type() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let record = |kind: &str, content: &str| json!({"type": kind, "name": format!("n-{kind}"), "content": content, "priority": 10});
    let cases = [
        ("A", "192.0.2.256", 9005),
        ("A", "2001:db8::1", 9005),
        ("AAAA", "192.0.2.1", 9006),
        ("CNAME", "not a host", 9007),
        ("CNAME", "192.0.2.1", 9007),
        ("CNAME", "n-CNAME.example.com", 9039),
        ("MX", "", 9009),
        ("TXT", "", 9009),
        ("WAT", "x", 9020),
    ];
    for (kind, content, code) in cases {
        let reply = desk.call("POST", &all, &record(kind, content));
        assert_eq!(
            (refusal(&reply).0, cause(&reply)),
            (400, json!(code)),
            "{kind} {content}"
        );
    }
    let long = "x".repeat(4097);
    assert_eq!(desk.refused("POST", &all, &record("TXT", &long)).0, 400);
}

#[test]
fn contents_are_kept_in_one_form() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let record = |kind: &str, content: &str| json!({"type": kind, "name": "x", "content": content, "priority": 10});
    let kept = desk.ok("POST", &all, &record("AAAA", "2001:DB8:0::1"));
    assert_eq!(kept["content"], json!("2001:db8::1"));
    let text = desk.ok("POST", &all, &record("TXT", "\"v=spf1 -all\""));
    assert_eq!(text["content"], json!("\"v=spf1 -all\""));
    let mail = desk.ok("POST", &all, &record("MX", "MX.example.net."));
    assert_eq!(
        (&mail["content"], &mail["priority"]),
        (&json!("mx.example.net"), &json!(10))
    );
    let caa = json!({"type": "CAA", "name": "@",
        "data": {"flags": 0, "tag": "issue", "value": "letsencrypt.org"}});
    assert_eq!(
        desk.ok("POST", &all, &caa)["content"],
        json!("0 issue letsencrypt.org")
    );
}

#[test]
fn ttl_and_proxying_have_their_rules() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let with = |name: &str, field: &str, value: Value| {
        let mut body = a(name, "192.0.2.1");
        body[field] = value;
        body
    };
    let ttls = json!([0, 59, 86401, -1, "60", 60.5]);
    for ttl in ttls.as_array().unwrap() {
        assert_eq!(
            desk.refused("POST", &all, &with("x", "ttl", ttl.clone())).0,
            400,
            "{ttl}"
        );
    }
    assert_eq!(
        desk.ok("POST", &all, &a("default", "192.0.2.1"))["ttl"],
        json!(1)
    );
    assert_eq!(
        desk.ok("POST", &all, &with("minute", "ttl", json!(60)))["ttl"],
        json!(60)
    );
    let mut body = with("proxied", "ttl", json!(3600));
    body["proxied"] = json!(true);
    let record = desk.ok("POST", &all, &body);
    assert_eq!(
        (&record["ttl"], &record["proxied"]),
        (&json!(1), &json!(true))
    );
    let text = json!({"type": "TXT", "name": "x", "content": "y", "proxied": true});
    assert_eq!(cause(&desk.call("POST", &all, &text)), json!(9004));
    assert_eq!(
        desk.refused("POST", &all, &with("x", "proxied", json!("yes")))
            .0,
        400
    );
    desk.control(
        "PATCH",
        &format!("/zones/{zone}"),
        &json!({"plan": "enterprise"}),
    );
    assert_eq!(
        desk.ok("POST", &all, &with("fast", "ttl", json!(30)))["ttl"],
        json!(30)
    );
}

#[test]
fn comments_are_as_long_as_the_plan_allows() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let with = |name: &str, comment: String| {
        let mut body = a(name, "192.0.2.1");
        body["comment"] = json!(comment);
        body
    };
    desk.ok("POST", &all, &with("a", "ü".repeat(100)));
    let refusal = desk.refused("POST", &all, &with("b", "x".repeat(101)));
    assert_eq!((refusal.0, refusal.1), (400, 9313));
    assert_eq!(
        desk.refused("POST", &all, &with("b", "x\ny".to_owned())).0,
        400
    );
    desk.control("PATCH", &format!("/zones/{zone}"), &json!({"plan": "pro"}));
    desk.ok("POST", &all, &with("b", "x".repeat(500)));
    assert_eq!(
        desk.refused("POST", &all, &with("c", "x".repeat(501))).1,
        9313
    );
}

#[test]
fn tags_are_for_paying_plans() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let mut body = a("www", "192.0.2.1");
    body["tags"] = json!(["Owner:dns", "env:prod"]);
    let refusal = desk.refused("POST", &all, &body);
    let message = "DNS record has 2 tags, exceeding the quota of 0.";
    assert_eq!(refusal, (400, 9300, message.to_owned()));
    desk.control(
        "PATCH",
        &format!("/zones/{zone}"),
        &json!({"plan": "business"}),
    );
    let record = desk.ok("POST", &all, &body);
    assert_eq!(record["tags"], json!(["env:prod", "owner:dns"]));
    assert!(record.get("tags_modified_on").is_some());
    body["tags"] = json!(["no spaces:x"]);
    assert_eq!(desk.refused("POST", &all, &body).0, 400);
}

#[test]
fn records_that_cannot_stand_together_are_refused() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    desk.ok("POST", &all, &a("host", "192.0.2.1"));
    desk.ok("POST", &all, &cname("alias", "target.example.net"));
    let ns = |name: &str, content: &str| json!({"type": "NS", "name": name, "content": content});
    desk.ok("POST", &all, &ns("sub", "ns1.example.net"));
    let hosted = "An A, AAAA, or CNAME record with that host already exists.";
    let mut longer = a("host", "192.0.2.1");
    longer["ttl"] = json!(300);
    let cases = [
        (cname("HOST", "x.example.net"), 81053, hosted),
        (cname("alias", "x.example.net"), 81053, hosted),
        (
            a("alias", "192.0.2.9"),
            81054,
            "A CNAME record with that host already exists.",
        ),
        (
            a("host", "192.0.2.1"),
            81058,
            "An identical record already exists.",
        ),
        (
            cname("alias", "target.example.net"),
            81058,
            "An identical record already exists.",
        ),
        (longer, 81057, "Record already exists."),
        (
            a("sub", "192.0.2.1"),
            81056,
            "NS records with that host already exist.",
        ),
        (
            ns("host", "ns1.example.net"),
            81056,
            "NS records with that host already exist.",
        ),
    ];
    for (body, code, message) in cases {
        let refusal = desk.refused("POST", &all, &body);
        assert_eq!((refusal.0, refusal.1), (400, code), "{body}");
        assert!(refusal.2.starts_with(message), "{}", refusal.2);
    }
}

#[test]
fn records_that_can_stand_together_do() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let ns = |name: &str, content: &str| json!({"type": "NS", "name": name, "content": content});
    desk.ok("POST", &all, &a("host", "192.0.2.1"));
    desk.ok("POST", &all, &a("host", "192.0.2.2"));
    desk.ok(
        "POST",
        &all,
        &json!({"type": "AAAA", "name": "host", "content": "2001:db8::1"}),
    );
    desk.ok("POST", &all, &cname("alias", "target.example.net"));
    desk.ok("POST", &all, &ns("sub", "ns1.example.net"));
    desk.ok("POST", &all, &ns("sub", "ns2.example.net"));
    desk.ok(
        "POST",
        &all,
        &json!({"type": "TXT", "name": "alias", "content": "beside"}),
    );
    desk.ok("POST", &all, &ns("@", "ns1.example.net"));
    desk.ok("POST", &all, &a("@", "192.0.2.1"));
}

#[test]
fn a_patch_keeps_and_a_put_resets_what_is_not_named() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let mut body = a("www", "192.0.2.1");
    body["ttl"] = json!(300);
    body["comment"] = json!("mine");
    let id = text(&desk.ok("POST", &all, &body)["id"]);
    let one = format!("{all}/{id}");
    desk.control("PUT", "/clock", &json!({"advance": 60}));
    let patched = desk.ok("PATCH", &one, &json!({"content": "192.0.2.2"}));
    assert_eq!(patched["content"], json!("192.0.2.2"));
    assert_eq!(
        (&patched["ttl"], &patched["comment"]),
        (&json!(300), &json!("mine"))
    );
    assert_eq!(patched["created_on"], json!("2026-11-22T12:00:00.000000Z"));
    assert_eq!(patched["modified_on"], json!("2026-11-22T12:01:00.000000Z"));
    assert_eq!(
        patched["comment_modified_on"],
        json!("2026-11-22T12:00:00.000000Z")
    );
    let cleared = desk.ok("PATCH", &one, &json!({"comment": null}));
    assert_eq!(cleared["comment"], Value::Null);
    assert!(cleared.get("comment_modified_on").is_none());
    let put = desk.ok("PUT", &one, &a("www", "192.0.2.3"));
    assert_eq!((&put["ttl"], &put["id"]), (&json!(1), &json!(id)));
    assert_eq!(put["created_on"], json!("2026-11-22T12:00:00.000000Z"));
    assert_eq!(
        desk.refused("PUT", &one, &json!({"content": "192.0.2.4"}))
            .0,
        400
    );
    let typed = desk.ok("PATCH", &one, &cname("www", "target.example.net"));
    assert_eq!(typed["type"], json!("CNAME"));
}

#[test]
fn a_change_conflicts_with_others_but_not_with_itself() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let all = format!("/zones/{zone}/dns_records");
    let id = desk.record(&zone, "a", "192.0.2.1");
    desk.ok("POST", &all, &cname("b", "x.example.net"));
    let one = format!("{all}/{id}");
    desk.ok("PATCH", &one, &a("a", "192.0.2.1"));
    assert_eq!(desk.refused("PATCH", &one, &json!({"name": "b"})).1, 81054);
    assert_eq!(desk.get(&one)["name"], json!("a.example.com"));
}

#[test]
fn a_deleted_record_is_gone() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let id = desk.record(&zone, "a", "192.0.2.1");
    let one = format!("/zones/{zone}/dns_records/{id}");
    assert_eq!(desk.ok("DELETE", &one, &Value::Null), json!({"id": id}));
    for method in ["GET", "PATCH", "PUT", "DELETE"] {
        let refusal = desk.refused(method, &one, &a("a", "192.0.2.1"));
        assert_eq!(refusal, (404, 81044, "Record does not exist.".to_owned()));
    }
}

#[test]
fn a_record_is_of_its_zone_only() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let other = desk
        .world
        .ensure_zone(super::desk::ACCOUNT, "other.example");
    let id = desk.record(&zone, "a", "192.0.2.1");
    let elsewhere = format!("/zones/{other}/dns_records/{id}");
    assert_eq!(desk.refused("DELETE", &elsewhere, &Value::Null).1, 81044);
    let nowhere = format!("/zones/{id}/dns_records");
    assert_eq!(desk.refused("GET", &nowhere, &Value::Null).1, 7003);
    assert_eq!(desk.refused("POST", &nowhere, &a("a", "192.0.2.1")).1, 7003);
}

#[test]
fn a_full_zone_takes_no_more() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    desk.control(
        "PATCH",
        &format!("/zones/{zone}"),
        &json!({"record_quota": 2}),
    );
    let id = desk.record(&zone, "a", "192.0.2.1");
    desk.record(&zone, "b", "192.0.2.1");
    let all = format!("/zones/{zone}/dns_records");
    let refusal = desk.refused("POST", &all, &a("c", "192.0.2.1"));
    assert_eq!((refusal.0, refusal.1), (400, 81045));
    desk.ok(
        "PATCH",
        &format!("{all}/{id}"),
        &json!({"content": "192.0.2.2"}),
    );
    let usage = desk.get(&format!("{all}/usage"));
    assert_eq!(usage, json!({"record_usage": 2, "record_quota": 2}));
}

#[test]
fn a_read_only_record_is_shown_and_kept() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let id = desk.record(&zone, "a", "192.0.2.1");
    desk.control(
        "PATCH",
        &format!("/records/{id}"),
        &json!({"meta": {"read_only": true}}),
    );
    let one = format!("/zones/{zone}/dns_records/{id}");
    let before = desk.get(&one);
    assert_eq!(before["meta"], json!({"read_only": true}));
    for method in ["PATCH", "PUT", "DELETE"] {
        let refusal = desk.refused(method, &one, &a("a", "192.0.2.9"));
        assert_eq!((refusal.0, refusal.1), (400, 1046));
    }
    assert_eq!(desk.get(&one), before);
}
