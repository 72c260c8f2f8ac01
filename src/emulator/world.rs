//! The world: everything that Cloudflare knows, and what it answers to a call.
//!
//! Invariant: an answer is a function of the state, the clock and the call; a refused call
//! changes nothing.

use jiff::Timestamp;
use serde_json::Value;

use super::access::{Grant, Status};
use super::call::{Call, Reply, digest, hex};
use super::clock::{Clock, text};
use super::envelope::{Answer, seal};
use super::failure::Failure;
use super::fault::Faults;
use super::ids::Ids;
use super::log::{Entry, Log};
use super::rate::{Allowance, Buckets, Rate};
use super::route::{FAMILIES, find};
use super::state::{Change, Settings, State};
use super::visit::Visit;
use super::{control, zone};

/// The account of zones that are made without naming one.
pub const DEFAULT_ACCOUNT: &str = "00000000000000000000000000000001";

/// The path under which the API lives.
const BASE: &str = "/client/v4";
/// The path under which the control API lives.
const CONTROL: &str = "/_emulator";

/// One Cloudflare.
#[derive(Debug, Clone)]
pub struct World {
    pub(super) state: State,
    pub(super) faults: Faults,
    pub(super) log: Log,
    buckets: Buckets,
    before: Before,
}

/// What the world was before the call at hand, as far as its tables do not know it.
#[derive(Debug, Clone)]
struct Before {
    settings: Settings,
    /// The whole state, if the call replaced it.
    state: Option<Box<State>>,
}

/// What has to be written down after a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Written {
    /// These rows and settings.
    Some(Change),
    /// Everything.
    All,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty world in which every account exists. Its ids are random.
    #[must_use]
    pub fn new() -> Self {
        Self::from_state(State::new(Ids::random()))
    }

    /// An empty world whose ids and secrets follow from `seed` and the calls.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self::from_state(State::new(Ids::seeded(seed)))
    }

    pub(super) fn from_state(state: State) -> Self {
        let before = Before {
            settings: state.settings,
            state: None,
        };
        Self {
            state,
            faults: Faults::default(),
            log: Log::default(),
            buckets: Buckets::default(),
            before,
        }
    }

    /// The whole state, as `GET /_emulator/state` and state files have it.
    #[must_use]
    pub fn state(&self) -> Value {
        self.state.as_value()
    }

    /// Makes the clock stand still at a time, or run again.
    pub fn set_clock(&mut self, time: Option<Timestamp>) {
        self.state.settings.clock = Clock {
            frozen: time,
            ahead_seconds: 0,
        };
    }

    /// Sets the rate limit, for all tokens.
    pub fn set_rate(&mut self, rate: Rate) {
        self.state.settings.rate = rate;
    }

    /// The id of the account's zone of this name. Makes it if there is none: a Free zone of
    /// 2024-01-01, which has 1,000 records, 200 operations a batch and no tags.
    pub fn ensure_zone(&mut self, account: &str, name: &str) -> String {
        zone::ensure(self, account, name)
    }

    /// Answers a call, the API's or the control API's. Never fails, never panics.
    pub fn answer(&mut self, call: &Call) -> Reply {
        self.settle();
        let now = self.state.settings.clock.now();
        match call.path.strip_prefix(CONTROL) {
            Some(path) if path.starts_with('/') => {
                let outcome = control::run(self, call, path, now);
                self.finish(outcome)
            }
            Some(_) | None => self.api(call, now),
        }
    }

    /// What the last call changed, if anything.
    pub(super) fn written(&mut self) -> Option<Written> {
        if !self.is_changed() {
            return None;
        }
        if self.before.state.is_some() {
            return Some(Written::All);
        }
        let settings = self.state.settings;
        Some(Written::Some(Change {
            settings: (settings != self.before.settings).then_some(settings),
            tables: self.state.changes(),
        }))
    }

    /// Takes back what the last call changed.
    pub(super) fn undo(&mut self) {
        self.state.undo();
        self.state.settings = self.before.settings;
        if let Some(state) = self.before.state.take() {
            self.state = *state;
        }
    }

    /// Replaces everything that lasts.
    pub(super) fn replace(&mut self, state: State) {
        let old = std::mem::replace(&mut self.state, state);
        self.before.state.get_or_insert_with(|| Box::new(old));
    }

    fn is_changed(&mut self) -> bool {
        self.before.state.is_some()
            || self.state.settings != self.before.settings
            || self.state.is_changed()
    }

    fn settle(&mut self) {
        self.state.commit();
        self.before = Before {
            settings: self.state.settings,
            state: None,
        };
    }

    fn api(&mut self, call: &Call, now: Timestamp) -> Reply {
        let below = call.path.strip_prefix(BASE);
        let path = below.filter(|path| path.starts_with('/'));
        let shown = path.unwrap_or(&call.path);
        let mut entry = self.log.open(call, shown, text(now));
        let caller = call.caller();
        let allowance = self.buckets.take(&caller, self.state.settings.rate, now);
        let reply = match allowance.wait {
            Some(seconds) => seal(Err(Failure::rate_limited(seconds))),
            None => self.struck(call, path, now, &mut entry),
        };
        let reply = self.stamped(reply, allowance, entry.n);
        entry.status = (!reply.reset).then_some(reply.status);
        entry.wrote = self.is_changed();
        self.log.close(entry);
        reply
    }

    fn struck(
        &mut self,
        call: &Call,
        path: Option<&str>,
        now: Timestamp,
        entry: &mut Entry,
    ) -> Reply {
        let strike = self.faults.strike(&call.method, &entry.path);
        let mut reply = match strike.effect {
            None => self.dispatch(call, path, now),
            Some((id, effect)) => {
                entry.fault = Some(id);
                if effect.commits() {
                    self.dispatch(call, path, now);
                }
                effect.reply()
            }
        };
        reply.delay = strike.delay;
        reply
    }

    fn dispatch(&mut self, call: &Call, path: Option<&str>, now: Timestamp) -> Reply {
        let outcome = self.run(call, path, now);
        self.finish(outcome)
    }

    fn run(&mut self, call: &Call, path: Option<&str>, now: Timestamp) -> Result<Answer, Failure> {
        let grant = self.authenticate(call)?;
        let found = path.and_then(|path| find(FAMILIES, &call.method, path));
        let (endpoint, params) = found.ok_or_else(|| Failure::no_route(&call.path))?;
        let visit = Visit {
            call,
            params,
            now,
            grant,
        };
        self.admit(&visit)?;
        if !endpoint.groups.is_empty() && visit.grant.status_at(now) != Status::Active {
            return Err(Failure::denied());
        }
        let target = visit.target();
        visit.grant.allow(endpoint.groups, endpoint.level, target)?;
        require_json(call)?;
        (endpoint.run)(self, &visit)
    }

    fn authenticate(&self, call: &Call) -> Result<Grant, Failure> {
        let has = |name| call.headers.contains_key(name);
        if has("authorization") {
            let token = call.token().ok_or_else(Failure::bad_authorization)?;
            let grant = self.state.tables.tokens.get(&digest(token));
            return Ok(grant.cloned().unwrap_or_default());
        }
        if has("x-auth-email") && has("x-auth-key") || has("x-auth-user-service-key") {
            return Ok(Grant::default());
        }
        Err(Failure::anonymous())
    }

    fn admit(&self, visit: &Visit<'_>) -> Result<(), Failure> {
        let account = visit.params.get("account");
        let zone = visit.params.get("zone");
        let zone = zone.and_then(|id| Some((id, self.state.tables.zones.get(id)?)));
        let admitted = account.is_none_or(|account| visit.grant.sees_account(account))
            && zone.is_none_or(|(id, zone)| visit.grant.sees_zone(&zone.account, id, &zone.name));
        if admitted {
            Ok(())
        } else {
            Err(Failure::out_of_scope())
        }
    }

    fn finish(&mut self, outcome: Result<Answer, Failure>) -> Reply {
        if outcome.is_err() {
            self.undo();
        }
        seal(outcome)
    }

    fn stamped(&self, reply: Reply, allowance: Allowance, n: u64) -> Reply {
        let Allowance {
            remaining, reset, ..
        } = allowance;
        let Rate { quota, window, .. } = self.state.settings.rate;
        let ray = hex(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        reply
            .with("Ratelimit", format!("\"default\";r={remaining};t={reset}"))
            .with(
                "Ratelimit-Policy",
                format!("\"default\";q={quota};w={window}"),
            )
            .with("CF-RAY", format!("{ray}-TPE"))
    }
}

/// A body that says it is something else than JSON is refused unread. One that does not say
/// what it is, is taken for JSON.
fn require_json(call: &Call) -> Result<(), Failure> {
    let kind = call.headers.get("content-type");
    let essence = kind.and_then(|kind| kind.split(';').next());
    let json = essence.is_none_or(|own| own.trim().eq_ignore_ascii_case("application/json"));
    if json || call.body.is_empty() {
        Ok(())
    } else {
        Err(Failure::bad_content_type())
    }
}
