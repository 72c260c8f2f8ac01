//! Variables in values: what they become, and where a mistake is shown.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use tunctl::manifest::interpolate::interpolate;
use tunctl::manifest::shape::{Formats, Shape};
use tunctl::manifest::yaml::core::lower;
use tunctl::manifest::yaml::{Budget, Node, read};
use tunctl::problem::Problem;
use tunctl::source::Sources;

use crate::support::report::render;

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn interpolated(text: &str, pairs: &[(&str, &str)]) -> (Sources, Node, Vec<Problem>) {
    let mut sources = Sources::default();
    let composed = read(
        &mut sources,
        "tunctl.yaml",
        text.as_bytes(),
        &mut Budget::default(),
    );
    assert_eq!(composed.problems, []);
    let root = composed.root.expect("the text is valid YAML");
    let (node, problems) = interpolate(&root, &variables(pairs), &sources);
    (sources, node, problems)
}

fn value(text: &str, pairs: &[(&str, &str)]) -> Value {
    let (sources, node, problems) = interpolated(text, pairs);
    assert_eq!(problems, [], "{}", render(&problems, &sources));
    lower(&node)
}

fn refused(text: &str, pairs: &[(&str, &str)]) -> String {
    let (sources, _, problems) = interpolated(text, pairs);
    render(&problems, &sources)
}

#[test]
fn variables_are_replaced_in_values_and_never_in_keys() {
    let text =
        "\"${A}\": ${A}\nlist:\n- x-${A}-${B}\n- '${B:-none}'\n- \"${C:-none}\"\n- $${A} $A\n";
    let expected = json!({"${A}": "one", "list": ["x-one-", "none", "none", "${A} $A"]});
    assert_eq!(value(text, &[("A", "one"), ("B", "")]), expected);
}

#[test]
fn a_value_never_becomes_structure() {
    let nasty = "a: b\n- *x\n{y: [1]} # c";
    let expected = json!({"a": nasty, "b": format!("x {nasty}")});
    assert_eq!(value("a: ${A}\nb: x ${A}\n", &[("A", nasty)]), expected);
    assert_eq!(value("a: ${A}\n", &[("A", "*x")]), json!({"a": "*x"}));
}

#[test]
fn the_result_takes_the_type_of_the_field_also_in_quotes() {
    let schema = json!({
        "type": "object",
        "properties": {
            "port": {"type": "integer"},
            "on": {"type": "boolean"},
            "name": {"type": "string"},
            "maybe": {"type": ["string", "null"]},
            "mode": {"enum": [1, "auto"]},
        },
    });
    let text = "port: \"${PORT}\"\non: ${ON}\nname: ${PORT}\nmaybe: ${NO:-}\nmode: ${ONE}\n";
    let given = [("PORT", "8080"), ("ON", "true"), ("ONE", "1")];
    let (sources, node, problems) = interpolated(text, &given);
    assert_eq!(problems, []);
    let shape = Shape::from_schema(&schema).expect("the schema is understood");
    let (value, problems) = shape.check(&node, &Formats::new());
    assert_eq!(problems, [], "{}", render(&problems, &sources));
    let expected = json!({"port": 8080, "on": true, "name": "8080", "maybe": "", "mode": 1});
    assert_eq!(value, expected);
}

#[test]
fn a_value_of_the_wrong_type_is_shown_where_the_variable_is() {
    let schema = json!({"properties": {"port": {"type": "integer"}}});
    let (sources, node, _) = interpolated("port: ${PORT}\n", &[("PORT", "80 80")]);
    let shape = Shape::from_schema(&schema).expect("the schema is understood");
    let (_, problems) = shape.check(&node, &Formats::new());
    assert_snapshot!(render(&problems, &sources), @r#"
    tunctl::wrong_type

      × wrong type
       ╭─[tunctl.yaml:1:7]
     1 │ port: ${PORT}
       ·       ───┬───
       ·          ╰── expected a whole number, found the text `80 80`
       ╰────
    "#);
}

#[test]
fn undefined_variables_are_underlined_exactly() {
    let text = "account: ${CLOUDFLARE_ACOUNT_ID}\nport: \"é ${PORT} \\n ${NAME:-x} ${HOST}\"\n";
    assert_snapshot!(refused(text, &[("CLOUDFLARE_ACCOUNT_ID", "1")]), @r#"
    tunctl::undefined_variable

      × undefined variable
       ╭─[tunctl.yaml:1:10]
     1 │ account: ${CLOUDFLARE_ACOUNT_ID}
       ·          ───────────┬───────────
       ·                     ╰── `CLOUDFLARE_ACOUNT_ID` has no value
     2 │ port: "é ${PORT} \n ${NAME:-x} ${HOST}"
       ╰────
      help: did you mean `${CLOUDFLARE_ACCOUNT_ID}`?
    tunctl::undefined_variable

      × undefined variable
       ╭─[tunctl.yaml:2:11]
     1 │ account: ${CLOUDFLARE_ACOUNT_ID}
     2 │ port: "é ${PORT} \n ${NAME:-x} ${HOST}"
       ·          ───┬───
       ·             ╰── `PORT` has no value
       ╰────
      help: give `--var PORT=VALUE`, `--var PORT` to take it from the environment,
            or write `${PORT:-default}`
    tunctl::undefined_variable

      × undefined variable
       ╭─[tunctl.yaml:2:33]
     1 │ account: ${CLOUDFLARE_ACOUNT_ID}
     2 │ port: "é ${PORT} \n ${NAME:-x} ${HOST}"
       ·                                ───┬───
       ·                                   ╰── `HOST` has no value
       ╰────
      help: give `--var HOST=VALUE`, `--var HOST` to take it from the environment,
            or write `${HOST:-default}`
    "#);
}

#[test]
fn help_says_where_a_value_can_come_from() {
    let text = "a: |\n  x\n  ${TUNCTL_TOKEN}\nb: 'it''s ${CLOUDFLARE_ACCOUNT_ID}'\n";
    assert_snapshot!(refused(text, &[]), @r#"
    tunctl::undefined_variable

      × undefined variable
       ╭─[tunctl.yaml:3:3]
     2 │   x
     3 │   ${TUNCTL_TOKEN}
       ·   ───────┬───────
       ·          ╰── `TUNCTL_TOKEN` has no value
     4 │ b: 'it''s ${CLOUDFLARE_ACCOUNT_ID}'
       ╰────
      help: give `--var TUNCTL_TOKEN=VALUE`, `export TUNCTL_TOKEN=…`, or write
            `${TUNCTL_TOKEN:-default}`
    tunctl::undefined_variable

      × undefined variable
       ╭─[tunctl.yaml:4:11]
     3 │   ${TUNCTL_TOKEN}
     4 │ b: 'it''s ${CLOUDFLARE_ACCOUNT_ID}'
       ·           ────────────┬───────────
       ·                       ╰── `CLOUDFLARE_ACCOUNT_ID` has no value
       ╰────
      help: `export CLOUDFLARE_ACCOUNT_ID=…`, or try things out with `--sandbox`,
            which has an account of its own
    "#);
}

#[test]
fn where_the_source_looks_different_the_whole_scalar_is_underlined() {
    assert_snapshot!(refused("a: \"\\x24{A} ${B}\"\nb: &x ${C}\nc: *x\n", &[]), @r#"
    tunctl::undefined_variable

      × undefined variable
       ╭─[tunctl.yaml:1:4]
     1 │ a: "\x24{A} ${B}"
       ·    ───────┬──────
       ·           ╰── `A` has no value
     2 │ b: &x ${C}
       ╰────
      help: give `--var A=VALUE`, `--var A` to take it from the environment, or
            write `${A:-default}`
    tunctl::undefined_variable

      × undefined variable
       ╭─[tunctl.yaml:1:4]
     1 │ a: "\x24{A} ${B}"
       ·    ───────┬──────
       ·           ╰── `B` has no value
     2 │ b: &x ${C}
       ╰────
      help: give `--var B=VALUE`, `--var B` to take it from the environment, or
            write `${B:-default}`
    tunctl::undefined_variable

      × undefined variable
       ╭─[tunctl.yaml:2:7]
     1 │ a: "\x24{A} ${B}"
     2 │ b: &x ${C}
       ·       ──┬─
       ·         ╰── `C` has no value
     3 │ c: *x
       ╰────
      help: give `--var C=VALUE`, `--var C` to take it from the environment, or
            write `${C:-default}`
    tunctl::undefined_variable

      × undefined variable
       ╭─[tunctl.yaml:3:4]
     2 │ b: &x ${C}
     3 │ c: *x
       ·    ─┬
       ·     ╰── `C` has no value
       ╰────
      help: give `--var C=VALUE`, `--var C` to take it from the environment, or
            write `${C:-default}`
    "#);
}

#[test]
fn malformed_variables() {
    assert_snapshot!(refused("a: \"$${ok} ${1A} ${A:-${B}} ${\"\nb: ${A-x}\n", &[]), @r#"
    tunctl::malformed_variable

      × malformed variable
       ╭─[tunctl.yaml:1:12]
     1 │ a: "$${ok} ${1A} ${A:-${B}} ${"
       ·            ──┬──
       ·              ╰── a name has letters, digits and `_`, and does not start with a digit
     2 │ b: ${A-x}
       ╰────
      help: write `${NAME}` or `${NAME:-default}`, and `$${` for the characters
            themselves
    tunctl::malformed_variable

      × malformed variable
       ╭─[tunctl.yaml:1:18]
     1 │ a: "$${ok} ${1A} ${A:-${B}} ${"
       ·                  ────┬────
       ·                      ╰── a default cannot contain a variable
     2 │ b: ${A-x}
       ╰────
      help: write `${NAME}` or `${NAME:-default}`, and `$${` for the characters
            themselves
    tunctl::malformed_variable

      × malformed variable
       ╭─[tunctl.yaml:1:29]
     1 │ a: "$${ok} ${1A} ${A:-${B}} ${"
       ·                             ─┬
       ·                              ╰── there is no `}` behind this
     2 │ b: ${A-x}
       ╰────
      help: write `${NAME}` or `${NAME:-default}`, and `$${` for the characters
            themselves
    tunctl::malformed_variable

      × malformed variable
       ╭─[tunctl.yaml:2:4]
     1 │ a: "$${ok} ${1A} ${A:-${B}} ${"
     2 │ b: ${A-x}
       ·    ───┬──
       ·       ╰── a name has letters, digits and `_`, and does not start with a digit
       ╰────
      help: write `${NAME}` or `${NAME:-default}`, and `$${` for the characters
            themselves
    "#);
}

#[test]
fn what_is_wrong_with_a_variable_is_said_once() {
    let schema = json!({"properties": {"port": {"type": "integer"}}});
    let (_, node, problems) = interpolated("port: ${PORT}\n", &[]);
    assert_eq!(problems.len(), 1);
    let shape = Shape::from_schema(&schema).expect("the schema is understood");
    assert_eq!(shape.check(&node, &Formats::new()).1, []);
}

proptest! {
    #[test]
    fn a_variable_gives_exactly_its_value(given in any::<String>()) {
        let done = value("a:\n- \"${A}\"\n- x${A}y\n", &[("A", &given)]);
        prop_assert_eq!(done, json!({"a": [given, format!("x{given}y")]}));
    }

    #[test]
    fn an_escaped_text_comes_out_as_it_was(text in "[ -~é]{0,30}") {
        let escaped = text.replace("${", "$${");
        // A `$` in front of `${` joins the escape, and stands for itself.
        let written = serde_json::to_string(&json!({"a": escaped})).expect("JSON is YAML");
        prop_assert_eq!(value(&written, &[]), json!({"a": text}));
    }
}
