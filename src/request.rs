//! Requests to Cloudflare's API as plain values: kinds make them, `api` sends them, tests
//! compare them.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

/// What may stand in a path segment as it is (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An HTTP method that Cloudflare's API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or acts.
    Post,
    /// Replaces whole.
    Put,
    /// Changes the named fields.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The method as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Whether sending a request twice has the effect of sending it once. A property of the
/// request, not of its method: rolling a token's value is a PUT, and is not repeatable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// May be sent again after a timeout or a 5xx.
    Safe,
    /// After an ambiguous outcome it is looked up again, never re-sent.
    Once,
}

/// One call, without credentials or base URL. `Debug` shows no body: it may hold a secret.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Path below the API's base, percent-encoded, beginning with `/`.
    pub path: String,
    /// Query parameters in order, not yet encoded.
    pub query: Vec<(String, String)>,
    /// JSON body; `None` sends no body and no content type.
    pub body: Option<Value>,
    /// Whether it may be sent twice.
    pub repeat: Repeat,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            query,
            body,
            repeat,
        } = self;
        f.debug_struct("Request")
            .field("method", method)
            .field("path", path)
            .field("query", query)
            .field("body", &body.as_ref().map(|_| "[REDACTED]"))
            .field("repeat", repeat)
            .finish()
    }
}

impl Request {
    /// A request without query and body. Reads and deletes are repeatable, and so are PUT and
    /// PATCH unless [`Request::once`] says otherwise; a POST is not.
    #[must_use]
    pub fn new(method: Method, segments: &[&str]) -> Self {
        let path = segments.iter().fold(String::new(), |path, segment| {
            path + "/" + &utf8_percent_encode(segment, SEGMENT).to_string()
        });
        let repeat = match method {
            Method::Post => Repeat::Once,
            Method::Get | Method::Put | Method::Patch | Method::Delete => Repeat::Safe,
        };
        Self {
            method,
            path,
            query: Vec::new(),
            body: None,
            repeat,
        }
    }

    /// A read.
    #[must_use]
    pub fn get(segments: &[&str]) -> Self {
        Self::new(Method::Get, segments)
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Marks the request as one that must not be sent twice.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.repeat = Repeat::Once;
        self
    }

    /// Whether the request changes anything at Cloudflare.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.method != Method::Get
    }
}
