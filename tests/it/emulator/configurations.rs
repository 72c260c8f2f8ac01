use serde_json::{Value, json};

use super::desk::{Desk, text};

fn valid() -> Value {
    json!({"config": {
        "ingress": [
            {"hostname": "app.example.com", "service": "http://web:80",
                "originRequest": {"connectTimeout": 5}},
            {"service": "http_status:404"},
        ],
        "originRequest": {"noTLSVerify": false},
    }})
}

#[test]
fn a_fresh_tunnel_has_version_0_and_no_document() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    assert_eq!(
        desk.get(&format!("{path}/configurations")),
        json!({"tunnel_id": id, "version": 0, "config": null, "source": "cloudflare",
            "created_at": "2026-11-22T12:00:00.000000Z"})
    );
}

#[test]
fn a_put_echoes_the_document_adds_warp_routing_and_counts() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    let path = format!("{path}/configurations");
    desk.control("PUT", "/clock", &json!({"advance": 5}));
    let answer = desk.ok("PUT", &path, &valid());
    let mut config = valid()["config"].clone();
    config["warp-routing"] = json!({"enabled": false});
    assert_eq!(
        answer,
        json!({"tunnel_id": id, "version": 1, "config": config, "source": "cloudflare",
            "created_at": "2026-11-22T12:00:05.000000Z"})
    );
    assert_eq!(desk.get(&path), answer);
    assert_eq!(desk.ok("PUT", &path, &valid())["version"], json!(2));
    let own = json!({"config": {"ingress": [{"service": "http_status:404"}],
        "warp-routing": {"enabled": true}, "unknown": [1]}});
    let answer = desk.ok("PUT", &path, &own);
    assert_eq!(
        (&answer["version"], &answer["config"]),
        (&json!(3), &own["config"])
    );
}

#[test]
fn a_bad_configuration_is_refused_in_cloudflareds_words() {
    let mut desk = Desk::new();
    let (path, _) = desk.tunnel("web");
    let path = format!("{path}/configurations");
    let last = "The last ingress rule must match all URLs (i.e. it should not have a hostname or \
                path filter)";
    let star = "Hostname patterns can have at most one wildcard character (\"*\") and it can only \
                be used for subdomains, e.g. \"*.example.com\"";
    let catch = json!({"service": "http_status:404"});
    let host = |hostname: &str| json!({"hostname": hostname, "service": "http://a"});
    let cases = [
        (
            json!([]),
            "The config file doesn't contain any ingress rules",
        ),
        (json!([host("a.example.com")]), last),
        (json!([{"path": "^/", "service": "http://a"}]), last),
        (
            json!([host("*"), catch]),
            "Rule #1 is matching the hostname '*', but this will match every hostname, meaning \
             the rules which follow it will never be triggered.",
        ),
        (json!([host("a.*.com"), catch]), star),
        (json!([host("**"), catch]), star),
        (
            json!([host("a.com:80"), catch]),
            "Hostname cannot contain a port",
        ),
        (
            json!([host("[::1]:80"), catch]),
            "Hostname cannot contain a port",
        ),
    ];
    for (ingress, message) in cases {
        let body = json!({"config": {"ingress": ingress}});
        let refusal = desk.refused("PUT", &path, &body);
        let message = format!("Bad Configuration: Validation failed: {message}\n");
        assert_eq!(refusal, (400, 1056, message));
    }
    for hostname in ["*.example.com", "*foo", "::1", "[::1]"] {
        let body = json!({"config": {"ingress": [host(hostname), catch]}});
        desk.ok("PUT", &path, &body);
    }
    assert_eq!(desk.get(&path)["version"], json!(4));
}

#[test]
fn values_of_the_wrong_type_are_400_and_change_nothing() {
    let mut desk = Desk::new();
    let (path, _) = desk.tunnel("web");
    let path = format!("{path}/configurations");
    let bodies = [
        json!({}),
        json!({"config": null}),
        json!({"config": []}),
        json!({"config": "x"}),
        json!({"config": {}}),
        json!({"config": {"ingress": {}}}),
        json!({"config": {"ingress": [1]}}),
        json!({"config": {"ingress": [{"service": 1}]}}),
        json!({"config": {"ingress": [{"hostname": [], "service": "http://a"}]}}),
    ];
    for body in bodies {
        let (status, code, _) = desk.refused("PUT", &path, &body);
        assert_eq!((status, code), (400, 1056), "{body}");
    }
    assert_eq!(desk.get(&path)["version"], json!(0));
}

#[test]
fn a_deleted_tunnel_has_no_configuration() {
    let mut desk = Desk::new();
    let (path, _) = desk.tunnel("web");
    desk.ok("PUT", &format!("{path}/configurations"), &valid());
    desk.ok("DELETE", &path, &Value::Null);
    for method in ["GET", "PUT"] {
        let refusal = desk.refused(method, &format!("{path}/configurations"), &valid());
        assert_eq!(
            refusal,
            (404, 1055, "Configuration for tunnel not found".to_owned())
        );
    }
}

#[test]
fn a_put_makes_a_local_tunnel_a_remote_one() {
    let mut desk = Desk::new();
    let all = "/accounts/0123456789abcdef0123456789abcdef/cfd_tunnel";
    let id = text(&desk.ok("POST", all, &json!({"name": "local"}))["id"]);
    let path = format!("{all}/{id}");
    assert_eq!(
        desk.get(&format!("{path}/configurations"))["source"],
        json!("local")
    );
    desk.ok("PUT", &format!("{path}/configurations"), &valid());
    assert_eq!(desk.get(&path)["config_src"], json!("cloudflare"));
}

#[test]
fn a_connector_is_shown_with_its_connections() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    let new = json!({"version": "2026.1.0", "arch": "darwin_arm64", "colos": ["khh01"],
        "connections": 1, "run_at": "2026-11-22T10:00:00Z"});
    let connected = desk.control("POST", &format!("/tunnels/{id}/connectors"), &new);
    let list = desk.get(&format!("{path}/connections"));
    assert_eq!(list, json!([connected]));
    let client = text(&connected["id"]);
    assert_eq!(desk.get(&format!("{path}/connectors/{client}")), connected);
    let connection = &connected["conns"][0];
    assert_eq!(connection["id"], connection["uuid"]);
    assert_eq!(connection["client_id"], json!(client));
    assert_eq!(connection["client_version"], json!("2026.1.0"));
    assert_eq!(connection["colo_name"], json!("khh01"));
    assert_eq!(connection["is_pending_reconnect"], json!(false));
    assert_eq!(connected["run_at"], json!("2026-11-22T10:00:00.000000Z"));
    assert!(connected.get("config_version").is_none());
    let nobody = format!("{path}/connectors/{}", super::desk::NOBODY);
    assert_eq!(desk.refused("GET", &nobody, &Value::Null).0, 404);
}

#[test]
fn the_status_follows_the_connections() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    let connectors = format!("/tunnels/{id}/connectors");
    let status = |desk: &mut Desk| {
        let tunnel = desk.get(&path);
        (
            text(&tunnel["status"]),
            tunnel["conns_active_at"].clone(),
            tunnel["conns_inactive_at"].clone(),
        )
    };
    let noon = json!("2026-11-22T12:00:00.000000Z");
    let later = json!("2026-11-22T12:00:10.000000Z");
    assert_eq!(
        status(&mut desk),
        ("inactive".to_owned(), json!(null), noon.clone())
    );
    let one = desk.control("POST", &connectors, &json!({"connections": 2}));
    assert_eq!(
        status(&mut desk),
        ("degraded".to_owned(), noon.clone(), json!(null))
    );
    desk.control("POST", &connectors, &json!({"connections": 2}));
    desk.control("PUT", "/clock", &json!({"advance": 10}));
    assert_eq!(
        status(&mut desk),
        ("healthy".to_owned(), noon.clone(), json!(null))
    );
    let pending = json!({"is_pending_reconnect": true});
    desk.control(
        "PATCH",
        &format!("/connectors/{}", text(&one["id"])),
        &pending,
    );
    assert_eq!(status(&mut desk).0, "degraded");
    desk.control("DELETE", &connectors, &Value::Null);
    assert_eq!(
        status(&mut desk),
        ("down".to_owned(), json!(null), later.clone())
    );
    desk.control("POST", &connectors, &Value::Null);
    assert_eq!(
        status(&mut desk),
        ("healthy".to_owned(), later, json!(null))
    );
}

#[test]
fn pending_connections_are_listed_but_do_not_stop_a_delete() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    let pending = json!({"is_pending_reconnect": true});
    desk.control("POST", &format!("/tunnels/{id}/connectors"), &pending);
    let list = desk.get(&format!("{path}/connections"));
    assert_eq!(list[0]["conns"][0]["is_pending_reconnect"], json!(true));
    desk.ok("DELETE", &path, &Value::Null);
}

#[test]
fn connections_are_deleted_all_or_of_one_connector() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    let connectors = format!("/tunnels/{id}/connectors");
    let one = desk.control("POST", &connectors, &Value::Null);
    let other = desk.control("POST", &connectors, &Value::Null);
    let connections = format!("{path}/connections");
    let ids = |list: Value| -> Vec<Value> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect()
    };
    let answer = desk.ok(
        "DELETE",
        &format!("{connections}?client_id={}", text(&one["id"])),
        &json!({}),
    );
    assert_eq!(answer, Value::Null);
    assert_eq!(ids(desk.get(&connections)), [other["id"].clone()]);
    assert_eq!(
        desk.refused(
            "DELETE",
            &format!("{connections}?client_id=x"),
            &Value::Null
        )
        .0,
        400
    );
    desk.ok("DELETE", &connections, &Value::Null);
    assert_eq!(desk.get(&connections), json!([]));
    assert_eq!(desk.get(&path)["status"], json!("down"));
}

#[test]
fn a_connector_comes_back_until_the_secret_is_another() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    let new = json!({"reconnects": true});
    let old = desk.control("POST", &format!("/tunnels/{id}/connectors"), &new);
    let connections = format!("{path}/connections");
    desk.ok("DELETE", &connections, &Value::Null);
    let back = desk.get(&connections);
    assert_eq!(back[0]["id"], old["id"]);
    assert_ne!(back[0]["conns"][0]["id"], old["conns"][0]["id"]);
    assert_eq!(desk.refused("DELETE", &path, &Value::Null).1, 1022);
    let secret = json!({"tunnel_secret": "A".repeat(43) + "="});
    desk.ok("PATCH", &path, &secret);
    assert_eq!(desk.get(&connections).as_array().unwrap().len(), 1);
    desk.ok("DELETE", &connections, &Value::Null);
    assert_eq!(desk.get(&connections), json!([]));
}

#[test]
fn connectors_load_configurations_at_once_late_or_never() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    let connect = |desk: &mut Desk, body: Value| {
        text(&desk.control("POST", &format!("/tunnels/{id}/connectors"), &body)["id"])
    };
    let prompt = connect(&mut desk, json!({}));
    let late = connect(&mut desk, json!({"config_lag_ms": 2000}));
    let stuck = connect(&mut desk, json!({"config_version": 1}));
    let versions = |desk: &mut Desk| {
        [&prompt, &late, &stuck].map(|one| {
            let connector = desk.get(&format!("{path}/connectors/{one}"));
            connector.get("config_version").and_then(Value::as_u64)
        })
    };
    assert_eq!(versions(&mut desk), [None, None, Some(1)]);
    desk.ok("PUT", &format!("{path}/configurations"), &valid());
    assert_eq!(versions(&mut desk), [Some(1), None, Some(1)]);
    desk.control("PUT", "/clock", &json!({"advance": 2}));
    assert_eq!(versions(&mut desk), [Some(1), Some(1), Some(1)]);
    desk.ok("PUT", &format!("{path}/configurations"), &valid());
    assert_eq!(versions(&mut desk), [Some(2), Some(1), Some(1)]);
    desk.control("PUT", "/clock", &json!({"advance": 2}));
    assert_eq!(versions(&mut desk), [Some(2), Some(2), Some(1)]);
    desk.control(
        "PATCH",
        &format!("/connectors/{stuck}"),
        &json!({"config_version": null}),
    );
    assert_eq!(versions(&mut desk), [Some(2), Some(2), Some(2)]);
    let joined = connect(&mut desk, json!({}));
    let joined = desk.get(&format!("{path}/connectors/{joined}"));
    assert_eq!(joined["config_version"], json!(2));
}
