//! Reading again: before a write, whether the object is as the plan saw it; after a write whose
//! fate is unknown, whether the object is as it should be.

use std::collections::BTreeMap;

use super::{Done, Executor, Ready, Verdict, diagnosed};
use serde_json::Value;

use crate::address::{Address, Ids};
use crate::api::wire::Wire;
use crate::diff::diff;
use crate::kind::{self, AnyKind, Listing};
use crate::observe::{self, ObserveError};
use crate::observed::Object;
use crate::ownership::Cause;
use crate::plan::fingerprint::digest;
use crate::plan::{Action, Change, Plan};

/// What one read showed.
type Seen = Result<Vec<(Address, Object)>, ObserveError>;

/// The reads that some changes need, each one once.
struct Looks<'p> {
    seen: Vec<Seen>,
    of: Vec<(&'p Change, Option<usize>)>,
}

impl<W: Wire> Executor<'_, W> {
    /// The changes whose objects are not as they were when the plan was made.
    pub(super) async fn moved(&self, open: &[&Change]) -> BTreeMap<Address, Verdict> {
        let rechecked: Vec<&Change> = open.iter().copied().filter(|it| it.recheck).collect();
        let ids = &self.survey.observed.ids;
        let looks = self.look(&rechecked, before, ids).await;
        let verdicts = looks.of.iter().filter_map(|(change, index)| {
            let verdict = match &looks.seen[(*index)?] {
                Ok(seen) => Verdict::Moved(difference(change, seen)?.to_owned()),
                Err(error) => Verdict::Failed(diagnosed(error)),
            };
            Some((change.address.clone(), verdict))
        });
        verdicts.collect()
    }

    /// What was to end because nothing was connected to it, and is in use again: with everything
    /// that would have gone with it, and why it stays.
    pub(super) async fn kept(&self, plan: &Plan) -> BTreeMap<Address, String> {
        let can_come_back = |change: &&Change| {
            let ending = self.ownership.endings.get(&change.address);
            ending.is_some_and(|it| it.cause == Cause::Idle && it.since.is_none())
        };
        let idle: Vec<&Change> = plan.changes().filter(can_come_back).collect();
        let looks = self.look(&idle, before, &self.survey.observed.ids).await;
        let back = looks.of.iter().filter_map(|(change, index)| {
            let then = change.action.objects().first()?;
            let why = match &looks.seen[(*index)?] {
                Ok(seen) => {
                    let mut now = seen.iter().filter(|(_, object)| object.id == then.id);
                    let (_, now) = now.next()?;
                    let used = now.live || now.vitals.idle != then.vitals.idle;
                    used.then(|| "a connector has come back".to_owned())?
                }
                Err(error) => format!("whether it is in use cannot be read: {error}"),
            };
            Some((&change.address, why))
        });
        let back: BTreeMap<&Address, String> = back.collect();
        let of = |change: &Change| {
            let mut objects = change.action.objects().iter();
            let ending = objects.find_map(|it| self.ownership.ending(&change.address, it));
            let why = back.get(ending?.0)?;
            Some((change.address.clone(), why.clone()))
        };
        plan.changes().filter_map(of).collect()
    }

    /// How changes ended that were sent together and never answered.
    pub(super) async fn settle(
        &self,
        changes: &[&Change],
        ids: &Ids,
        error: &dyn miette::Diagnostic,
    ) -> Vec<Done> {
        let looks = self.look(changes, after, ids).await;
        let ends = looks.of.iter().map(|(change, index)| {
            let seen = index.and_then(|index| looks.seen[index].as_ref().ok());
            seen.and_then(|seen| settled(change, seen))
                .unwrap_or_else(|| Done::bad(Verdict::Failed(diagnosed(error))))
        });
        ends.collect()
    }

    /// The end of a write whose answer shows the object. `None` if it does not show
    /// it as it should be: an answer is projected and compared like anything that is read.
    pub(super) fn shown(&self, ready: &Ready<'_>, answer: &Value, ids: &Ids) -> Option<Done> {
        let Ready { change, kind, .. } = ready;
        let listing = kind.look(&self.survey.scope, ids, &change.address.name)?;
        let seen = kind.sight(answer, &listing, &self.view(ids)).ok()??;
        let named = kind.created(answer)?;
        let done = settled(change, &[seen])?;
        let id = done.id.as_ref().filter(|id| **id == named)?;
        let stays = match &change.action {
            Action::Update { object, .. } | Action::Rename { object, .. } => object.id == *id,
            // A generation of its own is another object.
            Action::Rotate { .. }
            | Action::Create { .. }
            | Action::Adopt { .. }
            | Action::Replace { .. }
            | Action::Delete { .. } => true,
        };
        stays.then_some(done)
    }

    async fn look<'p>(
        &self,
        changes: &[&'p Change],
        at: fn(&Change) -> Address,
        ids: &Ids,
    ) -> Looks<'p> {
        let mut listings: Vec<(&dyn AnyKind, Listing)> = Vec::new();
        let mut of = Vec::new();
        for change in changes {
            let listing = kind::find(&change.address.kind).and_then(|kind| {
                let name = at(change).name;
                Some((kind, kind.look(&self.survey.scope, ids, &name)?))
            });
            let index = listing.map(|(kind, listing)| {
                let known = listings.iter().position(|(_, it)| *it == listing);
                known.unwrap_or_else(|| {
                    listings.push((kind, listing));
                    listings.len() - 1
                })
            });
            of.push((*change, index));
        }
        let seen = observe::look_all(self.client, &listings, &self.view(ids)).await;
        Looks { seen, of }
    }
}

/// Where the object of a change is now: what is to be renamed has its former name.
fn before(change: &Change) -> Address {
    let mut objects = change.action.objects().iter();
    let former = objects.find_map(|object| object.former.as_ref());
    former.map_or_else(
        || change.address.clone(),
        |name| Address::new(change.address.kind.clone(), name),
    )
}

/// Where the object of a change is to be looked for once the change has been sent.
fn after(change: &Change) -> Address {
    match change.action.after() {
        Some(_) => change.address.clone(),
        None => before(change),
    }
}

/// What is different now from what the plan saw, in words; `None` if nothing is.
fn difference(change: &Change, seen: &[(Address, Object)]) -> Option<&'static str> {
    let at = before(change);
    let now = seen.iter().filter(|(address, _)| *address == at);
    let mut now: Vec<String> = now.map(|(_, object)| digest(object)).collect();
    let then = change.action.objects().iter().cloned();
    let unnamed = then.map(|object| Object {
        former: None,
        ..object
    });
    let mut then: Vec<String> = unnamed.map(|object| digest(&object)).collect();
    now.sort_unstable();
    then.sort_unstable();
    match (then.len(), now.len()) {
        _ if now == then => None,
        (0, _) => Some("it was made meanwhile"),
        (_, 0) => Some("it is gone"),
        _ => Some("it was changed meanwhile"),
    }
}

/// Whether a write did arrive; `None` if not.
fn settled(change: &Change, seen: &[(Address, Object)]) -> Option<Done> {
    let kind = kind::find(&change.address.kind)?;
    let at = after(change);
    let mut objects = seen.iter().filter(|(address, _)| *address == at);
    let object = objects.next().map(|(_, object)| object);
    match (change.action.after(), object) {
        (None, None) => Some(Done::well(None, None)),
        (Some(after), Some(object)) if diff(&object.spec, after, kind.extent()).is_empty() => {
            Some(Done {
                version: object.version,
                ..Done::well(Some(object.id.clone()), None)
            })
        }
        (None, Some(_)) | (Some(_), None | Some(_)) => None,
    }
}
