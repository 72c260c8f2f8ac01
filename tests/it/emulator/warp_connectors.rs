use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, NOBODY, text};

const ALL: &str = "/accounts/0123456789abcdef0123456789abcdef/warp_connector";

/// The path and the id of a new WARP connector.
fn connector(desk: &mut Desk, name: &str, ha: bool) -> (String, String) {
    let id = text(&desk.ok("POST", ALL, &json!({"name": name, "ha": ha}))["id"]);
    (format!("{ALL}/{id}"), id)
}

/// The id of a new client of it.
fn client(desk: &mut Desk, tunnel: &str, run_at: &str) -> String {
    let path = format!("/tunnels/{tunnel}/connectors");
    text(&desk.control("POST", &path, &json!({"run_at": run_at}))["id"])
}

/// What `ha_status` is, in the order of `clients`.
fn parts(desk: &mut Desk, path: &str, clients: &[&String]) -> Vec<String> {
    let list = desk.get(&format!("{path}/connections"));
    let list = list.as_array().unwrap().clone();
    let part = |id: &String| {
        let own = list.iter().find(|own| own["id"] == json!(id)).unwrap();
        text(&own["ha_status"])
    };
    clients.iter().map(|id| part(id)).collect()
}

#[test]
fn a_warp_connector_is_a_tunnel_without_a_source_of_configuration() {
    let mut desk = Desk::new();
    let created = desk.ok("POST", ALL, &json!({"name": "site"}));
    let id = text(&created["id"]);
    let mut shown = created.clone();
    shown
        .as_object_mut()
        .unwrap()
        .shift_remove("token")
        .unwrap();
    assert_eq!(
        shown,
        json!({
            "id": id, "account_tag": ACCOUNT, "name": "site", "status": "inactive",
            "tun_type": "warp_connector", "created_at": "2026-11-22T12:00:00.000000Z",
            "deleted_at": null, "conns_active_at": null,
            "conns_inactive_at": "2026-11-22T12:00:00.000000Z", "metadata": {},
        })
    );
    assert_eq!(desk.get(&format!("{ALL}/{id}")), shown);
    assert_eq!(desk.get(ALL), json!([shown]));
    let token = desk.get(&format!("{ALL}/{id}/token"));
    assert_eq!(token, created["token"]);
    let token: Value = serde_json::from_slice(&STANDARD.decode(text(&token)).unwrap()).unwrap();
    assert_eq!((&token["a"], &token["t"]), (&json!(ACCOUNT), &json!(id)));
}

#[test]
fn a_warp_connector_is_renamed_and_gets_another_secret() {
    let mut desk = Desk::new();
    let (path, _) = connector(&mut desk, "site", false);
    let token = desk.get(&format!("{path}/token"));
    let secret = STANDARD.encode([9; 32]);
    let changed = desk.ok(
        "PATCH",
        &path,
        &json!({"name": "office", "tunnel_secret": secret}),
    );
    assert_eq!(changed["name"], json!("office"));
    assert_ne!(desk.get(&format!("{path}/token")), token);
    assert_eq!(desk.refused("PATCH", &path, &json!({"name": ""})).1, 1001);
}

#[test]
fn names_are_unique_among_living_warp_connectors_and_not_across_types() {
    let mut desk = Desk::new();
    desk.tunnel("site");
    let (path, _) = connector(&mut desk, "site", false);
    let body = json!({"name": "site"});
    assert_eq!(desk.refused("POST", ALL, &body).1, 1013);
    assert_eq!(desk.refused("POST", ALL, &body).0, 409);
    desk.ok("DELETE", &path, &Value::Null);
    desk.ok("POST", ALL, &body);
    for body in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "x", "ha": 1}),
    ] {
        assert_eq!(desk.refused("POST", ALL, &body).1, 1001, "{body}");
    }
}

#[test]
fn an_account_has_room_for_ten_warp_connectors() {
    let mut desk = Desk::new();
    for n in 0..10 {
        connector(&mut desk, &format!("n{n}"), false);
    }
    let more = json!({"name": "more"});
    let (status, code, message) = desk.refused("POST", ALL, &more);
    assert_eq!((status, code), (400, 1045));
    assert_eq!(
        message,
        "You have reached the limit of 10 WARP connectors for this account"
    );
    desk.tunnel("web");
    let account = format!("/accounts/{ACCOUNT}");
    desk.control("PUT", &account, &json!({"warp_connector_quota": 11}));
    desk.ok("POST", ALL, &more);
}

#[test]
fn a_deleted_warp_connector_stays_readable_and_leaves_the_list() {
    let mut desk = Desk::new();
    let (path, id) = connector(&mut desk, "site", false);
    let deleted = desk.ok("DELETE", &path, &Value::Null);
    assert_ne!(deleted["deleted_at"], json!(null));
    assert_eq!(desk.get(&path), deleted);
    assert_eq!(desk.get(ALL), json!([]));
    assert_eq!(
        desk.get(&format!("{ALL}?is_deleted=true"))[0]["id"],
        json!(id)
    );
    assert_eq!(
        desk.refused("GET", &format!("{path}/token"), &Value::Null)
            .1,
        1003
    );
    let settings = format!("{path}/configurations");
    assert_eq!(desk.refused("GET", &settings, &Value::Null).1, 1055);
}

#[test]
fn live_connections_stop_the_delete_of_a_warp_connector_unless_it_cascades() {
    let mut desk = Desk::new();
    let (path, id) = connector(&mut desk, "site", false);
    client(&mut desk, &id, "2026-11-22T10:00:00Z");
    assert_eq!(desk.get(&path)["status"], json!("healthy"));
    assert_eq!(desk.refused("DELETE", &path, &Value::Null).1, 1022);
    desk.ok("DELETE", &format!("{path}?cascade=true"), &Value::Null);
}

#[test]
fn each_type_is_found_at_its_own_path_only() {
    let mut desk = Desk::new();
    let (_, tunnel) = desk.tunnel("web");
    let (_, id) = connector(&mut desk, "site", false);
    let tunnels = ALL.replace("warp_connector", "cfd_tunnel");
    for path in [
        format!("{ALL}/{tunnel}"),
        format!("{tunnels}/{id}"),
        format!("{ALL}/{NOBODY}"),
    ] {
        for method in ["GET", "PATCH", "DELETE"] {
            let refusal = desk.refused(method, &path, &json!({"name": "x"}));
            assert_eq!(refusal, (404, 1003, "Tunnel not found".to_owned()));
        }
    }
    assert_eq!(desk.names(ALL), ["site"]);
    assert_eq!(desk.names(&tunnels), ["web"]);
}

#[test]
fn the_list_of_all_types_is_filtered_by_type_and_as_each_list_is() {
    let mut desk = Desk::new();
    desk.tunnel("web");
    let (path, _) = connector(&mut desk, "site", false);
    let all = ALL.replace("warp_connector", "tunnels");
    let mut list = |query: &str| {
        let mut names = desk.names(&format!("{all}{query}"));
        names.sort();
        names
    };
    assert_eq!(list(""), ["site", "web"]);
    assert_eq!(list("?tun_types=cfd_tunnel"), ["web"]);
    assert_eq!(list("?tun_types=warp_connector,magic"), ["site"]);
    assert_eq!(list("?tun_types=gre"), [""; 0]);
    assert_eq!(list("?name=web"), ["web"]);
    assert_eq!(list("?exclude_prefix=w"), ["site"]);
    assert_eq!(list("?per_page=1&page=3"), [""; 0]);
    assert_eq!(list("?is_deleted=true"), [""; 0]);
    desk.ok("DELETE", &path, &Value::Null);
    assert_eq!(desk.names(&all), ["web"]);
    assert_eq!(desk.names(&format!("{all}?is_deleted=true")), ["site"]);
    let unknown = format!("{all}?tun_types=cfd_tunnel,x");
    assert_eq!(desk.refused("GET", &unknown, &Value::Null).1, 1001);
}

#[test]
fn one_connected_client_is_active_and_the_others_wait() {
    let mut desk = Desk::new();
    let (path, id) = connector(&mut desk, "site", true);
    let old = client(&mut desk, &id, "2026-11-22T10:00:00Z");
    let young = client(&mut desk, &id, "2026-11-22T11:00:00Z");
    assert_eq!(
        parts(&mut desk, &path, &[&old, &young]),
        ["active", "passive"]
    );
    let one = desk.get(&format!("{path}/connectors/{young}"));
    assert_eq!(one["ha_status"], json!("passive"));
    assert_eq!(one["conns"][0]["client_id"], json!(young));
    let pending = json!({"is_pending_reconnect": true});
    desk.control("PATCH", &format!("/connectors/{old}"), &pending);
    assert_eq!(
        parts(&mut desk, &path, &[&old, &young]),
        ["offline", "active"]
    );
    let nobody = format!("{path}/connectors/{NOBODY}");
    assert_eq!(desk.refused("GET", &nobody, &Value::Null).0, 404);
}

#[test]
fn a_failover_makes_a_linked_client_of_a_highly_available_one_active() {
    let mut desk = Desk::new();
    let (path, id) = connector(&mut desk, "site", true);
    let old = client(&mut desk, &id, "2026-11-22T10:00:00Z");
    let young = client(&mut desk, &id, "2026-11-22T11:00:00Z");
    let failover = format!("{path}/failover");
    let result = desk.ok("PUT", &failover, &json!({"client_id": young}));
    assert_eq!(result, json!(null));
    assert_eq!(
        parts(&mut desk, &path, &[&old, &young]),
        ["passive", "active"]
    );
    desk.control("DELETE", &format!("/connectors/{young}"), &Value::Null);
    assert_eq!(parts(&mut desk, &path, &[&old]), ["active"]);
    let nobody = json!({"client_id": NOBODY});
    assert_eq!(desk.refused("PUT", &failover, &nobody).0, 404);
    for body in [
        json!({}),
        json!({"client_id": "x"}),
        json!({"client_id": 1}),
    ] {
        assert_eq!(desk.refused("PUT", &failover, &body).1, 1001, "{body}");
    }
    let (single, id) = connector(&mut desk, "single", false);
    let only = client(&mut desk, &id, "2026-11-22T10:00:00Z");
    let body = json!({"client_id": only});
    assert_eq!(
        desk.refused("PUT", &format!("{single}/failover"), &body).0,
        400
    );
}

#[test]
fn the_settings_of_high_availability_are_checked_by_mode_and_counted() {
    let mut desk = Desk::new();
    let (path, id) = connector(&mut desk, "site", false);
    let path = format!("{path}/configurations");
    assert_eq!(
        desk.get(&path),
        json!({"tunnel_id": id, "configuration_version": 0, "ha_mode": "none",
            "created_at": "2026-11-22T12:00:00.000000Z", "updated_at": null, "config": null})
    );
    let vips = |count: usize| json!(vec![json!({"address": "192.0.2.1"}); count]);
    let good = [
        json!({"ha_mode": "none"}),
        json!({"ha_mode": "disabled", "config": {}}),
        json!({"ha_mode": "aws", "config": {"fnr_id": "eni-1"}}),
        json!({"ha_mode": "local", "config": {"vips": vips(1)}}),
        json!({"ha_mode": "local", "config": {"vips": vips(8), "vips_previous": vips(8)}}),
    ];
    for (n, body) in good.iter().enumerate() {
        let put = desk.ok("PUT", &path, body);
        assert_eq!(put["configuration_version"], json!(n + 1), "{body}");
        assert_eq!(put["updated_at"], json!("2026-11-22T12:00:00.000000Z"));
        assert_eq!(
            put["config"],
            body.get("config").cloned().unwrap_or_default()
        );
    }
    let bad = [
        json!({}),
        json!({"ha_mode": "both"}),
        json!({"ha_mode": "none", "config": {"fnr_id": "eni-1"}}),
        json!({"ha_mode": "aws"}),
        json!({"ha_mode": "aws", "config": {"fnr_id": ""}}),
        json!({"ha_mode": "local", "config": {"vips": vips(0)}}),
        json!({"ha_mode": "local", "config": {"vips": vips(9)}}),
        json!({"ha_mode": "local", "config": {"vips": [{"address": "x"}]}}),
        json!({"ha_mode": "local", "config": {"vips": vips(1), "vips_previous": vips(9)}}),
    ];
    for body in bad {
        assert_eq!(desk.refused("PUT", &path, &body).1, 1001, "{body}");
    }
    assert_eq!(desk.get(&path)["configuration_version"], json!(5));
}

#[test]
fn a_warp_connector_takes_permissions_of_its_own() {
    let mut desk = Desk::new();
    let (path, _) = connector(&mut desk, "site", false);
    let groups = json!({"token": "warp",
        "permissions": {"groups": ["Cloudflare One Connector: WARP Read"]}});
    desk.control("PUT", "/tokens", &groups);
    let mut status = |target: &str| {
        let call = tunctl::emulator::Call::new("GET", &format!("/client/v4{target}"));
        desk.world.answer(&call.bearer("warp")).status
    };
    assert_eq!(status(&path), 200);
    assert_eq!(status(&format!("{path}/token")), 403);
    assert_eq!(status(&ALL.replace("warp_connector", "cfd_tunnel")), 403);
}
