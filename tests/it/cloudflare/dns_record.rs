//! DNS records.

use insta::assert_snapshot;
use serde_json::{Map, Value, json};
use tunctl::cloudflare::dns_record::{
    self, Batch, Comments, Content, Existing, Filter, New, Options, Order, Patch, Settings, Tags,
    Text, Type, Victim,
};
use tunctl::cloudflare::{Direction, Match};

use super::{ACCOUNT, id, listed, sent};

fn text(exact: &str, contains: &str, startswith: &str, endswith: &str) -> Text {
    let given = |text: &str| Some(text.to_owned());
    Text {
        exact: given(exact),
        contains: given(contains),
        startswith: given(startswith),
        endswith: given(endswith),
    }
}

fn cname(name: &str) -> New {
    New {
        record_type: Type::Cname,
        name: name.to_owned(),
        content: Content::Content("x.cfargotunnel.com".to_owned()),
        options: Options {
            proxied: Some(true),
            ttl: Some(1),
            comment: Some("ours".to_owned()),
            ..Options::default()
        },
    }
}

fn comment(text: &str) -> Patch {
    Patch {
        options: Options {
            comment: Some(text.to_owned()),
            ..Options::default()
        },
        ..Patch::default()
    }
}

fn parts(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

#[test]
fn a_list_without_a_filter_asks_nothing() {
    assert_snapshot!(listed(&dns_record::list(&id("Z"), &Filter::default())), @"GET /zones/Z/dns_records (5000 a page)");
}

#[test]
fn records_are_found_by_every_text_of_name_content_and_comment() {
    let filter = Filter {
        name: text("n1", "n2", "n3", "n4"),
        content: text("c1", "c2", "c3", "c4"),
        comment: Comments {
            exact: Some("m1".to_owned()),
            contains: Some("m2".to_owned()),
            startswith: Some("m3".to_owned()),
            endswith: Some("m4".to_owned()),
            present: true,
            absent: true,
        },
        ..Filter::default()
    };
    let line = listed(&dns_record::list(&id("Z"), &filter));
    assert_snapshot!(line.replace('&', "\n&"), @r"
        GET /zones/Z/dns_records?name.exact=n1
        &name.contains=n2
        &name.startswith=n3
        &name.endswith=n4
        &comment.exact=m1
        &comment.contains=m2
        &comment.startswith=m3
        &comment.endswith=m4
        &comment.present=true
        &comment.absent=true
        &content.exact=c1
        &content.contains=c2
        &content.startswith=c3
        &content.endswith=c4 (5000 a page)
    ");
}

#[test]
fn records_are_found_by_every_other_filter() {
    let given = |text: &str| Some(text.to_owned());
    let filter = Filter {
        matching: Some(Match::Any),
        tag_match: Some(Match::All),
        tag: Tags {
            present: given("t1"),
            absent: given("t2"),
            exact: given("t:3"),
            contains: given("t:4"),
            startswith: given("t:5"),
            endswith: given("t:6"),
        },
        record_type: Some(Type::Aaaa),
        proxied: Some(false),
        search: given("anything"),
        order: Some(Order::Ttl),
        direction: Some(Direction::Asc),
        include_shadow_metadata: Some(true),
        shadowed_by_name: given("s1"),
        shadowing_name: given("s2"),
        ..Filter::default()
    };
    let line = listed(&dns_record::list(&id("Z"), &filter));
    assert_snapshot!(line.replace('&', "\n&"), @r"
        GET /zones/Z/dns_records?match=any
        &tag.present=t1
        &tag.absent=t2
        &tag.exact=t:3
        &tag.contains=t:4
        &tag.startswith=t:5
        &tag.endswith=t:6
        &tag_match=all
        &type=AAAA
        &proxied=false
        &search=anything
        &order=ttl
        &direction=asc
        &include_shadow_metadata=true
        &shadowed_by_name=s1
        &shadowing_name=s2 (5000 a page)
    ");
}

#[test]
fn a_record_is_made_of_a_text_or_of_parts() {
    let srv = New {
        record_type: Type::Srv,
        name: "_sip._tcp.example.com".to_owned(),
        content: Content::Data(parts(&json!({"port": 5060, "target": "sip.example.com"}))),
        options: Options {
            priority: Some(10),
            tags: Some(vec!["team:edge".to_owned()]),
            settings: Some(Settings {
                ipv4_only: Some(true),
                ..Settings::default()
            }),
            ..Options::default()
        },
    };
    let lines = [
        sent(&dns_record::create(&id("Z"), &cname("app.example.com"))),
        sent(&dns_record::create(&id("Z"), &srv)),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        POST /zones/Z/dns_records once
        {"type":"CNAME","name":"app.example.com","content":"x.cfargotunnel.com","proxied":true,"ttl":1,"comment":"ours"}
        POST /zones/Z/dns_records once
        {"type":"SRV","name":"_sip._tcp.example.com","data":{"port":5060,"target":"sip.example.com"},"priority":10,"tags":["team:edge"],"settings":{"ipv4_only":true}}
    "#);
}

#[test]
fn a_patch_names_only_what_changes_and_a_put_everything() {
    let (zone, record) = (id("Z"), id("R"));
    let lines = [
        sent(&dns_record::get(&zone, &record)),
        sent(&dns_record::patch(&zone, &record, &comment("theirs"))),
        sent(&dns_record::put(&zone, &record, &cname("app.example.com"))),
        sent(&dns_record::delete(&zone, &record)),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        GET /zones/Z/dns_records/R
        PATCH /zones/Z/dns_records/R
        {"comment":"theirs"}
        PUT /zones/Z/dns_records/R
        {"type":"CNAME","name":"app.example.com","content":"x.cfargotunnel.com","proxied":true,"ttl":1,"comment":"ours"}
        DELETE /zones/Z/dns_records/R
    "#);
}

#[test]
fn a_batch_has_its_parts_in_the_order_of_their_effect() {
    let batch = Batch {
        deletes: vec![Victim { id: id("R1") }],
        patches: vec![Existing {
            fields: comment("theirs"),
            id: id("R2"),
        }],
        puts: vec![Existing {
            fields: cname("put.example.com"),
            id: id("R3"),
        }],
        posts: vec![cname("app.example.com")],
    };
    let sent = sent(&dns_record::batch(&id("Z"), &batch));
    assert_snapshot!(sent.replace("],", "],\n"), @r#"
        POST /zones/Z/dns_records/batch once
        {"deletes":[{"id":"R1"}],
        "patches":[{"comment":"theirs","id":"R2"}],
        "puts":[{"type":"CNAME","name":"put.example.com","content":"x.cfargotunnel.com","proxied":true,"ttl":1,"comment":"ours","id":"R3"}],
        "posts":[{"type":"CNAME","name":"app.example.com","content":"x.cfargotunnel.com","proxied":true,"ttl":1,"comment":"ours"}]}
    "#);
}

#[test]
fn usage_is_a_zones_or_an_accounts() {
    let lines = [
        sent(&dns_record::usage(&id("Z"))),
        sent(&dns_record::account_usage(ACCOUNT)),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        GET /zones/Z/dns_records/usage
        GET /accounts/ACCOUNT/dns_records/usage
    ");
}
