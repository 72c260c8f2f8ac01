//! Plans of 0, 1, 200 and 20,000 changes in every format.

use std::collections::BTreeMap;

use serde_json::json;
use tunctl::address::RemoteId;
use tunctl::observed::Object;
use tunctl::plan::{Change, Plan};
use tunctl::render::section::Section;
use tunctl::render::{Report, Style, markdown};
use tunctl::scope::{Scope, Zone};

use super::sample::{create, delete, plan, record, rule, shown, tunnel, update};

/// How many zones and tunnels the large plans have.
const GROUPS: usize = 40;

/// The zones of the large plans.
pub(crate) fn scope() -> Scope {
    let zone = |index| Zone {
        id: RemoteId::new("0a1b2c3d"),
        name: format!("zone-{index}.example"),
    };
    Scope {
        zones: (0..GROUPS).map(zone).collect(),
        ..Scope::default()
    }
}

/// The change with a number: of each ten four deletions, three records and one route.
fn numbered(number: usize) -> Change {
    let group = number / 10 % GROUPS;
    let host = format!("dns_record.h{number}.zone-{group}.example");
    let edge = format!("edge-{group}");
    match number % 10 {
        0 => create(&host, record(&edge)),
        1..=3 => delete(&host, &record(&edge)),
        4 => delete(
            &format!(
                "private_route.10.{}.{}.0/24",
                number / 256 % 256,
                number % 256
            ),
            &json!({"target": format!("tunnel.edge-{group}")}),
        ),
        5 => update(&host, &record("edge-old"), record(&edge)),
        6 => create(&format!("tunnel.edge-new-{number}"), tunnel()),
        7 => update(
            &format!("tunnel_config.edge-{number}"),
            &json!({"ingress": [rule("a.example", "http://a:1")]}),
            json!({"ingress": [rule("a.example", "http://b:2")]}),
        ),
        _ => update(
            &host,
            &json!({"target": "tunnel.edge-web", "proxied": false}),
            json!({"target": "tunnel.edge-web", "proxied": true}),
        ),
    }
}

/// A plan of so many changes of every sort.
pub(crate) fn sized(number: usize) -> Plan {
    plan((0..number).map(numbered))
}

pub(crate) fn in_markdown(sections: &[Section<'_>]) -> String {
    let mut text = Vec::new();
    markdown::write(&mut text, sections).expect("a vector takes everything");
    String::from_utf8(text).expect("text is UTF-8")
}

/// The deletions of a plan by zone and tunnel, counted here.
fn expected(plan: &Plan) -> BTreeMap<String, usize> {
    let mut groups = BTreeMap::new();
    let gone = plan.changes().filter(|it| it.action.removes());
    for change in gone {
        let group = if change.address.kind == "dns_record" {
            let (_, zone) = change.address.name.split_once('.').expect("a zone");
            format!("zone `{zone}`")
        } else {
            let objects: &[Object] = change.action.objects();
            let target = objects[0].spec["target"].as_str().expect("a target");
            format!("`{target}`")
        };
        *groups.entry(group).or_default() += 1;
    }
    groups
}

#[test]
fn markdown_names_every_deletion_or_counts_them_exactly() {
    let scope = scope();
    for number in [0, 1, 200, 2_000, 20_000] {
        let plan = sized(number);
        let report = Report {
            scope: Some(&scope),
            ..Report::new(&plan)
        };
        let text = in_markdown(&[Section::Plan(report)]);
        assert!(text.chars().count() < 60_000, "{number}: {}", text.len());
        let gone: Vec<&Change> = plan.changes().filter(|it| it.action.removes()).collect();
        let title = format!("### Deletions: {}\n", gone.len());
        assert_eq!(text.contains(&title), !gone.is_empty(), "{number}");
        let is_named = |it: &&Change| text.contains(&format!("`{}`", it.address));
        let names_all = gone.iter().all(is_named);
        assert_eq!(names_all, number <= 200, "{number}");
        let begin = text.lines().nth(1).unwrap_or_default();
        assert_eq!(
            begin.contains("Shortened"),
            number > 200,
            "{number}: {begin}"
        );
        if number == 20_000 {
            for (group, size) in expected(&plan) {
                let line = format!("- {group}: {size} deletions\n");
                assert!(text.contains(&line), "no {line:?} in\n{text}");
            }
        }
    }
}

#[test]
fn deletions_are_shortened_last() {
    // All deletions still fit when there is hardly room for anything else.
    let records = |count: usize| (0..count).map(|it| format!("dns_record.h{it}.zone-0.example"));
    let gone = records(430).map(|it| delete(&it, &record("edge-web")));
    let new = (0..1_000).map(|it| create(&format!("tunnel.edge-{it}"), tunnel()));
    let plan = plan(gone.chain(new));
    let text = in_markdown(&[Section::Plan(Report::new(&plan))]);
    assert!(records(430).all(|it| text.contains(&format!("`{it}`"))));
    assert!(text.contains("Other changes: 1000"), "{text}");
    assert!(text.contains("Shortened"));
    assert!(text.len() < 60_000, "{}", text.len());
    let end = text.find("<details").unwrap_or(text.len());
    assert!(text.find("Deletions").is_some_and(|it| it < end));
}

#[test]
fn text_for_people_has_a_title_for_each_change() {
    for number in [0, 1, 200, 20_000] {
        let text = shown(&sized(number), Style::Plain);
        let titles = text
            .lines()
            .filter(|it| it.starts_with("  # ") && it.contains(" will be "));
        assert_eq!(titles.count(), number);
    }
}
