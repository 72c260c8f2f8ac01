//! The picture of what changes in Mermaid's notation, which GitHub and GitLab draw.

use super::super::mermaid::label;
use super::super::text::escaped;
use super::super::topology::{self, Column, Fate, Picture};
use super::text::begin;
use crate::plan::Plan;
use std::fmt::Write as _;

/// The picture of a plan; empty if nothing leads anywhere.
pub(super) fn picture(plan: &Plan, limit: usize) -> String {
    let Picture {
        nodes,
        edges,
        left_out,
    } = topology::picture(plan, limit);
    if nodes.is_empty() {
        return String::new();
    }
    let mut text = "```mermaid\nflowchart LR\n".to_owned();
    for (index, node) in nodes.iter().enumerate() {
        let (open, close) = match node.column {
            Column::Names => ("([\"", "\"])"),
            Column::Tunnels => ("[\"", "\"]"),
            Column::Services => ("(\"", "\")"),
        };
        let class = class(node.fate);
        let label = label(begin(&escaped(&node.label)));
        let _ = writeln!(text, "  n{index}{open}{label}{close}{class}");
    }
    for (from, to, fate) in edges {
        let arrow = match fate {
            Fate::Gone => "-. gone .->",
            Fate::Changed => "-- changes -->",
            Fate::New => "== new ==>",
            Fate::Kept => "-->",
        };
        let _ = writeln!(text, "  n{from} {arrow} n{to}");
    }
    text.push_str(
        "  classDef gone stroke:#cf222e,stroke-width:2px,stroke-dasharray:4\n  \
         classDef changed stroke:#bf8700,stroke-width:2px\n  \
         classDef new stroke:#1a7f37,stroke-width:2px\n```\n\n",
    );
    if left_out > 0 {
        let _ = write!(text, "The picture leaves out {left_out} more.\n\n");
    }
    text
}

fn class(fate: Fate) -> &'static str {
    match fate {
        Fate::Gone => ":::gone",
        Fate::Changed => ":::changed",
        Fate::New => ":::new",
        Fate::Kept => "",
    }
}
