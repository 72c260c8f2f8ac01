//! What is wrong, where, and what to type instead: the one form of everything that a user can
//! cause. Rules collect problems and go on, so that one run reports all of them.

mod excerpt;

use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};

use crate::source::{Sources, Span};
use excerpt::Excerpt;

/// How many problems of one sort of output are shown. Nobody reads more at once; the rest is
/// counted.
pub const SHOWN: usize = 100;

/// The code of a problem that says that there are more; it has no place of its own.
pub const MORE: &str = "tunctl::more_problems";

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
    /// How many mistakes it stands for: one, unless it says that there are [`MORE`].
    pub count: usize,
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
            count: 1,
        }
    }

    /// Says how many more problems there are than those before it.
    #[must_use]
    pub fn more(count: usize) -> Self {
        let noun = if count == 1 { "problem" } else { "problems" };
        let message = format!("and {} more {noun}", grouped(count));
        let problem = Self {
            count,
            ..Self::new(MORE, message)
        };
        problem.help("mend the problems above, then run again")
    }

    /// The first [`SHOWN`] problems; the others are counted by a last one.
    #[must_use]
    pub fn abridge(problems: &[Self]) -> Vec<Self> {
        let counts = |it: &&Self| it.code == MORE;
        let single = problems.iter().filter(|it| !counts(it));
        let mut shown: Vec<Self> = single.take(SHOWN).cloned().collect();
        let all: usize = problems.iter().map(|it| it.count).sum();
        if all > shown.len() {
            shown.push(Self::more(all - shown.len()));
        }
        shown
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
        let mut texts: Vec<usize> = self.labels.iter().map(|(span, _)| span.source).collect();
        let home = texts.first().copied();
        texts.sort_unstable();
        texts.dedup();
        texts.retain(|source| Some(*source) != home);
        let (source, labels) = self.excerpt(home, sources);
        let note = |other: usize| {
            let (source, labels) = self.excerpt(Some(other), sources);
            let problem = Problem {
                severity: Severity::Advice,
                help: None,
                labels: Vec::new(),
                message: "the other place".to_owned(),
                ..self.clone()
            };
            Report {
                problem,
                source,
                labels,
                related: Vec::new(),
            }
        };
        Report {
            problem: self.clone(),
            source,
            labels,
            related: texts.into_iter().map(note).collect(),
        }
    }

    /// The parts of one text that labels stand in, with these labels.
    fn excerpt(
        &self,
        source: Option<usize>,
        sources: &Sources,
    ) -> (Option<Excerpt>, Vec<LabeledSpan>) {
        let Some(text) = source.and_then(|source| sources.get(source)) else {
            return (None, Vec::new());
        };
        let here = self.labels.iter();
        let here = here.filter(|(span, _)| Some(span.source) == source);
        let places = here.map(|(span, label)| (excerpt::underlined(text, *span), label));
        let places: Vec<(Range<usize>, &String)> = places.collect();
        let labels = places.iter().map(|(place, label)| {
            LabeledSpan::new(Some((*label).clone()), place.start, place.len())
        });
        let labels = labels.collect();
        let shown = places.into_iter().map(|(place, _)| place);
        (Some(Excerpt::new(text, shown)), labels)
    }
}

/// A number with its thousands set off: 4,213.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A [`Problem`] with its text: what `miette` renders.
#[derive(Debug)]
pub struct Report {
    problem: Problem,
    source: Option<Excerpt>,
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
