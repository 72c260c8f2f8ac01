use serde_json::{Value, json};

use super::desk::Desk;

/// Four records, one of each sort.
fn desk() -> (Desk, String) {
    let (mut desk, zone) = Desk::with_zone("example.com");
    desk.control(
        "PATCH",
        &format!("/zones/{zone}"),
        &json!({"plan": "business"}),
    );
    let records = [
        json!({"type": "A", "name": "www", "content": "192.0.2.1", "comment": "tunctl:edge web",
            "tags": ["env:prod", "owner:dns"]}),
        json!({"type": "CNAME", "name": "app", "content": "x.cfargotunnel.com", "proxied": true,
            "comment": "tunctl:edge"}),
        json!({"type": "TXT", "name": "@", "content": "v=spf1", "ttl": 300, "tags": ["env:dev"]}),
        json!({"type": "A", "name": "api", "content": "192.0.2.2", "comment": "by hand"}),
    ];
    for record in records {
        desk.ok("POST", &format!("/zones/{zone}/dns_records"), &record);
    }
    (desk, zone)
}

#[test]
fn records_are_listed_by_type_and_name() {
    let (mut desk, zone) = desk();
    let mut list = |query: &str| desk.names(&format!("/zones/{zone}/dns_records?{query}"));
    let names = |names: [&str; 4]| names.map(|name| format!("{name}example.com"));
    assert_eq!(list(""), names(["api.", "www.", "app.", ""]));
    assert_eq!(list("direction=desc"), names(["", "app.", "www.", "api."]));
    assert_eq!(list("order=name"), names(["api.", "app.", "", "www."]));
    assert_eq!(
        list("order=content")[0],
        "api.example.com".replace("api", "www")
    );
    assert_eq!(list("order=ttl&direction=desc")[0], "example.com");
    assert_eq!(list("order=proxied&direction=desc")[0], "app.example.com");
}

/// Queries and the names of what they find.
const FILTERS: &[(&str, &str)] = &[
    ("name=WWW.example.com", "www"),
    ("name=www", ""),
    ("name.exact=api.example.com", "api"),
    ("name.contains=ap", "api app"),
    ("name.startswith=ap", "api app"),
    ("name.endswith=p.example.com", "app"),
    ("content=192.0.2.1", "www"),
    ("content.startswith=192.0.2.", "api www"),
    ("content.endswith=.cfargotunnel.com", "app"),
    ("content.contains=spf", "example.com"),
    ("comment=tunctl:edge", "app"),
    ("comment.startswith=TUNCTL:edge", "app www"),
    ("comment.contains=hand", "api"),
    ("comment.endswith=web", "www"),
    ("comment.present=true", "api app www"),
    ("comment.present", "api app www"),
    ("comment.absent=true", "example.com"),
    ("tag=env", "example.com www"),
    ("tag=env:prod", "www"),
    ("tag.present=owner", "www"),
    ("tag.absent=env", "api app"),
    ("tag.exact=env:dev", "example.com"),
    ("tag.contains=env:ro", "www"),
    ("tag.startswith=env:d", "example.com"),
    ("tag.endswith=env:od", "www"),
    ("type=A", "api www"),
    ("type=cname", "app"),
    ("proxied=true", "app"),
    ("proxied=false&type=A", "api www"),
    ("search=tunnel", "app"),
    ("type=A&content=192.0.2.2", "api"),
    ("match=any&type=TXT&name.startswith=app", "app example.com"),
    ("match=all&type=TXT&name.startswith=app", ""),
    ("tag=owner&tag=env:dev", ""),
    ("tag_match=any&tag=owner&tag=env:dev", "example.com www"),
    ("match=any&type=CNAME&tag=env:dev", "app example.com"),
    (
        "unknown=1&name.near=2&name.contains=",
        "api app example.com www",
    ),
];

#[test]
fn every_filter_filters() {
    let (mut desk, zone) = desk();
    let mut list = |query: &str| {
        let mut names = desk.names(&format!("/zones/{zone}/dns_records?{query}"));
        names.sort();
        names.join(" ").replace(".example.com", "")
    };
    for (query, expected) in FILTERS {
        assert_eq!(list(query), *expected, "{query}");
    }
}

#[test]
fn records_come_a_hundred_a_page_and_as_many_as_one_asks_for() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let posts: Vec<Value> = (0..150)
        .map(|n| json!({"type": "A", "name": format!("h{n}"), "content": "192.0.2.1"}))
        .collect();
    let all = format!("/zones/{zone}/dns_records");
    desk.ok("POST", &format!("{all}/batch"), &json!({"posts": posts}));
    let info = |desk: &mut Desk, query: &str| {
        desk.call("GET", &format!("{all}{query}"), &Value::Null)
            .json()["result_info"]
            .clone()
    };
    let expected =
        json!({"page": 1, "per_page": 100, "count": 100, "total_count": 150, "total_pages": 2});
    assert_eq!(info(&mut desk, ""), expected);
    let expected = json!({"page": 1, "per_page": 5_000_000, "count": 150, "total_count": 150,
        "total_pages": 1});
    assert_eq!(info(&mut desk, "?per_page=5000000"), expected);
    let expected =
        json!({"page": 4, "per_page": 50, "count": 0, "total_count": 150, "total_pages": 3});
    assert_eq!(info(&mut desk, "?per_page=50&page=4"), expected);
    for query in [
        "per_page=5000001",
        "page=0",
        "match=some",
        "tag_match=x",
        "order=colour",
    ] {
        assert_eq!(
            desk.refused("GET", &format!("{all}?{query}"), &Value::Null)
                .0,
            400
        );
    }
}
