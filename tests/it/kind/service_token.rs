//! The kind `service_token`.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tunctl::address::RemoteId;
use tunctl::kind::{Makes, Rotation, Terms};
use tunctl::observed::{Object, Standing};

use super::{Bench, address, answered, fixture, listings, named, request, seen, step};

const SECTIONS: &str = "serviceTokens:
  edge-ci: {duration: 8760h, rotateBefore: 30d, grace: 24h, sink: local}
  edge-zone: {zone: Example.com, sink: local, previousNames: [old]}
sinks: {local: {file: \"secrets/{kind}-{name}.json\"}}
";

fn bench() -> Bench {
    Bench::new(SECTIONS)
}

fn live(bench: &Bench, index: usize) -> Object {
    let list = fixture("service_token/list");
    let seen = bench.sight("service_token", &list[index]);
    seen.expect("a service token").1
}

fn terms(spare: bool) -> Terms {
    Terms {
        now: "2026-01-01T00:00:00Z".parse().expect("a time"),
        grace_until: "2026-01-02T00:00:00Z".parse().expect("a time"),
        spare,
        fresh: String::new().into(),
    }
}

fn rotation(name: &str, object: &Object, spare: bool) -> Rotation {
    let bench = bench();
    let spec = bench.spec(&format!("service_token.{name}"));
    let rotation = named("service_token").rotate(&bench.write(name), &spec, object, &terms(spare));
    rotation.expect("a rotation")
}

fn shown(rotation: &Rotation) -> String {
    let requests = rotation.make.iter().chain(&rotation.retire);
    requests.map(request).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_account_is_listed_and_every_zone_that_is_declared() {
    assert_snapshot!(listings(&named("service_token").list(&bench().view())), @r"
        GET /accounts/00000000000000000000000000000001/access/service_tokens (50 a page, of ``, absent [])
        GET /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/access/service_tokens (50 a page, of `example.com`, absent [])
    ");
    let none = Bench::new(crate::support::world::WEB);
    assert_eq!(named("service_token").list(&none.view()), []);
}

#[test]
fn one_token_is_looked_up_by_name_where_it_is() {
    let bench = bench();
    let look = |name| named("service_token").look(&bench.scope, &bench.ids, name);
    let looks: Vec<_> = ["edge-ci", "edge-zone@example.com"]
        .into_iter()
        .filter_map(look)
        .collect();
    assert_snapshot!(listings(&looks), @r"
        GET /accounts/00000000000000000000000000000001/access/service_tokens?name=edge-ci (50 a page, of ``, absent [])
        GET /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/access/service_tokens?name=edge-zone (50 a page, of `example.com`, absent [])
    ");
    assert!(look("edge-zone@example.net").is_none());
}

#[test]
fn a_create_says_what_is_declared() {
    let bench = bench();
    let made = |name: &str| {
        let spec = bench.spec(&format!("service_token.{name}"));
        let made = named("service_token").create(&bench.write(name), &spec);
        step(&made.expect("a step"))
    };
    assert_snapshot!(made("edge-ci"), @r#"
        POST /accounts/00000000000000000000000000000001/access/service_tokens once
        {"name":"edge-ci","duration":"8760h"}
    "#);
    assert_snapshot!(made("edge-zone@example.com"), @r#"
        POST /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/access/service_tokens once
        {"name":"edge-zone"}
    "#);
}

#[test]
fn an_update_an_adoption_and_a_rename_are_the_same_request() {
    let (bench, kind) = (bench(), named("service_token"));
    let object = live(&bench, 0);
    let (write, spec) = (bench.write("edge-ci"), bench.spec("service_token.edge-ci"));
    let update = step(&kind.update(&write, &spec, &object).expect("a step"));
    assert_snapshot!(update, @r#"
        PUT /accounts/00000000000000000000000000000001/access/service_tokens/11111111-2222-4111-8111-111111111111
        {"name":"edge-ci","duration":"8760h"}
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
fn a_deletion_names_the_id_where_it_is() {
    let (bench, kind) = (bench(), named("service_token"));
    let object = live(&bench, 0);
    let gone = |name| step(&kind.delete(&bench.write(name), &object).expect("a step"));
    assert_snapshot!(format!("{}\n{}", gone("x"), gone("x@example.org")), @r"
        DELETE /accounts/00000000000000000000000000000001/access/service_tokens/11111111-2222-4111-8111-111111111111
        DELETE /zones/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/access/service_tokens/11111111-2222-4111-8111-111111111111
    ");
    let back = kind.retract(&bench.write("x"), &object.id).expect("a step");
    assert_eq!(step(&back), gone("x"));
    assert!(kind.delete(&bench.write("x@example.net"), &object).is_err());
}

#[test]
fn an_account_s_token_is_rotated_and_made_valid_anew() {
    let rotation = rotation("edge-ci", &live(&bench(), 0), false);
    assert_eq!(rotation.makes, Makes::Secret);
    assert_snapshot!(rotation.ends.expect("an end"), @"2027-01-01T00:00:00Z");
    assert_snapshot!(shown(&rotation), @r#"
        POST /accounts/00000000000000000000000000000001/access/service_tokens/11111111-2222-4111-8111-111111111111/rotate once
        {"previous_client_secret_expires_at":"2099-12-31T23:59:59Z"}
        PUT /accounts/00000000000000000000000000000001/access/service_tokens/11111111-2222-4111-8111-111111111111
        {"name":"edge-ci","duration":"8761h","previous_client_secret_expires_at":"2026-01-02T00:00:00Z"}
        PUT /accounts/00000000000000000000000000000001/access/service_tokens/11111111-2222-4111-8111-111111111111
        {"name":"edge-ci","duration":"8760h","previous_client_secret_expires_at":"2026-01-02T00:00:00Z"}
    "#);
}

#[test]
fn a_zone_s_token_counts_its_version_up() {
    let rotation = rotation("edge-zone@example.com", &live(&bench(), 2), false);
    assert_eq!(rotation.ends, None, "it is valid for ever");
    assert_snapshot!(shown(&rotation), @r#"
        PUT /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/access/service_tokens/33333333-2222-4333-8333-333333333333 once
        {"client_secret_version":3,"previous_client_secret_expires_at":"2099-12-31T23:59:59Z"}
        PUT /zones/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/access/service_tokens/33333333-2222-4333-8333-333333333333
        {"name":"edge-zone","duration":"forever","previous_client_secret_expires_at":"2026-01-02T00:00:00Z"}
    "#);
}

#[test]
fn a_token_that_is_spared_is_made_valid_anew_without_another_secret() {
    let rotation = rotation("edge-ci", &live(&bench(), 0), true);
    assert_eq!(rotation.make, None);
    assert_snapshot!(shown(&rotation), @r#"
        PUT /accounts/00000000000000000000000000000001/access/service_tokens/11111111-2222-4111-8111-111111111111
        {"name":"edge-ci","duration":"8761h"}
        PUT /accounts/00000000000000000000000000000001/access/service_tokens/11111111-2222-4111-8111-111111111111
        {"name":"edge-ci","duration":"8760h"}
    "#);
}

#[test]
fn tokens_are_seen_with_their_end_and_their_standing() {
    let list = fixture("service_token/list");
    let bench = bench();
    assert_snapshot!(seen(bench.sight("service_token", &list[0])), @r#"
        service_token.edge-ci = 11111111-2222-4111-8111-111111111111
        {"duration":"8760h"}
        ByName Spec
        refers to [], former None, version None, live false
        {"version":3}
        ends at 2027-03-02T07:04:01Z
    "#);
    assert_snapshot!(seen(bench.sight("service_token", &list[1])), @r#"
        service_token.edge-off = 22222222-2222-4222-8222-222222222222
        {"duration":"8760h"}
        ByName Spec
        refers to [], former None, version None, live false
        {"version":null}
        ends at 2027-03-02T07:04:01Z
        Revoked("is disabled at Cloudflare")
    "#);
    assert_snapshot!(seen(bench.sight("service_token", &list[2])), @r#"
        service_token.edge-held = 33333333-2222-4333-8333-333333333333
        {"duration":"forever"}
        ByName Spec
        refers to [], former None, version None, live false
        {"version":2}
        Held
    "#);
}

#[test]
fn the_secret_is_what_the_answer_to_a_create_shows() {
    let kind = named("service_token");
    let answer = fixture("service_token/created");
    let id = RemoteId::new("1");
    let at = address("service_token.edge-ci");
    let credential = kind.credential(&at, &id, &answer).expect("a secret");
    assert_snapshot!(credential.expose(), @r#"{"kind":"service_token","name":"edge-ci","id":"1","client_id":"0123456789abcdef0123456789abcdef.access","client_secret":"scrubbed","expires_at":"2027-03-02T07:04:01Z"}"#);
    let without = &fixture("service_token/list")[0];
    assert!(kind.credential(&at, &id, without).is_none());
    assert!(kind.reading(&bench().scope, &id).is_none());
}

#[test]
fn a_created_token_is_seen_as_it_was_declared() {
    let bench = bench();
    let spec = bench.spec("service_token.edge-ci");
    let sent = json!({"name": "edge-ci", "duration": "8760h0m0s"});
    let answer = answered(&fixture("service_token/created"), &sent);
    let (at, object) = bench.sight("service_token", &answer).expect("seen");
    assert_eq!(at, address("service_token.edge-ci"));
    assert_eq!(object.spec, spec);
    assert_eq!(object.standing, Standing::Good);
    assert_eq!(bench.spec("service_token.edge-zone@example.com"), json!({}));
}

#[test]
fn a_zone_that_the_account_has_not_is_said_so() {
    let bench = bench();
    let misplaced = |name| named("service_token").misplaced(&bench.view(), name);
    assert_eq!(misplaced("edge-zone@example.com"), None);
    let wrong = misplaced("edge-zone@example.net").expect("no such zone");
    assert_eq!(wrong.code, "tunctl::zone_not_visible");
    assert_snapshot!(format!("{}; {}", wrong.message, wrong.help), @"the account has no zone `example.net`; the token sees these zones: example.com, example.org");
}

#[test]
fn what_cannot_be_a_validity_is_none() {
    use tunctl::kind::service_token::lifetime_of;
    for text in ["", "0h", "90m", "-1h", "1d", "for ever", "Forever"] {
        assert_eq!(lifetime_of(text), None, "{text}");
    }
    assert!(lifetime_of("60m").is_some() && lifetime_of("forever").is_some());
    assert_eq!(Value::Null, live(&bench(), 0).carry["none"]);
}
