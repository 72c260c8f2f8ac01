//! Which secrets are in their sinks, as far as a command may look.

use crate::address::Address;
use crate::observe::Survey;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::secret::{Delivery, SinkError};

use super::stacks::Stack;

/// How far a command may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// At files only: what a pull request names is never run.
    Files,
    /// Also by the programs that the manifest names.
    Programs,
}

/// Notes which secrets are in their sinks, or only whether one is. What cannot be seen is a
/// warning.
pub(super) async fn look(stack: &Stack, survey: &mut Survey, looks: Looks, only: Option<&Address>) {
    let resources = stack.manifest.desired.resources.iter();
    let wanted = resources.filter(|(address, _)| only.is_none_or(|only| only == *address));
    for (address, declared) in wanted {
        let Some(keeping) = &declared.lifecycle.keeping else {
            continue;
        };
        let sink = keeping.sink.as_str();
        let object = survey.observed.at(address).first();
        let id = object.map(|object| &object.id);
        let seen = match looks {
            Looks::Files => stack.delivery.peek(sink, address, id),
            Looks::Programs => stack.delivery.look(sink, address, id).await,
        };
        match seen {
            Ok(Some(presence)) => {
                survey.observed.kept.insert(address.clone(), presence);
            }
            Ok(None) => {}
            Err(error) => survey.warnings.push(warning(&error)),
        }
    }
}

/// What will keep a secret of a plan from being put away.
pub(super) fn unfit<'a>(
    delivery: &'a Delivery,
    plan: &'a Plan,
) -> impl Iterator<Item = Problem> + 'a {
    plan.changes().filter_map(|change| {
        let unfit = delivery.is_fit(change.keeps.as_deref()?, &change.address);
        unfit.err().map(|error| warning(&error))
    })
}

fn warning(error: &SinkError) -> Problem {
    use miette::Diagnostic as _;
    let problem = Problem::new(error.name(), error.to_string()).warning();
    match error.help() {
        Some(help) => problem.help(help.to_string()),
        None => problem,
    }
}
