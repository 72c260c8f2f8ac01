//! What stands in the way of a plan and of carrying it out.

use super::removed::SPENT;
use super::{Check, Facts, Finding, Seen, Topic};
use crate::problem::Problem;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "plan",
    topic: Topic::Manifest,
    look,
};

fn look(facts: &Facts<'_>) -> Seen {
    let planned = match &facts.planned {
        Ok(planned) => planned,
        Err(reasons) => {
            let findings = reasons.iter().map(|(code, message)| {
                Finding::error(format!("there is no plan: {message} [{code}]"))
                    .help("`tunctl plan` shows the place")
            });
            return Seen::new("", findings.collect());
        }
    };
    let changes = planned.plan.changes().count();
    let fine = match changes {
        0 => "nothing differs from the manifest".to_owned(),
        1 => "one change can be applied; `tunctl plan` shows it".to_owned(),
        changes => format!("{changes} changes can be applied; `tunctl plan` shows them"),
    };
    let refusals = planned.plan.findings.iter().map(|finding| {
        let said = Finding::warning(format!("apply is refused: {}", finding.message));
        match finding.lifted_by() {
            Some(flag) => said.help(format!("if it is meant, lift it with `{flag}`")),
            None => said,
        }
    });
    let warnings = planned.plan.warnings.iter();
    let warnings = warnings.filter(|it| it.code != SPENT).map(warning);
    Seen::new(fine, refusals.chain(warnings).collect())
}

fn warning(problem: &Problem) -> Finding {
    let finding = Finding::warning(format!("{} [{}]", problem.message, problem.code));
    match &problem.help {
        Some(help) => finding.help(help.clone()),
        None => finding,
    }
}
