use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use tunctl::emulator::{Call, Rate, Reply};

use super::desk::{ACCOUNT, Desk, NOBODY, text};

/// Cloudflare's own description of the part of its API that is emulated.
const OPENAPI: &str = include_str!("../../fixtures/cloudflare-openapi.json");

/// Well-formed requests: the operation, its query, its body. In bodies, `{tunnel_id}` and the
/// like stand for ids. An operation without a line has neither query nor body.
const PREPARED: &[(&str, &str, &str)] = &[
    (
        "POST /accounts/{account_id}/cfd_tunnel",
        "",
        r#"{"name": "new", "config_src": "cloudflare"}"#,
    ),
    (
        "PATCH /accounts/{account_id}/cfd_tunnel/{tunnel_id}",
        "",
        r#"{"name": "renamed"}"#,
    ),
    (
        "DELETE /accounts/{account_id}/cfd_tunnel/{tunnel_id}",
        "?cascade=true",
        "",
    ),
    (
        "PUT /accounts/{account_id}/cfd_tunnel/{tunnel_id}/configurations",
        "",
        r#"{"config": {"ingress": [{"service": "http_status:404"}]}}"#,
    ),
    (
        "POST /accounts/{account_id}/cfd_tunnel/{tunnel_id}/management",
        "",
        r#"{"resources": ["logs"]}"#,
    ),
    (
        "POST /accounts/{account_id}/warp_connector",
        "",
        r#"{"name": "new", "ha": true}"#,
    ),
    (
        "PATCH /accounts/{account_id}/warp_connector/{tunnel_id}",
        "",
        r#"{"name": "renamed"}"#,
    ),
    (
        "DELETE /accounts/{account_id}/warp_connector/{tunnel_id}",
        "?cascade=true",
        "",
    ),
    (
        "PUT /accounts/{account_id}/warp_connector/{tunnel_id}/failover",
        "",
        r#"{"client_id": "{connector_id}"}"#,
    ),
    (
        "PUT /accounts/{account_id}/warp_connector/{tunnel_id}/configurations",
        "",
        r#"{"ha_mode": "local", "config": {"vips": [{"address": "192.0.2.7"}]}}"#,
    ),
    (
        "POST /accounts/{account_id}/teamnet/routes",
        "",
        r#"{"network": "10.9.0.0/16", "tunnel_id": "{tunnel_id}"}"#,
    ),
    (
        "PATCH /accounts/{account_id}/teamnet/routes/{route_id}",
        "",
        r#"{"comment": "moved", "virtual_network_id": "{virtual_network_id}"}"#,
    ),
    (
        "POST /accounts/{account_id}/teamnet/virtual_networks",
        "",
        r#"{"name": "new", "is_default_network": true}"#,
    ),
    (
        "PATCH /accounts/{account_id}/teamnet/virtual_networks/{virtual_network_id}",
        "",
        r#"{"comment": "changed"}"#,
    ),
    (
        "POST /accounts/{account_id}/access/service_tokens",
        "",
        r#"{"name": "new", "duration": "forever"}"#,
    ),
    (
        "PUT /accounts/{account_id}/access/service_tokens/{service_token_id}",
        "",
        r#"{"name": "renamed", "client_secret_version": 2}"#,
    ),
    (
        "POST /zones/{zone_id}/access/service_tokens",
        "",
        r#"{"name": "new", "duration": "forever"}"#,
    ),
    (
        "PUT /zones/{zone_id}/access/service_tokens/{service_token_id}",
        "",
        r#"{"name": "renamed", "client_secret_version": 2}"#,
    ),
    (
        "POST /accounts/{account_id}/tokens",
        "",
        r#"{"name": "new", "policies": [{"effect": "allow",
            "permission_groups": [{"id": "{permission_group_id}"}],
            "resources": {"com.cloudflare.api.account.{account_id}": "*"}}]}"#,
    ),
    (
        "PUT /accounts/{account_id}/tokens/{token_id}",
        "",
        r#"{"status": "disabled", "name": "new", "policies": [{"effect": "allow",
            "permission_groups": [{"id": "{permission_group_id}"}],
            "resources": {"com.cloudflare.api.account.{account_id}": "*"}}]}"#,
    ),
    (
        "POST /zones/{zone_id}/dns_records",
        "",
        r#"{"type": "CNAME", "name": "new", "content": "{tunnel_id}.cfargotunnel.com", "proxied": true}"#,
    ),
    (
        "PATCH /zones/{zone_id}/dns_records/{dns_record_id}",
        "",
        r#"{"comment": "changed"}"#,
    ),
    (
        "PUT /zones/{zone_id}/dns_records/{dns_record_id}",
        "",
        r#"{"type": "MX", "name": "@", "content": "mx.example.net", "priority": 5}"#,
    ),
    (
        "POST /zones/{zone_id}/dns_records/batch",
        "",
        r#"{"patches": [{"id": "{dns_record_id}", "name": "moved"}],
            "posts": [{"type": "TXT", "name": "new", "content": "\"text\""}]}"#,
    ),
];

/// A world with one of everything, and the ids that stand for the parameters of paths.
struct Estate {
    desk: Desk,
    ids: BTreeMap<&'static str, String>,
}

/// A service token of the account, and one of a zone.
fn service_tokens(desk: &mut Desk, zone: &str) -> [String; 2] {
    [format!("/accounts/{ACCOUNT}"), format!("/zones/{zone}")].map(|owner| {
        let path = format!("{owner}/access/service_tokens");
        text(&desk.ok("POST", &path, &json!({"name": "ci"}))["id"])
    })
}

/// A permission group, and an API token that has it.
fn api_token(desk: &mut Desk) -> (String, String) {
    let tokens = format!("/accounts/{ACCOUNT}/tokens");
    let groups = desk.get(&format!("{tokens}/permission_groups"));
    let group = text(&groups[0]["id"]);
    let token = json!({"name": "ci", "policies": [{"effect": "allow",
        "permission_groups": [{"id": group}],
        "resources": {format!("com.cloudflare.api.account.{ACCOUNT}"): "*"}}]});
    let token = text(&desk.ok("POST", &tokens, &token)["id"]);
    (group, token)
}

impl Estate {
    fn new() -> Self {
        let (mut desk, zone) = Desk::with_zone("example.com");
        desk.world.set_rate(Rate {
            enforced: false,
            ..Rate::default()
        });
        let (_, tunnel) = desk.tunnel("web");
        let mut made = |target: &str, body: Value| text(&desk.ok("POST", target, &body)["id"]);
        let account = format!("/accounts/{ACCOUNT}");
        let warp = made(
            &format!("{account}/warp_connector"),
            json!({"name": "site", "ha": true}),
        );
        let route = made(
            &format!("{account}/teamnet/routes"),
            json!({"network": "10.1.0.0/16", "tunnel_id": tunnel}),
        );
        let network = made(
            &format!("{account}/teamnet/virtual_networks"),
            json!({"name": "lab"}),
        );
        let [of_account, of_zone] = service_tokens(&mut desk, &zone);
        let (group, token) = api_token(&mut desk);
        let record = desk.record(&zone, "www", "192.0.2.1");
        let mut connect = |tunnel: &str| {
            let path = format!("/tunnels/{tunnel}/connectors");
            text(&desk.control("POST", &path, &Value::Null)["id"])
        };
        let connector = connect(&tunnel);
        let client = connect(&warp);
        let ids = [
            ("account_id", ACCOUNT.to_owned()),
            ("tunnel_id", tunnel),
            ("connector_id", connector),
            ("warp_connector/tunnel_id", warp),
            ("warp_connector/connector_id", client),
            ("route_id", route),
            ("virtual_network_id", network),
            ("ip", "10.1.2.3".to_owned()),
            ("zone_id", zone),
            ("dns_record_id", record),
            ("service_token_id", of_account),
            ("zones/service_token_id", of_zone),
            ("permission_group_id", group),
            ("token_id", token),
            ("resource", "logs".to_owned()),
        ];
        Self {
            desk,
            ids: ids.into_iter().collect(),
        }
    }

    /// A text of the description with ids for its parameters, `wrong` for the one named.
    fn filled(&self, operation: &Operation, text: &str, wrong: Option<(&str, &str)>) -> String {
        let mut filled = text.to_owned();
        // Ids of a family stand before those of all.
        let (of_families, others): (Vec<_>, Vec<_>) =
            self.ids.iter().partition(|(name, _)| name.contains('/'));
        for (name, id) in of_families.into_iter().chain(others) {
            let (family, own) = name.rsplit_once('/').unwrap_or(("", name));
            if !family.is_empty() && !operation.path.contains(&format!("/{family}/")) {
                continue;
            }
            let value = wrong.filter(|(wrong, _)| *wrong == own);
            let value = value.map_or(id.as_str(), |(_, value)| value);
            filled = filled.replace(&format!("{{{own}}}"), value);
        }
        filled
    }
}

/// One operation of the description.
struct Operation {
    name: String,
    method: String,
    path: String,
    parameters: Vec<Value>,
    /// The schema of its body, if it takes one.
    body: Option<Value>,
    answer: Validator,
}

impl Operation {
    fn prepared(&self) -> (&'static str, &'static str) {
        let line = PREPARED.iter().find(|(name, ..)| *name == self.name);
        line.map_or(("", ""), |(_, query, body)| (query, body))
    }
}

fn document() -> Value {
    serde_json::from_str(OPENAPI).expect("the fixture is JSON")
}

/// A validator of a schema that refers to the document's components.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut whole = json!({"allOf": [schema]});
    whole["components"] = document["components"].clone();
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&whole).expect("the schema is one")
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let item = item.as_object().expect("a path item");
        let shared = item.get("parameters").and_then(Value::as_array);
        for (method, operation) in item.iter().filter(|(name, _)| *name != "parameters") {
            let own = operation["parameters"].as_array();
            let method = method.to_ascii_uppercase();
            let schema = |at: &Value| at["content"]["application/json"]["schema"].clone();
            let body = operation.get("requestBody").map(schema);
            operations.push(Operation {
                name: format!("{method} {path}"),
                method,
                path: path.clone(),
                parameters: shared.into_iter().chain(own).flatten().cloned().collect(),
                body: body.map(|body| resolved(document, &body).clone()),
                answer: validator(document, &schema(&operation["responses"]["200"])),
            });
        }
    }
    operations
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let Some(reference) = schema["$ref"].as_str() else {
        return schema;
    };
    let pointer = reference.strip_prefix('#').expect("a local reference");
    document.pointer(pointer).expect("a known reference")
}

/// A request that is wrong in one way, and the name of the way.
struct Malformed {
    way: String,
    target: String,
    body: Vec<u8>,
}

/// Everything that can be wrong with a call of an operation, by its description.
fn malformed(document: &Value, estate: &Estate, operation: &Operation) -> Vec<Malformed> {
    let (query, sample) = operation.prepared();
    let path = |wrong: Option<(&str, &str)>| estate.filled(operation, &operation.path, wrong);
    let sample = estate.filled(operation, sample, None);
    let mut found = Vec::new();
    let mut add = |way: String, target: String, body: Vec<u8>| {
        found.push(Malformed { way, target, body });
    };
    for parameter in &operation.parameters {
        let name = text(&parameter["name"]);
        let schema = resolved(document, &parameter["schema"]);
        if parameter["in"] == json!("path") {
            let target = path(Some((&name, "no-such-thing"))) + query;
            add(format!("bad {name}"), target, sample.clone().into());
            let unknown = match schema["format"].as_str() {
                Some("uuid") => NOBODY,
                _ if name == "account_id" || schema["pattern"].is_null() => continue,
                _ => "ffffffffffffffffffffffffffffffff",
            };
            let target = path(Some((&name, unknown))) + query;
            add(format!("unknown {name}"), target, sample.clone().into());
        } else {
            for wrong in values(schema) {
                let target = format!("{}?{name}={wrong}", path(None));
                add(format!("{name}={wrong}"), target, sample.clone().into());
            }
        }
    }
    if let Some(schema) = &operation.body
        && let Ok(Value::Object(sample)) = serde_json::from_str(&sample)
    {
        for (way, body) in bodies(document, schema, &sample) {
            add(way, path(None) + query, body);
        }
    }
    found
}

/// Values of the query that a schema does not allow.
fn values(schema: &Value) -> &'static [&'static str] {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer"), _) if schema["maximum"].is_u64() => &["0", "x", "5000001"],
        (Some("integer"), _) => &["0", "x"],
        (Some("boolean"), _) => &["maybe"],
        (_, Some("date-time")) => &["yesterday"],
        _ => &[],
    }
}

/// Everything that can be wrong with a body.
fn bodies(document: &Value, schema: &Value, sample: &Map<String, Value>) -> Vec<(String, Vec<u8>)> {
    let mut bodies = vec![
        ("cut off".to_owned(), b"{\"name\": \"x".to_vec()),
        ("no object".to_owned(), b"[]".to_vec()),
        ("nothing".to_owned(), Vec::new()),
    ];
    let mut add = |way: String, key: &str, value: Option<Value>| {
        let mut body = sample.clone();
        match value {
            Some(value) => body.insert(key.to_owned(), value),
            None => body.shift_remove(key),
        };
        bodies.push((way, Value::Object(body).to_string().into_bytes()));
    };
    for key in schema["required"].as_array().into_iter().flatten() {
        let key = text(key);
        add(format!("missing {key}"), &key, None);
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let property = resolved(document, property);
        let types = &property["type"];
        let is_text = *types == json!("string") || *types == json!(["string", "null"]);
        let wrong = if is_text { json!(7) } else { json!("x") };
        add(format!("wrong type of {key}"), key, Some(wrong));
        if let Some(most) = property["maxLength"].as_u64() {
            let long = "x".repeat(usize::try_from(most).expect("a length") + 1);
            add(format!("too long {key}"), key, Some(json!(long)));
        }
        if property["minLength"].is_u64() {
            add(format!("empty {key}"), key, Some(json!("")));
        }
        if property["enum"].is_array() {
            add(format!("unknown {key}"), key, Some(json!("nonsense")));
        }
    }
    bodies
}

fn ask(desk: &mut Desk, method: &str, target: &str, body: Vec<u8>) -> Reply {
    let call = Call::new(method, &format!("/client/v4{target}")).bearer("all");
    desk.world.answer(&Call { body, ..call })
}

fn errors(validator: &Validator, answer: &Value) -> Vec<String> {
    let errors = validator.iter_errors(answer);
    errors
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect()
}

/// Calls an operation as it should be called. The error says what is wrong with the answer.
fn right(operation: &Operation) -> Result<(), String> {
    let mut estate = Estate::new();
    let (query, body) = operation.prepared();
    let target = estate.filled(operation, &operation.path, None) + query;
    let body = estate.filled(operation, body, None);
    let reply = ask(&mut estate.desk, &operation.method, &target, body.into());
    let answer = reply.json();
    let verified = operation.path.ends_with("/verify");
    if reply.status != 200 || (answer["messages"] != json!([])) != verified {
        return Err(format!("{}: {} {answer}", operation.name, reply.status));
    }
    match errors(&operation.answer, &answer).as_slice() {
        [] => Ok(()),
        errors => Err(format!("{}: {errors:?} {answer}", operation.name)),
    }
}

/// Calls an operation in a wrong way. The error says what is wrong with the answer, which
/// must be a failure as described.
fn wrong(failure: &Validator, operation: &Operation, call: Malformed) -> Result<(), String> {
    let Malformed { way, target, body } = call;
    let mut estate = Estate::new();
    let reply = ask(&mut estate.desk, &operation.method, &target, body);
    let answer = reply.json();
    let fine = (400..500).contains(&reply.status)
        && reply.header("content-type") == Some("application/json")
        && errors(failure, &answer).is_empty();
    if fine {
        Ok(())
    } else {
        let status = reply.status;
        Err(format!("{}, {way}: {status} {answer}", operation.name))
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is asked for")]
fn every_operation_answers_as_described_when_called_rightly_and_wrongly() {
    let document = document();
    let all = operations(&document);
    let failure = json!({"$ref": "#/components/schemas/Failure"});
    let failure = validator(&document, &failure);
    let (mut faults, mut count) = (Vec::new(), 0);
    for operation in &all {
        faults.extend(right(operation).err());
        let calls = malformed(&document, &Estate::new(), operation);
        assert!(!calls.is_empty(), "{}: nothing is wrong", operation.name);
        count += calls.len();
        let outcomes = calls
            .into_iter()
            .map(|call| wrong(&failure, operation, call));
        faults.extend(outcomes.filter_map(Result::err));
    }
    assert_eq!(faults, [""; 0], "{faults:#?}");
    let all = all.len();
    println!("{all} of {all} operations; {count} malformed requests");
    assert_eq!(all, 66);
}

#[test]
fn every_prepared_request_is_of_an_operation() {
    let document = document();
    let names: BTreeSet<String> = operations(&document)
        .into_iter()
        .map(|own| own.name)
        .collect();
    for (name, ..) in PREPARED {
        assert!(names.contains(*name), "{name}");
    }
}
