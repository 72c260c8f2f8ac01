use serde_json::json;
use tunctl::api::base::{Base, BaseError};
use tunctl::api::credentials::CredentialError;
use tunctl::api::{Client, Credentials, Http, Settings};
use tunctl::request::{Method, Request};

use crate::support::script::{Scripted, good};

#[test]
fn a_call_has_its_target_encoded_and_its_headers_set() {
    let world = Scripted::answers(vec![Ok(good(&json!(1)))]);
    let request = Request::new(Method::Post, &["zones", "a b/c", "dns_records"])
        .query("comment.startswith", "tunctl:edge & more+")
        .body(json!({"name": "x"}));
    let result = world.clock.run(world.client.send(&request));
    assert_eq!(result.unwrap(), json!(1));
    let (_, call) = world.sent.lock().unwrap()[0].clone();
    assert_eq!(
        call.target,
        "/zones/a%20b%2Fc/dns_records?comment.startswith=tunctl%3Aedge+%26+more%2B"
    );
    let headers: Vec<_> = call
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(
        headers,
        [
            ("authorization", "Bearer 0123456789-the-planted-token"),
            ("accept", "application/json"),
            ("content-type", "application/json"),
        ]
    );
    assert_eq!(call.body.unwrap(), br#"{"name":"x"}"#);
}

#[test]
fn a_call_without_a_body_has_no_content_type() {
    let world = Scripted::answers(vec![Ok(good(&json!([])))]);
    world
        .clock
        .run(world.client.send(&Request::get(&["zones"])))
        .unwrap();
    let (_, call) = world.sent.lock().unwrap()[0].clone();
    assert_eq!(call.body, None);
    assert!(call.headers.iter().all(|(name, _)| *name != "content-type"));
}

#[test]
fn a_token_may_end_in_line_ends_and_nothing_else() {
    assert!(Credentials::token("abcdefgh\r\n").is_ok());
    for (token, at) in [
        ("ab cd", 3),
        ("ab\ncd", 3),
        ("abcd ", 5),
        ("\tab", 1),
        ("abé", 3),
        ("a\0b", 2),
    ] {
        let error = Credentials::token(token).unwrap_err();
        let CredentialError::Character { at: place, .. } = error else {
            panic!("{token:?}: {error}");
        };
        assert_eq!(place, at, "{token:?}");
        assert!(!error.to_string().contains(token));
    }
    assert_eq!(
        Credentials::token("\n").unwrap_err(),
        CredentialError::Empty { what: "API token" }
    );
}

#[test]
fn an_error_about_a_token_says_which_character_it_is() {
    let error = Credentials::token("Bearer abc").unwrap_err();
    insta::assert_snapshot!(error, @"the API token has white space at character 7");
    let error = Credentials::key("me@example.com", "abc\u{e9}").unwrap_err();
    insta::assert_snapshot!(error, @"the API key has a character outside ASCII at character 4");
}

#[test]
fn an_api_url_without_a_path_gets_the_usual_one() {
    for (given, base) in [
        (
            "https://api.cloudflare.com",
            "https://api.cloudflare.com/client/v4",
        ),
        ("https://api.example/", "https://api.example/client/v4"),
        (
            "https://api.example/cf/client/v4/",
            "https://api.example/cf/client/v4",
        ),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787/client/v4"),
        ("http://[::1]:1/client/v4", "http://[::1]:1/client/v4"),
        ("http://localhost", "http://localhost/client/v4"),
    ] {
        assert_eq!(Base::parse(given).unwrap().to_string(), base);
    }
    assert_eq!(
        Base::parse("https://api.cloudflare.com").unwrap(),
        Base::default()
    );
}

#[test]
fn plain_http_goes_to_this_machine_only() {
    for given in [
        "http://api.cloudflare.com",
        "http://10.0.0.1",
        "http://localhost.example",
        "http://0.0.0.0",
        "http://[::]",
    ] {
        let error = Base::parse(given).unwrap_err();
        assert!(
            matches!(error, BaseError::Unencrypted { .. }),
            "{given}: {error}"
        );
    }
}

#[test]
fn an_api_url_has_no_other_parts() {
    for given in [
        "https://user:secret@api.example",
        "https://api.example/?a=b",
        "https://api.example/#x",
    ] {
        let error = Base::parse(given).unwrap_err();
        assert!(matches!(error, BaseError::Extra { .. }), "{given}: {error}");
        assert!(!error.to_string().contains("secret"));
    }
    for given in [
        "",
        "api.example",
        "ftp://api.example",
        "https://",
        "https:///client/v4x y",
    ] {
        assert!(Base::parse(given).is_err(), "{given}");
    }
    insta::assert_snapshot!(
        Base::parse("https://api.example/v4").unwrap_err(),
        @"the path `/v4` does not end in `/client/v4`"
    );
}

/// `serve` answers from many threads, so the client and its futures must be able to move.
#[test]
fn the_real_client_can_be_shared_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync>(_: &T) {}
    let client = Client::new(
        Http::new(&tunctl::api::http::HttpSettings::default()).unwrap(),
        Credentials::token("abcdefgh").unwrap(),
        Settings::default(),
    );
    let request = Request::get(&["zones"]);
    is_sync(&client);
    is_send(&client.send(&request));
    is_send(&client.list(&request, Some(50)));
}
