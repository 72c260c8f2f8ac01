//! Secrets: made, put away, confirmed, and only then the old one ended.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::{Done, Executor, Failure, Ready, Verdict, diagnosed};
use crate::address::{Ids, RemoteId};
use crate::api::wire::Wire;
use crate::credential::Credential;
use crate::kind::{Makes, Rotation, Step, Terms, Write};
use crate::plan::{Action, Change};
use crate::secret::SinkError;

/// How long an old secret is held at the most, if the run that made a new one never ends: a year.
const HOLD: SignedDuration = SignedDuration::from_hours(365 * 24);

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
        let grace_until = now.checked_add(grace).unwrap_or(Timestamp::MAX);
        let hold_until = now.checked_add(HOLD).unwrap_or(Timestamp::MAX);
        let mut fresh = [0; FRESH];
        getrandom::fill(&mut fresh).expect("the system has random bytes");
        Terms {
            grace_until,
            hold_until: hold_until.max(grace_until),
            fresh: SecretString::from(STANDARD.encode(fresh)),
        }
    }

    /// Carries out a change whose secret has to be put away.
    pub(super) async fn keep(&self, ready: &Ready<'_>, ids: &Ids) -> Done {
        let change = ready.change;
        // A sink that is broken is found before anything is made.
        if let Some(sink) = &change.keeps {
            let fit = self.delivery.is_fit(sink, &change.address);
            let looked = self.delivery.look(sink, &change.address, None).await;
            if let Err(error) = fit.and(looked.map(|_| ())) {
                return failed(&error);
            }
        }
        let mut done = self.written(ready, ids).await;
        if let Some(rotation) = &ready.rotation
            && done.verdict == Verdict::Done
        {
            done = match self.client.send(&rotation.make).await {
                Ok(answer) => self.finished(ready, &answer, ids).await,
                Err(error) => self.failed(ready, ids, error).await,
            };
        }
        if done.verdict != Verdict::Done {
            return done;
        }
        let known = change.action.objects().first();
        let Some(id) = done.id.clone().or_else(|| known.map(|it| it.id.clone())) else {
            return Done::bad(Verdict::Failed(lost()));
        };
        match self.put_away(ready, &id, done.credential.take()).await {
            Ok(()) => self.retire(ready, done).await,
            Err(failure) => Done {
                id: Some(id),
                ..Done::bad(Verdict::Failed(failure))
            },
        }
    }

    /// Puts the secret of an object into its sink. What cannot be put away is taken back.
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
        let Err(error) = written.await else {
            return Ok(());
        };
        let failure = diagnosed(&error);
        let after = self.take_back(ready, id).await;
        Err(Failure {
            message: format!("{}; {after}", failure.message),
            ..failure
        })
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

    /// Deletes a new object whose secret nobody has. Says what has become of it.
    async fn take_back(&self, ready: &Ready<'_>, id: &RemoteId) -> String {
        let Ready { change, kind, .. } = ready;
        let made = match &ready.rotation {
            Some(rotation) => rotation.makes == Makes::Object,
            None => matches!(change.action, Action::Create { .. }),
        };
        if !made {
            return "the old secret goes on working, and the next run tries again".to_owned();
        }
        if kind.reading(&self.survey.scope, id).is_some() {
            return "the next run tries again".to_owned();
        }
        let write = Write {
            scope: &self.survey.scope,
            ids: &self.survey.observed.ids,
            name: &change.address.name,
        };
        let step = kind.retract(&write, id);
        let taken = match &step {
            Some(Step::Send(request)) => self.client.send(request).await.is_ok(),
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
            if let Err(error) = self.client.send(request).await {
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
        help: Some("run again: a new one is made, and the lost one ends".to_owned()),
    }
}
