//! Text for people, in Terraform's own words, so that what reads Terraform's output (tfcmt,
//! Atlantis) reads ours. Invariant: one line of output is one line of ours; no text from
//! elsewhere begins one.

mod attribute;
mod block;
mod compact;
mod event;
mod explanation;
pub(super) mod heading;
pub(super) mod line;
mod list;
mod moved;
mod outcome;
pub(super) mod trial;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::{count, escaped, prose};
use super::{Coverage, Report, Style, Summary, drift};
use crate::plan::forecast::{Forecast, Quota};
use crate::plan::{Action, Change, Finding, Plan, fingerprint};
use crate::problem::Problem;
pub use event::event;
pub use explanation::explanation;
use line::{Line, Tone, write_all};
pub use moved::moved;
pub use outcome::{Run, outcome};
pub use trial::trials;

/// Up to so many changes each one is shown in full.
const SMALL: usize = 20;

/// Shows a plan.
///
/// # Errors
/// If it cannot be written.
pub fn plan(to: &mut dyn Write, report: &Report<'_>, style: Style) -> io::Result<()> {
    let Report {
        plan,
        forecast,
        run,
        coverage,
        lints: _,
        sources: _,
        tests,
        scope: _,
    } = report;
    let mut lines: Vec<Line> = left(plan).collect();
    if !plan.is_empty() {
        lines.push(Line::new(Tone::Strong, run.heading()));
        lines.push(Line::blank());
        lines.extend(changes(plan));
    }
    lines.extend(plan.warnings.iter().flat_map(warning));
    lines.extend(forecast.iter().flat_map(|it| overruns(it)));
    lines.extend(refusals(&plan.findings, *run));
    lines.extend(conclusion(plan, *run));
    let scope = drift::scope(plan).map(|scope| format!("Note: {scope}"));
    lines.extend(scope.map(|text| Line::new(Tone::Plain, text)));
    if *coverage == Coverage::Partial {
        let text = "Note: this is a part of the stack, as --target and --exclude chose it.";
        lines.push(Line::new(Tone::Plain, text));
    }
    lines.extend(forecast.and_then(|forecast| cost(forecast, *run)));
    lines.extend(trial::tally(tests));
    let fingerprint = format!("Fingerprint: {}", fingerprint::of_plan(plan));
    lines.push(Line::new(Tone::Dim, fingerprint));
    write_all(&lines, to, style)
}

/// Shows which stack of several it is that follows.
///
/// # Errors
/// If it cannot be written.
pub fn title(to: &mut dyn Write, stack: &str, manifest: &str) -> io::Result<()> {
    let title = Line::new(Tone::Plain, format!("Stack `{stack}` ({manifest})"));
    write_all(&[Line::blank(), title], to, Style::Plain)
}

/// What is not as the manifest says and stays so, above everything else, where Terraform has it.
/// No line begins as those do that other programs take for changes.
fn left(plan: &Plan) -> impl Iterator<Item = Line> {
    drift::drift(plan).into_iter().flat_map(|drift| {
        let lines = drift.few().into_iter();
        let title = Line::new(Tone::Warning, "Note: ").then(Tone::Strong, drift.title);
        let lines = lines.map(|line| Line::at(2, Tone::Plain, format!("* {line}")));
        let lines: Vec<Line> = lines.collect();
        [title, Line::blank()]
            .into_iter()
            .chain(lines)
            .chain([Line::blank()])
    })
}

/// The changes in the order in which they will be carried out, but what destroys last: right
/// above the summary, where people look.
fn changes(plan: &Plan) -> Vec<Line> {
    let (gone, kept): (Vec<&Change>, Vec<_>) =
        plan.changes().partition(|change| change.action.removes());
    shown(&[kept, gone].concat())
}

/// Changes as blocks with an empty line after each; of many those that are alike together.
pub(super) fn shown(changes: &[&Change]) -> Vec<Line> {
    if changes.len() > SMALL {
        return compact::compact(changes);
    }
    let blocks = changes.iter();
    blocks
        .flat_map(|change| block::block(change).into_iter().chain([Line::blank()]))
        .collect()
}

fn warning(problem: &Problem) -> Vec<Line> {
    let Problem {
        code,
        message,
        labels,
        help,
        severity: _,
        count: _,
    } = problem;
    let mut lines = vec![
        Line::new(Tone::Warning, "Warning: ")
            .then(Tone::Strong, prose(message))
            .then(Tone::Dim, format!(" [{code}]")),
    ];
    let labels = labels.iter();
    lines.extend(labels.map(|(_, text)| Line::at(2, Tone::Plain, prose(text))));
    lines.extend(help.as_deref().map(Line::help));
    lines.push(Line::blank());
    lines
}

fn refusals(findings: &[Finding], run: Run) -> Vec<Line> {
    let mut lines: Vec<Line> = findings
        .iter()
        .map(|finding| {
            let line = Line::new(Tone::Alarm, format!("{} will refuse: ", run.name()));
            let line = line.then(Tone::Plain, prose(&finding.message));
            match finding.lifted_by() {
                Some(flag) => line.then(Tone::Plain, format!("; lift with `{flag}`")),
                None => line,
            }
        })
        .collect();
    if !lines.is_empty() {
        lines.push(Line::blank());
    }
    lines
}

/// The line that everybody parses, and in a large plan the same by kind above it.
fn conclusion(plan: &Plan, run: Run) -> Vec<Line> {
    let mut lines = Vec::new();
    if plan.changes().count() > SMALL {
        lines.extend(by_kind(plan));
    }
    lines.push(sum(plan, run));
    lines
}

/// The three numbers.
pub(super) fn sum(plan: &Plan, run: Run) -> Line {
    if plan.is_empty() {
        let why = match run {
            Run::Apply | Run::Drift if plan.has_incidents() => {
                " What is reported above is left as it is."
            }
            Run::Apply if !plan.drift.is_empty() => {
                " What the manifest's change causes is in place."
            }
            Run::Apply => " Your infrastructure matches the configuration.",
            Run::Destroy => " No objects need to be destroyed.",
            Run::End => " Nothing is to end.",
            Run::Drift => " Cloudflare matches the configuration.",
        };
        let what = match run {
            Run::Apply | Run::Destroy | Run::End => "No changes.",
            Run::Drift => "No drift.",
        };
        return Line::new(Tone::Add, what).then(Tone::Strong, why);
    }
    let Summary {
        add,
        change,
        destroy,
    } = Summary::of_plan(plan);
    let tone = if destroy > 0 {
        Tone::Alarm
    } else {
        Tone::Plain
    };
    let (word, kept, gone) = match run {
        Run::Apply | Run::Destroy | Run::End => (
            "Plan:",
            format!(" {add} to add, {change} to change, "),
            format!("{destroy} to destroy"),
        ),
        Run::Drift => (
            "Drift:",
            format!(" {add} missing, {change} changed, "),
            format!("{destroy} not declared"),
        ),
    };
    Line::new(Tone::Strong, word)
        .then(Tone::Plain, kept)
        .then(tone, gone)
        .then(Tone::Plain, ".")
}

fn by_kind(plan: &Plan) -> Vec<Line> {
    let mut kinds: BTreeMap<&str, Vec<&Action>> = BTreeMap::new();
    for change in plan.changes() {
        let kind = kinds.entry(change.address.kind.as_str()).or_default();
        kind.push(&change.action);
    }
    let width = kinds.keys().map(|kind| kind.chars().count()).max();
    let width = width.unwrap_or(0);
    let lines = kinds.into_iter().map(|(kind, actions)| {
        let summary = Summary::of(actions.into_iter());
        let numbers = [
            (summary.add, "to add"),
            (summary.change, "to change"),
            (summary.destroy, "to destroy"),
        ];
        let numbers = numbers.iter().filter(|(number, _)| *number > 0);
        let numbers: Vec<String> = numbers.map(|(it, what)| format!("{it} {what}")).collect();
        let text = format!("{:width$}  {}", escaped(kind), numbers.join(", "));
        Line::at(2, Tone::Plain, text)
    });
    lines.chain([Line::blank()]).collect()
}

/// The quotas that the plan would overrun.
fn overruns(forecast: &Forecast) -> Vec<Line> {
    let line = |text| {
        [
            Line::new(Tone::Warning, "Warning: ").then(Tone::Strong, text),
            Line::blank(),
        ]
    };
    exceeded(forecast).flat_map(line).collect()
}

/// What to say about the quotas that the plan would overrun.
pub(super) fn exceeded(forecast: &Forecast) -> impl Iterator<Item = String> {
    let overruns = forecast.quotas.iter().filter(|it| it.after > it.limit);
    overruns.map(|quota| {
        let Quota { kind, after, limit } = quota;
        format!("the account would have {after} of {limit} possible {kind} objects")
    })
}

/// What carrying out the plan takes, and what making it took.
pub(super) fn cost(forecast: &Forecast, run: Run) -> Option<Line> {
    let Forecast {
        spent,
        writes,
        reads,
        seconds,
        quotas: _,
    } = forecast;
    let requests = |it: u64| count(usize::try_from(it).unwrap_or(usize::MAX), "request");
    let mut text = format!("{} takes {}", run.name(), requests(writes + reads));
    if *seconds > 0.0 {
        let _ = write!(text, " and, by the rate limit, at least {seconds:.0} s");
    }
    if *spent > 0 {
        let _ = write!(text, "; planning took {}", requests(*spent));
    }
    text.push('.');
    (writes + reads > 0).then(|| Line::new(Tone::Dim, text))
}
