//! What clients may ask for, decided at once; what takes requests to Cloudflare is handed to the
//! engine. Knows no HTTP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::job::{Created, Job, Made};
use super::limit::{Room, Windows};
use super::metrics::Metrics;
use super::record::{Record, Status};
use super::refusal::Refusal;
use super::registry::{At, Registry};
use super::slug;
use super::token::{self, Caller, Tokens};
use crate::address::RemoteId;
use crate::cloudflare::Secret;
use crate::desired::Drain;
use crate::store::Clocks;
use crate::teardown::Actor;

/// How often a slug that nobody chose is chosen again because it is taken: the published number.
const TRIES: u32 = 10;

/// Heartbeats of one tunnel in a minute. Three are due; limits of an owner do not count them, or a
/// busy owner would lose tunnels that live.
const BEATS: u32 = 60;

/// Tunnels whose connectors one page shows.
const LOOKS: usize = 20;

/// How a service behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The stack's name: mark, and beginning of tunnels' names.
    pub stack: String,
    /// The account's id.
    pub account: String,
    /// The domain of hostnames, unless a token has one of its own.
    pub domain: String,
    /// How long a tunnel stays without a heartbeat.
    pub lease: Duration,
    /// How often clients are told to send one.
    pub beat: Duration,
    /// What an end does with live connections.
    pub drain: Drain,
    /// Tunnels at a time, of all owners together.
    pub total: usize,
    /// Creates of one owner in a minute.
    pub creates: u32,
    /// Other requests of one owner in a minute, heartbeats aside.
    pub requests: u32,
    /// Ends in the background at a time.
    pub background: usize,
    /// The machine.
    pub host: String,
}

/// Who sends a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Beating {
    Owner(Caller),
    /// The digest of a run token.
    Tunnel(String),
}

/// The service.
pub struct Service {
    /// How it behaves.
    pub settings: Settings,
    /// What it counts.
    pub metrics: Metrics,
    pub(super) clocks: Arc<dyn Clocks>,
    registry: Mutex<Registry>,
    windows: Mutex<Windows>,
    tokens: Tokens,
    jobs: mpsc::UnboundedSender<Job>,
    closed: AtomicBool,
    permit: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Service {
    /// A service without tunnels, and the jobs that it hands out. `permit` says whether the lock
    /// still holds.
    #[must_use]
    pub fn new(
        settings: Settings,
        tokens: Tokens,
        clocks: Arc<dyn Clocks>,
        permit: Box<dyn Fn() -> bool + Send + Sync>,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Job>) {
        let (jobs, received) = mpsc::unbounded_channel();
        let service = Self {
            settings,
            metrics: Metrics::default(),
            clocks,
            registry: Mutex::default(),
            windows: Mutex::default(),
            tokens,
            jobs,
            closed: AtomicBool::new(false),
            permit,
        };
        (Arc::new(service), received)
    }

    /// Takes in what the store has.
    pub fn load(&self, records: Vec<Record>) {
        let (at, lease) = (self.at(), self.settings.lease);
        self.registry().load(records, at, lease, &self.actor(None));
    }

    /// From now on nothing is begun.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Whether it may change anything.
    ///
    /// # Errors
    /// Why not.
    pub fn ready(&self) -> Result<(), Refusal> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Refusal::unavailable("The service is ending."));
        }
        self.ready_to_write()
    }

    /// Whether its lock still holds: what is under way may be finished then.
    pub(super) fn ready_to_write(&self) -> Result<(), Refusal> {
        if (self.permit)() {
            Ok(())
        } else {
            Err(Refusal::unavailable("The service does not hold its lock."))
        }
    }

    /// Whose a token is.
    ///
    /// # Errors
    /// If there is none, or it is nobody's.
    pub fn caller(&self, token: Option<&str>) -> Result<&Caller, Refusal> {
        let missing = || Refusal::new(401, "MISSING_AUTH", "Missing bearer access token.");
        let unknown = || Refusal::new(401, "INVALID_TOKEN", "Invalid access token.");
        self.tokens
            .find(token.ok_or_else(missing)?)
            .ok_or_else(unknown)
    }

    /// Counts a request of an owner; a create has a limit of its own.
    pub fn room(&self, owner: &str, creates: bool) -> Room {
        let (sort, limit) = if creates {
            ("create", self.settings.creates)
        } else {
            ("other", self.settings.requests)
        };
        let now = self.clocks.now();
        self.windows().count(&format!("{sort} {owner}"), limit, now)
    }

    /// Makes a tunnel for somebody.
    ///
    /// # Errors
    /// If there is no place, the slug is taken, or Cloudflare did not do it.
    pub async fn create(
        &self,
        caller: &Caller,
        port: u16,
        asked: Option<String>,
    ) -> Result<Created, Refusal> {
        self.ready()?;
        let run = token::random();
        let id = self.reserve(caller, port, asked, &token::hashed(&run))?;
        let (reply, made) = oneshot::channel();
        let ended = || Refusal::unavailable("The service ended before the tunnel was made.");
        self.jobs
            .send(Job::Create(id, reply))
            .map_err(|_| ended())?;
        let Made { record, connector } = made.await.map_err(|_| ended())??;
        Ok(Created {
            record,
            connector,
            run: Secret::from(run),
        })
    }

    fn reserve(
        &self,
        caller: &Caller,
        port: u16,
        asked: Option<String>,
        run_token: &str,
    ) -> Result<String, Refusal> {
        let (at, chosen) = (self.at(), asked.is_some());
        let mut record = Record {
            id: uuid::Uuid::new_v4().to_string(),
            slug: asked.unwrap_or_default(),
            hostname: String::new(),
            owner: caller.owner.clone(),
            port,
            status: Status::Creating,
            created_at: at.wall,
            run_token: run_token.to_owned(),
            sent: false,
            remote: None,
            last_heartbeat_at: None,
            expires_at: None,
            stopping: None,
            stopped_at: None,
            last_error: None,
        };
        let domain = caller.domain.as_ref().unwrap_or(&self.settings.domain);
        let mut registry = self.registry();
        for _ in 0..TRIES {
            if !chosen {
                record.slug = slug::random();
            }
            record.hostname = format!("{}.{domain}", record.slug);
            match registry.reserve(record.clone(), caller, self.settings.total, at.now) {
                Err(refusal) if !chosen && refusal.code == "TUNNEL_SLUG_CONFLICT" => {}
                reserved => return reserved.map(|()| record.id),
            }
        }
        Err(Refusal::new(
            503,
            "SLUG_EXHAUSTED",
            "No free slug was found.",
        ))
    }

    /// The tunnels of somebody: those that are active or stopping, or all.
    #[must_use]
    pub fn list(&self, owner: &str, all: bool) -> Vec<Value> {
        let wanted = |status| all || matches!(status, Status::Active | Status::Stopping);
        let registry = self.registry();
        let list = registry.list(owner, wanted);
        list.into_iter().map(Record::shown).collect()
    }

    /// The tunnels of somebody that are not over, with how many connectors each has; `None` where
    /// that is not known. Looks at the first few only: each costs a request.
    pub async fn connected(&self, owner: &str) -> Vec<(Record, Option<usize>)> {
        let records: Vec<Record> = {
            let registry = self.registry();
            let list = registry.list(owner, |status| !status.is_over());
            list.into_iter().cloned().collect()
        };
        let known = records.iter().filter_map(|it| it.remote.clone());
        let ids: Vec<RemoteId> = known.take(LOOKS).collect();
        let (reply, counts) = oneshot::channel();
        let asked = self.jobs.send(Job::Look(ids.clone(), reply));
        let counts = match asked {
            Ok(()) => counts.await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        let of = |record: &Record| {
            let index = ids
                .iter()
                .position(|id| Some(id) == record.remote.as_ref())?;
            counts.get(index).copied().flatten()
        };
        records
            .into_iter()
            .map(|it| (it.clone(), of(&it)))
            .collect()
    }

    /// Renews a lease for its owner, or for the bearer of the tunnel's own run token.
    ///
    /// # Errors
    /// If the token is nobody's or another tunnel's, or the tunnel has no lease any more.
    pub fn heartbeat(&self, token: Option<&str>, reference: &str) -> Result<Timestamp, Refusal> {
        let beating = match self.caller(token) {
            Ok(caller) => Beating::Owner(caller.clone()),
            Err(refusal) if refusal.code == "MISSING_AUTH" => return Err(refusal),
            Err(_) => Beating::Tunnel(token::hashed(token.unwrap_or_default())),
        };
        if reference.is_empty() {
            return Err(Refusal::identifier("Tunnel identifier is required."));
        }
        self.ready()?;
        let (at, lease) = (self.at(), self.settings.lease);
        let mut registry = self.registry();
        let id = meant(&registry, &beating, reference)?;
        let room = self.windows().count(&format!("beat {id}"), BEATS, at.now);
        if room.over {
            return Err(Refusal::throttled(room.reset));
        }
        let gone = || {
            let message = "Tunnel was not found or is no longer active.";
            Refusal::new(404, "TUNNEL_NOT_FOUND", message)
        };
        registry.renew(&id, at, lease).ok_or_else(gone)
    }

    /// Ends a tunnel of somebody, as far as that can be done now.
    ///
    /// # Errors
    /// If there is none, or it could not be ended yet; then the background goes on.
    pub async fn stop(&self, caller: &Caller, reference: &str) -> Result<(), Refusal> {
        self.ready()?;
        let (told, ended) = oneshot::channel();
        {
            let mut registry = self.registry();
            let found = registry.find(&caller.owner, reference);
            let id = found.ok_or_else(Refusal::unknown)?.record.id.clone();
            let actor = self.actor(Some(&caller.owner));
            if registry.ask(&id, actor, self.at(), told) {
                // Without an engine nothing is told, and that is said below.
                let _ = self.jobs.send(Job::End(id));
            }
        }
        let message = "The service ended before the tunnel did; it goes on when it is back.";
        ended
            .await
            .unwrap_or_else(|_| Err(Refusal::unavailable(message)))
    }

    /// Who does something: an owner, or the service by itself.
    #[must_use]
    pub fn actor(&self, owner: Option<&str>) -> Actor {
        Actor {
            author: owner.map(str::to_owned),
            host: Some(self.settings.host.clone()),
            ..Actor::default()
        }
    }

    /// How many tunnels there are in each state, as text for Prometheus with everything else.
    #[must_use]
    pub fn metrics(&self) -> String {
        let counts = self.registry().counts();
        self.metrics.text(&counts)
    }

    pub(super) fn at(&self) -> At {
        At {
            now: self.clocks.now(),
            wall: self.clocks.wall(),
        }
    }

    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tunnel that a heartbeat is for.
fn meant(registry: &Registry, beating: &Beating, reference: &str) -> Result<String, Refusal> {
    let gone = || {
        let message = "Tunnel was not found or is no longer active.";
        Refusal::new(404, "TUNNEL_NOT_FOUND", message)
    };
    match beating {
        Beating::Owner(caller) => {
            let found = registry.find(&caller.owner, reference);
            Ok(found.ok_or_else(gone)?.record.id.clone())
        }
        Beating::Tunnel(digest) => {
            let message = "Invalid tunnel runtime token.";
            let unknown = || Refusal::new(401, "INVALID_TOKEN", message);
            let record = &registry.running(digest).ok_or_else(unknown)?.record;
            let name = reference.trim_end_matches('.').to_lowercase();
            if [&record.id, &record.hostname, &record.slug].contains(&&name) {
                return Ok(record.id.clone());
            }
            let message = "Tunnel runtime token does not match the requested tunnel.";
            Err(Refusal::new(403, "FORBIDDEN", message))
        }
    }
}
