//! Every request to the API that a world has seen, without secrets: no header and no body.

use std::collections::VecDeque;

use serde::Serialize;
use url::form_urlencoded;

use super::call::Call;

/// One request and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Entry {
    /// Its number, from 1 on, also across `clear`.
    pub(super) n: u64,
    /// When it came, by the world's clock.
    pub(super) at: String,
    /// The method.
    pub(super) method: String,
    /// The path below the API's base, or the whole path if it is not below it.
    pub(super) path: String,
    /// The query, encoded.
    pub(super) query: String,
    /// The status of the answer; null if the connection was reset instead.
    pub(super) status: Option<u16>,
    /// Whether the world is another one since.
    pub(super) wrote: bool,
    /// The fault that struck it, by its id.
    pub(super) fault: Option<u64>,
    /// Whose credentials it had: those that came first are 1, and so on.
    pub(super) caller: usize,
}

/// The requests, in order. Keeps the last 100,000.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    seen: u64,
    /// The digests of credentials, in the order in which they came.
    callers: Vec<String>,
    kept: VecDeque<Entry>,
}

const KEPT: usize = 100_000;

impl Log {
    /// How many requests there have been.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// Opens the entry of a request.
    pub(super) fn open(&mut self, call: &Call, path: &str, at: String) -> Entry {
        self.seen += 1;
        let caller = self.known(call.caller());
        Entry {
            n: self.seen,
            at,
            method: call.method.clone(),
            path: path.to_owned(),
            query: form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&call.query)
                .finish(),
            status: None,
            wrote: false,
            fault: None,
            caller,
        }
    }

    /// The number of whoever calls, from 1 on.
    fn known(&mut self, digest: String) -> usize {
        let place = self.callers.iter().position(|it| *it == digest);
        let place = place.unwrap_or_else(|| {
            self.callers.push(digest);
            self.callers.len() - 1
        });
        place + 1
    }

    /// Keeps a finished entry.
    pub(super) fn close(&mut self, entry: Entry) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(entry);
    }

    /// The entries after number `since`.
    pub(super) fn after(&self, since: u64) -> impl Iterator<Item = &Entry> {
        self.kept.iter().filter(move |entry| entry.n > since)
    }

    /// Forgets the entries.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }
}
