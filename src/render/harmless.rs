//! Errors as a terminal may show them: what they repeat of answers, names and files can neither
//! do anything to it nor fill it.

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};

use super::text::{bounded, escaped};

/// A diagnostic whose texts are short, and free of control characters. Its excerpts are so by
/// themselves.
#[derive(Debug)]
pub struct Harmless<'a> {
    diagnostic: &'a dyn Diagnostic,
    message: String,
    cause: Option<Box<Cause>>,
    related: Vec<Harmless<'a>>,
}

/// Why something failed, and why that did.
#[derive(Debug)]
struct Cause {
    message: String,
    cause: Option<Box<Cause>>,
}

impl<'a> Harmless<'a> {
    /// Makes a diagnostic harmless.
    #[must_use]
    pub fn new(diagnostic: &'a dyn Diagnostic) -> Self {
        let related = diagnostic.related().into_iter().flatten();
        Self {
            diagnostic,
            message: clean(diagnostic),
            cause: Cause::of(diagnostic.source()),
            related: related.map(Self::new).collect(),
        }
    }
}

impl Cause {
    fn of(error: Option<&dyn Error>) -> Option<Box<Self>> {
        let error = error?;
        Some(Box::new(Self {
            message: clean(error),
            cause: Self::of(error.source()),
        }))
    }
}

/// A text for people. It may have several lines.
fn clean(text: impl fmt::Display) -> String {
    let text = text.to_string();
    let lines = bounded(&text);
    let lines: Vec<_> = lines.lines().map(escaped).collect();
    lines.join("\n")
}

impl fmt::Display for Harmless<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Harmless<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as &dyn Error)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as &dyn Error)
    }
}

impl Diagnostic for Harmless<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.diagnostic.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help()?;
        Some(Box::new(clean(help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.diagnostic.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.diagnostic.labels()?;
        let labels = labels.map(|label| {
            let text = label.label().map(clean);
            LabeledSpan::new(text, label.offset(), label.len())
        });
        Some(Box::new(labels))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let related = self.related.iter();
        (!self.related.is_empty()).then(|| {
            Box::new(related.map(|it| it as &dyn Diagnostic))
                as Box<dyn Iterator<Item = &'a dyn Diagnostic>>
        })
    }
}
