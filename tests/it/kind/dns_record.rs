//! The kind `dns_record`.

use insta::assert_snapshot;
use serde_json::Value;
use tunctl::kind::{Part, Recheck, Step};
use tunctl::observed::{Object, Owner};

use super::{Bench, address, answered, fixture, listings, named, seen, step};
use crate::support::world::WEB;

/// Declares `app` and `new` in `example.com`.
const TWO: &str = "tunnels:
  edge-web:
    ingress:
      - {hostname: app.example.com, service: http://x:1}
      - {hostname: new.example.com, service: http://x:1}
";

fn list(index: usize) -> Value {
    fixture("dns_record/list")[index].clone()
}

fn live(bench: &Bench, index: usize) -> Object {
    bench.sight("dns_record", &list(index)).expect("a record").1
}

#[test]
fn a_zone_with_declared_hostnames_is_listed_whole_and_others_by_mark_and_target() {
    assert_snapshot!(listings(&named("dns_record").list(&Bench::new(WEB).view())), @r"
        GET /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/dns_records (5000 a page, of `example.com`, absent [])
        GET /zones/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/dns_records?match=any&comment.startswith=tunctl:edge&content.endswith=.cfargotunnel.com (5000 a page, of `example.org`, absent [], optional)
    ");
}

#[test]
fn a_zone_with_a_removed_record_is_listed_whole_too() {
    let bench = Bench::new("removed: [dns_record.app.example.org]\ntunnels: {edge-web: {}}");
    let lists = named("dns_record").list(&bench.view());
    let whole: Vec<&str> = lists
        .iter()
        .filter(|it| !it.optional)
        .map(|it| it.of.as_str())
        .collect();
    assert_eq!(whole, ["example.org"]);
}

#[test]
fn a_record_is_looked_up_in_the_whole_of_its_zone() {
    let (bench, kind) = (Bench::new(WEB), named("dns_record"));
    let look = kind.look(&bench.scope, &bench.ids, "app.example.com");
    assert_snapshot!(listings(&look.into_iter().collect::<Vec<_>>()), @"GET /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/dns_records (5000 a page, of `example.com`, absent [])");
    assert_eq!(kind.look(&bench.scope, &bench.ids, "app.example.net"), None);
}

#[test]
fn a_record_is_made_proxied_with_the_mark() {
    let bench = Bench::new(WEB);
    let spec = bench.spec("dns_record.app.example.com");
    let made = named("dns_record").create(&bench.write("app.example.com"), &spec);
    assert_snapshot!(step(&made.expect("a step")), @r#"
        POST /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/dns_records/batch once
        post {"type":"CNAME","name":"app.example.com","content":"11111111-1111-4111-8111-111111111111.cfargotunnel.com","proxied":true,"ttl":1,"comment":"tunctl:edge"}
    "#);
}

#[test]
fn an_update_names_every_field_and_keeps_the_users_own_comment() {
    let bench = Bench::new(WEB);
    let spec = bench.spec("dns_record.app.example.com");
    let updated =
        named("dns_record").update(&bench.write("app.example.com"), &spec, &live(&bench, 0));
    assert_snapshot!(step(&updated.expect("a step")), @r#"
        POST /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/dns_records/batch once
        patch {"type":"CNAME","name":"app.example.com","content":"11111111-1111-4111-8111-111111111111.cfargotunnel.com","proxied":true,"ttl":1,"comment":"tunctl:edge ask ops first","id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"}
    "#);
}

#[test]
fn an_adoption_deletes_addresses_and_posts() {
    let bench = Bench::new(TWO);
    let spec = bench.spec("dns_record.new.example.com");
    let adopted =
        named("dns_record").adopt(&bench.write("new.example.com"), &spec, &[live(&bench, 2)]);
    assert_snapshot!(step(&adopted.expect("a step")), @r#"
        POST /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/dns_records/batch once
        delete aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3
        post {"type":"CNAME","name":"new.example.com","content":"11111111-1111-4111-8111-111111111111.cfargotunnel.com","proxied":true,"ttl":1,"comment":"tunctl:edge"}
    "#);
}

#[test]
fn an_adoption_keeps_what_somebody_wrote_and_no_other_stacks_mark() {
    let bench = Bench::new(TWO);
    let spec = bench.spec("dns_record.new.example.com");
    let by_hand = Object {
        owner: Owner::Unmarked,
        carry: serde_json::json!({"comment": "ask Bob"}),
        ..live(&bench, 2)
    };
    let adopted = named("dns_record").adopt(&bench.write("new.example.com"), &spec, &[by_hand]);
    let step = step(&adopted.expect("a step"));
    assert!(
        step.contains(r#""comment":"tunctl:edge ask Bob""#),
        "{step}"
    );
}

#[test]
fn an_adoption_patches_an_alias() {
    let bench = Bench::new(&WEB.replace("app.", "other."));
    let spec = bench.spec("dns_record.other.example.com");
    let adopted =
        named("dns_record").adopt(&bench.write("other.example.com"), &spec, &[live(&bench, 5)]);
    assert_snapshot!(step(&adopted.expect("a step")), @r#"
        POST /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/dns_records/batch once
        patch {"type":"CNAME","name":"other.example.com","content":"11111111-1111-4111-8111-111111111111.cfargotunnel.com","proxied":true,"ttl":1,"comment":"tunctl:edge","id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6"}
    "#);
}

#[test]
fn a_deletion_is_a_part_of_a_batch() {
    let bench = Bench::new(WEB);
    let gone = named("dns_record").delete(&bench.write("app.example.com"), &live(&bench, 0));
    assert_snapshot!(step(&gone.expect("a step")), @r"
        POST /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/dns_records/batch once
        delete aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1
    ");
}

#[test]
fn a_record_cannot_be_renamed_or_drained_and_is_read_again_before_it_is_changed() {
    let (bench, kind) = (Bench::new(WEB), named("dns_record"));
    let object = live(&bench, 0);
    let spec = bench.spec("dns_record.app.example.com");
    let renamed = kind.rename(&bench.write("app.example.com"), &spec, &object);
    assert!(renamed.is_err());
    assert!(kind.drain(&bench.scope, &object.id).is_none());
    assert_eq!(kind.recheck(), Recheck::Existing);
    assert_eq!(
        kind.travels_with(&bench.scope, "a.example.com"),
        kind.travels_with(&bench.scope, "b.example.com")
    );
    assert_ne!(
        kind.travels_with(&bench.scope, "a.example.com"),
        kind.travels_with(&bench.scope, "a.example.org")
    );
}

#[test]
fn a_record_of_ours_is_seen_with_its_tunnels_name() {
    assert_snapshot!(seen(Bench::new(WEB).sight("dns_record", &list(0))), @r#"
        dns_record.app.example.com = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1
        {"target":"tunnel.edge-web","proxied":true,"ttl":1}
        Ours Spec
        refers to [tunnel.edge-web, tunnel_config.edge-web], former None, version None, live false
        {"comment":"tunctl:edge ask ops first"}
    "#);
}

#[test]
fn a_record_that_leads_to_no_living_tunnel_is_seen_with_the_id() {
    assert_snapshot!(seen(Bench::new(WEB).sight("dns_record", &list(1))), @r#"
        dns_record.gone.example.com = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2
        {"target":"tunnel.id:99999999-9999-4999-8999-999999999999","proxied":false,"ttl":300}
        Unmarked Spec
        refers to [tunnel.id:99999999-9999-4999-8999-999999999999, tunnel_config.id:99999999-9999-4999-8999-999999999999], former None, version None, live false
        {"comment":null}
    "#);
}

#[test]
fn an_address_at_a_declared_name_is_an_occupant() {
    assert_snapshot!(seen(Bench::new(TWO).sight("dns_record", &list(2))), @r#"
        dns_record.new.example.com = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3
        {"target":"A 192.0.2.1","proxied":true,"ttl":1}
        Other("shop") Occupant
        refers to [], former None, version None, live false
        {"comment":"tunctl:shop"}
    "#);
}

#[test]
fn a_read_only_record_at_a_declared_name_is_locked() {
    let bench = Bench::new(&WEB.replace("app.", "bucket."));
    assert_snapshot!(seen(bench.sight("dns_record", &list(3))), @r#"
        dns_record.bucket.example.com = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa4
        {"target":"CNAME public.r2.dev","proxied":true,"ttl":1}
        Unmarked Locked
        refers to [], former None, version None, live false
        {"comment":null}
    "#);
}

#[test]
fn records_that_are_nobodys_business_are_nothing() {
    let bench = Bench::new(WEB);
    for index in [2, 3, 4, 5] {
        assert_eq!(
            seen(bench.sight("dns_record", &list(index))),
            "nothing",
            "{index}"
        );
    }
}

#[test]
fn what_is_posted_is_what_was_declared() {
    let bench = Bench::new(WEB);
    let spec = bench.spec("dns_record.app.example.com");
    let made = named("dns_record").create(&bench.write("app.example.com"), &spec);
    let Ok(Step::Batch { parts, .. }) = made else {
        panic!("a part of a batch");
    };
    let [Part::Post(sent)] = parts.as_slice() else {
        panic!("one post");
    };
    let answer = answered(&fixture("dns_record/created"), sent);
    let (at, object) = bench.sight("dns_record", &answer).expect("a record");
    assert_eq!(
        (at, object.spec),
        (address("dns_record.app.example.com"), spec)
    );
    assert_eq!(
        named("dns_record")
            .created(&answer)
            .map(|id| id.to_string()),
        answer["id"].as_str().map(str::to_owned)
    );
}
