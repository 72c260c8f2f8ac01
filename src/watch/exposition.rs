//! The board in Prometheus's text format, version 0.0.4.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use super::End;
use super::board::{Board, Standing};

/// What the text is, for `Content-Type`.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One metric: its name without the prefix, its type, and what it says.
type Head = (&'static str, &'static str, &'static str);

const CYCLES: Head = ("cycles_total", "counter", "Cycles by how they ended.");
const DURATION: Head = (
    "cycle_duration_seconds",
    "gauge",
    "How long the last cycle took.",
);
const SUCCESS: Head = (
    "last_success_timestamp_seconds",
    "gauge",
    "When a cycle last succeeded with all of its stacks; 0 if never.",
);
const CHANGES: Head = (
    "changes_total",
    "counter",
    "Changes that were planned, carried out, or failed.",
);
const BUDGET: Head = (
    "rate_budget_requests",
    "gauge",
    "Requests left of the rate budget after the last cycle.",
);
const DRIFT: Head = (
    "stack_drift_changes",
    "gauge",
    "Changes that were planned and not carried out, when the stack was last looked at.",
);
const READY: Head = (
    "stack_ready",
    "gauge",
    "Whether the last cycle of the stack succeeded.",
);
const STACK_SUCCESS: Head = (
    "stack_last_success_timestamp_seconds",
    "gauge",
    "When a cycle of the stack last succeeded; 0 if never.",
);
const STOPPING: Head = (
    "stack_teardowns",
    "gauge",
    "Teardowns that have begun and not ended.",
);

/// The metrics as text. Labels are results, and the accounts and stacks of the last cycle: nothing
/// of them grows with time.
#[must_use]
pub fn text(board: &Board) -> String {
    let mut text = String::new();
    // A text takes everything.
    let _ = write(&mut text, board);
    text
}

fn write(text: &mut String, board: &Board) -> fmt::Result {
    head(text, CYCLES)?;
    for end in End::ALL {
        let count = board.cycles.get(&end).copied().unwrap_or_default();
        let labels = [("result", end.name())];
        sample(text, CYCLES, &labels, &count)?;
    }
    head(text, DURATION)?;
    sample(text, DURATION, &[], &board.took.as_secs_f64())?;
    head(text, SUCCESS)?;
    sample(text, SUCCESS, &[], &seconds(board.success))?;
    head(text, CHANGES)?;
    let changes = &board.changes;
    for (result, count) in [
        ("planned", changes.planned),
        ("applied", changes.applied),
        ("failed", changes.failed),
    ] {
        sample(text, CHANGES, &[("result", result)], &count)?;
    }
    if let Some(budget) = board.budget {
        head(text, BUDGET)?;
        sample(text, BUDGET, &[], &budget)?;
    }
    each(text, board, DRIFT, |it| {
        i64::try_from(it.drift).unwrap_or(i64::MAX)
    })?;
    each(text, board, READY, |it| i64::from(it.is_ready()))?;
    each(text, board, STACK_SUCCESS, |it| seconds(it.success))?;
    each(text, board, STOPPING, |it| {
        i64::try_from(it.stopping).unwrap_or(i64::MAX)
    })
}

/// One metric of every stack.
fn each(
    text: &mut String,
    board: &Board,
    metric: Head,
    value: impl Fn(&Standing) -> i64,
) -> fmt::Result {
    if board.stacks.is_empty() {
        return Ok(());
    }
    head(text, metric)?;
    for ((account, stack), standing) in &board.stacks {
        let labels = [("account", account.as_str()), ("stack", stack.as_str())];
        sample(text, metric, &labels, &value(standing))?;
    }
    Ok(())
}

fn head(text: &mut String, (name, sort, says): Head) -> fmt::Result {
    writeln!(text, "# HELP tunctl_watch_{name} {says}")?;
    writeln!(text, "# TYPE tunctl_watch_{name} {sort}")
}

fn sample(
    text: &mut String,
    (name, _, _): Head,
    labels: &[(&str, &str)],
    value: &dyn fmt::Display,
) -> fmt::Result {
    write!(text, "tunctl_watch_{name}")?;
    for (index, (label, of)) in labels.iter().enumerate() {
        let open = if index == 0 { '{' } else { ',' };
        write!(text, "{open}{label}=\"{}\"", escaped(of))?;
    }
    let close = if labels.is_empty() { "" } else { "}" };
    writeln!(text, "{close} {value}")
}

/// The three characters that a label's value has in another form.
fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

fn seconds(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_second)
}
