//! Annotations for GitHub's workflows.

use insta::assert_snapshot;
use tunctl::plan::{Change, Finding, Guard, Plan};
use tunctl::problem::Problem;
use tunctl::render::section::Section;
use tunctl::render::{Report, github};
use tunctl::source::{Sources, Span};

use super::sample::{create, delete, plan, record, tunnel, update};
use super::sizes::sized;

fn annotated(report: &Report<'_>) -> String {
    let mut text = Vec::new();
    github::write(&mut text, &[Section::Plan(*report)]).expect("a vector takes everything");
    String::from_utf8(text).expect("text is UTF-8")
}

/// The change, declared in a line of the only source, of which each line has ten bytes.
fn on_line(line: usize, change: Change) -> Change {
    let start = (line - 1) * 10 + 2;
    let at = Span {
        source: 0,
        start,
        end: start + 1,
    };
    Change {
        at: Some(at),
        ..change
    }
}

fn ten_bytes_a_line(lines: usize) -> Sources {
    let mut sources = Sources::default();
    sources.add("stacks/edge,1.yaml", "  x: y   \n".repeat(lines));
    sources
}

#[test]
fn each_line_is_marked_with_what_is_wrong_or_changes_there() {
    let sources = ten_bytes_a_line(9);
    let span = Span {
        source: 0,
        start: 40,
        end: 41,
    };
    let lints = [Problem::new("tunctl::odd_rule", "rule is odd, 100%")
        .at(span, "this one\nhere")
        .help("mend it")
        .warning()];
    let findings = vec![
        Finding {
            guard: Guard::Dark,
            value: 1,
            message: "these would move: `app.example.com`".to_owned(),
        },
        Finding {
            guard: Guard::Deletes,
            value: 11,
            message: "11 objects would be destroyed".to_owned(),
        },
    ];
    let plan = Plan {
        findings,
        ..plan([
            on_line(3, create("tunnel.edge-web", tunnel())),
            on_line(
                7,
                update("dns_record.app.example.com", &record("a"), record("b")),
            ),
            delete("dns_record.old.example.com", &record("a")),
        ])
    };
    let report = Report {
        lints: &lints,
        sources: Some(&sources),
        ..Report::new(&plan)
    };
    assert_snapshot!(annotated(&report), @r#"
    ::error file=stacks/edge%2C1.yaml,line=7,col=3,title=Apply will refuse%3A dark::these would move: `app.example.com`%0Alift with `--allow dark=1`
    ::error file=stacks/edge%2C1.yaml,line=1,col=1,title=Apply will refuse%3A deletes::11 objects would be destroyed%0Alift with `--allow deletes=11`
    ::warning file=stacks/edge%2C1.yaml,line=5,col=1,title=tunctl%3A%3Aodd_rule::rule is odd, 100%25%0Athis one%0Ahere (stacks/edge,1.yaml:5)%0Ahelp: mend it
    ::notice file=stacks/edge%2C1.yaml,line=3,col=3,title=tunnel.edge-web::tunnel.edge-web will be created
    ::notice file=stacks/edge%2C1.yaml,line=7,col=3,title=dns_record.app.example.com::dns_record.app.example.com will be updated in-place%0A(because it differs from the manifest)
    ::warning title=dns_record.old.example.com::dns_record.old.example.com will be destroyed%0A(because it is no longer declared)
    "#);
}

#[test]
fn text_from_elsewhere_makes_no_command() {
    let evil = "x\n::error::forged\r\n##[error]forged ::set-env name=a::b";
    let mut plan = plan([create("tunnel.edge-web", tunnel())]);
    plan.warnings = vec![Problem::new("tunctl::odd", evil).help(evil).warning()];
    plan.stages[0][0].address.name = evil.to_owned();
    let text = annotated(&Report::new(&plan));
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.lines()
            .all(|it| it.starts_with("::warning ") || it.starts_with("::notice "))
    );
    assert!(!text.contains("##["), "{text}");
    let inert = github::inert(evil);
    assert_eq!(
        inert,
        "x\n: :error::forged\r\n# #[error]forged ::set-env name=a::b"
    );
}

#[test]
fn twenty_thousand_changes_stand_on_their_lines() {
    for number in [0, 1, 200, 20_000] {
        let sources = ten_bytes_a_line(number);
        let mut plan = sized(number);
        for (index, change) in plan.stages.iter_mut().flatten().enumerate() {
            *change = on_line(index + 1, change.clone());
        }
        let report = Report {
            sources: Some(&sources),
            ..Report::new(&plan)
        };
        let text = annotated(&report);
        assert_eq!(text.lines().count(), number);
        for (index, (line, change)) in text.lines().zip(plan.changes()).enumerate() {
            let place = format!("file=stacks/edge%2C1.yaml,line={},col=3,", index + 1);
            let title = format!("title={}::", change.address);
            assert!(line.contains(&place) && line.contains(&title), "{line}");
        }
    }
}
