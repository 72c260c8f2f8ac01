use serde_json::{Value, json};

use super::desk::{Desk, NOBODY};

/// A world with a zone and a tunnel: the path of its routes, the path of the zone's records,
/// the tunnel's id.
fn world() -> (Desk, String, String, String) {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let (_, tunnel) = desk.tunnel("web");
    let routes = format!("/zones/{zone}/tunnels/{tunnel}/routes");
    (desk, routes, format!("/zones/{zone}/dns_records"), tunnel)
}

fn dns(name: &str, overwrite: bool) -> Value {
    json!({"type": "dns", "user_hostname": name, "overwrite_existing": overwrite})
}

#[test]
fn a_hostname_that_is_free_gets_a_record_and_then_stays() {
    let (mut desk, routes, records, tunnel) = world();
    let new = desk.ok("PUT", &routes, &dns("App.example.com", false));
    assert_eq!(
        new,
        json!({"cname": "new", "name": "app.example.com", "dns_tag": new["dns_tag"]})
    );
    let record = desk.get(&records)[0].clone();
    assert_eq!(record["id"], new["dns_tag"]);
    assert_eq!(
        record["content"],
        json!(format!("{tunnel}.cfargotunnel.com"))
    );
    assert_eq!(record["proxied"], json!(true));
    let again = desk.ok("PUT", &routes, &dns("app", true));
    assert_eq!(
        again,
        json!({"cname": "unchanged", "name": "app.example.com", "dns_tag": new["dns_tag"]})
    );
}

#[test]
fn a_hostname_that_is_taken_is_overwritten_only_on_demand() {
    let (mut desk, routes, records, tunnel) = world();
    let zone = records.split('/').nth(2).unwrap().to_owned();
    desk.record(&zone, "app", "192.0.2.1");
    desk.record(&zone, "app", "192.0.2.2");
    let taken = "An A, AAAA, or CNAME record with that host already exists.";
    assert_eq!(
        desk.refused("PUT", &routes, &dns("app", false)),
        (400, 1003, taken.to_owned())
    );
    assert_eq!(desk.get(&records).as_array().unwrap().len(), 2);
    let updated = desk.ok("PUT", &routes, &dns("app", true));
    assert_eq!(updated["cname"], json!("updated"));
    let list = desk.get(&records);
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["id"], updated["dns_tag"]);
    assert_eq!(
        list[0]["content"],
        json!(format!("{tunnel}.cfargotunnel.com"))
    );
    let (_, other) = desk.tunnel("other");
    let routes = routes.replace(&tunnel, &other);
    assert_eq!(desk.refused("PUT", &routes, &dns("app", false)).1, 1003);
    assert_eq!(
        desk.ok("PUT", &routes, &dns("app", true))["cname"],
        json!("updated")
    );
}

#[test]
fn a_tunnel_joins_pools_of_load_balancers() {
    let (mut desk, routes, _, tunnel) = world();
    let lb = json!({"type": "lb", "lb_name": "lb.example.com", "lb_pool": "eu"});
    let mut put = |routes: &str| {
        let result = desk.ok("PUT", routes, &lb);
        (result["load_balancer"].clone(), result["pool"].clone())
    };
    assert_eq!(put(&routes), (json!("new"), json!("new")));
    assert_eq!(put(&routes), (json!("unchanged"), json!("unchanged")));
    let (_, other) = desk.tunnel("other");
    let elsewhere = routes.replace(&tunnel, &other);
    let joined = desk.ok("PUT", &elsewhere, &lb);
    assert_eq!(
        joined,
        json!({"load_balancer": "unchanged", "pool": "updated"})
    );
    let mut us = lb.clone();
    us["lb_pool"] = json!("us");
    let joined = desk.ok("PUT", &routes, &us);
    assert_eq!(joined, json!({"load_balancer": "updated", "pool": "new"}));
}

#[test]
fn a_load_balancer_that_is_not_proxied_takes_no_tunnel() {
    let (mut desk, routes, records, _) = world();
    let zone = records.split('/').nth(2).unwrap();
    let row = json!({"zone": zone, "name": "lb.example.com", "proxied": false});
    let rows = json!({"tables": {"load_balancers": {"0".repeat(32): row}}});
    desk.control("PATCH", "/state", &rows);
    let lb = json!({"type": "lb", "lb_name": "lb", "lb_pool": "eu"});
    let why = "Cannot use tunnel as origin for non-proxied load balancer";
    assert_eq!(
        desk.refused("PUT", &routes, &lb),
        (400, 1004, why.to_owned())
    );
}

#[test]
fn hostname_routes_are_of_known_zones_tunnels_and_types() {
    let (mut desk, routes, records, tunnel) = world();
    for body in [
        json!({}),
        json!({"type": "x"}),
        json!({"type": "dns"}),
        json!({"type": "dns", "user_hostname": ""}),
        json!({"type": "dns", "user_hostname": "app", "overwrite_existing": "yes"}),
        json!({"type": "lb", "lb_name": "lb"}),
        json!({"type": "lb", "lb_pool": "eu"}),
        json!({"type": "dns", "user_hostname": "a..b"}),
    ] {
        assert_eq!(desk.refused("PUT", &routes, &body).0, 400, "{body}");
    }
    let nobody = routes.replace(&tunnel, NOBODY);
    assert_eq!(desk.refused("PUT", &nobody, &dns("app", false)).1, 1003);
    let zone = records.split('/').nth(2).unwrap();
    let nowhere = routes.replace(zone, &"f".repeat(32));
    assert_eq!(desk.refused("PUT", &nowhere, &dns("app", false)).1, 7003);
}

#[test]
fn a_zone_has_no_page_rules() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    assert_eq!(desk.get(&format!("/zones/{zone}/pagerules")), json!([]));
    let nowhere = format!("/zones/{}/pagerules", "f".repeat(32));
    assert_eq!(desk.refused("GET", &nowhere, &Value::Null).1, 7003);
}
