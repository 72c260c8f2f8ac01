//! Configurations that are loaded late, or by nobody: what waits for them, and for how long.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tunctl::apply::{Event, Outcome};

use crate::support::describe::ends;
use crate::support::world::{WEB, World, edge};

const APP: &str = "app.example.com";

/// A connector of a tunnel, with a known id.
fn connect(world: &World, tunnel: &str, number: u8, fields: &Value) {
    let mut connector = json!({"id": format!("00000000-0000-4000-8000-0000000000{number:02}")});
    for (key, value) in fields.as_object().unwrap() {
        connector[key] = value.clone();
    }
    let path = format!("/_emulator/tunnels/{}/connectors", world.tunnel(tunnel));
    world.by_hand("POST", &path, &connector);
}

/// The account of [`WEB`], served by a connector, whose rule is declared otherwise now.
fn changed(connector: &Value) -> World {
    let mut world = World::edge(WEB);
    connect(&world, "edge-web", 1, connector);
    world.declare(&edge(&WEB.replace("web:3000", "web:3001")));
    world
}

/// Carries out the plan while time goes on at Cloudflare too: what was told, and how it ended.
fn apply(world: &World) -> (Vec<String>, Outcome) {
    let planned = world.try_plan().expect("a plan");
    world.forget_requests();
    let told = RefCell::new(Vec::new());
    let outcome = world.carry_out(&planned, &|event| {
        if let Event::Converging {
            change,
            connectors,
            left,
        } = event
        {
            let line = format!("{}: {connectors}, {} s", change.address, left.as_secs());
            told.borrow_mut().push(line);
            world.by_hand("PUT", "/_emulator/clock", &json!({"advance": 1}));
        }
    });
    (told.into_inner(), outcome)
}

/// Reads of connections since the requests were forgotten.
fn looks(world: &World) -> usize {
    let requests = world.requests();
    let is_look = |it: &&Value| it["path"].as_str().unwrap().ends_with("/connections");
    requests.iter().filter(is_look).count()
}

#[test]
fn connectors_that_load_at_once_cost_one_look() {
    let world = changed(&json!({}));
    let (told, outcome) = apply(&world);
    assert_eq!(ends(&outcome), "update tunnel_config.edge-web: done");
    assert_eq!((told.len(), looks(&world)), (0, 1));
}

#[test]
fn a_tunnel_without_connectors_costs_none() {
    let mut world = World::edge(WEB);
    world.declare(&edge(&WEB.replace("web:3000", "web:3001")));
    let (_, outcome) = apply(&world);
    assert_eq!(ends(&outcome), "update tunnel_config.edge-web: done");
    assert_eq!(looks(&world), 0);
}

#[test]
fn a_late_connector_is_waited_for() {
    let world = changed(&json!({"config_lag_ms": 2500}));
    let (told, outcome) = apply(&world);
    assert_snapshot!(told.join("\n"), @r"
    tunnel_config.edge-web: 1, 60 s
    tunnel_config.edge-web: 1, 59 s
    tunnel_config.edge-web: 1, 57 s
    ");
    assert_eq!(ends(&outcome), "update tunnel_config.edge-web: done");
    assert_eq!(looks(&world), 4);
}

#[test]
fn a_connector_that_hangs_is_named_and_what_relies_on_it_waits() {
    let mut world = changed(&json!({"config_version": 1, "colos": ["tpe01"]}));
    connect(&world, "edge-web", 2, &json!({}));
    let more = WEB.replace(
        "ingress: [",
        "ingress: [{hostname: new.example.com, service: http://web:1}, ",
    );
    world.declare(&edge(&more));
    let (_, outcome) = apply(&world);
    assert!(outcome.pending() && !outcome.failed());
    assert_snapshot!(ends(&outcome), @r"
    update tunnel_config.edge-web: pending tunctl::not_converged, version 2 is written and not loaded everywhere: connector [id] (2026.8.2 at tpe01) has version 1
    create dns_record.new.example.com: skipped for tunnel_config.edge-web
    ");
    assert!(world.records("example.com", "new.example.com").is_empty());
}

#[test]
fn a_dropped_connection_is_nobody() {
    let world = changed(&json!({}));
    connect(
        &world,
        "edge-web",
        2,
        &json!({"config_version": 1, "is_pending_reconnect": true}),
    );
    let (told, outcome) = apply(&world);
    assert_eq!(ends(&outcome), "update tunnel_config.edge-web: done");
    assert!(told.is_empty());
}

#[test]
fn a_connector_that_says_nothing_is_a_concern() {
    let world = changed(&json!({"colos": ["tpe01"]}));
    world.lie(|_, path, result| {
        if path.ends_with("/connections") {
            for connector in result.as_array_mut().into_iter().flatten() {
                connector.as_object_mut().unwrap().remove("config_version");
            }
        }
    });
    let (_, outcome) = apply(&world);
    assert_snapshot!(ends(&outcome), @r"
    update tunnel_config.edge-web: done
    concern tunnel_config.edge-web: does not say which configuration it has loaded: connector [id] (2026.8.2 at tpe01)
    ");
}

#[test]
fn nobody_waits_for_zero_seconds() {
    let mut world = changed(&json!({"config_version": 1}));
    world.converge = Duration::ZERO;
    let (_, outcome) = apply(&world);
    assert_eq!(ends(&outcome), "update tunnel_config.edge-web: done");
    assert_eq!(looks(&world), 0);
}

#[test]
fn connectors_that_cannot_be_read_are_not_taken_for_converged() {
    let world = changed(&json!({}));
    let planned = world.try_plan().expect("a plan");
    world.fault(&json!({"path": "**/connections", "effect": "denied"}));
    let outcome = world.carry_out(&planned, &|_| {});
    assert!(outcome.pending(), "{}", ends(&outcome));
}

#[test]
fn an_answer_that_is_lost_does_not_end_the_wait() {
    let world = changed(&json!({"config_lag_ms": 2500}));
    world.fault(&json!({
        "method": "PUT", "path": "**/configurations", "count": 1, "effect": {"reset": "after"}
    }));
    let (told, outcome) = apply(&world);
    assert_eq!(ends(&outcome), "update tunnel_config.edge-web: done");
    assert_eq!(told.len(), 3);
}

/// `app` at one of two tunnels, which both serve something else besides.
fn two(app_at: &str) -> String {
    let rules = |tunnel: &str| {
        let app = format!("{{hostname: {APP}, service: http://x:1}}, ");
        let app = if tunnel == app_at { app.as_str() } else { "" };
        format!("{{ingress: [{app}{{hostname: {tunnel}.example.com, service: http://x:1}}]}}")
    };
    edge(&format!(
        "tunnels:\n  edge-one: {}\n  edge-two: {}\n",
        rules("edge-one"),
        rules("edge-two")
    ))
}

/// Moves `app` to a tunnel whose connector is late. For each write, whether whoever the record
/// leads to right after it has a rule for the name.
fn moved(converge: Duration) -> (String, Vec<bool>) {
    moved_by(&two("edge-two"), converge)
}

/// The same by another manifest.
fn moved_by(after: &str, converge: Duration) -> (String, Vec<bool>) {
    let mut world = World::converged(&two("edge-one"), &["example.com"]);
    connect(&world, "edge-one", 1, &json!({}));
    connect(&world, "edge-two", 2, &json!({"config_lag_ms": 2500}));
    world.declare(after);
    world.converge = converge;
    let start = world.state();
    world.watch();
    let (_, outcome) = apply(&world);
    assert!(
        !outcome.failed() && !outcome.pending(),
        "{}",
        ends(&outcome)
    );
    let mut configurations = BTreeMap::new();
    learn(&mut configurations, &start);
    let moments = world.watched().into_iter();
    let moments = moments.filter(|it| !it.call.contains("/_emulator"));
    let served = moments.map(|moment| {
        learn(&mut configurations, &moment.state);
        is_served(&configurations, &moment.state)
    });
    let served = served.collect();
    let requests = world.requests();
    let requests = requests.iter().map(|it| {
        let (method, path) = (it["method"].as_str().unwrap(), it["path"].as_str().unwrap());
        format!("{method} {path}")
    });
    let requests: Vec<String> = requests.collect();
    (world.named(&requests.join("\n")), served)
}

/// Every version of every tunnel's configuration that there was.
fn learn(into: &mut BTreeMap<(String, u64), Value>, state: &Value) {
    for (tunnel, row) in state["tables"]["configurations"].as_object().unwrap() {
        let version = row["version"].as_u64().unwrap();
        into.insert((tunnel.clone(), version), row["config"].clone());
    }
}

fn is_served(configurations: &BTreeMap<(String, u64), Value>, state: &Value) -> bool {
    let tables = &state["tables"];
    let records = tables["records"].as_object().unwrap();
    let record = records.values().find(|it| it["name"] == APP).unwrap();
    let tunnel = record["content"].as_str().unwrap();
    let tunnel = tunnel.strip_suffix(".cfargotunnel.com").unwrap();
    let mut connectors = tables["connectors"].as_object().unwrap().values();
    let connector = connectors.find(|it| it["tunnel"] == tunnel).unwrap();
    let now = state["settings"]["clock"]["frozen"].as_str().unwrap();
    let due = &connector["loading"];
    let loaded = match due[1].as_str() {
        Some(at) if at <= now => &due[0],
        Some(_) | None => &connector["loaded"],
    };
    let key = (tunnel.to_owned(), loaded.as_u64().unwrap());
    let rules = configurations[&key]["ingress"].as_array().unwrap();
    rules.iter().any(|rule| rule["hostname"] == APP)
}

#[test]
fn a_hostname_that_moves_is_never_without_a_rule() {
    let (requests, served) = moved(Duration::from_mins(1));
    assert_snapshot!(requests, @r"
    GET /accounts/ACCOUNT/cfd_tunnel/edge-two/configurations
    PUT /accounts/ACCOUNT/cfd_tunnel/edge-two/configurations
    GET /accounts/ACCOUNT/cfd_tunnel/edge-two/connections
    GET /accounts/ACCOUNT/cfd_tunnel/edge-two/connections
    GET /accounts/ACCOUNT/cfd_tunnel/edge-two/connections
    GET /accounts/ACCOUNT/cfd_tunnel/edge-two/connections
    GET /zones/example.com/dns_records
    POST /zones/example.com/dns_records/batch
    GET /accounts/ACCOUNT/cfd_tunnel/edge-one/configurations
    PUT /accounts/ACCOUNT/cfd_tunnel/edge-one/configurations
    GET /accounts/ACCOUNT/cfd_tunnel/edge-one/connections
    ");
    assert_eq!(served, [true; 3]);
}

#[test]
fn without_waiting_it_would_be() {
    let (_, served) = moved(Duration::ZERO);
    assert!(served.contains(&false), "{served:?}");
}

/// Both names at `edge-two`; `edge-one` goes, and its connections are cut.
fn merged() -> String {
    let rules = "{hostname: app.example.com, service: http://x:1}, {hostname: edge-two.example.com, service: http://x:1}";
    let evicts = "defaults: {onDelete: {connections: evict, timeout: 1m}}";
    edge(&format!(
        "{evicts}\ntunnels: {{edge-two: {{ingress: [{rules}]}}}}\n"
    ))
}

#[test]
fn a_tunnel_is_deleted_only_when_what_it_served_is_served_elsewhere() {
    let (requests, served) = moved_by(&merged(), Duration::from_mins(1));
    let writes: Vec<&str> = requests
        .lines()
        .filter(|it| !it.starts_with("GET"))
        .collect();
    assert_snapshot!(writes.join("\n"), @r"
    POST /zones/example.com/dns_records/batch
    PUT /accounts/ACCOUNT/cfd_tunnel/edge-two/configurations
    POST /zones/example.com/dns_records/batch
    DELETE /accounts/ACCOUNT/cfd_tunnel/edge-one
    DELETE /accounts/ACCOUNT/cfd_tunnel/edge-one/connections
    DELETE /accounts/ACCOUNT/cfd_tunnel/edge-one
    ");
    let all = served.len();
    assert!(all > 3, "{all} writes");
    assert_eq!(served, vec![true; all]);
}

#[test]
fn without_waiting_its_hostname_would_be_dark() {
    let (_, served) = moved_by(&merged(), Duration::ZERO);
    assert!(served.contains(&false), "{served:?}");
}
