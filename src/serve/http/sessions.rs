//! Who is signed in to the page: in memory, so that a restart signs everybody out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::serve::token::{self, Caller};

/// How long somebody stays signed in: a working day.
const LONG: Duration = Duration::from_hours(12);

/// Sessions at a time; the oldest go first.
const MOST: usize = 10_000;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) caller: Caller,
    /// What a form must bring along: other sites cannot read it.
    pub(super) seal: String,
    until: Duration,
}

/// All of them, by the digest of what the cookie holds.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<BTreeMap<String, Session>>);

impl Sessions {
    /// Signs somebody in; hands back what the cookie holds.
    pub(super) fn open(&self, caller: Caller, now: Duration) -> String {
        let mut sessions = self.all();
        sessions.retain(|_, it| it.until > now);
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, it)| it.until);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                sessions.remove(&oldest);
            }
        }
        let key = token::random();
        let session = Session {
            caller,
            seal: token::random(),
            until: now + LONG,
        };
        sessions.insert(token::hashed(&key), session);
        key
    }

    /// Who a cookie belongs to.
    pub(super) fn find(&self, key: &str, now: Duration) -> Option<Session> {
        let sessions = self.all();
        let found = sessions.get(&token::hashed(key))?;
        (found.until > now).then(|| found.clone())
    }

    /// Signs somebody out.
    pub(super) fn close(&self, key: &str) {
        self.all().remove(&token::hashed(key));
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
