use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tunctl::emulator::{Call, Rate, World};

use super::desk::ACCOUNT;

/// A world with one of everything, whose ids are known, and no rate limit.
fn world() -> World {
    let mut world = World::with_seed(1);
    world.set_rate(Rate {
        enforced: false,
        ..Rate::default()
    });
    let zone = world.ensure_zone(ACCOUNT, "example.com");
    let record = json!({"type": "A", "name": "www", "content": "192.0.2.1"});
    let records = format!("/client/v4/zones/{zone}/dns_records");
    let mut post = |target: &str, body: &Value| {
        let reply = world.answer(&Call::new("POST", target).bearer("x").json(body));
        super::desk::text(&reply.json()["result"]["id"])
    };
    post(
        &format!("/client/v4/accounts/{ACCOUNT}/access/service_tokens"),
        &json!({"name": "ci"}),
    );
    post(&records, &record);
    let tunnels = format!("/client/v4/accounts/{ACCOUNT}/cfd_tunnel");
    let tunnel = post(&tunnels, &json!({"name": "web"}));
    let account = format!("/client/v4/accounts/{ACCOUNT}");
    let warp = post(
        &format!("{account}/warp_connector"),
        &json!({"name": "site", "ha": true}),
    );
    post(
        &format!("{account}/teamnet/routes"),
        &json!({"network": "10.0.0.0/8", "tunnel_id": tunnel}),
    );
    post(
        &format!("{account}/teamnet/virtual_networks"),
        &json!({"name": "lab"}),
    );
    for tunnel in [tunnel, warp] {
        let connectors = format!("/_emulator/tunnels/{tunnel}/connectors");
        post(&connectors, &json!({}));
    }
    world
}

/// Every id in a state, so that garbage hits something.
fn ids(world: &World) -> Vec<String> {
    let state = world.state();
    let tables = state["tables"].as_object().expect("tables");
    let rows = tables.values().filter_map(Value::as_object);
    rows.flat_map(Map::keys).cloned().collect()
}

/// Words of the API, so that garbage comes near to sense.
const WORDS: &[&str] = &[
    "client",
    "v4",
    "accounts",
    "zones",
    "cfd_tunnel",
    "warp_connector",
    "failover",
    "teamnet",
    "routes",
    "ip",
    "virtual_networks",
    "pagerules",
    "dns_records",
    "batch",
    "usage",
    "token",
    "tokens",
    "verify",
    "user",
    "access",
    "service_tokens",
    "rotate",
    "refresh",
    "value",
    "permission_groups",
    "check",
    "connections",
    "connectors",
    "configurations",
    "management",
    "logs",
    "_emulator",
    "state",
    "clock",
    "faults",
    "requests",
    "settings",
    "records",
    "tunnels",
    "%00",
    "%2F",
    "%FF",
    "..",
    "",
    ACCOUNT,
];
const KEYS: &[&str] = &[
    "name",
    "type",
    "content",
    "duration",
    "enabled",
    "client_secret_version",
    "previous_client_secret_expires_at",
    "client_secret",
    "policies",
    "permission_groups",
    "condition",
    "request_ip",
    "in",
    "expires_on",
    "not_before",
    "status",
    "ttl",
    "proxied",
    "comment",
    "tags",
    "data",
    "priority",
    "settings",
    "id",
    "deletes",
    "patches",
    "puts",
    "posts",
    "config",
    "ingress",
    "hostname",
    "service",
    "path",
    "tunnel_secret",
    "config_src",
    "resources",
    "tables",
    "records",
    "now",
    "advance",
    "effect",
    "token",
    "permissions",
    "plan",
    "record_quota",
    "connections",
    "colos",
    "format_version",
    "rate",
    "connections_in_tunnels",
    "meta",
    "config_lag_ms",
    "network",
    "tunnel_id",
    "virtual_network_id",
    "is_default_network",
    "ha",
    "ha_mode",
    "vips",
    "address",
    "fnr_id",
    "client_id",
    "user_hostname",
    "overwrite_existing",
    "lb_name",
    "lb_pool",
];
const VALUES: &[&str] = &[
    "A",
    "CNAME",
    "CAA",
    "forever",
    "300ms",
    "2026-11-22T13:00:00Z",
    "allow",
    "com.cloudflare.api.account.*",
    "192.0.2.1",
    "x.example.net",
    "www",
    "@",
    "*",
    "10.0.0.0/8",
    "local",
    "aws",
    "dns",
    "lb",
];
const PARAMETERS: &[&str] = &[
    "page",
    "per_page",
    "name",
    "name.contains",
    "comment.absent",
    "tag",
    "tag.exact",
    "match",
    "order",
    "direction",
    "is_deleted",
    "existed_at",
    "status",
    "client_id",
    "cascade",
    "since",
    "was_active_at",
    "type",
    "search",
    "tun_types",
    "network_subset",
    "network_superset",
    "virtual_network_id",
    "force",
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(VALUES).prop_map(Value::from),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((prop::sample::select(KEYS), inner), 0..6).prop_map(|fields| {
                let fields = fields.into_iter();
                fields.map(|(key, value)| (key.to_owned(), value)).collect()
            }),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => document().prop_map(|value| value.to_string().into_bytes()),
        1 => vec(any::<u8>(), 0..40),
        1 => Just(Vec::new()),
    ]
}

fn segment(ids: Vec<String>) -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(WORDS).prop_map(str::to_owned),
        4 => prop::sample::select(ids),
        1 => "[ -~]{0,10}",
        1 => ".{0,4}",
    ]
}

fn call(ids: Vec<String>) -> impl Strategy<Value = Call> {
    let base = prop::sample::select(&["/client/v4/", "/_emulator/", "/"][..]);
    let path =
        (base, vec(segment(ids), 0..7)).prop_map(|(base, path)| base.to_owned() + &path.join("/"));
    let method = prop::sample::select(&["GET", "POST", "PUT", "PATCH", "DELETE", "", "QUERY"][..]);
    let parameter = (
        prop::sample::select(PARAMETERS),
        prop_oneof![".{0,8}", "[0-9]{0,22}"],
    );
    let query = vec(
        parameter.prop_map(|(key, value)| (key.to_owned(), value)),
        0..4,
    );
    (method, path, query, body()).prop_map(|(method, path, query, body)| Call {
        method: method.to_owned(),
        path,
        query,
        body,
        ..Call::default().bearer("x")
    })
}

/// Routes that take a body or a query, `HEX` and `UUID` standing for ids.
const ROUTES: &[&str] = &[
    "/client/v4/zones",
    "/client/v4/zones/HEX/dns_records",
    "/client/v4/zones/HEX/dns_records/HEX",
    "/client/v4/zones/HEX/dns_records/batch",
    "/client/v4/accounts/ACCOUNT/cfd_tunnel",
    "/client/v4/accounts/ACCOUNT/cfd_tunnel/UUID",
    "/client/v4/accounts/ACCOUNT/cfd_tunnel/UUID/configurations",
    "/client/v4/accounts/ACCOUNT/cfd_tunnel/UUID/connections",
    "/client/v4/accounts/ACCOUNT/cfd_tunnel/UUID/connectors/UUID",
    "/client/v4/accounts/ACCOUNT/cfd_tunnel/UUID/management",
    "/client/v4/accounts/ACCOUNT/tunnels",
    "/client/v4/accounts/ACCOUNT/warp_connector",
    "/client/v4/accounts/ACCOUNT/warp_connector/UUID",
    "/client/v4/accounts/ACCOUNT/warp_connector/UUID/failover",
    "/client/v4/accounts/ACCOUNT/warp_connector/UUID/configurations",
    "/client/v4/accounts/ACCOUNT/warp_connector/UUID/connectors/UUID",
    "/client/v4/accounts/ACCOUNT/teamnet/routes",
    "/client/v4/accounts/ACCOUNT/teamnet/routes/UUID",
    "/client/v4/accounts/ACCOUNT/teamnet/routes/ip/10.1.2.3",
    "/client/v4/accounts/ACCOUNT/teamnet/virtual_networks",
    "/client/v4/accounts/ACCOUNT/teamnet/virtual_networks/UUID",
    "/client/v4/zones/HEX/tunnels/UUID/routes",
    "/client/v4/zones/HEX/pagerules",
    "/_emulator/zones/HEX",
    "/_emulator/records/HEX",
    "/_emulator/tunnels/UUID/connectors",
    "/_emulator/connectors/UUID",
    "/_emulator/state",
    "/_emulator/clock",
    "/_emulator/faults",
    "/_emulator/tokens",
    "/_emulator/settings",
];

/// A call that fits a route, with any body and query.
fn near(ids: &[String]) -> impl Strategy<Value = Call> + use<> {
    let of = |length: usize| {
        let ids: Vec<String> = ids
            .iter()
            .filter(|id| id.len() == length)
            .cloned()
            .collect();
        prop::sample::select(ids)
    };
    let picks = (prop::sample::select(ROUTES), of(32), of(32), of(36), of(36));
    let parameter = (
        prop::sample::select(PARAMETERS),
        prop_oneof![".{0,8}", "[0-9]{0,22}"],
    );
    let query = vec(
        parameter.prop_map(|(key, value)| (key.to_owned(), value)),
        0..4,
    );
    let method = prop::sample::select(&["GET", "POST", "PUT", "PATCH", "DELETE"][..]);
    (method, picks, query, body()).prop_map(|(method, picks, query, body)| {
        let (route, hex, other_hex, uuid, other_uuid) = picks;
        let path = route
            .replacen("HEX", &hex, 1)
            .replace("HEX", &other_hex)
            .replacen("UUID", &uuid, 1)
            .replace("UUID", &other_uuid)
            .replace("ACCOUNT", ACCOUNT);
        Call {
            method: method.to_owned(),
            path,
            query,
            body,
            ..Call::default().bearer("x")
        }
    })
}

fn check(calls: Vec<Call>) -> Result<(), TestCaseError> {
    let mut world = world();
    for call in calls {
        let before = world.state();
        let reply = world.answer(&call);
        if call.path.starts_with("/_emulator/faults") {
            world.answer(&Call::new("DELETE", "/_emulator/faults"));
        }
        prop_assert!(
            (200..500).contains(&reply.status),
            "{call:?}: {}",
            reply.status
        );
        let body = reply.json();
        prop_assert_eq!(&body["success"], &json!(reply.status == 200));
        if reply.status != 200 {
            prop_assert!(body["errors"][0]["code"].is_u64(), "{body}");
            prop_assert_eq!(world.state(), before, "{:?}", call);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn garbage_is_refused_and_changes_nothing(calls in vec(call(ids(&world())), 1..12)) {
        check(calls)?;
    }

    #[test]
    fn near_sense_is_answered_and_what_is_refused_changes_nothing(
        calls in vec(near(&ids(&world())), 1..12)
    ) {
        check(calls)?;
    }

    #[test]
    fn a_world_that_answered_anything_can_be_saved_and_loaded(
        calls in vec(near(&ids(&world())), 1..12)
    ) {
        let mut world = world();
        for call in calls {
            world.answer(&call);
        }
        let state = world.state();
        let mut other = World::new();
        let put = other.answer(&Call::new("PUT", "/_emulator/state").json(&state));
        prop_assert_eq!(put.status, 200);
        prop_assert_eq!(other.state(), state);
    }
}
