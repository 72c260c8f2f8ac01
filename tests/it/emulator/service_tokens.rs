use serde_json::{Value, json};
use tunctl::emulator::Call;

use super::desk::{ACCOUNT, Desk, NOBODY, text};

/// Where an account's tokens are.
fn all() -> String {
    format!("/accounts/{ACCOUNT}/access/service_tokens")
}

/// A new token and its path.
fn made(desk: &mut Desk, body: &Value) -> (Value, String) {
    let token = desk.ok("POST", &all(), body);
    let path = format!("{}/{}", all(), text(&token["id"]));
    (token, path)
}

fn named(desk: &mut Desk, name: &str) -> (Value, String) {
    made(desk, &json!({"name": name}))
}

/// What the door says to the id of `token` and the secret of `shown`.
fn check(desk: &mut Desk, token: &Value, shown: &Value) -> Value {
    let pair = json!({"client_id": token["client_id"], "client_secret": shown["client_secret"]});
    desk.control("POST", "/service_tokens/check", &pair)["secret"].clone()
}

fn advance(desk: &mut Desk, seconds: i64) {
    desk.control("PUT", "/clock", &json!({"advance": seconds}));
}

fn hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn a_new_service_token_has_the_published_fields_and_defaults() {
    let mut desk = Desk::new();
    let (token, path) = named(&mut desk, "ci");
    let client = text(&token["client_id"]);
    let (id, end) = client.split_once('.').unwrap();
    assert!(id.len() == 32 && hex(id) && end == "access", "{client}");
    let mut expected = json!({"id": token["id"], "name": "ci", "client_id": client,
        "duration": "8760h", "enabled": true, "expires_at": "2027-11-22T12:00:00Z",
        "created_at": "2026-11-22T12:00:00Z", "updated_at": "2026-11-22T12:00:00Z",
        "client_secret_version": 1});
    assert_eq!(desk.get(&path), expected);
    expected["client_secret"] = token["client_secret"].clone();
    assert_eq!(token, expected);
}

#[test]
fn a_service_tokens_secret_is_shown_once_and_never_kept() {
    let mut desk = Desk::new();
    let (token, path) = named(&mut desk, "ci");
    let secret = text(&token["client_secret"]);
    assert_eq!(secret.len(), 64);
    let rename = json!({"name": "ci-2"});
    let shown = [
        desk.get(&path),
        desk.get(&all()),
        desk.ok("PUT", &path, &rename),
        desk.ok("POST", &format!("{path}/refresh"), &Value::Null),
        desk.control("GET", "/state", &Value::Null),
        desk.ok("DELETE", &path, &Value::Null),
    ];
    for shown in shown {
        assert!(!shown.to_string().contains(&secret), "{shown}");
        assert_eq!(shown["client_secret"], Value::Null);
    }
}

#[test]
fn service_tokens_are_listed_by_name_by_search_and_in_pages() {
    let mut desk = Desk::new();
    for number in 0..30 {
        named(&mut desk, &format!("CI-{number:02}"));
    }
    named(&mut desk, "other");
    assert_eq!(desk.names(&all()).len(), 25);
    assert_eq!(desk.names(&format!("{}?page=2", all())).len(), 6);
    assert_eq!(desk.names(&format!("{}?page=3", all())), [""; 0]);
    assert_eq!(desk.names(&format!("{}?per_page=40", all())).len(), 31);
    assert_eq!(desk.names(&format!("{}?name=other", all())), ["other"]);
    assert_eq!(desk.names(&format!("{}?name=othe", all())), [""; 0]);
    assert_eq!(desk.names(&format!("{}?search=OTHE", all())), ["other"]);
    let reply = desk.call(
        "GET",
        &format!("{}?search=ci-&per_page=10&page=3", all()),
        &Value::Null,
    );
    let info = json!({"page": 3, "per_page": 10, "count": 10, "total_count": 30, "total_pages": 3});
    assert_eq!(reply.json()["result_info"], info);
}

#[test]
fn names_of_service_tokens_are_not_unique() {
    let mut desk = Desk::new();
    let (first, _) = named(&mut desk, "ci");
    let (second, _) = named(&mut desk, "ci");
    assert_ne!(first["id"], second["id"]);
    assert_eq!(
        desk.names(&format!("{}?name=ci", all())),
        ["ci", "ci"].map(str::to_owned)
    );
}

#[test]
fn a_put_changes_what_it_names_and_nothing_else() {
    let mut desk = Desk::new();
    let (token, path) = named(&mut desk, "ci");
    advance(&mut desk, 60);
    let put = desk.ok("PUT", &path, &json!({"enabled": false}));
    let mut expected = token.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    expected["enabled"] = json!(false);
    expected["updated_at"] = json!("2026-11-22T12:01:00Z");
    assert_eq!(put, expected);
    assert_eq!(desk.get(&path), expected);
}

#[test]
fn another_duration_recomputes_the_end_from_now_and_an_equal_one_does_not() {
    let mut desk = Desk::new();
    let (_, path) = named(&mut desk, "ci");
    advance(&mut desk, 3600);
    let same = desk.ok("PUT", &path, &json!({"duration": "8760h"}));
    assert_eq!(same["expires_at"], json!("2027-11-22T12:00:00Z"));
    let short = desk.ok("PUT", &path, &json!({"duration": "1h30m"}));
    assert_eq!(short["expires_at"], json!("2026-11-22T14:30:00Z"));
}

#[test]
fn a_service_token_ends_with_its_duration_or_never() {
    let mut desk = Desk::new();
    let (short, _) = made(&mut desk, &json!({"name": "a", "duration": "300ms"}));
    let (hour, _) = made(&mut desk, &json!({"name": "b", "duration": "60m"}));
    let (ever, _) = made(&mut desk, &json!({"name": "c", "duration": "forever"}));
    assert_eq!(ever["expires_at"], Value::Null);
    for token in [&short, &hour, &ever] {
        assert_eq!(check(&mut desk, token, token), json!("current"));
    }
    advance(&mut desk, 3599);
    assert_eq!(check(&mut desk, &short, &short), Value::Null);
    assert_eq!(check(&mut desk, &hour, &hour), json!("current"));
    advance(&mut desk, 1);
    assert_eq!(check(&mut desk, &hour, &hour), Value::Null);
    advance(&mut desk, 200 * 365 * 24 * 3600);
    assert_eq!(check(&mut desk, &ever, &ever), json!("current"));
}

#[test]
fn a_greater_client_secret_version_rotates_and_shows_the_secret_once() {
    let mut desk = Desk::new();
    let (old, path) = named(&mut desk, "ci");
    let put = json!({"client_secret_version": 2});
    let new = desk.ok("PUT", &path, &put);
    assert_eq!(new["client_id"], old["client_id"]);
    assert_ne!(new["client_secret"], old["client_secret"]);
    assert_eq!(check(&mut desk, &old, &new), json!("current"));
    assert_eq!(check(&mut desk, &old, &old), Value::Null);
    let again = desk.ok("PUT", &path, &put);
    assert_eq!(again["client_secret"], Value::Null);
    assert_eq!(check(&mut desk, &old, &new), json!("current"));
    let (status, code, _) = desk.refused("PUT", &path, &json!({"client_secret_version": 1}));
    assert_eq!((status, code), (400, 12130));
}

#[test]
fn the_previous_secret_lives_until_its_end_which_can_be_moved_either_way() {
    let mut desk = Desk::new();
    let (old, path) = named(&mut desk, "ci");
    let put = json!({"client_secret_version": 2,
        "previous_client_secret_expires_at": "2026-11-22T13:00:00Z"});
    let new = desk.ok("PUT", &path, &put);
    assert_eq!(
        new["previous_client_secret_expires_at"],
        json!("2026-11-22T13:00:00Z")
    );
    advance(&mut desk, 3599);
    assert_eq!(check(&mut desk, &old, &old), json!("previous"));
    assert_eq!(check(&mut desk, &old, &new), json!("current"));
    advance(&mut desk, 1);
    assert_eq!(check(&mut desk, &old, &old), Value::Null);
    let later = json!({"previous_client_secret_expires_at": "2026-11-22T15:00:00Z"});
    desk.ok("PUT", &path, &later);
    assert_eq!(check(&mut desk, &old, &old), json!("previous"));
    let past = json!({"previous_client_secret_expires_at": "2026-11-22T00:00:00Z"});
    desk.ok("PUT", &path, &past);
    assert_eq!(check(&mut desk, &old, &old), Value::Null);
    assert_eq!(check(&mut desk, &old, &new), json!("current"));
}

#[test]
fn rotate_keeps_the_client_id_and_kills_the_old_secret_at_once_by_default() {
    let mut desk = Desk::new();
    let (old, path) = named(&mut desk, "ci");
    let new = desk.ok("POST", &format!("{path}/rotate"), &Value::Null);
    assert_eq!(new["client_id"], old["client_id"]);
    assert_eq!(check(&mut desk, &old, &new), json!("current"));
    assert_eq!(check(&mut desk, &old, &old), Value::Null);
    let until = json!({"previous_client_secret_expires_at": "2026-11-22T13:00:00Z"});
    let third = desk.ok("POST", &format!("{path}/rotate"), &until);
    assert_eq!(check(&mut desk, &old, &third), json!("current"));
    assert_eq!(check(&mut desk, &old, &new), json!("previous"));
    assert_eq!(check(&mut desk, &old, &old), Value::Null);
    advance(&mut desk, 3600);
    assert_eq!(check(&mut desk, &old, &new), Value::Null);
    let wrong = json!({"previous_client_secret_expires_at": "tomorrow"});
    let (status, code, _) = desk.refused("POST", &format!("{path}/rotate"), &wrong);
    assert_eq!((status, code), (400, 12130));
    assert_eq!(check(&mut desk, &old, &third), json!("current"));
}

#[test]
fn refresh_adds_a_year() {
    let mut desk = Desk::new();
    let (token, path) = named(&mut desk, "ci");
    let refresh = format!("{path}/refresh");
    let once = desk.ok("POST", &refresh, &Value::Null);
    assert_eq!(once["expires_at"], json!("2028-11-21T12:00:00Z"));
    desk.ok("PUT", &path, &json!({"duration": "1h"}));
    advance(&mut desk, 7200);
    assert_eq!(check(&mut desk, &token, &token), Value::Null);
    let twice = desk.ok("POST", &refresh, &json!({}));
    assert_eq!(twice["expires_at"], json!("2027-11-22T14:00:00Z"));
    assert_eq!(check(&mut desk, &token, &token), json!("current"));
    let (_, ever) = made(&mut desk, &json!({"name": "b", "duration": "forever"}));
    let refreshed = desk.ok("POST", &format!("{ever}/refresh"), &Value::Null);
    assert_eq!(refreshed["expires_at"], Value::Null);
}

#[test]
fn a_disabled_service_token_refuses_both_secrets_and_stays() {
    let mut desk = Desk::new();
    let (old, path) = named(&mut desk, "ci");
    let until = json!({"previous_client_secret_expires_at": "2026-11-22T13:00:00Z"});
    let new = desk.ok("POST", &format!("{path}/rotate"), &until);
    desk.ok("PUT", &path, &json!({"enabled": false}));
    assert_eq!(check(&mut desk, &old, &old), Value::Null);
    assert_eq!(check(&mut desk, &old, &new), Value::Null);
    assert_eq!(desk.get(&path)["enabled"], json!(false));
    desk.ok("PUT", &path, &json!({"enabled": true}));
    assert_eq!(check(&mut desk, &old, &old), json!("previous"));
    assert_eq!(check(&mut desk, &old, &new), json!("current"));
}

#[test]
fn a_deleted_service_token_is_gone_and_opens_nothing() {
    let mut desk = Desk::new();
    let (token, path) = named(&mut desk, "ci");
    let deleted = desk.ok("DELETE", &path, &json!({}));
    assert_eq!(deleted["id"], token["id"]);
    assert_eq!(check(&mut desk, &token, &token), Value::Null);
    for method in ["GET", "PUT", "DELETE"] {
        let (status, code, _) = desk.refused(method, &path, &json!({}));
        assert_eq!((status, code), (404, 12131), "{method}");
    }
}

#[test]
fn who_was_let_in_was_last_seen_then() {
    let mut desk = Desk::new();
    let (token, path) = named(&mut desk, "ci");
    check(&mut desk, &token, &json!({"client_secret": "guess"}));
    assert_eq!(desk.get(&path)["last_seen_at"], Value::Null);
    advance(&mut desk, 5);
    check(&mut desk, &token, &token);
    assert_eq!(
        desk.get(&path)["last_seen_at"],
        json!("2026-11-22T12:00:05Z")
    );
}

#[test]
fn an_account_has_fifty_service_tokens_at_most() {
    let mut desk = Desk::new();
    let (_, first) = named(&mut desk, "0");
    for number in 1..50 {
        named(&mut desk, &number.to_string());
    }
    let one_more = json!({"name": "50"});
    let (status, code, _) = desk.refused("POST", &all(), &one_more);
    assert_eq!((status, code), (400, 12132));
    desk.ok("DELETE", &first, &Value::Null);
    desk.ok("POST", &all(), &one_more);
}

#[test]
fn a_service_tokens_fields_have_bounds() {
    let mut desk = Desk::new();
    let (_, path) = made(&mut desk, &json!({"name": "é".repeat(350)}));
    let wrong = [
        json!({"name": ""}),
        json!({"name": "é".repeat(351)}),
        json!({"name": 5}),
        json!({"name": "x", "duration": "1d"}),
        json!({"name": "x", "duration": "-1h"}),
        json!({"name": "x", "duration": 3600}),
        json!({"name": "x", "client_secret_version": 0}),
        json!({"name": "x", "client_secret_version": 1.5}),
        json!({"name": "x", "enabled": "yes"}),
        json!({"name": "x", "previous_client_secret_expires_at": "soon"}),
    ];
    let nameless = json!({"duration": "1h"});
    for (method, target, body) in wrong
        .iter()
        .flat_map(|body| [("POST", all(), body), ("PUT", path.clone(), body)])
        .chain([("POST", all(), &nameless)])
    {
        let (status, code, message) = desk.refused(method, &target, body);
        assert_eq!((status, code), (400, 12130), "{method} {body}");
        assert!(message.starts_with("access.api.error."), "{message}");
    }
}

#[test]
fn zones_have_service_tokens_of_their_own_without_rotate_and_refresh() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let of_zone = format!("/zones/{zone}/access/service_tokens");
    let token = desk.ok("POST", &of_zone, &json!({"name": "zoned"}));
    let id = text(&token["id"]);
    let path = format!("{of_zone}/{id}");
    assert_eq!(desk.names(&of_zone), ["zoned"]);
    assert_eq!(desk.names(&all()), [""; 0]);
    let new = desk.ok("PUT", &path, &json!({"client_secret_version": 2}));
    assert_eq!(check(&mut desk, &token, &new), json!("current"));
    let elsewhere = format!("{}/{id}", all());
    assert_eq!(desk.refused("GET", &elsewhere, &Value::Null).0, 404);
    for operation in ["rotate", "refresh"] {
        let target = format!("{path}/{operation}");
        assert_eq!(desk.refused("POST", &target, &Value::Null).1, 7003);
    }
    desk.ok("DELETE", &path, &Value::Null);
    let unknown = format!("/zones/{ACCOUNT}/access/service_tokens");
    assert_eq!(desk.refused("GET", &unknown, &Value::Null).1, 7003);
}

#[test]
fn an_unknown_service_token_is_404() {
    let mut desk = Desk::new();
    for operation in ["", "/rotate", "/refresh"] {
        let method = if operation.is_empty() { "GET" } else { "POST" };
        let target = format!("{}/{NOBODY}{operation}", all());
        let (status, code, _) = desk.refused(method, &target, &Value::Null);
        assert_eq!((status, code), (404, 12131), "{operation}");
    }
}

#[test]
fn service_tokens_need_their_own_permission() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let of_zone = format!("/zones/{zone}/access/service_tokens");
    let mut status = |group: &str, method: &str, target: &str| {
        let grant = json!({"token": "secret", "permissions": {"groups": [group]}});
        desk.control("PUT", "/tokens", &grant);
        let call = Call::new(method, &format!("/client/v4{target}")).bearer("secret");
        let reply = desk.world.answer(&call.json(&json!({"name": "ci"})));
        reply.status
    };
    for target in [all(), of_zone] {
        assert_eq!(status("Access: Service Tokens Read", "GET", &target), 200);
        assert_eq!(status("Access: Service Tokens Read", "POST", &target), 403);
        assert_eq!(status("Access: Service Tokens Write", "GET", &target), 200);
        assert_eq!(status("Access: Service Tokens Write", "POST", &target), 200);
        let other = "Access: Apps and Policies Write";
        assert_eq!(status(other, "GET", &target), 403);
    }
}

#[test]
fn an_organisation_may_disable_and_delete_service_tokens_behind_a_clients_back() {
    let mut desk = Desk::new();
    let (token, path) = named(&mut desk, "ci");
    let id = text(&token["id"]);
    let state = desk.control("GET", "/state", &Value::Null);
    let mut row = state["tables"]["service_tokens"][&id].clone();
    row["enabled"] = json!(false);
    let patch = json!({"tables": {"service_tokens": {&id: row}}});
    desk.control("PATCH", "/state", &patch);
    assert_eq!(desk.get(&path)["enabled"], json!(false));
    assert_eq!(check(&mut desk, &token, &token), Value::Null);
    let patch = json!({"tables": {"service_tokens": {&id: null}}});
    desk.control("PATCH", "/state", &patch);
    assert_eq!(desk.refused("GET", &path, &Value::Null).0, 404);
}
