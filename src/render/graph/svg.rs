//! The picture as SVG: one panel for each tunnel, in it hostnames, paths and services in three
//! columns. The width is fixed, the height grows. Needs nothing from elsewhere, and follows the
//! reader's choice of dark or light.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::table::{Cell, Line, Table};
use super::{Look, MADE_BY, heading, notes, of_trace};
use crate::graph::{Graph, Trace, Tunnel};
use crate::render::markup::{shortened, text};

/// The picture's only style.
const STYLE: &str = include_str!("svg/style.css");

/// All lengths are pixels. As wide as a page of documentation.
const WIDTH: usize = 1080;

/// From one row to the next one, and what is free between two boxes.
const ROW: usize = 32;
const FREE: usize = 8;

/// The columns, left to right: where they begin and how wide they are.
const COLUMNS: [(usize, usize); 3] = [(32, 344), (424, 232), (704, 344)];

/// What is above the first panel, without and for the legend; the head of a panel, and what is free
/// below its rows.
const TOP: usize = 72;
const LEGEND: usize = 24;
const HEAD: usize = 40;
const FOOT: usize = 8;

/// Between panels, and beside them.
const GAP: usize = 16;

/// Hundredths of a pixel for a character of 12 px in a monospaced font, rounded up.
const CHARACTER: usize = 730;

/// After how many rows a tall box says again what it is.
const AGAIN: usize = 16;

/// Draws the picture.
///
/// # Errors
/// If it cannot be written.
pub fn svg(to: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    let tables: Vec<Table> = graph.tunnels.iter().map(Table::new).collect();
    let heights: usize = tables.iter().map(|it| panel_height(it) + GAP).sum();
    let below = if graph.empty_networks.is_empty() {
        0
    } else {
        ROW
    };
    let mut top = if graph.live { TOP + LEGEND } else { TOP };
    let height = top + heights + below + GAP;
    let title = heading(graph);
    writeln!(
        to,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title\">\n\
         <!-- {MADE_BY} -->\n<title id=\"title\">{}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>",
        text(&title)
    )?;
    words(to, "title", (GAP, 30), &shortened(&title, 110))?;
    if graph.live {
        legend(to)?;
    }
    let headings = [
        "hostname or network",
        "path or virtual network",
        "service or connectors",
    ];
    for ((left, _), heading) in COLUMNS.iter().zip(headings) {
        words(to, "dim", (*left, top - 10), heading)?;
    }
    for (tunnel, table) in graph.tunnels.iter().zip(&tables) {
        panel(to, tunnel, graph.stacks.len(), top, table)?;
        top += panel_height(table) + GAP;
    }
    empty_networks(to, graph, top)?;
    writeln!(to, "</svg>")
}

fn panel_height(table: &Table) -> usize {
    match table.rows {
        0 => HEAD,
        rows => HEAD + rows * ROW + FOOT,
    }
}

/// What the colours mean; the words stand in the picture too.
fn legend(to: &mut dyn Write) -> io::Result<()> {
    let looks = [
        Look::Healthy,
        Look::Degraded,
        Look::Down,
        Look::Inactive,
        Look::Missing,
        Look::Undeclared,
    ];
    for (index, look) in looks.into_iter().enumerate() {
        let left = GAP + index * 120;
        let class = look.class();
        writeln!(
            to,
            "<rect class=\"box {class}\" x=\"{left}\" y=\"42\" width=\"14\" height=\"14\" rx=\"3\"/>"
        )?;
        let name = if look == Look::Undeclared {
            "not declared"
        } else {
            class
        };
        words(to, "dim", (left + 22, 53), name)?;
    }
    Ok(())
}

fn panel(
    to: &mut dyn Write,
    tunnel: &Tunnel,
    stacks: usize,
    top: usize,
    table: &Table,
) -> io::Result<()> {
    let class = Look::of_tunnel(tunnel).class();
    let (height, width) = (panel_height(table), WIDTH - 2 * GAP);
    let (name, notes) = (
        tunnel.address.to_string(),
        notes(tunnel, stacks).join(" · "),
    );
    let about = match notes.as_str() {
        "" => name.clone(),
        notes => format!("{name}: {notes}"),
    };
    writeln!(
        to,
        "<g><title>{}</title><rect class=\"panel {class}\" x=\"{GAP}\" y=\"{top}\" \
         width=\"{width}\" height=\"{height}\" rx=\"8\"/>",
        text(&about)
    )?;
    words(to, "name", (GAP + 16, top + 25), &shortened(&name, 60))?;
    let right = (WIDTH - GAP - 16, top + 25);
    words(to, &format!("note {class}"), right, &shortened(&notes, 72))?;
    writeln!(to, "</g>")?;
    let top = top + HEAD;
    let covered: BTreeSet<usize> = table.middle.iter().map(|it| it.row).collect();
    for line in &table.lines {
        draw_line(to, line, top, covered.contains(&line.row))?;
    }
    for (cells, column) in [&table.left, &table.middle, &table.right]
        .into_iter()
        .zip(COLUMNS)
    {
        for cell in cells {
            draw_cell(to, cell, column, top)?;
        }
    }
    Ok(())
}

/// The middle of a row.
fn centre(top: usize, row: usize) -> usize {
    top + row * ROW + (ROW - FREE) / 2
}

/// Straight to the end of the middle column, and from there in a curve if need be. A path's box
/// covers its part of the line.
fn draw_line(to: &mut dyn Write, line: &Line, top: usize, covered: bool) -> io::Result<()> {
    let [(left, width), (middle, middle_width), (end, _)] = COLUMNS;
    let (begin, turn) = (left + width, middle + middle_width);
    let (y, down) = (centre(top, line.row), centre(top, line.end));
    let class = line.look.class();
    let straight = if covered {
        format!("M{begin} {y}H{middle}M{turn} {y}")
    } else {
        format!("M{begin} {y}H{turn}")
    };
    let rest = if y == down {
        format!("H{end}")
    } else {
        let bend = usize::midpoint(turn, end);
        format!("C{bend} {y} {bend} {down} {end} {down}")
    };
    writeln!(to, "<path class=\"{class}\" d=\"{straight}{rest}\"/>")
}

fn draw_cell(
    to: &mut dyn Write,
    cell: &Cell,
    (left, width): (usize, usize),
    top: usize,
) -> io::Result<()> {
    let Cell {
        row,
        rows,
        text: label,
        title,
        look,
    } = cell;
    let (y, height) = (top + row * ROW, rows * ROW - FREE);
    writeln!(
        to,
        "<g><title>{}</title><rect class=\"box {}\" x=\"{left}\" y=\"{y}\" width=\"{width}\" \
         height=\"{height}\" rx=\"5\"/>",
        text(title),
        look.class()
    )?;
    let label = shortened(label, (width - 20) * 100 / CHARACTER);
    // A short tall box says it once, in its middle.
    let (first, again) = match *rows {
        rows if rows <= AGAIN => (y + height / 2, 1),
        rows => (centre(top, *row), rows.div_ceil(AGAIN)),
    };
    for time in 0..again {
        let at = (left + 10, first + time * AGAIN * ROW + 4);
        words(to, "label", at, &label)?;
    }
    writeln!(to, "</g>")
}

fn empty_networks(to: &mut dyn Write, graph: &Graph, top: usize) -> io::Result<()> {
    if graph.empty_networks.is_empty() {
        return Ok(());
    }
    let name = |(name, trace): (&String, &Trace)| match of_trace(*trace) {
        Some(about) => format!("{name} ({about})"),
        None => name.clone(),
    };
    let names: Vec<String> = graph.empty_networks.iter().map(name).collect();
    let line = format!("virtual networks without routes: {}", names.join(", "));
    writeln!(to, "<g><title>{}</title>", text(&line))?;
    words(to, "dim", (GAP, top + 16), &shortened(&line, 140))?;
    writeln!(to, "</g>")
}

fn words(to: &mut dyn Write, class: &str, at: (usize, usize), words: &str) -> io::Result<()> {
    let (x, y) = at;
    let words = text(words);
    writeln!(
        to,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{words}</text>"
    )
}
