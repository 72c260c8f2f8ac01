//! Commands to the runner of GitHub's workflows that annotate lines of a pull request.
//! Invariant: a command is one line, and nothing from elsewhere makes another one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use miette::Severity;

use super::Report;
use super::drift;
use super::fault::{Fault, Place};
use super::human::heading::{notes, title};
use super::section::{Remarks, Section};
use super::text::escaped;
use crate::plan::{Change, Plan};
use crate::source::Sources;

/// How a line is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

/// A file, a line and a column, the last two from 1.
type At = (String, usize, usize);

/// Writes the annotations of all stacks: what is wrong first, because the runner shows ten of
/// each sort; then one for each change, where it is declared.
///
/// # Errors
/// If they cannot be written.
pub fn write(to: &mut dyn Write, sections: &[Section<'_>]) -> io::Result<()> {
    for section in sections {
        match section {
            Section::Plan(report) => remarks(to, report)?,
            Section::NoPlan {
                stack: _,
                run: _,
                faults: all,
            } => faults(to, all)?,
        }
    }
    for section in sections {
        if let Section::Plan(report) = section {
            changes(to, report)?;
        }
    }
    Ok(())
}

/// Writes an annotation for each problem, at its first place.
///
/// # Errors
/// If they cannot be written.
pub fn faults(to: &mut dyn Write, faults: &[Fault]) -> io::Result<()> {
    faults.iter().try_for_each(|fault| {
        let Fault {
            severity,
            code,
            message,
            places,
            help,
        } = fault;
        let level = match severity {
            Severity::Error => Level::Error,
            Severity::Warning | Severity::Advice => Level::Warning,
        };
        let at = places.first().and_then(|place| place.at.as_ref());
        let mut lines = vec![message.clone()];
        lines.extend(places.iter().map(detail).filter(|it| !it.is_empty()));
        lines.extend(help.iter().map(|help| format!("help: {help}")));
        annotate(to, level, at, code, &lines)
    })
}

/// The text with every line changed that the runner would obey: `::` at its begin, and `##[`
/// wherever it stands (actions/runner, `ActionCommand.cs`).
#[must_use]
pub fn inert(text: &str) -> Cow<'_, str> {
    let obeyed = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    if !text.lines().any(obeyed) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let line = line.replace("##[", "# #[");
        if line.trim_start().starts_with("::") {
            line.replacen("::", ": :", 1)
        } else {
            line
        }
    });
    Cow::Owned(lines.collect())
}

/// What is wrong at a place; the file too if it is another one than the first.
fn detail(place: &Place) -> String {
    match &place.at {
        Some((file, line, _)) => format!("{} ({file}:{line})", place.text),
        None => place.text.clone(),
    }
}

fn remarks(to: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let all = Remarks::of(report);
    faults(to, &all.tests)?;
    let places = Places::of(report);
    for (finding, (message, flag)) in report.plan.findings.iter().zip(&all.refusals) {
        let at = places.of_finding(message);
        let title = format!(
            "{} will refuse: {}",
            report.run.name(),
            finding.guard.name()
        );
        let lift = flag.iter().map(|flag| format!("lift with `{flag}`"));
        let lines: Vec<String> = std::iter::once(message.clone()).chain(lift).collect();
        annotate(to, Level::Error, at.as_ref(), &title, &lines)?;
    }
    faults(to, &all.lints)?;
    faults(to, &all.warnings)?;
    drift::drift(report.plan).into_iter().try_for_each(|drift| {
        let few = drift.few();
        let lines = [&[drift.title], few.as_slice()].concat();
        annotate(to, Level::Notice, None, "not caused by this change", &lines)
    })
}

fn changes(to: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let places = Places::of(report);
    report.plan.changes().try_for_each(|change| {
        let level = if change.action.destroys() {
            Level::Warning
        } else {
            Level::Notice
        };
        let lines = std::iter::once(title(change)).chain(notes(change));
        let lines: Vec<String> = lines
            .map(|line| line.plain().trim_start_matches([' ', '#']).to_owned())
            .collect();
        let title = change.address.to_string();
        annotate(to, level, places.of_change(change).as_ref(), &title, &lines)
    })
}

/// Where the changes of a plan are declared.
struct Places<'a> {
    sources: Option<&'a Sources>,
    /// Changes by their addresses and by their names, which is what findings speak of.
    changes: BTreeMap<String, &'a Change>,
    plan: &'a Plan,
}

impl<'a> Places<'a> {
    fn of(report: &Report<'a>) -> Self {
        let mut changes = BTreeMap::new();
        if !report.plan.findings.is_empty() {
            for change in report.plan.changes().filter(|it| it.at.is_some()) {
                changes.insert(change.address.name.clone(), change);
                changes.insert(change.address.to_string(), change);
            }
        }
        Self {
            sources: report.sources,
            changes,
            plan: report.plan,
        }
    }

    fn of_change(&self, change: &Change) -> Option<At> {
        Place::new(change.at?, "", self.sources?).at
    }

    /// The first declared change that a finding names, each in backticks; a finding about none
    /// is one about the manifest.
    fn of_finding(&self, message: &str) -> Option<At> {
        let mut named = message.split('`').skip(1).step_by(2);
        if let Some(change) = named.find_map(|name| self.changes.get(name)) {
            return self.of_change(change);
        }
        let (file, ..) = self.plan.changes().find_map(|it| self.of_change(it))?;
        Some((file, 1, 1))
    }
}

fn annotate(
    to: &mut dyn Write,
    level: Level,
    at: Option<&At>,
    title: &str,
    lines: &[String],
) -> io::Result<()> {
    let word = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    write!(to, "::{word} ")?;
    if let Some((file, line, column)) = at {
        write!(to, "file={},line={line},col={column},", property(file))?;
    }
    let lines: Vec<String> = lines
        .iter()
        .flat_map(|text| text.lines())
        .map(data)
        .collect();
    writeln!(to, "title={}::{}", property(title), lines.join("%0A"))
}

/// A message as the runner decodes it: `%`, and ends of lines, of which none is left here.
fn data(text: &str) -> String {
    escaped(text).replace('%', "%25").replace("##[", "# #[")
}

/// A property, which `:` and `,` would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_a_command() {
        let text = "  ::error::x\na ##[warning]b\n###[x]\nstays :: as it is\n";
        let made = "  : :error::x\na # #[warning]b\n## #[x]\nstays :: as it is\n";
        assert_eq!(inert(text), made);
        assert!(matches!(inert("a :: b\n#[x]\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn properties_end_where_they_should() {
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25\\n");
        assert_eq!(data("a:b,c%"), "a:b,c%25");
    }
}
