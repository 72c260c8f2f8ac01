//! Properties over whatever Cloudflare, a manifest or an error message may say.

use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json, to_value};
use tunctl::address::Address;
use tunctl::apply::{Event, Failure, Outcome, Verdict};
use tunctl::plan::{Change, Finding, Guard, Plan};
use tunctl::problem::Problem;
use tunctl::render::harmless::Harmless;
use tunctl::render::human::Run;
use tunctl::render::json::{outcome_json, plan_json, write};
use tunctl::render::section::Section;
use tunctl::render::{Report, Style, Summary, github, html, human, markdown};
use tunctl::source::{Sources, Span};

use super::sample::{adopt, create, delete, plan, rename, replace, update};

/// Ordinary text, terminal sequences, and lines that other programs look for.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z.]{1,8}",
        any::<String>(),
        Just("\u{1b}[2J\u{9b}31m".to_owned()),
        Just("\u{202e}evil\u{2066}\u{200b}\u{feff}".to_owned()),
        Just("x\nPlan: 0 to add, 0 to change, 0 to destroy.\n".to_owned()),
        Just("``` <!-- x --></details>@team #1 ##[error]x\n::error::y".to_owned()),
        Just("x\r\nError: \u{85}\u{2028}# a will be created".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let rule = [text(), text(), text()].prop_map(|[hostname, path, service]| {
        json!({"hostname": hostname, "path": path, "service": service,
               "originRequest": {"proxyType": path}})
    });
    prop_oneof![leaf, rule].prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn change() -> impl Strategy<Value = Change> {
    (0..6, text(), text(), value(), value()).prop_map(|(action, name, former, before, after)| {
        let mut change = match action {
            0 => create("dns_record.x", after),
            1 => update("dns_record.x", &before, after),
            2 => adopt("dns_record.x", &[before.clone(), before], after),
            3 => rename("tunnel.x", &former, &after),
            4 => replace("tunnel.x", &before, after),
            _ => delete("tunnel.x", &before),
        };
        change.address.name = name;
        change
    })
}

fn plans() -> impl Strategy<Value = Plan> {
    let changes = prop_oneof![
        prop::collection::vec(change(), 0..4),
        prop::collection::vec(change(), 21..24),
    ];
    (changes, text(), text()).prop_map(|(changes, one, two)| Plan {
        warnings: vec![Problem::new("tunctl::odd", &one).help(&two).warning()],
        findings: vec![Finding {
            guard: Guard::Foreign,
            value: 1,
            message: two.clone(),
        }],
        stack: one,
        base: Some(two),
        drift: changes.iter().take(3).cloned().collect(),
        ..plan(changes)
    })
}

fn verdict() -> impl Strategy<Value = Verdict> {
    (0..5, text(), text()).prop_map(|(end, one, two)| match end {
        0 => Verdict::Done,
        1 => Verdict::Moved(one),
        2 => Verdict::Skipped(vec![Address::new("tunnel", one)]),
        3 => Verdict::Pending {
            code: "CODE",
            message: one,
        },
        _ => Verdict::Failed(Failure {
            code: two.clone(),
            message: one,
            help: Some(two),
            ..Failure::default()
        }),
    })
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let verdicts = prop::collection::vec((change(), verdict()), 0..5);
    (verdicts, text()).prop_map(|(verdicts, concern)| Outcome {
        broken: Some(Failure {
            message: concern.clone(),
            ..Failure::default()
        }),
        concerns: vec![(Address::new("tunnel", concern.clone()), concern)],
        verdicts,
        unlocked: true,
    })
}

/// What no text may hold: Unicode's control characters, except the ends of lines that we make,
/// and what reorders or hides text.
fn hostile(text: &str) -> Option<char> {
    let is_hidden = |it| matches!(it, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let mut characters = text.chars().filter(|it| *it != '\n');
    characters.find(|it| it.is_control() || is_hidden(*it))
}

/// What a terminal shows of an error.
fn reported(diagnostic: &dyn Diagnostic) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    let mut text = String::new();
    let shown = handler.render_report(&mut text, &Harmless::new(diagnostic));
    shown.expect("writing to a string cannot fail");
    text
}

/// An error about something that somebody named, because of something else.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("failed at {0}")]
#[diagnostic(code(test::failed), help("rename {0}"))]
struct Failed(String, #[source] std::io::Error);

#[test]
fn an_error_about_a_name_of_a_megabyte_is_short() {
    let name = "m".repeat(1_000_000);
    let text = reported(&Failed(name.clone(), std::io::Error::other(name)));
    assert!(text.len() < 3 * 3_000, "{} bytes", text.len());
}

fn in_style(style: Style, show: impl Fn(&mut Vec<u8>, Style)) -> String {
    let mut text = Vec::new();
    show(&mut text, style);
    String::from_utf8(text).expect("text is UTF-8")
}

/// Both styles say the same, and neither says anything hostile.
fn harmless(show: impl Fn(&mut Vec<u8>, Style)) -> Result<String, TestCaseError> {
    let plain = in_style(Style::Plain, &show);
    prop_assert_eq!(hostile(&plain), None, "{:?}", plain);
    let coloured = in_style(Style::Coloured, &show);
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    prop_assert_eq!(&stripped, &plain);
    Ok(plain)
}

fn written(value: &impl Serialize) -> Result<(), TestCaseError> {
    let text = in_style(Style::Plain, |to, _| write(to, value).expect("a vector"));
    prop_assert_eq!(hostile(&text), None, "{:?}", text);
    let read: Value = serde_json::from_str(&text).expect("JSON");
    prop_assert_eq!(read, to_value(value).expect("JSON"));
    Ok(())
}

/// Neither control characters nor markup of others, and never too much.
fn for_pull_requests(report: &Report<'_>) -> Result<(), TestCaseError> {
    let sections = [Section::Plan(*report)];
    let shown = |write: fn(&mut dyn Write, &[Section<'_>]) -> io::Result<()>| {
        in_style(Style::Plain, |to, _| {
            write(to, &sections).expect("a vector");
        })
    };
    let comment = shown(markdown::write);
    prop_assert!(comment.len() <= markdown::LIMIT);
    prop_assert_eq!(comment.matches("<!--").count(), 1, "{}", comment);
    let page = shown(html::write);
    prop_assert_eq!(page.matches("<main>").count(), 1);
    let commands = shown(github::write);
    prop_assert!(
        commands.lines().all(|it| it.starts_with("::")),
        "{}",
        commands
    );
    for text in [comment, page, commands] {
        prop_assert_eq!(hostile(&text), None, "{:?}", text);
        prop_assert!(!text.contains("##["), "{}", text);
    }
    Ok(())
}

proptest! {
    // Each case shows everything in every style and format.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_plan_is_harmless_and_its_numbers_are_right(plan in plans()) {
        let report = Report::new(&plan);
        let text = harmless(|to, style| human::plan(to, &report, style).expect("a vector"))?;
        let Summary { add, change, destroy } = Summary::of_plan(&plan);
        let sums: Vec<&str> = text.lines().filter(|it| it.starts_with("Plan: ")).collect();
        if plan.is_empty() {
            prop_assert!(sums.is_empty());
            prop_assert!(plan.drift.is_empty());
            prop_assert!(text.contains("No changes. Your infrastructure matches the configuration.\n"));
        } else {
            let expected = format!("Plan: {add} to add, {change} to change, {destroy} to destroy.");
            prop_assert_eq!(sums, vec![expected.as_str()]);
        }
        let names: Vec<&str> = plan.changes().map(|it| it.action.name()).collect();
        let count = |name: &str| names.iter().filter(|it| **it == name).count() as u64;
        prop_assert_eq!(add, count("create") + count("replace"));
        prop_assert_eq!(change, count("update") + count("adopt") + count("rename"));
        prop_assert_eq!(destroy, count("delete") + count("replace"));
        let titles = text.lines().filter(|line| {
            let ends = ["will be created", "updated in-place", "will be destroyed", "must be replaced"];
            line.starts_with("  # ") && ends.iter().any(|end| line.ends_with(end))
        });
        prop_assert_eq!(titles.count(), names.len());
        written(&plan_json(&report))?;
        for_pull_requests(&report)?;
    }

    #[test]
    fn an_error_is_harmless(name in text(), why in text(), label in text()) {
        let failed = Failed(name.clone(), std::io::Error::other(why.clone()));
        let shown = reported(&failed);
        prop_assert_eq!(hostile(&shown), None, "{:?}", shown);
        let mut sources = Sources::default();
        let source = sources.add("tunctl.yaml", "stack: edge\n");
        let span = Span { source, start: 0, end: 5 };
        let problem = Problem::new("test::problem", name).at(span, label).help(why);
        let shown = reported(&problem.report(&sources));
        prop_assert_eq!(hostile(&shown), None, "{:?}", shown);
        prop_assert!(shown.contains("stack: edge"));
    }

    #[test]
    fn a_run_is_harmless(outcome in outcomes()) {
        for run in [Run::Apply, Run::Destroy] {
            harmless(|to, style| human::outcome(to, &outcome, run, style).expect("a vector"))?;
        }
        for (change, verdict) in &outcome.verdicts {
            let events = [Event::Started(change), Event::Finished(change, verdict)];
            for event in events {
                let text = harmless(|to, style| human::event(to, &event, style).expect("a vector"))?;
                prop_assert_eq!(text.lines().count(), 1);
            }
        }
        written(&outcome_json("edge", &outcome))?;
    }
}
