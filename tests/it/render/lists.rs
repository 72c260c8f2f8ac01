//! Lists of rules as line diffs.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::sample::{blocks, rule, update};

/// Rules for one-letter hosts.
fn rules(letters: &str) -> Vec<Value> {
    let letters = letters.chars();
    letters
        .map(|letter| rule(&letter.to_string(), &format!("http://{letter}")))
        .collect()
}

/// Only the list's own lines, without their common indent.
fn diffed(before: &[Value], after: &[Value]) -> String {
    let (before, after) = (json!({"ingress": before}), json!({"ingress": after}));
    let text = blocks([update("tunnel_config.edge", &before, after)]);
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("          "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_stays_is_folded_with_two_rules_of_context() {
    assert_snapshot!(diffed(&rules("abcdefghijkl"), &rules("abcdexghijkl")), @r#"
      # (3 unchanged rules hidden)
      d -> http://d
      e -> http://e
    - f -> http://f
    + x -> http://x
      g -> http://g
      h -> http://h
      # (4 unchanged rules hidden)
    "#);
}

#[test]
fn a_single_rule_is_shown_rather_than_folded() {
    assert_snapshot!(diffed(&rules("abcdefg"), &rules("abcxdefg")), @r#"
      a -> http://a
      b -> http://b
      c -> http://c
    + x -> http://x
      d -> http://d
      e -> http://e
      # (2 unchanged rules hidden)
    "#);
}

#[test]
fn a_moved_rule_is_shown_once() {
    assert_snapshot!(diffed(&rules("abcdef"), &rules("aebcdf")), @r#"
      a -> http://a
    ~ e -> http://e  # moved up from 5 to 2
      b -> http://b
      c -> http://c
      # (2 unchanged rules hidden)
    "#);
    assert_snapshot!(diffed(&rules("abcdef"), &rules("acdebf")), @r#"
      # (2 unchanged rules hidden)
      d -> http://d
      e -> http://e
    ~ b -> http://b  # moved down from 2 to 5
      f -> http://f
    "#);
}

#[test]
fn numbers_that_contradict_the_move_are_explained() {
    assert_snapshot!(diffed(&rules("xyzabc"), &rules("bca")), @r#"
    - x -> http://x
    - y -> http://y
    - z -> http://z
      b -> http://b
      c -> http://c
    ~ a -> http://a  # moved down, from 4 of 6 to 3 of 3
    "#);
    assert_snapshot!(diffed(&rules("bca"), &rules("xyabc")), @r#"
    + x -> http://x
    + y -> http://y
    ~ a -> http://a  # moved up, from 3 of 3 to 3 of 5
      b -> http://b
      c -> http://c
    "#);
}

#[test]
fn the_same_requests_with_another_service_are_one_rule() {
    let mut after = rules("abc");
    after[1]["service"] = json!("https://b:8443");
    assert_snapshot!(diffed(&rules("abc"), &after), @r#"
      a -> http://a
    - b -> http://b
    + b -> https://b:8443
      c -> http://c
    "#);
}

#[test]
fn settings_are_compared_line_by_line() {
    let with = |settings: Value| {
        let mut rules = rules("ab");
        rules[0]["path"] = json!("^/api/");
        rules[0]["originRequest"] = settings;
        rules
    };
    let before = json!({"connectTimeout": "5s", "access": {"required": true, "teamName": "acme"}});
    let after = json!({"connectTimeout": "9s", "access": {"required": true}, "http2Origin": true});
    assert_snapshot!(diffed(&with(before), &with(after)), @r#"
    ~ a ^/api/ -> http://a
        - connectTimeout = "5s"
        + connectTimeout = "9s"
          access.required = true
        - access.teamName = "acme"
        + http2Origin = true
      b -> http://b
    "#);
}

#[test]
fn a_rule_can_move_and_change_at_once() {
    let mut after = rules("cabd");
    after[0]["service"] = json!("http://new");
    assert_snapshot!(diffed(&rules("abcd"), &after), @r#"
    - c -> http://c
    + c -> http://new  # moved up from 3 to 1
      a -> http://a
      b -> http://b
      d -> http://d
    "#);
}

#[test]
fn a_rule_for_every_host_is_not_one_for_a_star() {
    let (before, after) = (json!({"service": "http://x"}), rule("*", "http://x"));
    assert_snapshot!(diffed(&[before], &[after]), @r#"
    - (any host) -> http://x
    + * -> http://x
    "#);
}

#[test]
fn words_that_could_be_taken_for_more_are_quoted() {
    let sly = json!({"hostname": "a", "path": "/x -> http://safe", "service": "http://evil"});
    assert_snapshot!(diffed(&[], &[sly]), @r#"+ a "/x -> http://safe" -> http://evil"#);
}

#[test]
fn other_lists_are_compared_too() {
    let (before, after) = (
        [json!(80), json!(443)],
        [json!(443), json!({"effect": "allow"})],
    );
    assert_snapshot!(diffed(&before, &after), @r#"
    - 80
      443
    + { effect = "allow" }
    "#);
}

proptest! {
    /// Every rule of both sides is somewhere: shown with the right mark, or counted as hidden.
    #[test]
    fn no_rule_is_lost(before in "[a-h]{0,20}", after in "[a-h]{0,20}") {
        prop_assume!(before != after);
        let text = diffed(&rules(&before), &rules(&after));
        let (mut old, mut new) = (0, 0);
        for line in text.lines() {
            let hidden = line.trim().strip_prefix("# (").and_then(|rest| rest.split_once(' '));
            let (gone, come) = match (hidden, line.chars().next()) {
                (Some((number, _)), _) => {
                    let number = number.parse::<usize>().expect("a count of hidden rules");
                    (number, number)
                }
                (None, Some('+')) => (0, 1),
                (None, Some('-')) => (1, 0),
                (None, _) => (1, 1),
            };
            (old, new) = (old + gone, new + come);
        }
        prop_assert_eq!((old, new), (before.len(), after.len()), "{}", text);
    }
}
