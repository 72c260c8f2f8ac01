//! `tunctl apply` and `tunctl destroy`: plan, show, ask, carry out.

use std::time::Duration;

use super::base::{self, Against};
use super::confirm::confirm;
use super::console::{self, Console, Trouble};
use super::expected::Expected;
use super::keeping::Looks;
use super::planning::{self, Planned, Unplanned};
use super::runtime;
use super::session::Session;
use super::signals;
use super::stacks::{self, Stack, Stacks};
use super::wish::Wish;
use crate::apply::{Event, Executor, Outcome, Stop};
use crate::cli::{ApplyArgs, Global, WriteArgs};
use crate::exit::Exit;
use crate::plan::{Plan, Policy};
use crate::render::{self, escaped};

/// A plan of a stack that may be carried out.
pub(super) struct Approved<'a> {
    pub(super) stack: &'a Stack,
    pub(super) planned: &'a Planned,
}

/// What a run is to do.
struct Job<'a> {
    arguments: &'a WriteArgs,
    against: Against,
    wish: Wish,
    expected: Expected,
    /// How long a configuration may take to be loaded everywhere.
    converge: Duration,
}

/// The command `apply`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &ApplyArgs,
) -> Result<Exit, Trouble> {
    let expected = Expected::new(arguments)?;
    let (write, policy) = expected.again(arguments);
    let mut wish = Wish::new(&write.choice, &write.allow, policy)?.deny(arguments.deny);
    if expected.is_anything() {
        wish.looks = Looks::Programs;
    }
    let job = Job {
        arguments: &write,
        against: Against::of_apply(arguments, expected.saved()),
        wish,
        expected,
        converge: arguments.converge_timeout,
    };
    perform(console, global, &job)
}

/// The command `destroy`.
pub(super) fn destroy(
    console: &Console,
    global: &Global,
    arguments: &WriteArgs,
) -> Result<Exit, Trouble> {
    let mut wish = Wish::new(&arguments.choice, &arguments.allow, Policy::Destroy)?;
    wish.looks = Looks::Programs;
    let job = Job {
        arguments,
        against: Against::nothing(),
        wish,
        expected: Expected::Anything,
        converge: Duration::ZERO,
    };
    perform(console, global, &job)
}

fn perform(console: &Console, global: &Global, job: &Job<'_>) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, &job.arguments.files)?;
    let loaded = base::compare(global, &job.against, loaded)?;
    let runtime = runtime()?;
    let end = runtime.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let planned = planning::plan_all(&session, &loaded, &job.wish).await;
        // A spinner would draw over the question.
        let end = session.progress.suspend(|| {
            let wish = (&job.wish, &job.expected);
            let plans = match judge(console, wish, &loaded, &planned)? {
                Ok(plans) => plans,
                Err(exit) => return Ok(Err(exit)),
            };
            ask(console, &job.wish, job.arguments.auto_approve, plans)
        });
        let end = match end {
            Ok(Ok(approved)) => {
                let stop = Stop::default();
                let work = carry_out(console, &session, &approved, (job, &stop));
                signals::heed(console, &stop, work).await
            }
            Ok(Err(exit)) => Ok(exit),
            Err(trouble) => Err(trouble),
        };
        let closed = session.close().await;
        let end = end?;
        closed.map(|()| end)
    });
    // After a second signal nothing is waited for, not even the look-up of a name.
    runtime.shutdown_background();
    end
}

/// The plans that may be carried out, or how the run ends without any. One plan that is refused
/// stops all.
fn judge<'a>(
    console: &Console,
    (wish, expected): (&Wish, &Expected),
    loaded: &'a Stacks,
    planned: &'a [Result<Planned, Unplanned>],
) -> Result<Result<Vec<Approved<'a>>, Exit>, Trouble> {
    wish.check(loaded, planned)?;
    let silent = console.is_for_programs() && planning::may_go_on(loaded, wish, planned);
    let shown = if silent || expected.is_known() {
        planning::refusals(console, loaded, wish, planned)
    } else {
        planning::report(console, loaded, wish, planned)?
    };
    let worst = Exit::worst(shown.iter().map(|(end, _)| *end));
    if worst != Exit::Success {
        return Ok(Err(worst));
    }
    let plans: Vec<Approved<'a>> = loaded
        .stacks
        .iter()
        .zip(planned)
        .filter_map(|(stack, planned)| {
            let planned = planned.as_ref().ok()?;
            Some(Approved { stack, planned })
        })
        .collect();
    let pairs: Vec<_> = plans.iter().map(|it| (it.stack, it.planned)).collect();
    if !expected.is_met(console, &pairs)? {
        return Ok(Err(Exit::Stale));
    }
    let blocked = plans.iter().flat_map(|it| &it.planned.plan.findings);
    let blocked: Vec<String> = blocked
        .map(|it| escaped(&it.to_string()).into_owned())
        .collect();
    if !blocked.is_empty() {
        console::complain(&format!("Nothing was changed: {}", blocked.join("; ")));
        return Ok(Err(Exit::Blocked));
    }
    Ok(Ok(plans))
}

/// The plans to carry out, shown and approved, or how the run ends without any.
pub(super) fn approve<'a>(
    console: &Console,
    auto_approve: bool,
    loaded: &'a Stacks,
    wish: &Wish,
    planned: &'a [Result<Planned, Unplanned>],
) -> Result<Result<Vec<Approved<'a>>, Exit>, Trouble> {
    match judge(console, (wish, &Expected::Anything), loaded, planned)? {
        Ok(plans) => ask(console, wish, auto_approve, plans),
        Err(exit) => Ok(Err(exit)),
    }
}

/// The plans to carry out, once somebody has said so.
fn ask<'a>(
    console: &Console,
    wish: &Wish,
    auto_approve: bool,
    plans: Vec<Approved<'a>>,
) -> Result<Result<Vec<Approved<'a>>, Exit>, Trouble> {
    let changes = plans.iter().any(|it| !it.planned.plan.is_empty());
    let question = match wish.policy {
        Policy::Destroy => "Do you really want to destroy all of this?",
        Policy::Sync | Policy::KeepAll => "Do you want to perform these actions?",
    };
    if changes && !auto_approve && console.is_for_programs() && console.interactive {
        let pairs = plans.iter().map(|it| (it.stack, it.planned));
        console.note(&planning::in_words(wish, pairs)?);
    }
    if changes && !auto_approve && !confirm(console, question)? {
        console.note("Nothing was changed.");
        return Ok(Err(Exit::Error));
    }
    Ok(Ok(plans))
}

/// Carries out the plans of all stacks, one after the other.
async fn carry_out(
    console: &Console,
    session: &Session,
    approved: &[Approved<'_>],
    (job, stop): (&Job<'_>, &Stop),
) -> Result<Exit, Trouble> {
    let policy = job.wish.policy;
    let mut ends = Vec::new();
    let mut results = Vec::new();
    for it in approved {
        if approved.len() > 1 && !console.is_for_programs() && !console.quiet {
            let mut text = Vec::new();
            planning::title(&mut text, it.stack)?;
            console::print(&String::from_utf8_lossy(&text))?;
        }
        let outcome = execute(console, session, it, (job.converge, stop)).await;
        if console.is_for_programs() {
            results.push(render::json::outcome_json(&it.planned.plan.stack, &outcome));
        } else {
            tell(console, session, &outcome, policy)?;
        }
        ends.push(end(&outcome, &it.planned.plan));
    }
    if console.is_for_programs() {
        console::print_json(&planning::one(results))?;
    }
    Ok(Exit::worst(ends))
}

/// Carries out one plan, telling of everything that happens.
pub(super) async fn execute(
    console: &Console,
    session: &Session,
    approved: &Approved<'_>,
    (converge, stop): (Duration, &Stop),
) -> Outcome {
    let Approved { stack, planned } = approved;
    let executor = Executor {
        client: &session.client,
        clock: session.clock.as_ref(),
        survey: &planned.survey,
        desired: &stack.manifest.desired,
        ownership: &stack.manifest.ownership,
        delivery: &stack.delivery,
        converge,
        stop,
        on: &|event| show(console, session, event),
    };
    session.progress.begin(planned.plan.changes().count());
    executor.apply(&planned.plan).await
}

/// Says how carrying out a plan ended, to people.
pub(super) fn tell(
    console: &Console,
    session: &Session,
    outcome: &Outcome,
    policy: Policy,
) -> Result<(), Trouble> {
    let mut text = Vec::new();
    render::human::outcome(&mut text, outcome, planning::run_of(policy), console.style)?;
    let text = String::from_utf8_lossy(&text);
    session.progress.suspend(|| console::print(&text))
}

fn show(console: &Console, session: &Session, event: &Event<'_>) {
    session.progress.event(event);
    if console.is_for_programs() || console.quiet {
        return;
    }
    let mut line = Vec::new();
    if render::human::event(&mut line, event, console.style).is_ok() {
        let line = String::from_utf8_lossy(&line);
        // A run goes on when nobody reads its output any more.
        let _ = session.progress.suspend(|| console::print(&line));
    }
}

pub(super) fn end(outcome: &Outcome, plan: &Plan) -> Exit {
    if outcome.failed() {
        Exit::Error
    } else if outcome.stale() {
        Exit::Stale
    } else if outcome.pending() || outcome.stopped() || plan.has_incidents() {
        Exit::Unsettled
    } else {
        Exit::Success
    }
}
