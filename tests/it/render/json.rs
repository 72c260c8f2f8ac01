//! JSON.

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};
use tunctl::address::Address;
use tunctl::plan::forecast::{Forecast, Quota};
use tunctl::plan::{Finding, Guard, Plan, Reason, fingerprint};
use tunctl::problem::Problem;
use tunctl::render::json::{outcome_json, plan_json, write};
use tunctl::render::{Coverage, Report};
use tunctl::source::{Sources, Span};

use super::outcome::every_verdict;
use super::sample::{adopt, create, delete, plan, record, rename, replace, tunnel, update};

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

#[test]
fn an_empty_plan_has_every_key() {
    let mut json = json!(plan_json(&Report::new(&Plan::default())));
    assert_eq!(
        json["fingerprint"].take(),
        fingerprint::of_plan(&Plan::default())
    );
    assert_json_snapshot!(json, @r#"
    {
      "format_version": "1.0",
      "stack": "",
      "fingerprint": null,
      "complete": true,
      "summary": {
        "add": 0,
        "change": 0,
        "destroy": 0
      },
      "resource_changes": [],
      "resource_drift": [],
      "findings": [],
      "warnings": [],
      "lints": [],
      "tests": [],
      "forecast": null
    }
    "#);
}

#[test]
fn a_change_has_terraforms_keys_and_our_own() {
    let mut change = create("dns_record.app.example.com", record("edge-web"));
    change.waits_for = vec![Address::new("tunnel", "edge-web")];
    let plan = plan([change]);
    let mut json = json!(plan_json(&Report::new(&plan)));
    let entry = &mut json["resource_changes"][0];
    let change = plan.changes().next().expect("one change");
    assert_eq!(entry["fingerprint"].take(), fingerprint::of_change(change));
    assert_json_snapshot!(entry, @r#"
    {
      "address": "dns_record.app.example.com",
      "type": "dns_record",
      "name": "app.example.com",
      "mode": "managed",
      "change": {
        "actions": [
          "create"
        ],
        "before": null,
        "after": {
          "target": "tunnel.edge-web",
          "proxied": true,
          "ttl": 1
        },
        "after_unknown": {},
        "before_sensitive": false,
        "after_sensitive": {}
      },
      "action": "create",
      "reason": "new",
      "waits_for": [
        "tunnel.edge-web"
      ],
      "fingerprint": null
    }
    "#);
}

#[test]
fn every_action_has_terraforms_word() {
    let mut follows = update("tunnel_config.b", &tunnel(), tunnel());
    follows.reason = Reason::Follows(Address::new("tunnel", "b"));
    let plan = plan([
        create("tunnel.a", tunnel()),
        follows,
        adopt("dns_record.c", &[record("x"), record("z")], record("y")),
        rename("tunnel.d", "web", &tunnel()),
        replace("service_token.e", &tunnel(), record("x")),
        delete("tunnel.f", &tunnel()),
    ]);
    let json = json!(plan_json(&Report::new(&plan)));
    let changes = json["resource_changes"].as_array().expect("a list");
    let words = changes.iter().map(|it| {
        let actions = &it["change"]["actions"];
        format!("{actions} {} {}", it["action"], it["reason"])
    });
    assert_snapshot!(words.collect::<Vec<_>>().join("\n"), @r#"
    ["create"] "create" "new"
    ["update"] "update" "follows"
    ["update"] "adopt" "differs"
    ["update"] "rename" "differs"
    ["delete","create"] "replace" "differs"
    ["delete"] "delete" "undeclared"
    "#);
    assert_eq!(changes[1]["follows"], "tunnel.b");
    assert_eq!(changes[2]["change"]["importing"], json!({"id": "0a1b2c3d"}));
    assert_eq!(changes[2]["change"]["displaced"], json!([record("z")]));
    assert_eq!(changes[3]["previous_address"], "tunnel.web");
    let gone = &changes[5]["change"];
    assert_eq!((&gone["before"], &gone["after"]), (&tunnel(), &Value::Null));
    assert_eq!(gone["after_sensitive"], json!(false));
    assert_eq!(
        json["summary"],
        json!({"add": 2, "change": 3, "destroy": 2})
    );
}

#[test]
fn findings_and_warnings_are_there() {
    let finding = |guard, value| Finding {
        guard,
        value,
        message: "too much".to_owned(),
    };
    let warning = Problem::new("tunctl::swap", "names swap").help("two steps");
    let plan = Plan {
        findings: vec![finding(Guard::Deletes, 12), finding(Guard::Protect, 1)],
        warnings: vec![warning.warning()],
        ..Plan::default()
    };
    let json = json!(plan_json(&Report::new(&plan)));
    assert_json_snapshot!(
        "findings_and_warnings",
        [&json["findings"], &json["warnings"]]
    );
}

#[test]
fn what_the_caller_adds_is_there() {
    let place = Span {
        source: 0,
        start: 0,
        end: 1,
    };
    let mut sources = Sources::default();
    sources.add("tunctl.yaml", "tunnels:");
    let lint = Problem::new("tunctl::shadowed", "rule is never reached").at(place, "this one");
    let forecast = Forecast {
        spent: 0,
        writes: 3,
        reads: 1,
        seconds: 0.0,
        quotas: vec![Quota {
            kind: "tunnel",
            after: 7,
            limit: 1000,
        }],
    };
    let plan = Plan::default();
    let json = json!(plan_json(&Report {
        forecast: Some(&forecast),
        coverage: Coverage::Partial,
        lints: &[lint],
        sources: Some(&sources),
        ..Report::new(&plan)
    }));
    assert_eq!(json["complete"], json!(false));
    assert_eq!(json["tests"], json!([]));
    assert_json_snapshot!("lints_and_forecast", [&json["lints"], &json["forecast"]]);
}

#[test]
fn an_outcome_has_a_result_for_each_change() {
    let json = outcome_json("edge", &every_verdict());
    assert_eq!(
        keys(&json),
        ["format_version", "stack", "summary", "results"]
    );
    let results = json["results"].as_array().expect("a list");
    let lines = results.iter().map(|it| {
        let [address, verdict] = ["address", "verdict"].map(|key| it[key].as_str().unwrap());
        format!(
            "{address} {verdict} {} {} {}",
            it["code"], it["help"], it["waits_for"]
        )
    });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    tunnel.edge-web done null null []
    dns_record.a done null null []
    tunnel.edge-api failed "tunctl::api_conflict" "choose another name" []
    tunnel_config.edge-api skipped null null ["tunnel.edge-api"]
    dns_record.api skipped null null ["tunnel.edge-api"]
    dns_record.b moved null null []
    tunnel.x pending "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS" null []
    "#);
    assert_json_snapshot!(json["summary"], @r#"
    {
      "add": 1,
      "change": 1,
      "destroy": 0,
      "failed": 1,
      "skipped": 2,
      "moved": 1,
      "pending": 1,
      "kept": 0,
      "stopped": 0
    }
    "#);
}

#[test]
fn a_failure_has_its_code_and_its_help() {
    let json = outcome_json("edge", &every_verdict());
    assert_json_snapshot!(json["results"][2], @r#"
    {
      "address": "tunnel.edge-api",
      "type": "tunnel",
      "name": "edge-api",
      "action": "create",
      "actions": [
        "create"
      ],
      "verdict": "failed",
      "code": "tunctl::api_conflict",
      "message": "a tunnel with this name exists",
      "help": "choose another name",
      "waits_for": [],
      "concerns": []
    }
    "#);
}

#[test]
fn concerns_stand_at_their_change() {
    let mut outcome = every_verdict();
    outcome.concerns = vec![(Address::new("tunnel", "edge-web"), "odd".to_owned())];
    let json = outcome_json("edge", &outcome);
    assert_eq!(json["results"][0]["concerns"], json!(["odd"]));
    assert_eq!(json["results"][1]["concerns"], json!([]));
}

#[test]
fn written_json_is_the_same_value_without_hostile_characters() {
    let value = json!({"a\u{9b}": "\u{1b}[31m\u{202e}\u{e0041}\n\"ü€𝄞"});
    let mut text = Vec::new();
    write(&mut text, &value).expect("a vector takes everything");
    let text = String::from_utf8(text).expect("text is UTF-8");
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
    assert_snapshot!(text, @r#"
    {
      "a\u009b": "\u001b[31m\u202e\udb40\udc41\n\"ü€𝄞"
    }
    "#);
}
