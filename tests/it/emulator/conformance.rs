use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, NOBODY, text};

/// Cloudflare's own description of its answers, reduced to what is compared.
const OPENAPI: &str = include_str!("../../fixtures/cloudflare/openapi.json");

/// Families that are described and not emulated yet. A test holds the list to the truth.
const PENDING: &[&str] = &[
    "/accounts/{account_id}/tunnels",
    "/accounts/{account_id}/warp_connector",
    "/accounts/{account_id}/teamnet/",
];

/// The validators of all operations, and which of them have been asked.
struct Description {
    validators: BTreeMap<String, Validator>,
    asked: BTreeSet<String>,
}

impl Description {
    fn read() -> Self {
        let whole: Value = serde_json::from_str(OPENAPI).expect("the fixture is JSON");
        let operations = whole["operations"].as_object().expect("operations");
        let validators = operations.iter().map(|(name, answer)| {
            let schema = envelope(answer, &whole["schemas"]);
            let options = jsonschema::options().should_validate_formats(true);
            let validator = options.build(&schema).expect("the schema is one");
            (name.clone(), validator)
        });
        Self {
            validators: validators.collect(),
            asked: BTreeSet::new(),
        }
    }

    /// Makes a call that succeeds, and compares its answer with the operation's.
    fn ask(&mut self, desk: &mut Desk, operation: &str, target: &str, body: &Value) -> Value {
        let (method, _) = operation.split_once(' ').expect("a method and a path");
        let reply = desk.call(method, target, body);
        let answer = reply.json();
        assert_eq!(reply.status, 200, "{operation}: {answer}");
        let errors = self.validators[operation].iter_errors(&answer);
        let errors: Vec<String> = errors
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{operation}: {answer}");
        self.asked.insert(operation.to_owned());
        answer["result"].clone()
    }
}

/// The schema of a whole answer: one envelope, and what the operation puts into it.
fn envelope(answer: &Value, schemas: &Value) -> Value {
    let mut required = vec!["success", "errors", "messages", "result"];
    let mut properties = json!({
        "success": {"const": true},
        "errors": {"type": "array", "maxItems": 0},
        "messages": {"type": "array", "items": {"$ref": "#/$defs/ResponseInfo"}},
        "result": answer["result"],
    });
    if answer["page"] == json!(true) {
        required.push("result_info");
        properties["result_info"] = json!({"$ref": "#/$defs/ResultInfo"});
    }
    json!({"type": "object", "properties": properties, "required": required,
        "additionalProperties": false, "$defs": schemas})
}

/// A life of a tunnel: method, what is behind the tunnels' path in the description, what is
/// there in the call, body.
const LIFE: &[(&str, &str, &str, &str)] = &[
    ("GET", "", "", ""),
    ("GET", "/{tunnel_id}", "/TUNNEL", ""),
    ("PATCH", "/{tunnel_id}", "/TUNNEL", r#"{"name": "api"}"#),
    (
        "GET",
        "/{tunnel_id}/configurations",
        "/TUNNEL/configurations",
        "",
    ),
    (
        "PUT",
        "/{tunnel_id}/configurations",
        "/TUNNEL/configurations",
        r#"{"config": {"ingress": [{"service": "http_status:404"}]}}"#,
    ),
    (
        "GET",
        "/{tunnel_id}/configurations",
        "/TUNNEL/configurations",
        "",
    ),
    ("GET", "/{tunnel_id}/connections", "/TUNNEL/connections", ""),
    (
        "GET",
        "/{tunnel_id}/connectors/{connector_id}",
        "/TUNNEL/connectors/CONNECTOR",
        "",
    ),
    ("GET", "/{tunnel_id}/token", "/TUNNEL/token", ""),
    (
        "POST",
        "/{tunnel_id}/management",
        "/TUNNEL/management",
        r#"{"resources": ["logs"]}"#,
    ),
    (
        "POST",
        "/{tunnel_id}/management/{resource}",
        "/TUNNEL/management/logs",
        "",
    ),
    (
        "DELETE",
        "/{tunnel_id}/connections",
        "/TUNNEL/connections",
        "",
    ),
    ("DELETE", "/{tunnel_id}", "/TUNNEL", ""),
    ("GET", "/{tunnel_id}", "/TUNNEL", ""),
];

fn tunnels(description: &mut Description, desk: &mut Desk) {
    const ALL: &str = "/accounts/{account_id}/cfd_tunnel";
    let all = format!("/accounts/{ACCOUNT}/cfd_tunnel");
    let new = json!({"name": "web"});
    let tunnel = text(&description.ask(desk, &format!("POST {ALL}"), &all, &new)["id"]);
    let connectors = format!("/tunnels/{tunnel}/connectors");
    let connector = text(&desk.control("POST", &connectors, &Value::Null)["id"]);
    for (method, described, called, body) in LIFE {
        let called = called.replace("TUNNEL", &tunnel);
        let target = all.clone() + &called.replace("CONNECTOR", &connector);
        let body = serde_json::from_str(body).unwrap_or_default();
        description.ask(desk, &format!("{method} {ALL}{described}"), &target, &body);
    }
}

fn zones(description: &mut Description, desk: &mut Desk) {
    const ALL: &str = "/zones/{zone_id}/dns_records";
    let zone = desk.world.ensure_zone(ACCOUNT, "example.com");
    let mut ask = |desk: &mut Desk, operation: &str, target: &str, body: Value| {
        description.ask(desk, operation, target, &body)
    };
    ask(desk, "GET /zones", "/zones", Value::Null);
    ask(
        desk,
        "GET /zones/{zone_id}",
        &format!("/zones/{zone}"),
        Value::Null,
    );
    let all = format!("/zones/{zone}/dns_records");
    let record = |name: &str| {
        json!({"type": "CNAME", "name": name, "content": format!("{NOBODY}.cfargotunnel.com"),
            "proxied": true, "comment": "tunctl:edge"})
    };
    let id = text(&ask(desk, &format!("POST {ALL}"), &all, record("a"))["id"]);
    let one = format!("{all}/{id}");
    ask(desk, &format!("GET {ALL}"), &all, Value::Null);
    let of_one = "{dns_record_id}";
    ask(desk, &format!("GET {ALL}/{of_one}"), &one, Value::Null);
    ask(
        desk,
        &format!("PATCH {ALL}/{of_one}"),
        &one,
        json!({"comment": null}),
    );
    ask(desk, &format!("PUT {ALL}/{of_one}"), &one, record("b"));
    let batch = json!({"patches": [{"id": id, "name": "c"}], "posts": [record("d"),
        {"type": "MX", "name": "@", "content": "mx.example.net", "priority": 5}]});
    ask(
        desk,
        &format!("POST {ALL}/batch"),
        &format!("{all}/batch"),
        batch,
    );
    ask(desk, &format!("GET {ALL}"), &all, Value::Null);
    ask(
        desk,
        &format!("GET {ALL}/usage"),
        &format!("{all}/usage"),
        Value::Null,
    );
    ask(desk, &format!("DELETE {ALL}/{of_one}"), &one, Value::Null);
}

fn service_tokens(description: &mut Description, desk: &mut Desk) {
    let zone = desk.world.ensure_zone(ACCOUNT, "example.com");
    let mut operations = vec!["GET", "PUT", "DELETE"];
    for (family, of) in [("zones", &*zone), ("accounts", ACCOUNT)] {
        let family = format!("/{family}/{{{}_id}}", family.trim_end_matches('s'));
        let family = family + "/access/service_tokens";
        let all = family.replace("{zone_id}", of).replace("{account_id}", of);
        let made = json!({"name": "ci", "duration": "forever"});
        let made = description.ask(desk, &format!("POST {family}"), &all, &made);
        let id = text(&made["id"]);
        description.ask(desk, &format!("GET {family}"), &all, &Value::Null);
        for operation in &operations {
            let (method, end) = operation.split_once(' ').unwrap_or((operation, ""));
            let described = format!("{method} {family}/{{service_token_id}}{end}");
            let target = format!("{all}/{id}{end}");
            let put = json!({"duration": "24h", "client_secret_version": 2});
            description.ask(desk, &described, &target, &put);
        }
        operations = vec!["GET", "PUT", "POST /rotate", "POST /refresh", "DELETE"];
    }
}

fn account_tokens(description: &mut Description, desk: &mut Desk) {
    const ALL: &str = "/accounts/{account_id}/tokens";
    let all = format!("/accounts/{ACCOUNT}/tokens");
    let groups = format!("GET {ALL}/permission_groups");
    let target = format!("{all}/permission_groups");
    let groups = description.ask(desk, &groups, &target, &Value::Null);
    let resources = json!({format!("com.cloudflare.api.account.{ACCOUNT}"): "*"});
    let token = json!({"name": "ci", "expires_on": "2027-01-01T00:00:00Z", "policies": [
        {"effect": "allow", "permission_groups": [{"id": groups[0]["id"]}],
        "resources": resources}]});
    let made = description.ask(desk, &format!("POST {ALL}"), &all, &token);
    let one = format!("{all}/{}", text(&made["id"]));
    description.ask(desk, &format!("GET {ALL}"), &all, &Value::Null);
    for (method, end) in [("GET", ""), ("PUT", ""), ("PUT", "/value"), ("DELETE", "")] {
        let described = format!("{method} {ALL}/{{token_id}}{end}");
        description.ask(desk, &described, &format!("{one}{end}"), &token);
    }
}

#[test]
fn every_answer_is_as_cloudflare_describes_it_and_nothing_is_left_out() {
    let mut description = Description::read();
    let mut desk = Desk::new();
    tunnels(&mut description, &mut desk);
    zones(&mut description, &mut desk);
    service_tokens(&mut description, &mut desk);
    account_tokens(&mut description, &mut desk);
    let target = format!("/accounts/{ACCOUNT}/tokens/verify");
    let operation = "GET /accounts/{account_id}/tokens/verify";
    description.ask(&mut desk, operation, &target, &Value::Null);
    let mut left: Vec<&String> = description.validators.keys().collect();
    left.retain(|operation| !description.asked.contains(*operation));
    left.retain(|operation| !PENDING.iter().any(|family| operation.contains(family)));
    assert_eq!(left, [""; 0]);
}

#[test]
fn what_is_not_emulated_yet_has_no_route() {
    let description = Description::read();
    let mut desk = Desk::new();
    let pending = description
        .validators
        .keys()
        .filter(|operation| PENDING.iter().any(|family| operation.contains(family)));
    for operation in pending {
        let (method, path) = operation.split_once(' ').unwrap();
        let target = path
            .replace("{account_id}", ACCOUNT)
            .replace("{zone_id}", ACCOUNT)
            .replace("{token_id}", ACCOUNT)
            .replace("{ip}", "192.0.2.1");
        let parts = target.split('/');
        let target: Vec<&str> = parts
            .map(|part| if part.starts_with('{') { NOBODY } else { part })
            .collect();
        let body = desk.call(method, &target.join("/"), &json!({})).json();
        assert_eq!(
            body["errors"][1]["code"],
            json!(7000),
            "{operation} has a route: {body}"
        );
    }
}

#[test]
fn refusals_are_as_cloudflare_describes_them() {
    let whole: Value = serde_json::from_str(OPENAPI).unwrap();
    let schema = json!({"$ref": "#/$defs/Failure", "$defs": whole["schemas"]});
    let validator = jsonschema::validator_for(&schema).unwrap();
    let (mut desk, zone) = Desk::with_zone("example.com");
    let records = format!("/zones/{zone}/dns_records");
    let calls = [
        ("GET", "/nothing".to_owned(), Value::Null),
        ("POST", format!("/accounts/{ACCOUNT}/cfd_tunnel"), json!({})),
        (
            "GET",
            format!("/accounts/{ACCOUNT}/cfd_tunnel/{NOBODY}"),
            Value::Null,
        ),
        (
            "POST",
            records.clone(),
            json!({"type": "A", "name": "x", "content": "y"}),
        ),
        ("DELETE", format!("{records}/{ACCOUNT}"), Value::Null),
    ];
    for (method, target, body) in calls {
        let reply = desk.call(method, &target, &body);
        assert!((400..500).contains(&reply.status));
        assert!(validator.is_valid(&reply.json()), "{}", reply.json());
    }
}
