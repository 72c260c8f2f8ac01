//! The picture in Graphviz's language, DOT. A backslash begins an escape there and `&` an entity,
//! so neither is ever left as it is.

use std::io::{self, Write};

use super::flow::{Cluster, Detail, Node, Shape, clusters};
use super::{Look, MADE_BY, heading};
use crate::graph::Graph;
use crate::render::text::escaped;

/// Writes the picture for `dot`.
///
/// # Errors
/// If it cannot be written.
pub fn dot(to: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    writeln!(
        to,
        "// {MADE_BY}\ndigraph tunctl {{\n  graph [rankdir=LR, label={}, labelloc=t, \
         fontname=\"sans-serif\"];\n  node [shape=box, fontname=\"monospace\", fontsize=10];\n  \
         edge [fontname=\"monospace\", fontsize=9];",
        quoted(&heading(graph))
    )?;
    let mut first = 0;
    for (index, cluster) in clusters(graph, Detail::Whole).iter().enumerate() {
        write_cluster(to, cluster, index, first)?;
        first += cluster.nodes.len();
    }
    for (index, name) in graph.empty_networks.keys().enumerate() {
        let label = quoted(&format!("{name}: a virtual network without routes"));
        writeln!(to, "  v{index} [label={label}, style=dashed];")?;
    }
    writeln!(to, "}}")
}

fn write_cluster(
    to: &mut dyn Write,
    cluster: &Cluster,
    index: usize,
    first: usize,
) -> io::Result<()> {
    let Cluster {
        title,
        look,
        nodes,
        edges,
    } = cluster;
    writeln!(
        to,
        "  subgraph cluster_{index} {{\n    label={}; {};",
        quoted(title),
        style(*look).join("; ")
    )?;
    for (index, node) in nodes.iter().enumerate() {
        let Node { shape, label, look } = node;
        let shape = match shape {
            Shape::Host => "shape=box",
            Shape::Network => "shape=hexagon",
            Shape::Service => "shape=component",
            Shape::Nothing => "shape=plaintext",
        };
        let label = quoted(label);
        let style = style(*look).join(", ");
        writeln!(
            to,
            "    n{} [label={label}, {shape}, {style}];",
            first + index
        )?;
    }
    writeln!(to, "  }}")?;
    for edge in edges {
        let label = edge
            .label
            .iter()
            .map(|it| format!("label={}, ", quoted(it)));
        let label: String = label.collect();
        let style = style(edge.look).join(", ");
        let (from, end) = (first + edge.from, first + edge.to);
        writeln!(to, "  n{from} -> n{end} [{label}{style}];")?;
    }
    Ok(())
}

fn style(look: Look) -> Vec<String> {
    let mut style = vec![format!("color=\"{}\"", look.colour())];
    if look.is_dashed() {
        style.push("style=dashed".to_owned());
    }
    style
}

fn quoted(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    safe.push('"');
    for character in escaped(text).chars() {
        match character {
            '"' => safe.push_str("\\\""),
            '\\' => safe.push_str("\\\\"),
            '&' => safe.push_str("&amp;"),
            // The runner of GitHub's workflows looks for `##[` in whatever is printed.
            '#' => safe.push_str("&#35;"),
            _ => safe.push(character),
        }
    }
    safe.push('"');
    safe
}
