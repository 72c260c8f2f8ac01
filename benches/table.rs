//! The table: what, budget, measured, verdict.

use std::fmt::Write as _;

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    what: String,
    unit: &'static str,
    budget: Option<f64>,
    measured: Result<f64, &'static str>,
}

impl Row {
    /// Something that has no budget of its own.
    pub(crate) fn new(what: impl Into<String>, measured: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            unit,
            budget: None,
            measured: Ok(measured),
        }
    }

    /// Something that cannot be measured here, and why.
    pub(crate) fn missing(what: impl Into<String>, why: &'static str) -> Self {
        Self {
            measured: Err(why),
            ..Self::new(what, 0.0, "")
        }
    }

    /// What it may be at most, in the unit of the row.
    pub(crate) fn within(self, budget: f64) -> Self {
        Self {
            budget: Some(budget),
            ..self
        }
    }

    fn cells(&self) -> [String; 4] {
        let Self {
            what,
            unit,
            budget,
            measured,
        } = self;
        let verdict = match (budget, measured) {
            (Some(budget), Ok(measured)) if measured <= budget => "ok",
            (Some(_), Ok(_)) => "over",
            (None, _) | (_, Err(_)) => "",
        };
        [
            what.clone(),
            budget.map_or_else(String::new, |it| format!("\u{2264} {}", amount(it, unit))),
            measured.map_or_else(str::to_owned, |it| amount(it, unit)),
            verdict.to_owned(),
        ]
    }
}

fn amount(value: f64, unit: &str) -> String {
    let digits = usize::from(value < 100.0 && value.fract() != 0.0);
    format!("{value:.digits$} {unit}").trim_end().to_owned()
}

/// The rows, aligned.
pub(crate) fn shown(rows: &[Row]) -> String {
    let head = ["what", "budget", "measured", "verdict"].map(str::to_owned);
    let lines: Vec<[String; 4]> = std::iter::once(head)
        .chain(rows.iter().map(Row::cells))
        .collect();
    let width = |column: usize| {
        let widths = lines.iter().map(|cells| cells[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let [what, budget, measured] = [0, 1, 2].map(width);
    let mut text = String::new();
    for [a, b, c, d] in &lines {
        let line = format!("{a:what$} | {b:>budget$} | {c:>measured$} | {d}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
