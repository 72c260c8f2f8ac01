//! What a run has to say about each of its stacks: the one value that every format for pull
//! requests shows.

use super::Report;
use super::fault::Fault;
use super::human::Run;
use super::text::count;
use crate::plan::blast_radius::{BlastRadius, Effect};
use crate::problem::Problem;
use crate::source::Sources;

/// One stack of a run.
#[derive(Debug)]
pub enum Section<'a> {
    /// Its plan.
    Plan(Report<'a>),
    /// Why it has none.
    NoPlan {
        /// The stack's name; `None` if that is not known either.
        stack: Option<&'a str>,
        /// The command that would have used it.
        run: Run,
        /// Everything that is wrong.
        faults: Vec<Fault>,
    },
}

/// What stands beside the changes of a plan, in words.
#[derive(Debug)]
pub(crate) struct Remarks {
    /// What apply will refuse, each with what to type to lift it.
    pub(crate) refusals: Vec<(String, Option<String>)>,
    /// The tests that fail.
    pub(crate) tests: Vec<Fault>,
    /// What the lints say.
    pub(crate) lints: Vec<Fault>,
    /// What a reader should know.
    pub(crate) warnings: Vec<Fault>,
}

impl Remarks {
    /// What there is to say.
    pub(crate) fn of(report: &Report<'_>) -> Self {
        let nothing = Sources::default();
        let sources = report.sources.unwrap_or(&nothing);
        let refusals = report.plan.findings.iter();
        let tests = report.tests.iter();
        let tests: Vec<Problem> = tests.filter_map(|it| it.fault.clone()).collect();
        Self {
            refusals: refusals
                .map(|finding| (finding.message.clone(), finding.lifted_by()))
                .collect(),
            tests: Fault::of_problems(&tests, sources),
            lints: Fault::of_problems(report.lints, sources),
            warnings: Fault::of_problems(&report.plan.warnings, sources),
        }
    }
}

/// The blast radius: what happens in words, and the names that it happens to.
pub(crate) fn effects(report: &Report<'_>) -> Vec<(String, Vec<String>)> {
    let BlastRadius(effects) = BlastRadius::of(report.plan);
    let effects = effects.into_iter();
    effects
        .map(|(effect, addresses)| {
            let names = addresses.iter().map(|it| it.name.clone());
            (words(effect, addresses.len()), names.collect())
        })
        .collect()
}

/// What the first line says if nobody notices anything.
pub(crate) const NOBODY: &str = "No hostname or network moves or goes, no connector is cut.";

fn words(effect: Effect, number: usize) -> String {
    let verb = |noun: &str, one: &str, many: &str| {
        let verb = if number == 1 { one } else { many };
        format!("{} {verb}", count(number, noun))
    };
    match effect {
        Effect::HostnameGone => verb("hostname", "is", "are") + " no longer served",
        Effect::HostnameMoves => verb("hostname", "moves", "move"),
        Effect::ConnectorsCut => {
            format!("live connectors of {} will be cut", count(number, "tunnel"))
        }
        Effect::ConnectorsAwaited => {
            format!(
                "live connectors of {} must end first",
                count(number, "tunnel")
            )
        }
        Effect::RouteGone => verb("route", "goes", "go"),
        Effect::RouteMoves => verb("route", "changes owner", "change owner"),
        Effect::HostnameNew => verb("hostname", "is", "are") + " new",
        Effect::RouteNew => verb("route", "is", "are") + " new",
    }
}
