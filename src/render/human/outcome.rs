//! The end of a run: what went wrong, what is left to do, and the line that everybody parses.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::event::words;
use super::line::{Line, Tone, write_all};
use crate::address::Address;
use crate::api::advice;
use crate::apply::{Failure, Outcome, Verdict};
use crate::plan::Change;
use crate::render::text::prose;
use crate::render::{Style, Summary};

/// Which command carried the plan out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Everything that applies a plan.
    Apply,
    /// The one that only deletes.
    Destroy,
}

impl Run {
    /// The word that people know it by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Destroy => "Destroy",
        }
    }
}

/// Shows how a run ended.
///
/// # Errors
/// If it cannot be written.
pub fn outcome(to: &mut dyn Write, outcome: &Outcome, run: Run, style: Style) -> io::Result<()> {
    let ends = Ends::of(outcome);
    let mut lines = broken(outcome);
    lines.extend(ends.failures());
    lines.extend(ends.skips());
    let moved = Line::new(Tone::Alarm, "Error: ").then(
        Tone::Strong,
        "left alone, because it moved since the plan was made:",
    );
    lines.extend(section(moved, &ends.moved));
    lines.extend(section(Line::new(Tone::Plain, "Not ended:"), &ends.kept));
    lines.extend(section(
        Line::new(Tone::Warning, "Not settled yet:"),
        &ends.pending,
    ));
    lines.extend(section(
        Line::new(Tone::Warning, "Left when the run was stopped:"),
        &ends.stopped,
    ));
    for (address, concern) in &outcome.concerns {
        let text = format!("{address}: {}", prose(concern));
        lines.push(Line::new(Tone::Warning, "Warning: ").then(Tone::Plain, text));
        lines.push(Line::blank());
    }
    lines.push(ends.conclusion(Summary::of_outcome(outcome), run));
    write_all(&lines, to, style)
}

/// Everything that is not simply done, by how it ended.
#[derive(Default)]
struct Ends<'a> {
    failed: Vec<(&'a Change, &'a Failure)>,
    /// By what was waited for.
    skipped: BTreeMap<&'a [Address], Vec<&'a Address>>,
    moved: Vec<(&'a Address, String)>,
    kept: Vec<(&'a Address, String)>,
    pending: Vec<(&'a Address, String)>,
    stopped: Vec<(&'a Address, String)>,
}

impl<'a> Ends<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let mut ends = Self::default();
        for (change, verdict) in &outcome.verdicts {
            let address = &change.address;
            match verdict {
                Verdict::Done => {}
                Verdict::Moved(how) => ends.moved.push((address, prose(how))),
                Verdict::Skipped(blocked) => {
                    ends.skipped.entry(blocked).or_default().push(address);
                }
                Verdict::Pending { code, message } => {
                    let text = format!("{} [{code}]", prose(message));
                    ends.pending.push((address, text));
                }
                Verdict::Kept(why) => ends.kept.push((address, prose(why))),
                Verdict::Stopped => ends.stopped.push((address, "not begun".to_owned())),
                Verdict::Failed(failure) => ends.failed.push((change, failure)),
            }
        }
        ends
    }

    fn failures(&self) -> Vec<Line> {
        let each = self.failed.iter().flat_map(|(change, failure)| {
            let done = words(&change.action).done;
            alarm(format!("{} was not {done}", change.address), failure)
        });
        each.collect()
    }

    fn skips(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (blocked, addresses) in &self.skipped {
            let blocked: Vec<String> = blocked.iter().map(ToString::to_string).collect();
            let text = format!("Skipped, because it waits for {}:", blocked.join(", "));
            lines.push(Line::new(Tone::Warning, text));
            let addresses = addresses.iter();
            lines.extend(addresses.map(|it| Line::at(2, Tone::Plain, it.to_string())));
            lines.push(Line::blank());
        }
        lines
    }

    fn conclusion(&self, summary: Summary, run: Run) -> Line {
        let Summary {
            add,
            change,
            destroy,
        } = summary;
        let name = run.name();
        let done = match run {
            Run::Apply => format!("{add} added, {change} changed, {destroy} destroyed"),
            Run::Destroy => format!("{destroy} destroyed"),
        };
        let skipped = self.skipped.values().map(Vec::len).sum();
        let open = [
            (self.failed.len(), "failed"),
            (skipped, "skipped"),
            (self.moved.len(), "left alone"),
            (self.pending.len(), "pending"),
            (self.stopped.len(), "not begun"),
        ];
        let open = open.iter().filter(|(number, _)| *number > 0);
        let open: Vec<String> = open.map(|(it, what)| format!("{it} {what}")).collect();
        if open.is_empty() {
            let text = format!("{name} complete! Resources: {done}.");
            return Line::new(Tone::Add, text);
        }
        let open = open.join(", ");
        let text = format!("{name} incomplete: {done}; {open}. Run again to finish.");
        Line::new(Tone::Alarm, text)
    }
}

/// What kept the run from going on, beside what its changes say.
fn broken(outcome: &Outcome) -> Vec<Line> {
    let broken = outcome.broken.iter();
    let broken = broken.flat_map(|it| alarm("the run could not go on".to_owned(), it));
    let unlocked = outcome.unlocked.then(|| {
        let text = "the account's lock was lost, so nothing more was written";
        let line = Line::new(Tone::Alarm, "Error: ").then(Tone::Strong, text);
        line.then(Tone::Dim, format!(" [{}]", advice::FENCED))
    });
    broken
        .chain(unlocked.into_iter().flat_map(|it| [it, Line::blank()]))
        .collect()
}

/// A failure with its code, what happened, and what to do.
fn alarm(title: String, failure: &Failure) -> Vec<Line> {
    let Failure {
        code,
        message,
        help,
        answer: _,
    } = failure;
    let mut lines = vec![
        Line::new(Tone::Alarm, "Error: ")
            .then(Tone::Strong, title)
            .then(Tone::Dim, format!(" [{code}]")),
        Line::at(2, Tone::Plain, prose(message)),
    ];
    lines.extend(help.as_deref().map(Line::help));
    lines.push(Line::blank());
    lines
}

fn section(title: Line, entries: &[(&Address, String)]) -> Vec<Line> {
    if entries.is_empty() {
        return Vec::new();
    }
    let entries = entries
        .iter()
        .map(|(address, text)| Line::at(2, Tone::Plain, format!("{address}: {text}")));
    let lines = std::iter::once(title).chain(entries);
    lines.chain([Line::blank()]).collect()
}
