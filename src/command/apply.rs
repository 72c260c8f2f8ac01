//! `tunctl apply` and `tunctl destroy`: plan, show, ask, carry out.

use super::confirm::confirm;
use super::console::{self, Console, Trouble};
use super::keeping::Looks;
use super::planning::{self, Planned, Unplanned};
use super::runtime;
use super::session::Session;
use super::stacks::{self, Stack, Stacks};
use super::wish::Wish;
use crate::apply::{Event, Executor, Outcome};
use crate::cli::{Denied, Global, WriteArgs};
use crate::exit::Exit;
use crate::plan::{Plan, Policy};
use crate::render::{self, escaped};

/// A plan of a stack that may be carried out.
pub(super) struct Approved<'a> {
    pub(super) stack: &'a Stack,
    pub(super) planned: &'a Planned,
}

/// The commands `apply` and `destroy`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &WriteArgs,
    policy: Policy,
    deny: Option<Denied>,
) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, &arguments.files)?;
    let mut wish = Wish::new(&arguments.choice, &arguments.allow, policy)?.deny(deny);
    wish.looks = Looks::Programs;
    runtime()?.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let planned = planning::plan_all(&session, &loaded, &wish).await;
        // A spinner would draw over the question.
        let end = session
            .progress
            .suspend(|| approve(console, arguments.auto_approve, &loaded, &wish, &planned));
        let end = match end {
            Ok(Ok(approved)) => carry_out(console, &session, &approved, policy).await,
            Ok(Err(exit)) => Ok(exit),
            Err(trouble) => Err(trouble),
        };
        let closed = session.close().await;
        let end = end?;
        closed.map(|()| end)
    })
}

/// The plans to carry out, or how the run ends without any. One plan that is refused stops all.
pub(super) fn approve<'a>(
    console: &Console,
    auto_approve: bool,
    loaded: &'a Stacks,
    wish: &Wish,
    planned: &'a [Result<Planned, Unplanned>],
) -> Result<Result<Vec<Approved<'a>>, Exit>, Trouble> {
    wish.check(loaded, planned)?;
    let silent = console.is_for_programs() && planning::may_go_on(loaded, wish, planned);
    let shown = if silent {
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
    let blocked = plans.iter().flat_map(|it| &it.planned.plan.findings);
    let blocked: Vec<String> = blocked
        .map(|it| escaped(&it.to_string()).into_owned())
        .collect();
    if !blocked.is_empty() {
        console::complain(&format!("Nothing was changed: {}", blocked.join("; ")));
        return Ok(Err(Exit::Blocked));
    }
    let changes = plans.iter().any(|it| !it.planned.plan.is_empty());
    let question = match wish.policy {
        Policy::Destroy => "Do you really want to destroy all of this?",
        Policy::Sync | Policy::KeepAll => "Do you want to perform these actions?",
    };
    if changes && !auto_approve && silent && console.interactive {
        console.note(&planning::in_words(loaded, wish, planned)?);
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
    policy: Policy,
) -> Result<Exit, Trouble> {
    let mut ends = Vec::new();
    let mut results = Vec::new();
    for it in approved {
        if approved.len() > 1 && !console.is_for_programs() && !console.quiet {
            let mut text = Vec::new();
            planning::title(&mut text, it.stack)?;
            console::print(&String::from_utf8_lossy(&text))?;
        }
        let outcome = execute(console, session, it).await;
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
) -> Outcome {
    let Approved { stack, planned } = approved;
    let executor = Executor {
        client: &session.client,
        clock: session.clock.as_ref(),
        survey: &planned.survey,
        desired: &stack.manifest.desired,
        ownership: &stack.manifest.ownership,
        delivery: &stack.delivery,
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
    } else if outcome.pending() || plan.has_incidents() {
        Exit::Unsettled
    } else {
        Exit::Success
    }
}
