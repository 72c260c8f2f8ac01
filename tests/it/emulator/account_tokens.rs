use serde_json::{Value, json};
use tunctl::emulator::{Call, Reply};

use super::desk::{ACCOUNT, Desk, refusal, result, text, with_body};

const OTHER: &str = "ffffffffffffffffffffffffffffffff";

fn all() -> String {
    format!("/accounts/{ACCOUNT}/tokens")
}

/// The id of a permission group, by its name as a client would look it up.
fn group(desk: &mut Desk, name: &str) -> String {
    let name = name.replace(' ', "%20").replace(':', "%3A");
    let found = desk.get(&format!("{}/permission_groups?name={name}", all()));
    assert_eq!(found.as_array().unwrap().len(), 1, "{name}");
    text(&found[0]["id"])
}

fn account() -> Value {
    json!({format!("com.cloudflare.api.account.{ACCOUNT}"): "*"})
}

fn zone_key(zone: &str) -> String {
    format!("com.cloudflare.api.account.zone.{zone}")
}

fn all_zones() -> Value {
    json!({format!("com.cloudflare.api.account.{ACCOUNT}"): {zone_key("*"): "*"}})
}

fn policy(desk: &mut Desk, effect: &str, groups: &[&str], resources: &Value) -> Value {
    let groups = groups.iter().map(|name| json!({"id": group(desk, name)}));
    json!({"effect": effect, "permission_groups": groups.collect::<Value>(),
        "resources": resources})
}

fn allow(desk: &mut Desk, groups: &[&str], resources: &Value) -> Value {
    policy(desk, "allow", groups, resources)
}

/// A new token's id and value.
fn made(desk: &mut Desk, policies: &[Value]) -> (String, String) {
    let token = desk.ok("POST", &all(), &json!({"name": "ci", "policies": policies}));
    (text(&token["id"]), text(&token["value"]))
}

/// A token for reading tunnels.
fn reader(desk: &mut Desk) -> (String, String) {
    let policy = allow(desk, &["Cloudflare Tunnel Read"], &account());
    made(desk, &[policy])
}

fn by(desk: &mut Desk, token: &str, method: &str, target: &str, body: &Value) -> Reply {
    let call = Call::new(method, &format!("/client/v4{target}")).bearer(token);
    desk.world.answer(&with_body(call, body))
}

/// The status of a GET with a token.
fn read(desk: &mut Desk, token: &str, target: &str) -> u16 {
    by(desk, token, "GET", target, &Value::Null).status
}

fn tunnels() -> String {
    format!("/accounts/{ACCOUNT}/cfd_tunnel")
}

fn verify(desk: &mut Desk, token: &str) -> Reply {
    by(
        desk,
        token,
        "GET",
        &format!("{}/verify", all()),
        &Value::Null,
    )
}

fn advance(desk: &mut Desk, seconds: i64) {
    desk.control("PUT", "/clock", &json!({"advance": seconds}));
}

#[test]
fn a_new_account_token_has_the_published_fields() {
    let mut desk = Desk::new();
    let policy = allow(&mut desk, &["Cloudflare Tunnel Write"], &account());
    let body = json!({"name": "ci", "policies": [policy], "not_before": "2026-11-01T00:00:00Z",
        "expires_on": "2027-01-01T00:00:00Z",
        "condition": {"request_ip": {"in": ["192.0.2.0/24"], "not_in": ["2001:db8::1"]}}});
    let token = desk.ok("POST", &all(), &body);
    let id = text(&token["id"]);
    let mut expected = json!({"id": id, "name": "ci", "status": "active",
        "issued_on": "2026-11-22T12:00:00Z", "modified_on": "2026-11-22T12:00:00Z",
        "expires_on": "2027-01-01T00:00:00Z", "not_before": "2026-11-01T00:00:00Z",
        "condition": body["condition"], "policies": token["policies"]});
    assert_eq!(desk.get(&format!("{}/{id}", all())), expected);
    expected["value"] = token["value"].clone();
    assert_eq!(token, expected);
    let shown = &token["policies"][0];
    let named = json!([{"id": policy["permission_groups"][0]["id"],
        "name": "Cloudflare Tunnel Write"}]);
    assert_eq!(text(&shown["id"]).len(), 32);
    assert_eq!(shown["permission_groups"], named);
    assert_eq!(shown["resources"], account());
}

#[test]
fn an_account_tokens_value_is_shown_at_create_and_roll_only_and_never_kept() {
    let mut desk = Desk::new();
    let (id, value) = reader(&mut desk);
    assert_eq!(value.len(), 40);
    let path = format!("{}/{id}", all());
    let rolled = text(&desk.ok("PUT", &format!("{path}/value"), &json!({})));
    let policy = allow(&mut desk, &["DNS Read"], &all_zones());
    let shown = [
        desk.get(&path),
        desk.get(&all()),
        desk.ok("PUT", &path, &json!({"name": "x", "policies": [policy]})),
        desk.control("GET", "/state", &Value::Null),
        desk.control("GET", "/tokens", &Value::Null),
    ];
    for shown in shown {
        let shown = shown.to_string();
        assert!(!shown.contains(&value) && !shown.contains(&rolled));
    }
}

#[test]
fn the_server_assigns_policy_ids_and_reorders_policies_and_groups() {
    let mut desk = Desk::new();
    let tunnels = ["Cloudflare Tunnel Read", "Account Settings Read"];
    let first = allow(&mut desk, &tunnels, &account());
    let second = allow(&mut desk, &["DNS Read", "Zone Read"], &all_zones());
    let body = json!({"name": "ci", "policies": [first, second]});
    let policies = desk.ok("POST", &all(), &body)["policies"].clone();
    let names =
        |policy: usize| [0, 1].map(|at| text(&policies[policy]["permission_groups"][at]["name"]));
    assert_eq!(names(0), ["Zone Read", "DNS Read"]);
    assert_eq!(
        names(1),
        ["Account Settings Read", "Cloudflare Tunnel Read"]
    );
    assert_ne!(policies[0]["id"], policies[1]["id"]);
}

#[test]
fn a_token_made_here_does_exactly_what_its_policies_grant() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let other = desk.world.ensure_zone(ACCOUNT, "example.net");
    let dns = json!({zone_key(&zone): "*"});
    let policies = [
        allow(&mut desk, &["Cloudflare Tunnel Read"], &account()),
        allow(&mut desk, &["DNS Write", "Zone Read"], &dns),
    ];
    let (_, token) = made(&mut desk, &policies);
    assert_eq!(read(&mut desk, &token, &tunnels()), 200);
    let body = json!({"name": "web"});
    let denied = by(&mut desk, &token, "POST", &tunnels(), &body);
    assert_eq!(refusal(&denied).1, 10000);
    let record = json!({"type": "A", "name": "www", "content": "192.0.2.1"});
    let records = format!("/zones/{zone}/dns_records");
    assert_eq!(by(&mut desk, &token, "POST", &records, &record).status, 200);
    let records = format!("/zones/{other}/dns_records");
    let foreign = by(&mut desk, &token, "POST", &records, &record);
    assert_eq!(refusal(&foreign).1, 9109);
    let zones = result(&by(&mut desk, &token, "GET", "/zones", &Value::Null));
    assert_eq!(zones.as_array().unwrap().len(), 1);
    assert_eq!(zones[0]["id"], json!(zone));
    let elsewhere = format!("/accounts/{OTHER}/cfd_tunnel");
    let elsewhere = by(&mut desk, &token, "GET", &elsewhere, &Value::Null);
    assert_eq!(refusal(&elsewhere).1, 9109);
    assert_eq!(read(&mut desk, &token, &all()), 403);
}

#[test]
fn an_account_as_a_resource_is_not_its_zones_and_the_nested_form_is() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let records = format!("/zones/{zone}/dns_records");
    let flat = allow(&mut desk, &["DNS Read"], &account());
    let (_, token) = made(&mut desk, &[flat]);
    assert_eq!(read(&mut desk, &token, &records), 403);
    for resources in [all_zones(), json!({zone_key("*"): "*"})] {
        let policy = allow(&mut desk, &["DNS Read"], &resources);
        let (_, token) = made(&mut desk, &[policy]);
        assert_eq!(read(&mut desk, &token, &records), 200);
        assert_eq!(read(&mut desk, &token, &tunnels()), 403);
    }
}

#[test]
fn what_is_denied_is_denied_whatever_else_is_allowed() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let other = desk.world.ensure_zone(ACCOUNT, "example.net");
    let policies = [
        allow(&mut desk, &["DNS Read"], &all_zones()),
        policy(
            &mut desk,
            "deny",
            &["DNS Read"],
            &json!({zone_key(&zone): "*"}),
        ),
    ];
    let (_, token) = made(&mut desk, &policies);
    let records = |zone: &str| format!("/zones/{zone}/dns_records");
    assert_eq!(read(&mut desk, &token, &records(&zone)), 403);
    assert_eq!(read(&mut desk, &token, &records(&other)), 200);
}

#[test]
fn rolling_gives_a_bare_string_and_kills_the_old_value_at_once() {
    let mut desk = Desk::new();
    let (id, old) = reader(&mut desk);
    let path = format!("{}/{id}/value", all());
    let new = text(&desk.ok("PUT", &path, &json!({})));
    assert_ne!(new, old);
    assert_eq!(read(&mut desk, &new, &tunnels()), 200);
    assert_eq!(read(&mut desk, &old, &tunnels()), 403);
    assert_eq!(
        refusal(&verify(&mut desk, &old)),
        (401, 1000, "Invalid API Token".to_owned())
    );
    assert_eq!(desk.refused("PUT", &path, &json!([])).0, 400);
    assert_eq!(read(&mut desk, &new, &tunnels()), 200);
    let bodiless = text(&desk.ok("PUT", &path, &Value::Null));
    assert_eq!(read(&mut desk, &bodiless, &tunnels()), 200);
}

#[test]
fn a_put_replaces_everything_but_the_value() {
    let mut desk = Desk::new();
    let (id, value) = reader(&mut desk);
    let path = format!("{}/{id}", all());
    let policy = allow(&mut desk, &["Cloudflare Tunnel Write"], &account());
    let full = json!({"name": "b", "policies": [policy], "status": "disabled",
        "expires_on": "2027-01-01T00:00:00Z", "condition": {"request_ip": {"in": ["192.0.2.1"]}}});
    advance(&mut desk, 5);
    let put = desk.ok("PUT", &path, &full);
    assert_eq!(put["issued_on"], json!("2026-11-22T12:00:00Z"));
    assert_eq!(put["modified_on"], json!("2026-11-22T12:00:05Z"));
    assert_eq!(put["status"], json!("disabled"));
    assert_eq!(put["condition"], full["condition"]);
    assert_eq!(read(&mut desk, &value, &tunnels()), 403);
    let put = desk.ok(
        "PUT",
        &path,
        &json!({"name": "c", "policies": full["policies"]}),
    );
    assert_eq!(put["status"], json!("active"));
    assert_eq!(
        (&put["expires_on"], &put["condition"]),
        (&Value::Null, &Value::Null)
    );
    let body = json!({"name": "web"});
    assert_eq!(by(&mut desk, &value, "POST", &tunnels(), &body).status, 200);
    for missing in [json!({"name": "c"}), json!({"policies": full["policies"]})] {
        let (status, code, _) = desk.refused("PUT", &path, &missing);
        assert_eq!((status, code), (400, 1001));
    }
}

#[test]
fn a_disabled_token_verifies_as_disabled_and_does_nothing() {
    let mut desk = Desk::new();
    let (id, value) = reader(&mut desk);
    let policy = allow(&mut desk, &["Cloudflare Tunnel Read"], &account());
    let body = json!({"name": "ci", "policies": [policy], "status": "disabled"});
    desk.ok("PUT", &format!("{}/{id}", all()), &body);
    let verified = verify(&mut desk, &value).json();
    assert_eq!(verified["result"], json!({"id": id, "status": "disabled"}));
    assert_eq!(verified["messages"], json!([]));
    assert_eq!(read(&mut desk, &value, &tunnels()), 403);
}

#[test]
fn a_token_starts_and_expires_by_the_clock() {
    let mut desk = Desk::new();
    let policy = allow(&mut desk, &["Cloudflare Tunnel Read"], &account());
    let body = json!({"name": "ci", "policies": [policy], "not_before": "2026-11-22T12:00:10Z",
        "expires_on": "2026-11-22T12:00:20Z"});
    let token = desk.ok("POST", &all(), &body);
    let path = format!("{}/{}", all(), text(&token["id"]));
    let value = text(&token["value"]);
    assert_eq!(read(&mut desk, &value, &tunnels()), 403);
    assert_eq!(
        result(&verify(&mut desk, &value))["status"],
        json!("disabled")
    );
    advance(&mut desk, 10);
    assert_eq!(read(&mut desk, &value, &tunnels()), 200);
    assert_eq!(desk.get(&path)["status"], json!("active"));
    advance(&mut desk, 10);
    assert_eq!(read(&mut desk, &value, &tunnels()), 403);
    assert_eq!(desk.get(&path)["status"], json!("expired"));
    let verified = result(&verify(&mut desk, &value));
    let expected = json!({"id": token["id"], "status": "expired",
        "not_before": "2026-11-22T12:00:10Z", "expires_on": "2026-11-22T12:00:20Z"});
    assert_eq!(verified, expected);
    assert_eq!(desk.names(&all()), [""; 0]);
    assert_eq!(
        desk.names(&format!("{}?include_expired=true", all())),
        ["ci"]
    );
}

#[test]
fn a_token_verifies_itself_at_its_account_and_not_as_a_users() {
    let mut desk = Desk::new();
    let (id, value) = reader(&mut desk);
    let verified = verify(&mut desk, &value).json();
    assert_eq!(verified["result"], json!({"id": id, "status": "active"}));
    let message = json!([{"code": 10000, "message": "This API Token is valid and active",
        "type": null}]);
    assert_eq!(verified["messages"], message);
    let user = by(
        &mut desk,
        &value,
        "GET",
        "/user/tokens/verify",
        &Value::Null,
    );
    assert_eq!(refusal(&user), (401, 1000, "Invalid API Token".to_owned()));
}

#[test]
fn a_deleted_token_is_gone_and_does_nothing() {
    let mut desk = Desk::new();
    let (id, value) = reader(&mut desk);
    let path = format!("{}/{id}", all());
    assert_eq!(desk.ok("DELETE", &path, &Value::Null), json!({"id": id}));
    assert_eq!(read(&mut desk, &value, &tunnels()), 403);
    assert_eq!(refusal(&verify(&mut desk, &value)).1, 1000);
    for (method, target) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("PUT", format!("{path}/value")),
    ] {
        let (status, code, _) = desk.refused(method, &target, &json!({}));
        assert_eq!((status, code), (404, 1003), "{method}");
    }
    desk.control("DELETE", "/tokens", &Value::Null);
    assert_eq!(read(&mut desk, &value, &tunnels()), 403);
}

#[test]
fn account_tokens_are_listed_in_pages_of_5_to_50_either_way() {
    let mut desk = Desk::new();
    let policy = allow(&mut desk, &["DNS Read"], &all_zones());
    for number in 0..23 {
        advance(&mut desk, 1);
        let body = json!({"name": number.to_string(), "policies": [policy]});
        desk.ok("POST", &all(), &body);
    }
    assert_eq!(desk.names(&all()).len(), 20);
    assert_eq!(desk.names(&format!("{}?page=2", all())), ["20", "21", "22"]);
    assert_eq!(desk.names(&format!("{}?page=3", all())), [""; 0]);
    let newest = desk.names(&format!("{}?direction=desc&per_page=5", all()));
    assert_eq!(newest, ["22", "21", "20", "19", "18"]);
    for query in ["per_page=4", "per_page=51", "direction=up", "page=0"] {
        let target = format!("{}?{query}", all());
        let (status, code, _) = desk.refused("GET", &target, &Value::Null);
        assert_eq!((status, code), (400, 1001), "{query}");
    }
}

#[test]
fn an_account_has_500_tokens_at_most() {
    let mut desk = Desk::new();
    let policy = allow(&mut desk, &["DNS Read"], &all_zones());
    let body = json!({"name": "x", "policies": [policy]});
    let first = text(&desk.ok("POST", &all(), &body)["id"]);
    for _ in 1..500 {
        desk.ok("POST", &all(), &body);
    }
    let (status, code, _) = desk.refused("POST", &all(), &body);
    assert_eq!((status, code), (400, 1045));
    desk.ok("DELETE", &format!("{}/{first}", all()), &Value::Null);
    desk.ok("POST", &all(), &body);
}

#[test]
fn permission_groups_are_one_page_and_found_by_name_and_scope() {
    let mut desk = Desk::new();
    let path = format!("{}/permission_groups", all());
    let groups = desk.get(&path);
    for name in [
        "Cloudflare Tunnel",
        "Cloudflare One Connectors",
        "Cloudflare One Connector: cloudflared",
        "Cloudflare One Connector: WARP",
        "Cloudflare One Networks",
        "DNS",
        "Zone",
        "Access: Service Tokens",
        "Access: Apps and Policies",
        "Account API Tokens",
        "Account Settings",
    ] {
        for level in ["Read", "Write"] {
            let id = group(&mut desk, &format!("{name} {level}"));
            assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
    let zoned = desk.names(&format!("{path}?scope=com.cloudflare.api.account.zone"));
    assert!(zoned.contains(&"DNS Write".to_owned()));
    assert!(!zoned.contains(&"Cloudflare Tunnel Read".to_owned()));
    let both = format!("{path}?scope=com.cloudflare.api.account&name=DNS%20Read");
    assert_eq!(desk.names(&both), [""; 0]);
    let mut again = Desk::new();
    assert_eq!(again.get(&path), groups);
}

#[test]
fn account_tokens_need_their_own_permission() {
    let mut desk = Desk::new();
    let reads = allow(&mut desk, &["Account API Tokens Read"], &account());
    let writes = allow(&mut desk, &["Account API Tokens Write"], &account());
    let (id, reader) = made(&mut desk, &[reads]);
    let (_, writer) = made(&mut desk, std::slice::from_ref(&writes));
    let groups = format!("{}/permission_groups", all());
    for token in [&reader, &writer] {
        assert_eq!(read(&mut desk, token, &all()), 200);
        assert_eq!(read(&mut desk, token, &groups), 200);
    }
    let roll = format!("{}/{id}/value", all());
    assert_eq!(by(&mut desk, &reader, "PUT", &roll, &json!({})).status, 403);
    assert_eq!(by(&mut desk, &writer, "PUT", &roll, &json!({})).status, 200);
}

#[test]
fn a_token_cannot_grant_more_than_its_creator_has() {
    let mut desk = Desk::new();
    let own = ["Account API Tokens Write", "Cloudflare Tunnel Read"];
    let own = allow(&mut desk, &own, &account());
    let (_, creator) = made(&mut desk, &[own]);
    let within = allow(&mut desk, &["Cloudflare Tunnel Read"], &account());
    let beyond = allow(&mut desk, &["Cloudflare Tunnel Write"], &account());
    for (policy, status) in [(within, 200), (beyond, 403)] {
        let body = json!({"name": "child", "policies": [policy]});
        assert_eq!(
            by(&mut desk, &creator, "POST", &all(), &body).status,
            status
        );
    }
}

#[test]
fn what_is_no_policy_is_refused() {
    let (mut desk, _) = Desk::with_zone("example.com");
    let foreign = desk.world.ensure_zone(OTHER, "foreign.example");
    let good = allow(&mut desk, &["DNS Read"], &all_zones());
    let with = |key: &str, value: Value| {
        let mut policy = good.clone();
        policy[key] = value;
        json!({"name": "x", "policies": [policy]})
    };
    let foreign_account = json!({format!("com.cloudflare.api.account.{OTHER}"): "*"});
    let wrong = [
        json!({"name": "x", "policies": []}),
        json!({"name": "x", "policies": ["DNS Read"]}),
        json!({"name": "", "policies": [good]}),
        json!({"name": "x".repeat(121), "policies": [good]}),
        json!({"name": "x", "policies": [good], "expires_on": "soon"}),
        json!({"name": "x", "policies": [good], "condition": {"request_ip": {"in": ["home"]}}}),
        with("effect", json!("maybe")),
        with("permission_groups", json!([])),
        with("permission_groups", json!([{"id": OTHER}])),
        with("resources", json!({})),
        with("resources", json!({"com.cloudflare.api.user.x": "*"})),
        with("resources", foreign_account),
        with("resources", json!({zone_key(&foreign): "*"})),
        with("resources", json!({zone_key("*"): "read"})),
    ];
    for body in wrong {
        let (status, code, _) = desk.refused("POST", &all(), &body);
        assert_eq!((status, code), (400, 1001), "{body}");
    }
    assert_eq!(desk.get(&all()), json!([]));
}
