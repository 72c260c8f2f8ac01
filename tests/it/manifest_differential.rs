//! The same documents through another reader: `serde_yaml`, which is built on libyaml.
//!
//! Where the two disagree on purpose:
//! - a byte order mark: `serde_yaml` takes the text for two documents;
//! - duplicate keys: `serde_yaml` refuses them too, but only in its own values;
//! - `<<`: `serde_yaml` leaves it to the caller (`apply_merge`, which is called here);
//! - keys: `serde_yaml` keeps `1` and `"1"` apart, here every key is a text;
//! - `.inf` and `.nan`: texts here, because JSON has no such numbers;
//! - whole numbers beyond 64 bits: the nearest float here;
//! - `-0x1`, `+0o7` and `0b1`: numbers of YAML 1.1, texts in 1.2;
//! - U+0085, U+2028 and U+2029: line breaks in YAML 1.1, letters in 1.2.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tunctl::manifest::yaml::core::lower;
use tunctl::manifest::yaml::{Budget, read, to_yaml};
use tunctl::source::Sources;

use crate::support::report::render;

fn ours(text: &str) -> Value {
    let mut sources = Sources::default();
    let composed = read(
        &mut sources,
        "x.yaml",
        text.as_bytes(),
        &mut Budget::default(),
    );
    assert_eq!(
        composed.problems,
        [],
        "{}",
        render(&composed.problems, &sources)
    );
    lower(&composed.root.expect("there are no problems"))
}

fn theirs(text: &str) -> Value {
    let mut value: serde_yaml::Value = serde_yaml::from_str(text).expect("libyaml reads it");
    value.apply_merge().expect("only mappings are merged");
    json(&value)
}

fn json(value: &serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Sequence(items) => items.iter().map(json).collect(),
        serde_yaml::Value::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| {
                (
                    key.as_str().expect("keys are texts").to_owned(),
                    json(value),
                )
            })
            .collect::<Map<_, _>>()
            .into(),
        serde_yaml::Value::Tagged(tagged) => json(&tagged.value),
        serde_yaml::Value::Null
        | serde_yaml::Value::Bool(_)
        | serde_yaml::Value::Number(_)
        | serde_yaml::Value::String(_) => {
            serde_json::to_value(value).expect("scalars are JSON scalars")
        }
    }
}

/// Everything that YAML has and manifests may have.
const GALLERY: &[&str] = &[
    "a: 1\nb: -2\nc: +3\nd: 0x1f\ne: 0o17\nf: 1.5\ng: .5\nh: 1e3\ni: -1.5E-3\nj: 0\nk: 0.0\nl: 18446744073709551615\n",
    "a: true\nb: True\nc: TRUE\nd: false\ne: yes\nf: no\ng: on\nh: off\ni: y\nj: tRue\n",
    "a:\nb: ~\nc: null\nd: Null\ne: NULL\nf: nULL\ng: ''\n",
    "a: 007\nb: 1_000\nc: 12:30\nd: 2027-06-30\ne: 2027-06-30T00:00:00Z\nf: 1.2.3\ng: 0x\nh: 1e\ni: 10.20.0.0/16\n",
    "a: plain text # comment\nb: 'it''s'\nc: \"a\\tb\\n\\u00e9\\x41\\\\\\\"\"\nd: a#b\ne: http://api:8080\n",
    "a: |\n  one\n   two\n\n  three\n\nb: >\n  one\n  two\n\n  three\nc: |-\n  x\nd: |+\n  x\n\ne: >-\n  x\n  y\n",
    "a: one\n  two\n\n  three\nb: 'one\n  two'\nc: \"one\\\n  two\"\n",
    "a: [1, [2, 3], {b: c, d: }, \"x\", 'y', ]\ne: {}\nf: []\n",
    "a:\n- 1\n-\n  - 2\n- - 3\n  - 4\n- b: 5\n  c: 6\nd:\n  - e\n",
    "? a\n: b\n? c\n",
    "a: &x {b: 1}\nc: *x\nd: [*x, &y z, *y]\n",
    "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\none: {<<: *base, b: 9}\ntwo: {<<: [*base, *more], d: 5}\n",
    "---\na: 1\n...\n",
    "# c\n\na: 1 # d\n# e\nb: # f\n  # g\n  c: 2\n",
    "a:\t1\nb: \"x\"\t# c\n",
    "\"a b\": 1\n'c: d': 2\ne-f.g/h: 3\n",
    "%YAML 1.2\n---\na: 1\n",
    "a: 1\r\nb:\r\n  - x\r\n  - |\r\n    y\r\n    z\r\n",
    "\u{e9}: \u{1f600}\n\u{65e5}: \"\u{672c}\"\n",
];

#[test]
fn valid_documents_mean_the_same_to_both_readers() {
    for text in GALLERY {
        assert_eq!(ours(text), theirs(text), "{text}");
    }
}

#[test]
fn the_disagreements_are_the_known_ones() {
    let read = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text);
    let bom = "\u{feff}a: 1\nb: 2\n";
    assert_eq!(ours(bom), json!({"a": 1, "b": 2}));
    assert!(read(bom).is_err());
    let keys = "1: a\ntrue: b\n";
    assert_eq!(ours(keys), json!({"1": "a", "true": "b"}));
    assert_eq!(read(keys).expect("libyaml reads it")[1], "a");
    let infinite = "[.inf, -.INF, .nan]";
    assert_eq!(
        ours(&format!("a: {infinite}")),
        json!({"a": [".inf", "-.INF", ".nan"]})
    );
    assert!(read(infinite).expect("libyaml reads it")[0].is_f64());
    let large = "a: 18446744073709551616\n";
    assert_eq!(ours(large), json!({"a": 18_446_744_073_709_551_616.0}));
    assert!(read(large).is_err());
    let signed = "a: [-0x1, +0o7, 0b1]\n";
    assert_eq!(ours(signed), json!({"a": ["-0x1", "+0o7", "0b1"]}));
    assert_eq!(theirs(signed), json!({"a": [-1, 7, 1]}));
    let breaks = "a: \"x\u{85}y\"\n";
    assert_eq!(ours(breaks), json!({"a": "x\u{85}y"}));
    assert_eq!(theirs(breaks), json!({"a": "x y"}));
    assert!(read("a: 1\na: 2\n").is_err());
}

#[test]
fn texts_that_another_reader_would_misread_are_quoted() {
    let value = json!({
        "version": "1.10",
        "words": ["yes", "on", "null", "~", "", " x ", "1_000", "2027-06-30", "12:30"],
        "signs": ["*.example.com", "- a", "a: b", "a #b", "@x", "!x", "{a}", "<<", "="],
        "numbers": [1, -2, 1.5, true, null],
        "empty": [{}, []],
        "lines": "one\ntwo\n",
        "long": "x ".repeat(60).trim_end(),
        "yes": {"<<": {"a": 1}},
    });
    assert_snapshot!(to_yaml(&value), @r#"
    version: "1.10"
    words:
    - "yes"
    - "on"
    - "null"
    - "~"
    - ""
    - " x "
    - "1_000"
    - "2027-06-30"
    - "12:30"
    signs:
    - "*.example.com"
    - "- a"
    - "a: b"
    - "a #b"
    - "@x"
    - "!x"
    - "{a}"
    - "<<"
    - "="
    numbers:
    - 1
    - -2
    - 1.5
    - true
    - null
    empty:
    - {}
    - []
    lines: "one\ntwo\n"
    long: x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
    "yes":
      "<<":
        a: 1
    "#);
    assert_eq!(ours(&to_yaml(&value)), value);
    assert_eq!(theirs_unmerged(&to_yaml(&value)), value);
}

fn theirs_unmerged(text: &str) -> Value {
    json(&serde_yaml::from_str(text).expect("libyaml reads it"))
}

/// Texts that are easily misread.
const AWKWARD: &[&str] = &[
    "",
    " ",
    "~",
    "null",
    "yes",
    "No",
    "on",
    "y",
    "n",
    "true",
    "FALSE",
    "1",
    "-1",
    "007",
    "0x1f",
    "0o7",
    "1_0",
    "1e3",
    "1.",
    ".5",
    ".inf",
    ".nan",
    "12:30",
    "1:2:3",
    "2027-06-30",
    "<<",
    "=",
    "-",
    "--- a",
    "...",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a:",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "|-",
    "@a",
    "`a",
    "%a",
    "{",
    "}",
    "[",
    "]",
    ",",
    "[a]",
    "{a: b}",
    "'",
    "''",
    "\"",
    "\\",
    "a\nb",
    "\n",
    "a\n",
    "\na",
    "\ta",
    "a\t",
    " a",
    "a ",
    "\r",
    "a\rb",
    "\u{7f}",
    "\u{1b}",
    "\0",
    "\u{feff}a",
    "\u{a0}",
    "\u{e9}",
    "\u{1f600}",
    "a\u{fffe}",
];

/// Texts that are easily misread, or anything.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => proptest::sample::select(AWKWARD).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[ -~\n\t]{0,90}",
    ]
    .prop_filter("line breaks in YAML 1.1", |text| {
        !text.contains(['\u{85}', '\u{2028}', '\u{2029}'])
    })
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i16>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        text().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    let entries = proptest::collection::btree_map(text(), value(), 1..5);
    entries.prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal_through_both_readers(value in document()) {
        let text = to_yaml(&value);
        prop_assert_eq!(&ours(&text), &value, "{}", text);
        prop_assert_eq!(&theirs_unmerged(&text), &value, "{}", text);
    }

    #[test]
    fn what_others_write_reads_back_equal(value in document()) {
        // JSON leaves DEL and its like as they are; a YAML text may not have them.
        let disallowed = |letter| matches!(letter, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
        prop_assume!(!value.to_string().contains(disallowed));
        let pretty = serde_json::to_string_pretty(&value).expect("it is JSON");
        prop_assert_eq!(&ours(&pretty), &value, "{}", pretty);
        let compact = value.to_string();
        prop_assert_eq!(&ours(&compact), &value, "{}", compact);
    }
}
