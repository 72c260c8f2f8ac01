//! What a run writes into the store: teardowns before their first request and until they are
//! over, what is about to be sent and what became of it, and what was done.
//!
//! Invariant: nothing is sent whose intent is not on disk, and no entry holds a secret: entries are
//! made of addresses, ids, verdicts and Cloudflare's codes.

mod entry;
mod eviction;
pub mod kept;
mod write;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Failure, Verdict, diagnosed};
use crate::address::{Address, RemoteId};
use crate::api::clock::Clock;
use crate::desired::{Desired, Drain};
use crate::kind;
use crate::observe::Survey;
use crate::observed::Object;
use crate::ownership::Cause;
use crate::plan::{Action, Change, Plan, Reason, fingerprint};
use crate::store::{Store, StoreError};
use crate::teardown::{Actor, Setback, Teardown};
use entry::{Entry, Occasion};
pub use eviction::Eviction;
use kept::stopping;

/// Where a run keeps its records, and who runs it.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The store; without one nothing is recorded, and only tests do that.
    pub store: Option<&'a Store>,
    /// The account's id.
    pub account: &'a str,
    /// The stack.
    pub stack: &'a str,
    /// Who runs tunctl.
    pub actor: &'a Actor,
}

/// How a change ended, and what there is since.
pub(super) struct End<'a> {
    pub(super) change: &'a Change,
    pub(super) verdict: &'a Verdict,
    /// The id that Cloudflare answered.
    pub(super) id: Option<&'a RemoteId>,
}

/// The records of one run.
pub struct Ledger<'a> {
    desk: Desk<'a>,
    clock: &'a dyn Clock,
    /// A moment by the clock, and what time of day it was.
    then: (Duration, Timestamp),
    run: String,
    plan: String,
    open: RefCell<BTreeMap<Address, Teardown>>,
    fault: RefCell<Option<StoreError>>,
}

impl<'a> Ledger<'a> {
    /// The records of a run that goes on with some teardowns. `clock` showed `at` when the time of
    /// day was that of the survey.
    #[must_use]
    pub fn new(
        desk: Desk<'a>,
        clock: &'a dyn Clock,
        at: Timestamp,
        open: impl IntoIterator<Item = Teardown>,
    ) -> Self {
        let open = open.into_iter().map(|it| (it.address.clone(), it));
        Self {
            desk,
            clock,
            then: (clock.now(), at),
            run: uuid::Uuid::new_v4().to_string(),
            plan: String::new(),
            open: RefCell::new(open.collect()),
            fault: RefCell::new(None),
        }
    }

    /// The same, for the run that carries this plan out.
    #[must_use]
    pub fn of_plan(self, plan: &Plan) -> Self {
        Self {
            plan: fingerprint::of_plan(plan),
            ..self
        }
    }

    /// What went wrong with the records; then nothing new may begin.
    #[must_use]
    pub fn fault(&self) -> Option<Failure> {
        self.fault.borrow().as_ref().map(|it| diagnosed(it))
    }

    /// Ends the records of teardowns that are over: what was to go is gone, or is declared again.
    /// Call it under the account's lock, with everything that was read. What could not be read is
    /// not gone.
    pub async fn settle(&self, survey: &Survey, desired: &Desired) {
        let all: Vec<Teardown> = self.open.borrow().values().cloned().collect();
        let unread = &survey.observed.unread;
        let read = all.iter().filter(|it| !unread.contains(&it.address.kind));
        for teardown in read {
            let objects = survey.observed.iter();
            let mut objects = objects.filter(|(it, _)| it.kind == teardown.address.kind);
            let living = objects.find(|(_, object)| object.id == teardown.id);
            match living {
                None => self.over(teardown, Occasion::Resumed).await,
                Some((address, _)) if desired.contains(address) => {
                    self.called_off(teardown).await;
                }
                Some(_) => {}
            }
        }
    }

    /// Notes a teardown that somebody has decided on before anything about it was read. What an
    /// earlier run has noted already is not noted twice.
    pub async fn announce(&self, teardown: &Teardown) {
        if let Some(store) = self.working() {
            let known = async {
                let name = stopping(&self.desk, Some(&teardown.op_id))?;
                store.get(&name).await
            };
            let entry = self.entry(teardown).stopping();
            match known.await {
                Ok(None) => {
                    self.keep(teardown).await;
                    self.tell_once(entry, Occasion::AtOnce).await;
                }
                Ok(Some(_)) => self.tell_once(entry, Occasion::Resumed).await,
                Err(error) => self.broken(&error),
            }
        }
        let told = Teardown {
            told: true,
            ..teardown.clone()
        };
        self.open.borrow_mut().insert(told.address.clone(), told);
    }

    /// Notes every teardown of a plan, before anything of it is sent.
    pub(super) async fn begin(&self, plan: &Plan) {
        for change in plan.changes() {
            let Action::Delete { object, drain } = &change.action else {
                continue;
            };
            if !kind::drains(&change.address.kind) {
                continue;
            }
            let known = self.open.borrow().get(&change.address).cloned();
            let known = known.filter(|it| it.id == object.id);
            let teardown = known.unwrap_or_else(|| self.opened(plan, change, object));
            let teardown = Teardown {
                attempts: teardown.attempts.saturating_add(1),
                drain: *drain,
                ..teardown
            };
            self.keep(&teardown).await;
            if !teardown.told {
                let entry = self.entry(&teardown).stopping();
                self.tell_once(entry, Occasion::of(&teardown)).await;
            }
            let told = Teardown {
                told: true,
                ..teardown
            };
            let mut open = self.open.borrow_mut();
            open.insert(change.address.clone(), told);
        }
    }

    fn opened(&self, plan: &Plan, change: &Change, object: &Object) -> Teardown {
        let leads_there = |it: &&Change| {
            let mut objects = it.action.objects().iter();
            matches!(it.action, Action::Delete { .. })
                && objects.any(|object| object.references.contains(&change.address))
        };
        let with: Vec<Address> = plan
            .changes()
            .filter(leads_there)
            .map(|it| it.address.clone())
            .collect();
        let cause = if let Reason::Ends { cause, .. } = change.reason {
            cause
        } else if change.at.is_some() {
            Cause::Requested
        } else {
            Cause::Undeclared
        };
        Teardown {
            op_id: uuid::Uuid::new_v4().to_string(),
            stack: self.desk.stack.to_owned(),
            address: change.address.clone(),
            id: object.id.clone(),
            serves: with.iter().map(|it| it.name.clone()).collect(),
            with,
            cause,
            actor: self.desk.actor.clone(),
            since: self.now(),
            drain: Drain::default(),
            attempts: 0,
            told: false,
            setback: None,
        }
    }

    /// Notes what a stage is about to send.
    pub(super) async fn intend(&self, changes: &[&Change]) {
        if !changes.is_empty() {
            let intents = entry::intents(changes);
            self.journal(intents).await;
        }
    }

    /// Notes what became of a stage.
    pub(super) async fn conclude(&self, ends: &[End<'_>]) {
        if ends.is_empty() {
            return;
        }
        self.journal(entry::outcomes(ends)).await;
        let entries = ends.iter().filter_map(|end| {
            let teardown = self.teardown_of(end.change);
            let entry = match &teardown {
                Some(teardown) => self.entry(teardown),
                None => self.entry_of_run(),
            };
            entry.of_change(end)
        });
        self.audit(entries.collect()).await;
    }

    /// The teardown that a change is part of.
    fn teardown_of(&self, change: &Change) -> Option<Teardown> {
        let open = self.open.borrow();
        if !matches!(change.action, Action::Delete { .. }) {
            return None;
        }
        let objects = change.action.objects().iter();
        let mut references = objects.flat_map(|it| &it.references);
        let own = open.get(&change.address);
        own.or_else(|| references.find_map(|it| open.get(it)))
            .cloned()
    }

    /// Notes how the deletion of something with connections ended.
    pub(super) async fn tried(&self, change: &Change, verdict: &Verdict) {
        let Some(teardown) = self.open.borrow().get(&change.address).cloned() else {
            return;
        };
        let (code, message) = match verdict {
            Verdict::Done => return self.over(&teardown, Occasion::of(&teardown)).await,
            Verdict::Pending { code, message } => ((*code).to_owned(), message.clone()),
            Verdict::Failed(failure) => (failure.code.clone(), failure.message.clone()),
            Verdict::Skipped(_) => (
                super::teardown::DNS.to_owned(),
                "what leads to it could not be deleted".to_owned(),
            ),
            Verdict::Kept(_) => return self.called_off(&teardown).await,
            Verdict::Moved(_) | Verdict::Stopped => return,
        };
        let teardown = Teardown {
            setback: Some(Setback {
                code,
                message,
                at: self.now(),
            }),
            ..teardown
        };
        self.keep(&teardown).await;
    }

    /// The end of a teardown: one entry in the audit log, and the record goes.
    async fn over(&self, teardown: &Teardown, occasion: Occasion) {
        let entry = self.entry(teardown).stopped();
        self.tell_once(entry, occasion).await;
        self.forget(teardown).await;
    }

    async fn called_off(&self, teardown: &Teardown) {
        let entry = self.entry(teardown).called_off();
        self.tell_once(entry, Occasion::Resumed).await;
        self.forget(teardown).await;
    }

    fn now(&self) -> Timestamp {
        let (then, at) = self.then;
        let passed = SignedDuration::try_from(self.clock.now().saturating_sub(then));
        let passed = passed.unwrap_or_default();
        at.checked_add(passed).unwrap_or(at)
    }

    fn entry<'e>(&'e self, teardown: &'e Teardown) -> Entry<'e> {
        Entry {
            at: self.now(),
            run: &self.run,
            plan: &self.plan,
            desk: self.desk,
            teardown: Some(teardown),
        }
    }

    fn entry_of_run(&self) -> Entry<'_> {
        Entry {
            at: self.now(),
            run: &self.run,
            plan: &self.plan,
            desk: self.desk,
            teardown: None,
        }
    }
}
