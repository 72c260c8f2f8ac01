use serde_json::{Value, json};
use tunctl::emulator::{Call, World};

use super::desk::{ACCOUNT, Desk, refusal};

#[test]
fn a_success_and_a_failure_have_cloudflares_envelope() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let reply = desk.call(
        "GET",
        &format!("/zones/{zone}/dns_records/usage"),
        &Value::Null,
    );
    assert_eq!(
        String::from_utf8(reply.body).unwrap(),
        r#"{"success":true,"errors":[],"messages":[],"result":{"record_usage":0,"record_quota":1000}}"#
    );
    let target = format!("/zones/{zone}/dns_records/{ACCOUNT}");
    let reply = desk.call("GET", &target, &Value::Null);
    assert_eq!(reply.status, 404);
    assert_eq!(
        String::from_utf8(reply.body.clone()).unwrap(),
        r#"{"success":false,"errors":[{"code":81044,"message":"Record does not exist."}],"messages":[],"result":null}"#
    );
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[test]
fn every_answer_has_the_rate_limits_headers_and_a_ray() {
    let mut desk = Desk::new();
    for target in ["/zones", "/nonsense", "/accounts/short/cfd_tunnel"] {
        let reply = desk.call("GET", target, &Value::Null);
        assert!(
            reply
                .header("ratelimit")
                .unwrap()
                .starts_with("\"default\";r=")
        );
        assert_eq!(
            reply.header("ratelimit-policy"),
            Some("\"default\";q=1200;w=300")
        );
        assert!(reply.header("cf-ray").unwrap().ends_with("-TPE"));
    }
    let one = desk.call("GET", "/zones", &Value::Null);
    let other = desk.call("GET", "/zones", &Value::Null);
    assert_ne!(one.header("cf-ray"), other.header("cf-ray"));
}

#[test]
fn credentials_of_each_scheme_are_taken_and_none_is_9106() {
    let mut world = World::new();
    let call = || Call::new("GET", "/client/v4/zones");
    assert_eq!(world.answer(&call().bearer("x")).status, 200);
    let key = call()
        .header("X-Auth-Email", "a@b.c")
        .header("X-Auth-Key", "k");
    assert_eq!(world.answer(&key).status, 200);
    let service = call().header("X-Auth-User-Service-Key", "v1.0-x");
    assert_eq!(world.answer(&service).status, 200);
    for call in [call(), call().header("X-Auth-Email", "a@b.c")] {
        let (status, code, _) = refusal(&world.answer(&call));
        assert_eq!((status, code), (400, 9106));
    }
    for value in ["Basic eDp5", "Bearer", "Bearer  ", ""] {
        let reply = world.answer(&call().header("Authorization", value));
        let (status, code, _) = refusal(&reply);
        assert_eq!((status, code), (400, 6003), "{value}");
        assert_eq!(super::desk::cause(&reply), json!(6111));
    }
}

#[test]
fn what_has_no_route_is_404_with_7003() {
    let mut desk = Desk::new();
    let (tunnel, _) = desk.tunnel("web");
    let targets = [
        ("GET", "/".to_owned()),
        ("GET", String::new()),
        ("GET", "/zones/".to_owned()),
        ("GET", "/zones/example.com".to_owned()),
        ("GET", "/accounts/short/cfd_tunnel".to_owned()),
        ("GET", format!("/accounts/{}/cfd_tunnel", "g".repeat(32))),
        ("GET", format!("/accounts/{ACCOUNT}/cfd_tunnel/no-uuid")),
        ("GET", format!("/accounts/{ACCOUNT}/cfd_tunnel/")),
        ("GET", format!("{tunnel}/%FF")),
        ("POST", "/zones".to_owned()),
        ("BREW", "/zones".to_owned()),
    ];
    for (method, target) in targets {
        let (status, code, message) = desk.refused(method, &target, &Value::Null);
        assert_eq!((status, code), (404, 7003), "{method} {target}");
        assert!(message.starts_with(&format!("Could not route to /client/v4{target}, perhaps")));
    }
    let outside = desk
        .world
        .answer(&Call::new("GET", "/client/v4zones").bearer("x"));
    assert_eq!(refusal(&outside).1, 7003);
}

#[test]
fn ids_in_paths_are_taken_in_any_case() {
    let mut desk = Desk::new();
    let (tunnel, id) = desk.tunnel("web");
    let upper = tunnel.to_uppercase().replace("/ACCOUNTS/", "/accounts/");
    let upper = upper.replace("/CFD_TUNNEL/", "/cfd_tunnel/");
    assert_eq!(desk.get(&upper)["id"], json!(id));
}

#[test]
fn a_body_that_is_no_json_object_is_400() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let paths = [
        format!("/accounts/{ACCOUNT}/cfd_tunnel"),
        format!("/zones/{zone}/dns_records"),
        format!("/zones/{zone}/dns_records/batch"),
    ];
    for path in paths {
        let call = Call::new("POST", &format!("/client/v4{path}")).bearer("all");
        for body in ["", "{", "{\"name\":}", "\u{0}", "{\"a\":1} trailing"] {
            let body = body.as_bytes().to_vec();
            let reply = desk.world.answer(&Call {
                body,
                ..call.clone()
            });
            assert_eq!(refusal(&reply).1, 6007);
            assert_eq!(reply.status, 400);
        }
        for body in ["[]", "null", "1", "\"text\"", "true"] {
            let body = body.as_bytes().to_vec();
            let reply = desk.world.answer(&Call {
                body,
                ..call.clone()
            });
            assert_eq!(reply.status, 400);
        }
    }
}

#[test]
fn a_hundred_thousand_brackets_are_malformed_not_a_stack_overflow() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let target = format!("/client/v4/zones/{zone}/dns_records");
    let call = Call {
        body: "[".repeat(100_000).into_bytes(),
        ..Call::new("POST", &target).bearer("all")
    };
    assert_eq!(refusal(&desk.world.answer(&call)).1, 6007);
}

#[test]
fn a_body_that_is_said_to_be_no_json_is_refused_unread() {
    let mut desk = Desk::new();
    let target = format!("/client/v4/accounts/{ACCOUNT}/cfd_tunnel");
    let named = |name: &str| {
        Call::new("POST", &target)
            .bearer("all")
            .json(&json!({"name": name}))
    };
    for (name, kind) in [
        ("a", "application/json"),
        ("b", "Application/JSON; charset=utf-8"),
    ] {
        let call = named(name).header("Content-Type", kind);
        assert_eq!(desk.world.answer(&call).status, 200, "{kind}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let reply = desk.world.answer(&named("c").header("Content-Type", kind));
        let (status, code, _) = refusal(&reply);
        assert_eq!((status, code), (400, 6003), "{kind}");
        assert_eq!(super::desk::cause(&reply), json!(6105));
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    let empty = Call::new("GET", &target).bearer("all");
    let reply = desk
        .world
        .answer(&empty.header("Content-Type", "text/plain"));
    assert_eq!(reply.status, 200);
}

#[test]
fn a_huge_body_is_answered_like_a_small_one() {
    let mut desk = Desk::new();
    let target = format!("/accounts/{ACCOUNT}/cfd_tunnel");
    let huge = "x".repeat(8 * 1024 * 1024);
    let body = json!({"name": "web", "tunnel_secret": huge, "config_src": [huge]});
    assert_eq!(desk.refused("POST", &target, &body).1, 1001);
    assert_eq!(desk.get(&target), json!([]));
}
