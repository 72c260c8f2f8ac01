//! How the manifest's tests ended: a line for each, and how many.

use std::io::{self, Write};

use super::line::{Line, Tone, write_all};
use crate::render::Style;
use crate::render::text::escaped;
use crate::routing::test::Trial;

/// Shows all tests of a stack. Why one fails is a diagnostic of its own.
///
/// # Errors
/// If it cannot be written.
pub fn trials(to: &mut dyn Write, trials: &[Trial<'_>], style: Style) -> io::Result<()> {
    let mut lines: Vec<Line> = trials.iter().map(line).collect();
    match tally(trials) {
        Some(tally) => lines.push(tally),
        None => lines.push(Line::new(Tone::Plain, "The manifest has no tests.")),
    }
    write_all(&lines, to, style)
}

/// How many tests there are, and how many fail. Nothing if there are none.
pub(crate) fn tally(trials: &[Trial<'_>]) -> Option<Line> {
    let failed = trials.iter().filter(|it| it.fault.is_some()).count();
    let passed = trials.len() - failed;
    match (passed, failed) {
        (0, 0) => None,
        (_, 0) => Some(Line::new(Tone::Dim, format!("Tests: {passed} passed."))),
        _ => {
            let text = format!("Tests: {passed} passed, {failed} failed.");
            Some(Line::new(Tone::Alarm, text))
        }
    }
}

fn line(trial: &Trial<'_>) -> Line {
    let test = trial.test;
    let (tone, word) = match trial.fault {
        None => (Tone::Add, "pass"),
        Some(_) => (Tone::Alarm, "FAIL"),
    };
    let wanted = format!("  {} -> {}", escaped(&test.url), escaped(&test.service));
    let line = Line::new(tone, word).then(Tone::Plain, wanted);
    match &trial.answer {
        Some(answer) => {
            let tunnel = escaped(trial.tunnel);
            let from = format!(" (tunnel.{tunnel}, rule {})", answer.rule);
            line.then(Tone::Dim, from)
        }
        None => line,
    }
}
