//! Problems as plain values with their places in words, for the formats that CI shows.

use std::fmt::Display;

use miette::{Diagnostic, Severity};

use super::text::bounded;
use crate::problem::Problem;
use crate::source::{Sources, Span};

/// A problem whose places are files, lines and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether it stops the run.
    pub severity: Severity,
    /// Stable and documented; empty if it has none.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Where; the first one is the culprit.
    pub places: Vec<Place>,
    /// The next keystroke.
    pub help: Option<String>,
}

/// A place in a text that a user wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, and the line and column in it, both from 1; `None` if the text is unknown.
    pub at: Option<(String, usize, usize)>,
    /// The particulars.
    pub text: String,
}

impl Place {
    /// A place in one of the sources of a run.
    #[must_use]
    pub fn new(span: Span, text: &str, sources: &Sources) -> Self {
        let source = sources.get(span.source);
        let at = source.map(|it| (it.name.clone(), sources.line(span), sources.column(span)));
        let text = bounded(text).into_owned();
        Self { at, text }
    }
}

impl Fault {
    /// Problems in their texts; of very many the first, and a last one that counts the others.
    #[must_use]
    pub fn of_problems(problems: &[Problem], sources: &Sources) -> Vec<Self> {
        let shown = Problem::abridge(problems);
        let fault = |problem: &Problem| {
            let Problem {
                code,
                message,
                labels,
                help,
                severity,
                count: _,
            } = problem;
            let places = labels.iter();
            Self {
                severity: *severity,
                code: (*code).to_owned(),
                message: bounded(message).into_owned(),
                places: places
                    .map(|(span, text)| Place::new(*span, text, sources))
                    .collect(),
                help: help.as_deref().map(|it| bounded(it).into_owned()),
            }
        };
        shown.iter().map(fault).collect()
    }

    /// An error without a place.
    #[must_use]
    pub fn of_diagnostic(error: &dyn Diagnostic) -> Self {
        let text = |part: Option<Box<dyn Display + '_>>| {
            part.map(|it| bounded(&it.to_string()).into_owned())
        };
        Self {
            severity: Severity::Error,
            code: text(error.code()).unwrap_or_default(),
            message: bounded(&error.to_string()).into_owned(),
            places: Vec::new(),
            help: text(error.help()),
        }
    }
}
