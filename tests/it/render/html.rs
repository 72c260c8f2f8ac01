//! The page.

use std::collections::BTreeSet;

use quick_xml::events::Event;
use serde_json::json;
use tunctl::plan::Plan;
use tunctl::problem::Problem;
use tunctl::render::fault::Fault;
use tunctl::render::human::Run;
use tunctl::render::section::Section;
use tunctl::render::{Report, html};
use tunctl::source::Sources;

use super::markdown::telling;
use super::sample::{create, delete, plan, rule};
use super::sizes::sized;

fn page(sections: &[Section<'_>]) -> String {
    let mut text = Vec::new();
    html::write(&mut text, sections).expect("a vector takes everything");
    String::from_utf8(text).expect("text is UTF-8")
}

fn page_of(plan: &Plan) -> String {
    page(&[Section::Plan(Report::new(plan))])
}

/// The page read as XML once what HTML leaves open is closed: every tag has its end.
fn elements(page: &str) -> Vec<String> {
    let mut text = page.replace("<!doctype html>", "").replace("<br>", "<br/>");
    for name in ["<meta ", "<link "] {
        let lines = text.split('\n').map(|line| {
            if line.starts_with(name) {
                line.strip_suffix('>')
                    .expect("one tag on the line")
                    .to_owned()
                    + "/>"
            } else {
                line.to_owned()
            }
        });
        text = lines.collect::<Vec<_>>().join("\n");
    }
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut names = Vec::new();
    loop {
        let event = reader.read_event().expect("tags have ends");
        if let Event::Start(tag) | Event::Empty(tag) = &event {
            names.push(tag.name().as_ref().to_owned());
        }
        if matches!(event, Event::Eof) {
            return names;
        }
    }
}

#[test]
fn the_page_shows_the_radius_the_deletions_and_the_topology() {
    let page = page_of(&telling());
    let names = elements(&page);
    assert_eq!(names.iter().filter(|it| *it == "svg").count(), 1);
    assert_eq!(names.iter().filter(|it| *it == "path").count(), 6);
    let position = |part: &str| {
        page.find(part)
            .unwrap_or_else(|| panic!("no {part} in {page}"))
    };
    assert!(position("1 hostname moves") < position("Deletions: 2"));
    assert!(position("Deletions: 2") < position("<svg "));
    assert!(position("<svg ") < position("Changes: 5"));
    assert!(page.contains("live connectors of 1 tunnel will be cut"));
    assert!(page.contains("1 route changes owner"));
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("width=device-width"));
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_runs_nothing() {
    let evil = "\"'><script src=http://evil.example/x.js></script><img src=x onerror=y> ##[error]x";
    let mut plan = plan([
        create(
            "private_route.10.0.0.0/8",
            json!({"comment": evil, "target": evil}),
        ),
        delete("tunnel.evil", &json!({"target": evil})),
        create("tunnel_config.a", json!({"ingress": [rule(evil, evil)]})),
    ]);
    plan.stack = evil.to_owned();
    plan.warnings = vec![Problem::new("tunctl::odd", evil).help(evil).warning()];
    let none = Section::NoPlan {
        run: Run::Apply,
        stack: Some(evil),
        faults: Fault::of_problems(&plan.warnings, &Sources::default()),
    };
    let page = page(&[Section::Plan(Report::new(&plan)), none]);
    let names = elements(&page);
    for name in [
        "script",
        "img",
        "iframe",
        "object",
        "a",
        "use",
        "image",
        "foreignObject",
    ] {
        assert!(!names.iter().any(|it| it == name), "{name}: {page}");
    }
    assert_eq!(page.matches("href=").count(), 1, "only the empty icon");
    assert!(!page.contains("url(") && !page.contains("@import") && !page.contains("##["));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn every_size_has_every_change() {
    for number in [0, 1, 200, 20_000] {
        let plan = sized(number);
        let page = page_of(&plan);
        assert_eq!(elements(&page).first().map(String::as_str), Some("html"));
        let words: BTreeSet<&str> = page.split([' ', '<', '>']).collect();
        for change in plan.changes() {
            let address = change.address.to_string();
            assert!(words.contains(address.as_str()), "{address}");
        }
    }
}

/// A number that a tag has as an attribute.
fn number(tag: &str, name: &str) -> usize {
    let value = tag
        .split_once(&format!(" {name}=\""))
        .expect("it has one")
        .1;
    let digits = value.split_once('"').expect("it has an end").0;
    digits.parse().expect("a number")
}

/// The picture's boxes, column by column: left, top, height.
fn boxes(page: &str) -> Vec<(usize, usize, usize)> {
    let tags = page.split("<rect ").skip(1);
    let place = |tag| (number(tag, "x"), number(tag, "y"), number(tag, "height"));
    let mut boxes: Vec<_> = tags.map(place).collect();
    boxes.sort_unstable();
    boxes
}

#[test]
fn the_picture_has_its_own_size_and_no_two_boxes_overlap() {
    for plan in [telling(), sized(1), sized(200), sized(2_000)] {
        let page = page_of(&plan);
        let svg = page.split_once("<svg ").expect("a picture").1;
        let (width, height) = (number(svg, "width"), number(svg, "height"));
        assert!(svg.contains(&format!("viewBox=\"0 0 {width} {height}\"")));
        let boxes = boxes(&page);
        for pair in boxes.windows(2) {
            let [(left, top, tall), (next, below, _)] = pair else {
                panic!("windows of two")
            };
            assert!(left != next || top + tall <= *below, "{pair:?}");
        }
        assert!(boxes.iter().all(|(_, top, tall)| top + tall <= height));
    }
}

/// A tunnel stands beside what leads to it, and that stands together.
#[test]
fn what_leads_to_one_tunnel_stands_around_it() {
    let record = |host: &str, tunnel: &str| {
        let target = format!("tunnel.{tunnel}");
        create(&format!("dns_record.{host}"), json!({"target": target}))
    };
    let page = page_of(&plan([
        record("a", "first"),
        record("b", "second"),
        record("c", "first"),
        record("d", "second"),
    ]));
    let top = |label: &str| {
        let (before, _) = page
            .split_once(&format!("<title>{label}</title>"))
            .expect(label);
        number(&page[before.len()..], "y")
    };
    let order = [top("a"), top("c"), top("b"), top("d")];
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(top("tunnel.first"), usize::midpoint(top("a"), top("c")));
    assert_eq!(top("tunnel.second"), usize::midpoint(top("b"), top("d")));
}

#[test]
fn names_that_there_is_no_room_for_are_counted() {
    let records =
        (0..25).map(|index| create(&format!("dns_record.h{index}"), json!({"target": "x"})));
    let page = page_of(&plan(records.collect::<Vec<_>>()));
    assert!(page.contains("25 hostnames are new</span>"));
    assert!(page.contains(" and 15 more</span>"), "{page}");
}
