//! `tunctl plan`, and the part of it that `apply` shares: stacks side by side, reported one by
//! one.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::console::{self, Console, Trouble};
use super::keeping::{self, Looks};
use super::runtime;
use super::session::Session;
use super::stacks::{self, Stack, Stacks};
use super::test;
use crate::address::Address;
use crate::cli::{Choice, Global, PlanArgs};
use crate::exit::Exit;
use crate::kind::KINDS;
use crate::manifest;
use crate::observe::{self, Survey};
use crate::ownership::Patterns;
use crate::plan::forecast::{self, Forecast};
use crate::plan::guard::Allowance;
use crate::plan::select::Selection;
use crate::plan::{self, Finding, Input, Plan, Policy};
use crate::problem::Problem;
use crate::render::human::Run;
use crate::render::{self, Coverage, Report};
use crate::routing::test::Trial;
use crate::source::Sources;
use crate::suggest;

/// What is to be planned, for every stack alike.
pub(super) struct Wish {
    pub(super) policy: Policy,
    selection: Selection,
    /// Those of `--target` and `--exclude`.
    patterns: Vec<String>,
    allowed: Vec<Allowance>,
    /// How far it may be looked for secrets.
    pub(super) looks: Looks,
    /// Whose secret is to be made anew.
    pub(super) rotate: Option<Address>,
}

/// A stack's plan and what it was made from.
pub(super) struct Planned {
    pub(super) survey: Survey,
    pub(super) plan: Plan,
    pub(super) forecast: Forecast,
}

/// Why a stack has no plan.
pub(super) enum Unplanned {
    Unread(observe::ObserveError),
    Refused(Vec<Problem>),
}

impl Unplanned {
    /// The same for programs.
    fn json(&self, stack: &str, sources: &Sources) -> Value {
        let errors = match self {
            Self::Unread(error) => vec![render::json::diagnostic(error)],
            Self::Refused(problems) => render::json::problems(problems, sources),
        };
        json!({
            "format_version": render::json::FORMAT_VERSION, "stack": stack, "errors": errors,
        })
    }
}

impl Wish {
    /// # Errors
    /// If a pattern is not a glob.
    pub(super) fn new(
        choice: &Choice,
        allowed: &[Allowance],
        policy: Policy,
    ) -> Result<Self, Trouble> {
        for pattern in choice.target.iter().chain(&choice.exclude) {
            manifest::check_address_pattern(pattern).map_err(|fault| {
                let problem = Problem::new("tunctl::invalid_address", fault.message);
                fault.help.into_iter().fold(problem, Problem::help)
            })?;
        }
        let selection = Selection::new(&choice.target, &choice.exclude);
        let selection =
            selection.map_err(|error| Problem::new("tunctl::invalid_glob", error.to_string()))?;
        let patterns = choice.target.iter().chain(&choice.exclude);
        Ok(Self {
            policy,
            selection,
            patterns: patterns.cloned().collect(),
            allowed: allowed.to_vec(),
            looks: Looks::Files,
            rotate: None,
        })
    }

    /// The rotation of one secret, and nothing else.
    pub(super) fn rotation(address: &Address) -> Self {
        Self {
            policy: Policy::KeepAll,
            selection: Selection::only(address.clone()),
            patterns: Vec::new(),
            allowed: Vec::new(),
            looks: Looks::Programs,
            rotate: Some(address.clone()),
        }
    }
}

impl Wish {
    /// Refuses a pattern that names nothing in any of the stacks: whoever mistypes what is to be
    /// left out would otherwise apply it.
    ///
    /// # Errors
    /// The first such pattern.
    pub(super) fn check(
        &self,
        loaded: &Stacks,
        planned: &[Result<Planned, Unplanned>],
    ) -> Result<(), Trouble> {
        if self.patterns.is_empty() || planned.iter().any(Result::is_err) {
            return Ok(());
        }
        let declared = loaded.stacks.iter();
        let declared = declared.flat_map(|stack| stack.manifest.desired.resources.keys());
        let found = planned.iter().flatten();
        let found = found.flat_map(|it| it.survey.observed.objects.keys());
        let known: BTreeSet<String> = declared.chain(found).map(ToString::to_string).collect();
        for pattern in &self.patterns {
            let glob = Patterns::new([pattern.as_str()]);
            if glob.is_ok_and(|glob| known.iter().any(|address| glob.matches(address))) {
                continue;
            }
            let message = format!("nothing has the address `{pattern}`");
            let help = match suggest::nearest(pattern, known.iter().map(String::as_str)) {
                Some(address) => format!("did you mean `{address}`?"),
                None => "`tunctl plan` shows the addresses that change".to_owned(),
            };
            let problem = Problem::new("tunctl::unknown_address", message).help(help);
            return Err(problem.into());
        }
        Ok(())
    }

    /// How the tests of a stack end. What is to be destroyed need not pass any.
    fn trials<'a>(&self, stack: &'a Stack) -> Vec<Trial<'a>> {
        match self.policy {
            Policy::Sync | Policy::KeepAll => stack.manifest.trials(),
            Policy::Destroy => Vec::new(),
        }
    }
}

/// The command `plan`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &PlanArgs,
) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, &arguments.files)?;
    let policy = policy(arguments.no_delete);
    let wish = Wish::new(&arguments.choice, &arguments.allow, policy)?;
    let planned = runtime()?.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let planned = plan_all(&session, &loaded.stacks, &wish).await;
        session.close().await?;
        Ok::<_, Trouble>(planned)
    })?;
    wish.check(&loaded, &planned)?;
    let ends = report(console, &loaded, &wish, &planned)?;
    let pending = arguments.detailed_exitcode;
    let end = |(end, changes): (Exit, bool)| {
        if end == Exit::Success && pending && changes {
            Exit::Changes
        } else {
            end
        }
    };
    Ok(Exit::worst(ends.into_iter().map(end)))
}

/// What `--no-delete` makes of a plan.
pub(super) fn policy(no_delete: bool) -> Policy {
    if no_delete {
        Policy::KeepAll
    } else {
        Policy::Sync
    }
}

/// The command that carries a plan out.
pub(super) fn run_of(policy: Policy) -> Run {
    match policy {
        Policy::Destroy => Run::Destroy,
        Policy::Sync | Policy::KeepAll => Run::Apply,
    }
}

/// Plans every stack, side by side.
pub(super) async fn plan_all(
    session: &Session,
    stacks: &[Stack],
    wish: &Wish,
) -> Vec<Result<Planned, Unplanned>> {
    session.progress.note("reading the account");
    join_all(stacks.iter().map(|stack| plan_one(session, stack, wish))).await
}

async fn plan_one(session: &Session, stack: &Stack, wish: &Wish) -> Result<Planned, Unplanned> {
    let manifest = &stack.manifest;
    let mut survey = observe::observe(
        &session.client,
        &manifest.account,
        &manifest.desired,
        &manifest.ownership,
    )
    .await
    .map_err(Unplanned::Unread)?;
    keeping::look(stack, &mut survey, wish.looks, wish.rotate.as_ref()).await;
    survey.observed.at = Timestamp::now();
    let input = Input {
        kinds: KINDS,
        scope: &survey.scope,
        desired: &manifest.desired,
        observed: &survey.observed,
        ownership: &manifest.ownership,
        limits: &manifest.limits,
        policy: wish.policy,
        selection: &wish.selection,
        rotate: wish.rotate.as_ref(),
    };
    let mut plan = plan::plan(&input).map_err(Unplanned::Refused)?;
    let forecast = forecast::forecast(&input, &plan);
    plan.warnings.extend(survey.warnings.iter().cloned());
    let unfit: Vec<Problem> = keeping::unfit(&stack.delivery, &plan).collect();
    plan.warnings.extend(unfit);
    let lifted = |finding: &Finding| wish.allowed.iter().any(|it| it.covers(finding));
    plan.findings.retain(|finding| !lifted(finding));
    Ok(Planned {
        survey,
        plan,
        forecast,
    })
}

/// Prints every plan; for each stack how it ended, and whether there are changes.
pub(super) fn report(
    console: &Console,
    loaded: &Stacks,
    wish: &Wish,
    planned: &[Result<Planned, Unplanned>],
) -> Result<Vec<(Exit, bool)>, Trouble> {
    let mut ends = Vec::new();
    let mut plans = Vec::new();
    for (stack, planned) in loaded.stacks.iter().zip(planned) {
        let planned = match planned {
            Ok(planned) => planned,
            Err(unplanned) => {
                unreported(console, unplanned, &loaded.sources);
                let stack = &stack.manifest.ownership.stack;
                plans.push(unplanned.json(stack, &loaded.sources));
                ends.push((Exit::Error, false));
                continue;
            }
        };
        let trials = wish.trials(stack);
        let view = Report {
            tests: &trials,
            ..view(planned, wish)
        };
        if console.is_for_programs() {
            plans.push(render::json::plan_json(&view));
        } else {
            let mut text = Vec::new();
            if loaded.stacks.len() > 1 {
                title(&mut text, stack)?;
            }
            render::human::plan(&mut text, &view, console.style)?;
            console::print(&String::from_utf8_lossy(&text))?;
        }
        let end = test::judge(console, loaded, trials.iter());
        ends.push((end, !planned.plan.is_empty()));
    }
    if console.is_for_programs() && !plans.is_empty() {
        console::print_json(&one(plans))?;
    }
    Ok(ends)
}

/// Says which stacks have no plan or fail their tests, and why.
pub(super) fn refusals(
    console: &Console,
    loaded: &Stacks,
    wish: &Wish,
    planned: &[Result<Planned, Unplanned>],
) -> Vec<(Exit, bool)> {
    let stacks = loaded.stacks.iter().zip(planned);
    let end = |(stack, planned): (&Stack, &Result<Planned, Unplanned>)| match planned {
        Ok(planned) => {
            console.problems(&planned.plan.warnings, &loaded.sources);
            let trials = wish.trials(stack);
            let end = test::judge(console, loaded, trials.iter());
            (end, !planned.plan.is_empty())
        }
        Err(unplanned) => {
            unreported(console, unplanned, &loaded.sources);
            (Exit::Error, false)
        }
    };
    stacks.map(end).collect()
}

/// One stack is one object; several are one object too.
pub(super) fn one(mut plans: Vec<Value>) -> Value {
    match plans.len() {
        1 => plans.remove(0),
        _ => json!({ "format_version": render::json::FORMAT_VERSION, "stacks": plans }),
    }
}

pub(super) fn title(text: &mut Vec<u8>, stack: &Stack) -> Result<(), Trouble> {
    use std::io::Write as _;
    let name = &stack.manifest.ownership.stack;
    writeln!(text, "\nStack `{name}` ({})", stack.file.display())?;
    Ok(())
}

fn view<'a>(planned: &'a Planned, wish: &Wish) -> Report<'a> {
    let coverage = if wish.selection.is_partial() {
        Coverage::Partial
    } else {
        Coverage::Whole
    };
    Report {
        forecast: Some(&planned.forecast),
        run: run_of(wish.policy),
        coverage,
        ..Report::new(&planned.plan)
    }
}

fn unreported(console: &Console, unplanned: &Unplanned, sources: &Sources) {
    match unplanned {
        Unplanned::Unread(error) => console.diagnostic(error),
        Unplanned::Refused(problems) => console.problems(problems, sources),
    }
}
