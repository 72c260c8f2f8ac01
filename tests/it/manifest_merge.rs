//! A manifest and what it includes: sections put together, contradictions shown at both places.

use insta::assert_snapshot;
use serde_json::json;
use tunctl::manifest::merge::merge;
use tunctl::manifest::yaml::core::lower;
use tunctl::manifest::yaml::{Budget, Node, Step, read};
use tunctl::problem::Problem;
use tunctl::source::Sources;

use crate::support::report::render;

fn merged(texts: &[&str]) -> (Sources, Node, Vec<Problem>) {
    let mut sources = Sources::default();
    let mut budget = Budget::default();
    let mut roots = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let name = ["tunctl.yaml", "tunnels/a.yaml", "tunnels/b.yaml"][index];
        let composed = read(&mut sources, name, text.as_bytes(), &mut budget);
        assert_eq!(composed.problems, []);
        roots.push(composed.root.expect("the text is valid YAML"));
    }
    let (node, problems) = merge(&roots[0], &roots[1..]);
    (sources, node, problems)
}

const MAIN: &str = "\
version: 1
owns: {tunnels: [\"a-*\"]}
removed: [tunnel.x]
tunnels:
  web: {protect: true}
sinks:
";
const A: &str = "\
tunnels: {api: {}, web2: {}}
owns: {tunnels: [\"b-*\"], apiTokens: [t]}
removed: [tunnel.y]
sinks: {file: {}}
limits: {deletes: 1}
";
const B: &str = "tunnels:\nlimits: {updatePercent: 2}\n";

#[test]
fn sections_merge_and_lists_are_joined_in_the_order_of_the_files() {
    let (_, node, problems) = merged(&[MAIN, A, B]);
    assert_eq!(problems, []);
    let expected = json!({
        "version": 1,
        "owns": {"tunnels": ["a-*", "b-*"], "apiTokens": ["t"]},
        "removed": ["tunnel.x", "tunnel.y"],
        "tunnels": {"web": {"protect": true}, "api": {}, "web2": {}},
        "sinks": {"file": {}},
        "limits": {"deletes": 1, "updatePercent": 2},
    });
    assert_eq!(lower(&node), expected);
}

#[test]
fn every_part_keeps_its_place_in_its_own_file() {
    let (sources, node, _) = merged(&[MAIN, A, B]);
    let path = [Step::Key("tunnels"), Step::Key("web2")];
    let key = node.key_at(&path).expect("it was merged");
    assert_eq!((key.source, sources.text(key)), (1, "web2"));
    let pattern = [Step::Key("owns"), Step::Key("tunnels"), Step::Index(1)];
    let pattern = node.at(&pattern).expect("it was merged").span;
    assert_eq!((pattern.source, sources.text(pattern)), (1, "\"b-*\""));
}

#[test]
fn one_file_stays_as_it_is() {
    let (_, node, problems) = merged(&["include: [x]\ntunnels:\n"]);
    assert_eq!(problems, []);
    assert_eq!(lower(&node), json!({"include": ["x"], "tunnels": null}));
}

#[test]
fn what_two_files_declare_is_shown_in_both() {
    let main = "version: 1\ntunnels:\n  web: {}\nlimits: {deletes: 1}\n";
    let a = "version: 1\ntunnels: {web: {}}\n";
    let (sources, _, problems) = merged(&[main, a]);
    assert_snapshot!(render(&problems, &sources), @r#"
    tunctl::declared_twice

      × declared twice
       ╭─[tunnels/a.yaml:1:1]
     1 │ version: 1
       · ───┬───
       ·    ╰── `version` again here
     2 │ tunnels: {web: {}}
       ╰────
      help: keep one of them: files are put together, none overrides another

    Advice: tunctl::declared_twice

      ☞ the other place
       ╭─[tunctl.yaml:1:1]
     1 │ version: 1
       · ───┬───
       ·    ╰── first here
     2 │ tunnels:
       ╰────
    tunctl::declared_twice

      × declared twice
       ╭─[tunnels/a.yaml:2:11]
     1 │ version: 1
     2 │ tunnels: {web: {}}
       ·           ─┬─
       ·            ╰── `tunnels.web` again here
       ╰────
      help: keep one of them: files are put together, none overrides another

    Advice: tunctl::declared_twice

      ☞ the other place
       ╭─[tunctl.yaml:3:3]
     2 │ tunnels:
     3 │   web: {}
       ·   ─┬─
       ·    ╰── first here
     4 │ limits: {deletes: 1}
       ╰────
    "#);
}

#[test]
fn the_third_file_is_compared_with_the_first_and_types_must_agree() {
    let (sources, node, problems) = merged(&[
        "limits: {deletes: 1}\n",
        "limits: {deletes: 2}\n",
        "limits: [x]\n",
    ]);
    assert_snapshot!(render(&problems, &sources), @r#"
    tunctl::declared_twice

      × declared twice
       ╭─[tunnels/a.yaml:1:1]
     1 │ limits: {deletes: 2}
       · ───┬──
       ·    ╰── `limits` again here
       ╰────
      help: keep one of them: files are put together, none overrides another

    Advice: tunctl::declared_twice

      ☞ the other place
       ╭─[tunctl.yaml:1:1]
     1 │ limits: {deletes: 1}
       · ───┬──
       ·    ╰── first here
       ╰────
    tunctl::declared_twice

      × declared twice
       ╭─[tunnels/b.yaml:1:1]
     1 │ limits: [x]
       · ───┬──
       ·    ╰── `limits` again here
       ╰────
      help: keep one of them: files are put together, none overrides another

    Advice: tunctl::declared_twice

      ☞ the other place
       ╭─[tunctl.yaml:1:1]
     1 │ limits: {deletes: 1}
       · ───┬──
       ·    ╰── first here
       ╰────
    "#);
    assert_eq!(lower(&node), json!({"limits": {"deletes": 1}}));
}

#[test]
fn an_included_file_includes_nothing() {
    let (sources, _, problems) = merged(&["include: [a]\n", "include: [b]\n"]);
    assert_snapshot!(render(&problems, &sources), @r#"
    tunctl::nested_include

      × `include` in an included file
       ╭─[tunnels/a.yaml:1:1]
     1 │ include: [b]
       · ───┬───
       ·    ╰── this file is included itself
       ╰────
      help: name all files in the `include` of the manifest
    "#);
}
