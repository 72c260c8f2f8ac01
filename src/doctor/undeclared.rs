//! Objects that are ours and that nothing declares.

use std::collections::BTreeSet;

use super::dangling::gone;
use super::{Check, Facts, Finding, Seen, Topic};
use crate::plan::{Action, Change, Reason};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "undeclared",
    topic: Topic::Cloudflare,
    look,
};

fn look(facts: &Facts<'_>) -> Seen {
    let Ok(planned) = &facts.planned else {
        return Seen::only(Finding::unknown(
            "without a plan nobody can tell what is ours and not declared",
        ));
    };
    // Records that dangle are said to, and need not be said twice.
    let said: BTreeSet<_> = gone(facts.account).map(|it| &it.id).collect();
    let is_said = |it: &&Change| it.action.objects().iter().all(|it| said.contains(&it.id));
    let goes = planned.plan.changes().filter(|it| {
        matches!(it.action, Action::Delete { .. }) && matches!(it.reason, Reason::Undeclared)
    });
    let findings = goes.filter(|it| !is_said(it)).map(|change| {
        Finding::warning(format!(
            "`{}` is this stack's, and nothing declares it",
            change.address
        ))
        .help("the next `tunctl apply` deletes it; declare it to keep it, or put it under `ignore`")
    });
    Seen::new(
        "everything that is this stack's is declared",
        findings.collect(),
    )
}
