//! Whole plans.

use insta::assert_snapshot;
use serde_json::json;
use tunctl::plan::forecast::{Forecast, Quota};
use tunctl::plan::{Finding, Guard, Plan};
use tunctl::problem::Problem;
use tunctl::render::{Coverage, Report, Style, human};
use tunctl::source::Span;

use super::sample::{
    adopt, create, delete, plan, record, rename, replace, rule, shown, tunnel, update,
};

fn reported(report: &Report<'_>) -> String {
    let mut text = Vec::new();
    human::plan(&mut text, report, Style::Plain).expect("a vector takes everything");
    String::from_utf8(text).expect("text is UTF-8")
}

/// What tfcmt's patterns find (suzuki-shunsuke/tfcmt, `pkg/terraform/parser.go`): `^ *# (.*)`
/// and one of these ends.
fn titles<'a>(text: &'a str, end: &str) -> Vec<&'a str> {
    let lines = text.lines();
    lines
        .filter_map(|line| line.trim_start().strip_prefix("# ")?.strip_suffix(end))
        .collect()
}

#[test]
fn an_empty_plan_says_so_in_terraforms_words() {
    assert_snapshot!(shown(&Plan::default(), Style::Plain), @r#"
    No changes. Your infrastructure matches the configuration.
    Fingerprint: aa5598c670c7f9c9
    "#);
}

#[test]
fn what_stands_in_the_way_comes_right_above_the_summary() {
    let place = Span {
        source: 0,
        start: 0,
        end: 1,
    };
    let finding = |guard, value, message: &str| Finding {
        guard,
        value,
        message: message.to_owned(),
    };
    let swap = Problem::new("tunctl::names_swap", "names swap").at(place, "here");
    let mut plan = plan([create("tunnel.edge-web", tunnel())]);
    plan.warnings = vec![swap.help("two steps").warning()];
    plan.findings = vec![
        finding(Guard::Deletes, 12, "12 objects would be destroyed"),
        finding(Guard::Protect, 1, "`tunnel.a` is protected"),
    ];
    let text = shown(&plan, Style::Plain);
    let (_, end) = text.split_once("    }\n\n").expect("a block");
    assert_snapshot!(end, @r#"
    Warning: names swap [tunctl::names_swap]
      here
      help: two steps

    Apply will refuse: 12 objects would be destroyed; lift with `--allow deletes=12`
    Apply will refuse: `tunnel.a` is protected

    Plan: 1 to add, 0 to change, 0 to destroy.
    Fingerprint: bef847893343b250
    "#);
}

#[test]
fn a_part_of_a_stack_says_so_and_a_forecast_is_told() {
    let plan = plan([create("tunnel.edge-web", tunnel())]);
    let forecast = Forecast {
        spent: 9,
        writes: 1300,
        reads: 20,
        seconds: 30.0,
        quotas: vec![Quota {
            kind: "tunnel",
            after: 1001,
            limit: 1000,
        }],
    };
    let text = reported(&Report {
        forecast: Some(&forecast),
        coverage: Coverage::Partial,
        ..Report::new(&plan)
    });
    let (_, end) = text.split_once("    }\n\n").expect("a block");
    assert_snapshot!(end, @r#"
    Warning: the account would have 1001 of 1000 possible tunnel objects

    Plan: 1 to add, 0 to change, 0 to destroy.
    Note: this is a part of the stack, as --target and --exclude chose it.
    Apply takes 1320 requests and, by the rate limit, at least 30 s; planning took 9 requests.
    Fingerprint: bef847893343b250
    "#);
}

#[test]
fn destruction_comes_last_and_in_red() {
    let plan = plan([
        delete("dns_record.a.example.com", &record("edge-web")),
        create("tunnel.edge-web", tunnel()),
    ]);
    let text = shown(&plan, Style::Coloured);
    let position = |word: &str| text.find(word).expect(word);
    assert!(position("be created") < position("destroyed"));
    assert!(
        text.contains("will be \u{1b}[31;1mdestroyed\u{1b}[0m"),
        "{text:?}"
    );
    assert!(
        text.contains("\u{1b}[31m-\u{1b}[0m \u{1b}[31mresource"),
        "{text:?}"
    );
    assert!(
        text.contains("\u{1b}[31;1m1 to destroy\u{1b}[0m"),
        "{text:?}"
    );
}

#[test]
fn colours_are_all_that_the_styles_differ_in() {
    let plan = plan([
        create("tunnel.edge-web", tunnel()),
        replace(
            "service_token.ci",
            &json!({"zone": "a"}),
            json!({"zone": "b"}),
        ),
        rename("tunnel.edge-api", "api", &tunnel()),
    ]);
    let coloured = shown(&plan, Style::Coloured);
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_ne!(coloured, stripped);
    assert_eq!(stripped, shown(&plan, Style::Plain));
}

#[test]
fn terraforms_readers_find_every_change() {
    let a_record = json!({"target": "A 192.0.2.1", "proxied": true, "ttl": 1});
    let few = || {
        vec![
            create("tunnel.a", tunnel()),
            update("dns_record.b", &record("x"), record("y")),
            adopt("dns_record.c", std::slice::from_ref(&a_record), record("y")),
            rename("tunnel.d", "old-d", &tunnel()),
            replace(
                "service_token.e",
                &json!({"zone": "a"}),
                json!({"zone": "b"}),
            ),
            delete("dns_record.f", &record("x")),
        ]
    };
    let many = few()
        .into_iter()
        .chain((0..30).map(|number| create(&format!("dns_record.{number}"), record("y"))));
    for (plan, created) in [(plan(few()), 1), (plan(many), 31)] {
        let text = shown(&plan, Style::Plain);
        assert_eq!(titles(&text, " will be created").len(), created);
        assert_eq!(
            titles(&text, " will be updated in-place"),
            ["dns_record.b", "dns_record.c", "tunnel.d"]
        );
        assert_eq!(titles(&text, " must be replaced"), ["service_token.e"]);
        assert_eq!(titles(&text, " will be destroyed"), ["dns_record.f"]);
        // Both patterns look at the line above for the address.
        assert!(text.contains("dns_record.c will be updated in-place\n  # (imported from \""));
        assert!(
            text.contains("tunnel.d will be updated in-place\n  # (moved from tunnel.old-d)\n")
        );
        let summary = format!(
            "\nPlan: {} to add, 3 to change, 2 to destroy.\n",
            created + 1
        );
        assert!(text.contains(&summary), "{text}");
    }
}

#[test]
fn a_large_plan_says_once_what_is_the_same() {
    let records = |prefix: &str, tunnel: &str| {
        let names = (1..=10).map(|number| format!("dns_record.{prefix}{number}"));
        let spec = record(tunnel);
        names
            .map(|name| create(&name, spec.clone()))
            .collect::<Vec<_>>()
    };
    let rules = [rule("a", "http://a"), rule("b", "http://b")];
    let mut changes = records("a", "edge-api");
    changes.extend(records("b", "edge-web"));
    changes.push(create("tunnel_config.edge-web", json!({"ingress": rules})));
    changes.push(update(
        "tunnel_config.edge-api",
        &json!({"ingress": [rules[0]]}),
        json!({"ingress": rules}),
    ));
    changes.push(update(
        "dns_record.c",
        &json!({"target": "tunnel.edge-web", "proxied": false}),
        json!({"target": "tunnel.edge-web", "proxied": true}),
    ));
    changes.push(delete("dns_record.d", &record("edge-web")));
    let text = shown(&plan(changes), Style::Plain);
    let is_repeat = |line: &&str| {
        line.ends_with("will be created")
            && !["a1 ", "a10 ", "b1 ", "b10 ", "web "]
                .iter()
                .any(|it| line.contains(it))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !is_repeat(line)).collect();
    assert_snapshot!("large_plan", lines.join("\n"));
}
