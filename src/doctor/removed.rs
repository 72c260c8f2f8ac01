//! Entries of `removed` that have done their work.

use super::{Check, Facts, Finding, Seen, Topic};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "removed",
    topic: Topic::Manifest,
    look,
};

/// What a plan calls it.
pub(super) const SPENT: &str = "tunctl::removed_matches_nothing";

fn look(facts: &Facts<'_>) -> Seen {
    let Ok(planned) = &facts.planned else {
        return Seen::only(Finding::unknown(
            "without a plan nobody can tell whether `removed` still names something",
        ));
    };
    let spent = planned.plan.warnings.iter();
    let spent = spent.filter(|it| it.code == SPENT).map(|problem| {
        let help = problem.help.clone().unwrap_or_default();
        Finding::warning(problem.message.clone()).help(help)
    });
    Seen::new(
        "`removed` names nothing that is gone already",
        spent.collect(),
    )
}
