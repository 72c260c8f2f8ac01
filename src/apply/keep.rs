//! Secrets: made, put away, confirmed, and only then the old one ended.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Answered, Done, Executor, Failure, Ready, Verdict, diagnosed};
use crate::address::{Ids, RemoteId};
use crate::api::Meaning;
use crate::api::wire::Wire;
use crate::cloudflare::Secret;
use crate::credential::Credential;
use crate::kind::{Makes, Rotation, Step, Terms, Write};
use crate::observed::Object;
use crate::plan::{Action, Change};
use crate::request::Method;
use crate::secret::SinkError;

/// The bytes of a tunnel's secret (cloudflare-api.md 2.2).
const FRESH: usize = 32;

impl<W: Wire> Executor<'_, W> {
    /// The terms of a rotation: when the old secret ends, and bytes for a new one.
    pub(super) fn terms(&self, change: &Change) -> Terms {
        let declared = self.desired.get(&change.address);
        let keeping = declared.and_then(|declared| declared.lifecycle.keeping.as_ref());
        let grace = keeping.map_or(0, |keeping| keeping.grace);
        let grace = SignedDuration::from_secs(i64::try_from(grace).unwrap_or(i64::MAX));
        let now = self.survey.observed.at;
        let mut fresh = [0; FRESH];
        getrandom::fill(&mut fresh).expect("the system has random bytes");
        Terms {
            now,
            grace_until: now.checked_add(grace).unwrap_or(Timestamp::MAX),
            spare: change.keeps.is_none(),
            fresh: Secret::from(STANDARD.encode(fresh)),
        }
    }

    /// Carries out a change whose secret has to be put away.
    pub(super) async fn keep(&self, ready: &Ready<'_>, ids: &Ids) -> Done {
        if let Err(error) = self.sound(ready.change).await {
            return failed(&error);
        }
        let old = match self.old(ready).await {
            Ok(old) => old,
            Err(failure) => return Done::bad(Verdict::Failed(failure)),
        };
        let mut done = self.written(ready, ids).await;
        if let Some(rotation) = &ready.rotation {
            done = self.made(ready, rotation, ids).await;
        }
        let known = ready.change.action.objects().first();
        if done.verdict != Verdict::Done {
            if let (Some(_), Some(object)) = (old, known) {
                // Whatever works now goes back to where it was taken from.
                let _ = self.put_away(ready, &object.id, None).await;
            }
            return done;
        }
        let Some(id) = done.id.clone().or_else(|| known.map(|it| it.id.clone())) else {
            return Done::bad(Verdict::Failed(lost()));
        };
        match self.put_away(ready, &id, done.credential.take()).await {
            Ok(()) => self.retire(ready, done).await,
            Err(failure) => {
                let after = self.take_back(ready, &id, old.as_ref()).await;
                let message = format!("{}; {after}", failure.message);
                Done {
                    id: Some(id),
                    ..Done::bad(Verdict::Failed(Failure { message, ..failure }))
                }
            }
        }
    }

    /// Takes the secret of what is deleted out of its sink, where that can be done: it opens nothing
    /// any more. Says so if it cannot.
    pub(super) fn forgotten(&self, change: &Change, object: &Object) -> Option<String> {
        let declared = self.desired.get(&change.address)?;
        let sink = &declared.lifecycle.keeping.as_ref()?.sink;
        let discarded = self.delivery.discard(sink, &change.address, &object.id);
        let error = discarded.err()?;
        Some(format!("its secret stays in its sink: {error}"))
    }

    /// Whether the sink does its work: one that is broken is found before anything is made.
    async fn sound(&self, change: &Change) -> Result<(), SinkError> {
        let Some(sink) = &change.keeps else {
            return Ok(());
        };
        self.delivery.is_fit(sink, &change.address)?;
        let looked = self.delivery.look(sink, &change.address, None).await;
        looked.map(|_| ())
    }

    /// The secret that is about to be ended by a new one, where it can be read; it is taken out of
    /// its sink, so that a crash leaves nothing there that does not work.
    async fn old(&self, ready: &Ready<'_>) -> Result<Option<Value>, Failure> {
        let change = ready.change;
        let (Some(_), Some(object), Some(sink)) = (
            &ready.rotation,
            change.action.objects().first(),
            &change.keeps,
        ) else {
            return Ok(None);
        };
        let Some(reading) = ready.kind.reading(&self.survey.scope, &object.id) else {
            return Ok(None);
        };
        let answer = self.client.send(&reading).await;
        let answer = answer.map_err(|error| diagnosed(&error))?;
        let discarded = self.delivery.discard(sink, &change.address, &object.id);
        discarded.map_err(|error| diagnosed(&error))?;
        Ok(Some(answer))
    }

    /// Makes the new secret of a rotation. Only what the answer shows counts: that it is another
    /// secret, of the right object.
    async fn made(&self, ready: &Ready<'_>, rotation: &Rotation, ids: &Ids) -> Done {
        let Some(make) = &rotation.make else {
            return Done::well(None, None);
        };
        let done = match self.client.send(make).await {
            Ok(mut answer) => {
                let id = ready.kind.created(&answer);
                if let Some(ends) = rotation.ends {
                    answer["expires_at"] = json!(ends);
                }
                let of = |id| ready.kind.credential(&ready.change.address, id, &answer);
                Done {
                    credential: id.as_ref().and_then(of),
                    ..Done::well(id, None)
                }
            }
            Err(error) => self.failed(ready, ids, error).await,
        };
        let old = ready.change.action.objects().first();
        let is_old = |id: &RemoteId| old.is_some_and(|it: &Object| it.id == *id);
        let fits = match rotation.makes {
            Makes::Secret => done.id.as_ref().is_some_and(is_old),
            Makes::Object => done.id.as_ref().is_some_and(|id| !is_old(id)),
        };
        if done.verdict == Verdict::Done && !fits {
            return Done::bad(Verdict::Failed(lost()));
        }
        done
    }

    /// Puts the secret of an object into its sink.
    async fn put_away(
        &self,
        ready: &Ready<'_>,
        id: &RemoteId,
        credential: Option<Credential>,
    ) -> Result<(), Failure> {
        let change = ready.change;
        let Some(sink) = &change.keeps else {
            return Ok(());
        };
        let credential = match credential {
            Some(credential) => credential,
            None => self.read(ready, id).await?,
        };
        let written = self.delivery.write(sink, &change.address, id, &credential);
        written.await.map_err(|error| diagnosed(&error))
    }

    /// Reads a secret that can be read.
    async fn read(&self, ready: &Ready<'_>, id: &RemoteId) -> Result<Credential, Failure> {
        let reading = ready
            .kind
            .reading(&self.survey.scope, id)
            .ok_or_else(lost)?;
        let answer = self.client.send(&reading).await;
        let answer = answer.map_err(|error| diagnosed(&error))?;
        let credential = ready.kind.credential(&ready.change.address, id, &answer);
        credential.ok_or_else(lost)
    }

    /// Undoes what was made and could not be put away. Says what has become of it.
    async fn take_back(&self, ready: &Ready<'_>, id: &RemoteId, old: Option<&Value>) -> String {
        let Ready { change, kind, .. } = ready;
        let write = Write {
            scope: &self.survey.scope,
            ids: &self.survey.observed.ids,
            name: &change.address.name,
        };
        if let (Some(answer), Some(object)) = (old, change.action.objects().first()) {
            let undo = kind.restore(&write, object, answer);
            if let Some(undo) = &undo
                && self.client.send(undo).await.is_ok()
            {
                return "the old secret is in force again".to_owned();
            }
            return "the new secret is in force and in no sink: rotate it again".to_owned();
        }
        if kind.reading(&self.survey.scope, id).is_some() {
            return "the next run tries again".to_owned();
        }
        let made = match &ready.rotation {
            Some(rotation) => rotation.makes == Makes::Object,
            None => matches!(change.action, Action::Create { .. }),
        };
        if !made {
            return "the old secret goes on working".to_owned();
        }
        let taken = match kind.retract(&write, id) {
            Some(Step::Send(request)) => self.client.send(&request).await.is_ok(),
            Some(Step::Batch { .. }) | None => false,
        };
        if taken {
            "what was made is deleted again".to_owned()
        } else {
            format!("what was made (id {id}) could not be deleted; the next run makes it anew")
        }
    }

    /// Ends the old secret, now that the new one is put away.
    async fn retire(&self, ready: &Ready<'_>, done: Done) -> Done {
        let retire = ready
            .rotation
            .as_ref()
            .map(|Rotation { retire, .. }| retire);
        for request in retire.into_iter().flatten() {
            let Err(error) = self.client.send(request).await else {
                continue;
            };
            if request.method == Method::Delete && error.meaning() == Meaning::NotFound {
                continue;
            }
            let failure = diagnosed(&error);
            let message = format!(
                "its new secret is put away, but the old one could not be ended: {}",
                failure.message
            );
            return Done {
                verdict: Verdict::Failed(Failure { message, ..failure }),
                ..done
            };
        }
        done
    }
}

fn failed(error: &SinkError) -> Done {
    Done::bad(Verdict::Failed(diagnosed(error)))
}

/// Cloudflare made a secret, and its answer was lost.
fn lost() -> Failure {
    Failure {
        code: "tunctl::secret_lost".to_owned(),
        message: "Cloudflare made a secret, and the answer that shows it was lost".to_owned(),
        help: Some("`tunctl plan` shows what the next run does about it".to_owned()),
        answer: Answered::default(),
    }
}
