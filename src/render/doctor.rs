//! What doctor found: for people at a glance, for programs as one object.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Style;
use super::human::line::{Line, Tone, write_all};
use super::json::FORMAT_VERSION;
use super::text::{count, prose};
use crate::doctor::facts::{Right, Verdict};
use crate::doctor::least::Least;
use crate::doctor::need::Target;
use crate::doctor::{Certainty, Examined, Finding, Level, Topic};

/// What is shown of one stack.
pub struct Diagnosis<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// What the checks found.
    pub examined: &'a [Examined],
    /// What the manifest needs, and whether it is there.
    pub rights: &'a [Right],
    /// The token that would do.
    pub least: &'a Least,
}

/// Shows the findings under their headings, then the token, then how many there are.
///
/// # Errors
/// If it cannot be written.
pub fn human(to: &mut dyn Write, diagnosis: &Diagnosis<'_>, style: Style) -> io::Result<()> {
    let mut lines = Vec::new();
    let mut topics: Vec<Topic> = diagnosis.examined.iter().map(|it| it.check.topic).collect();
    topics.dedup();
    for topic in topics {
        lines.push(Line::new(Tone::Strong, topic.title()));
        let of_topic = diagnosis.examined.iter();
        let of_topic = of_topic.filter(|it| it.check.topic == topic);
        lines.extend(of_topic.flat_map(check));
        lines.push(Line::blank());
    }
    lines.push(sum(diagnosis.examined));
    write_all(&lines, to, style)
}

/// Shows the token that would do, ready to be sent.
///
/// # Errors
/// If it cannot be written.
pub fn least(to: &mut dyn Write, diagnosis: &Diagnosis<'_>, style: Style) -> io::Result<()> {
    let Least {
        body,
        groups,
        notes,
    } = diagnosis.least;
    let title = "The least token that does, as POST /accounts/ACCOUNT/tokens takes it:";
    let mut lines = vec![Line::blank(), Line::new(Tone::Strong, title)];
    let groups = groups.keys().map(|it| prose(it));
    let groups: Vec<String> = groups.collect();
    lines.push(Line::at(2, Tone::Dim, groups.join(", ")));
    lines.extend(notes.iter().map(|it| Line::at(2, Tone::Warning, prose(it))));
    let body = serde_json::to_string_pretty(body)?;
    lines.extend(body.lines().map(|it| Line::new(Tone::Plain, it)));
    write_all(&lines, to, style)
}

fn check(examined: &Examined) -> Vec<Line> {
    let seen = &examined.seen;
    if seen.findings.is_empty() {
        let line = Line::at(2, Tone::Add, "✓ ").then(Tone::Plain, prose(&seen.fine));
        return vec![line];
    }
    seen.findings.iter().flat_map(finding).collect()
}

fn finding(finding: &Finding) -> Vec<Line> {
    let Finding {
        level,
        certainty,
        message,
        help,
    } = finding;
    let (tone, glyph) = match level {
        Level::Unknown => (Tone::Dim, "? "),
        Level::Warning => (Tone::Warning, "! "),
        Level::Error => (Tone::Alarm, "✗ "),
    };
    let line = Line::at(2, tone, glyph).then(Tone::Plain, prose(message));
    let line = match certainty {
        Certainty::Certain => line,
        Certainty::Probable => line.then(Tone::Dim, " [probable]"),
    };
    let help = help.iter();
    let help = help.map(|it| Line::at(6, Tone::Dim, prose(it)));
    std::iter::once(line).chain(help).collect()
}

fn number(examined: &[Examined], level: Level) -> usize {
    let findings = examined.iter().flat_map(|it| &it.seen.findings);
    findings.filter(|it| it.level == level).count()
}

fn sum(examined: &[Examined]) -> Line {
    let of = |level| number(examined, level);
    let (errors, warnings, unknown) = (of(Level::Error), of(Level::Warning), of(Level::Unknown));
    if errors + warnings + unknown == 0 {
        return Line::new(Tone::Add, "All is well.");
    }
    let tone = if errors > 0 {
        Tone::Alarm
    } else {
        Tone::Strong
    };
    let text = format!(
        "{}, {}, {unknown} not looked at.",
        count(errors, "error"),
        count(warnings, "warning")
    );
    Line::new(tone, text)
}

/// The same as one object.
#[must_use]
pub fn json(diagnosis: &Diagnosis<'_>) -> Value {
    let Diagnosis {
        stack,
        examined,
        rights,
        least,
    } = diagnosis;
    let of = |level| number(examined, level);
    json!({
        "format_version": FORMAT_VERSION,
        "stack": stack,
        "summary": {
            "errors": of(Level::Error),
            "warnings": of(Level::Warning),
            "unknown": of(Level::Unknown),
        },
        "checks": examined.iter().map(check_json).collect::<Vec<_>>(),
        "permissions": rights.iter().map(right).collect::<Vec<_>>(),
        "token": {
            "body": least.body,
            "permission_groups": least.groups,
            "notes": least.notes,
        },
    })
}

fn check_json(examined: &Examined) -> Value {
    let findings = examined.seen.findings.iter().map(|finding| {
        let Finding {
            level,
            certainty,
            message,
            help,
        } = finding;
        json!({"level": level, "certainty": certainty, "message": message, "help": help})
    });
    let findings: Vec<Value> = findings.collect();
    let fine = findings.is_empty().then_some(&examined.seen.fine);
    json!({"check": examined.check.name, "fine": fine, "findings": findings})
}

fn right(right: &Right) -> Value {
    let need = &right.need;
    let (verdict, why) = match &right.verdict {
        Verdict::Held => ("held", None),
        Verdict::Missing => ("missing", None),
        Verdict::Unclear(why) => ("unclear", Some(why)),
    };
    let zone = match &need.target {
        Target::Zone { name, .. } => Some(name.as_str()),
        Target::Account | Target::Zones | Target::SomeZone => None,
    };
    json!({
        "permission": need.name,
        "access": need.access.word().to_lowercase(),
        "zone": zone,
        "any_of": need.groups,
        "commands": need.commands,
        "kinds": need.kinds,
        "optional": need.optional,
        "verdict": verdict,
        "certainty": right.certainty,
        "why": why,
    })
}
