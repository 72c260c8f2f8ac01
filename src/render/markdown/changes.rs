//! What is made and changed, folded, as a diff that GitHub colours.

use std::collections::BTreeSet;

use super::super::human::heading::title;
use super::super::human::shown;
use super::super::text::count;
use super::text::{fence, unmarked};
use crate::plan::{Change, Plan};

/// The room for the line that counts what is not shown.
pub(super) const LEAST: usize = 160;

/// Around the diff: tags, fences and the last line. Fences are as long as the longest run of
/// backticks, for which there is room again.
const FRAME: usize = 400;

/// As much as there is room for, and whether something is missing.
pub(super) fn fit(plan: &Plan, room: usize) -> (String, bool) {
    let changes = plan.changes().filter(|it| !it.action.removes());
    let changes: Vec<&Change> = changes.collect();
    if changes.is_empty() {
        return (String::new(), false);
    }
    let summary = format!("Other changes: {}", changes.len());
    if room < LEAST + FRAME {
        return (format!("**{summary}**, not shown here\n\n"), true);
    }
    let titles: BTreeSet<String> = changes.iter().map(|it| title(it).plain()).collect();
    let (mut left, mut named) = (room - FRAME, 0);
    let mut lines = Vec::new();
    let all: Vec<String> = shown(&changes)
        .iter()
        .map(super::super::human::line::Line::plain)
        .collect();
    let mut cut = false;
    for line in &all {
        let diff = unmarked(&diff(line));
        // A fence grows with the runs of backticks; twice the line is always enough.
        let cost = diff.len() + 1 + 2 * diff.matches('`').count();
        if cost > left {
            cut = true;
            break;
        }
        left -= cost;
        named += usize::from(titles.contains(line));
        lines.push(diff);
    }
    lines.pop_if(|line| line.is_empty());
    let block = fence("diff", &lines);
    let missing = changes.len() - named.min(changes.len());
    let more = if cut {
        format!(
            "\n… and the rest, with {} not named here\n",
            count(missing, "more change")
        )
    } else {
        String::new()
    };
    let open = if changes.len() <= FEW { " open" } else { "" };
    let text =
        format!("<details{open}><summary>{summary}</summary>\n\n{block}{more}\n</details>\n\n");
    (text, cut)
}

/// So few changes are not folded away.
const FEW: usize = 3;

/// The glyph first, as a diff has it: `!` is what GitHub colours for a change.
fn diff(line: &str) -> String {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    let glyphs = [
        ("+ ", '+'),
        ("- ", '-'),
        ("~ ", '!'),
        ("→ ", '!'),
        ("± ", '!'),
    ];
    let found = glyphs.iter().find_map(|(glyph, mark)| {
        let rest = text.strip_prefix(glyph)?;
        Some(format!("{mark}{indent} {rest}"))
    });
    found.unwrap_or_else(|| line.to_owned())
}
