//! `--base`: the manifests of a run as a commit has them, so that a plan is about what changed
//! since.
//!
//! Invariant: without a base that is understood as a whole nothing is deleted, and the plan says
//! why.

mod applied;
mod lookup;
mod neighbours;

use std::collections::BTreeMap;

use super::console::Trouble;
use super::environment;
use super::session::Session;
use super::stacks::{Stack, Stacks};
use crate::address::Address;
use crate::cli::{ApplyArgs, BaseChoice, Global, PlanArgs};
use crate::plan::base::Reads;
use crate::plan::guard::Allowance;
use crate::plan::saved::Saved;
use crate::plan::{Base, Policy};
use crate::problem::Problem;
use crate::source::Sources;
pub(super) use applied::head;
use lookup::Lookup;

/// The code of a HEAD that stands before what was applied last.
pub(super) const ROLLBACK: &str = "tunctl::rollback";

/// The code of a stack of which no complete apply is known.
const UNRECORDED: &str = "tunctl::no_recorded_commit";

/// What a stack is compared with.
#[derive(Debug)]
pub(super) enum Compared {
    /// With the account alone: nobody asked for more.
    Nothing,
    /// With what the manifest was.
    Base(Box<Base>),
    /// With a base after the commit that was applied last, and what that leaves undone.
    Part(Box<Base>, Box<Problem>),
    /// With a base of which nobody knows what it says, and why.
    Unknown(Box<Problem>),
}

impl Compared {
    fn of(base: Base, undone: Option<Problem>) -> Self {
        match undone {
            Some(problem) => Self::Part(Box::new(base), Box::new(problem)),
            None => Self::Base(Box::new(base)),
        }
    }

    /// The base, if there is one and it is known.
    pub(super) fn known(&self) -> Option<&Base> {
        match self {
            Self::Base(base) | Self::Part(base, _) => Some(base),
            Self::Nothing | Self::Unknown(_) => None,
        }
    }

    /// Whether a run that leaves nothing undone has carried out everything since the last one that
    /// did: not if the base could not be read, or is a later commit.
    pub(super) fn is_all(&self) -> bool {
        match self {
            Self::Unknown(problem) => problem.code == UNRECORDED,
            Self::Part(..) => false,
            Self::Nothing | Self::Base(_) => true,
        }
    }

    /// Why the base is not known or not all, for the plan's readers.
    pub(super) fn fault(&self) -> Option<&Problem> {
        match self {
            Self::Unknown(problem) | Self::Part(_, problem) => Some(problem),
            Self::Nothing | Self::Base(_) => None,
        }
    }

    /// How far a plan may go: it deletes nothing if it cannot tell what was dropped.
    pub(super) fn policy(&self, policy: Policy) -> Policy {
        match self {
            Self::Unknown(_) => Policy::KeepAll,
            Self::Nothing | Self::Base(_) | Self::Part(..) => policy,
        }
    }
}

/// Which base is asked for, and what may be done with it.
#[derive(Debug, Clone)]
pub(super) struct Against {
    base: Option<BaseChoice>,
    reads: Reads,
    purpose: Purpose,
    rollback: Rollback,
}

/// What becomes of what is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// It is looked at. Then only `auto` is about what was applied last.
    Shown,
    /// It is carried out, beside or after what was applied last.
    CarriedOut,
}

/// Whether HEAD may stand before what was applied last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rollback {
    Refused,
    Allowed,
}

impl Against {
    /// What `plan` was told.
    pub(super) fn of_plan(arguments: &PlanArgs) -> Self {
        let reads = if arguments.full {
            Reads::All
        } else {
            Reads::Touched
        };
        let purpose = (Purpose::Shown, reads);
        Self::new(arguments.base.clone(), purpose, &arguments.allow)
    }

    /// What `apply` was told; a saved plan names its base itself.
    pub(super) fn of_apply(arguments: &ApplyArgs, saved: Option<&Saved>) -> Self {
        let base = match saved {
            Some(saved) => saved.base.clone().map(BaseChoice::Revision),
            None => arguments.base.clone(),
        };
        let purpose = (Purpose::CarriedOut, Reads::Touched);
        Self::new(base, purpose, &arguments.write.allow)
    }

    /// Nothing, which is what most commands do.
    pub(super) fn nothing() -> Self {
        Self::new(None, (Purpose::Shown, Reads::All), &[])
    }

    fn new(
        base: Option<BaseChoice>,
        (purpose, reads): (Purpose, Reads),
        allowed: &[Allowance],
    ) -> Self {
        let rollback = if allowed.iter().any(Allowance::is_rollback) {
            Rollback::Allowed
        } else {
            Rollback::Refused
        };
        Self {
            base,
            reads,
            purpose,
            rollback,
        }
    }
}

/// Compares every stack with its base, if one is asked for.
///
/// # Errors
/// If a manifest is no later state of the same stack, or HEAD is older than what was applied.
pub(super) async fn compare(
    session: &Session,
    global: &Global,
    against: &Against,
    mut loaded: Stacks,
) -> Result<Stacks, Trouble> {
    let Some(choice) = &against.base else {
        return Ok(loaded);
    };
    let variables = environment::for_manifests(global)?;
    let mut refused = Vec::new();
    for stack in &mut loaded.stacks {
        let recorded = match (choice, against.purpose) {
            (BaseChoice::Auto, _) | (_, Purpose::CarriedOut) => session.locks.recorded(stack).await,
            (BaseChoice::Revision(_), Purpose::Shown) => Ok(None),
        };
        let recorded = recorded.map_err(Trouble::report)?;
        let wanted = (choice, against, recorded.as_deref());
        match compared(stack, wanted, &variables, &mut loaded.sources) {
            Ok((compared, taken)) => {
                let ownership = &mut stack.manifest.ownership;
                ownership.dropped = compared.known().map(|base| base.dropped().clone());
                ownership.elsewhere.extend(taken);
                stack.base = compared;
            }
            Err(problem) => refused.push(*problem),
        }
    }
    if refused.is_empty() {
        Ok(loaded)
    } else {
        Err(Trouble::Problems(refused, loaded.sources))
    }
}

/// What a stack is compared with, and what others have taken over of what it dropped.
type Comparison = (Compared, BTreeMap<Address, String>);

/// Compares a stack with its base. Beside what is asked for stands the commit that was recorded
/// for the stack.
///
/// # Errors
/// If it is another stack than at the base, or HEAD is older than what was applied.
fn compared(
    stack: &Stack,
    (choice, against, recorded): (&BaseChoice, &Against, Option<&str>),
    variables: &BTreeMap<String, String>,
    sources: &mut Sources,
) -> Result<Comparison, Box<Problem>> {
    let unknown = |problem: Problem| {
        let problem = Box::new(problem.warning());
        Ok((Compared::Unknown(problem), BTreeMap::new()))
    };
    let revision = match commit_of(choice, recorded) {
        Ok(revision) => revision,
        Err(problem) => return unknown(problem),
    };
    let lookup = match Lookup::new(stack, &revision) {
        Ok(lookup) => lookup,
        Err(problem) => return unknown(problem),
    };
    let commit = match (lookup.ahead(recorded), against.rollback, choice) {
        (Some(last), Rollback::Refused, _) => return Err(Box::new(lookup.refused(&last))),
        (Some(last), Rollback::Allowed, BaseChoice::Auto) => Ok(last),
        (Some(_), Rollback::Allowed, BaseChoice::Revision(_)) | (None, ..) => lookup.merge_base(),
    };
    let commit = match commit {
        Ok(commit) => commit,
        Err(problem) => return unknown(problem),
    };
    let then = match lookup.manifest(&commit, variables, sources) {
        Ok(then) => then.unwrap_or_default(),
        Err(problem) => return unknown(problem),
    };
    let now = &stack.manifest;
    if let Some(problem) = lookup::another(&then, now) {
        return Err(Box::new(problem));
    }
    let since = recorded.map(|recorded| (recorded, &commit));
    let undone = since.and_then(|since| applied::undone(&lookup, since, &then, variables));
    let (then, now) = (
        (then.desired, then.ownership),
        (&now.desired, &now.ownership),
    );
    let base = Base::new(commit.as_str(), then, now, against.reads);
    match neighbours::taken_over(&lookup, &base, variables) {
        Ok(taken) => Ok((Compared::of(base, undone), taken)),
        Err(problem) => unknown(problem),
    }
}

/// The revision that is asked for. `recorded` is the commit of the stack's last complete apply.
///
/// # Errors
/// If that is asked for, and nothing is recorded.
fn commit_of(base: &BaseChoice, recorded: Option<&str>) -> Result<String, Problem> {
    match (base, recorded) {
        (BaseChoice::Revision(revision), _) => Ok(revision.clone()),
        (BaseChoice::Auto, Some(commit)) => Ok(commit.to_owned()),
        (BaseChoice::Auto, None) => {
            let message = "no complete apply of this stack is recorded, so nothing is deleted";
            let problem = Problem::new(UNRECORDED, message);
            Err(problem.help("name the commit that was applied last: `--base COMMIT`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::exit::Exit;
    use crate::manifest::Manifest;
    use crate::secret::Delivery;

    #[test]
    fn the_recorded_commit_is_what_auto_means() {
        let named = BaseChoice::Revision("origin/main".to_owned());
        let of = |choice, recorded| commit_of(choice, recorded).map_err(|it| it.code);
        assert_eq!(of(&named, Some("c0ffee")), Ok("origin/main".to_owned()));
        assert_eq!(
            of(&BaseChoice::Auto, Some("c0ffee")),
            Ok("c0ffee".to_owned())
        );
        assert_eq!(
            of(&BaseChoice::Auto, None),
            Err("tunctl::no_recorded_commit")
        );
    }

    /// Runs git as nobody in particular.
    fn git(directory: &Path, arguments: &[&str]) -> String {
        let who = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        let mut git = Command::new("git");
        git.arg("-C").arg(directory).args(who).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.output().expect("git runs");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn commit(directory: &Path, message: &str) -> String {
        git(directory, &["commit", "-q", "--allow-empty", "-m", message]);
        git(directory, &["rev-parse", "HEAD"])
    }

    /// The commit that a stack is compared with, or the code of what speaks against it.
    fn base(
        directory: &Path,
        recorded: &str,
        allowed: &[Allowance],
    ) -> Result<String, &'static str> {
        let stack = Stack {
            file: directory.join("tunctl.yaml"),
            manifest: Manifest::default(),
            delivery: Delivery::default(),
            base: Compared::Nothing,
        };
        let purpose = (Purpose::CarriedOut, Reads::Touched);
        let against = Against::new(Some(BaseChoice::Auto), purpose, allowed);
        let wanted = (&BaseChoice::Auto, &against, Some(recorded));
        let compared = compared(&stack, wanted, &BTreeMap::new(), &mut Sources::default());
        match compared.map_err(|problem| problem.code)?.0 {
            Compared::Base(base) => Ok(base.commit().to_owned()),
            Compared::Part(_, problem) | Compared::Unknown(problem) => Err(problem.code),
            Compared::Nothing => unreachable!("a base is asked for"),
        }
    }

    #[test]
    fn a_head_before_the_recorded_commit_is_stale() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = directory.path();
        git(at, &["init", "-q"]);
        let first = commit(at, "first");
        let second = commit(at, "second");
        assert_eq!(base(at, &first, &[]), Ok(first.clone()));
        assert_eq!(base(at, &second, &[]), Ok(second.clone()));
        git(at, &["checkout", "-q", &first]);
        assert_eq!(base(at, &second, &[]), Err(ROLLBACK));
        assert_eq!(
            base(at, &second, &[Allowance::Rollback]),
            Ok(second.clone())
        );
        let third = commit(at, "third");
        assert!(third != second && third != first);
        assert_eq!(
            base(at, &second, &[]),
            Ok(first),
            "a branch undoes nothing of another"
        );
        assert_eq!(base(at, &"1".repeat(40), &[]), Err("tunctl::base_unread"));
        let refused = Problem::new(ROLLBACK, "older");
        assert_eq!(Trouble::from(refused).exit(), Exit::Stale);
        assert_eq!(
            Trouble::from(Problem::new("tunctl::io", "")).exit(),
            Exit::Error
        );
    }
}
