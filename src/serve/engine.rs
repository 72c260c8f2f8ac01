//! The one hand of the service: makes and ends tunnels, several at a time, each by itself, so that
//! none waits for another. Everything that was decided is on disk before its first request.

use std::sync::Arc;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{mpsc, oneshot};

use super::estate::{End, Estate, Left};
use super::job::{Job, Made};
use super::record::{Record, Status};
use super::refusal::Refusal;
use super::service::Service;
use super::shelf::Shelf;
use super::token;
use crate::api::wire::Wire;
use crate::apply::Stop;
use crate::store::StoreError;

/// The longest sleep: a clock that was set is noticed by then.
const LONGEST: Duration = Duration::from_secs(30);

/// Records of tunnels that are over, kept for those who ask.
const KEPT: usize = 1000;

/// The engine of a service.
pub struct Engine<'a, W: Wire> {
    /// What clients see.
    pub service: Arc<Service>,
    /// What is at Cloudflare.
    pub estate: Estate<'a, W>,
    /// What is in the store.
    pub shelf: Shelf,
}

impl<W: Wire> Engine<'_, W> {
    /// Works until it is to stop, and finishes then what is under way.
    pub async fn run(&self, mut jobs: mpsc::UnboundedReceiver<Job>, stop: &Stop) {
        let mut open: FuturesUnordered<LocalBoxFuture<'_, ()>> = FuturesUnordered::new();
        loop {
            if self.service.ready().is_ok() {
                let free = self.service.settings.background.saturating_sub(open.len());
                let actor = self.service.actor(None);
                let due = self.service.registry().due(self.service.at(), free, &actor);
                open.extend(due.into_iter().map(|id| self.ended(id, stop)));
            }
            if stop.is_set() && open.is_empty() && jobs.is_empty() {
                self.service.registry().abandon();
                return;
            }
            tokio::select! {
                Some(job) = jobs.recv() => open.push(self.carry(job, stop)),
                Some(()) = open.next(), if !open.is_empty() => {}
                () = self.service.clocks.sleep(self.pause()), if !stop.is_set() => {}
                () = stop.wait(), if !stop.is_set() => self.service.close(),
            }
        }
    }

    fn pause(&self) -> Duration {
        let next = self.service.registry().next();
        let now = self.service.clocks.now();
        let left = next.map_or(LONGEST, |next| next.saturating_sub(now));
        // What is due and finds no room is looked at again when something has ended.
        left.clamp(Duration::from_millis(10), LONGEST)
    }

    fn carry<'s>(&'s self, job: Job, stop: &'s Stop) -> LocalBoxFuture<'s, ()> {
        match job {
            Job::End(id) => self.ended(id, stop),
            Job::Create(id, reply) => Box::pin(self.create(id, reply)),
            Job::Look(ids, reply) => Box::pin(async move {
                // Who asked may have gone.
                let _ = reply.send(self.estate.connectors(&ids).await);
            }),
        }
    }

    async fn create(&self, id: String, reply: oneshot::Sender<Result<Made, Refusal>>) {
        let made = self.make(&id).await;
        let at = self.service.at();
        let end = match made {
            Ok(made) => self.active(&id, made).await,
            Err(refusal) => Err(refusal),
        };
        let end = match end {
            Ok(made) => {
                self.service.metrics.count("tunctl_serve_created_total");
                tracing::info!(id, hostname = made.record.hostname, "created");
                Ok(made)
            }
            Err(refusal) => {
                tracing::warn!(
                    id,
                    code = refusal.code,
                    why = refusal.message,
                    "not created"
                );
                self.service
                    .metrics
                    .count("tunctl_serve_create_failures_total");
                self.service.registry().spoilt(&id, &refusal.message, at);
                Err(refusal)
            }
        };
        // Who does not wait any more has a tunnel whose lease will end.
        let _ = reply.send(end);
    }

    async fn make(&self, id: &str) -> Result<Made, Refusal> {
        let record = self.service.registry().get(id).cloned();
        let record = record.ok_or_else(Refusal::unknown)?;
        self.kept(&record).await?;
        let (survey, desired) = self.estate.vacant(&record).await?;
        let sent = self.service.registry().change(id, |it| it.sent = true);
        let record = sent.ok_or_else(Refusal::unknown)?;
        self.kept(&record).await?;
        let actor = self.service.actor(Some(&record.owner));
        if let Err((refusal, left)) = self.estate.make(&survey, &desired, &actor).await {
            if left == Left::Nothing {
                // Whatever has this name by now must not be taken for ours.
                self.service.registry().change(id, |it| it.sent = false);
            }
            return Err(refusal);
        }
        let (remote, connector) = self.estate.token(&record).await?;
        let known = self
            .service
            .registry()
            .change(id, |it| it.remote = Some(remote));
        let record = known.ok_or_else(Refusal::unknown)?;
        Ok(Made { record, connector })
    }

    /// What is made is active once that is on disk.
    async fn active(&self, id: &str, made: Made) -> Result<Made, Refusal> {
        let (at, lease) = (self.service.at(), self.service.settings.lease);
        let written = Record {
            status: Status::Active,
            last_heartbeat_at: Some(at.wall),
            expires_at: at.wall.checked_add(lease).ok(),
            ..made.record.clone()
        };
        self.kept(&written).await?;
        let record = self.service.registry().made(id, self.service.at(), lease);
        match record {
            Some(record) if record.status == Status::Active => Ok(Made { record, ..made }),
            Some(_) | None => {
                let message = "The tunnel was deleted while it was being made.";
                Err(Refusal::new(409, "TUNNEL_NOT_FOUND", message))
            }
        }
    }

    fn ended<'s>(&'s self, id: String, stop: &'s Stop) -> LocalBoxFuture<'s, ()> {
        Box::pin(async move {
            let counted = self.service.registry().change(&id, |it| {
                if let Some(stopping) = &mut it.stopping {
                    stopping.attempts = stopping.attempts.saturating_add(1);
                }
            });
            let Some(record) = counted else { return };
            let end = match self.kept(&record).await {
                Ok(()) => self.estate.end(&record, stop).await,
                Err(refusal) => End::Later(refusal),
            };
            let told = match end {
                End::Gone => self.gone(&record).await,
                End::Later(refusal) => Err(refusal),
            };
            self.tell(&record, told).await;
        })
    }

    /// Writes down that a tunnel is gone.
    async fn gone(&self, record: &Record) -> Result<Record, Refusal> {
        let made = record.remote.is_some() || record.last_heartbeat_at.is_some();
        let status = if made {
            Status::Stopped
        } else {
            Status::Failed
        };
        let over = Record {
            status,
            stopped_at: Some(self.service.clocks.wall()),
            ..record.clone()
        };
        self.kept(&over).await?;
        Ok(over)
    }

    async fn tell(&self, record: &Record, end: Result<Record, Refusal>) {
        let id = &record.id;
        self.service.windows().forget(&format!("beat {id}"));
        let (waiting, told) = match end {
            Ok(over) => {
                self.service.metrics.count("tunctl_serve_ended_total");
                let reason = over.stopping.as_ref().map(|it| it.cause.reason());
                tracing::info!(id, hostname = over.hostname, reason, "ended");
                let waiting = self.service.registry().over(over);
                let pruned = self.service.registry().prune(KEPT);
                for old in pruned {
                    // It is over: whether its record goes now or at the next chance is the same.
                    let _ = self.shelf.forget(&old).await;
                }
                (waiting, Ok(()))
            }
            Err(refusal) => {
                self.service
                    .metrics
                    .count("tunctl_serve_end_failures_total");
                let attempts = record.stopping.as_ref().map_or(1, |it| it.attempts);
                let after = backoff(attempts);
                let seconds = after.as_secs();
                tracing::warn!(
                    id,
                    code = refusal.code,
                    why = refusal.message,
                    attempts,
                    seconds,
                    "not ended"
                );
                let next = self.service.clocks.now() + after;
                let waiting = self.service.registry().put_off(id, next, &refusal.message);
                (waiting, Err(refusal))
            }
        };
        for waits in waiting {
            let _ = waits.send(told.clone());
        }
    }

    async fn kept(&self, record: &Record) -> Result<(), Refusal> {
        let failed = |error: StoreError| {
            tracing::error!(id = record.id, %error, "the store does not answer");
            Refusal::unavailable("The service's store does not answer.")
        };
        self.service.ready_to_write()?;
        self.shelf.keep(record).await.map_err(failed)
    }
}

/// The wait after an attempt: min(5·2^(n-1), 300) s (rs-tunnel.md 3), and up to a quarter more, so
/// that those that failed together do not come back together.
#[must_use]
pub fn backoff(attempts: u32) -> Duration {
    let doubled = 5_u64.saturating_mul(1 << attempts.saturating_sub(1).min(10));
    let base = doubled.min(300) * 1000;
    let chance = u16::from_le_bytes(token::fresh());
    let extra = base / 4 * u64::from(chance) / u64::from(u16::MAX);
    Duration::from_millis(base + extra)
}
