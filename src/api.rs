//! The way to Cloudflare: sends [`Request`]s and hands back the envelope's `result`, or carries
//! out the operations of [`crate::cloudflare`] and hands back what they answer. It knows
//! HTTP, rates and retries, and no kind; every request ends in exactly one answer or error.

pub mod advice;
pub mod base;
pub mod clock;
pub mod credentials;
pub mod envelope;
pub mod error;
pub mod http;
pub mod limit;
pub mod retry;
pub mod wire;

mod admission;
mod page;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::clock::{Clock, SystemClock};
pub use self::credentials::Credentials;
pub use self::error::{ApiError, Meaning};
pub use self::http::Http;
pub use self::wire::{Call, Reply, Wire, WireError};

use self::admission::Admission;
use self::envelope::{Answer, BadReply, Unreadable};
use self::error::{Cause, Failure};
use self::page::Collected;
use self::retry::Verdict;
use crate::cloudflare::{List, Misfit, Operation, decode};
use crate::request::{Method, Request};

/// How often a list is read that changes while it is read. Lists change with every record that
/// somebody makes, but not for three readings on end.
const READINGS: u32 = 3;

/// One client for the process: it holds the rate budget, which all requests share.
pub struct Client<W: Wire = Http> {
    wire: W,
    credentials: Credentials,
    admission: Admission,
    clock: Arc<dyn Clock>,
    notify: Box<dyn Fn(Notice) + Send + Sync>,
    parallelism: usize,
    chance: AtomicU64,
    permit: Permit,
    /// The `Date` of the latest answer, in seconds since 1970; 0 before there is one.
    date: AtomicI64,
}

/// How a client behaves.
pub struct Settings {
    /// Exchanges at the same time.
    pub parallelism: usize,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Is told about waits and retries, to show them.
    pub notify: Box<dyn Fn(Notice) + Send + Sync>,
    /// Spreads the retries of several processes; the same number gives the same waits.
    pub chance: u64,
    /// Whether a write may be sent at this moment; asked before each one, retries included.
    pub permit: Permit,
}

/// Says whether writes may be sent.
pub type Permit = Box<dyn Fn() -> bool + Send + Sync>;

/// Something that makes a run take longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The rate limit makes every request wait.
    Waiting {
        /// From now on.
        wait: Duration,
    },
    /// One request is sent again.
    Retrying {
        /// Its method.
        method: Method,
        /// Its path.
        path: String,
        /// How often it has been sent.
        attempts: u32,
        /// From now on.
        after: Duration,
        /// What went wrong, in one line.
        why: String,
    },
}

/// What has become of a request so far.
#[derive(Debug, Default)]
struct Tries {
    refusals: u32,
    failures: u32,
    lost: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            parallelism: 10,
            clock: Arc::new(SystemClock::default()),
            notify: Box::new(|_| ()),
            chance: 0,
            permit: Box::new(|| true),
        }
    }
}

impl<W: Wire> Client<W> {
    /// A client with a full rate budget.
    #[must_use]
    pub fn new(wire: W, credentials: Credentials, settings: Settings) -> Self {
        let Settings {
            parallelism,
            clock,
            notify,
            chance,
            permit,
        } = settings;
        Self {
            wire,
            credentials,
            admission: Admission::new(parallelism, Arc::clone(&clock)),
            clock,
            notify,
            parallelism: parallelism.max(1),
            chance: AtomicU64::new(chance),
            permit,
            date: AtomicI64::new(0),
        }
    }

    /// What time it was at Cloudflare when it sent the latest answer, in whole seconds.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        let second = self.date.load(Ordering::Relaxed);
        (second > 0)
            .then(|| Timestamp::from_second(second).ok())
            .flatten()
    }

    /// Whether the credentials are the global API key, and no token.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.credentials.is_key()
    }

    /// Exchanges at the same time, at the most.
    #[must_use]
    pub fn parallelism(&self) -> usize {
        self.parallelism
    }

    /// Requests that were sent so far, again and again counted each time.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.admission.granted()
    }

    /// Requests that the rate limit would let through at once now, and how long each one after
    /// them would wait.
    #[must_use]
    pub fn left(&self) -> (u64, Duration) {
        self.admission.left()
    }

    /// Sends a request, again if that is safe and helps, and returns the envelope's `result`,
    /// null if it has none.
    ///
    /// # Errors
    /// When the API refuses it, or cannot be reached, or does not answer. A write may have been
    /// carried out all the same: see [`ApiError::is_ambiguous`].
    pub async fn send(&self, request: &Request) -> Result<Value, ApiError> {
        Ok(self.answer(request).await?.result)
    }

    /// Carries out an operation, and again if that is safe and helps.
    ///
    /// # Errors
    /// As [`Self::send`], and when the result is not what the operation answers: then a write
    /// has most likely been carried out.
    pub async fn run<T: DeserializeOwned>(&self, operation: &Operation<T>) -> Result<T, ApiError> {
        let request = &operation.request;
        let result = self.send(request).await?;
        decode(&result).map_err(|misfit| unreadable(request, unexpected::<T>(misfit)))
    }

    /// Reads a list to its end. The order is the API's.
    ///
    /// # Errors
    /// When any of its pages cannot be read, or an object is not what it should be.
    pub async fn read<T: DeserializeOwned>(&self, list: &List<T>) -> Result<Vec<T>, ApiError> {
        let objects = self.list(&list.request, list.page_size).await?;
        let read = objects.iter().enumerate().map(|(index, object)| {
            decode(object).map_err(|misfit| {
                let misfit = misfit.in_item(index);
                unreadable(&list.request, unexpected::<T>(misfit))
            })
        });
        read.collect()
    }

    /// Reads a list to its end, in pages of this size; without a size it is one request. The
    /// order is the API's.
    ///
    /// # Errors
    /// When any of its pages cannot be read, and when the list never stands still: what is
    /// missing from it would be taken for absent, and made again.
    pub async fn list(
        &self,
        request: &Request,
        page_size: Option<u32>,
    ) -> Result<Vec<Value>, ApiError> {
        let Some(size) = page_size else {
            let answer = self.answer(request).await?;
            return page::items(answer).map_err(|bad| unreadable(request, bad));
        };
        for _ in 0..READINGS {
            if let Some(items) = self.read_through(request, size).await? {
                return Ok(items);
            }
        }
        Err(unreadable(request, Unreadable::Restless))
    }

    async fn read_through(
        &self,
        request: &Request,
        size: u32,
    ) -> Result<Option<Vec<Value>>, ApiError> {
        let bad = |bad| unreadable(request, bad);
        let mut list = Collected::new(size);
        list.add(self.answer(&page::request(request, size, 1)).await?)
            .map_err(bad)?;
        while let Some(missing) = list.missing().map_err(bad)? {
            let mut pages = stream::iter(missing)
                .map(|page| self.page(request, size, page))
                .buffered(self.parallelism);
            while let Some(answer) = pages.next().await {
                list.add(answer?).map_err(bad)?;
                if list.is_complete() {
                    break;
                }
            }
        }
        Ok(list.finish())
    }

    async fn page(&self, request: &Request, size: u32, page: u64) -> Result<Answer, ApiError> {
        self.answer(&page::request(request, size, page)).await
    }

    async fn answer(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut tries = Tries::default();
        loop {
            let failure = match self.attempt(request).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let count = tries.count(&failure);
            let verdict = retry::verdict(request.repeat, failure.outcome(), count);
            let Verdict::Retry { after, told } = verdict else {
                let attempts = tries.attempts();
                return Err(ApiError::new(request, failure, attempts, tries.lost));
            };
            let limited = failure.status() == Some(429);
            let after = if told || limited {
                after
            } else {
                retry::jitter(after, self.chance.fetch_add(1, Ordering::Relaxed))
            };
            (self.notify)(Notice::Retrying {
                method: request.method,
                path: request.path.clone(),
                attempts: tries.attempts(),
                after,
                why: failure.cause.to_string(),
            });
            if limited {
                // A rate limit is everyone's: the next attempt waits at the admission.
                self.admission.pause(after);
            } else {
                self.clock.sleep(after).await;
            }
        }
    }

    /// One exchange, once the rate budget has room for it.
    async fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        let waiting = |wait| (self.notify)(Notice::Waiting { wait });
        let place = self.admission.enter(waiting).await;
        if request.writes() && !(self.permit)() {
            return Err(Failure::wire(WireError::Fenced));
        }
        let started = self.clock.now();
        let exchanged = self
            .wire
            .exchange(Call::new(request, &self.credentials))
            .await;
        let millis = self.clock.now().saturating_sub(started).as_millis();
        trace(request, &exchanged, millis);
        let reply = exchanged.map_err(Failure::wire)?;
        self.admission.learn(&place, &reply);
        if let Some(date) = reply.header("date").and_then(retry::http_date) {
            self.date.store(date.as_second(), Ordering::Relaxed);
        }
        drop(place);
        envelope::read(&reply, &|text| self.credentials.redact(text))
            .map_err(|bad| Failure::replied(&reply, bad))
    }
}

impl Tries {
    /// Counts one more failure, and says how many of its sort there are.
    fn count(&mut self, failure: &Failure) -> u32 {
        self.lost |= failure.may_be_done();
        let count = if failure.status() == Some(429) {
            &mut self.refusals
        } else {
            &mut self.failures
        };
        *count += 1;
        *count
    }

    fn attempts(&self) -> u32 {
        self.refusals + self.failures
    }
}

/// A result of another form than `T`, by the name that `T` has in its module.
fn unexpected<T>(misfit: Misfit) -> Unreadable {
    let name = std::any::type_name::<T>();
    let own = name
        .rsplit_once("cloudflare::")
        .map_or(name, |(_, own)| own);
    Unreadable::Unexpected {
        what: own.trim_end_matches('>').to_owned(),
        misfit,
    }
}

/// An error about the form of an answer that was a good one.
fn unreadable(request: &Request, bad: Unreadable) -> ApiError {
    let failure = Failure {
        cause: Cause::Reply(200, BadReply::Unreadable(bad)),
        ray: None,
        retry_after: None,
    };
    ApiError::new(request, failure, 1, false)
}

fn trace(request: &Request, exchanged: &Result<Reply, WireError>, millis: u128) {
    let method = request.method.as_str();
    let path = request.path.as_str();
    match exchanged {
        Ok(reply) => {
            let ray = error::ray(reply).unwrap_or_default();
            tracing::debug!(method, path, status = reply.status, ray, millis, "exchange");
            let ratelimit = reply.header("ratelimit").unwrap_or_default();
            let policy = reply.header("ratelimit-policy").unwrap_or_default();
            let bytes = reply.body.len();
            tracing::trace!(path, ratelimit, policy, bytes, "answer");
        }
        Err(error) => tracing::debug!(method, path, %error, millis, "exchange"),
    }
}
