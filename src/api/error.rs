//! What went wrong with a request, and what it means. Nothing of the request's body, its query
//! or its credentials is kept.

use std::fmt;
use std::time::Duration;

use miette::Diagnostic;
use thiserror::Error;

use crate::api::advice;
use crate::api::envelope::{BadReply, Fault, Unreadable, printable};
use crate::api::retry::{self, Outcome};
use crate::api::wire::{Reply, WireError};
use crate::request::{Method, Request};

/// Code of "could not route to …, perhaps your object identifier is invalid?": a malformed
/// path or id. It never says that an object is gone.
pub const COULD_NOT_ROUTE: u64 = 7003;

/// Code of "no route for that URI", which comes with [`COULD_NOT_ROUTE`].
const NO_ROUTE: u64 = 7000;

/// A request that did not succeed, with everything that is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ApiError(Box<Report>);

/// What an error means to whoever sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// The object does not exist. Never a mere 7003.
    NotFound,
    /// It contradicts what exists; sending it again would not help.
    Conflict,
    /// The credentials are no good.
    Unauthorized,
    /// The credentials do not allow it.
    Forbidden,
    /// The rate limit outlasted our patience.
    RateLimited,
    /// The API understood it and said no.
    Rejected,
    /// The API failed.
    Unavailable,
    /// It was not sent, because somebody else may be writing by now.
    Fenced,
    /// It never reached the API.
    Unreachable,
    /// It left, and no whole answer came back.
    Unanswered,
    /// What came back is not the API's.
    Unreadable,
}

/// How an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// There is a reply, with this status.
    Reply(u16, BadReply),
    /// There is none.
    Wire(WireError),
}

/// One attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) ray: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Report {
    method: Method,
    path: String,
    attempts: u32,
    ambiguous: bool,
    failure: Failure,
}

impl ApiError {
    /// The end of a request. `lost` says that an earlier attempt may have been carried out.
    pub(crate) fn new(request: &Request, failure: Failure, attempts: u32, lost: bool) -> Self {
        Self(Box::new(Report {
            method: request.method,
            path: request.path.clone(),
            attempts,
            ambiguous: request.writes() && (lost || failure.may_be_done()),
            failure,
        }))
    }

    /// What it means; the only thing to branch on besides [`Self::has_code`].
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        self.0.failure.cause.meaning()
    }

    /// Whether this is a write that the API may have carried out all the same: look the object
    /// up again by its natural key before anything else.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.0.ambiguous
    }

    /// Whether the API named this code, at the top or in an `error_chain`.
    #[must_use]
    pub fn has_code(&self, code: u64) -> bool {
        self.faults().iter().any(|fault| fault.has_code(code))
    }

    /// What the API said, in its order; empty when it said nothing readable.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match &self.0.failure.cause {
            Cause::Reply(_, BadReply::Refused(faults)) => faults,
            Cause::Reply(_, BadReply::Unreadable(_)) | Cause::Wire(_) => &[],
        }
    }

    /// The HTTP status, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.failure.status()
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.0.method
    }

    /// The request's path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Cloudflare's `cf-ray`, which its support asks for.
    #[must_use]
    pub fn ray(&self) -> Option<&str> {
        self.0.failure.ray.as_deref()
    }

    /// How often the request was sent, or tried.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the last answer asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.failure.retry_after
    }

    pub(crate) fn cause(&self) -> &Cause {
        &self.0.failure.cause
    }
}

impl Failure {
    /// A failure that an answer shows.
    pub(crate) fn replied(reply: &Reply, bad: BadReply) -> Self {
        Self {
            cause: Cause::Reply(reply.status, bad),
            ray: ray(reply),
            retry_after: reply
                .header("retry-after")
                .and_then(|value| retry::retry_after(value, reply.header("date"))),
        }
    }

    /// A failure without an answer.
    pub(crate) fn wire(error: WireError) -> Self {
        Self {
            cause: Cause::Wire(error),
            ray: None,
            retry_after: None,
        }
    }

    /// The HTTP status, if there was an answer.
    pub(crate) fn status(&self) -> Option<u16> {
        match self.cause {
            Cause::Reply(status, _) => Some(status),
            Cause::Wire(_) => None,
        }
    }

    /// The failure as far as sending again is concerned.
    pub(crate) fn outcome(&self) -> Outcome {
        match &self.cause {
            Cause::Reply(status, _) => Outcome::Status {
                status: *status,
                retry_after: self.retry_after,
            },
            Cause::Wire(WireError::Connect(_)) => Outcome::Unsent,
            Cause::Wire(WireError::Timeout | WireError::Broken(_)) => Outcome::Lost,
            Cause::Wire(
                WireError::Fenced
                | WireError::Unsendable(_)
                | WireError::Unrecorded
                | WireError::Certificate(_)
                | WireError::TooLarge { .. },
            ) => Outcome::Hopeless,
        }
    }

    /// Whether the API may have carried out what failed this way. An unreadable answer with a
    /// good status most likely means that it has.
    pub(crate) fn may_be_done(&self) -> bool {
        match &self.cause {
            Cause::Wire(error) => error.may_have_arrived(),
            Cause::Reply(408 | 500.., _) | Cause::Reply(200..300, BadReply::Unreadable(_)) => true,
            Cause::Reply(..) => false,
        }
    }
}

impl Cause {
    fn meaning(&self) -> Meaning {
        match self {
            Self::Wire(WireError::Fenced) => Meaning::Fenced,
            Self::Wire(error) if error.may_have_arrived() => Meaning::Unanswered,
            Self::Wire(_) => Meaning::Unreachable,
            Self::Reply(429, _) => Meaning::RateLimited,
            Self::Reply(408 | 500.., _) => Meaning::Unavailable,
            Self::Reply(_, BadReply::Unreadable(_)) => Meaning::Unreadable,
            Self::Reply(status, BadReply::Refused(faults)) => refusal(*status, faults),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            attempts,
            ambiguous: _,
            failure:
                Failure {
                    cause,
                    ray,
                    retry_after: _,
                },
        } = self;
        write!(f, "{} {path} failed: {cause}", method.as_str())?;
        if *attempts > 1 {
            write!(f, ", after {attempts} attempts")?;
        }
        ray.as_ref()
            .map_or(Ok(()), |ray| write!(f, " [cf-ray {ray}]"))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) => write!(f, "{error}"),
            Self::Reply(status, BadReply::Unreadable(unreadable)) => {
                write!(f, "status {status}, {unreadable}")
            }
            Self::Reply(status, BadReply::Refused(faults)) => {
                write!(f, "status {status}")?;
                let mut between = ", ";
                for fault in faults {
                    write!(f, "{between}{fault}")?;
                    between = "; ";
                }
                Ok(())
            }
        }
    }
}

impl Diagnostic for ApiError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(advice::code(self.meaning())))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(advice::help(self)))
    }
}

/// The ray of a reply, printable: a header is text from elsewhere.
pub(crate) fn ray(reply: &Reply) -> Option<String> {
    /// Real ones have about 20 characters.
    const LONGEST: usize = 40;
    reply.header("cf-ray").map(|ray| printable(ray, LONGEST))
}

fn refusal(status: u16, faults: &[Fault]) -> Meaning {
    let has = |codes: &[u64]| {
        codes
            .iter()
            .any(|code| faults.iter().any(|fault| fault.has_code(*code)))
    };
    match status {
        404 if is_mere_routing(faults) => Meaning::Rejected,
        404 => Meaning::NotFound,
        409 => Meaning::Conflict,
        401 | 403 if has(&advice::PERMISSION) => Meaning::Forbidden,
        401 => Meaning::Unauthorized,
        403 => Meaning::Forbidden,
        400 if has(&advice::MALFORMED_TOKEN) => Meaning::Unauthorized,
        _ => Meaning::Rejected,
    }
}

/// Whether the answer says nothing but that the path leads nowhere.
fn is_mere_routing(faults: &[Fault]) -> bool {
    !faults.is_empty()
        && faults
            .iter()
            .all(|fault| matches!(fault.code, Some(COULD_NOT_ROUTE | NO_ROUTE)))
}

impl Unreadable {
    /// Whether another program than the API answered.
    pub(crate) fn is_foreign(&self) -> bool {
        match self {
            Self::Text { .. } | Self::Foreign | Self::Redirect { .. } | Self::Empty => true,
            Self::Json { .. }
            | Self::NotAList
            | Self::Endless
            | Self::Restless
            | Self::Unexpected { .. } => false,
        }
    }
}
