//! Changes that are requests of their own.

use serde_json::Value;

use super::{Done, Executor, Ready, Verdict, created, diagnosed};
use crate::address::Ids;
use crate::api::wire::Wire;
use crate::api::{ApiError, Meaning};
use crate::kind::Step;
use crate::plan::{Action, Change};

impl<W: Wire> Executor<'_, W> {
    /// Carries out one change by its own requests, one after the other.
    pub(super) async fn single(&self, ready: &Ready<'_>, ids: &Ids) -> Done {
        let mut done = Done::well(None, None);
        for step in &ready.steps {
            let Step::Send(request) = step else {
                continue;
            };
            done = match self.client.send(request).await {
                Ok(answer) => finished(ready, &answer),
                Err(error) => self.failed(ready, ids, error).await,
            };
            if done.verdict != Verdict::Done {
                break;
            }
        }
        done
    }

    async fn failed(&self, ready: &Ready<'_>, ids: &Ids, error: ApiError) -> Done {
        let change = ready.change;
        if is_gone(change, &error) {
            return Done::well(None, None);
        }
        if let Action::Delete { object, .. } = &change.action
            && let Some(draining) = ready.kind.drain(&self.survey.scope, &object.id)
            && error.has_code(draining.refused)
        {
            return self.teardown(ready, &draining, ids).await;
        }
        if error.is_ambiguous() {
            let settled = self.settle(&[change], ids, &error).await.pop();
            return settled.unwrap_or_else(|| Done::bad(Verdict::Failed(diagnosed(&error))));
        }
        Done::bad(Verdict::Failed(diagnosed(&error)))
    }
}

fn finished(ready: &Ready<'_>, answer: &Value) -> Done {
    let before = ready.change.action.objects().first();
    Done::well(
        created(ready.kind, ready.change, answer),
        ready.kind.concern(before, answer),
    )
}

/// Whether a deletion failed because there is nothing left to delete.
pub(super) fn is_gone(change: &Change, error: &ApiError) -> bool {
    matches!(change.action, Action::Delete { .. }) && error.meaning() == Meaning::NotFound
}
