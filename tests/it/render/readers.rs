//! What reads Terraform's output reads ours: the published patterns of tfcmt (`pkg/terraform/parser.go`)
//! and Atlantis (`server/events/models/models.go`), letter by letter.

use regex_automata::meta::Regex;
use serde_json::json;
use tunctl::plan::Plan;
use tunctl::render::Style;
use tunctl::render::human::Run;

use super::outcome::{all_done, ended, every_verdict};
use super::sample::{adopt, create, delete, plan, record, rename, replace, shown, tunnel, update};

const TFCMT_PASS: &str = r"(?m)^(Plan: \d|No changes.)";
const TFCMT_FAIL: &str = r"(?m)^([│|] )?(Error: )";
const TFCMT_WARNING: &str = r"(?m)^([│|] )?(Warning: )";
const TFCMT_HAS_DESTROY: &str = r"(?m)([1-9][0-9]* to destroy.)";
const TFCMT_HAS_NO_CHANGES: &str = r"(?m)^(No changes.)";
const TFCMT_CREATE: &str = r"^ *# (.*) will be created$";
const TFCMT_UPDATE: &str = r"^ *# (.*) will be updated in-place$";
const TFCMT_DELETE: &str = r"^ *# (.*) will be destroyed$";
const TFCMT_REPLACE: &str = r"^ *# (.*?)(?: is tainted, so)? must be replaced$";
const TFCMT_REPLACE_OPTION: &str = r"^ *# (.*?) will be replaced, as requested$";
const TFCMT_MOVE: &str = r"^ *# (.*?) has moved to (.*?)$";
const TFCMT_IMPORT: &str = r"^ *# (.*?) will be imported$";
const TFCMT_OUTPUTS: &str = r"(?m)^Changes to Outputs:";
const TFCMT_APPLY_PASS: &str = r"(?m)^(Apply complete!)";
const TFCMT_APPLY_FAIL: &str = r"(?m)^(Error: )";
const TFCMT_IMPORTED_FROM: &str = r"^ *# \(imported from (.*?)\)$";
const TFCMT_MOVED_FROM: &str = r"^ *# \(moved from (.*?)\)$";
const ATLANTIS_OUTSIDE: &str = r"Note: Objects have changed outside of Terraform";
const ATLANTIS_CHANGES: &str =
    r"Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy.";
const ATLANTIS_NO_CHANGES: &str =
    r"No changes. (Infrastructure is up-to-date|Your infrastructure matches the configuration).";

fn is_match(pattern: &str, text: &str) -> bool {
    Regex::new(pattern)
        .expect("a published pattern")
        .is_match(text)
}

/// The groups of the first match.
fn groups<'t>(pattern: &str, text: &'t str) -> Option<Vec<Option<&'t str>>> {
    let pattern = Regex::new(pattern).expect("a published pattern");
    let mut captures = pattern.create_captures();
    pattern.captures(text, &mut captures);
    captures.is_match().then(|| {
        let groups = 1..captures.group_len();
        let groups = groups.map(|it| captures.get_group(it).map(|span| &text[span.range()]));
        groups.collect()
    })
}

/// What the first group of a pattern has on each line that it matches, as tfcmt goes over them.
fn found<'t>(pattern: &str, text: &'t str) -> Vec<&'t str> {
    let lines = text.split('\n');
    lines
        .filter_map(|line| groups(pattern, line)?.first().copied().flatten())
        .collect()
}

fn every_action() -> Vec<tunctl::plan::Change> {
    let zone = |name: &str| json!({"zone": name});
    vec![
        create("tunnel.a", tunnel()),
        update("dns_record.b", &record("x"), record("y")),
        adopt("dns_record.c", &[record("x")], record("y")),
        rename("tunnel.d", "old-d", &tunnel()),
        replace("service_token.e", &zone("a"), zone("b")),
        delete("dns_record.f", &record("x")),
    ]
}

#[test]
fn tfcmt_finds_every_change_of_a_small_and_of_a_large_plan() {
    let more = (0..200).map(|it| create(&format!("dns_record.{it}.example"), record("y")));
    let large = plan(every_action().into_iter().chain(more));
    for (plan, created) in [(plan(every_action()), 1), (large, 201)] {
        let text = shown(&plan, Style::Plain);
        assert!(
            is_match(TFCMT_PASS, &text) && !is_match(TFCMT_FAIL, &text),
            "{text}"
        );
        assert!(is_match(TFCMT_HAS_DESTROY, &text) && !is_match(TFCMT_HAS_NO_CHANGES, &text));
        assert!(!is_match(TFCMT_WARNING, &text));
        assert_eq!(found(TFCMT_CREATE, &text).len(), created);
        assert!(found(TFCMT_CREATE, &text).contains(&"tunnel.a"));
        assert_eq!(
            found(TFCMT_UPDATE, &text),
            ["dns_record.b", "dns_record.c", "tunnel.d"]
        );
        assert_eq!(found(TFCMT_REPLACE, &text), ["service_token.e"]);
        assert_eq!(found(TFCMT_DELETE, &text), ["dns_record.f"]);
        assert_eq!(found(TFCMT_IMPORTED_FROM, &text), ["\"0a1b2c3d\""]);
        assert_eq!(found(TFCMT_MOVED_FROM, &text), ["tunnel.old-d"]);
        // What Terraform says and we never do.
        for pattern in [TFCMT_REPLACE_OPTION, TFCMT_MOVE, TFCMT_IMPORT] {
            assert_eq!(found(pattern, &text), [""; 0]);
        }
        assert!(!is_match(TFCMT_OUTPUTS, &text) && !is_match(ATLANTIS_OUTSIDE, &text));
    }
}

#[test]
fn tfcmt_and_atlantis_find_the_numbers() {
    let text = shown(&plan(every_action()), Style::Plain);
    let numbers = groups(ATLANTIS_CHANGES, &text).expect("the line of numbers");
    assert_eq!(numbers, [None, Some("2"), Some("3"), Some("2")]);
    assert!(!is_match(ATLANTIS_NO_CHANGES, &text));
    let text = shown(&plan([create("tunnel.a", tunnel())]), Style::Plain);
    assert!(
        is_match(TFCMT_PASS, &text) && !is_match(TFCMT_HAS_DESTROY, &text),
        "{text}"
    );
}

#[test]
fn tfcmt_reads_how_an_apply_ended() {
    let good = all_done([create("tunnel.a", tunnel())]);
    let text = ended(&good, Run::Apply);
    assert!(is_match(TFCMT_APPLY_PASS, &text) && !is_match(TFCMT_APPLY_FAIL, &text));
    let text = ended(&every_verdict(), Run::Apply);
    assert!(is_match(TFCMT_APPLY_FAIL, &text), "{text}");
    assert!(!is_match(TFCMT_APPLY_PASS, &text), "{text}");
}

#[test]
fn tfcmt_and_atlantis_know_when_there_is_nothing_to_do() {
    let text = shown(&Plan::default(), Style::Plain);
    assert!(
        is_match(TFCMT_PASS, &text) && is_match(TFCMT_HAS_NO_CHANGES, &text),
        "{text}"
    );
    assert!(
        is_match(ATLANTIS_NO_CHANGES, &text) && !is_match(ATLANTIS_CHANGES, &text),
        "{text}"
    );
}
