//! Lists as line diffs: a rule that moved is shown once, what stays is folded away.

use serde_json::Value;
use similar::{Algorithm, ChangeTag, capture_diff_slices};

use super::attribute::hidden;
use super::line::{Line, Mark};
use crate::render::rows::{Row, Shift, compare};
use crate::render::value::{inline, item, noun};

/// How many unchanged rows stay around a change.
const CONTEXT: usize = 2;

/// Every item with one mark.
pub(super) fn whole(depth: usize, mark: Mark, items: &[Value]) -> Vec<Line> {
    let items = items.iter();
    items
        .flat_map(|value| stacked(depth, mark, item(value)))
        .collect()
}

/// What became of a list.
pub(super) fn changed(depth: usize, old: &[Value], new: &[Value]) -> Vec<Line> {
    let rows = compare(old, new);
    let shown = near_changes(&rows);
    let noun = if noun(old) == noun(new) {
        noun(new)
    } else {
        "element"
    };
    let mut lines = Vec::new();
    let mut folded = 0;
    for (position, row) in rows.iter().enumerate() {
        if !shown[position] {
            folded += 1;
            if shown.get(position + 1).is_none_or(|next| *next) {
                lines.push(hidden(depth, folded, noun));
                folded = 0;
            }
            continue;
        }
        match row {
            Row::Added((_, value)) => lines.extend(stacked(depth, Mark::Add, item(value))),
            Row::Removed((_, value)) => lines.extend(stacked(depth, Mark::Remove, item(value))),
            Row::Both { after, .. } if row.is_kept() => {
                let head = item(after.1).into_iter().take(1).collect();
                lines.extend(stacked(depth, Mark::Keep, head));
            }
            Row::Both { .. } => lines.extend(both(depth, row, [old.len(), new.len()])),
        }
    }
    lines
}

/// Which rows are shown: changes, and what stands next to them. A single row takes as much
/// space as the note that would hide it, so it is shown too.
fn near_changes(rows: &[Row<'_>]) -> Vec<bool> {
    let mut shown = vec![false; rows.len()];
    for position in (0..rows.len()).filter(|it| !rows[*it].is_kept()) {
        let first = position.saturating_sub(CONTEXT);
        let last = (position + CONTEXT).min(rows.len() - 1);
        shown[first..=last].fill(true);
    }
    let is_hidden = |shown: &[bool], position: usize| shown.get(position).is_some_and(|it| !it);
    for position in 0..rows.len() {
        let alone =
            !is_hidden(&shown, position + 1) && (position == 0 || !is_hidden(&shown, position - 1));
        shown[position] |= alone;
    }
    shown
}

/// An item that is in both versions and not the same, or not at the same place.
fn both(depth: usize, row: &Row<'_>, lengths: [usize; 2]) -> Vec<Line> {
    let Row::Both {
        before,
        after,
        shift,
    } = row
    else {
        return Vec::new();
    };
    let note = moved(*shift, [before.0, after.0], lengths);
    let (mut old, mut new) = (item(before.1), item(after.1));
    if before.1 != after.1 && old == new {
        // Unusual keys can make two values look alike; then they are shown as they are.
        (old, new) = (vec![inline(before.1)], vec![inline(after.1)]);
    }
    if before.1 == after.1 {
        new.truncate(1);
        old.truncate(1);
    }
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        for change in op.iter_changes(&old, &new) {
            let is_head = change.old_index() == Some(0) || change.new_index() == Some(0);
            let mark = match change.tag() {
                ChangeTag::Equal if is_head => Mark::Change,
                ChangeTag::Equal => Mark::Keep,
                ChangeTag::Delete => Mark::Remove,
                ChangeTag::Insert => Mark::Add,
            };
            let line = Line::marked(depth + usize::from(!is_head), mark, change.value());
            let is_new_head = change.new_index() == Some(0);
            lines.push(match &note {
                Some(note) if is_new_head => line.comment(note),
                Some(_) | None => line,
            });
        }
    }
    lines
}

/// The lines of an item: what it is, and its settings below.
fn stacked(depth: usize, mark: Mark, lines: Vec<String>) -> impl Iterator<Item = Line> {
    let lines = lines.into_iter().enumerate();
    lines.map(move |(position, text)| Line::marked(depth + usize::from(position > 0), mark, text))
}

/// Where an item was and is, counted from 1. The numbers alone can contradict what happened to
/// its order, because others came and went; then the lists' lengths stand beside them.
fn moved(shift: Shift, [from, to]: [usize; 2], [old, new]: [usize; 2]) -> Option<String> {
    let (way, agrees) = match shift {
        Shift::None => return None,
        Shift::Up => ("up", to < from),
        Shift::Down => ("down", to > from),
    };
    let (from, to) = (from + 1, to + 1);
    Some(if agrees {
        format!("moved {way} from {from} to {to}")
    } else {
        format!("moved {way}, from {from} of {old} to {to} of {new}")
    })
}
