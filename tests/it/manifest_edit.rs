//! Changes of one scalar that leave the rest of a text alone.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use tunctl::manifest::yaml::{Step, set};
use tunctl::source::Sources;

use crate::support::report::render;

const TEXT: &str = "\
# Ours.
version: 1 # the format

stack:   edge   # aligned
tunnels:
    web: # first
        protect: true
        ingress: [ {service: a}, 'x' ]   # flow
shared: &s {a: 1}
used: *s
# the end
";

fn edited(path: &[Step], value: &Value) -> String {
    match set(0, TEXT, path, value) {
        Ok(text) => changes(TEXT, &text),
        Err(problem) => {
            let mut sources = Sources::default();
            sources.add("tunctl.yaml", TEXT);
            render(&[problem], &sources)
        }
    }
}

/// The lines that differ, old and new.
fn changes(before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    let differing = diff
        .iter_all_changes()
        .filter(|change| change.tag() != similar::ChangeTag::Equal);
    let lines: Vec<String> = differing
        .map(|change| {
            format!(
                "{}{}",
                change.tag(),
                change.to_string().trim_end_matches('\n')
            )
        })
        .collect();
    lines.join("\n")
}

#[test]
fn a_scalar_is_replaced_and_everything_else_stays() {
    let web = [Step::Key("tunnels"), Step::Key("web")];
    assert_snapshot!(edited(&[Step::Key("stack")], &json!("core")), @r#"
    -stack:   edge   # aligned
    +stack:   core   # aligned
    "#);
    assert_snapshot!(edited(&[Step::Key("version")], &json!(2)), @r#"
    -version: 1 # the format
    +version: 2 # the format
    "#);
    assert_snapshot!(edited(&[web[0], web[1], Step::Key("protect")], &json!(false)), @r#"
    -        protect: true
    +        protect: false
    "#);
    let item = [web[0], web[1], Step::Key("ingress"), Step::Index(1)];
    assert_snapshot!(edited(&item, &json!("a, b: c")), @r#"
    -        ingress: [ {service: a}, 'x' ]   # flow
    +        ingress: [ {service: a}, 'a, b: c' ]   # flow
    "#);
}

#[test]
fn a_new_key_comes_last_and_texts_are_quoted_where_they_must_be() {
    let web = [Step::Key("tunnels"), Step::Key("web"), Step::Key("dns")];
    assert_snapshot!(edited(&web, &json!("yes")), @r#"+        dns: 'yes'"#);
    assert_snapshot!(edited(&[Step::Key("account")], &json!("0123")), @r#"+account: '0123'"#);
    assert_snapshot!(edited(&[Step::Key("note")], &Value::Null), @r#"+note: null"#);
}

#[test]
fn what_would_change_more_than_asked_is_refused() {
    assert_snapshot!(edited(&[Step::Key("used"), Step::Key("a")], &json!(2)), @r#"
    tunctl::edit_refused

      × the file cannot be edited safely
        ╭─[tunctl.yaml:9:16]
      8 │         ingress: [ {service: a}, 'x' ]   # flow
      9 │ shared: &s {a: 1}
        ·                ┬
        ·                ╰── `used.a` cannot be set on its own
     10 │ used: *s
        ╰────
      help: make the change by hand
    "#);
    assert_snapshot!(edited(&[Step::Key("shared"), Step::Key("a")], &json!(2)), @r#"
    tunctl::edit_refused

      × the file cannot be edited safely
        ╭─[tunctl.yaml:9:16]
      8 │         ingress: [ {service: a}, 'x' ]   # flow
      9 │ shared: &s {a: 1}
        ·                ┬
        ·                ╰── `shared.a` cannot be set on its own
     10 │ used: *s
        ╰────
      help: make the change by hand
    "#);
    let beyond = [
        Step::Key("tunnels"),
        Step::Key("web"),
        Step::Key("ingress"),
        Step::Index(2),
    ];
    assert_snapshot!(edited(&beyond, &json!(2)), @r#"
    tunctl::edit_refused

      × the file cannot be edited safely
       ╭─[tunctl.yaml:2:1]
     1 │ # Ours.
     2 │ version: 1 # the format
       · ▲
       · ╰── `tunnels.web.ingress[2]` cannot be set on its own
     3 │
       ╰────
      help: make the change by hand
    "#);
}

#[test]
fn lists_and_mappings_are_no_scalars() {
    for value in [json!([]), json!({})] {
        let refused = set(0, TEXT, &[Step::Key("stack")], &value).expect_err("it is no scalar");
        assert_eq!(refused.code, "tunctl::edit_refused");
    }
    assert!(set(0, TEXT, &[], &json!(1)).is_err());
}

#[test]
fn a_text_with_a_problem_is_not_edited() {
    let refused = set(0, "a: 1\na: 2\n", &[Step::Key("a")], &json!(3));
    assert_eq!(
        refused.expect_err("there is a problem").code,
        "tunctl::duplicate_key"
    );
}

proptest! {
    /// Whatever the text is, it is what is read back, or the edit is refused.
    #[test]
    fn any_text_is_set_exactly_or_not_at_all(text in any::<String>()) {
        let path = [Step::Key("tunnels"), Step::Key("web"), Step::Key("comment")];
        if let Ok(edited) = set(0, TEXT, &path, &json!(text)) {
            let read: serde_yaml::Value = serde_yaml::from_str(&edited).expect("another reader agrees");
            prop_assert_eq!(read["tunnels"]["web"]["comment"].as_str(), Some(text.as_str()));
        }
    }
}
