//! One cycle: manifests, lock, plan, guards, changes, and the end of what has expired.
//!
//! Invariant: what keeps one stack from being carried out keeps the others from nothing. They do not
//! need each other: what one declares, none of the others deletes.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;

use super::{Watcher, tell};
use crate::apply::ledger::kept;
use crate::apply::{Outcome, Verdict, diagnosed};
use crate::command::apply::{self, Approved};
use crate::command::console::Trouble;
use crate::command::planning::{self, Planned, Unplanned};
use crate::command::session::Session;
use crate::command::stacks::{self, Stack, Stacks};
use crate::command::wish::Wish;
use crate::exit::Exit;
use crate::plan::expiry;
use crate::source::Sources;
use crate::watch::{Cycle, End, Fared, on};

/// How long a configuration may take to be loaded everywhere, as with `apply`.
const CONVERGE: Duration = Duration::from_mins(1);

/// What a part of a cycle works with.
struct At<'a> {
    session: &'a Session,
    sources: &'a Sources,
}

impl Watcher {
    /// One cycle, whatever comes of it.
    pub(super) async fn once(&self) -> Cycle {
        let cycle = Box::pin(self.attempt())
            .await
            .unwrap_or_else(|trouble| Cycle {
                trouble: Some(self.judge(&trouble)),
                ..Cycle::default()
            });
        Cycle {
            at: Some(Timestamp::now()),
            ..cycle
        }
    }

    async fn attempt(&self) -> Result<Cycle, Trouble> {
        let loaded = stacks::load(&self.global, &self.arguments.files)?;
        let clock = self.clock.clone();
        let opening = Session::open_by(&self.console, &self.global, &loaded.stacks, clock);
        let session = opening.await?;
        let mut cycle = Cycle::default();
        for account in loaded.accounts() {
            let fared = Box::pin(self.account(&session, &loaded, &account)).await;
            cycle.stacks.extend(fared);
        }
        cycle.budget = Some(session.client.left().0);
        session.close().await?;
        Ok(cycle)
    }

    /// The stacks of one account, under its lock if something may be written.
    async fn account(&self, session: &Session, loaded: &Stacks, account: &str) -> Vec<Fared> {
        let stacks = loaded.stacks.iter();
        let stacks: Vec<&Stack> = stacks.filter(|it| it.manifest.account == account).collect();
        let sources = &loaded.sources;
        let at = At { session, sources };
        if !self.arguments.apply {
            return self.look(&at, &stacks).await;
        }
        let accounts = BTreeSet::from([account.to_owned()]);
        let about = (session, self.stop.as_ref());
        let work = async { Ok(self.reconcile(&at, &stacks).await) };
        let locked = session.locks.holding(&self.console, about, &accounts, work);
        Box::pin(locked).await.unwrap_or_else(|trouble| {
            let end = self.judge(&trouble);
            stacks.iter().map(|it| fared(it, end)).collect()
        })
    }

    /// Plans, and says what would change.
    async fn look(&self, at: &At<'_>, stacks: &[&Stack]) -> Vec<Fared> {
        let Some(plans) = self.plans(at, stacks).await else {
            return stacks.iter().map(|it| fared(it, End::Skipped)).collect();
        };
        let each = stacks.iter().zip(&plans);
        let each =
            each.map(
                |(stack, planned)| match self.approve(at, stack, (planned, &self.sync)) {
                    Ok(planned) => self.seen(stack, planned),
                    Err(fared) => fared,
                },
            );
        let fared = each.collect();
        on(&self.board, |it| it.stir(self.clock.now()));
        fared
    }

    fn seen(&self, stack: &Stack, planned: &Planned) -> Fared {
        let end = match planned.plan.is_empty() {
            true if planned.plan.has_incidents() => End::Unsettled,
            true => End::Converged,
            false => End::Drifted,
        };
        self.announce(stack, planned);
        Fared {
            planned: count(planned),
            stopping: Some(planned.records.teardowns.len() as u64),
            ..fared(stack, end)
        }
    }

    /// Plans and carries out, then ends what has expired.
    async fn reconcile(&self, at: &At<'_>, stacks: &[&Stack]) -> Vec<Fared> {
        let Some(plans) = self.plans(at, stacks).await else {
            return stacks.iter().map(|it| fared(it, End::Skipped)).collect();
        };
        let mut all = Vec::new();
        for (stack, planned) in stacks.iter().zip(&plans) {
            let mut fared = self.carry_out(at, stack, planned, &self.sync).await;
            if let Ok(planned) = planned
                && needs_gc(stack, planned, &fared)
            {
                let ended = self.gc(at, stack).await;
                fared = together(fared, &ended);
            }
            all.push(fared);
            on(&self.board, |it| it.stir(self.clock.now()));
        }
        all
    }

    /// Ends what has expired and what began to end, by a plan of its own from what is there now.
    async fn gc(&self, at: &At<'_>, stack: &Stack) -> Fared {
        if self.stop.is_set() {
            return fared(stack, End::Skipped);
        }
        let planned = planning::plan_one(at.session, stack, at.sources, &self.gc).await;
        self.carry_out(at, stack, &planned, &self.gc).await
    }

    /// The plans of some stacks, side by side; nothing once a stop is wanted.
    async fn plans(
        &self,
        at: &At<'_>,
        stacks: &[&Stack],
    ) -> Option<Vec<Result<Planned, Unplanned>>> {
        let plans = stacks.iter();
        let plans = plans.map(|it| planning::plan_one(at.session, it, at.sources, &self.sync));
        tokio::select! {
            biased;
            () = self.stop.wait() => None,
            plans = join_all(plans) => Some(plans),
        }
    }

    /// A plan that exists and whose tests pass.
    fn approve<'p>(
        &self,
        at: &At<'_>,
        stack: &Stack,
        (planned, wish): (&'p Result<Planned, Unplanned>, &Wish),
    ) -> Result<&'p Planned, Fared> {
        let planned = planned.as_ref().map_err(|unplanned| {
            planning::unreported(&self.console, unplanned, at.sources);
            fared(stack, end_of(unplanned))
        })?;
        if !planned.plan.is_empty() {
            self.console.problems(&planned.plan.warnings, at.sources);
        }
        let faults = wish.trials(stack).into_iter();
        let faults: Vec<_> = faults.filter_map(|trial| trial.fault.clone()).collect();
        self.console.problems(&faults, at.sources);
        if faults.is_empty() {
            Ok(planned)
        } else {
            Err(Fared {
                planned: count(planned),
                ..fared(stack, End::Failed)
            })
        }
    }

    async fn carry_out(
        &self,
        at: &At<'_>,
        stack: &Stack,
        planned: &Result<Planned, Unplanned>,
        wish: &Wish,
    ) -> Fared {
        let planned = match self.approve(at, stack, (planned, wish)) {
            Ok(planned) => planned,
            Err(fared) => return fared,
        };
        self.announce(stack, planned);
        let known = Fared {
            planned: count(planned),
            stopping: Some(planned.records.teardowns.len() as u64),
            ..fared(stack, End::Skipped)
        };
        if !planned.plan.findings.is_empty() {
            tell::blocked(stack, planned);
            let end = End::Blocked;
            return Fared { end, ..known };
        }
        if self.stop.is_set() {
            self.left.set(self.left.get() || !planned.plan.is_empty());
            return known;
        }
        let approved = Approved { stack, planned };
        let claimed = apply::claim(at.session, &approved, wish.policy, None).await;
        let outcome = match claimed {
            Ok(()) => {
                let about = (CONVERGE, self.stop.as_ref());
                apply::execute(&self.console, at.session, &approved, about).await
            }
            Err(error) => Outcome::not_begun(&planned.plan, diagnosed(&error)),
        };
        self.result(at.session, &outcome, wish.policy);
        self.left.set(self.left.get() || outcome.stopped());
        Fared {
            end: end(&outcome, planned),
            applied: verdicts(&outcome, |it| *it == Verdict::Done),
            failed: verdicts(&outcome, |it| matches!(it, Verdict::Failed(_))),
            stopping: stopping(at.session, stack, planned).await,
            ..known
        }
    }

    /// Says what went wrong, and what that makes of a cycle.
    fn judge(&self, trouble: &Trouble) -> End {
        let codes = trouble.codes();
        let ends = codes.iter().map(|code| End::of_code(code));
        let end = worst(ends);
        if end == End::Skipped {
            self.skipped(trouble);
        } else {
            self.console.lament(trouble);
        }
        end
    }
}

/// Whether a plan of `gc` may have something to do: something is due, or begun and not resumed.
fn needs_gc(stack: &Stack, planned: &Planned, fared: &Fared) -> bool {
    let due = expiry::endings(&stack.manifest.desired, &planned.survey.observed);
    let resumed = match fared.end {
        End::Converged | End::Applied | End::Drifted | End::Unsettled | End::Stale => true,
        End::Skipped | End::Blocked | End::Failed | End::Unavailable => false,
    };
    !due.is_empty() || (!resumed && !planned.records.teardowns.is_empty())
}

/// Two runs of one stack as one.
fn together(first: Fared, then: &Fared) -> Fared {
    Fared {
        end: first.end.max(then.end),
        planned: first.planned + then.planned,
        applied: first.applied + then.applied,
        failed: first.failed + then.failed,
        stopping: then.stopping.or(first.stopping),
        ..first
    }
}

fn fared(stack: &Stack, end: End) -> Fared {
    Fared {
        account: stack.manifest.account.clone(),
        stack: stack.manifest.ownership.stack.clone(),
        end,
        planned: 0,
        applied: 0,
        failed: 0,
        stopping: None,
    }
}

fn count(planned: &Planned) -> u64 {
    planned.plan.changes().count() as u64
}

fn verdicts(outcome: &Outcome, is_such: impl Fn(&Verdict) -> bool) -> u64 {
    let verdicts = outcome.verdicts.iter();
    verdicts.filter(|(_, verdict)| is_such(verdict)).count() as u64
}

/// The teardowns of a stack that are left; only looked up if there can be any.
async fn stopping(session: &Session, stack: &Stack, planned: &Planned) -> Option<u64> {
    let begun = &planned.records.teardowns;
    if begun.is_empty() && planned.plan.is_empty() {
        return Some(0);
    }
    let left = kept::teardowns(&session.locks.desk(stack)).await;
    left.ok().map(|left| left.len() as u64)
}

/// How a stack fared whose plan was carried out.
fn end(outcome: &Outcome, planned: &Planned) -> End {
    match apply::end(outcome, &planned.plan) {
        Exit::Success | Exit::Changes if planned.plan.is_empty() => End::Converged,
        Exit::Success | Exit::Changes => End::Applied,
        Exit::Unsettled => End::Unsettled,
        Exit::Blocked => End::Blocked,
        Exit::Stale => End::Stale,
        Exit::Error => {
            let failed = outcome.verdicts.iter().filter_map(|(_, it)| match it {
                Verdict::Failed(failure) => Some(failure),
                Verdict::Done
                | Verdict::Moved(_)
                | Verdict::Skipped(_)
                | Verdict::Pending { .. }
                | Verdict::Kept(_)
                | Verdict::Stopped => None,
            });
            let failures = failed.chain(&outcome.broken);
            worst(failures.map(|it| End::of_code(&it.code)))
        }
    }
}

fn end_of(unplanned: &Unplanned) -> End {
    use miette::Diagnostic as _;
    match unplanned {
        Unplanned::Unread(error) => {
            let code = error.code();
            End::of_code(&code.map_or_else(String::new, |code| code.to_string()))
        }
        Unplanned::Refused(problems) => {
            let errors = problems.iter();
            worst(errors.map(|it| End::of_code(it.code)))
        }
    }
}

/// What several errors come to: one that somebody must mend outweighs those that pass.
fn worst(ends: impl Iterator<Item = End>) -> End {
    let ends: Vec<End> = ends.collect();
    if ends.is_empty() || ends.contains(&End::Failed) {
        return End::Failed;
    }
    ends.into_iter().max().unwrap_or(End::Failed)
}
