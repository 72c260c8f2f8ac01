//! `tunctl plan`, and the part of it that `apply` shares: stacks side by side, reported one by
//! one.

use futures::future::join_all;
use serde::Serialize;

use super::aim::Aim;
use super::base::{self, Against};
use super::console::{Console, Trouble};
use super::keeping;
use super::plan_file;
use super::records::Records;
use super::results::Results;
use super::runtime;
use super::session::Session;
use super::snapshot;
use super::stacks::{self, Stack, Stacks};
use super::test;
use super::wish::Wish;
use crate::cli::{Global, PlanArgs};
use crate::exit::Exit;
use crate::kind::{KINDS, Reach};
use crate::observe::{self, Survey, Wanted};
use crate::plan::forecast::{self, Forecast};
use crate::plan::{self, Base, Finding, Input, Plan, Policy};
use crate::problem::Problem;
use crate::render::human::Run;
use crate::render::{self, Coverage, Report, Style};
use crate::routing::test::Trial;
use crate::source::Sources;
use crate::store::StoreError;

/// A stack's plan and what it was made from.
pub(super) struct Planned {
    pub(super) survey: Survey,
    pub(super) plan: Plan,
    pub(super) forecast: Forecast,
    pub(super) lints: Vec<Problem>,
    /// What of the stack is to be there, and what is its own, in this run.
    pub(super) aim: Aim,
    /// What the store said.
    pub(super) records: Records,
}

/// Why a stack has no plan.
pub(super) enum Unplanned {
    Unread(observe::ObserveError),
    Refused(Vec<Problem>),
}

/// The command `plan`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &PlanArgs,
) -> Result<Exit, Trouble> {
    let snapshot = arguments.from.as_deref().map(snapshot::read).transpose()?;
    let global = &snapshot::with_account(global, snapshot.as_ref());
    let loaded = stacks::load(global, &arguments.files)?;
    let policy = policy(arguments.no_delete);
    let wish = Wish::new(&arguments.choice, &arguments.allow, policy)?
        .deny(arguments.deny)
        .renew(&arguments.renew);
    let (loaded, planned) = runtime()?.block_on(async {
        let label = snapshot.as_ref().map(snapshot::Label::of);
        let session = match snapshot {
            Some(snapshot) => Session::replay(console, global, snapshot)?,
            None => Session::open(console, global, &loaded.stacks).await?,
        };
        let against = Against::of_plan(arguments);
        let planned = match base::compare(&session, global, &against, loaded).await {
            Ok(loaded) => {
                let planned = plan_all(&session, &loaded, &wish).await;
                Ok((loaded, planned))
            }
            Err(trouble) => Err(trouble),
        };
        session.close().await?;
        let (loaded, planned) = planned?;
        let planned = match label {
            Some(label) => label.on(&loaded, planned),
            None => planned,
        };
        Ok::<_, Trouble>((loaded, planned))
    })?;
    wish.check(&loaded, &planned)?;
    let ends = report(console, &loaded, &wish, &planned)?;
    if let Some(out) = &arguments.out {
        plan_file::write(out, arguments, &loaded, &planned)?;
    }
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
        Policy::End => Run::End,
        Policy::Sync | Policy::KeepAll => Run::Apply,
    }
}

/// Plans every stack, side by side.
pub(super) async fn plan_all(
    session: &Session,
    loaded: &Stacks,
    wish: &Wish,
) -> Vec<Result<Planned, Unplanned>> {
    session.progress.note("reading the account");
    let stacks = loaded.stacks.iter();
    let plans = stacks.map(|stack| plan_one(session, stack, &loaded.sources, wish));
    join_all(plans).await
}

/// Plans one stack.
///
/// # Errors
/// Why it has no plan.
pub(super) async fn plan_one(
    session: &Session,
    stack: &Stack,
    sources: &Sources,
    wish: &Wish,
) -> Result<Planned, Unplanned> {
    let manifest = &stack.manifest;
    let records = session.locks.records(stack).await;
    let records = records.map_err(|error| Unplanned::Refused(vec![unread(&error)]))?;
    let mut aim = Aim::new(stack, &records, wish).map_err(Unplanned::Refused)?;
    let wanted = Wanted {
        desired: &manifest.desired,
        ownership: &aim.ownership,
        reach: stack.base.known().map_or(Reach::Needed, Base::reach),
    };
    let survey = observe::observe_part(&session.client, &manifest.account, wanted).await;
    let mut survey = survey.map_err(Unplanned::Unread)?;
    keeping::look(stack, &mut survey, wish.looks, wish.rotate.as_ref()).await;
    survey.observed.at = session.time();
    let endings = aim.take_in(stack, &survey.observed, wish);
    let input = Input {
        kinds: KINDS,
        scope: &survey.scope,
        desired: aim.desired(stack),
        observed: &survey.observed,
        ownership: &aim.ownership,
        limits: &manifest.limits,
        policy: stack.base.policy(wish.policy),
        selection: &wish.selection,
        rotate: wish.rotate.as_ref(),
        base: stack.base.known(),
    };
    let lints = wish.lint(stack, sources, &survey.scope.zones);
    let lints = lints.map_err(Unplanned::Refused)?;
    let mut plan = plan::plan(&input).map_err(Unplanned::Refused)?;
    let forecast = forecast::forecast(&input, &plan, session.rate());
    plan.warnings.extend(endings);
    if wish.run != Run::Drift {
        plan = plan.undated();
    }
    plan.warnings.extend(survey.warnings.iter().cloned());
    plan.warnings.extend(stack.base.fault().cloned());
    let unfit: Vec<Problem> = keeping::unfit(&stack.delivery, &plan).collect();
    plan.warnings.extend(unfit);
    let lifted = |finding: &Finding| wish.allowed.iter().any(|it| it.covers(finding));
    plan.findings.retain(|finding| !lifted(finding));
    Ok(Planned {
        survey,
        plan,
        forecast,
        lints,
        aim,
        records,
    })
}

pub(super) fn unread(error: &StoreError) -> Problem {
    let code = match error {
        StoreError::BadPlace { .. } | StoreError::BadName { .. } => "tunctl::bad_store",
        StoreError::Failed { .. } => "tunctl::store_failed",
        StoreError::Corrupt { .. } => "tunctl::store_corrupt",
    };
    let problem = Problem::new(code, error.to_string());
    problem.help(
        "what other stacks claim and which teardowns have begun stands in the store; docs/store.md \
         says what each file is for, and what is lost with it",
    )
}

/// Prints every plan; for each stack how it ended, and whether there are changes.
pub(super) fn report(
    console: &Console,
    loaded: &Stacks,
    wish: &Wish,
    planned: &[Result<Planned, Unplanned>],
) -> Result<Vec<(Exit, bool)>, Trouble> {
    let mut ends = Vec::new();
    let mut results = Results::new(console, loaded);
    let trials: Vec<Vec<Trial<'_>>> = loaded.stacks.iter().map(|it| wish.trials(it)).collect();
    for ((stack, planned), trials) in loaded.stacks.iter().zip(planned).zip(&trials) {
        let planned = match planned {
            Ok(planned) => planned,
            Err(unplanned) => {
                unreported(console, unplanned, &loaded.sources);
                results.refused(stack, unplanned, wish.run);
                ends.push((Exit::Error, false));
                continue;
            }
        };
        let view = Report {
            tests: trials,
            sources: Some(&loaded.sources),
            ..view(planned, wish)
        };
        console.problems(&planned.lints, &loaded.sources);
        results.plan(stack, view)?;
        let end = test::judge(console, loaded, trials.iter());
        ends.push((end, !planned.plan.is_empty()));
    }
    results.print()?;
    Ok(ends)
}

/// Whether nothing keeps the plans from being carried out.
pub(super) fn may_go_on(
    loaded: &Stacks,
    wish: &Wish,
    planned: &[Result<Planned, Unplanned>],
) -> bool {
    let free =
        |it: &Result<Planned, Unplanned>| it.as_ref().is_ok_and(|it| it.plan.findings.is_empty());
    let passes = |stack: &Stack| wish.trials(stack).iter().all(|it| it.fault.is_none());
    planned.iter().all(free) && loaded.stacks.iter().all(passes)
}

/// The plans for somebody who is asked, whatever programs get to read.
///
/// # Errors
/// If they cannot be written.
pub(super) fn in_words<'a>(
    wish: &Wish,
    plans: impl Iterator<Item = (&'a Stack, &'a Planned)>,
) -> Result<String, Trouble> {
    let mut text = Vec::new();
    for (stack, planned) in plans {
        title(&mut text, stack)?;
        render::human::plan(&mut text, &view(planned, wish), Style::Plain)?;
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
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
            console.problems(&planned.lints, &loaded.sources);
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

/// What programs get to read about the stacks of a run.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Told<T> {
    One(T),
    Several {
        format_version: &'static str,
        stacks: Vec<T>,
    },
}

/// One stack is one object; several are one object too.
pub(super) fn one<T>(mut stacks: Vec<T>) -> Told<T> {
    match stacks.len() {
        1 => Told::One(stacks.remove(0)),
        _ => Told::Several {
            format_version: render::json::FORMAT_VERSION,
            stacks,
        },
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
        lints: &planned.lints,
        scope: Some(&planned.survey.scope),
        run: wish.run,
        coverage,
        ..Report::new(&planned.plan)
    }
}

/// Says why a stack has no plan.
pub(super) fn unreported(console: &Console, unplanned: &Unplanned, sources: &Sources) {
    match unplanned {
        Unplanned::Unread(error) => console.diagnostic(error),
        Unplanned::Refused(problems) => console.problems(problems, sources),
    }
}
