//! What `apply` was told to expect: a saved plan, or the fingerprint of one. What is carried out
//! is always planned again from the manifest; this is only held against it.

use super::console::{self, Console, Trouble};
use super::plan_file;
use super::planning::{self, Planned};
use super::stacks::Stack;
use crate::cli::{ApplyArgs, WriteArgs};
use crate::plan::saved::Saved;
use crate::plan::{self, Moved, Plan, Policy, fingerprint};
use crate::problem::Problem;
use crate::render;
use crate::source::Sources;

/// What the plan must be.
#[derive(Debug)]
pub(super) enum Expected {
    /// Nobody said.
    Anything,
    /// Those of `--expect`.
    Fingerprints(Vec<String>),
    /// That of a plan file.
    File(Saved),
}

impl Expected {
    /// Reads the plan file, if one is named.
    ///
    /// # Errors
    /// If it cannot be used, or something else is asked for beside it.
    pub(super) fn new(arguments: &ApplyArgs) -> Result<Self, Trouble> {
        let files = &arguments.write.files.files;
        for file in files {
            let Some(saved) = plan_file::read(file)? else {
                continue;
            };
            let choice = &arguments.write.choice;
            let chooses = !choice.target.is_empty() || !choice.exclude.is_empty();
            let narrows = chooses || arguments.no_delete || arguments.base.is_some();
            if files.len() > 1 || narrows || !arguments.expect.is_empty() {
                let message = format!("`{}` says what is applied, and all of it", file.display());
                return Err(Problem::new("tunctl::plan_file_alone", message)
                    .help(
                        "leave out other files, --target, --exclude, --no-delete, --base and \
                         --expect, or make another plan",
                    )
                    .into());
            }
            return Ok(Self::File(saved));
        }
        Ok(match arguments.expect.as_slice() {
            [] => Self::Anything,
            prints => Self::Fingerprints(prints.to_vec()),
        })
    }

    /// What is to be planned again: files, which part of them, and how far. A plan file that
    /// somebody read has been approved.
    pub(super) fn again(&self, arguments: &ApplyArgs) -> (WriteArgs, Policy) {
        let mut write = arguments.write.clone();
        let Self::File(saved) = self else {
            return (write, planning::policy(arguments.no_delete));
        };
        write.auto_approve = true;
        write.choice.target.clone_from(&saved.target);
        write.choice.exclude.clone_from(&saved.exclude);
        let manifests = saved.stacks.iter().map(|it| it.manifest.clone().into());
        write.files.files = manifests.collect();
        (write, planning::policy(saved.no_delete))
    }

    /// The saved plan that is expected.
    pub(super) fn saved(&self) -> Option<&Saved> {
        match self {
            Self::Anything | Self::Fingerprints(_) => None,
            Self::File(saved) => Some(saved),
        }
    }

    /// Whether nothing in particular is expected.
    pub(super) fn is_anything(&self) -> bool {
        matches!(self, Self::Anything)
    }

    /// Whether it was shown before, so that it need not be shown again.
    pub(super) fn is_known(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// Whether the plans are those that were expected. If not, says what moved.
    ///
    /// # Errors
    /// If that cannot be printed.
    pub(super) fn is_met(
        &self,
        console: &Console,
        plans: &[(&Stack, &Planned)],
    ) -> Result<bool, Trouble> {
        let wanted = match self {
            Self::Anything => return Ok(true),
            Self::Fingerprints(prints) => prints.len(),
            Self::File(saved) => saved.stacks.len(),
        };
        let others = plans.iter().filter(|(_, it)| !self.covers(&it.plan));
        let others: Vec<&(&Stack, &Planned)> = others.collect();
        if others.is_empty() && wanted == plans.len() {
            return Ok(true);
        }
        let views = others.iter().map(|(stack, now)| {
            let desired = &stack.manifest.desired;
            let then = self.plan_of(&now.plan.stack);
            let moved = plan::moved(then, &now.plan, desired, &now.survey.observed);
            (&now.plan, moved)
        });
        show(console, &views.collect::<Vec<_>>())?;
        console.diagnostic(&stale(&others).report(&Sources::default()));
        Ok(false)
    }

    fn covers(&self, plan: &Plan) -> bool {
        let print = fingerprint::of_plan(plan);
        match self {
            Self::Anything => true,
            Self::Fingerprints(prints) => prints.contains(&print),
            Self::File(_) => {
                let then = self.plan_of(&plan.stack);
                then.is_some_and(|then| fingerprint::of_plan(then) == print)
            }
        }
    }

    fn plan_of(&self, stack: &str) -> Option<&Plan> {
        match self {
            Self::Anything | Self::Fingerprints(_) => None,
            Self::File(saved) => {
                let mut stacks = saved.stacks.iter();
                stacks.find(|it| it.plan.stack == stack).map(|it| &it.plan)
            }
        }
    }
}

fn show(console: &Console, views: &[(&Plan, Vec<Moved>)]) -> Result<(), Trouble> {
    if console.is_for_programs() {
        let views = views.iter();
        let views = views.map(|(now, moved)| render::json::moved_json(now, moved));
        return console::print_json(&planning::one(views.collect()));
    }
    let mut text = Vec::new();
    for (_, moved) in views {
        render::human::moved(&mut text, moved, console.style)?;
    }
    console::print(&String::from_utf8_lossy(&text))
}

fn stale(others: &[&(&Stack, &Planned)]) -> Problem {
    let now = others.iter().map(|(_, it)| {
        let stack = &it.plan.stack;
        format!("`{stack}` is {} now", fingerprint::of_plan(&it.plan))
    });
    let now: Vec<String> = now.collect();
    let message = if now.is_empty() {
        "these are not the stacks that were planned; nothing was changed".to_owned()
    } else {
        let now = now.join(", ");
        format!("the plan is not the expected one any more: {now}; nothing was changed")
    };
    Problem::new("tunctl::plan_moved", message)
        .help("make a new plan with `tunctl plan`, and read it")
}
