use std::fmt::Write;

use miette::Diagnostic;
use serde_json::json;
use tunctl::api::advice::permission;
use tunctl::api::{ApiError, Meaning, Reply, WireError};
use tunctl::request::{Method, Request};

use crate::support::script::{Scripted, refused, reply};

fn fail(request: &Request, answer: Result<Reply, WireError>) -> ApiError {
    let world = Scripted::answers(vec![answer]);
    world.clock.run(world.client.send(request)).unwrap_err()
}

fn told(error: &ApiError) -> String {
    let code = error.code().unwrap();
    let help = error.help().unwrap();
    format!("{code}\n{error}\n{help}")
}

#[test]
fn a_status_and_its_codes_have_one_meaning() {
    let request = Request::get(&["accounts", "a1", "cfd_tunnel", "t1"]);
    for (status, code, meaning) in [
        (404, 1003, Meaning::NotFound),
        (404, 1055, Meaning::NotFound),
        (404, 7003, Meaning::Rejected),
        (400, 7003, Meaning::Rejected),
        (404, 7000, Meaning::Rejected),
        (409, 1013, Meaning::Conflict),
        (401, 1000, Meaning::Unauthorized),
        (400, 6003, Meaning::Unauthorized),
        (400, 6111, Meaning::Unauthorized),
        (403, 10_000, Meaning::Forbidden),
        (401, 10_000, Meaning::Forbidden),
        (403, 9109, Meaning::Forbidden),
        (400, 1022, Meaning::Rejected),
        (429, 971, Meaning::RateLimited),
        (503, 1, Meaning::Unavailable),
        (408, 1, Meaning::Unavailable),
    ] {
        let error = fail(&request, Ok(refused(status, code, "m")));
        assert_eq!(error.meaning(), meaning, "{status} {code}");
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.ray(), Some("8f00ba5-FRA"));
    }
}

#[test]
fn a_routing_error_next_to_another_error_is_gone_when_the_other_says_so() {
    let body = json!({"success": false, "errors": [{"code": 7003}, {"code": 1003}]});
    let request = Request::get(&["accounts", "a1"]);
    let error = fail(&request, Ok(reply(404, &[], body.to_string())));
    assert_eq!(error.meaning(), Meaning::NotFound);
}

#[test]
fn a_write_without_a_clear_answer_is_ambiguous_and_a_read_never_is() {
    let lost = [
        Err(WireError::Timeout),
        Err(WireError::Broken("reset".to_owned())),
        Err(WireError::TooLarge { most: 1 }),
        Ok(refused(500, 1, "m")),
        Ok(refused(408, 1, "m")),
        Ok(reply(200, &[], "<html>")),
    ];
    let clear = [
        Err(WireError::Connect("refused".to_owned())),
        Err(WireError::Certificate("unknown issuer".to_owned())),
        Err(WireError::Unsendable("bad".to_owned())),
        Ok(refused(429, 1, "m")),
        Ok(refused(409, 1, "m")),
        Ok(reply(302, &[], "")),
        Ok(reply(404, &[], "<html>")),
    ];
    for method in [
        Method::Get,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ] {
        let request = Request::new(method, &["zones", "z1"]);
        for answer in &lost {
            let error = fail(&request, answer.clone());
            assert_eq!(error.is_ambiguous(), request.writes(), "{error}");
        }
        for answer in &clear {
            let error = fail(&request, answer.clone());
            assert!(!error.is_ambiguous(), "{error}");
        }
    }
}

#[test]
fn a_later_refusal_does_not_make_a_lost_write_clear() {
    let world = Scripted::answers(vec![
        Err(WireError::Timeout),
        Ok(refused(404, 1003, "not found")),
    ]);
    let request = Request::new(Method::Delete, &["accounts", "a1", "cfd_tunnel", "t1"]);
    let error = world.clock.run(world.client.send(&request)).unwrap_err();
    assert_eq!(error.meaning(), Meaning::NotFound);
    assert_eq!(error.attempts(), 2);
    assert!(error.is_ambiguous());
}

#[test]
fn a_path_needs_the_permission_that_the_dashboard_names() {
    let mut table = String::new();
    for (method, path) in [
        (Method::Get, "/accounts/a/cfd_tunnel"),
        (Method::Put, "/accounts/a/cfd_tunnel/t/configurations"),
        (Method::Get, "/accounts/a/cfd_tunnel/t/token"),
        (Method::Get, "/accounts/a/tunnels"),
        (Method::Post, "/accounts/a/warp_connector"),
        (Method::Delete, "/accounts/a/teamnet/routes/r"),
        (Method::Get, "/accounts/a/teamnet/virtual_networks"),
        (Method::Post, "/accounts/a/access/service_tokens/s/rotate"),
        (Method::Get, "/accounts/a/tokens/permission_groups"),
        (Method::Put, "/accounts/a/tokens/k/value"),
        (Method::Get, "/zones"),
        (Method::Get, "/zones/z"),
        (Method::Post, "/zones/z/dns_records/batch"),
        (Method::Put, "/zones/z/tunnels/t/routes"),
        (Method::Get, "/user/tokens/verify"),
        (Method::Get, ""),
    ] {
        let permission = permission(method, path).unwrap_or_else(|| "-".to_owned());
        writeln!(table, "{:6} {path}: {permission}", method.as_str()).unwrap();
    }
    insta::assert_snapshot!(table, @r"
    GET    /accounts/a/cfd_tunnel: Cloudflare Tunnel: Read (Account)
    PUT    /accounts/a/cfd_tunnel/t/configurations: Cloudflare Tunnel: Edit (Account)
    GET    /accounts/a/cfd_tunnel/t/token: Cloudflare Tunnel: Edit (Account)
    GET    /accounts/a/tunnels: Cloudflare Tunnel: Read (Account)
    POST   /accounts/a/warp_connector: Cloudflare One Connectors: Edit (Account)
    DELETE /accounts/a/teamnet/routes/r: Cloudflare Tunnel: Edit (Account)
    GET    /accounts/a/teamnet/virtual_networks: Cloudflare Tunnel: Read (Account)
    POST   /accounts/a/access/service_tokens/s/rotate: Access: Service Tokens: Edit (Account)
    GET    /accounts/a/tokens/permission_groups: Account API Tokens: Read (Account)
    PUT    /accounts/a/tokens/k/value: Account API Tokens: Edit (Account)
    GET    /zones: Zone: Read (Zone)
    GET    /zones/z: Zone: Read (Zone)
    POST   /zones/z/dns_records/batch: DNS: Edit (Zone)
    PUT    /zones/z/tunnels/t/routes: DNS: Edit (Zone)
    GET    /user/tokens/verify: -
    GET    : -
    ");
}

#[test]
fn a_missing_permission_is_named() {
    let request = Request::new(Method::Post, &["zones", "z1", "dns_records", "batch"]);
    insta::assert_snapshot!(told(&fail(&request, Ok(refused(403, 10_000, "Authentication error")))), @r"
    tunctl::api_forbidden
    POST /zones/z1/dns_records/batch failed: status 403, Authentication error (10000) [cf-ray 8f00ba5-FRA]
    give the token the permission `DNS: Edit (Zone)`, and the zone among its resources
    ");
}

#[test]
fn an_unknown_account_is_named() {
    let request = Request::get(&["accounts", "nonsense", "cfd_tunnel"]);
    let message = "Could not route to /accounts/nonsense/cfd_tunnel, perhaps your object identifier is invalid?";
    insta::assert_snapshot!(told(&fail(&request, Ok(refused(404, 7003, message)))), @r"
    tunctl::api_rejected
    GET /accounts/nonsense/cfd_tunnel failed: status 404, Could not route to /accounts/nonsense/cfd_tunnel, perhaps your object identifier is invalid? (7003) [cf-ray 8f00ba5-FRA]
    the account id or an object's id is malformed: check `account` in the manifest (32 hex digits)
    ");
    insta::assert_snapshot!(told(&fail(&request, Ok(refused(403, 9109, "Unauthorized to access requested resource")))), @r"
    tunctl::api_forbidden
    GET /accounts/nonsense/cfd_tunnel failed: status 403, Unauthorized to access requested resource (9109) [cf-ray 8f00ba5-FRA]
    give the token the permission `Cloudflare Tunnel: Read (Account)`, and this account among its resources (is the account id right?)
    ");
}

#[test]
fn a_rate_limit_that_lasts_too_long_says_how_long() {
    let request = Request::get(&["zones"]);
    let answer = reply(
        429,
        &[("retry-after", "3600")],
        refused(429, 971, "Please wait").body,
    );
    insta::assert_snapshot!(told(&fail(&request, Ok(answer))), @r"
    tunctl::api_rate_limited
    GET /zones failed: status 429, Please wait (971)
    wait 3600 s before the next run; other programs with the same token use the same budget
    ");
}

fn all_told() -> String {
    let read = Request::get(&["zones"]);
    let write = Request::new(Method::Post, &["accounts", "a", "cfd_tunnel"]);
    let mut all = String::new();
    for (request, answer) in [
        (
            &read,
            Err(WireError::Connect("connection refused".to_owned())),
        ),
        (
            &read,
            Err(WireError::Certificate("unknown issuer".to_owned())),
        ),
        (&write, Err(WireError::Timeout)),
        (
            &write,
            Ok(reply(
                503,
                &[("content-type", "text/html")],
                "<h1>down</h1>",
            )),
        ),
        (
            &read,
            Ok(reply(
                404,
                &[("content-type", "text/html")],
                "<h1>nginx</h1>",
            )),
        ),
        (
            &read,
            Ok(reply(
                302,
                &[("location", "https://sso.example/login?next=x")],
                "",
            )),
        ),
    ] {
        writeln!(all, "{}", told(&fail(request, answer))).unwrap();
    }
    all
}

#[test]
fn the_network_and_foreign_programs_get_their_own_advice() {
    let all = all_told();
    insta::assert_snapshot!(all, @r"
    tunctl::api_unreachable
    GET /zones failed: no connection: connection refused, after 5 attempts
    check the network, --api-url, and HTTPS_PROXY and NO_PROXY; nothing was sent
    tunctl::api_unreachable
    GET /zones failed: unknown issuer
    if a proxy opens TLS here, name its certificate with --ca-file
    tunctl::api_unanswered
    POST /accounts/a/cfd_tunnel failed: no answer within the timeout
    it may have been carried out: `tunctl plan` shows what is there now; the network or a proxy cut the answer off: try again, or raise --timeout
    tunctl::api_unavailable
    POST /accounts/a/cfd_tunnel failed: status 503, not JSON but text/html: <h1>down</h1>
    it may have been carried out: `tunctl plan` shows what is there now; the API is failing for the moment: try again later; https://www.cloudflarestatus.com has its state
    tunctl::api_unreadable
    GET /zones failed: status 404, not JSON but text/html: <h1>nginx</h1>
    another program answered: is a proxy in between, or --api-url wrong?
    tunctl::api_unreadable
    GET /zones failed: status 302, a redirect to https://sso.example/login
    another program answered: is a proxy in between, or --api-url wrong?
    ");
}
