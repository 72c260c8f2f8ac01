//! The schema of manifests as an editor sees it: valid, closed, and every key documented.

use std::fs;

use serde_json::{Value, json};
use tunctl::manifest::schema;

fn accepts(text: &str) -> bool {
    let document: Value = serde_yaml::from_str(text).expect("the text is YAML");
    let validator = jsonschema::validator_for(&schema()).expect("the schema is valid");
    validator.is_valid(&document)
}

/// Calls `see` with every part of a schema and its pointer.
fn walk(schema: &Value, pointer: &str, see: &mut impl FnMut(&Value, &str)) {
    see(schema, pointer);
    let parts: Vec<(String, &Value)> = match schema {
        Value::Object(map) => map.iter().map(|(key, part)| (key.clone(), part)).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, part)| (index.to_string(), part))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (key, part) in parts {
        walk(part, &format!("{pointer}/{key}"), see);
    }
}

fn wrong(is_wrong: impl Fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    walk(&schema(), "", &mut |part, pointer| {
        if is_wrong(part) {
            found.push(pointer.to_owned());
        }
    });
    found
}

#[test]
fn the_schema_follows_its_own_rules() {
    jsonschema::meta::validate(&schema()).expect("it is a schema of its draft");
    assert_eq!(
        wrong(|part| part.get("default") == Some(&Value::Null)),
        [""; 0]
    );
}

#[test]
fn every_mapping_with_known_keys_is_closed() {
    let open = |part: &Value| {
        part.get("properties").is_some_and(Value::is_object)
            && part["additionalProperties"] == Value::Null
    };
    assert_eq!(wrong(open), [""; 0]);
}

#[test]
fn every_key_and_every_choice_is_documented_for_people() {
    let undocumented = |part: &Value| {
        let keys = part.get("properties").and_then(Value::as_object);
        let all_keys = keys.into_iter().flatten().map(|(_, value)| value);
        let choices = part.get("oneOf").and_then(Value::as_array);
        let mut all = all_keys.chain(choices.into_iter().flatten());
        all.any(|it| {
            it["description"]
                .as_str()
                .is_none_or(|text| !text.ends_with('.'))
        })
    };
    assert_eq!(wrong(undocumented), [""; 0]);
    let of_the_source = |part: &Value| {
        let text = part["description"].as_str().unwrap_or_default();
        [
            "\n", "[`", "`]", "::", "Option", "serde", "struct", "[design", "our ",
        ]
        .iter()
        .any(|word| text.contains(word))
    };
    assert_eq!(wrong(of_the_source), [""; 0]);
}

#[test]
fn only_what_has_no_default_is_required() {
    let schema = schema();
    assert_eq!(schema["required"], json!(["version", "stack", "account"]));
    assert_eq!(schema["$defs"]["Rule"]["required"], json!(["service"]));
    let required = |part: &Value| part.get("required").is_some_and(Value::is_array);
    let route = &schema["$defs"]["PrivateRouteOptions"];
    assert_eq!(route["required"], json!(["network"]));
    let all = [
        "",
        "/properties/serviceTokens/additionalProperties",
        "/properties/apiTokens/additionalProperties",
        "/$defs/Rule",
        "/$defs/Test",
        "/$defs/PrivateRouteOptions",
        "/$defs/TokenPolicy",
        "/$defs/TokenCondition",
    ];
    assert_eq!(wrong(required), all);
}

#[test]
fn an_editor_accepts_what_people_write_before_variables_are_replaced() {
    for example in fs::read_dir("examples").expect("tests run in the package's directory") {
        let path = example.expect("the directory can be read").path();
        if path.extension().is_some_and(|it| it == "yaml") {
            let text = fs::read_to_string(&path).expect("examples are text");
            assert!(accepts(&text), "{}", path.display());
        }
    }
    let head = "version: 1\nstack: edge-${TUNCTL_STAGE}\naccount: ${CLOUDFLARE_ACCOUNT_ID}\n";
    for rest in [
        "tunnels:\n  edge-web:\n  edge-api: {}\n",
        "tunnels:\nremoved:\ninclude:\nowns:\ndefaults:\n",
        "owns: {tunnels: [\"${TUNCTL_PREFIX}-*\", \"edge-*\"]}\n",
        "tunnels: {edge-web: {dns: none}, edge-api: {dns: {exclude: [a.example.com]}}}\n",
    ] {
        assert!(accepts(&format!("{head}{rest}")), "{rest}");
    }
}

/// The mistakes of the gallery that an editor can find without knowing Cloudflare.
const OF_SHAPE: [&str; 6] = [
    "missing_",
    "out_of_range",
    "pattern",
    "unknown_key",
    "unknown_value",
    "wrong_type",
];

#[test]
fn an_editor_underlines_the_mistakes_of_shape_too() {
    let mut judged = 0;
    for entry in fs::read_dir("tests/fixtures/invalid").expect("the gallery is there") {
        let path = entry.expect("the directory can be read").path();
        let code = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let yaml = path.extension().is_some_and(|it| it == "yaml");
        if yaml && OF_SHAPE.iter().any(|known| code.starts_with(known)) {
            let text = fs::read_to_string(&path).expect("fixtures of shape are text");
            assert!(!accepts(&text), "{code}");
            judged += 1;
        }
    }
    assert!(judged > 20, "{judged}");
}
