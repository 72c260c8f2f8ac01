//! Where output goes: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, Severity};

use serde::Serialize;
use serde_json::{Value, json};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::base::ROLLBACK;
use super::environment::variable;
use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::problem::Problem;
use crate::render::fault::Fault;
use crate::render::github::inert;
use crate::render::harmless::Harmless;
use crate::render::human::Run;
use crate::render::section::Section;
use crate::render::{self, Style, escaped};
use crate::source::Sources;

/// Columns of a diagnostic where the terminal does not say.
const WIDTH: usize = 100;

/// What a command says, and how.
#[derive(Debug)]
pub(super) struct Console {
    pub(super) format: Format,
    pub(super) style: Style,
    pub(super) quiet: bool,
    pub(super) interactive: bool,
    pub(super) error_terminal: bool,
    error_style: Style,
}

/// Why a command could not do what it should.
#[derive(Debug)]
pub(super) enum Trouble {
    /// What is wrong with manifests or plans, in the texts that it points into.
    Problems(Vec<Problem>, Sources),
    /// Anything else.
    Report(Box<dyn Diagnostic + Send + Sync>),
}

impl Console {
    pub(super) fn new(global: &Global) -> Self {
        let wanted = !global.no_color && variable("NO_COLOR").is_none();
        let forced = variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let style = |terminal: bool| {
            if wanted && (terminal || forced) {
                Style::Coloured
            } else {
                Style::Plain
            }
        };
        let error_terminal = io::stderr().is_terminal();
        let error_style = style(error_terminal);
        trace(global.verbose, error_style);
        Self {
            format: global.format,
            style: style(io::stdout().is_terminal()),
            quiet: global.quiet,
            interactive: io::stdin().is_terminal(),
            error_terminal,
            error_style,
        }
    }

    /// Logs what happens to standard error, from a level on, whatever `-v` says.
    pub(super) fn log(&self, level: LevelFilter) {
        log(level, self.error_style);
    }

    /// Whether results are JSON and nothing else.
    pub(super) fn is_for_programs(&self) -> bool {
        self.format == Format::Json
    }

    /// Says something that is no result.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            // Nobody can be told that standard error is closed.
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// Shows what is wrong.
    pub(super) fn trouble(&self, trouble: &Trouble) {
        self.lament(trouble);
        // What cannot be printed was said on standard error.
        let _ = match self.format {
            Format::Human | Format::Junit | Format::Mermaid | Format::Dot | Format::Svg => Ok(()),
            Format::Json => print_json(&json!({
                "format_version": render::json::FORMAT_VERSION,
                "errors": trouble.json(),
            })),
            Format::Markdown | Format::Html | Format::Github => self.sections(&[Section::NoPlan {
                stack: None,
                run: Run::Apply,
                faults: trouble.faults(),
            }]),
        };
    }

    /// Shows what is wrong, to people only.
    pub(super) fn lament(&self, trouble: &Trouble) {
        match trouble {
            Trouble::Problems(problems, sources) => self.problems(problems, sources),
            Trouble::Report(report) => self.diagnostic(report.as_ref()),
        }
    }

    /// Prints what is said about the stacks of a run, in a format for pull requests.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn sections(&self, sections: &[Section<'_>]) -> Result<(), Trouble> {
        let mut text = Vec::new();
        match self.format {
            Format::Human
            | Format::Json
            | Format::Junit
            | Format::Mermaid
            | Format::Dot
            | Format::Svg => {}
            Format::Markdown => render::markdown::write(&mut text, sections)?,
            Format::Html => render::html::write(&mut text, sections)?,
            Format::Github => render::github::write(&mut text, sections)?,
        }
        print(&String::from_utf8_lossy(&text))
    }

    /// Marks the lines that problems are about, if annotations are asked for.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(super) fn annotate(&self, problems: &[Problem], sources: &Sources) -> Result<(), Trouble> {
        if self.format != Format::Github {
            return Ok(());
        }
        let mut text = Vec::new();
        render::github::faults(&mut text, &Fault::of_problems(problems, sources))?;
        print(&String::from_utf8_lossy(&text))
    }

    /// Shows problems in their texts, of very many the first; warnings only if they are asked
    /// for.
    pub(super) fn problems(&self, problems: &[Problem], sources: &Sources) {
        let wanted = problems.iter().cloned();
        let wanted = wanted.filter(|it| it.severity == Severity::Error || !self.quiet);
        for problem in Problem::abridge(&wanted.collect::<Vec<_>>()) {
            self.diagnostic(&problem.report(sources));
        }
    }

    pub(super) fn diagnostic(&self, diagnostic: &dyn Diagnostic) {
        let theme = match self.error_style {
            Style::Coloured => GraphicalTheme::unicode(),
            Style::Plain => GraphicalTheme::unicode_nocolor(),
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(WIDTH)
            .with_links(false);
        let mut text = String::new();
        let harmless = Harmless::new(diagnostic);
        if handler.render_report(&mut text, &harmless).is_ok() {
            let _ = writeln!(io::stderr().lock(), "{}", inert(text.trim_end()));
        }
    }
}

/// Says why there is no result, in words that are not ours and stay as they are.
pub(super) fn complain(message: &str) {
    // Nobody can be told that standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{message}");
}

/// Prints a result.
///
/// # Errors
/// If it cannot be written.
pub(super) fn print(text: &str) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    unless_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// A closed pipe is no error: a run that was approved goes on, and ends as it would have.
fn unless_closed(written: io::Result<()>) -> Result<(), Trouble> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Prints a result for programs.
///
/// # Errors
/// If it cannot be written.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Trouble> {
    unless_closed(render::json::write(&mut io::stdout().lock(), value))
}

/// Logs requests to standard error, if asked to.
fn trace(verbosity: u8, style: Style) {
    match verbosity {
        0 => {}
        1 => log(LevelFilter::DEBUG, style),
        2.. => log(LevelFilter::TRACE, style),
    }
}

/// Logs what happens to standard error, from a level on. Only ours: libraries log headers.
fn log(level: LevelFilter, style: Style) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(style == Style::Coloured)
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines.with_filter(Targets::new().with_target("tunctl", level)))
        .init();
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem], Sources::default())
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::from(Problem::new("tunctl::io", error.to_string()))
    }
}

impl Trouble {
    /// How a run ends that could not do what it should. What is only too old is stale.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Problems(problems, _) if problems.iter().all(|it| it.code == ROLLBACK) => {
                Exit::Stale
            }
            Self::Problems(..) | Self::Report(_) => Exit::Error,
        }
    }

    /// The codes of what is wrong.
    pub(super) fn codes(&self) -> Vec<String> {
        match self {
            Self::Problems(problems, _) => problems.iter().map(|it| it.code.to_owned()).collect(),
            Self::Report(report) => report.code().iter().map(ToString::to_string).collect(),
        }
    }

    /// The first thing that is wrong, in a line.
    pub(super) fn message(&self) -> String {
        let message = match self {
            Self::Problems(problems, _) => problems.first().map(|it| it.message.clone()),
            Self::Report(report) => Some(report.to_string()),
        };
        escaped(&message.unwrap_or_default()).into_owned()
    }

    fn json(&self) -> Vec<Value> {
        match self {
            Self::Problems(problems, sources) => render::json::problems(problems, sources),
            Self::Report(report) => vec![render::json::diagnostic(report.as_ref())],
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            Self::Problems(problems, sources) => Fault::of_problems(problems, sources),
            Self::Report(report) => vec![Fault::of_diagnostic(report.as_ref())],
        }
    }

    pub(super) fn report(diagnostic: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self::Report(Box::new(diagnostic))
    }
}
