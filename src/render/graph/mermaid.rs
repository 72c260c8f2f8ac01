//! The picture in Mermaid's notation, which GitHub and GitLab draw. Invariant: it stays within the
//! limits beyond which Mermaid shows an error instead.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::flow::{Cluster, Detail, Node, Shape, clusters};
use super::{Look, MADE_BY, heading};
use crate::graph::Graph;
use crate::render::markup::shortened;
use crate::render::mermaid::label;
use crate::render::text::{count, escaped};

/// Mermaid's defaults for `maxEdges` and `maxTextSize`; who shows a picture elsewhere cannot
/// change them.
const EDGES: usize = 500;
const LONGEST: usize = 50_000;

/// What the lines need that say what is left out and how nodes look.
const ROOM: usize = 1_500;

/// The longest label, in columns; Mermaid does not shorten any.
const COLUMNS: usize = 80;

/// Writes the picture, folded if it is too large: then hostnames with the same services are one
/// node, and if that is not enough, the last tunnels are left out. Says what was done.
///
/// # Errors
/// If it cannot be written.
pub fn mermaid(to: &mut dyn Write, graph: &Graph) -> io::Result<Option<String>> {
    let title = heading(graph);
    let (text, left) = body(graph, Detail::Whole);
    let (text, note) = if left == 0 {
        (text, None)
    } else {
        let (text, left) = body(graph, Detail::Folded);
        let mut note = "hostnames with the same services are one node, without paths".to_owned();
        if left > 0 {
            let _ = write!(note, "; {} left out", count(left, "tunnel"));
        }
        (
            text,
            Some(format!("Mermaid draws at most {EDGES} edges: {note}.")),
        )
    };
    let comment: String = escaped(&title).replace(['{', '}'], "");
    writeln!(
        to,
        "%% {MADE_BY}\n%% {}\nflowchart LR",
        shortened(&comment, 200)
    )?;
    to.write_all(text.as_bytes())?;
    if let Some(note) = &note {
        writeln!(to, "  note[\"{}\"]:::faint", label(note))?;
    }
    for look in Look::ALL {
        let dashes = if look.is_dashed() {
            ",stroke-dasharray:4"
        } else {
            ""
        };
        let (class, colour) = (look.class(), look.colour());
        writeln!(
            to,
            "  classDef {class} stroke:{colour},stroke-width:2px{dashes}"
        )?;
    }
    Ok(note)
}

/// As many tunnels as Mermaid takes, and how many more there are.
fn body(graph: &Graph, detail: Detail) -> (String, usize) {
    let mut text = String::new();
    let (mut edges, mut nodes) = (0, 0);
    let clusters = clusters(graph, detail);
    for (index, cluster) in clusters.iter().enumerate() {
        let more = written(cluster, index, nodes);
        edges += cluster.edges.len();
        nodes += cluster.nodes.len();
        if edges > EDGES || text.len() + more.len() > LONGEST - ROOM {
            return (text, clusters.len() - index);
        }
        text.push_str(&more);
    }
    for (index, name) in graph.empty_networks.keys().enumerate() {
        let about = format!("{name}: a virtual network without routes");
        let more = format!("  v{index}[\"{}\"]:::faint\n", words(&about));
        if text.len() + more.len() <= LONGEST - ROOM {
            text.push_str(&more);
        }
    }
    (text, 0)
}

fn written(cluster: &Cluster, index: usize, first: usize) -> String {
    let Cluster {
        title,
        look,
        nodes,
        edges,
    } = cluster;
    let mut text = format!(
        "  subgraph t{index}[\"{}\"]\n    direction LR\n",
        words(title)
    );
    for (index, node) in nodes.iter().enumerate() {
        let Node { shape, label, look } = node;
        let (open, close) = match shape {
            Shape::Host => ("([\"", "\"])"),
            Shape::Network => ("{{\"", "\"}}"),
            Shape::Service => ("(\"", "\")"),
            Shape::Nothing => ("[\"", "\"]"),
        };
        let (label, class) = (words(label), look.class());
        let _ = writeln!(text, "    n{}{open}{label}{close}:::{class}", first + index);
    }
    text.push_str("  end\n");
    let _ = writeln!(text, "  class t{index} {}", look.class());
    for edge in edges {
        let arrow = if edge.look.is_dashed() { "-.->" } else { "-->" };
        let label = edge.label.iter().map(|it| format!("|\"{}\"|", words(it)));
        let label: String = label.collect();
        let (from, end) = (first + edge.from, first + edge.to);
        let _ = writeln!(text, "  n{from} {arrow}{label} n{end}");
    }
    text
}

fn words(text: &str) -> String {
    label(&shortened(text, COLUMNS))
}
