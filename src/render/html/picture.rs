//! The picture of what changes, drawn as SVG: three columns of boxes with lines between them.

mod layout;

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::plan::Plan;
use crate::render::markup::{shortened, text, width_of};
use crate::render::topology::{self, Column, Fate, Node, Picture};

/// How many edges are drawn; more cannot be followed.
const EDGES: usize = 60;

/// The most characters of a label; the whole one is the box's title.
const LONGEST: usize = 34;

/// Pixels for a character of 13 px in a monospaced font, rounded up.
const CHARACTER: usize = 8;

/// Pixels from one box to the next one below, and the height of one.
const ROW: usize = 44;
const HEIGHT: usize = 30;

/// Pixels between columns, in which the lines run.
const GAP: usize = 90;

/// A box: left, top, width.
type Place = (usize, usize, usize);

/// Draws the picture; nothing if nothing leads anywhere.
pub(super) fn write(to: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let picture = topology::picture(plan, EDGES);
    if picture.nodes.is_empty() {
        return Ok(());
    }
    let (places, width, height) = layout(&picture);
    writeln!(
        to,
        "<figure>\n<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"what changes: names, tunnels and services\">"
    )?;
    let Picture {
        nodes,
        edges,
        left_out,
    } = picture;
    for (from, end, fate) in edges {
        edge(to, places[from], places[end], fate)?;
    }
    for (node, place) in nodes.iter().zip(&places) {
        draw(to, node, *place)?;
    }
    writeln!(to, "</svg>")?;
    let more = match left_out {
        0 => String::new(),
        _ => format!(" {left_out} more are left out."),
    };
    writeln!(
        to,
        "<figcaption><span class=\"add\">new</span>, <span class=\"change\">changes</span>, \
         <span class=\"remove\">gone (dashed)</span>.{more}</figcaption>\n</figure>"
    )
}

fn label(node: &Node) -> String {
    shortened(&node.label, LONGEST)
}

/// The place of every box, and the size of the whole.
fn layout(picture: &Picture) -> (Vec<Place>, usize, usize) {
    let mut widths: BTreeMap<Column, usize> = BTreeMap::new();
    for node in &picture.nodes {
        let width = widths.entry(node.column).or_default();
        *width = (*width).max(width_of(&label(node)) * CHARACTER + 24);
    }
    let mut lefts = BTreeMap::new();
    let mut left = 2;
    for (column, width) in &widths {
        lefts.insert(*column, left);
        left += width + GAP;
    }
    let tops = layout::tops(picture);
    let height = tops.iter().max().map_or(0, |top| top + ROW);
    let boxes = picture.nodes.iter().zip(tops);
    let places = boxes.map(|(node, top)| (lefts[&node.column], top + 2, widths[&node.column]));
    (places.collect(), left - GAP + 2, height)
}

fn edge(to: &mut dyn Write, from: Place, end: Place, fate: Fate) -> io::Result<()> {
    let (x, y) = (from.0 + from.2, from.1 + HEIGHT / 2);
    let (right, down) = (end.0, end.1 + HEIGHT / 2);
    let middle = usize::midpoint(x, right);
    let class = class(fate);
    writeln!(
        to,
        "<path class=\"{class}\" d=\"M{x} {y}C{middle} {y} {middle} {down} {right} {down}\"/>"
    )
}

fn draw(to: &mut dyn Write, node: &Node, (left, top, width): Place) -> io::Result<()> {
    let (class, whole, shown) = (class(node.fate), text(&node.label), text(&label(node)));
    let radius = match node.column {
        Column::Names => HEIGHT / 2,
        Column::Tunnels => 2,
        Column::Services => 8,
    };
    writeln!(
        to,
        "<g><title>{whole}</title><rect class=\"{class}\" x=\"{left}\" y=\"{top}\" \
         width=\"{width}\" height=\"{HEIGHT}\" rx=\"{radius}\"/>\
         <text x=\"{}\" y=\"{}\">{shown}</text></g>",
        left + 12,
        top + 20
    )
}

fn class(fate: Fate) -> &'static str {
    match fate {
        Fate::Gone => "gone",
        Fate::Changed => "changed",
        Fate::New => "new",
        Fate::Kept => "kept",
    }
}
