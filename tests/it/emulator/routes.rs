use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, NOBODY, text};

const ALL: &str = "/accounts/0123456789abcdef0123456789abcdef/teamnet/routes";
const NETWORKS: &str = "/accounts/0123456789abcdef0123456789abcdef/teamnet/virtual_networks";

/// The path of a new route and its id.
fn route(desk: &mut Desk, network: &str, tunnel: &str) -> (String, String) {
    let body = json!({"network": network, "tunnel_id": tunnel});
    let id = text(&desk.ok("POST", ALL, &body)["id"]);
    (format!("{ALL}/{id}"), id)
}

fn networks(desk: &mut Desk, query: &str) -> Vec<String> {
    let list = desk.get(&format!("{ALL}{query}"));
    let list = list.as_array().unwrap();
    list.iter().map(|own| text(&own["network"])).collect()
}

#[test]
fn a_route_is_in_the_default_virtual_network_unless_another_is_named() {
    let mut desk = Desk::new();
    let (_, tunnel) = desk.tunnel("web");
    let default = desk.get(NETWORKS)[0]["id"].clone();
    let created = desk.ok(
        "POST",
        ALL,
        &json!({"network": "10.1.0.0/16", "tunnel_id": tunnel}),
    );
    assert_eq!(
        created,
        json!({"id": created["id"], "network": "10.1.0.0/16", "tunnel_id": tunnel,
            "virtual_network_id": default, "comment": "",
            "created_at": "2026-11-22T12:00:00.000000Z", "deleted_at": null})
    );
    let lab = desk.ok("POST", NETWORKS, &json!({"name": "lab"}))["id"].clone();
    let other = desk.ok(
        "POST",
        ALL,
        &json!({"network": "10.1.0.0/16", "tunnel_id": tunnel, "virtual_network_id": lab}),
    );
    assert_eq!(other["virtual_network_id"], lab);
    let mut whole = created.clone();
    for (key, value) in [
        ("tun_type", "cfd_tunnel"),
        ("tunnel_name", "web"),
        ("virtual_network_name", "default"),
    ] {
        whole[key] = json!(value);
    }
    let id = text(&created["id"]);
    assert_eq!(desk.get(&format!("{ALL}?route_id={id}")), json!([whole]));
    assert_eq!(desk.get(&format!("{ALL}/{id}")), created);
}

#[test]
fn the_same_network_is_routed_once_in_a_virtual_network() {
    let mut desk = Desk::new();
    let (_, tunnel) = desk.tunnel("web");
    let (first, _) = route(&mut desk, "10.1.0.0/16", &tunnel);
    let (second, _) = route(&mut desk, "10.1.0.0/24", &tunnel);
    let taken = "You already have a route defined for this exact IP subnet";
    let refusal = (409, 1014, taken.to_owned());
    let body = json!({"network": "10.1.0.0/16", "tunnel_id": tunnel});
    assert_eq!(desk.refused("POST", ALL, &body), refusal);
    let moved = json!({"network": "10.1.0.0/16"});
    assert_eq!(desk.refused("PATCH", &second, &moved), refusal);
    desk.ok("PATCH", &first, &moved);
    desk.ok("DELETE", &first, &Value::Null);
    desk.ok("PATCH", &second, &moved);
}

#[test]
fn networks_of_routes_have_no_host_bits_and_one_form() {
    let mut desk = Desk::new();
    let (_, tunnel) = desk.tunnel("web");
    for network in [
        "10.1.0.1/16",
        "10.1.0.0",
        "10.1.0.0/33",
        "2001:db8::1/32",
        "x",
        "",
    ] {
        let body = json!({"network": network, "tunnel_id": tunnel});
        assert_eq!(desk.refused("POST", ALL, &body).1, 1001, "{network}");
    }
    route(&mut desk, "2001:DB8:0::/32", &tunnel);
    route(&mut desk, "0.0.0.0/0", &tunnel);
    route(&mut desk, "10.1.2.3/32", &tunnel);
    assert_eq!(
        networks(&mut desk, ""),
        ["0.0.0.0/0", "10.1.2.3/32", "2001:db8::/32"]
    );
}

#[test]
fn comments_of_routes_have_100_characters_at_most() {
    let mut desk = Desk::new();
    let (_, tunnel) = desk.tunnel("web");
    let (path, _) = route(&mut desk, "10.0.0.0/8", &tunnel);
    let (fits, long) = ("ü".repeat(100), "ü".repeat(101));
    assert_eq!(
        desk.ok("PATCH", &path, &json!({"comment": fits}))["comment"],
        json!(fits)
    );
    assert_eq!(
        desk.refused("PATCH", &path, &json!({"comment": long})).1,
        1001
    );
}

#[test]
fn a_route_leads_to_a_living_tunnel_of_its_account() {
    let mut desk = Desk::new();
    let (path, tunnel) = desk.tunnel("web");
    let mut refuse = |body: Value| desk.refused("POST", ALL, &body);
    for body in [
        json!({"tunnel_id": tunnel}),
        json!({"network": "10.0.0.0/8"}),
        json!({"network": "10.0.0.0/8", "tunnel_id": "x"}),
        json!({"network": "10.0.0.0/8", "tunnel_id": NOBODY}),
        json!({"network": "10.0.0.0/8", "tunnel_id": tunnel, "virtual_network_id": NOBODY}),
        json!({"network": 1, "tunnel_id": tunnel}),
    ] {
        let (status, code, _) = refuse(body.clone());
        assert_eq!((status, code), (400, 1001), "{body}");
    }
    desk.ok("DELETE", &path, &Value::Null);
    let body = json!({"network": "10.0.0.0/8", "tunnel_id": tunnel});
    assert_eq!(desk.refused("POST", ALL, &body).0, 400);
}

#[test]
fn a_deleted_route_stays_readable_and_leaves_the_list() {
    let mut desk = Desk::new();
    let (_, tunnel) = desk.tunnel("web");
    let (path, id) = route(&mut desk, "10.0.0.0/8", &tunnel);
    let deleted = desk.ok("DELETE", &path, &Value::Null);
    assert_eq!(deleted["deleted_at"], json!("2026-11-22T12:00:00.000000Z"));
    desk.control("PUT", "/clock", &json!({"advance": 60}));
    assert_eq!(desk.ok("DELETE", &path, &Value::Null), deleted);
    assert_eq!(desk.get(&path), deleted);
    assert_eq!(networks(&mut desk, ""), [""; 0]);
    assert_eq!(
        desk.get(&format!("{ALL}?is_deleted=true"))[0]["id"],
        json!(id)
    );
    assert_eq!(
        desk.refused("PATCH", &path, &json!({"comment": "x"})).0,
        404
    );
    let nobody = format!("{ALL}/{NOBODY}");
    assert_eq!(desk.refused("GET", &nobody, &Value::Null).0, 404);
}

#[test]
fn every_filter_of_routes_filters() {
    let mut desk = Desk::new();
    let (_, web) = desk.tunnel("web");
    let warp = ALL.replace("teamnet/routes", "warp_connector");
    let warp = text(&desk.ok("POST", &warp, &json!({"name": "site"}))["id"]);
    let lab = text(&desk.ok("POST", NETWORKS, &json!({"name": "lab"}))["id"]);
    let (path, id) = route(&mut desk, "10.0.0.0/8", &web);
    desk.ok("PATCH", &path, &json!({"comment": "all"}));
    route(&mut desk, "10.1.0.0/16", &warp);
    let (path, _) = route(&mut desk, "10.1.2.0/24", &web);
    desk.ok("PATCH", &path, &json!({"virtual_network_id": lab}));
    let (all, mid, low) = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24");
    let mut list = |query: &str| networks(&mut desk, query);
    assert_eq!(list(""), [all, mid, low]);
    assert_eq!(list("?comment=all"), [all]);
    assert_eq!(list("?network_subset=10.1.0.0/16"), [mid, low]);
    assert_eq!(list("?network_superset=10.1.0.0/16"), [all, mid]);
    let exactly = "?network_subset=10.1.0.0/16&network_superset=10.1.0.0/16";
    assert_eq!(list(exactly), [mid]);
    assert_eq!(list("?network_subset=2001:db8::/32"), [""; 0]);
    assert_eq!(list(&format!("?tunnel_id={warp}")), [mid]);
    assert_eq!(list(&format!("?route_id={id}")), [all]);
    assert_eq!(list(&format!("?virtual_network_id={lab}")), [low]);
    assert_eq!(list("?tun_types=cfd_tunnel"), [all, low]);
    assert_eq!(
        list("?tun_types=cfd_tunnel,warp_connector"),
        [all, mid, low]
    );
    assert_eq!(list("?existed_at=2026-11-22T11:00:00Z"), [""; 0]);
    assert_eq!(list("?existed_at=2026-11-22T12:00:00Z"), [all, mid, low]);
    assert_eq!(list("?per_page=2&page=2"), [low]);
    assert_eq!(list("?per_page=2&page=3"), [""; 0]);
    for query in [
        "network_subset=x",
        "network_superset=10.0.0.1/8",
        "tun_types=x",
    ] {
        let target = format!("{ALL}?{query}");
        assert_eq!(
            desk.refused("GET", &target, &Value::Null).1,
            1001,
            "{query}"
        );
    }
}

#[test]
fn an_address_has_the_route_with_the_longest_prefix_in_its_virtual_network() {
    let mut desk = Desk::new();
    let (_, web) = desk.tunnel("web");
    let lab = text(&desk.ok("POST", NETWORKS, &json!({"name": "lab"}))["id"]);
    route(&mut desk, "10.0.0.0/8", &web);
    route(&mut desk, "10.1.0.0/16", &web);
    let (path, _) = route(&mut desk, "10.1.2.0/24", &web);
    desk.ok("PATCH", &path, &json!({"virtual_network_id": lab}));
    let mut of = |address: &str| desk.get(&format!("{ALL}/ip/{address}"));
    let found = of("10.1.2.3");
    assert_eq!(found["network"], json!("10.1.0.0/16"));
    assert_eq!(found["tunnel_name"], json!("web"));
    assert_eq!(found["virtual_network_name"], json!("default"));
    assert_eq!(of("10.2.0.0")["network"], json!("10.0.0.0/8"));
    let in_lab = of(&format!("10.1.2.3?virtual_network_id={lab}"));
    assert_eq!(in_lab["network"], json!("10.1.2.0/24"));
    let anywhere = of("10.1.2.3?default_virtual_network_fallback=false");
    assert_eq!(anywhere["network"], json!("10.1.2.0/24"));
    assert_eq!(of("192.0.2.1"), json!({}));
    assert_eq!(of("2001%3Adb8%3A%3A1"), json!({}));
    let nonsense = format!("{ALL}/ip/10.1.2");
    assert_eq!(desk.refused("GET", &nonsense, &Value::Null).1, 1001);
}

#[test]
fn the_endpoints_that_name_a_route_by_its_network_are_gone() {
    let mut desk = Desk::new();
    let (_, tunnel) = desk.tunnel("web");
    route(&mut desk, "10.0.0.0/8", &tunnel);
    for method in ["POST", "PATCH", "DELETE"] {
        let target = format!("{ALL}/network/10.0.0.0%2F8");
        let refusal = desk.refused(method, &target, &json!({"tunnel_id": tunnel}));
        assert_eq!((refusal.0, refusal.1), (404, 7003));
    }
}

#[test]
fn living_routes_stop_the_delete_of_a_tunnel_unless_it_cascades() {
    let mut desk = Desk::new();
    let (path, tunnel) = desk.tunnel("web");
    let (_, other) = desk.tunnel("other");
    let (first, _) = route(&mut desk, "10.0.0.0/8", &tunnel);
    route(&mut desk, "10.2.0.0/16", &other);
    let why = "Cannot delete tunnel because it has Warp routing configured. You can delete the \
               route with `cloudflared tunnel route ip delete`.";
    let refusal = (400, 1023, why.to_owned());
    assert_eq!(desk.refused("DELETE", &path, &Value::Null), refusal);
    desk.ok("DELETE", &first, &Value::Null);
    route(&mut desk, "10.1.0.0/16", &tunnel);
    desk.control("POST", &format!("/tunnels/{tunnel}/connectors"), &json!({}));
    desk.ok("DELETE", &format!("{path}?cascade=true"), &Value::Null);
    assert_eq!(networks(&mut desk, ""), ["10.2.0.0/16"]);
    assert_eq!(
        networks(&mut desk, "?is_deleted=true"),
        ["10.0.0.0/8", "10.1.0.0/16"]
    );
}

#[test]
fn a_tunnel_whose_routes_are_deleted_can_be_deleted() {
    let mut desk = Desk::new();
    let (path, tunnel) = desk.tunnel("web");
    let (first, _) = route(&mut desk, "10.0.0.0/8", &tunnel);
    desk.ok("DELETE", &first, &Value::Null);
    desk.ok("DELETE", &path, &Value::Null);
}

#[test]
fn an_account_has_room_for_a_thousand_routes_unless_told_otherwise() {
    let mut desk = Desk::new();
    let (_, tunnel) = desk.tunnel("web");
    desk.control("PATCH", "/settings", &json!({"rate": {"enforced": false}}));
    for n in 0..1000 {
        route(
            &mut desk,
            &format!("10.{}.{}.0/24", n / 250, n % 250),
            &tunnel,
        );
    }
    let more = json!({"network": "192.0.2.0/24", "tunnel_id": tunnel});
    let (status, code, message) = desk.refused("POST", ALL, &more);
    assert_eq!((status, code), (400, 1045));
    assert_eq!(
        message,
        "You have reached the limit of 1000 routes for this account"
    );
    let account = format!("/accounts/{ACCOUNT}");
    desk.control("PUT", &account, &json!({"route_quota": 1001}));
    desk.ok("POST", ALL, &more);
}
