//! Every tunnel of the service with what is only in memory: leases, turns, who waits for an end.
//!
//! Invariant: whoever decides does so in one step under the service's mutex, so there are no races
//! for a slug, for a place or for a lease. Decisions are made by a clock that only goes forward.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::oneshot;

use super::record::{Record, Status, Stopping};
use super::refusal::Refusal;
use super::token::Caller;
use crate::ownership::Cause;
use crate::teardown::Actor;

/// How an attempt to end a tunnel is told to those who wait for it.
pub type Told = oneshot::Sender<Result<(), Refusal>>;

/// A moment by both clocks; only the first one decides.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// The clock that only goes forward.
    pub now: Duration,
    /// The time of day.
    pub wall: Timestamp,
}

/// One tunnel.
#[derive(Debug)]
pub struct Entry {
    /// What the store has of it, and newer.
    pub record: Record,
    /// When its lease ends.
    until: Duration,
    /// When its end may be tried again.
    next: Duration,
    /// Whether something is being done to it just now.
    busy: bool,
    /// Who asked for its end while it was being made.
    doomed: Option<Actor>,
    waiting: Vec<Told>,
}

/// All of them, by id.
#[derive(Debug, Default)]
pub struct Registry {
    entries: BTreeMap<String, Entry>,
}

impl Registry {
    /// Takes in what the store has. Whoever has a lease gets a whole one: heartbeats are not
    /// written down, and nobody is to lose a tunnel by a restart. What was being made has a client
    /// that was never answered: it ends.
    pub fn load(&mut self, records: Vec<Record>, at: At, lease: Duration, actor: &Actor) {
        for mut record in records {
            if record.status == Status::Creating {
                stop(&mut record, Cause::CreateFailed, actor.clone(), at.wall);
                record.last_error = Some("the service ended while it was being made".to_owned());
            }
            if record.status == Status::Active {
                record.expires_at = later(at.wall, lease);
            }
            let entry = Entry {
                until: at.now + lease,
                ..Entry::new(record, at.now)
            };
            self.entries.insert(entry.record.id.clone(), entry);
        }
    }

    /// Takes a place for a new tunnel.
    ///
    /// # Errors
    /// If its slug is taken, or the owner or the service has no place left.
    pub fn reserve(
        &mut self,
        record: Record,
        caller: &Caller,
        total: usize,
        now: Duration,
    ) -> Result<(), Refusal> {
        let living = || {
            self.entries
                .values()
                .filter(|it| !it.record.status.is_over())
        };
        if living().any(|it| it.record.slug == record.slug) {
            let message = "Requested URL slug is already in use.";
            return Err(Refusal::new(409, "TUNNEL_SLUG_CONFLICT", message));
        }
        let own = living()
            .filter(|it| it.record.owner == caller.owner)
            .count();
        let quota = usize::try_from(caller.quota).unwrap_or(usize::MAX);
        if own >= quota || living().count() >= total {
            let most = if own >= quota { quota } else { total };
            let message = format!("Maximum of {most} active tunnels reached.");
            return Err(Refusal::new(409, "TUNNEL_LIMIT_REACHED", message)
                .with(json!({"activeCount": own, "maxActive": most})));
        }
        let mut entry = Entry::new(record, now);
        entry.busy = true;
        self.entries.insert(entry.record.id.clone(), entry);
        Ok(())
    }

    /// A tunnel by id, hostname or slug, of this owner, that is not over. Of an owner's tunnels
    /// that are over there may be many by one name, so none of them is meant.
    #[must_use]
    pub fn find(&self, owner: &str, reference: &str) -> Option<&Entry> {
        let name = reference.trim().trim_end_matches('.').to_lowercase();
        let of = |entry: &&Entry| entry.record.owner == owner && !entry.record.status.is_over();
        if let Some(entry) = self.entries.get(&name) {
            return Some(entry).filter(of);
        }
        let mut entries = self.entries.values().filter(of);
        entries.find(|it| it.record.hostname == name || it.record.slug == name)
    }

    /// A tunnel by the digest of its run token, over or not.
    #[must_use]
    pub fn running(&self, digest: &str) -> Option<&Entry> {
        let mut entries = self.entries.values();
        entries.find(|it| it.record.run_token == digest)
    }

    /// A tunnel by id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Record> {
        self.entries.get(id).map(|it| &it.record)
    }

    /// Changes a record.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Record)) -> Option<Record> {
        let entry = self.entries.get_mut(id)?;
        change(&mut entry.record);
        Some(entry.record.clone())
    }

    /// The tunnels of an owner, oldest first.
    #[must_use]
    pub fn list(&self, owner: &str, is_wanted: impl Fn(Status) -> bool) -> Vec<&Record> {
        let all = self.entries.values().map(|it| &it.record);
        let own = all.filter(|it| it.owner == owner && is_wanted(it.status));
        let mut own: Vec<&Record> = own.collect();
        own.sort_by_key(|it| (it.created_at, it.id.clone()));
        own
    }

    /// How many there are in each state.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Status, usize> {
        let mut counts = BTreeMap::new();
        for entry in self.entries.values() {
            *counts.entry(entry.record.status).or_default() += 1;
        }
        counts
    }

    /// What was being made is there, and has a lease. It ends at once if somebody wants that.
    pub fn made(&mut self, id: &str, at: At, lease: Duration) -> Option<Record> {
        let entry = self.entries.get_mut(id)?;
        entry.record.status = Status::Active;
        entry.until = at.now + lease;
        entry.record.last_heartbeat_at = Some(at.wall);
        entry.record.expires_at = later(at.wall, lease);
        entry.busy = false;
        if let Some(actor) = entry.doomed.take() {
            stop(&mut entry.record, Cause::Requested, actor, at.wall);
            entry.next = at.now;
        }
        Some(entry.record.clone())
    }

    /// What was being made could not be: what there is of it ends.
    pub fn spoilt(&mut self, id: &str, why: &str, at: At) -> Option<Record> {
        let entry = self.entries.get_mut(id)?;
        let author = entry.doomed.take().unwrap_or_default();
        stop(&mut entry.record, Cause::CreateFailed, author, at.wall);
        entry.record.last_error = Some(why.to_owned());
        (entry.busy, entry.next) = (false, at.now);
        Some(entry.record.clone())
    }

    /// Renews a lease; says when it ends now. `None` if the tunnel has none any more.
    pub fn renew(&mut self, id: &str, at: At, lease: Duration) -> Option<Timestamp> {
        let entry = self.entries.get_mut(id)?;
        if entry.record.status != Status::Active {
            return None;
        }
        entry.until = at.now + lease;
        entry.record.last_heartbeat_at = Some(at.wall);
        entry.record.expires_at = later(at.wall, lease);
        entry.record.expires_at
    }

    /// Decides that a tunnel ends because somebody asked for it; `told` learns of the attempt.
    /// True if an attempt has to be begun now, false if one is under way.
    pub fn ask(&mut self, id: &str, actor: Actor, at: At, told: Told) -> bool {
        let Some(entry) = self.entries.get_mut(id) else {
            return false;
        };
        entry.waiting.push(told);
        match entry.record.status {
            Status::Creating => {
                entry.doomed.get_or_insert(actor);
                return false;
            }
            Status::Active => stop(&mut entry.record, Cause::Requested, actor, at.wall),
            Status::Stopping | Status::Stopped | Status::Failed => {}
        }
        !std::mem::replace(&mut entry.busy, true)
    }

    /// What ends now, at most so many: leases that are over, looked at in the same step in which
    /// the end is decided, and attempts whose turn it is.
    pub fn due(&mut self, at: At, most: usize, actor: &Actor) -> Vec<String> {
        let mut due = Vec::new();
        for (id, entry) in &mut self.entries {
            if due.len() == most {
                break;
            }
            let turn = entry.turn();
            if entry.busy || turn.is_none_or(|turn| turn > at.now) {
                continue;
            }
            if entry.record.status == Status::Active {
                stop(&mut entry.record, Cause::StaleLease, actor.clone(), at.wall);
            }
            entry.busy = true;
            due.push(id.clone());
        }
        due
    }

    /// When something is due next.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        let idle = self.entries.values().filter(|it| !it.busy);
        idle.filter_map(Entry::turn).min()
    }

    /// An attempt did not end it; it is tried again then. Hands back who waits for it.
    pub fn put_off(&mut self, id: &str, next: Duration, why: &str) -> Vec<Told> {
        let Some(entry) = self.entries.get_mut(id) else {
            return Vec::new();
        };
        entry.record.last_error = Some(why.to_owned());
        (entry.busy, entry.next) = (false, next);
        std::mem::take(&mut entry.waiting)
    }

    /// It is gone, and what says so is on disk. Hands back who waits for it.
    pub fn over(&mut self, record: Record) -> Vec<Told> {
        let Some(entry) = self.entries.get_mut(&record.id) else {
            return Vec::new();
        };
        (entry.record, entry.busy) = (record, false);
        std::mem::take(&mut entry.waiting)
    }

    /// Nobody is told anything any more.
    pub fn abandon(&mut self) {
        for entry in self.entries.values_mut() {
            entry.waiting.clear();
        }
    }

    /// Drops the oldest of those that are over, down to so many; hands back their ids.
    pub fn prune(&mut self, keep: usize) -> Vec<String> {
        let over = self
            .entries
            .values()
            .filter(|it| it.record.status.is_over());
        let mut over: Vec<_> = over
            .map(|it| (it.record.stopped_at, it.record.id.clone()))
            .collect();
        over.sort_unstable();
        let excess = over.len().saturating_sub(keep);
        let gone: Vec<String> = over.into_iter().take(excess).map(|(_, id)| id).collect();
        for id in &gone {
            self.entries.remove(id);
        }
        gone
    }
}

impl Entry {
    fn new(record: Record, now: Duration) -> Self {
        Self {
            record,
            until: now,
            next: now,
            busy: false,
            doomed: None,
            waiting: Vec::new(),
        }
    }

    fn turn(&self) -> Option<Duration> {
        match self.record.status {
            Status::Active => Some(self.until),
            Status::Stopping => Some(self.next),
            Status::Creating | Status::Stopped | Status::Failed => None,
        }
    }
}

/// The first cause stays.
fn stop(record: &mut Record, cause: Cause, actor: Actor, since: Timestamp) {
    record.status = Status::Stopping;
    record.stopping.get_or_insert_with(|| Stopping {
        op_id: uuid::Uuid::new_v4().to_string(),
        cause,
        actor,
        since,
        attempts: 0,
    });
}

fn later(at: Timestamp, by: Duration) -> Option<Timestamp> {
    at.checked_add(by).ok()
}
