//! The layout of a text that people wrote: what it says, its comments and the order of its keys
//! stay; indentation, trailing space, blank lines and line ends become uniform.
//!
//! Invariant: nothing but white space differs in the text that comes out, and it means the same.
//! If it would not, the text is refused.

mod indent;
mod outline;

use super::budget::Budget;
use super::compose::compose;
use super::core::lower;
use super::decode::{decode, shown};
use super::node::Node;
use crate::problem::Problem;
use crate::source::{Sources, Span};
use indent::Indents;
use outline::{Outline, Role};

/// Lays a text out: two spaces for each level, lists below their key too, one space behind a
/// dash, no space at the ends of lines, at most one blank line at a time, and line feeds. Texts in
/// quotes and blocks, values, and what is written inside of brackets stay as they are; they move
/// with the line on which they begin.
///
/// # Errors
/// All problems of the text, or `tunctl::format_refused` if it cannot be laid out safely.
pub fn format(source: usize, text: &str) -> Result<String, Vec<Problem>> {
    let before = root(source, text)?;
    let laid_out = lay_out(&plain(text));
    let same = laid_out.filter(|laid_out| {
        let words = laid_out.split_whitespace();
        let after = root(source, laid_out);
        words.eq(plain(text).split_whitespace())
            && after.is_ok_and(|after| lower(&after) == lower(&before))
    });
    same.ok_or_else(|| vec![refuse(&before)])
}

/// Lays a file out, after taking its text into `sources`: the text before and after.
///
/// # Errors
/// As [`format()`], and if the file is over the budget or no UTF-8.
pub fn format_file(
    sources: &mut Sources,
    name: &str,
    bytes: &[u8],
) -> Result<(String, String), Vec<Problem>> {
    let refused = |problem| vec![problem];
    Budget::default().take_text(name, bytes).map_err(refused)?;
    let source = sources.add(name, shown(String::from_utf8_lossy(bytes)));
    let before = decode(source, bytes).map_err(refused)?;
    Ok((before.to_owned(), format(source, before)?))
}

fn root(source: usize, text: &str) -> Result<Node, Vec<Problem>> {
    let composed = compose(source, text, &mut Budget::default());
    match composed.root {
        Some(root) if composed.problems.is_empty() => Ok(root),
        Some(_) | None => Err(composed.problems),
    }
}

fn refuse(root: &Node) -> Problem {
    let start = Span {
        end: root.span.start,
        ..root.span
    };
    Problem::new(
        "tunctl::format_refused",
        "the file cannot be formatted safely",
    )
    .at(start, "its layout would change what it means")
    .help("write `key: value` instead of `? key`, and no tags")
}

/// Without a byte order mark, and with line feeds only, which is what YAML reads.
fn plain(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// `None` if a construct is not understood.
fn lay_out(text: &str) -> Option<String> {
    let outline = Outline::of(text)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut indents = Indents::new(lines.len());
    for (at, line) in lines.iter().enumerate() {
        match outline.role(at) {
            Role::Own => indents.own(at, line, outline.opened(at))?,
            role @ (Role::Flow | Role::Plain | Role::Quoted | Role::Block) => {
                indents.continued(at, line, role);
            }
        }
    }
    let mut out: Vec<(String, Role)> = Vec::new();
    for (at, mut line) in indents.finish().into_iter().enumerate() {
        let role = outline.role(at);
        if !outline.keeps_end(at) {
            line.truncate(line.trim_end().len());
        }
        let follows = out.last().is_some_and(|(last, _)| !last.is_empty());
        if follows || !is_spare(&line, role) {
            out.push((line, role));
        }
    }
    while out.last().is_some_and(|(last, role)| is_spare(last, *role)) {
        out.pop();
    }
    // The last line of a block says by its end whether a line feed is part of the text.
    let open_end = !text.ends_with('\n') && out.last().is_some_and(|it| it.1 == Role::Block);
    let lines: Vec<String> = out.into_iter().map(|(line, _)| line).collect();
    Some(lines.join("\n") + if open_end { "" } else { "\n" })
}

fn is_spare(line: &str, role: Role) -> bool {
    line.is_empty() && role.is_free_of_blanks()
}
