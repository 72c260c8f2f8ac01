//! What was applied last, and what may be written down as applied now: so that a run that was cut
//! off loses nothing, whatever base the next one is given.

use std::collections::BTreeMap;

use super::Compared;
use super::lookup::Lookup;
use crate::cli::Global;
use crate::command::environment;
use crate::command::stacks::Stack;
use crate::git::Commit;
use crate::manifest::Manifest;
use crate::plan::Base;
use crate::plan::base::Reads;
use crate::problem::Problem;
use crate::source::Sources;

/// The commit that a stack was applied from, if HEAD says what was applied: then the next run can
/// tell what has been dropped since.
pub(in crate::command) fn head(global: &Global, stack: &Stack) -> Option<String> {
    if matches!(stack.base, Compared::Nothing) {
        return None;
    }
    let lookup = Lookup::new(stack, "HEAD").ok()?;
    let variables = environment::for_manifests(global).ok()?;
    let head = lookup.there();
    let then = lookup.manifest(head, &variables, &mut Sources::default());
    says_the_same(head, then.ok()??, &stack.manifest).then(|| head.as_str().to_owned())
}

/// Why a plan against a commit is only a part of what is to be done: the manifest has changed
/// between the last complete apply and that commit. As when a run was cancelled, and the next one
/// is only about the next push.
pub(super) fn undone(
    lookup: &Lookup<'_>,
    (recorded, commit): (&str, &Commit),
    then: &Manifest,
    variables: &BTreeMap<String, String>,
) -> Option<Problem> {
    let last = Commit::parse(recorded)?;
    let nothing_between = match lookup.known(recorded) {
        Some(last) => {
            lookup.reaches(commit, &last) || {
                let at_last = lookup.manifest(&last, variables, &mut Sources::default());
                at_last.is_ok_and(|it| says_the_same(&last, it.unwrap_or_default(), then))
            }
        }
        // No branch has it any more, so nobody can ask for it; or it was only not fetched.
        None => !lookup.is_shallow(),
    };
    if nothing_between {
        return None;
    }
    let (last, commit) = (last.short(), commit.short());
    let message = format!(
        "the last complete apply was of {last}; what the manifest's changes from there to the base \
         {commit} cause is not in this plan, and remains to be done"
    );
    let problem = Problem::new("tunctl::base_after_applied", message).warning();
    Some(
        problem
            .help("`tunctl apply --base auto` is about everything since the last complete apply"),
    )
}

/// Whether a manifest is the same as the one of a commit.
fn says_the_same(commit: &Commit, then: Manifest, now: &Manifest) -> bool {
    let then = (then.desired, then.ownership);
    let now = (&now.desired, &now.ownership);
    Base::new(commit.as_str(), then, now, Reads::All).is_now()
}
