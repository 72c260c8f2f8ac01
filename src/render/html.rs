//! One page that needs nothing else: no script, no font, no picture from anywhere. Invariant: text
//! from elsewhere stands between tags as text, and in no attribute.

mod picture;

use std::fmt::Write as _;
use std::io::{self, Write};

use miette::Severity;

use super::Coverage;
use super::Report;
use super::drift;
use super::fault::Fault;
use super::human::heading::{notes, title};
use super::human::line::{Line, Tone};
use super::human::{cost, exceeded, shown, sum, trial::tally};
use super::markup::text;
use super::section::{NOBODY, Remarks, Section, effects};
use crate::plan::{Change, Plan, fingerprint};

/// The page's only style; it follows the reader's choice of dark or light.
const STYLE: &str = include_str!("html/style.css");

/// How many names an effect of the blast radius shows.
const NAMES: usize = 10;

/// Writes all stacks of a run as one page.
///
/// # Errors
/// If it cannot be written.
pub fn write(to: &mut dyn Write, sections: &[Section<'_>]) -> io::Result<()> {
    writeln!(
        to,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>tunctl plan</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>"
    )?;
    for section in sections {
        match section {
            Section::Plan(report) => planned(to, report)?,
            Section::NoPlan {
                stack,
                run: _,
                faults,
            } => unplanned(to, *stack, faults)?,
        }
    }
    writeln!(to, "</main>\n</body>\n</html>")
}

fn unplanned(to: &mut dyn Write, stack: Option<&str>, all: &[Fault]) -> io::Result<()> {
    let name = stack.map(|stack| format!(" for <code>{}</code>", text(stack)));
    writeln!(
        to,
        "<section>\n<h1>No plan{}</h1>",
        name.unwrap_or_default()
    )?;
    faults(to, "Errors", all)?;
    writeln!(to, "</section>")
}

fn planned(to: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let plan = report.plan;
    writeln!(
        to,
        "<section>\n<h1>{} <code>{}</code></h1>",
        report.run.title(),
        text(&plan.stack)
    )?;
    radius(to, report)?;
    writeln!(to, "<p>{}</p>", spans(&sum(plan, report.run)))?;
    if report.coverage == Coverage::Partial {
        writeln!(
            to,
            "<p>This is a part of the stack, as --target and --exclude chose it.</p>"
        )?;
    }
    if let Some(scope) = drift::scope(plan) {
        writeln!(to, "<p>Note: {}</p>", text(&scope))?;
    }
    deletions(to, plan)?;
    remarks(to, report)?;
    left(to, plan)?;
    picture::write(to, plan)?;
    changes(to, plan)?;
    let lines = report.forecast.and_then(|it| cost(it, report.run));
    let lines = lines
        .iter()
        .chain(&tally(report.tests))
        .map(spans)
        .collect::<Vec<_>>();
    let fingerprint = fingerprint::of_plan(plan);
    let lines = lines.join(" ");
    writeln!(
        to,
        "<footer>{lines} Fingerprint: <code>{fingerprint}</code></footer>\n</section>"
    )
}

fn radius(to: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let effects = effects(report);
    if effects.is_empty() {
        return writeln!(to, "<p class=\"radius\">{NOBODY}</p>");
    }
    writeln!(to, "<ul class=\"radius\">")?;
    for (words, names) in effects {
        let shown = names.iter().take(NAMES);
        let shown = shown.map(|name| format!("<code>{}</code>", text(name)));
        let mut shown = shown.collect::<Vec<_>>().join(" ");
        if names.len() > NAMES {
            let _ = write!(shown, " and {} more", names.len() - NAMES);
        }
        let words = text(&words);
        writeln!(
            to,
            "<li><span class=\"strong\">{words}</span> <span class=\"names\">{shown}</span></li>"
        )?;
    }
    writeln!(to, "</ul>")
}

fn deletions(to: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let gone = plan.changes().filter(|it| it.action.destroys());
    let gone = gone.map(|change| {
        let title = title(change).plain();
        let notes = notes(change).into_iter().map(|line| line.plain());
        let lines: Vec<String> = std::iter::once(title).chain(notes).collect();
        let lines = lines
            .iter()
            .map(|line| text(line.trim_start_matches([' ', '#'])));
        lines.collect::<Vec<_>>().join(" ")
    });
    list(to, "Deletions", "alarm", gone.collect())
}

fn remarks(to: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let remarks = Remarks::of(report);
    let refusals = remarks.refusals.iter().map(|(message, flag)| {
        let lift = flag
            .as_ref()
            .map(|it| format!("; lift with <code>{}</code>", text(it)));
        format!("{}{}", text(message), lift.unwrap_or_default())
    });
    let title = format!("{} will refuse", report.run.name());
    list(to, &title, "alarm", refusals.collect())?;
    faults(to, "Failed tests", &remarks.tests)?;
    faults(to, "Lints", &remarks.lints)?;
    faults(to, "Warnings", &remarks.warnings)?;
    let quotas = report.forecast.into_iter().flat_map(exceeded);
    list(to, "Quotas", "plain", quotas.map(|it| text(&it)).collect())
}

fn left(to: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let title = "Not caused by this change, and left as it is";
    let drift = drift::drift(plan);
    let lines = drift.iter().flat_map(|it| &it.lines).map(|line| text(line));
    list(to, title, "plain", lines.collect())
}

/// Entries are HTML already. Nothing at all if there are none.
fn list(to: &mut dyn Write, title: &str, class: &str, entries: Vec<String>) -> io::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    writeln!(
        to,
        "<h2>{}: {}</h2>\n<ul class=\"{class}\">",
        text(title),
        entries.len()
    )?;
    for entry in entries {
        writeln!(to, "<li>{entry}</li>")?;
    }
    writeln!(to, "</ul>")
}

fn faults(to: &mut dyn Write, title: &str, faults: &[Fault]) -> io::Result<()> {
    let entry = |fault: &Fault| {
        let Fault {
            severity,
            code,
            message,
            places,
            help,
        } = fault;
        let word = match severity {
            Severity::Error => "error",
            Severity::Warning | Severity::Advice => "warning",
        };
        let mut html = format!("<span class=\"{word}\">{word}</span>: {}", text(message));
        for place in places {
            let at = place.at.as_ref();
            let at = at.map(|(file, line, column)| format!("{file}:{line}:{column} "));
            let at = text(&at.unwrap_or_default());
            let _ = write!(html, "<br><code>{at}</code>{}", text(&place.text));
        }
        if let Some(help) = help {
            let _ = write!(html, "<br>help: {}", text(help));
        }
        if !code.is_empty() {
            let _ = write!(html, " <code class=\"dim\">{}</code>", text(code));
        }
        html
    };
    list(to, title, "plain", faults.iter().map(entry).collect())
}

fn changes(to: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let changes: Vec<&Change> = plan.changes().collect();
    if changes.is_empty() {
        return Ok(());
    }
    write!(to, "<h2>Changes: {}</h2>\n<pre>", changes.len())?;
    for line in shown(&changes) {
        writeln!(to, "{}", spans(&line))?;
    }
    writeln!(to, "</pre>")
}

/// A line with its tones as classes.
fn spans(line: &Line) -> String {
    let (indent, parts) = line.parts();
    let mut html = " ".repeat(indent);
    for (tone, part) in parts {
        match class(*tone) {
            Some(class) => {
                let _ = write!(html, "<span class=\"{class}\">{}</span>", text(part));
            }
            None => html.push_str(&text(part)),
        }
    }
    html
}

fn class(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Strong => Some("strong"),
        Tone::Dim => Some("dim"),
        Tone::Add => Some("add"),
        Tone::Change => Some("change"),
        Tone::Remove => Some("remove"),
        Tone::Adopt => Some("adopt"),
        Tone::Replace => Some("replace"),
        Tone::Alarm => Some("remove strong"),
        Tone::Warning => Some("change strong"),
    }
}
