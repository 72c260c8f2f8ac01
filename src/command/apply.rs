//! `tunctl apply` and `tunctl destroy`: plan, show, ask, carry out.

use std::time::Duration;

use jiff::Timestamp;

use super::base::{self, Against};
use super::confirm::confirm_beside;
use super::console::{self, Console, Trouble};
use super::expected::Expected;
use super::keeping::Looks;
use super::planning::{self, Planned, Unplanned};
use super::runtime;
use super::session::Session;
use super::signals;
use super::stacks::{self, Stack, Stacks};
use super::wish::Wish;
use crate::apply::{Event, Executor, Ledger, Outcome, Stop, diagnosed};
use crate::cli::{ApplyArgs, Files, Global, WriteArgs};
use crate::exit::Exit;
use crate::plan::{Plan, Policy};
use crate::problem::Problem;
use crate::render::{self, escaped};
use crate::store::StoreError;

/// A plan of a stack that may be carried out.
pub(super) struct Approved<'a> {
    pub(super) stack: &'a Stack,
    pub(super) planned: &'a Planned,
}

/// What a run is to do.
pub(super) struct Job<'a> {
    pub(super) files: &'a Files,
    pub(super) auto_approve: bool,
    pub(super) against: Against,
    pub(super) wish: Wish,
    pub(super) expected: Expected,
    /// How long a configuration may take to be loaded everywhere.
    pub(super) converge: Duration,
}

/// The command `apply`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &ApplyArgs,
) -> Result<Exit, Trouble> {
    if arguments.from.is_some() {
        return Err(Problem::new("tunctl::apply_from_snapshot", "a snapshot cannot be changed")
            .help("`tunctl apply` reads Cloudflare itself: leave --from out, or plan with `tunctl plan --from`")
            .into());
    }
    let expected = Expected::new(arguments)?;
    let (write, policy) = expected.again(arguments);
    let mut wish = Wish::new(&write.choice, &write.allow, policy)?
        .deny(arguments.deny)
        .renew(&arguments.renew);
    if expected.is_anything() {
        wish.looks = Looks::Programs;
    }
    let job = Job {
        files: &write.files,
        auto_approve: write.auto_approve,
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
        files: &arguments.files,
        auto_approve: arguments.auto_approve,
        against: Against::nothing(),
        wish,
        expected: Expected::Anything,
        converge: Duration::ZERO,
    };
    perform(console, global, &job)
}

/// Does a job, from the manifests to its end.
pub(super) fn perform(console: &Console, global: &Global, job: &Job<'_>) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, job.files)?;
    let accounts = loaded.accounts();
    let runtime = runtime()?;
    let end = runtime.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let stop = Stop::default();
        let work = async {
            let loaded = base::compare(&session, global, &job.against, loaded).await?;
            run_locked(console, (&session, &stop), (global, &loaded), job).await
        };
        let locked = session
            .locks
            .holding(console, (&session, &stop), &accounts, work);
        let end = signals::heed(console, &stop, Box::pin(locked)).await;
        let closed = session.close().await;
        let end = end?;
        closed.map(|()| end)
    });
    // After a second signal nothing is waited for, not even the look-up of a name.
    runtime.shutdown_background();
    end
}

/// Plans, asks and carries out, while the accounts are locked.
async fn run_locked(
    console: &Console,
    (session, stop): (&Session, &Stop),
    (global, loaded): (&Global, &Stacks),
    job: &Job<'_>,
) -> Result<Exit, Trouble> {
    let planning = async {
        let wish = job.wish.clone().found(session, loaded).await?;
        Ok::<_, Trouble>(planning::plan_all(session, loaded, &wish).await)
    };
    let planned = tokio::select! {
        planned = planning => planned?,
        () = stop.wait() => return Ok(Exit::Unsettled),
    };
    // A spinner would draw over the question.
    session.progress.finish();
    let plans = match judge(console, (&job.wish, &job.expected), loaded, &planned)? {
        Ok(plans) => plans,
        Err(exit) => return Ok(exit),
    };
    let asking = ask(console, stop, (&job.wish, job.auto_approve), plans);
    match asking.await? {
        Ok(approved) => {
            session.progress.resume();
            carry_out(console, (session, global), &approved, (job, stop)).await
        }
        Err(exit) => Ok(exit),
    }
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
pub(super) async fn approve<'a>(
    console: &Console,
    stop: &Stop,
    (wish, auto_approve): (&Wish, bool),
    loaded: &'a Stacks,
    planned: &'a [Result<Planned, Unplanned>],
) -> Result<Result<Vec<Approved<'a>>, Exit>, Trouble> {
    match judge(console, (wish, &Expected::Anything), loaded, planned)? {
        Ok(plans) => ask(console, stop, (wish, auto_approve), plans).await,
        Err(exit) => Ok(Err(exit)),
    }
}

/// The plans to carry out, once somebody has said so.
async fn ask<'a>(
    console: &Console,
    stop: &Stop,
    (wish, auto_approve): (&Wish, bool),
    plans: Vec<Approved<'a>>,
) -> Result<Result<Vec<Approved<'a>>, Exit>, Trouble> {
    let changes = plans.iter().any(|it| !it.planned.plan.is_empty());
    let question = match wish.policy {
        Policy::Destroy => "Do you really want to destroy all of this?",
        Policy::End => "Do you want to end all of this?",
        Policy::Sync | Policy::KeepAll => "Do you want to perform these actions?",
    };
    if !changes || auto_approve {
        return Ok(Ok(plans));
    }
    if console.is_for_programs() && console.interactive {
        let pairs = plans.iter().map(|it| (it.stack, it.planned));
        console.note(&planning::in_words(wish, pairs)?);
    }
    if confirm_beside(console, question, stop).await? {
        return Ok(Ok(plans));
    }
    console.note("Nothing was changed.");
    Ok(Err(if stop.is_set() {
        Exit::Unsettled
    } else {
        Exit::Error
    }))
}

/// Carries out the plans of all stacks, one after the other.
async fn carry_out(
    console: &Console,
    (session, global): (&Session, &Global),
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
        let outcome = match claim(session, it, policy, None).await {
            Ok(()) => {
                let outcome = execute(console, session, it, (job.converge, stop)).await;
                closed((session, global), it, job, outcome).await
            }
            Err(error) => Outcome::not_begun(&it.planned.plan, diagnosed(&error)),
        };
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

/// Writes down what a stack claims, where it is the manifest that is carried out: before anything
/// is made, so that no other stack takes it for its own.
pub(super) async fn claim(
    session: &Session,
    it: &Approved<'_>,
    policy: Policy,
    commit: Option<String>,
) -> Result<(), StoreError> {
    match policy {
        Policy::Sync | Policy::KeepAll => {
            let claimed = session.locks.claim(it.stack, Timestamp::now(), commit);
            claimed.await
        }
        Policy::Destroy | Policy::End => Ok(()),
    }
}

/// The end of a run that left nothing undone, in the store.
async fn closed(
    (session, global): (&Session, &Global),
    it: &Approved<'_>,
    job: &Job<'_>,
    mut outcome: Outcome,
) -> Outcome {
    if !outcome.is_complete() || job.wish.selection.is_partial() {
        return outcome;
    }
    let kept = match job.wish.policy {
        Policy::Sync if it.stack.base.is_all() => match base::head(global, it.stack) {
            Some(commit) => claim(session, it, Policy::Sync, Some(commit)).await,
            None => Ok(()),
        },
        Policy::Destroy => session.locks.unclaim(it.stack).await,
        Policy::Sync | Policy::KeepAll | Policy::End => Ok(()),
    };
    outcome.broken = kept.err().map(|error| diagnosed(&error));
    outcome
}

/// Carries out one plan, telling of everything that happens, and keeps the records.
pub(super) async fn execute(
    console: &Console,
    session: &Session,
    approved: &Approved<'_>,
    (converge, stop): (Duration, &Stop),
) -> Outcome {
    let Approved { stack, planned } = approved;
    let (clock, desired) = (session.clock.as_ref(), planned.aim.desired(stack));
    let begun = planned.records.teardowns.iter().cloned();
    let ledger = Ledger::new(session.locks.desk(stack), clock, Timestamp::now(), begun);
    let ledger = ledger.of_plan(&planned.plan);
    ledger.settle(&planned.survey, desired).await;
    let executor = Executor {
        client: &session.client,
        clock,
        survey: &planned.survey,
        desired,
        ownership: &planned.aim.ownership,
        delivery: &stack.delivery,
        converge,
        ledger: &ledger,
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
