//! What cloudflared accepts and hardly anybody can want. Lints judge a manifest that is valid
//! and change nothing about it.
//!
//! Invariant: a rule that is said to be unreachable is so for every host and every path that
//! there can be.

mod allow;
mod apex_hostname;
mod comments;
mod context;
mod duplicate_rule;
mod hostname_never_matches;
mod hostname_without_record;
mod shared_loopback_port;
mod unanchored_path;
mod unreachable_rule;
mod unverified_origin;
mod wildcard_before_exact;
mod zero_timeout;

use miette::Severity;

use crate::manifest::Manifest;
use crate::manifest::findings::Findings;
use crate::problem::Problem;
use crate::scope::Zone;
use crate::source::{Sources, Span};
use allow::Allows;
use context::{Context, Written};

/// Every lint, in the order of the documentation. Each is a warning, and `docs/lints.md` has a
/// section on it.
pub static LINTS: &[Lint] = &[
    unreachable_rule::LINT,
    wildcard_before_exact::LINT,
    duplicate_rule::LINT,
    hostname_never_matches::LINT,
    hostname_without_record::LINT,
    apex_hostname::LINT,
    unanchored_path::LINT,
    unverified_origin::LINT,
    zero_timeout::LINT,
    shared_loopback_port::LINT,
];

/// One question that a manifest is asked.
pub struct Lint {
    /// Stable and documented, such as `tunctl::unreachable_rule`.
    pub code: &'static str,
    /// Whether it can say nothing before the account's zones are known.
    pub needs_zones: bool,
    check: fn(&Context<'_>) -> Vec<Found>,
}

/// What a lint found, and what a comment must be on to silence it.
struct Found {
    problem: Problem,
    /// The rule that it is about.
    rule: Option<Span>,
    /// Places on whose lines a comment counts too.
    lines: Vec<Span>,
}

/// Asks every lint, and leaves out what comments silence. `zones` are the account's, once they
/// are known; without them some lints have nothing to say.
#[must_use]
pub fn lint(manifest: &Manifest, sources: &Sources, zones: Option<&[Zone]>) -> Vec<Problem> {
    let Some(tree) = &manifest.tree else {
        return Vec::new();
    };
    let context = Context::new(manifest, tree, sources, zones);
    let mut allows = Allows::read(&context);
    let mut findings = Findings::default();
    for lint in LINTS {
        let found = (lint.check)(&context).into_iter();
        let told = found.filter(|it| !allows.silence(it, &context));
        findings.extend(told.map(|it| it.problem));
    }
    findings.extend(allows.problems(&context));
    let problems = findings.into_problems().into_iter();
    problems.map(Problem::warning).collect()
}

/// Whether a run may go on with these warnings.
///
/// # Errors
/// If warnings are denied and there are any: the same as errors.
pub fn judge(warnings: Vec<Problem>, denied: bool) -> Result<Vec<Problem>, Vec<Problem>> {
    if !denied || warnings.is_empty() {
        return Ok(warnings);
    }
    let errors = warnings.into_iter().map(|problem| Problem {
        severity: Severity::Error,
        ..problem
    });
    Err(errors.collect())
}

impl Found {
    /// Something about a rule.
    fn about(rule: &Written<'_>, problem: Problem) -> Self {
        Self {
            rule: Some(rule.place),
            ..Self::new(problem)
        }
    }

    /// Something about the place of the problem's first label.
    fn new(problem: Problem) -> Self {
        Self {
            rule: None,
            lines: problem.labels.iter().map(|(at, _)| *at).take(1).collect(),
            problem,
        }
    }
}
