//! Markdown for a comment on a pull request.

use insta::assert_snapshot;
use serde_json::json;
use tunctl::desired::Drain;
use tunctl::plan::forecast::{Forecast, Quota};
use tunctl::plan::{Action, Finding, Guard, Plan};
use tunctl::problem::Problem;
use tunctl::render::Report;
use tunctl::render::fault::Fault;
use tunctl::render::section::Section;
use tunctl::source::{Sources, Span};

use super::sample::{create, delete, plan, record, rule, tunnel, update};
use super::sizes::{in_markdown, sized};

fn shown(plan: &Plan) -> String {
    in_markdown(&[Section::Plan(Report::new(plan))])
}

/// A record, a tunnel and a route that change, each in the way that reviewers look for.
pub(crate) fn telling() -> Plan {
    let mut cut = delete("tunnel.edge-old", &tunnel());
    if let Action::Delete { object, drain } = &mut cut.action {
        object.live = true;
        *drain = Drain::Evict { seconds: 15 };
    }
    let route = |tunnel: &str| json!({"target": format!("tunnel.{tunnel}")});
    plan([
        update(
            "dns_record.app.example.com",
            &record("edge-old"),
            record("edge-web"),
        ),
        delete("dns_record.old.example.com", &record("edge-old")),
        update(
            "private_route.10.0.0.0/8",
            &route("edge-old"),
            route("edge-web"),
        ),
        create(
            "tunnel_config.edge-web",
            json!({"ingress": [rule("app.example.com", "http://web:3000")]}),
        ),
        cut,
    ])
}

#[test]
fn a_plan_says_first_who_notices_it() {
    let mut plan = telling();
    plan.findings = vec![Finding {
        guard: Guard::Deletes,
        value: 12,
        message: "12 objects would be destroyed".to_owned(),
    }];
    let forecast = Forecast {
        spent: 0,
        writes: 4,
        reads: 1,
        seconds: 0.0,
        quotas: vec![Quota {
            kind: "tunnel",
            after: 1001,
            limit: 1000,
        }],
    };
    let mut sources = Sources::default();
    let source = sources.add("edge.yaml", "stack: edge\ntunnels:\n  edge-web: x\n");
    let span = Span {
        source,
        start: 24,
        end: 32,
    };
    let lints = [Problem::new("tunctl::odd_rule", "rule is odd")
        .at(span, "`a` here")
        .help("mend it")
        .warning()];
    let report = Report {
        forecast: Some(&forecast),
        lints: &lints,
        sources: Some(&sources),
        ..Report::new(&plan)
    };
    let text = in_markdown(&[Section::Plan(report)]);
    assert_snapshot!("markdown", text);
}

#[test]
fn an_empty_plan_is_short() {
    let plan = Plan {
        stack: "edge".to_owned(),
        ..Plan::default()
    };
    assert_snapshot!(shown(&plan), @r#"
    <!-- tunctl:plan:edge -->
    ## Plan for `edge`

    **No hostname or network moves or goes, no connector is cut.**

    No changes. Your infrastructure matches the configuration.

    Fingerprint: `1452cc9cec21cacf`
    "#);
}

#[test]
fn text_from_elsewhere_stays_text() {
    let evil = "@team <!-- tunctl:plan:edge --> </details> ```\n# [x](http://evil) ##[error]x `";
    let mut plan = plan([
        create("private_route.10.0.0.0/8", json!({"comment": evil})),
        delete("tunnel.evil", &json!({"target": evil})),
        create("tunnel_config.a", json!({"ingress": [rule("a", evil)]})),
    ]);
    plan.stack = evil.to_owned();
    plan.warnings = vec![Problem::new("tunctl::odd", evil).help(evil).warning()];
    let text = shown(&plan);
    assert_eq!(text.matches("<!--").count(), 1, "{text}");
    assert_eq!(text.matches("##[").count(), 0, "{text}");
    // What is neither code nor ours.
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        let prose: String = outside_of_code(line);
        assert!(!prose.contains("@team"), "{line}");
        assert!(!prose.contains("[x]("), "{line}");
        let is_ours = ["<details", "</details>", "<!-- tunctl:"];
        assert!(
            !prose.contains("</d") || is_ours.iter().any(|it| line.starts_with(it)),
            "{line}"
        );
    }
    assert!(!fenced, "{text}");
}

/// A line without its spans of code, as `CommonMark` finds them.
fn outside_of_code(line: &str) -> String {
    let mut rest = line;
    let mut prose = String::new();
    while let Some(start) = rest.find('`') {
        if rest[..start].ends_with('\\') {
            prose.push_str(&rest[..=start]);
            rest = &rest[start + 1..];
            continue;
        }
        prose.push_str(&rest[..start]);
        let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let open = &rest[start + ticks..];
        let close = (0..open.len())
            .filter(|it| open.is_char_boundary(*it))
            .find(|it| {
                let run = open[*it..].len() - open[*it..].trim_start_matches('`').len();
                run == ticks && !open[..*it].ends_with('`')
            });
        let close = close.unwrap_or_else(|| panic!("code without an end: {line}"));
        rest = &open[close + ticks..];
    }
    prose + rest
}

#[test]
fn several_stacks_share_one_comment() {
    let small = sized(30);
    let large = sized(20_000);
    let none = || Section::NoPlan {
        run: tunctl::render::human::Run::Apply,
        stack: Some("lost"),
        faults: Fault::of_problems(
            &[Problem::new("tunctl::odd", "it is odd")],
            &Sources::default(),
        ),
    };
    let text = in_markdown(&[
        Section::Plan(Report::new(&small)),
        none(),
        Section::Plan(Report::new(&large)),
    ]);
    assert!(text.len() < 60_000, "{}", text.len());
    assert_eq!(text.matches("<!-- tunctl:plan:").count(), 3);
    assert!(text.contains("## No plan for `lost`"), "{text}");
    assert!(text.contains("### Deletions: 12\n") && text.contains("### Deletions: 8000\n"));
    let many: Vec<Section<'_>> = (0..500)
        .map(|_| Section::Plan(Report::new(&small)))
        .collect();
    let text = in_markdown(&many);
    assert!(text.len() < 60_000, "{}", text.len());
    let shown = text.matches("## Plan for").count();
    let rest = format!(
        "**And {} more stacks**, with {} to destroy",
        500 - shown,
        (500 - shown) * 12
    );
    assert!(
        text.contains(&rest),
        "{rest}\n{}",
        &text[text.len() - 300..]
    );
}
