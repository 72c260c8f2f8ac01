//! One raw HTTP exchange, as values. Retries, rates and meaning are decided above it.

use std::fmt;

use thiserror::Error;
use url::form_urlencoded;

use crate::api::credentials::Credentials;
use crate::request::{Method, Request};

/// Whatever carries a call to the API and brings back what it says.
pub trait Wire {
    /// Sends the call once. An answer with an error status is a reply, not an error.
    fn exchange(&self, call: Call) -> impl Future<Output = Result<Reply, WireError>>;
}

/// A request with its credentials, ready for the wire. `Debug` shows no value of a header and
/// no body.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The HTTP method.
    pub method: Method,
    /// Path and query below the API's base, encoded: `/zones?page=1`.
    pub target: String,
    /// Lower-case names.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: Option<Vec<u8>>,
}

/// What came back. `Debug` shows no value of a header and no body.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Lower-case names, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The whole body, decompressed.
    pub body: Vec<u8>,
}

/// Why there is no reply. The first four are known not to have reached the API.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// It may not be sent: somebody else may be writing by now.
    #[error("not sent: another run may hold the account's lock by now")]
    Fenced,
    /// No valid HTTP request can be made of the call.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
    /// A snapshot answers, and what was asked is not in it.
    #[error("the snapshot does not hold it")]
    Unrecorded,
    /// No connection: name, network, proxy or handshake.
    #[error("no connection: {0}")]
    Connect(String),
    /// The server's certificate is not trusted.
    #[error("{0}")]
    Certificate(String),
    /// No complete answer in time.
    #[error("no answer within the timeout")]
    Timeout,
    /// The connection broke after the request may have been sent.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer is longer than anything that the API sends.
    #[error("the answer is longer than {most} bytes")]
    TooLarge {
        /// The limit in bytes.
        most: usize,
    },
}

impl Call {
    pub(crate) fn new(request: &Request, credentials: &Credentials) -> Self {
        let mut headers = credentials.headers();
        headers.push(("accept", "application/json".to_owned()));
        if request.body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        Self {
            method: request.method,
            target: target(request),
            headers,
            body: request
                .body
                .as_ref()
                .map(|body| body.to_string().into_bytes()),
        }
    }
}

impl Reply {
    /// The first header of this lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl WireError {
    /// Whether the API may have carried out the request all the same.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Fenced
            | Self::Unsendable(_)
            | Self::Unrecorded
            | Self::Connect(_)
            | Self::Certificate(_) => false,
            Self::Timeout | Self::Broken(_) | Self::TooLarge { .. } => true,
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            target,
            headers,
            body,
        } = self;
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Call")
            .field("method", method)
            .field("target", target)
            .field("headers", &names)
            .field("body_bytes", &body.as_ref().map(Vec::len))
            .finish()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            headers,
            body,
        } = self;
        let names: Vec<&String> = headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Reply")
            .field("status", status)
            .field("headers", &names)
            .field("body_bytes", &body.len())
            .finish()
    }
}

fn target(request: &Request) -> String {
    if request.query.is_empty() {
        return request.path.clone();
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&request.query)
        .finish();
    format!("{}?{query}", request.path)
}
