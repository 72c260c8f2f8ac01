//! Carries out a plan: stage by stage, everything of a stage at the same time. A failed change
//! stops what waits for it and nothing else; running again finishes the work.

mod batch;
mod converge;
pub mod event;
pub mod handover;
mod keep;
pub mod ledger;
mod look;
mod send;
mod stop;
pub mod teardown;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::address::{Address, Ids, RemoteId};
use crate::api::clock::Clock;
use crate::api::wire::Wire;
use crate::api::{ApiError, Client, advice};
use crate::credential::Credential;
use crate::desired::Desired;
use crate::kind::{self, AnyKind, Reach, Rotation, Step, Unresolved, View, Write};
use crate::observe::Survey;
use crate::ownership::Ownership;
use crate::plan::{Action, Change, Plan};
use crate::secret::Delivery;
pub use event::{Answered, Event, Failure, Outcome, Verdict};
use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use ledger::End;
pub use ledger::{Desk, Eviction, Ledger};
pub use stop::Stop;

/// What carrying out a plan needs.
pub struct Executor<'a, W: Wire> {
    /// Where requests go.
    pub client: &'a Client<W>,
    /// For waiting.
    pub clock: &'a dyn Clock,
    /// What the plan was made from.
    pub survey: &'a Survey,
    /// What should be.
    pub desired: &'a Desired,
    /// What is ours.
    pub ownership: &'a Ownership,
    /// Where secrets go.
    pub delivery: &'a Delivery,
    /// How long a configuration may take to be loaded everywhere; zero: nobody waits for that.
    pub converge: Duration,
    /// What is recorded.
    pub ledger: &'a Ledger<'a>,
    /// Whether the run is to end early.
    pub stop: &'a Stop,
    /// Told of everything that happens.
    pub on: &'a dyn Fn(&Event<'_>),
}

/// What a finished change has taught.
#[derive(Debug)]
struct Done {
    verdict: Verdict,
    id: Option<RemoteId>,
    /// What Cloudflare counts for the object since.
    version: Option<u64>,
    concern: Option<String>,
    /// What the answer showed for the only time.
    credential: Option<Credential>,
}

impl Done {
    fn well(id: Option<RemoteId>, concern: Option<String>) -> Self {
        Self {
            verdict: Verdict::Done,
            id,
            version: None,
            concern,
            credential: None,
        }
    }

    fn bad(verdict: Verdict) -> Self {
        Self {
            verdict,
            id: None,
            version: None,
            concern: None,
            credential: None,
        }
    }
}

/// A change, ready to be sent.
struct Ready<'a> {
    change: &'a Change,
    kind: &'static dyn AnyKind,
    steps: Vec<Step>,
    rotation: Option<Rotation>,
}

impl<W: Wire> Executor<'_, W> {
    /// Carries out the whole plan.
    pub async fn apply(&self, plan: &Plan) -> Outcome {
        let mut outcome = Outcome::default();
        let mut ids = self.survey.observed.ids.clone();
        let mut stopped = BTreeSet::new();
        let kept = self.kept(plan).await;
        self.ledger.begin(plan).await;
        for stage in &plan.stages {
            let ended = self.stage(stage, &ids, (&stopped, &kept)).await;
            let mut ended = unique(ended, &ids);
            outcome.unlocked |= self.unlocked(&mut ended);
            self.record(&ended).await;
            for (change, done) in ended {
                (self.on)(&Event::Finished(change, &done.verdict));
                if done.verdict == Verdict::Done {
                    learn(&mut ids, change, done.id);
                } else {
                    stopped.insert(change.address.clone());
                }
                let concern = done.concern.map(|it| (change.address.clone(), it));
                outcome.concerns.extend(concern);
                outcome.verdicts.push((change.clone(), done.verdict));
            }
        }
        outcome.broken = self.ledger.fault();
        outcome
    }

    /// Puts the ends of a stage on record.
    async fn record(&self, ended: &[(&Change, Done)]) {
        for (change, done) in ended {
            self.ledger.tried(change, &done.verdict).await;
        }
        let ends = ended.iter().map(|(change, done)| End {
            change,
            verdict: &done.verdict,
            id: done.id.as_ref(),
        });
        let ends: Vec<End<'_>> = ends.collect();
        self.ledger.conclude(&ends).await;
    }

    /// Whether the lock was lost. Then what was not sent for that reason was never begun, and
    /// nothing else begins.
    fn unlocked(&self, ended: &mut [(&Change, Done)]) -> bool {
        let is_fenced = |done: &&mut Done| matches!(&done.verdict, Verdict::Failed(failure) if failure.code == advice::FENCED);
        let fenced = ended.iter_mut().map(|(_, done)| done).filter(is_fenced);
        let fenced = fenced.map(|done| done.verdict = Verdict::Stopped).count();
        if fenced > 0 {
            self.stop.set();
        }
        fenced > 0
    }

    /// Carries out one stage.
    async fn stage<'p>(
        &self,
        stage: &'p [Change],
        ids: &Ids,
        (stopped, kept): (&BTreeSet<Address>, &BTreeMap<Address, String>),
    ) -> Vec<(&'p Change, Done)> {
        let mut ended = Vec::new();
        let mut open = Vec::new();
        for change in stage {
            let waits = change.waits_for.iter();
            let blocked: Vec<_> = waits.filter(|it| stopped.contains(*it)).cloned().collect();
            if self.stop.is_set() || self.ledger.fault().is_some() {
                ended.push((change, Done::bad(Verdict::Stopped)));
            } else if let Some(why) = kept.get(&change.address) {
                ended.push((change, Done::bad(Verdict::Kept(why.clone()))));
            } else if blocked.is_empty() {
                (self.on)(&Event::Started(change));
                open.push(change);
            } else {
                ended.push((change, Done::bad(Verdict::Skipped(blocked))));
            }
        }
        let mut moved = self.moved(&open).await;
        let unmoved = open.iter().filter(|it| !moved.contains_key(&it.address));
        let unmoved: Vec<&Change> = unmoved.copied().collect();
        self.ledger.intend(&unmoved).await;
        let mut ready = Vec::new();
        for change in open {
            if let Some(verdict) = moved.remove(&change.address) {
                ended.push((change, Done::bad(verdict)));
                continue;
            }
            if self.ledger.fault().is_some() {
                ended.push((change, Done::bad(Verdict::Stopped)));
                continue;
            }
            match self.prepare(change, ids) {
                Ok(prepared) => ready.push(prepared),
                Err(error) => ended.push((change, Done::bad(unresolved(&error)))),
            }
        }
        ended.extend(self.carry_out(ready, ids).await);
        ended
    }

    /// Sends what is ready: batches and single requests side by side.
    async fn carry_out<'p>(&self, ready: Vec<Ready<'p>>, ids: &Ids) -> Vec<(&'p Change, Done)> {
        let is_batch = |it: &Ready<'_>| matches!(it.steps.first(), Some(Step::Batch { .. }));
        let (batched, single): (Vec<_>, Vec<_>) = ready.into_iter().partition(is_batch);
        let batches = batch::group(batched);
        let batches = batches.into_values().map(|group| self.batch(group, ids));
        let singles = stream::iter(single.iter().map(|it| self.single(it, ids)));
        // Not more than the client sends at a time: what waits for its turn can still be left.
        let singles = singles.buffered(self.client.parallelism());
        let (batches, singles) = futures::join!(join_all(batches), singles.collect::<Vec<_>>());
        let singles = single.iter().map(|it| it.change).zip(singles);
        batches.into_iter().flatten().chain(singles).collect()
    }

    /// The requests of a change.
    fn prepare<'p>(&self, change: &'p Change, ids: &Ids) -> Result<Ready<'p>, Unresolved> {
        let unknown = || Unresolved(change.address.clone());
        let kind = kind::find(&change.address.kind).ok_or_else(unknown)?;
        let write = Write {
            scope: &self.survey.scope,
            ids,
            name: &change.address.name,
        };
        let mut rotation = None;
        let steps = match &change.action {
            Action::Create { after } => vec![kind.create(&write, after)?],
            Action::Rotate { object, after, .. } => {
                rotation = Some(kind.rotate(&write, after, object, &self.terms(change))?);
                Vec::new()
            }
            // Only its secret is missing somewhere.
            Action::Update { fields, .. } if fields.is_empty() && change.keeps.is_some() => {
                Vec::new()
            }
            Action::Update { object, after, .. } => vec![kind.update(&write, after, object)?],
            Action::Adopt { objects, after, .. } => vec![kind.adopt(&write, after, objects)?],
            Action::Rename { object, after, .. } => vec![kind.rename(&write, after, object)?],
            Action::Replace { object, after, .. } => {
                vec![kind.delete(&write, object)?, kind.create(&write, after)?]
            }
            Action::Delete { object, .. } => {
                let older = object.older.iter();
                let older = older.filter_map(|id| kind.delete_older(&self.survey.scope, id));
                older.chain([kind.delete(&write, object)?]).collect()
            }
        };
        Ok(Ready {
            change,
            kind,
            steps,
            rotation,
        })
    }

    fn view<'v>(&'v self, ids: &'v Ids) -> View<'v> {
        View {
            scope: &self.survey.scope,
            ids,
            desired: self.desired,
            ownership: self.ownership,
            reach: Reach::Needed,
        }
    }
}

fn learn(ids: &mut Ids, change: &Change, id: Option<RemoteId>) {
    match (&change.action, id) {
        (Action::Delete { .. }, _) => ids.forget(&change.address),
        (_, Some(id)) => ids.learn(&change.address, &id),
        (_, None) => {}
    }
}

/// Objects with one id are none of them the right one: whatever was written next would reach
/// the wrong one.
fn unique<'p>(ended: Vec<(&'p Change, Done)>, ids: &Ids) -> Vec<(&'p Change, Done)> {
    let mut named: BTreeMap<(String, RemoteId), usize> = BTreeMap::new();
    for (change, done) in &ended {
        if let Some(id) = &done.id {
            *named
                .entry((change.address.kind.clone(), id.clone()))
                .or_default() += 1;
        }
    }
    let is_shared = |change: &Change, id: &RemoteId| {
        let Address { kind, name } = &change.address;
        let known = ids.name(kind, id.as_str());
        let elsewhere = !Ids::is_unknown(&known) && known != *name;
        elsewhere || named[&(kind.clone(), id.clone())] > 1
    };
    let judge = |(change, done): (&'p Change, Done)| match &done.id {
        Some(id) if is_shared(change, id) => {
            (change, Done::bad(Verdict::Failed(diagnosed(&send::Doubt))))
        }
        Some(_) | None => (change, done),
    };
    ended.into_iter().map(judge).collect()
}

fn unresolved(error: &Unresolved) -> Verdict {
    Verdict::Failed(Failure {
        code: "tunctl::unresolved_reference".to_owned(),
        message: error.to_string(),
        help: Some("run again; if it stays, the manifest refers to something ignored".to_owned()),
        answer: Answered::default(),
    })
}

/// A failure as the outcome has it.
#[must_use]
pub fn diagnosed(error: &dyn miette::Diagnostic) -> Failure {
    Failure {
        code: error
            .code()
            .map_or_else(String::new, |code| code.to_string()),
        message: error.to_string(),
        help: error.help().map(|help| help.to_string()),
        answer: Answered::default(),
    }
}

/// The same, with what Cloudflare said.
fn refused(error: &ApiError) -> Failure {
    let code = error.faults().iter().find_map(|fault| fault.code);
    Failure {
        answer: Answered {
            status: error.status(),
            code,
            ray: error.ray().map(str::to_owned),
        },
        ..diagnosed(error)
    }
}
