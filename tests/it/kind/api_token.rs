//! The kind `api_token`.

use insta::assert_snapshot;
use serde_json::Value;
use tunctl::address::{Address, RemoteId};
use tunctl::kind::{Listing, Makes, Terms};
use tunctl::observed::{Object, Standing};

use super::{Bench, address, answered, fixture, listings, named, request, seen, step};

const SECTIONS: &str = "apiTokens:
  edge-deploy:
    policies:
      - {permissions: [DNS Write], resources: {zone: Example.com}}
      - {effect: allow, permissions: [Cloudflare Tunnel Write], resources: account}
    condition: {ip: {in: [203.0.113.0/24]}}
    expiresOn: 2027-06-30T00:00:00Z
    rotateBefore: 30d
    sink: local
  edge-plain:
    policies: [{effect: deny, permissions: [DNS Write], resources: zones}]
    sink: local
sinks: {local: {file: \"secrets/{kind}-{name}.json\"}}
";

/// A stack with tokens, in an account with permission groups.
fn bench() -> Bench {
    let mut bench = Bench::new(SECTIONS);
    for group in fixture("api_token/permission_groups")
        .as_array()
        .expect("a list")
    {
        let (at, object) = sight(&bench, 1, group).expect("a group");
        bench.ids.learn(&at, &object.id);
    }
    bench
}

/// What the kind makes of a live object in one of its lists.
fn sight(bench: &Bench, list: usize, live: &Value) -> Option<(Address, Object)> {
    let kind = named("api_token");
    let listing: Listing = kind.list(&bench.view()).remove(list);
    kind.sight(live, &listing, &bench.view()).expect("readable")
}

fn live(bench: &Bench, index: usize) -> Object {
    let list = fixture("api_token/list");
    sight(bench, 0, &list[index]).expect("a token").1
}

fn terms() -> Terms {
    Terms {
        now: "2026-01-01T00:00:00Z".parse().expect("a time"),
        grace_until: "2026-01-01T00:00:00Z".parse().expect("a time"),
        spare: false,
        fresh: String::new().into(),
    }
}

#[test]
fn tokens_groups_and_the_token_of_the_run_are_read() {
    assert_snapshot!(listings(&named("api_token").list(&bench().view())), @r"
        GET /accounts/00000000000000000000000000000001/tokens?include_expired=true (50 a page, of ``, absent [])
        GET /accounts/00000000000000000000000000000001/tokens/permission_groups (10000 a page, of `permission groups`, absent [])
        GET /accounts/00000000000000000000000000000001/tokens/verify (no pages, of `the token of this run`, absent [1000, 1001, 10000], optional)
    ");
    let none = Bench::new(crate::support::world::WEB);
    assert_eq!(named("api_token").list(&none.view()), []);
    let look = named("api_token").look(&bench().scope, &bench().ids, "edge-deploy");
    assert_snapshot!(listings(&look.into_iter().collect::<Vec<_>>()), @"GET /accounts/00000000000000000000000000000001/tokens?include_expired=true (50 a page, of ``, absent [])");
}

#[test]
fn a_create_names_groups_and_zones_by_their_ids() {
    let bench = bench();
    let made = |name: &str| {
        let spec = bench.spec(&format!("api_token.{name}"));
        named("api_token").create(&bench.write(name), &spec)
    };
    assert_snapshot!(step(&made("edge-deploy").expect("a step")), @r#"
        POST /accounts/00000000000000000000000000000001/tokens once
        {"name":"edge-deploy","policies":[{"effect":"allow","permission_groups":[{"id":"11111111111111111111111111111111"}],"resources":{"com.cloudflare.api.account.00000000000000000000000000000001":"*"}},{"effect":"allow","permission_groups":[{"id":"22222222222222222222222222222222"}],"resources":{"com.cloudflare.api.account.zone.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":"*"}}],"condition":{"request_ip":{"in":["203.0.113.0/24"]}},"expires_on":"2027-06-30T00:00:00Z"}
    "#);
    assert_snapshot!(step(&made("edge-plain").expect("a step")), @r#"
        POST /accounts/00000000000000000000000000000001/tokens once
        {"name":"edge-plain","policies":[{"effect":"deny","permission_groups":[{"id":"22222222222222222222222222222222"}],"resources":{"com.cloudflare.api.account.00000000000000000000000000000001":{"com.cloudflare.api.account.zone.*":"*"}}}]}
    "#);
}

#[test]
fn what_has_no_id_stops_a_write() {
    let bench = Bench::new(SECTIONS);
    let spec = bench.spec("api_token.edge-plain");
    let error = named("api_token").create(&bench.write("edge-plain"), &spec);
    assert_snapshot!(error.expect_err("no group is known"), @"`permission_group.DNS Write` does not exist");
}

#[test]
fn an_update_sends_back_what_is_not_declared() {
    let (bench, kind) = (bench(), named("api_token"));
    let object = live(&bench, 0);
    let (write, spec) = (
        bench.write("edge-plain"),
        bench.spec("api_token.edge-plain"),
    );
    let update = step(&kind.update(&write, &spec, &object).expect("a step"));
    assert_snapshot!(update, @r#"
        PUT /accounts/00000000000000000000000000000001/tokens/77777777777777777777777777777777
        {"name":"edge-plain","policies":[{"effect":"deny","permission_groups":[{"id":"22222222222222222222222222222222"}],"resources":{"com.cloudflare.api.account.00000000000000000000000000000001":{"com.cloudflare.api.account.zone.*":"*"}}}],"condition":{"request_ip":{"in":["203.0.113.0/24"]}},"expires_on":"2027-06-30T00:00:00Z"}
    "#);
    assert_eq!(
        step(&kind.rename(&write, &spec, &object).expect("a step")),
        update
    );
    assert_eq!(
        step(&kind.adopt(&write, &spec, &[object]).expect("a step")),
        update
    );
}

#[test]
fn a_deletion_names_the_id() {
    let (bench, kind) = (bench(), named("api_token"));
    let object = live(&bench, 0);
    let gone = step(&kind.delete(&bench.write("x"), &object).expect("a step"));
    assert_snapshot!(gone, @"DELETE /accounts/00000000000000000000000000000001/tokens/77777777777777777777777777777777");
    let back = kind.retract(&bench.write("x"), &object.id).expect("a step");
    assert_eq!(step(&back), gone);
    let older = kind.delete_older(&bench.scope, &object.id).expect("a step");
    assert_eq!(step(&older), gone);
}

#[test]
fn a_rotation_makes_the_next_generation_and_deletes_the_older_ones() {
    let (bench, kind) = (bench(), named("api_token"));
    let folded = kind.fold(vec![live(&bench, 0), live(&bench, 1)]);
    let spec = bench.spec("api_token.edge-deploy");
    let rotation = kind.rotate(&bench.write("edge-deploy"), &spec, &folded[0], &terms());
    let rotation = rotation.expect("a rotation");
    assert_eq!(rotation.makes, Makes::Object);
    let requests = rotation.make.iter().chain(&rotation.retire);
    assert_snapshot!(requests.map(request).collect::<Vec<_>>().join("\n"), @r#"
        POST /accounts/00000000000000000000000000000001/tokens once
        {"name":"edge-deploy~3","policies":[{"effect":"allow","permission_groups":[{"id":"11111111111111111111111111111111"}],"resources":{"com.cloudflare.api.account.00000000000000000000000000000001":"*"}},{"effect":"allow","permission_groups":[{"id":"22222222222222222222222222222222"}],"resources":{"com.cloudflare.api.account.zone.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":"*"}}],"condition":{"request_ip":{"in":["203.0.113.0/24"]}},"expires_on":"2027-06-30T00:00:00Z"}
        DELETE /accounts/00000000000000000000000000000001/tokens/77777777777777777777777777777777
        DELETE /accounts/00000000000000000000000000000001/tokens/88888888888888888888888888888888
    "#);
}

#[test]
fn generations_of_one_name_are_one_token() {
    let (bench, kind) = (bench(), named("api_token"));
    let [first, mut second] = [live(&bench, 0), live(&bench, 1)];
    assert!(matches!(second.standing, Standing::Revoked(_)));
    second.standing = Standing::Good;
    let folded = kind.fold(vec![first.clone(), second.clone()]);
    assert_eq!(folded.len(), 1);
    assert_eq!(folded[0].id, second.id);
    assert_eq!(folded[0].older, std::slice::from_ref(&first.id));
    assert_eq!(folded[0].standing, Standing::Unfinished);
    assert_eq!(
        kind.fold(vec![first.clone(), first.clone()]).len(),
        2,
        "two tokens of one name"
    );
    assert_eq!(kind.fold(vec![first.clone()]), [first]);
}

#[test]
fn tokens_are_seen_with_their_end_and_their_standing() {
    let list = fixture("api_token/list");
    let bench = bench();
    assert_snapshot!(seen(sight(&bench, 0, &list[0])), @r#"
        api_token.edge-deploy = 77777777777777777777777777777777
        {"policies":[{"effect":"allow","permissions":["Cloudflare Tunnel Write"],"resources":["account"]},{"effect":"allow","permissions":["DNS Write"],"resources":["zone example.com"]}],"condition":{"in":["203.0.113.0/24"],"notIn":[]},"expiresOn":"2027-06-30T00:00:00Z"}
        ByName Spec
        refers to [], former None, version None, live false
        {"generation":1,"condition":{"request_ip":{"in":["203.0.113.0/24"]}},"expires_on":"2027-06-30T00:00:00Z","not_before":null}
        ends at 2027-06-30T00:00:00Z
    "#);
    assert_snapshot!(seen(sight(&bench, 0, &list[1])), @r#"
        api_token.edge-deploy = 88888888888888888888888888888888
        {"policies":[{"effect":"allow","permissions":["Cloudflare Tunnel Write"],"resources":["account"]},{"effect":"allow","permissions":["DNS Write"],"resources":["zone example.com"]}],"condition":{"in":["203.0.113.0/24"],"notIn":[]},"expiresOn":"2027-06-30T00:00:00Z"}
        ByName Spec
        refers to [], former None, version None, live false
        {"generation":2,"condition":{"request_ip":{"in":["203.0.113.0/24"]}},"expires_on":"2027-06-30T00:00:00Z","not_before":null}
        ends at 2027-06-30T00:00:00Z
        Revoked("is disabled at Cloudflare")
    "#);
    assert_snapshot!(seen(sight(&bench, 0, &list[2])), @r#"
        api_token.edge-odd = 99999999999999999999999999999999
        {"policies":[{"effect":"deny","permissions":["Workers R2 Storage Write {\"key\":\"bucket\",\"value\":\"x\"}"],"resources":["other com.cloudflare.edge.r2.bucket.x","zones"]}]}
        ByName Spec
        refers to [], former None, version None, live false
        {"generation":1,"condition":null,"expires_on":null,"not_before":null}
    "#);
    assert_snapshot!(seen(sight(&bench, 2, &fixture("api_token/verify"))), @r"
        own_token.77777777777777777777777777777777 = 77777777777777777777777777777777
        {}
        ByName Spec
        refers to [], former None, version None, live false
        null
    ");
}

#[test]
fn a_created_token_is_seen_as_it_was_declared() {
    let bench = bench();
    let spec = bench.spec("api_token.edge-deploy");
    let made = named("api_token").create(&bench.write("edge-deploy"), &spec);
    let tunctl::kind::Step::Send(made) = made.expect("a step") else {
        panic!("not a request of its own");
    };
    let answer = answered(&fixture("api_token/created"), &made.body.expect("a body"));
    let (at, object) = sight(&bench, 0, &answer).expect("seen");
    assert_eq!(at, address("api_token.edge-deploy"));
    assert_eq!(object.spec, spec);
    let credential = named("api_token").credential(&at, &RemoteId::new("7"), &answer);
    assert_snapshot!(credential.expect("a secret").expose(), @r#"{"kind":"api_token","name":"edge-deploy","id":"7","value":"scrubbed","expires_at":"2027-06-30T00:00:00Z"}"#);
}

#[test]
fn only_a_later_date_is_a_reason_for_a_new_generation() {
    let bench = bench();
    let spec = bench.spec("api_token.edge-deploy");
    let renews = |end: &str| {
        let object = Object {
            expires: end.parse().ok(),
            ..live(&bench, 0)
        };
        named("api_token").renews(&spec, &object)
    };
    assert!(renews("2027-06-29T00:00:00Z"));
    assert!(!renews("2027-06-30T00:00:00Z"));
}
