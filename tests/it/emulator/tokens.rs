use serde_json::{Value, json};
use tunctl::emulator::{Call, Reply};

use super::desk::{ACCOUNT, Desk, refusal, result};

const OTHER: &str = "ffffffffffffffffffffffffffffffff";

fn call(desk: &mut Desk, method: &str, target: &str) -> Reply {
    let call = Call::new(method, &format!("/client/v4{target}")).bearer("secret");
    desk.world.answer(&call.json(&json!({"name": "x"})))
}

fn refused(desk: &mut Desk, method: &str, target: &str) -> (u16, u64) {
    let (status, code, _) = refusal(&call(desk, method, target));
    (status, code)
}

#[test]
fn a_reader_reads_and_does_not_write() {
    let mut desk = Desk::new();
    let (path, _) = desk.tunnel("web");
    desk.control(
        "PUT",
        "/tokens",
        &json!({"token": "secret", "permissions": "read"}),
    );
    let all = format!("/accounts/{ACCOUNT}/cfd_tunnel");
    assert_eq!(call(&mut desk, "GET", &all).status, 200);
    assert_eq!(refused(&mut desk, "POST", &all), (403, 10000));
    assert_eq!(
        refused(&mut desk, "GET", &format!("{path}/token")),
        (403, 10000)
    );
    desk.control("DELETE", "/tokens", &json!({"token": "secret"}));
    assert_eq!(call(&mut desk, "POST", &all).status, 200);
}

#[test]
fn a_token_does_what_its_groups_allow() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let groups = json!({"groups": ["Cloudflare Tunnel Write", "DNS Read"]});
    desk.control(
        "PUT",
        "/tokens",
        &json!({"token": "secret", "permissions": groups}),
    );
    let tunnels = format!("/accounts/{ACCOUNT}/cfd_tunnel");
    let records = format!("/zones/{zone}/dns_records");
    assert_eq!(call(&mut desk, "POST", &tunnels).status, 200);
    assert_eq!(call(&mut desk, "GET", &records).status, 200);
    assert_eq!(refused(&mut desk, "POST", &records), (403, 10000));
    assert_eq!(
        refused(&mut desk, "POST", &format!("{records}/batch")),
        (403, 10000)
    );
    assert_eq!(refused(&mut desk, "GET", "/zones"), (403, 10000));
    assert_eq!(call(&mut desk, "GET", "/user/tokens/verify").status, 200);
}

#[test]
fn a_token_sees_its_accounts_and_zones_only() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let hidden = desk.world.ensure_zone(ACCOUNT, "hidden.example");
    desk.world.ensure_zone(OTHER, "foreign.example");
    let grant = json!({"token": "secret", "accounts": [ACCOUNT], "zones": ["example.com"]});
    desk.control("PUT", "/tokens", &grant);
    let zones = result(&call(&mut desk, "GET", "/zones"));
    assert_eq!(zones.as_array().unwrap().len(), 1);
    assert_eq!(
        call(&mut desk, "GET", &format!("/zones/{zone}")).status,
        200
    );
    assert_eq!(
        refused(&mut desk, "GET", &format!("/zones/{hidden}/dns_records")),
        (403, 9109)
    );
    let elsewhere = format!("/accounts/{OTHER}/cfd_tunnel");
    assert_eq!(refused(&mut desk, "GET", &elsewhere), (403, 9109));
    let by_id = json!({"token": "secret", "zones": [hidden]});
    desk.control("PUT", "/tokens", &by_id);
    assert_eq!(
        call(&mut desk, "GET", &format!("/zones/{hidden}")).status,
        200
    );
    assert_eq!(
        refused(&mut desk, "GET", &format!("/zones/{zone}")),
        (403, 9109)
    );
}

#[test]
fn a_token_can_be_verified() {
    let mut desk = Desk::new();
    let of_account = format!("/accounts/{ACCOUNT}/tokens/verify");
    for target in ["/user/tokens/verify", &of_account] {
        let body = call(&mut desk, "GET", target).json();
        assert_eq!(body["result"]["status"], json!("active"));
        assert_eq!(body["result"]["id"].as_str().unwrap().len(), 32);
        assert_eq!(
            body["messages"],
            json!([{"code": 10000, "message": "This API Token is valid and active", "type": null}])
        );
    }
    let call = Call::new("GET", "/client/v4/user/tokens/verify");
    let by_key = call
        .header("x-auth-email", "a@b.c")
        .header("x-auth-key", "k");
    assert_eq!(refusal(&desk.world.answer(&by_key)).1, 1000);
}

#[test]
fn accounts_and_users_tokens_are_verified_at_their_own_place() {
    let mut desk = Desk::new();
    desk.control(
        "PUT",
        "/tokens",
        &json!({"token": "secret", "owner": "account"}),
    );
    assert_eq!(
        refused(&mut desk, "GET", "/user/tokens/verify"),
        (401, 1000)
    );
    let of_account = format!("/accounts/{ACCOUNT}/tokens/verify");
    assert_eq!(call(&mut desk, "GET", &of_account).status, 200);
}

#[test]
fn tokens_end() {
    let mut desk = Desk::new();
    let grant = json!({"token": "secret", "expires_on": "2026-11-22T12:00:30Z"});
    desk.control("PUT", "/tokens", &grant);
    let verified = result(&call(&mut desk, "GET", "/user/tokens/verify"));
    assert_eq!(verified["expires_on"], json!("2026-11-22T12:00:30Z"));
    assert_eq!(call(&mut desk, "GET", "/zones").status, 200);
    desk.control("PUT", "/clock", &json!({"advance": 30}));
    let verified = result(&call(&mut desk, "GET", "/user/tokens/verify"));
    assert_eq!(verified["status"], json!("expired"));
    assert_eq!(refused(&mut desk, "GET", "/zones"), (403, 10000));
    desk.control(
        "PUT",
        "/tokens",
        &json!({"token": "secret", "status": "disabled"}),
    );
    assert_eq!(refused(&mut desk, "GET", "/zones"), (403, 10000));
    desk.control(
        "PUT",
        "/tokens",
        &json!({"token": "secret", "status": "invalid"}),
    );
    assert_eq!(
        refused(&mut desk, "GET", "/user/tokens/verify"),
        (401, 1000)
    );
    assert_eq!(refused(&mut desk, "GET", "/zones"), (403, 10000));
}

#[test]
fn a_tokens_text_is_not_kept() {
    let mut desk = Desk::new();
    desk.control(
        "PUT",
        "/tokens",
        &json!({"token": "secret-text", "permissions": "write"}),
    );
    let list = desk.control("GET", "/tokens", &Value::Null);
    assert_eq!(list.as_array().unwrap().len(), 1);
    let state = desk.world.state().to_string();
    assert!(!state.contains("secret-text") && !list.to_string().contains("secret-text"));
}
