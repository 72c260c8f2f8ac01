//! A tree against a schema: every mistake at its place, and the value that `serde` gets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use insta::assert_snapshot;
use proptest::prelude::*;
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tunctl::manifest::shape::{Format, FormatFault, Formats, Shape};
use tunctl::manifest::yaml::{Budget, read, to_yaml};
use tunctl::problem::Problem;
use tunctl::source::Sources;

use crate::support::report::render;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Manifest {
    version: Version,
    /// The owner mark.
    #[schemars(extend("pattern" = "^[a-z0-9-]+$", "patternErrorMessage" = "use a-z, 0-9 and `-`"))]
    stack: String,
    #[serde(default)]
    tunnels: BTreeMap<String, Tunnel>,
    limits: Option<Limits>,
    #[serde(default)]
    sinks: BTreeMap<String, Sink>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("const" = 1))]
struct Version(u8);

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[derive(Default)]
struct Tunnel {
    ingress: Vec<Rule>,
    origin_request: Option<OriginRequest>,
    dns: Option<Dns>,
    protect: bool,
    config_source: ConfigSource,
    previous_names: BTreeSet<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rule {
    #[schemars(extend("format" = "hostname"))]
    hostname: Option<String>,
    service: String,
    origin_request: Option<OriginRequest>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OriginRequest {
    #[schemars(range(min = 1))]
    proxy_port: Option<u16>,
    http_host_header: Option<String>,
    #[schemars(range(min = 0.0, max = 1.0))]
    share: Option<f64>,
    ids: Option<Vec<i64>>,
}

/// A word, or a mapping.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Dns {
    Mode(DnsMode),
    Hosts(Hosts),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum DnsMode {
    /// One record for each hostname.
    Auto,
    /// No records.
    None,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Hosts {
    #[serde(default)]
    #[schemars(length(min = 1, max = 2))]
    adopt: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ConfigSource {
    #[default]
    Cloudflare,
    Local,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Limits {
    #[schemars(range(max = 100))]
    deletes: u32,
    extra: Option<Value>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Sink {
    File(FileSink),
    Program(ProgramSink),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FileSink {
    #[schemars(length(min = 1))]
    file: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProgramSink {
    write: Vec<String>,
    check: Option<Vec<String>>,
}

static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
    let shape = Shape::from_schema(schema_for!(Manifest).as_value());
    shape.expect("the schema is understood")
});

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let validator = jsonschema::validator_for(schema_for!(Manifest).as_value());
    validator.expect("the schema is a schema")
});

fn formats() -> Formats {
    let check = |text: &str| {
        if text.contains(' ') {
            return Err(FormatFault {
                message: "a hostname has no blank".to_owned(),
                help: Some(format!("write `{}`", text.replace(' ', "-"))),
            });
        }
        Ok(())
    };
    let hostname = Format {
        code: "tunctl::invalid_hostname",
        message: "invalid hostname",
        check,
    };
    Formats::from([("hostname", hostname)])
}

/// The problems of a text, rendered.
fn refused(text: &str) -> String {
    let mut sources = Sources::default();
    let composed = read(
        &mut sources,
        "tunctl.yaml",
        text.as_bytes(),
        &mut Budget::default(),
    );
    assert_eq!(composed.problems, []);
    let root = composed.root.expect("the text is valid YAML");
    let (_, problems) = SHAPE.check(&root, &formats());
    render(&problems, &sources)
}

/// The value of a text that has no problems.
fn accepted(text: &str) -> Value {
    let mut sources = Sources::default();
    let composed = read(
        &mut sources,
        "tunctl.yaml",
        text.as_bytes(),
        &mut Budget::default(),
    );
    let root = composed.root.expect("the text is valid YAML");
    let (value, problems) = SHAPE.check(&root, &formats());
    assert_eq!(problems, [], "{}", render(&problems, &sources));
    assert!(VALIDATOR.is_valid(&value), "{value}");
    value
}

/// Labels of the problems under a head that is right, one per line.
fn labels(rest: &str) -> String {
    let text = format!("version: 1\nstack: edge\n{rest}");
    let mut sources = Sources::default();
    let composed = read(
        &mut sources,
        "tunctl.yaml",
        text.as_bytes(),
        &mut Budget::default(),
    );
    assert_eq!(composed.problems, []);
    let root = composed.root.expect("the text is valid YAML");
    let (_, problems) = SHAPE.check(&root, &formats());
    let line = |found: &Problem| {
        let (span, label) = &found.labels[0];
        let help = found.help.as_deref().unwrap_or("-");
        let place = sources.text(*span).replace('\n', "⏎");
        format!("{} at {place:?}: {label}; {help}", found.code)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_text_field_takes_what_was_written_and_the_others_take_their_types() {
    let text = "\
version: 1
stack: 007
tunnels:
  edge:
    protect: true
    dns: auto
    previousNames: [1.10, yes, 0x1f, true]
    ingress:
      - {service: 8080, originRequest: {proxyPort: 0x1F, share: 1, ids: [+5, 0o17, -3]}}
      - service: |
          two
          lines
  other: {dns: {adopt: [~x]}, configSource: local}
limits: {deletes: 7, extra: [1.5, yes, null, \"5\", {a: ~}]}
sinks: {a: {file: x}, b: {write: [true]}}
";
    let value = accepted(text);
    let edge = &value["tunnels"]["edge"];
    assert_eq!(value["stack"], "007");
    assert_eq!(
        edge["previousNames"],
        json!(["1.10", "yes", "0x1f", "true"])
    );
    assert_eq!(edge["ingress"][0]["service"], "8080");
    let request = json!({"proxyPort": 31, "share": 1, "ids": [5, 15, -3]});
    assert_eq!(edge["ingress"][0]["originRequest"], request);
    assert_eq!(edge["ingress"][1]["service"], "two\nlines\n");
    assert_eq!(
        value["limits"]["extra"],
        json!([1.5, "yes", null, "5", {"a": null}])
    );
    assert_eq!(value["sinks"]["b"]["write"], json!(["true"]));
    let stack: Manifest = serde_json::from_value(value).expect("what is checked fits the types");
    assert_eq!(stack.tunnels["other"].config_source, ConfigSource::Local);
}

#[test]
fn nothing_written_is_as_if_absent_where_the_key_is_optional() {
    let text = "version: 1\nstack: a\nlimits:\nsinks: ~\ntunnels:\n  edge:\n  more: {dns: null, protect:, ingress: }\n";
    let value = accepted(text);
    let edge = json!({"version": 1, "stack": "a", "tunnels": {"edge": {}, "more": {}}});
    assert_eq!(value, edge);
    assert!(serde_json::from_value::<Manifest>(value).is_ok());
}

#[test]
fn nothing_written_is_a_problem_where_something_must_be() {
    let text = "version: 1\nstack:\ntunnels: {edge: {ingress: [{service: }, ~]}}\nsinks: {a: }\n";
    assert_snapshot!(refused(text), @r#"
    tunctl::missing_value

      × missing value
       ╭─[tunctl.yaml:2:1]
     1 │ version: 1
     2 │ stack:
       · ──┬──
       ·   ╰── `stack` has no value
     3 │ tunnels: {edge: {ingress: [{service: }, ~]}}
       ╰────
      help: expected a text
    tunctl::missing_value

      × missing value
       ╭─[tunctl.yaml:3:29]
     2 │ stack:
     3 │ tunnels: {edge: {ingress: [{service: }, ~]}}
       ·                             ───┬───
       ·                                ╰── `tunnels.edge.ingress[0].service` has no value
     4 │ sinks: {a: }
       ╰────
      help: expected a text
    tunctl::missing_value

      × missing value
       ╭─[tunctl.yaml:3:41]
     2 │ stack:
     3 │ tunnels: {edge: {ingress: [{service: }, ~]}}
       ·                                         ┬
       ·                                         ╰── `tunnels.edge.ingress[1]` has no value
     4 │ sinks: {a: }
       ╰────
      help: expected a mapping
    tunctl::missing_value

      × missing value
       ╭─[tunctl.yaml:4:9]
     3 │ tunnels: {edge: {ingress: [{service: }, ~]}}
     4 │ sinks: {a: }
       ·         ┬
       ·         ╰── `sinks.a` has no value
       ╰────
      help: expected a mapping
    "#);
}

#[test]
fn unknown_and_missing_keys() {
    let text = "\
version: 1
tunnels:
  edge-web:
    originrequest: {}
    ingress:
      - hostname: a.example.com
        servce: http://a
        zone: b
";
    assert_snapshot!(refused(text), @r#"
    tunctl::missing_key

      × missing key
       ╭─[tunctl.yaml:1:1]
     1 │ version: 1
       · ───┬───
       ·    ╰── the file has no `stack`
     2 │ tunnels:
       ╰────
      help: add `stack: …`
    tunctl::unknown_key

      × unknown key
       ╭─[tunctl.yaml:4:5]
     3 │   edge-web:
     4 │     originrequest: {}
       ·     ──────┬──────
       ·           ╰── `originrequest` is not a key of `tunnels.edge-web`
     5 │     ingress:
       ╰────
      help: did you mean `originRequest`?
    tunctl::unknown_key

      × unknown key
       ╭─[tunctl.yaml:7:9]
     6 │       - hostname: a.example.com
     7 │         servce: http://a
       ·         ───┬──
       ·            ╰── `servce` is not a key of `tunnels.edge-web.ingress[0]`
     8 │         zone: b
       ╰────
      help: did you mean `service`?
    tunctl::unknown_key

      × unknown key
       ╭─[tunctl.yaml:8:9]
     7 │         servce: http://a
     8 │         zone: b
       ·         ──┬─
       ·           ╰── `zone` is not a key of `tunnels.edge-web.ingress[0]`
       ╰────
      help: known keys: `hostname`, `service`, `originRequest`
    "#);
}

#[test]
fn wrong_types_say_what_was_expected_and_what_was_found() {
    let text = "\
version: \"1\"
stack: [a]
tunnels:
  edge:
    protect: yes
    ingress: {service: x}
";
    assert_snapshot!(refused(text), @r#"
    tunctl::unknown_value

      × unknown value
       ╭─[tunctl.yaml:1:10]
     1 │ version: "1"
       ·          ─┬─
       ·           ╰── expected `1`, found the text `1`
     2 │ stack: [a]
       ╰────
      help: remove the quotes
    tunctl::wrong_type

      × wrong type
       ╭─[tunctl.yaml:2:8]
     1 │ version: "1"
     2 │ stack: [a]
       ·        ─┬─
       ·         ╰── expected a text, found a list
     3 │ tunnels:
       ╰────
    tunctl::wrong_type

      × wrong type
       ╭─[tunctl.yaml:5:14]
     4 │   edge:
     5 │     protect: yes
       ·              ─┬─
       ·               ╰── expected `true` or `false`, found the text `yes`
     6 │     ingress: {service: x}
       ╰────
      help: write `true`
    tunctl::wrong_type

      × wrong type
       ╭─[tunctl.yaml:6:14]
     5 │     protect: yes
     6 │     ingress: {service: x}
       ·              ──────┬─────
       ·                    ╰── expected a list, found a mapping
       ╰────
      help: begin each item with `- `
    "#);
}

#[test]
fn numbers() {
    let request = |rest: &str| labels(&format!("tunnels: {{e: {{originRequest: {{{rest}}}}}}}\n"));
    assert_snapshot!(request("proxyPort: abc"), @r#"
    tunctl::wrong_type at "abc": expected a whole number, found the text `abc`; -
    "#);
    assert_snapshot!(request("proxyPort: 1.5"), @r#"
    tunctl::wrong_type at "1.5": expected a whole number, found the number `1.5`; -
    "#);
    assert_snapshot!(request("proxyPort: \"80\""), @r#"
    tunctl::wrong_type at "\"80\"": expected a whole number, found the text `80`; remove the quotes
    "#);
    assert_snapshot!(request("proxyPort: 080"), @r#"
    tunctl::wrong_type at "080": expected a whole number, found the text `080`; write `80`
    "#);
    assert_snapshot!(request("proxyPort: 8_080"), @r#"
    tunctl::wrong_type at "8_080": expected a whole number, found the text `8_080`; write `8080`
    "#);
    assert_snapshot!(request("proxyPort: 0"), @r#"
    tunctl::out_of_range at "0": expected a whole number between 1 and 65535, found `0`; -
    "#);
    assert_snapshot!(request("proxyPort: 65536"), @r#"
    tunctl::out_of_range at "65536": expected a whole number between 1 and 65535, found `65536`; -
    "#);
    assert_snapshot!(request("share: 1.5"), @r#"
    tunctl::out_of_range at "1.5": expected a number between 0 and 1, found `1.5`; -
    "#);
    assert_snapshot!(request("share: .inf"), @r#"
    tunctl::wrong_type at ".inf": expected a number, found the text `.inf`; -
    "#);
    assert_snapshot!(request("ids: [9223372036854775808, x]"), @r#"
    tunctl::out_of_range at "9223372036854775808": expected a whole number between -9223372036854775808 and 9223372036854775807, found `9223372036854775808` in `tunnels.e.originRequest.ids[0]`; -
    tunctl::wrong_type at "x": expected a whole number, found the text `x` in `tunnels.e.originRequest.ids[1]`; -
    "#);
    assert_snapshot!(labels("limits: {deletes: 101}"), @r#"
    tunctl::out_of_range at "101": expected a whole number between 0 and 100, found `101`; -
    "#);
    assert_snapshot!(labels("limits: {deletes: -1}"), @r#"
    tunctl::out_of_range at "-1": expected a whole number between 0 and 100, found `-1`; -
    "#);
}

#[test]
fn booleans_are_true_or_false() {
    let protect = |value: &str| labels(&format!("tunnels: {{e: {{protect: {value}}}}}"));
    assert_snapshot!(protect("on"), @r#"
    tunctl::wrong_type at "on": expected `true` or `false`, found the text `on`; write `true`
    "#);
    assert_snapshot!(protect("No"), @r#"
    tunctl::wrong_type at "No": expected `true` or `false`, found the text `No`; write `false`
    "#);
    assert_snapshot!(protect("\"true\""), @r#"
    tunctl::wrong_type at "\"true\"": expected `true` or `false`, found the text `true`; remove the quotes
    "#);
    assert_snapshot!(protect("maybe"), @r#"
    tunctl::wrong_type at "maybe": expected `true` or `false`, found the text `maybe`; -
    "#);
    assert_eq!(protect("True"), "");
}

#[test]
fn values_of_an_enumeration() {
    let tunnel = |rest: &str| labels(&format!("tunnels: {{e: {{{rest}}}}}"));
    assert_snapshot!(tunnel("configSource: cloudfare"), @r#"
    tunctl::unknown_value at "cloudfare": expected `cloudflare` or `local`, found `cloudfare`; did you mean `cloudflare`?
    "#);
    assert_snapshot!(tunnel("configSource: remote"), @r#"
    tunctl::unknown_value at "remote": expected `cloudflare` or `local`, found `remote`; -
    "#);
    assert_snapshot!(tunnel("configSource: [local]"), @r#"
    tunctl::wrong_type at "[local]": expected `cloudflare` or `local`, found a list; -
    "#);
}

#[test]
fn texts_have_a_pattern_a_length_and_a_format() {
    let text = "\
version: 2
stack: Edge Web
tunnels: {e: {ingress: [{hostname: a b.example.com, service: x}]}}
sinks: {f: {file: \"\"}}
";
    assert_snapshot!(refused(text), @r#"
    tunctl::unknown_value

      × unknown value
       ╭─[tunctl.yaml:1:10]
     1 │ version: 2
       ·          ┬
       ·          ╰── expected `1`, found the number `2`
     2 │ stack: Edge Web
       ╰────
      help: write `1`
    tunctl::pattern

      × text in the wrong form
       ╭─[tunctl.yaml:2:8]
     1 │ version: 2
     2 │ stack: Edge Web
       ·        ────┬───
       ·            ╰── `Edge Web` is not allowed here
     3 │ tunnels: {e: {ingress: [{hostname: a b.example.com, service: x}]}}
       ╰────
      help: use a-z, 0-9 and `-`
    tunctl::invalid_hostname

      × invalid hostname
       ╭─[tunctl.yaml:3:36]
     2 │ stack: Edge Web
     3 │ tunnels: {e: {ingress: [{hostname: a b.example.com, service: x}]}}
       ·                                    ───────┬───────
       ·                                           ╰── a hostname has no blank
     4 │ sinks: {f: {file: ""}}
       ╰────
      help: write `a-b.example.com`
    tunctl::length

      × wrong length
       ╭─[tunctl.yaml:4:19]
     3 │ tunnels: {e: {ingress: [{hostname: a b.example.com, service: x}]}}
     4 │ sinks: {f: {file: ""}}
       ·                   ─┬
       ·                    ╰── its length is 0, expected at least 1
       ╰────
    "#);
}

#[test]
fn a_variant_is_chosen_by_what_is_there() {
    assert_snapshot!(labels("tunnels: {e: {dns: atuo}}"), @r#"
    tunctl::unknown_value at "atuo": expected `auto` or `none`, found `atuo`; did you mean `auto`?
    "#);
    assert_snapshot!(labels("tunnels: {e: {dns: {adopts: [a]}}}"), @r#"
    tunctl::unknown_key at "adopts": `adopts` is not a key of `tunnels.e.dns`; did you mean `adopt`?
    "#);
    assert_snapshot!(labels("tunnels: {e: {dns: {adopt: []}}}"), @r#"
    tunctl::count at "adopt": the number of items is 0, expected between 1 and 2; -
    "#);
    assert_snapshot!(labels("tunnels: {e: {dns: [a]}}"), @r#"
    tunctl::wrong_type at "[a]": expected `auto`, `none` or a mapping, found a list; -
    "#);
    assert_snapshot!(labels("sinks: {a: {write: x, chek: [y]}}"), @r#"
    tunctl::wrong_type at "x": expected a list, found the text `x`; write `[x]`
    tunctl::unknown_key at "chek": `chek` is not a key of `sinks.a`; did you mean `check`?
    "#);
    assert_snapshot!(labels("sinks: {a: {fil: x}}"), @r#"
    tunctl::unknown_key at "fil": `fil` is not a key of `sinks.a`; did you mean `file`?
    "#);
    assert_snapshot!(labels("sinks: {a: x}"), @r#"
    tunctl::wrong_type at "x": expected a mapping, found the text `x`; -
    "#);
}

#[test]
fn items_of_a_set_are_distinct() {
    assert_snapshot!(labels("tunnels: {e: {previousNames: [a, b, a]}}"), @r#"
    tunctl::duplicate_item at "a": again in `tunnels.e.previousNames`; remove one of them
    "#);
}

#[test]
fn a_mistake_in_an_anchored_part_is_reported_once() {
    let text = "limits: &l {deletes: x}\ntunnels: {a: {originRequest: &o {port: 1}}, b: {originRequest: *o}}";
    assert_snapshot!(labels(text), @r#"
    tunctl::wrong_type at "x": expected a whole number, found the text `x`; -
    tunctl::unknown_key at "port": `port` is not a key of `tunnels.a.originRequest`; known keys: `proxyPort`, `httpHostHeader`, `share`, `ids`
    "#);
}

#[test]
fn control_characters_of_a_text_do_not_reach_the_terminal() {
    assert_snapshot!(labels(r#"limits: {deletes: "\e[31m"}"#), @r#"
    tunctl::wrong_type at "\"\\e[31m\"": expected a whole number, found the text `\u{1b}[31m`; -
    "#);
}

#[test]
fn names_of_a_map_follow_their_pattern() {
    let schema = json!({
        "type": "object",
        "patternProperties": {"^[a-z]+$": {"type": "integer"}},
        "additionalProperties": false,
        "minProperties": 2,
        "propertyNames": {"maxLength": 3, "type": "string"},
    });
    let (value, problems, sources) = checked(&schema, "A: 1\nabcd: 2\nnull: 3\n");
    assert_eq!(value, json!({"abcd": 2, "null": 3}));
    assert_snapshot!(render(&problems, &sources), @r#"
    tunctl::pattern

      × invalid name
       ╭─[x.yaml:1:1]
     1 │ A: 1
       · ┬
       · ╰── `A` is not allowed as a name
     2 │ abcd: 2
       ╰────
      help: expected a text that matches `^[a-z]+$`
    tunctl::length

      × wrong length
       ╭─[x.yaml:2:1]
     1 │ A: 1
     2 │ abcd: 2
       · ──┬─
       ·   ╰── its length is 4, expected at most 3
     3 │ null: 3
       ╰────
    tunctl::length

      × wrong length
       ╭─[x.yaml:3:1]
     2 │ abcd: 2
     3 │ null: 3
       · ──┬─
       ·   ╰── its length is 4, expected at most 3
       ╰────
    "#);
}

#[test]
fn null_stays_where_the_schema_wants_it() {
    let text = json!({"type": ["string", "null"]});
    let schema = json!({
        "properties": {"a": text, "b": {"type": "array", "items": text}, "c": text},
        "required": ["a"],
    });
    let (value, problems, _) = checked(&schema, "a: ~\nb: [x, ~]\nc: ~\n");
    assert_eq!(problems, []);
    assert_eq!(value, json!({"a": null, "b": ["x", null]}));
}

#[test]
fn a_variant_with_a_constant_is_chosen_by_it() {
    let variant = |kind: &str, wants: &str| {
        json!({
            "type": "object",
            "properties": {"kind": {"const": kind}, "size": {"type": wants}},
            "required": ["kind"],
        })
    };
    let schema = json!({"oneOf": [variant("one", "integer"), variant("two", "boolean")]});
    assert_eq!(checked(&schema, "kind: two\nsize: true\n").1, []);
    let (_, problems, sources) = checked(&schema, "kind: two\nsize: 1\n");
    assert_snapshot!(render(&problems, &sources), @r#"
    tunctl::wrong_type

      × wrong type
       ╭─[x.yaml:2:7]
     1 │ kind: two
     2 │ size: 1
       ·       ┬
       ·       ╰── expected `true` or `false`, found the number `1`
       ╰────
      help: write `true`
    "#);
}

/// Any schema against any text.
fn checked(schema: &Value, text: &str) -> (Value, Vec<Problem>, Sources) {
    let shape = Shape::from_schema(schema).expect("the schema is understood");
    let mut sources = Sources::default();
    let composed = read(
        &mut sources,
        "x.yaml",
        text.as_bytes(),
        &mut Budget::default(),
    );
    let root = composed.root.expect("the text is valid YAML");
    let (value, problems) = shape.check(&root, &Formats::new());
    (value, problems, sources)
}

#[test]
fn what_would_not_be_checked_is_refused_when_the_schema_is_compiled() {
    let refused = |schema: Value| {
        let found = Shape::from_schema(&schema).expect_err("the schema is not understood");
        found.to_string()
    };
    assert_snapshot!(refused(json!({"properties": {"a": {"not": {}}}})), @r#"unsupported keyword `not` at `/properties/a` in the schema"#);
    assert_snapshot!(refused(json!({"type": "string", "minimum": 1})), @r#"unsupported keyword `minimum` at `` in the schema"#);
    assert_snapshot!(refused(json!({"$ref": "#/$defs/a", "maxLength": 1})), @r#"unsupported keyword `maxLength` at `` in the schema"#);
    assert_snapshot!(refused(json!({"type": "string", "pattern": "("})), @r#"unsupported pattern `(` at `` in the schema"#);
    assert_snapshot!(refused(json!({"type": "array", "items": false})), @r#"unsupported schema `false` at `/items` in the schema"#);
    assert_snapshot!(refused(json!({"type": "integer", "minimum": 0.5})), @r#"unsupported value of `minimum` at `` in the schema"#);
}

#[test]
fn the_formats_of_a_schema_are_known() {
    let formats = BTreeSet::from(["hostname".to_owned()]);
    assert_eq!(*SHAPE.formats(), formats);
}

/// A mapping with some of these keys; each is there in two of three cases.
fn mapping(entries: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let entry = |(key, value): (&'static str, BoxedStrategy<Value>)| {
        let there = proptest::bool::weighted(0.66);
        (there, value).prop_map(move |(there, value)| there.then(|| (key.to_owned(), value)))
    };
    let entries: Vec<_> = entries.into_iter().map(entry).collect();
    let map = |entries: Vec<Option<_>>| entries.into_iter().flatten().collect::<Map<_, _>>();
    entries.prop_map(map).prop_map(Value::Object).boxed()
}

/// Mostly one of the right values, sometimes a wrong one.
fn mostly(right: Value) -> BoxedStrategy<Value> {
    let wrong = [
        json!(null),
        json!(true),
        json!(-1),
        json!(65_536),
        json!(1.5),
        json!(""),
        json!("a b"),
        json!("auto"),
        json!([]),
        json!(["a", "a"]),
        json!({}),
        json!({"file": "x", "write": ["y"]}),
    ];
    prop_oneof![15 => Just(right), 1 => proptest::sample::select(wrong.to_vec())].boxed()
}

fn request() -> BoxedStrategy<Value> {
    mapping(vec![
        ("proxyPort", mostly(json!(80))),
        ("share", mostly(json!(0.5))),
        ("ids", mostly(json!([1, 2]))),
    ])
}

fn rules() -> BoxedStrategy<Value> {
    let rule = mapping(vec![
        ("hostname", mostly(json!("a.example.com"))),
        ("originRequest", request()),
    ]);
    let rule = (rule, mostly(json!("http://a"))).prop_map(|(mut rule, service)| {
        rule["service"] = service;
        rule
    });
    let rules = proptest::collection::vec(rule, 0..3);
    rules.prop_map(Value::from).boxed()
}

/// Manifests that are nearly right.
fn manifest() -> BoxedStrategy<Value> {
    let tunnel = mapping(vec![
        ("ingress", rules()),
        ("originRequest", request()),
        (
            "dns",
            prop_oneof![mostly(json!("none")), mostly(json!({"adopt": ["x"]}))].boxed(),
        ),
        ("protect", mostly(json!(true))),
        ("configSource", mostly(json!("local"))),
        ("previousNames", mostly(json!(["a", "b"]))),
    ]);
    let sink = prop_oneof![
        mostly(json!({"file": "x"})),
        mostly(json!({"write": ["x"], "check": []}))
    ];
    let all = mapping(vec![
        (
            "tunnels",
            mapping(vec![("a", tunnel.boxed()), ("b", mostly(json!({})))]),
        ),
        (
            "limits",
            mapping(vec![
                ("deletes", mostly(json!(3))),
                ("extra", mostly(json!(null))),
            ]),
        ),
        ("sinks", mapping(vec![("x", sink.boxed())])),
    ]);
    let head = (mostly(json!(1)), mostly(json!("edge")));
    let whole = (all, head).prop_map(|(mut all, (version, stack))| {
        all["version"] = version;
        all["stack"] = stack;
        all
    });
    whole.boxed()
}

proptest! {
    /// The validator of the `jsonschema` crate is the judge. Only nulls differ: where it refuses
    /// one, here an optional key with nothing behind it is as if absent.
    #[test]
    fn the_verdict_is_that_of_a_json_schema_validator(value in manifest()) {
        let text = to_yaml(&value);
        let mut sources = Sources::default();
        let composed = read(&mut sources, "x.yaml", text.as_bytes(), &mut Budget::default());
        let root = composed.root.expect("what is written is valid");
        let (typed, problems) = SHAPE.check(&root, &Formats::new());
        if VALIDATOR.is_valid(&value) {
            prop_assert_eq!(&problems, &[], "{}\n{}", text, render(&problems, &sources));
        }
        if problems.is_empty() {
            prop_assert!(VALIDATOR.is_valid(&typed), "{}", text);
            prop_assert!(serde_json::from_value::<Manifest>(typed).is_ok(), "{}", text);
        }
    }
}
