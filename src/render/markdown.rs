//! Markdown for one comment on a pull request that each run replaces. Invariants: it never has
//! more than [`LIMIT`] characters; what is deleted is shortened last and never folded; text from
//! elsewhere is text.

mod changes;
mod deletions;
mod list;
mod mermaid;
mod text;

use std::fmt::Write as _;
use std::io::{self, Write};

use super::human::{Run, cost, exceeded, sum, trial::tally};
use super::section::{NOBODY, Remarks, Section, effects};
use super::text::count;
use super::{Coverage, Report, Summary, drift};
use crate::plan::fingerprint;
use list::List;
use text::{begin, code, prose, short};

/// The most characters of a comment. GitHub takes 65,536 and refuses more; what wraps a comment
/// needs some too. Counted in bytes, of which no character has less than one.
pub const LIMIT: usize = 60_000;

/// The least that is worth saying about a stack: its title, numbers and counts.
const LEAST: usize = 2_500;

/// What is kept for the line about stacks that are left out.
const TAIL: usize = 400;

/// With less room than this the blast radius has no names.
const ROOMY: usize = 8_000;

/// How many names an effect of the blast radius shows.
const NAMES: usize = 3;

/// How many edges the picture has; more is no picture.
const EDGES: usize = 40;

/// Writes all stacks of a run, which share the limit.
///
/// # Errors
/// If it cannot be written.
pub fn write(to: &mut dyn Write, sections: &[Section<'_>]) -> io::Result<()> {
    to.write_all(comment(sections).as_bytes())
}

fn comment(sections: &[Section<'_>]) -> String {
    let mut text = String::new();
    for (index, section) in sections.iter().enumerate() {
        let rest = &sections[index..];
        let left = (LIMIT - TAIL).saturating_sub(text.len());
        if left < LEAST {
            text.push_str(&unsaid(rest));
            break;
        }
        let share = (left / rest.len()).max(LEAST);
        text.push_str(&match section {
            Section::Plan(report) => planned(report, share),
            Section::NoPlan { stack, run, faults } => unplanned(*stack, *run, faults, share),
        });
    }
    text
}

/// The stacks that there is no room for.
fn unsaid(rest: &[Section<'_>]) -> String {
    let mut destroy = 0;
    let mut failed = 0;
    for section in rest {
        match section {
            Section::Plan(report) => destroy += Summary::of_plan(report.plan).destroy,
            Section::NoPlan { .. } => failed += 1,
        }
    }
    let stacks = count(rest.len(), "more stack");
    format!(
        "**And {stacks}**, with {destroy} to destroy in all and {failed} without a plan: \
         `tunctl plan` shows them.\n"
    )
}

/// What finds the comment again.
fn marker(run: Run, stack: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    let name: String = begin(stack).chars().filter(|it| is_plain(*it)).collect();
    format!("<!-- tunctl:{}:{name} -->\n", run.shown_by())
}

fn unplanned(
    stack: Option<&str>,
    run: Run,
    faults: &[super::fault::Fault],
    share: usize,
) -> String {
    let (mut text, name) = match stack {
        Some(stack) => (marker(run, stack), format!(" for {}", short(stack))),
        None => ("<!-- tunctl:plan -->\n".to_owned(), String::new()),
    };
    let _ = write!(text, "## No plan{name}\n\n");
    let list = List::faults("Errors", faults);
    let left = share.saturating_sub(text.len());
    text.push_str(&list.fit(left).0);
    text
}

/// One stack within its share. What is short is written first; then deletions get what they
/// need, and everything else what is left.
fn planned(report: &Report<'_>, share: usize) -> String {
    let remarks = Remarks::of(report);
    let lists = lists(report, &remarks);
    let (marker, head, foot) = (
        marker(report.run, &report.plan.stack),
        head(report, share),
        foot(report),
    );
    let notice = notice(report);
    let least: usize = lists.iter().map(List::least).sum();
    let fixed = marker.len() + notice.len() + head.len() + foot.len() + least;
    let mut left = share.saturating_sub(fixed + changes::LEAST);
    let (gone, mut shortened) = deletions::fit(report, left);
    left = left.saturating_sub(gone.len());
    let mut middle = String::new();
    for list in &lists {
        let (text, cut) = list.fit(left + list.least());
        left = (left + list.least()).saturating_sub(text.len());
        shortened |= cut;
        middle.push_str(&text);
    }
    let picture = mermaid::picture(report.plan, EDGES);
    if picture.len() <= left / 2 {
        left -= picture.len();
        middle.push_str(&picture);
    }
    let (rest, cut) = changes::fit(report.plan, left + changes::LEAST);
    shortened |= cut;
    let notice = if shortened { notice } else { String::new() };
    [marker, notice, head, gone, middle, rest, foot].concat()
}

/// Says how to get the rest.
fn notice(report: &Report<'_>) -> String {
    let fingerprint = fingerprint::of_plan(report.plan);
    let command = report.run.shown_by();
    format!(
        "> **Shortened to fit into a comment.** `tunctl {command}` shows the complete plan \
         (fingerprint `{fingerprint}`), and so does `tunctl {command} --format html > plan.html`.\n\n"
    )
}

fn head(report: &Report<'_>, share: usize) -> String {
    let stack = short(&report.plan.stack);
    let radius = effects(report).into_iter().map(|(words, names)| {
        let shown = if share < ROOMY { 0 } else { NAMES };
        let mut shown: Vec<String> = names.iter().take(shown).map(|it| short(it)).collect();
        if shown.is_empty() {
            return words;
        }
        if names.len() > shown.len() {
            shown.push("…".to_owned());
        }
        format!("{words} ({})", shown.join(", "))
    });
    let radius: Vec<String> = radius.collect();
    let radius = if radius.is_empty() {
        NOBODY.to_owned()
    } else {
        format!("{}.", radius.join("; "))
    };
    let sum = sum(report.plan, report.run).plain();
    let part = match report.coverage {
        Coverage::Whole => "",
        Coverage::Partial => {
            "This is a part of the stack, as `--target` and `--exclude` chose it.\n\n"
        }
    };
    let title = report.run.title();
    let scope = drift::scope(report.plan).map(|it| format!("Note: {}\n\n", prose(&it)));
    let scope = scope.unwrap_or_default();
    format!("## {title} {stack}\n\n**{radius}**\n\n{sum}\n\n{scope}{part}")
}

fn foot(report: &Report<'_>) -> String {
    let cost = report.forecast.and_then(|it| cost(it, report.run));
    let tests = tally(report.tests);
    let lines = cost.iter().chain(&tests).map(|line| line.plain() + " ");
    let lines: String = lines.collect();
    let fingerprint = fingerprint::of_plan(report.plan);
    format!("{lines}Fingerprint: `{fingerprint}`\n\n")
}

/// What stands between deletions and changes, the most urgent first.
fn lists(report: &Report<'_>, remarks: &Remarks) -> Vec<List> {
    let refusals = remarks.refusals.iter().map(|(message, flag)| {
        let lift = flag.as_ref().map(|it| format!("; lift with {}", code(it)));
        format!("{}{}", prose(message), lift.unwrap_or_default())
    });
    let title = format!("{} will refuse", report.run.name());
    let quotas = report.forecast.into_iter().flat_map(exceeded);
    let mut warnings = List::faults("Warnings", &remarks.warnings);
    warnings.extend(quotas.map(|it| prose(&it)));
    let drift = drift::drift(report.plan);
    let drifted = drift.iter().flat_map(|it| &it.lines).map(|it| prose(it));
    let lists = [
        List::new(&title, refusals),
        List::faults("Failed tests", &remarks.tests),
        List::faults("Lints", &remarks.lints),
        warnings,
        List::new("Not caused by this change, and left as it is", drifted),
    ];
    lists.into_iter().filter(|it| !it.is_empty()).collect()
}
