//! Many hostnames.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::tunctl::Tunctl;

/// A manifest with so many hostnames, at most 100 on a tunnel, and half as many services.
fn manifest(hostnames: usize) -> String {
    let mut text =
        "version: 1\nstack: edge\naccount: ${CLOUDFLARE_ACCOUNT_ID}\ntunnels:\n".to_owned();
    for first in (0..hostnames).step_by(100) {
        let _ = writeln!(text, "  edge-{first}:\n    ingress:");
        for number in first..hostnames.min(first + 100) {
            let service = number / 2;
            let _ = writeln!(
                text,
                "      - {{hostname: h{number}.example.com, path: ^/p{number}$, service: 'http://s{service}:1'}}"
            );
        }
    }
    text
}

fn drawn(hostnames: usize, format: &str) -> String {
    let tunctl = Tunctl::in_ci(&manifest(hostnames));
    tunctl.run(&["graph", "--format", format]).code(0).out
}

#[test]
fn every_format_but_mermaid_shows_every_hostname_path_and_service() {
    for hostnames in [5, 50, 500] {
        for format in ["human", "json", "dot", "svg"] {
            let text = drawn(hostnames, format);
            for number in 0..hostnames {
                let service = number / 2;
                for part in [
                    format!("h{number}.example.com"),
                    format!("^/p{number}$"),
                    format!("http://s{service}:1"),
                ] {
                    assert!(text.contains(&part), "no {part} in {format} of {hostnames}");
                }
            }
        }
    }
}

#[test]
fn the_height_grows_and_the_width_stays() {
    let size = |hostnames| -> (usize, usize) {
        let text = drawn(hostnames, "svg");
        let box_of = text.split_once("viewBox=\"0 0 ").unwrap().1;
        let (width, rest) = box_of.split_once(' ').unwrap();
        let height = rest.split_once('"').unwrap().0;
        (width.parse().unwrap(), height.parse().unwrap())
    };
    let (small, medium, large) = (size(5), size(50), size(500));
    assert_eq!((small.0, medium.0, large.0), (1080, 1080, 1080));
    assert!(
        small.1 < 400 && medium.1 < 2_000 && large.1 < 20_000,
        "{small:?} {medium:?} {large:?}"
    );
}

/// Boxes of one column neither overlap nor leave the picture.
#[test]
fn no_two_boxes_overlap() {
    let text = drawn(500, "svg");
    let number = |tag: &str, name: &str| -> usize {
        let value = tag.split_once(&format!(" {name}=\"")).unwrap().1;
        value.split_once('"').unwrap().0.parse().unwrap()
    };
    let mut below: BTreeMap<usize, usize> = BTreeMap::new();
    let mut boxes: Vec<(usize, usize, usize)> = text
        .split("<rect class=\"box ")
        .skip(1)
        .map(|tag| (number(tag, "x"), number(tag, "y"), number(tag, "height")))
        .collect();
    boxes.sort_unstable();
    assert!(boxes.len() > 1_200, "{}", boxes.len());
    for (left, top, height) in boxes {
        let end = below.entry(left).or_default();
        assert!(*end <= top, "at {left}, {top}");
        *end = top + height;
    }
    assert_eq!(below.len(), 3, "columns");
}

#[test]
fn mermaid_is_folded_where_mermaid_would_refuse_it() {
    let edges = |text: &str| text.matches("->").count();
    let whole = drawn(50, "mermaid");
    assert_eq!(edges(&whole), 51);
    assert!(whole.contains("h49.example.com") && !whole.contains("note["));
    for hostnames in [500, 1_000, 2_000] {
        let text = drawn(hostnames, "mermaid");
        assert!(
            text.len() <= 50_000 && edges(&text) <= 500,
            "{}",
            text.len()
        );
        assert!(text.contains("2 hostnames#58; h0.example.com") && text.contains("note["));
    }
    let tunctl = Tunctl::in_ci(&manifest(2_000));
    let ran = tunctl.run(&["graph", "--format", "mermaid"]).code(0);
    ran.complains("Mermaid draws at most 500 edges")
        .complains("tunnels left out");
}

#[test]
fn the_same_manifest_gives_the_same_picture() {
    assert_eq!(drawn(50, "svg"), drawn(50, "svg"));
}
