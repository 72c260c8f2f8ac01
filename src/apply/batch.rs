//! Changes that travel together in one transaction. A refused batch is cut in two until the
//! culprit is alone, so that one bad record does not hold up the others.

use std::collections::BTreeMap;

use futures::future::LocalBoxFuture;
use serde_json::{Map, Value, json};

use super::{Done, Executor, Ready, Verdict, refused};
use crate::address::{Ids, RemoteId};
use crate::api::wire::Wire;
use crate::api::{ApiError, Meaning};
use crate::kind::{Part, Step};
use crate::plan::Change;
use crate::request::Request;

/// Operations in one batch: what every plan of Cloudflare takes (cloudflare-api.md 5.4).
const MOST: usize = 200;

/// Changes whose parts go to the same place.
pub(super) struct Group<'p> {
    endpoint: Request,
    changes: Vec<Ready<'p>>,
}

/// Sorts changes by where they go.
pub(super) fn group(changes: Vec<Ready<'_>>) -> BTreeMap<String, Group<'_>> {
    let mut groups = BTreeMap::new();
    for ready in changes {
        if let Some(Step::Batch { endpoint, .. }) = ready.steps.first() {
            let endpoint = endpoint.clone();
            let empty = || Group {
                endpoint: endpoint.clone(),
                changes: Vec::new(),
            };
            let group: &mut Group<'_> = groups.entry(endpoint.path.clone()).or_insert_with(empty);
            group.changes.push(ready);
        }
    }
    groups
}

fn parts<'r>(ready: &'r Ready<'_>) -> impl Iterator<Item = &'r Part> {
    ready.steps.iter().flat_map(|step| match step {
        Step::Batch { parts, .. } => parts.as_slice(),
        Step::Send(_) => &[],
    })
}

impl<W: Wire> Executor<'_, W> {
    /// Sends a group in chunks. The parts of one change are never separated.
    pub(super) async fn batch<'p>(&self, group: Group<'p>, ids: &Ids) -> Vec<(&'p Change, Done)> {
        let mut ended = Vec::new();
        let mut rest = group.changes.as_slice();
        while !rest.is_empty() {
            let mut size = 0;
            let fits = |ready: &&Ready<'_>| {
                size += parts(ready).count();
                size <= MOST
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let (chunk, others) = rest.split_at(count);
            ended.extend(self.chunk(&group.endpoint, chunk, ids).await);
            rest = others;
        }
        ended
    }

    /// Sends one chunk, and halves of it if it is refused.
    fn chunk<'c, 'p: 'c>(
        &'c self,
        endpoint: &'c Request,
        chunk: &'c [Ready<'p>],
        ids: &'c Ids,
    ) -> LocalBoxFuture<'c, Vec<(&'p Change, Done)>>
    where
        W: 'c,
    {
        Box::pin(async move {
            if self.stop.is_set() {
                let left = chunk.iter();
                return left
                    .map(|it| (it.change, Done::bad(Verdict::Stopped)))
                    .collect();
            }
            match self.client.send(&endpoint.clone().body(body(chunk))).await {
                Ok(answer) => self.answered(chunk, &answer, ids).await,
                Err(error) if is_about_content(&error) && chunk.len() > 1 => {
                    let (left, right) = chunk.split_at(chunk.len() / 2);
                    let mut ended = self.chunk(endpoint, left, ids).await;
                    ended.extend(self.chunk(endpoint, right, ids).await);
                    ended
                }
                Err(error) => self.unanswered(chunk, ids, &error).await,
            }
        })
    }

    /// Hands the answer's objects to the changes that asked for them. What the answer does not
    /// show is looked up.
    async fn answered<'p>(
        &self,
        chunk: &[Ready<'p>],
        answer: &Value,
        ids: &Ids,
    ) -> Vec<(&'p Change, Done)> {
        let mut ended = Vec::new();
        let mut doubtful = Vec::new();
        for (ready, said) in chunk.iter().zip(said(chunk, answer)) {
            let done = match said {
                Said::Gone => Some(Done::well(None, None)),
                Said::Object(object) => self.shown(ready, object, ids),
                Said::Nothing => None,
            };
            match done {
                Some(done) => ended.push((ready.change, done)),
                None => doubtful.push(ready.change),
            }
        }
        if !doubtful.is_empty() {
            let settled = self.doubted(&doubtful, ids).await;
            ended.extend(doubtful.into_iter().zip(settled));
        }
        ended
    }

    async fn unanswered<'p>(
        &self,
        chunk: &[Ready<'p>],
        ids: &Ids,
        error: &ApiError,
    ) -> Vec<(&'p Change, Done)> {
        let changes: Vec<&'p Change> = chunk.iter().map(|ready| ready.change).collect();
        let ends = if error.is_ambiguous() {
            self.settle(&changes, ids, error).await
        } else {
            let end = |change: &&Change| {
                if super::send::is_gone(change, error) {
                    Done::well(None, None)
                } else {
                    Done::bad(Verdict::Failed(refused(error)))
                }
            };
            changes.iter().map(end).collect()
        };
        changes.into_iter().zip(ends).collect()
    }
}

/// Whether a refusal is about what was sent, and not about who sent it or when.
fn is_about_content(error: &ApiError) -> bool {
    let meaning = error.meaning();
    matches!(
        meaning,
        Meaning::Rejected | Meaning::NotFound | Meaning::Conflict
    )
}

fn body(chunk: &[Ready<'_>]) -> Value {
    let mut body = Map::new();
    for part in chunk.iter().flat_map(parts) {
        let (list, item) = match part {
            Part::Delete(id) => ("deletes", json!({ "id": id })),
            Part::Patch(item) => ("patches", item.clone()),
            Part::Post(item) => ("posts", item.clone()),
        };
        let list = body.entry(list).or_insert_with(|| json!([]));
        if let Value::Array(items) = list {
            items.push(item);
        }
    }
    Value::Object(body)
}

/// What an answer says about one change.
enum Said<'a> {
    /// All its parts are there, and this object is the last.
    Object(&'a Value),
    /// All its parts are there, and it leaves no object.
    Gone,
    /// Something is missing.
    Nothing,
}

/// What an answer says about each change: its lists are in the order of the request, and as long.
fn said<'a>(chunk: &[Ready<'_>], answer: &'a Value) -> Vec<Said<'a>> {
    let list = |name: &str| answer.get(name).and_then(Value::as_array);
    let [mut deletes, mut patches, mut posts] =
        ["deletes", "patches", "posts"].map(|name| list(name).into_iter().flatten());
    let each = chunk.iter().map(|ready| {
        let mut said = Said::Nothing;
        for part in parts(ready) {
            let object = match part {
                Part::Delete(_) => deletes.next(),
                Part::Patch(_) => patches.next(),
                Part::Post(_) => posts.next(),
            };
            said = match (part, object) {
                (_, None) => return Said::Nothing,
                (Part::Delete(id), Some(gone)) => {
                    if RemoteId::in_field(gone, "id").as_ref() != Some(id) {
                        return Said::Nothing;
                    }
                    Said::Gone
                }
                (Part::Patch(_) | Part::Post(_), Some(object)) => Said::Object(object),
            };
        }
        said
    });
    each.collect()
}
