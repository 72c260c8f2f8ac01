//! YAML into nodes: the gallery of refused texts, the budget, and arbitrary bytes.

use insta::assert_snapshot;
use proptest::prelude::*;
use tunctl::manifest::yaml::{Budget, Composed, Step, read};
use tunctl::source::Sources;

use crate::support::report::render;

#[test]
fn a_manifest_keeps_the_place_of_every_part() {
    let text = "tunnels:\n  edge-web: # ours\n    ingress:\n      - {hostname: \"a.example.com\", path: ^/é}\n      - service: |\n          x\n\n    dns:\nowns: []\n";
    let (sources, composed) = compose(text);
    assert_eq!(composed.problems, []);
    let root = composed.root.expect("the text is valid");
    let tunnel = [Step::Key("tunnels"), Step::Key("edge-web")];
    let under = |rest: &[Step]| {
        let node = root.at(&[&tunnel[..], rest].concat()).expect("it is there");
        sources.text(node.span)
    };
    let rule = [Step::Key("ingress"), Step::Index(0)];
    assert_eq!(under(&rule), "{hostname: \"a.example.com\", path: ^/é}");
    assert_eq!(
        under(&[rule[0], rule[1], Step::Key("hostname")]),
        "\"a.example.com\""
    );
    assert_eq!(under(&[rule[0], rule[1], Step::Key("path")]), "^/é");
    assert_eq!(under(&[rule[0], Step::Index(1), Step::Key("service")]), "x");
    assert_eq!(under(&[Step::Key("dns")]), "");
    let key = root.key_at(&tunnel).expect("it is there");
    assert_eq!(sources.text(key), "edge-web");
    assert_eq!(root.at(&[Step::Key("owns"), Step::Index(0)]), None);
    assert_eq!(root.key_at(&[Step::Key("owns"), Step::Index(0)]), None);
}

#[test]
fn bom_crlf_and_a_tab_behind_a_colon_are_fine() {
    let (sources, composed) = compose("\u{feff}version:\t1\r\nstack: é # x\r\n");
    assert_eq!(composed.problems, []);
    let root = composed.root.expect("the text is valid");
    let stack = root.get("stack").expect("it is there");
    assert_eq!((sources.text(stack.span), stack.text()), ("é", "é"));
}

#[test]
fn tabs_as_indentation() {
    assert_snapshot!(refused("tunnels:\n\tedge:\n"), @r#"
    tunctl::tab_indentation

      × tab used for indentation
       ╭─[tunctl.yaml:2:1]
     1 │ tunnels:
     2 │     edge:
       · ──┬─
       ·   ╰── this is a tab
       ╰────
      help: indent with spaces
    "#);
    assert_snapshot!(refused("\tversion: 1\n"), @r#"
    tunctl::tab_indentation

      × tab used for indentation
       ╭─[tunctl.yaml:1:1]
     1 │     version: 1
       · ──┬─
       ·   ╰── this is a tab
       ╰────
      help: indent with spaces
    "#);
    assert_snapshot!(refused("owns: {\n\ttunnels: []\n\t}\nstack: x\n\ty\n"), @r#"
    tunctl::tab_indentation

      × tab used for indentation
       ╭─[tunctl.yaml:2:1]
     1 │ owns: {
     2 │     tunnels: []
       · ──┬─
       ·   ╰── this is a tab
     3 │     }
       ╰────
      help: indent with spaces
    "#);
}

#[test]
fn duplicate_keys_show_both_places() {
    assert_snapshot!(refused("stack: a\nversion: 1\nstack: b\nowns: {x: [], \"x\": []}\n"), @r#"
    tunctl::duplicate_key

      × duplicate key
       ╭─[tunctl.yaml:1:1]
     1 │ stack: a
       · ──┬──
       ·   ╰── first here
     2 │ version: 1
     3 │ stack: b
       · ──┬──
       ·   ╰── again here
     4 │ owns: {x: [], "x": []}
       ╰────
      help: keep one of them
    tunctl::duplicate_key

      × duplicate key
       ╭─[tunctl.yaml:4:8]
     3 │ stack: b
     4 │ owns: {x: [], "x": []}
       ·        ┬      ─┬─
       ·        │       ╰── again here
       ·        ╰── first here
       ╰────
      help: keep one of them
    "#);
}

#[test]
fn a_second_document() {
    assert_snapshot!(refused("version: 1\n---\nversion: 2\n"), @r#"
    tunctl::second_document

      × more than one YAML document
       ╭─[tunctl.yaml:2:1]
     1 │ version: 1
     2 │ ---
       · ─┬─
       ·  ╰── the second document starts here
     3 │ version: 2
       ╰────
      help: one file is one document: remove what does not belong to it, or make
            it a file of its own
    "#);
    assert_snapshot!(refused("a: 1\n...\nrest\n"), @r#"
    tunctl::second_document

      × more than one YAML document
       ╭─[tunctl.yaml:3:1]
     2 │ ...
     3 │ rest
       · ──┬─
       ·   ╰── the second document starts here
       ╰────
      help: one file is one document: remove what does not belong to it, or make
            it a file of its own
    "#);
}

#[test]
fn several_mistakes_in_one_run() {
    let text = "a: &base {x: 1}\nb: *bose\nc: *none\na: 2\nd: [1,\n---\n";
    assert_snapshot!(refused(text), @r#"
    tunctl::unknown_alias

      × unknown alias
       ╭─[tunctl.yaml:2:4]
     1 │ a: &base {x: 1}
     2 │ b: *bose
       ·    ──┬──
       ·      ╰── no `&bose` above
     3 │ c: *none
       ╰────
      help: did you mean `*base`?
    tunctl::unknown_alias

      × unknown alias
       ╭─[tunctl.yaml:3:4]
     2 │ b: *bose
     3 │ c: *none
       ·    ──┬──
       ·      ╰── no `&none` above
     4 │ a: 2
       ╰────
      help: write `&none` in front of the part to repeat, above this line
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:5:4]
     4 │ a: 2
     5 │ d: [1,
       ·    ┬
       ·    ╰── this bracket is not closed
     6 │ ---
       ╰────
      help: separate with `,`, and close what was opened
    tunctl::second_document

      × more than one YAML document
       ╭─[tunctl.yaml:6:1]
     5 │ d: [1,
     6 │ ---
       · ─┬─
       ·  ╰── the second document starts here
       ╰────
      help: one file is one document: remove what does not belong to it, or make
            it a file of its own
    "#);
}

#[test]
fn unclosed_brackets_and_quotes() {
    assert_snapshot!(refused("a: [1, 2\nb: 3\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:1:4]
     1 │ a: [1, 2
       ·    ┬
       ·    ╰── this bracket is not closed
     2 │ b: 3
       ·  ┬
       ·  ╰── no `:` can be here
       ╰────
      help: separate with `,`, and close what was opened
    "#);
    assert_snapshot!(refused("a: {b: 1\nc: 2\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:1:4]
     1 │ a: {b: 1
       ·    ┬
       ·    ╰── this bracket is not closed
     2 │ c: 2
       ·  ┬
       ·  ╰── expected `,` or `}` before this
       ╰────
      help: separate with `,`, and close what was opened
    "#);
    assert_snapshot!(refused("a: 'x\nb: 1\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:1:4]
     1 │ a: 'x
       ·    ┬
       ·    ╰── this quote is not closed
     2 │ b: 1
       ╰────
      help: close the quote
    "#);
}

#[test]
fn variables_between_brackets_need_quotes() {
    assert_snapshot!(refused("a: [x${A}]\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:1:4]
     1 │ a: [x${A}]
       ·    ┬  ┬
       ·    │  ╰── expected `,` or `]` before this
       ·    ╰── this bracket is not closed
       ╰────
      help: between brackets, quote a text with a variable: "${NAME}"
    "#);
}

#[test]
fn a_bracket_that_closes_nothing() {
    assert_snapshot!(refused("a: }\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:1:4]
     1 │ a: }
       ·    ┬
       ·    ╰── no bracket is open that this could close
       ╰────
      help: quote a text that starts with a special character
    "#);
}

#[test]
fn structure_that_does_not_fit() {
    assert_snapshot!(refused("a: b: c\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:1:5]
     1 │ a: b: c
       ·     ┬
       ·     ╰── no `:` can be here
       ╰────
      help: check the indentation of this line; quote a text that contains `: `
    "#);
    assert_snapshot!(refused("a:\n  - b\n c: d\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:3:2]
     2 │   - b
     3 │  c: d
       ·  ┬
       ·  ╰── expected a key of the mapping above
       ╰────
      help: indent this line like its neighbours; put a space behind `:` and `-`
    "#);
}

#[test]
fn lines_that_continue_or_end_a_value_by_mistake() {
    assert_snapshot!(refused("a: 1\n b: 2\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:2:3]
     1 │ a: 1
     2 │  b: 2
       ·   ┬
       ·   ╰── no `:` can be here
       ╰────
      help: check the indentation of this line; quote a text that contains `: `
    "#);
    assert_snapshot!(refused("- a\n-b\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:2:1]
     1 │ - a
     2 │ -b
       · ┬
       · ╰── expected `key: value` or `- item`
       ╰────
      help: indent this line like its neighbours; put a space behind `:` and `-`
    "#);
}

#[test]
fn texts_that_need_quotes() {
    assert_snapshot!(refused("a: @x\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:1:4]
     1 │ a: @x
       ·    ┬
       ·    ╰── no text can start with this
       ╰────
      help: quote a text that starts with a special character
    "#);
    assert_snapshot!(refused("a: *\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:1:4]
     1 │ a: *
       ·    ┬
       ·    ╰── an anchor or alias needs a name
       ╰────
      help: quote a text that starts with a special character
    "#);
    assert_snapshot!(refused("a: \"\\z\"\n"), @r#"
    tunctl::yaml_syntax

      × invalid YAML
       ╭─[tunctl.yaml:1:4]
     1 │ a: "\z"
       ·    ┬
       ·    ╰── this text has a backslash before a letter that cannot be escaped
       ╰────
      help: double the backslash, or use single quotes
    "#);
}

#[test]
fn files_without_a_mapping() {
    assert_snapshot!(refused(""), @r#"
    tunctl::empty_file

      × the file is empty
       ╭─[tunctl.yaml:1:1]
       ╰────
      help: `tunctl init` writes a commented starter file
    "#);
    assert_snapshot!(refused("# nothing\n"), @r#"
    tunctl::empty_file

      × the file is empty
       ╭─[tunctl.yaml:1:1]
     1 │ # nothing
       · ▲
       · ╰── nothing is declared here
       ╰────
      help: `tunctl init` writes a commented starter file
    "#);
    assert_snapshot!(refused("---\n"), @r#"
    tunctl::empty_file

      × the file is empty
       ╭─[tunctl.yaml:1:1]
     1 │ ---
       · ▲
       · ╰── nothing is declared here
       ╰────
      help: `tunctl init` writes a commented starter file
    "#);
    assert_snapshot!(refused("- a\n- b\n"), @r#"
    tunctl::not_a_mapping

      × the file is not a mapping
       ╭─[tunctl.yaml:1:1]
     1 │ - a
       · ─┬─
       ·  ╰── expected `key: value`
     2 │ - b
       ╰────
      help: a manifest starts with `version: 1`
    "#);
    assert_snapshot!(refused("~\n"), @r#"
    tunctl::not_a_mapping

      × the file is not a mapping
       ╭─[tunctl.yaml:1:1]
     1 │ ~
       · ┬
       · ╰── expected `key: value`
       ╰────
      help: a manifest starts with `version: 1`
    "#);
}

#[test]
fn keys_that_are_no_texts() {
    assert_snapshot!(refused("? [a, b]\n: c\n{d: e}: f\n*x : g\n"), @r#"
    tunctl::key_not_scalar

      × a key must be a text
       ╭─[tunctl.yaml:1:3]
     1 │ ? [a, b]
       ·   ───┬──
       ·      ╰── this key is a list
     2 │ : c
       ╰────
      help: write a plain word in front of the `:`; quote a text that starts with
            `[`, `{` or `?`
    tunctl::key_not_scalar

      × a key must be a text
       ╭─[tunctl.yaml:3:1]
     2 │ : c
     3 │ {d: e}: f
       · ───┬──
       ·    ╰── this key is a mapping
     4 │ *x : g
       ╰────
      help: write a plain word in front of the `:`; quote a text that starts with
            `[`, `{` or `?`
    tunctl::unknown_alias

      × unknown alias
       ╭─[tunctl.yaml:4:1]
     3 │ {d: e}: f
     4 │ *x : g
       · ─┬
       ·  ╰── no `&x` above
       ╰────
      help: write `&x` in front of the part to repeat, above this line
    "#);
}

#[test]
fn tags_that_change_the_meaning() {
    assert_snapshot!(refused("a: !secret x\nb: !!str 5\nc: !!binary aGk=\nd: ! x\n"), @r#"
    tunctl::yaml_tag

      × YAML tags are not supported
       ╭─[tunctl.yaml:1:4]
     1 │ a: !secret x
       ·    ───┬───
       ·       ╰── without the tag, this is a text
     2 │ b: !!str 5
       ╰────
      help: remove the tag; write a text that looks like a number in quotes
    tunctl::yaml_tag

      × YAML tags are not supported
       ╭─[tunctl.yaml:2:4]
     1 │ a: !secret x
     2 │ b: !!str 5
       ·    ──┬──
       ·      ╰── without the tag, this is a whole number
     3 │ c: !!binary aGk=
       ╰────
      help: remove the tag; write a text that looks like a number in quotes
    tunctl::yaml_tag

      × YAML tags are not supported
       ╭─[tunctl.yaml:3:4]
     2 │ b: !!str 5
     3 │ c: !!binary aGk=
       ·    ────┬───
       ·        ╰── without the tag, this is a text
     4 │ d: ! x
       ╰────
      help: remove the tag; write a text that looks like a number in quotes
    tunctl::yaml_tag

      × YAML tags are not supported
       ╭─[tunctl.yaml:4:4]
     3 │ c: !!binary aGk=
     4 │ d: ! x
       ·    ┬
       ·    ╰── without the tag, this is a text
       ╰────
      help: remove the tag; write a text that looks like a number in quotes
    "#);
    let same = "a: !!str x\nb: !!int 5\nc: !!map {d: !!seq [!!null ~, !!bool true, !!float 1.5]}\n";
    assert_eq!(refused(same), "");
}

#[test]
fn merge_keys_take_mappings_only() {
    assert_snapshot!(refused("a: &a [1]\nb: {<<: *a}\nc: {<<: x}\n"), @r#"
    tunctl::merge_key

      × `<<` merges mappings only
       ╭─[tunctl.yaml:1:8]
     1 │ a: &a [1]
       ·        ┬
       ·        ╰── this is no mapping
     2 │ b: {<<: *a}
       ·     ─┬
       ·      ╰── merged here
     3 │ c: {<<: x}
       ╰────
      help: write `<<: *anchor`, where `&anchor` stands in front of a mapping
    tunctl::merge_key

      × `<<` merges mappings only
       ╭─[tunctl.yaml:3:5]
     2 │ b: {<<: *a}
     3 │ c: {<<: x}
       ·     ─┬  ┬
       ·      │  ╰── this is no mapping
       ·      ╰── merged here
       ╰────
      help: write `<<: *anchor`, where `&anchor` stands in front of a mapping
    "#);
}

#[test]
fn an_anchor_cannot_contain_itself() {
    assert_snapshot!(refused("a: &a {b: [*a]}\n"), @r#"
    tunctl::recursive_alias

      × an alias inside its own anchor
       ╭─[tunctl.yaml:1:12]
     1 │ a: &a {b: [*a]}
       ·            ─┬
       ·             ╰── this would contain itself without end
       ╰────
      help: set the anchor in front of a part that ends above this line
    "#);
}

#[test]
fn control_characters() {
    assert_snapshot!(refused("a: \u{9b}\u{1b}[31m\n"), @r#"
    tunctl::control_character

      × control character in the file
       ╭─[tunctl.yaml:1:4]
     1 │ a: ·?[31m
       ·    ┬
       ·    ╰── U+009B is not allowed in YAML
       ╰────
      help: delete it, or write it as "\u009b" in double quotes
    "#);
    assert_snapshot!(refused("a: b\0\n"), @r#"
    tunctl::control_character

      × control character in the file
       ╭─[tunctl.yaml:1:5]
     1 │ a: b?
       ·     ┬
       ·     ╰── U+0000 is not allowed in YAML
       ╰────
      help: delete it, or write it as "\u0000" in double quotes
    "#);
}

#[test]
fn bytes_that_are_not_utf8() {
    assert_snapshot!(refused_bytes(b"stack: caf\xe9\nx: \xff\n"), @r#"
    tunctl::invalid_utf8

      × the file is not UTF-8
       ╭─[tunctl.yaml:1:11]
     1 │ stack: caf�
       ·           ┬
       ·           ╰── byte 10 is 0xe9, which is not part of UTF-8 text
     2 │ x: �
       ╰────
      help: save the file as UTF-8
    "#);
    assert_snapshot!(refused_bytes(b"stack: \xe2\x82"), @r#"
    tunctl::invalid_utf8

      × the file is not UTF-8
       ╭─[tunctl.yaml:1:8]
     1 │ stack: �
       ·        ┬
       ·        ╰── byte 7 is 0xe2, which is not part of UTF-8 text
       ╰────
      help: save the file as UTF-8
    "#);
    assert_snapshot!(refused_bytes(b"\xff\xfea\0:\0 \0b\0"), @r#"
    tunctl::invalid_utf8

      × the file is not UTF-8
       ╭─[tunctl.yaml:1:1]
     1 │ ��a?:? ?b?
       · ┬
       · ╰── byte 0 is 0xff, which is not part of UTF-8 text
       ╰────
      help: the file is UTF-16: save it as UTF-8
    "#);
}

#[test]
fn merge_keys_are_applied_and_explicit_keys_win() {
    let text = "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\nall: {<<: [*one, *two], a: 0}\n";
    let (_, composed) = compose(text);
    assert_eq!(composed.problems, []);
    let root = composed.root.expect("the text is valid");
    let all = tunctl::manifest::yaml::core::lower(&root);
    assert_eq!(all["all"], serde_json::json!({"a": 0, "b": 1, "c": 2}));
}

#[test]
fn billion_laughs_end_at_the_alias_that_exceeds_the_budget() {
    let mut lines = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x]".to_owned()];
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        let aliases = [alias.as_str(); 9].join(", ");
        lines.push(format!("a{level}: &a{level} [{aliases}]"));
    }
    let text = lines.join("\n");
    let mut budget = Budget::default();
    let mut sources = Sources::default();
    let composed = read(&mut sources, "bomb.yaml", text.as_bytes(), &mut budget);
    assert!(composed.root.is_none());
    assert_snapshot!(render(&composed.problems, &sources), @r#"
    tunctl::alias_budget

      × the aliases stand for too much
       ╭─[bomb.yaml:6:10]
     5 │ a4: &a4 [*a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3]
     6 │ a5: &a5 [*a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4]
       ·          ─┬─
       ·           ╰── written out, this is more than 10000 aliases or 67108864 bytes
     7 │ a6: &a6 [*a5, *a5, *a5, *a5, *a5, *a5, *a5, *a5, *a5]
       ╰────
      help: do not repeat parts that themselves repeat parts
    "#);
    assert!(budget.spent.alias_expansions <= budget.alias_expansions);
    assert!(budget.spent.nodes < 100, "{:?}", budget.spent);
}

#[test]
fn aliases_of_a_large_part_are_counted_by_what_they_repeat() {
    let mut budget = Budget {
        bytes: 1_000,
        ..Budget::default()
    };
    let part = "x".repeat(300);
    let text = format!("a: &a {part}\nb: *a\nc: *a\nd: *a\n");
    let mut sources = Sources::default();
    let composed = read(&mut sources, "x.yaml", text.as_bytes(), &mut budget);
    let codes: Vec<&str> = composed.problems.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["tunctl::alias_budget"]);
    assert_eq!(sources.text(composed.problems[0].labels[0].0), "*a");
    assert_eq!(budget.spent.bytes, text.len() + 2 * 300);
}

#[test]
fn ten_thousand_aliases_are_the_limit() {
    let text = |aliases: usize| format!("a: &a 1\nb: [{}]\n", vec!["*a"; aliases].join(","));
    assert_eq!(codes(&text(10_000)), [""; 0]);
    assert_eq!(codes(&text(10_001)), ["tunctl::alias_budget"]);
}

#[test]
fn sixty_four_levels_are_the_limit() {
    let flow = |levels: usize| format!("a: {}{}\n", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(codes(&flow(63)), [""; 0]);
    assert_eq!(codes(&flow(64)), ["tunctl::depth_limit"]);
    let through_an_alias = format!(
        "a: &a {0}{1}\nb: {0}*a{1}\n",
        "[".repeat(32),
        "]".repeat(32)
    );
    assert_eq!(codes(&through_an_alias), ["tunctl::depth_limit"]);
}

#[test]
fn a_hundred_thousand_levels_stop_the_parser_at_the_limit() {
    for opening in ["[", "- ", "{a: ", "? ", "[{a: ", "- ? "] {
        let text = opening.repeat(100_000);
        let mut budget = Budget::default();
        let composed = read(
            &mut Sources::default(),
            "deep.yaml",
            text.as_bytes(),
            &mut budget,
        );
        let codes: Vec<&str> = composed.problems.iter().map(|found| found.code).collect();
        assert_eq!(codes, ["tunctl::depth_limit"], "{opening}");
        assert!(budget.spent.nodes <= 2 * budget.depth, "{:?}", budget.spent);
        assert!(budget.spent.depth <= budget.depth);
        let mark = composed.problems[0].labels[0].0.start;
        assert!(mark < 1_000, "the parser went on to byte {mark}");
    }
}

#[test]
fn a_file_over_the_budget_is_not_looked_into() {
    let mut budget = Budget {
        bytes: 100,
        ..Budget::default()
    };
    let mut sources = Sources::default();
    let main = read(&mut sources, "a.yaml", b"a: 1\n", &mut budget);
    assert_eq!(main.problems, []);
    assert_eq!((budget.spent.bytes, budget.room()), (5, 95));
    let before = budget.spent;
    let large = read(&mut sources, "b.yaml", &[b'\xff'; 96], &mut budget);
    assert_eq!(budget.spent, before);
    assert_snapshot!(render(&large.problems, &sources), @r#"
    tunctl::file_too_large

      × `b.yaml` is too large
      help: a manifest and its includes may have 100 bytes together, of which 95
            are left
    "#);
    let fits = read(&mut sources, "c.yaml", &[b'#'; 95], &mut budget);
    assert_eq!(fits.problems[0].code, "tunctl::empty_file");
    assert_eq!(budget.room(), 0);
}

#[test]
fn beyond_a_thousand_problems_the_last_one_says_how_many_more_there_are() {
    let text = format!("a: [{}]\n", vec!["*x"; 5_000].join(","));
    let (_, composed) = compose(&text);
    assert_eq!(composed.problems.len(), 1_001);
    assert_eq!(composed.problems[1_000].message, "and 4,000 more problems");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        judge(&bytes);
    }

    #[test]
    fn arbitrary_yaml_like_texts_never_panic(
        parts in proptest::collection::vec(proptest::sample::select(TOKENS), 0..60)
    ) {
        judge(parts.concat().as_bytes());
    }
}

/// What YAML is made of, so that random texts get past the first letter.
const TOKENS: &[&str] = &[
    "a",
    "b: ",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ": ",
    "? ",
    "&x ",
    "*x",
    "*y",
    "<<: ",
    "!!str ",
    "!t ",
    "'",
    "\"",
    "\\",
    "|\n",
    ">-\n",
    "#",
    " # c",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "é",
    "\u{feff}",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\0",
    "~",
    "1.5",
    "@",
    "`",
];

/// Reads and renders; every label must lie inside the text, on the borders of letters.
fn judge(bytes: &[u8]) {
    let mut sources = Sources::default();
    let mut budget = Budget {
        alias_expansions: 20,
        depth: 8,
        ..Budget::default()
    };
    let composed = read(&mut sources, "any.yaml", bytes, &mut budget);
    assert!(composed.root.is_some() || !composed.problems.is_empty());
    let text = &sources.get(composed.source).expect("it was added").text;
    for (span, _) in composed.problems.iter().flat_map(|found| &found.labels) {
        assert!(
            text.get(span.start..span.end).is_some(),
            "{span:?} in {text:?}"
        );
    }
    render(&composed.problems, &sources);
    assert!(budget.spent.alias_expansions <= 20 && budget.spent.depth <= 8);
}

fn compose(text: &str) -> (Sources, Composed) {
    let mut sources = Sources::default();
    let composed = read(
        &mut sources,
        "tunctl.yaml",
        text.as_bytes(),
        &mut Budget::default(),
    );
    (sources, composed)
}

fn codes(text: &str) -> Vec<&'static str> {
    compose(text)
        .1
        .problems
        .iter()
        .map(|found| found.code)
        .collect()
}

fn refused(text: &str) -> String {
    refused_bytes(text.as_bytes())
}

fn refused_bytes(bytes: &[u8]) -> String {
    let mut sources = Sources::default();
    let composed = read(&mut sources, "tunctl.yaml", bytes, &mut Budget::default());
    render(&composed.problems, &sources)
}
