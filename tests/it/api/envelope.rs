use proptest::prelude::*;
use serde_json::{Value, json};
use tunctl::api::{ApiError, Meaning, Reply};
use tunctl::request::{Method, Request};

use crate::support::script::{Scripted, good, reply};

fn send(reply: Reply) -> Result<Value, ApiError> {
    let world = Scripted::answers(vec![Ok(reply)]);
    let request = Request::new(Method::Post, &["accounts", "a1", "cfd_tunnel"]);
    let result = world.clock.run(world.client.send(&request));
    assert_eq!(
        world.count(),
        1,
        "a POST is never sent twice after an answer"
    );
    result
}

fn error(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> ApiError {
    send(reply(
        status,
        &[("content-type", content_type), ("cf-ray", "8f00ba5-FRA")],
        body,
    ))
    .unwrap_err()
}

#[test]
fn a_good_envelope_gives_its_result() {
    assert_eq!(send(good(&json!({"id": "x"}))).unwrap(), json!({"id": "x"}));
    assert_eq!(send(good(&Value::Null)).unwrap(), Value::Null);
    assert_eq!(
        send(reply(200, &[], r#"{"success":true}"#)).unwrap(),
        Value::Null
    );
    assert_eq!(send(reply(204, &[], "")).unwrap(), Value::Null);
}

#[test]
fn status_and_success_must_both_say_yes() {
    let body = r#"{"success":true,"errors":[],"result":{}}"#;
    assert_eq!(
        send(reply(400, &[], body)).unwrap_err().meaning(),
        Meaning::Rejected
    );
    let body = r#"{"success":false,"errors":[{"code":1056,"message":"Bad"}],"result":{}}"#;
    let error = send(reply(200, &[], body)).unwrap_err();
    assert_eq!(error.meaning(), Meaning::Rejected);
    assert!(!error.is_ambiguous());
}

#[test]
fn every_error_and_its_chain_is_kept() {
    let error = error(
        400,
        "application/json",
        r#"{"success":false,"errors":[
            {"code":6003,"message":"Invalid request headers","error_chain":[
                {"code":"6111","message":"Invalid format for Authorization header"}]},
            {"code":"1056","message":"Bad Configuration: Validation failed: x\n"},
            {"code":-1,"message":null}, "nonsense", null, {"code":1e300}
        ],"result":null}"#,
    );
    assert!([6003, 6111, 1056].iter().all(|code| error.has_code(*code)));
    assert!(!error.has_code(1));
    assert_eq!(error.faults().len(), 6);
    insta::assert_snapshot!(error, @"POST /accounts/a1/cfd_tunnel failed: status 400, Invalid request headers (6003): Invalid format for Authorization header (6111); Bad Configuration: Validation failed: x (1056); ; ; ;  [cf-ray 8f00ba5-FRA]");
}

#[test]
fn html_in_place_of_json_shows_its_beginning() {
    let error = error(
        200,
        "text/html; charset=utf-8",
        "\u{feff}<!DOCTYPE html>\r\n<title>Sign in\u{1b}[31m</title><style>a{b}</style>",
    );
    assert_eq!(error.meaning(), Meaning::Unreadable);
    assert!(error.is_ambiguous(), "a write with an unknown answer");
    insta::assert_snapshot!(error, @r"POST /accounts/a1/cfd_tunnel failed: status 200, not JSON but text/html; charset=utf-8: \u{feff}<!DOCTYPE html>\r\n<title>Sign in\u{1b} [cf-ray 8f00ba5-FRA]");
}

#[test]
fn an_excerpt_has_at_most_200_characters() {
    let error = error(404, "", "x".repeat(10_000));
    let text = error.to_string();
    let excerpt = text.split_once("not JSON: ").unwrap().1;
    let excerpt = excerpt.split_once(" [cf-ray").unwrap().0;
    assert_eq!(excerpt.chars().count(), 200);
}

#[test]
fn truncated_json_says_where_it_breaks_off_and_nothing_of_what_it_holds() {
    let error = error(
        200,
        "application/json",
        r#"{"success":true,"result":{"client_secret":"s3cr3t"#,
    );
    insta::assert_snapshot!(error, @"POST /accounts/a1/cfd_tunnel failed: status 200, broken JSON: EOF while parsing a string at line 1 column 49 [cf-ray 8f00ba5-FRA]");
}

#[test]
fn json_of_another_program_is_not_an_envelope() {
    for body in [
        r#"{"message":"not found"}"#,
        "[]",
        "null",
        "3",
        r#""text""#,
        r#"{"success":"true","result":1}"#,
    ] {
        for status in [200, 404] {
            assert_eq!(
                error(status, "application/json", body).meaning(),
                Meaning::Unreadable,
                "{body}"
            );
        }
    }
    assert_eq!(error(200, "", "").meaning(), Meaning::Unreadable);
    assert_eq!(error(404, "", "").meaning(), Meaning::Unreadable);
}

#[test]
fn an_error_stays_one_line_whatever_the_message() {
    let nasty = "a\nb\r\u{1b}[2J\u{202e}evil\u{2028}c";
    let body = json!({"success": false, "errors": [{"code": 1, "message": nasty}]});
    insta::assert_snapshot!(
        error(400, "application/json", body.to_string()),
        @r"POST /accounts/a1/cfd_tunnel failed: status 400, a\nb\r\u{1b}[2J\u{202e}evil\u{2028}c (1) [cf-ray 8f00ba5-FRA]"
    );
}

/// Bytes that look like an envelope now and then.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let envelope = json!({"success": false, "errors": [{"code": 1, "message": "m",
        "error_chain": [{"code": "2"}]}], "result": [{"id": "x"}],
        "result_info": {"page": 1, "per_page": 20, "count": 1, "total_count": 1}})
    .to_string()
    .into_bytes();
    let good = good(&json!([{"id": 1}])).body;
    let mutated = (
        prop_oneof![Just(envelope), Just(good)],
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(mut body, changes, cut)| {
            for (index, byte) in changes {
                let at = index.index(body.len());
                body[at] = byte;
            }
            let end = cut.index(2 * body.len()).min(body.len());
            body.truncate(end);
            body
        });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..300), mutated]
}

proptest! {
    #[test]
    fn any_bytes_give_a_result_or_one_clear_error(
        status in 100_u16..600,
        names in prop::collection::vec(
            (prop::sample::select(vec!["retry-after", "ratelimit", "ratelimit-policy", "date", "location", "cf-ray", "content-type"]), ".*"),
            0..4,
        ),
        body in bodies(),
    ) {
        let headers: Vec<(&str, &str)> = names.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let world = Scripted::answers(vec![Ok(reply(status, &headers, body))]);
        let request = Request::get(&["zones"]);
        let sent = world.clock.run(world.client.send(&request));
        let listed = world.clock.run(world.client.list(&request, Some(20)));
        for error in [sent.err(), listed.err()].into_iter().flatten() {
            let text = error.to_string();
            prop_assert!(!text.chars().any(char::is_control), "{text:?}");
            prop_assert!(text.starts_with("GET /zones failed: "), "{text}");
            prop_assert!(text.chars().count() < 5_000, "{} characters", text.len());
            let help = miette::Diagnostic::help(&error).map(|help| help.to_string());
            prop_assert!(help.is_some_and(|help| !help.is_empty()));
        }
    }
}
