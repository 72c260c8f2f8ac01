//! What is wrong, where, and what to type instead: the one form of everything that a user can
//! cause. Rules collect problems and go on, so that one run reports all of them.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

use crate::source::{Sources, Span};

/// One mistake, with a stable code that the documentation lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable and documented, such as `tunctl::duplicate_hostname`.
    pub code: &'static str,
    /// Short, without the user's own words where possible, so that it becomes familiar.
    pub message: String,
    /// The places; the first one is the culprit.
    pub labels: Vec<(Span, String)>,
    /// The next keystroke.
    pub help: Option<String>,
    /// Whether it stops the run.
    pub severity: Severity,
}

impl Problem {
    /// An error without a place.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            severity: Severity::Error,
        }
    }

    /// Adds a place, with the particulars.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Turns the error into a warning, which does not stop the run.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Joins the problem with the texts it points into, for rendering. Labels in other files
    /// than the first become notes of their own, because a report shows one text.
    #[must_use]
    pub fn report(&self, sources: &Sources) -> Report {
        if self.labels.iter().any(|(span, _)| is_long(sources, *span)) {
            return self.in_words(sources);
        }
        let home = self.labels.first().map(|(span, _)| span.source);
        let part = |source: Option<usize>| {
            self.labels
                .iter()
                .filter(move |(span, _)| Some(span.source) == source)
                .map(|(span, text)| {
                    let length = first_line(sources.text(*span));
                    LabeledSpan::new(Some(text.clone()), span.start, length)
                })
                .collect::<Vec<_>>()
        };
        let mut elsewhere: Vec<usize> = self.labels.iter().map(|(span, _)| span.source).collect();
        elsewhere.sort_unstable();
        elsewhere.dedup();
        elsewhere.retain(|source| Some(*source) != home);
        let named = |source: usize| {
            sources
                .get(source)
                .map(|source| NamedSource::new(&source.name, source.text.clone()))
        };
        Report {
            problem: self.clone(),
            source: home.and_then(named),
            labels: part(home),
            related: elsewhere
                .into_iter()
                .map(|source| Report {
                    problem: Problem {
                        severity: Severity::Advice,
                        help: None,
                        labels: Vec::new(),
                        message: "the other place".to_owned(),
                        ..self.clone()
                    },
                    source: named(source),
                    labels: part(Some(source)),
                    related: Vec::new(),
                })
                .collect(),
        }
    }

    /// The report without an excerpt: `FILE:LINE:BYTE` says where each label is.
    fn in_words(&self, sources: &Sources) -> Report {
        let mut problem = self.clone();
        for (span, label) in std::mem::take(&mut problem.labels) {
            let source = sources.get(span.source);
            let text = source.and_then(|source| source.text.get(..span.start));
            let before = text.unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let byte = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
            let name = source.map_or("", |source| &source.name);
            let part = format!("; {label} ({name}:{line}:{byte})");
            problem.message.push_str(&part);
        }
        Report {
            problem,
            source: None,
            labels: Vec::new(),
            related: Vec::new(),
        }
    }
}

/// How many bytes a place may be away from the end of the line before or behind its own. An
/// excerpt prints three lines, whatever their length, and that for each of a thousand problems.
const LONGEST: usize = 2_000;

/// Whether an excerpt around a place would be too long to print.
fn is_long(sources: &Sources, span: Span) -> bool {
    let source = sources.get(span.source);
    let text = source.map_or(&[][..], |source| source.text.as_bytes());
    let before = text.get(span.start.saturating_sub(LONGEST)..span.start);
    let behind = text.get(span.start..text.len().min(span.start + LONGEST));
    let is_cut = |part: Option<&[u8]>| {
        part.is_some_and(|part| {
            let mut lines = part.split(|byte| *byte == b'\n');
            part.len() == LONGEST && lines.nth(2).is_none()
        })
    };
    is_cut(before) || is_cut(behind)
}

/// The length of the first line: a label on a part of many lines would print all of them.
fn first_line(text: &str) -> usize {
    text.lines().next().unwrap_or_default().len()
}

/// A [`Problem`] with its text: what `miette` renders.
#[derive(Debug)]
pub struct Report {
    problem: Problem,
    source: Option<NamedSource<std::sync::Arc<str>>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Report>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.problem.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.problem.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem
            .help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        (!self.related.is_empty()).then(|| {
            Box::new(self.related.iter().map(|report| report as &dyn Diagnostic))
                as Box<dyn Iterator<Item = &'a dyn Diagnostic>>
        })
    }
}
