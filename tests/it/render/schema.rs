//! `schema/plan.schema.json`, and plans against it.

use std::fs;

use jsonschema::Validator;
use serde_json::{Value, json};
use tunctl::plan::forecast::{Forecast, Quota};
use tunctl::plan::{Action, Finding, Guard, Plan, Reason};
use tunctl::problem::Problem;
use tunctl::render::Report;
use tunctl::render::json::{plan_json, write};
use tunctl::source::{Sources, Span};

use super::sample::{adopt, change, create, delete, plan, record, rename, replace, tunnel, update};
use super::sizes::sized;
use crate::support::tunctl::{Tunctl, root};

/// The schema, closed: whatever a plan has and the schema does not name is a mistake here,
/// although readers of later versions must bear it.
fn schema() -> Validator {
    let text = fs::read_to_string(root().join("schema/plan.schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    close(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[track_caller]
fn valid(schema: &Validator, value: &Value) {
    let errors: Vec<String> = schema.iter_errors(value).map(|it| it.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{value:#}");
}

/// As it is printed.
fn printed(report: &Report<'_>) -> Value {
    let mut text = Vec::new();
    write(&mut text, &plan_json(report)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn plans_of_every_size_are_as_the_schema_says() {
    let schema = schema();
    for number in [0, 1, 200, 2_000, 20_000] {
        let plan = sized(number);
        let value = printed(&Report::new(&plan));
        assert_eq!(value["resource_changes"].as_array().unwrap().len(), number);
        assert!(schema.is_valid(&value), "{number}");
    }
}

#[test]
fn a_plan_against_a_base_is_as_the_schema_says() {
    let plan = Plan {
        base: Some("c0ffee00".repeat(5)),
        drift: vec![
            create("tunnel.f", tunnel()),
            update("dns_record.g", &record("x"), record("y")),
            delete("dns_record.h", &record("x")),
        ],
        ..plan([change(
            "tunnel.a",
            Action::Create { after: tunnel() },
            Reason::Changed,
        )])
    };
    let forecast = Forecast {
        spent: 0,
        writes: 1,
        reads: 0,
        seconds: 0.0,
        quotas: Vec::new(),
    };
    let report = Report {
        forecast: Some(&forecast),
        ..Report::new(&plan)
    };
    let value = printed(&report);
    valid(&schema(), &value);
    let drift = value["resource_drift"].as_array().unwrap().iter();
    let actions: Vec<&Value> = drift.map(|it| &it["change"]["actions"][0]).collect();
    assert_eq!(
        actions,
        ["delete", "update", "create"],
        "what happened, not what would mend it"
    );
    assert_eq!(value["resource_drift"][0]["change"]["after"], Value::Null);
}

#[test]
fn a_plan_with_everything_is_as_the_schema_says() {
    let mut sources = Sources::default();
    let source = sources.add("edge.yaml", "stack: edge\n");
    let span = Span {
        source,
        start: 0,
        end: 5,
    };
    let odd = Problem::new("tunctl::odd", "odd")
        .at(span, "here")
        .help("mend it")
        .warning();
    let zone = |name: &str| json!({"zone": name});
    let plan = Plan {
        findings: vec![Finding {
            guard: Guard::Deletes,
            value: 1,
            message: "x".to_owned(),
        }],
        warnings: vec![odd.clone()],
        ..plan([
            create("tunnel.a", tunnel()),
            adopt("dns_record.c", &[record("x"), record("z")], record("y")),
            rename("tunnel.d", "old-d", &tunnel()),
            replace("service_token.e", &zone("a"), zone("b")),
        ])
    };
    let quotas = vec![Quota {
        kind: "tunnel",
        after: 3,
        limit: 1000,
    }];
    let forecast = Forecast {
        spent: 0,
        writes: 1,
        reads: 2,
        seconds: 0.5,
        quotas,
    };
    let lints = vec![odd; 120];
    let report = Report {
        forecast: Some(&forecast),
        lints: &lints,
        sources: Some(&sources),
        ..Report::new(&plan)
    };
    let value = printed(&report);
    valid(&schema(), &value);
    let mut wrong = value;
    wrong["resource_changes"][0]["action"] = json!("destroy");
    assert!(!schema().is_valid(&wrong));
}

#[test]
fn what_the_program_prints_is_as_the_schema_says() {
    let schema = schema();
    let text = fs::read_to_string(root().join("examples/quickstart.yaml")).unwrap();
    let tunctl = Tunctl::with_manifest(&text);
    let json = |arguments: &[&str]| -> Value {
        let ran = tunctl.run(&[&["plan", "--sandbox", "--format", "json"], arguments].concat());
        serde_json::from_str(&ran.out).unwrap()
    };
    valid(&schema, &json(&[]));
    tunctl.write(
        "other.yaml",
        &text
            .replace("quickstart", "other")
            .replace("example.com", "example.org"),
    );
    let several = json(&["tunctl.yaml", "other.yaml"]);
    assert_eq!(several["stacks"].as_array().unwrap().len(), 2);
    valid(&schema, &several);
    tunctl.write("tunctl.yaml", "version: 1\nstack: edge\nacount: x\n");
    valid(&schema, &json(&[]));
}

#[test]
fn a_string_is_no_command_to_the_runner_of_a_workflow() {
    let text = "a ##[error]b ###[c]";
    let plan = plan([create("private_route.10.0.0.0/8", json!({"comment": text}))]);
    let mut written = Vec::new();
    write(&mut written, &plan_json(&Report::new(&plan))).unwrap();
    let written = String::from_utf8(written).unwrap();
    assert!(!written.contains("##["), "{written}");
    let value: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(
        value["resource_changes"][0]["change"]["after"]["comment"],
        text
    );
}
