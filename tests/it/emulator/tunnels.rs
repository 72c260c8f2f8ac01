use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, NOBODY, text};

const ALL: &str = "/accounts/0123456789abcdef0123456789abcdef/cfd_tunnel";

#[test]
fn a_new_tunnel_looks_as_recorded() {
    let mut desk = Desk::new();
    let created = desk.ok(
        "POST",
        ALL,
        &json!({"name": "web", "config_src": "cloudflare"}),
    );
    let id = text(&created["id"]);
    let mut shown = created.clone();
    let fields = shown.as_object_mut().unwrap();
    fields.remove("token").unwrap();
    fields.remove("credentials_file").unwrap();
    assert_eq!(
        shown,
        json!({
            "id": id, "account_tag": ACCOUNT, "name": "web", "config_src": "cloudflare",
            "remote_config": true, "status": "inactive", "tun_type": "cfd_tunnel",
            "created_at": "2026-11-22T12:00:00.000000Z", "deleted_at": null,
            "conns_active_at": null, "conns_inactive_at": "2026-11-22T12:00:00.000000Z",
            "metadata": {},
        })
    );
    assert_eq!(desk.get(&format!("{ALL}/{id}")), shown);
    assert_eq!(desk.get(ALL), json!([shown]));
}

#[test]
fn the_token_is_the_same_in_the_create_answer_and_from_its_path() {
    let mut desk = Desk::new();
    let secret = STANDARD.encode([5; 32]);
    let body = json!({"name": "web", "tunnel_secret": secret});
    let created = desk.ok("POST", ALL, &body);
    let id = text(&created["id"]);
    let token = desk.get(&format!("{ALL}/{id}/token"));
    assert_eq!(created["token"], token);
    let decoded = STANDARD.decode(text(&token)).unwrap();
    let decoded: Value = serde_json::from_slice(&decoded).unwrap();
    assert_eq!(decoded, json!({"a": ACCOUNT, "t": id, "s": secret}));
    assert_eq!(
        created["credentials_file"],
        json!({"AccountTag": ACCOUNT, "TunnelID": id, "TunnelName": "web", "TunnelSecret": secret})
    );
    assert_eq!(created["config_src"], json!("local"));
    assert_eq!(created["remote_config"], json!(false));
}

#[test]
fn a_server_made_secret_has_32_bytes_and_differs_from_tunnel_to_tunnel() {
    let mut desk = Desk::new();
    let secret = |desk: &mut Desk, name: &str| {
        let created = desk.ok("POST", ALL, &json!({"name": name}));
        STANDARD
            .decode(text(&created["credentials_file"]["TunnelSecret"]))
            .unwrap()
    };
    let (one, other) = (secret(&mut desk, "one"), secret(&mut desk, "other"));
    assert_eq!((one.len(), other.len()), (32, 32));
    assert_ne!(one, other);
}

#[test]
fn wrong_fields_are_400_1001_and_create_nothing() {
    let mut desk = Desk::new();
    let short = STANDARD.encode([1; 31]);
    let bodies = [
        json!({}),
        json!({"name": ""}),
        json!({"name": 1}),
        json!({"name": null}),
        json!({"name": "x", "config_src": "git"}),
        json!({"name": "x", "config_src": 1}),
        json!({"name": "x", "tunnel_secret": short}),
        json!({"name": "x", "tunnel_secret": "%%%"}),
        json!({"name": "x", "tunnel_secret": [1, 2]}),
    ];
    for body in bodies {
        let (status, code, _) = desk.refused("POST", ALL, &body);
        assert_eq!((status, code), (400, 1001), "{body}");
    }
    assert_eq!(desk.get(ALL), json!([]));
}

#[test]
fn a_name_is_unique_among_the_living_of_an_account() {
    let mut desk = Desk::new();
    let (web, _) = desk.tunnel("web");
    let (other, _) = desk.tunnel("other");
    let taken = "You already have a tunnel with this name. Delete the existing tunnel, or \
                 choose a different name for your new tunnel";
    let refusal = (409, 1013, taken.to_owned());
    assert_eq!(desk.refused("POST", ALL, &json!({"name": "web"})), refusal);
    assert_eq!(
        desk.refused("PATCH", &other, &json!({"name": "web"})),
        refusal
    );
    desk.ok("PATCH", &web, &json!({"name": "web"}));
    desk.ok("POST", ALL, &json!({"name": "Web"}));
    let elsewhere = format!("/accounts/{}/cfd_tunnel", "f".repeat(32));
    desk.ok("POST", &elsewhere, &json!({"name": "web"}));
    desk.ok("DELETE", &web, &Value::Null);
    let (again, _) = desk.tunnel("web");
    assert_ne!(web, again);
    desk.ok("DELETE", &again, &Value::Null);
    desk.tunnel("web");
}

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let mut desk = Desk::new();
    let (path, _) = desk.tunnel("web");
    let token = desk.get(&format!("{path}/token"));
    let renamed = desk.ok(
        "PATCH",
        &path,
        &json!({"name": "api", "config_src": "local"}),
    );
    assert_eq!(
        (&renamed["name"], &renamed["config_src"]),
        (&json!("api"), &json!("cloudflare"))
    );
    assert!(renamed.get("token").is_none());
    assert_eq!(desk.get(&format!("{path}/token")), token);
    let secret = STANDARD.encode([9; 40]);
    desk.ok("PATCH", &path, &json!({"tunnel_secret": secret}));
    assert_ne!(desk.get(&format!("{path}/token")), token);
    assert_eq!(desk.get(&path)["name"], json!("api"));
    let short = json!({"tunnel_secret": "c2hvcnQ="});
    assert_eq!(desk.refused("PATCH", &path, &short).0, 400);
    assert_eq!(desk.refused("PATCH", &path, &json!({"name": ""})).0, 400);
}

#[test]
fn a_deleted_tunnel_stays_readable_and_leaves_the_list() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    desk.control("PUT", "/clock", &json!({"now": "2026-11-23T00:00:00Z"}));
    let deleted = desk.ok("DELETE", &path, &json!({}));
    assert_eq!(deleted["deleted_at"], json!("2026-11-23T00:00:00.000000Z"));
    assert!(deleted.get("config_src").is_none());
    assert_eq!(deleted["remote_config"], json!(false));
    assert_eq!(deleted["status"], json!("inactive"));
    assert_eq!(desk.get(&path), deleted);
    assert_eq!(desk.get(ALL), json!([]));
    assert_eq!(desk.get(&format!("{ALL}?is_deleted=false")), json!([]));
    assert_eq!(
        desk.get(&format!("{ALL}?is_deleted=true"))[0]["id"],
        json!(id)
    );
    desk.control("PUT", "/clock", &json!({"advance": 60}));
    assert_eq!(desk.ok("DELETE", &path, &Value::Null), deleted);
    for (method, path) in [("PATCH", path.clone()), ("GET", format!("{path}/token"))] {
        assert_eq!(desk.refused(method, &path, &json!({"name": "x"})).1, 1003);
    }
    assert_eq!(desk.get(&format!("{path}/connections")), json!([]));
}

#[test]
fn a_tunnel_is_of_its_account_only() {
    let mut desk = Desk::new();
    let (_, id) = desk.tunnel("web");
    let elsewhere = format!("/accounts/{}/cfd_tunnel/{id}", "f".repeat(32));
    for path in [elsewhere, format!("{ALL}/{NOBODY}")] {
        for method in ["GET", "PATCH", "DELETE"] {
            let refusal = desk.refused(method, &path, &json!({"name": "x"}));
            assert_eq!(refusal, (404, 1003, "Tunnel not found".to_owned()));
        }
    }
}

#[test]
fn live_connections_stop_a_delete_unless_it_cascades() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    desk.control("POST", &format!("/tunnels/{id}/connectors"), &json!({}));
    let (status, code, message) = desk.refused("DELETE", &path, &Value::Null);
    assert_eq!((status, code), (400, 1022));
    assert!(message.starts_with("This tunnel has active connections. Please stop"));
    assert_eq!(desk.get(&path)["deleted_at"], json!(null));
    let deleted = desk.ok("DELETE", &format!("{path}?cascade=true"), &Value::Null);
    assert_ne!(deleted["deleted_at"], json!(null));
    assert_eq!(deleted["status"], json!("down"));
    assert_eq!(desk.get(&format!("{path}/connections")), json!([]));
}

#[test]
fn lists_are_filtered() {
    let mut desk = Desk::new();
    let (_, web) = desk.tunnel("edge-web");
    desk.tunnel("edge-api");
    desk.tunnel("other");
    desk.control("POST", &format!("/tunnels/{web}/connectors"), &Value::Null);
    let mut list = |query: &str| {
        let mut names = desk.names(&format!("{ALL}?{query}"));
        names.sort();
        names
    };
    assert_eq!(list("name=edge-web"), ["edge-web"]);
    assert_eq!(list("name=edge"), [""; 0]);
    assert_eq!(list(&format!("uuid={web}")), ["edge-web"]);
    assert_eq!(list(&format!("uuid={NOBODY}")), [""; 0]);
    assert_eq!(list("include_prefix=edge-"), ["edge-api", "edge-web"]);
    assert_eq!(list("name_prefix=edge-"), ["edge-api", "edge-web"]);
    assert_eq!(list("exclude_prefix=edge-"), ["other"]);
    assert_eq!(
        list("include_prefix=edge-&exclude_prefix=edge-w"),
        ["edge-api"]
    );
    assert_eq!(list("status=healthy"), ["edge-web"]);
    assert_eq!(list("status=inactive"), ["edge-api", "other"]);
    assert_eq!(
        list("unknown=parameter&name="),
        ["edge-api", "edge-web", "other"]
    );
}

#[test]
fn lists_know_the_past() {
    let mut desk = Desk::new();
    let at = |desk: &mut Desk, hour: u32| {
        let now = format!("2026-11-22T{hour}:00:00Z");
        desk.control("PUT", "/clock", &json!({"now": now}));
    };
    let (_, old) = desk.tunnel("old");
    at(&mut desk, 14);
    let (young, _) = desk.tunnel("young");
    desk.control("POST", &format!("/tunnels/{old}/connectors"), &Value::Null);
    at(&mut desk, 16);
    desk.control(
        "DELETE",
        &format!("/tunnels/{old}/connectors"),
        &Value::Null,
    );
    desk.ok("DELETE", &young, &Value::Null);
    at(&mut desk, 18);
    let mut list = |query: &str| desk.names(&format!("{ALL}?{query}"));
    assert_eq!(list("existed_at=2026-11-22T13:00:00Z"), ["old"]);
    assert_eq!(list("existed_at=2026-11-22T11:00:00Z"), [""; 0]);
    assert_eq!(
        list("existed_at=2026-11-22T15:00:00Z&is_deleted=true"),
        ["young"]
    );
    assert_eq!(
        list("existed_at=2026-11-22T17:00:00Z&is_deleted=true"),
        [""; 0]
    );
    assert_eq!(list("was_active_at=2026-11-22T15:00:00Z"), ["old"]);
    assert_eq!(list("was_active_at=2026-11-22T13:00:00Z"), [""; 0]);
    assert_eq!(list("was_active_at=2026-11-22T17:00:00Z"), [""; 0]);
    assert_eq!(list("was_inactive_at=2026-11-22T15:00:00Z"), [""; 0]);
    assert_eq!(list("was_inactive_at=2026-11-22T17:00:00Z"), ["old"]);
}

#[test]
fn lists_are_paged_without_total_pages() {
    let mut desk = Desk::new();
    for name in ["a", "b", "c"] {
        desk.tunnel(name);
    }
    let info = |desk: &mut Desk, query: &str| {
        let reply = desk
            .call("GET", &format!("{ALL}{query}"), &Value::Null)
            .json();
        (
            reply["result"].as_array().unwrap().len(),
            reply["result_info"].clone(),
        )
    };
    let expected = json!({"page": 1, "per_page": 1000, "count": 3, "total_count": 3});
    assert_eq!(info(&mut desk, ""), (3, expected));
    let expected = json!({"page": 2, "per_page": 2, "count": 1, "total_count": 3});
    assert_eq!(info(&mut desk, "?per_page=2&page=2"), (1, expected));
    let expected = json!({"page": 9, "per_page": 2, "count": 0, "total_count": 3});
    assert_eq!(info(&mut desk, "?per_page=2&page=9"), (0, expected));
    let mut seen = desk.names(&format!("{ALL}?per_page=2"));
    seen.extend(desk.names(&format!("{ALL}?per_page=2&page=2")));
    seen.sort();
    assert_eq!(seen, ["a", "b", "c"]);
}

#[test]
fn parameters_that_mean_nothing_are_400() {
    let mut desk = Desk::new();
    let queries = [
        "page=0",
        "page=-1",
        "page=x",
        "per_page=0",
        "per_page=1001",
        "is_deleted=maybe",
        "existed_at=yesterday",
        "status=ill",
        "per_page=99999999999999999999",
    ];
    for query in queries {
        let refusal = desk.refused("GET", &format!("{ALL}?{query}"), &Value::Null);
        assert_eq!(refusal.0, 400, "{query}");
    }
}

#[test]
fn an_account_has_room_for_a_thousand_living_tunnels() {
    let mut desk = Desk::new();
    for n in 0..1000 {
        desk.tunnel(&format!("t{n}"));
    }
    let (status, code, message) = desk.refused("POST", ALL, &json!({"name": "more"}));
    assert_eq!((status, code), (400, 1045));
    assert!(message.contains("1000"), "{message}");
    let first = desk.get(&format!("{ALL}?name=t0"))[0]["id"].clone();
    desk.ok("DELETE", &format!("{ALL}/{}", text(&first)), &Value::Null);
    desk.tunnel("more");
    desk.control(
        "PUT",
        &format!("/accounts/{ACCOUNT}"),
        &json!({"tunnel_quota": 2000}),
    );
    desk.tunnel("even more");
}

#[test]
fn management_tokens_come_from_both_paths() {
    let mut desk = Desk::new();
    let (path, _) = desk.tunnel("web");
    let by_body = desk.ok(
        "POST",
        &format!("{path}/management"),
        &json!({"resources": ["logs"]}),
    );
    assert_eq!(text(&by_body).split('.').count(), 3);
    for resource in ["logs", "admin", "host_details"] {
        let token = desk.ok(
            "POST",
            &format!("{path}/management/{resource}"),
            &Value::Null,
        );
        assert_eq!(text(&token).split('.').count(), 3);
    }
    for body in [
        json!({}),
        json!({"resources": []}),
        json!({"resources": ["x"]}),
    ] {
        assert_eq!(
            desk.refused("POST", &format!("{path}/management"), &body).0,
            400
        );
    }
    let other = desk.refused("POST", &format!("{path}/management/x"), &Value::Null);
    assert_eq!((other.0, other.1), (404, 7003));
}

#[test]
fn tunnels_show_their_connections_in_the_shape_from_before_october_2026() {
    let mut desk = Desk::new();
    let (path, id) = desk.tunnel("web");
    desk.control("POST", &format!("/tunnels/{id}/connectors"), &Value::Null);
    assert!(desk.get(&path).get("connections").is_none());
    desk.control(
        "PATCH",
        "/settings",
        &json!({"connections_in_tunnels": true}),
    );
    assert_eq!(desk.get(&path)["connections"].as_array().unwrap().len(), 4);
}
