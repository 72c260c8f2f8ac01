//! A list under a title that takes no more room than it is given.

use miette::Severity;
use std::fmt::Write as _;

use super::super::fault::{Fault, Place};
use super::super::text::count;
use super::text::{code, prose};

/// A title and its entries.
#[derive(Debug)]
pub(super) struct List {
    title: String,
    entries: Vec<String>,
}

impl List {
    pub(super) fn new(title: &str, entries: impl Iterator<Item = String>) -> Self {
        Self {
            title: title.to_owned(),
            entries: entries.collect(),
        }
    }

    /// Problems with their places.
    pub(super) fn faults(title: &str, faults: &[Fault]) -> Self {
        Self::new(title, faults.iter().map(entry))
    }

    pub(super) fn extend(&mut self, entries: impl Iterator<Item = String>) {
        self.entries.extend(entries);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The room for the title and the number of entries.
    pub(super) fn least(&self) -> usize {
        self.title().len() + more(self.entries.len()).len() + 1
    }

    /// As many entries as there is room for, and whether some are missing. The others are
    /// counted.
    pub(super) fn fit(&self, room: usize) -> (String, bool) {
        let mut text = self.title();
        let whole: usize = self.entries.iter().map(|it| it.len() + 3).sum();
        let cut = text.len() + whole + 1 > room;
        let reserve = if cut { self.least() - text.len() } else { 1 };
        let mut shown = 0;
        for entry in &self.entries {
            if text.len() + entry.len() + 3 + reserve > room {
                break;
            }
            let _ = writeln!(text, "- {entry}");
            shown += 1;
        }
        if shown < self.entries.len() {
            text.push_str(&more(self.entries.len() - shown));
        }
        text.push('\n');
        (text, cut)
    }

    fn title(&self) -> String {
        format!("### {}: {}\n\n", self.title, self.entries.len())
    }
}

fn more(number: usize) -> String {
    format!("- … and {number} more, not shown here\n")
}

/// ``file:line:column`` and what is wrong there, with the next keystroke.
fn entry(fault: &Fault) -> String {
    let Fault {
        severity,
        code: name,
        message,
        places,
        help,
    } = fault;
    let mut text = String::new();
    if let Some((file, line, column)) = places.first().and_then(|it| it.at.as_ref()) {
        text = code(&format!("{file}:{line}:{column}")) + " ";
    }
    let word = match severity {
        Severity::Error => "error",
        Severity::Warning | Severity::Advice => "warning",
    };
    let _ = write!(text, "**{word}**: {}", prose(message));
    let details = places.iter().enumerate().map(|(index, place)| {
        let Place { at, text } = place;
        match at {
            Some((file, line, _)) if index > 0 => {
                format!("{} ({})", prose(text), code(&format!("{file}:{line}")))
            }
            Some(_) | None => prose(text),
        }
    });
    let details: Vec<String> = details.filter(|it| !it.is_empty()).collect();
    if !details.is_empty() {
        let _ = write!(text, ": {}", details.join("; "));
    }
    if !name.is_empty() {
        let _ = write!(text, " ({})", code(name));
    }
    if let Some(help) = help {
        let _ = write!(text, "; help: {}", prose(help));
    }
    text
}

/// `1 entry`, in bold, for a group of names.
pub(super) fn group(name: &str, number: usize) -> String {
    format!("{name}: {}", count(number, "deletion"))
}
