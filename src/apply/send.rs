//! Changes that are requests of their own.

use serde_json::Value;

use super::{Done, Executor, Ready, Verdict, refused};
use crate::address::Ids;
use crate::api::wire::Wire;
use crate::api::{ApiError, Meaning};
use crate::kind::Step;
use crate::plan::{Action, Change};

/// An answer that says "success" and shows something else, and reading again shows it too.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("Cloudflare answered with success, but does not show what was written")]
#[diagnostic(
    code(tunctl::unexpected_answer),
    help("run `tunctl plan` to see what is there; what depends on it was not written")
)]
pub(super) struct Doubt;

impl<W: Wire> Executor<'_, W> {
    /// Carries out one change, its secret included.
    pub(super) async fn single(&self, ready: &Ready<'_>, ids: &Ids) -> Done {
        if self.stop.is_set() {
            return Done::bad(Verdict::Stopped);
        }
        if ready.change.keeps.is_some() || ready.rotation.is_some() {
            return self.keep(ready, ids).await;
        }
        let done = self.written(ready, ids).await;
        let mut done = self.converged(ready, done, ids).await;
        if done.verdict == Verdict::Done
            && let Action::Delete { object, .. } = &ready.change.action
        {
            done.concern = self.forgotten(ready.change, object).or(done.concern);
        }
        done
    }

    /// Carries out one change by its own requests, one after the other.
    pub(super) async fn written(&self, ready: &Ready<'_>, ids: &Ids) -> Done {
        let mut done = Done::well(None, None);
        for step in &ready.steps {
            let Step::Send(request) = step else {
                continue;
            };
            done = match self.client.send(request).await {
                Ok(answer) => self.finished(ready, &answer, ids).await,
                Err(error) => self.failed(ready, ids, error).await,
            };
            if done.verdict != Verdict::Done {
                break;
            }
        }
        done
    }

    /// The end of a request that was not refused.
    pub(super) async fn finished(&self, ready: &Ready<'_>, answer: &Value, ids: &Ids) -> Done {
        let change = ready.change;
        if matches!(change.action, Action::Delete { .. }) {
            return Done::well(None, None);
        }
        let before = change.action.objects().first();
        let mut done = match self.shown(ready, answer, ids) {
            Some(done) => done,
            None => self.doubted(&[change], ids).await.remove(0),
        };
        if done.verdict == Verdict::Done {
            done.concern = ready.kind.concern(before, answer);
        }
        if let Some(id) = &done.id {
            done.credential = ready.kind.credential(&change.address, id, answer);
        }
        done
    }

    /// How changes ended whose answers do not show what was written.
    pub(super) async fn doubted(&self, changes: &[&Change], ids: &Ids) -> Vec<Done> {
        self.settle(changes, ids, &Doubt).await
    }

    pub(super) async fn failed(&self, ready: &Ready<'_>, ids: &Ids, error: ApiError) -> Done {
        let change = ready.change;
        if is_gone(change, &error) {
            return Done::well(None, None);
        }
        if let Action::Delete { object, .. } = &change.action
            && let Some(draining) = ready.kind.drain(&self.survey.scope, &object.id)
        {
            return if error.has_code(draining.refused) {
                self.teardown(ready, &draining, ids).await
            } else {
                self.refused(ready, ids, &error).await
            };
        }
        if error.is_ambiguous() {
            let settled = self.settle(&[change], ids, &error).await.pop();
            return settled.unwrap_or_else(|| Done::bad(Verdict::Failed(refused(&error))));
        }
        Done::bad(Verdict::Failed(refused(&error)))
    }
}

/// Whether a deletion failed because there is nothing left to delete.
pub(super) fn is_gone(change: &Change, error: &ApiError) -> bool {
    matches!(change.action, Action::Delete { .. }) && error.meaning() == Meaning::NotFound
}
