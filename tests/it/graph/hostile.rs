//! Names from elsewhere, in every format.

use std::collections::BTreeMap;

use proptest::prelude::*;
use quick_xml::events::Event;
use serde_json::Value;
use tunctl::address::Address;
use tunctl::cloudflare::tunnel::Status;
use tunctl::graph::{Graph, Health, Name, Network, Part, Rule, Trace, Tunnel};
use tunctl::manifest::yaml::Budget;
use tunctl::manifest::{self, Manifest};
use tunctl::render::graph::{dot, json, mermaid, outline, svg};
use tunctl::source::Sources;

const EVIL: [&str; 9] = [
    "\"]) --> x; end\nsubgraph y",
    "</title></text></svg><script>alert(1)</script>",
    "&lt;&amp;&#10;]]>--><!-- %% {{x}} |\"a\"|",
    "\u{202e}gnp.\u{2066}exe\u{200b}\u{feff}",
    "\u{1b}[2J\u{9b}31m\u{0}\u{fffe}\u{ffff}",
    "\\N\\G\\l\\\"; n0 -> n1 [label=\"\\",
    "#quot; `md` <br/> ##[error]x",
    "日本語の名前がとても長い日本語の名前がとても長い日本語の名前がとても長い",
    "\r\n::error::x",
];

fn written(write: impl Fn(&mut Vec<u8>)) -> String {
    let mut text = Vec::new();
    write(&mut text);
    String::from_utf8(text).expect("text is UTF-8")
}

fn in_svg(graph: &Graph) -> String {
    written(|to| svg(to, graph).unwrap())
}

/// The names of all elements; fails if they are not well-formed, or if a text is not what XML
/// allows.
fn elements(svg: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut open = Vec::new();
    let mut names = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) => {
                assert!(tag.attributes().all(|it| it.is_ok()));
                open.push(tag.name().as_ref().to_owned());
                names.extend(open.last().cloned());
            }
            Event::Empty(tag) => {
                assert!(tag.attributes().all(|it| it.is_ok()));
                names.push(tag.name().as_ref().to_owned());
            }
            Event::End(tag) => assert_eq!(open.pop().as_deref(), Some(tag.name().as_ref())),
            Event::GeneralRef(reference) => {
                let known = ["amp", "lt", "gt", "quot", "#35"];
                let name: &str = &reference;
                assert!(known.contains(&name), "&{name};");
            }
            Event::Eof => break,
            Event::Text(_) | Event::Comment(_) => {}
            Event::CData(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                panic!("none of ours")
            }
        }
    }
    assert!(open.is_empty() && names.first().is_some_and(|it| it == "svg"));
    let is_legal =
        |it: char| it == '\n' || !(it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}'));
    assert!(svg.chars().all(is_legal));
    names
}

/// Every line of DOT is one statement with whole strings; what stands outside of them is ours.
fn is_sound_dot(text: &str) {
    for line in text.lines().skip(1) {
        let mut outside = String::new();
        let (mut inside, mut escape) = (false, false);
        for character in line.chars() {
            match character {
                _ if escape => escape = false,
                '\\' if inside => escape = true,
                '"' => inside = !inside,
                _ if !inside => outside.push(character),
                _ => {}
            }
        }
        assert!(!inside && !escape, "{line}");
        let ours = |it: char| it.is_ascii_alphanumeric() || " ={}[],;_->".contains(it);
        assert!(outside.chars().all(ours), "{line}");
        assert!(
            outside.is_empty() || outside.ends_with([';', '{', '}']) || outside.ends_with(','),
            "{line}"
        );
    }
}

/// Every line of Mermaid is one statement, and labels are nothing but plain letters and entities.
fn is_sound_mermaid(text: &str) {
    assert!(text.len() <= 50_000);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("%% made by tunctl graph"));
    assert!(
        lines
            .next()
            .is_some_and(|it| it.starts_with("%% Topology of ") && !it.contains(['{', '}']))
    );
    assert_eq!(lines.next(), Some("flowchart LR"));
    for line in lines {
        let parts: Vec<&str> = line.split('"').collect();
        assert!(matches!(parts.len(), 1 | 3), "{line}");
        if let [begin, label, end] = parts.as_slice() {
            let plain = |it: char| it.is_ascii_alphanumeric() || "./-_ #;".contains(it);
            assert!(label.chars().all(plain), "{line}");
            assert!(
                begin.ends_with(['[', '(', '{', '|']) && end.starts_with([']', ')', '}', '|']),
                "{line}"
            );
        }
        let word = line.split_whitespace().next().unwrap_or_default();
        let known = ["subgraph", "end", "direction", "class", "classDef"];
        let is_node = word.starts_with(['n', 'v']);
        assert!(known.contains(&word) || is_node, "{line}");
    }
    assert_eq!(
        text.matches("subgraph t").count(),
        text.matches("  end\n").count()
    );
}

fn is_sound(graph: &Graph) {
    let names = elements(&in_svg(graph));
    for name in names {
        let ours = ["svg", "title", "style", "rect", "text", "g", "path"];
        assert!(ours.contains(&name.as_str()), "{name}");
    }
    is_sound_dot(&written(|to| dot(to, graph).unwrap()));
    is_sound_mermaid(&written(|to| drop(mermaid(to, graph).unwrap())));
    let outline = written(|to| outline(to, graph).unwrap());
    assert!(!outline.contains(|it: char| it != '\n' && it.is_control()));
    let text = json(graph).to_string();
    assert!(serde_json::from_str::<Value>(&text).is_ok());
}

fn of(texts: &[String], trace: Trace) -> Graph {
    let text = |index: usize| texts[index % texts.len()].clone();
    let rule = |position: usize| Rule {
        position,
        path: (!position.is_multiple_of(3)).then(|| text(position + 1)),
        service: text(position + 2),
        trace,
    };
    let names = (0..texts.len()).map(|index| Name {
        host: text(index),
        record: (index % 2 == 0).then_some(trace),
        rules: (0..index % 4).map(|it| rule(index + it)).collect(),
    });
    let networks = (0..texts.len()).map(|index| Network {
        within: (index % 2 == 0).then(|| text(index + 3)),
        network: text(index),
        trace,
    });
    let health = Health {
        status: Some(Status::Down),
        connectors: None,
    };
    let tunnel = |index: usize| Tunnel {
        address: Address::new("tunnel", text(index)),
        stack: Some(text(index)),
        trace,
        health: Some(health.clone()),
        names: names.clone().collect(),
        networks: networks.clone().collect(),
    };
    Graph {
        stacks: texts.to_vec(),
        live: trace != Trace::Declared,
        tunnels: (0..texts.len().min(3)).map(tunnel).collect(),
        empty_networks: texts.iter().map(|it| (it.clone(), trace)).collect(),
    }
}

#[test]
fn hostile_names_are_text_in_every_format() {
    let texts = EVIL.map(str::to_owned);
    for trace in [Trace::Declared, Trace::Missing, Trace::Undeclared] {
        let graph = of(&texts, trace);
        is_sound(&graph);
        for format in [
            in_svg(&graph),
            written(|to| dot(to, &graph).unwrap()),
            written(|to| drop(mermaid(to, &graph).unwrap())),
        ] {
            assert!(!format.contains("##["), "{format}");
            assert!(!format.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{1b}']));
        }
    }
}

/// What is too long for its box is cut there, and whole in its title.
#[test]
fn long_names_are_whole_in_the_title() {
    let long = format!("{}.example.com", "long-".repeat(40));
    let svg = in_svg(&of(std::slice::from_ref(&long), Trace::Declared));
    assert!(svg.contains(&format!("<title>{long}")));
    let labels = svg
        .split("<text ")
        .skip(1)
        .map(|it| it.split_once("</text>").unwrap().0);
    let labels: Vec<&str> = labels.filter(|it| it.contains("class=\"label\"")).collect();
    assert!(labels.iter().any(|it| it.ends_with('…')));
    assert!(
        labels.iter().all(|it| it.chars().count() < 100),
        "{labels:?}"
    );
}

fn manifest(text: &str) -> Option<Manifest> {
    let mut sources = Sources::default();
    let mut budget = Budget::default();
    let bytes = text.as_bytes();
    let document = manifest::open(
        &mut sources,
        "it.yaml",
        bytes,
        &BTreeMap::new(),
        &mut budget,
    );
    manifest::load(vec![document]).ok()
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    let text = prop_oneof![
        any::<String>(),
        prop::sample::select(&EVIL[..]).prop_map(str::to_owned)
    ];
    prop::collection::vec(text, 1..12)
}

/// A manifest as JSON, which YAML can read: names, hosts, paths and services of all sorts.
fn documents() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        "([a-z]{1,3}|\\*)\\.[a-c]\\.example\\.com",
        Just(String::new())
    ];
    let path = prop_oneof![
        Just("^/a".to_owned()),
        "[^\\p{C}*+?(){}\\[\\]\\\\|^$]{1,60}"
    ];
    let service = prop_oneof![
        Just("http://a:1".to_owned()),
        "unix:/[!-#%-~]{1,80}",
        Just("http_status:404".to_owned())
    ];
    let rule = (host, path, service).prop_map(|(host, path, service)| {
        serde_json::json!({"hostname": host, "path": path, "service": service})
    });
    let rules = prop::collection::vec(rule, 0..12);
    let name = "[^\\p{C}\\s]{1,60}";
    prop::collection::btree_map(name, rules, 0..6).prop_map(|tunnels| {
        let tunnels = tunnels.into_iter().map(|(name, rules)| {
            let body = serde_json::json!({"dns": "none", "ingress": rules});
            (name, body)
        });
        let tunnels: serde_json::Map<String, Value> = tunnels.collect();
        let account = "00000000000000000000000000000001";
        serde_json::json!({"version": 1, "stack": "s", "account": account, "tunnels": tunnels})
            .to_string()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_names_are_text_in_every_format(texts in texts()) {
        for trace in [Trace::Declared, Trace::Undeclared] {
            is_sound(&of(&texts, trace));
        }
    }

    #[test]
    fn random_manifests_are_sound_in_every_format(text in documents()) {
        let manifest = manifest(&text);
        prop_assert!(manifest.is_some(), "a valid manifest");
        let manifest = manifest.unwrap();
        is_sound(&Graph::new(&[Part { manifest: &manifest, live: None }]));
    }
}
