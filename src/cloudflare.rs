//! Cloudflare's API as typed values: every operation that tunctl may need says its request, its
//! answer and whether it may be sent twice. Nothing is sent here.
//!
//! What is read is read leniently: only fields that somebody could need, whatever may be absent
//! or null is an `Option`, and a word that Cloudflare may add to is a `String`. What is written
//! is exact. A secret is a [`Secret`] and never leaves by accident.
//!
//! Section numbers are those of `cloudflare-api.md`, the contract that this follows.

pub mod account_token;
pub mod configuration;
pub mod connection;
pub mod dns_record;
pub mod route;
pub mod service_token;
pub mod tunnel;
pub mod user_token;
pub mod virtual_network;
pub mod warp_connector;
pub mod zone;

mod misfit;
mod secret;

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::address::RemoteId;
use crate::request::Request;
pub use misfit::{Misfit, decode, keep};
pub use secret::Secret;

/// One request whose answer is a `T`.
pub struct Operation<T> {
    /// What is sent.
    pub request: Request,
    answer: PhantomData<fn() -> T>,
}

/// A read of many `T`.
pub struct List<T> {
    /// What is sent for the first page, without the page's number and size.
    pub request: Request,
    /// Objects a page, the most that Cloudflare gives (1.3); `None` for a list without pages.
    pub page_size: Option<u32>,
    item: PhantomData<fn() -> T>,
}

impl<T> Operation<T> {
    fn new(request: Request) -> Self {
        Self {
            request,
            answer: PhantomData,
        }
    }
}

impl<T> List<T> {
    fn whole(request: Request) -> Self {
        Self {
            request,
            page_size: None,
            item: PhantomData,
        }
    }

    fn paged(request: Request, size: u32) -> Self {
        Self {
            page_size: Some(size),
            ..Self::whole(request)
        }
    }
}

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Operation").field(&self.request).finish()
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("List")
            .field(&self.request)
            .field(&self.page_size)
            .finish()
    }
}

/// An answer that says nothing: `null` or `{}`, the contract allows both (1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nothing;

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The answer to a deletion that hands back no object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Deleted {
    /// What was deleted.
    pub id: RemoteId,
}

/// Which way a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The smallest first.
    Asc,
    /// The largest first.
    Desc,
}

/// How several filters act together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// An object matches one of them.
    Any,
    /// An object matches all of them.
    All,
}

/// What is written, as JSON.
fn body(fields: &impl Serialize) -> Value {
    serde_json::to_value(fields).expect("bodies have text keys and finite numbers")
}

/// A request with a filter's fields as its query: `{a: {b: 1}}` is `a.b=1`, several values are
/// separated by commas, and what is absent is not asked.
fn filtered(request: Request, filter: &impl Serialize) -> Request {
    asked(request, "", &body(filter))
}

fn asked(request: Request, name: &str, value: &Value) -> Request {
    match value {
        Value::Null => request,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => request.query(name, word(value)),
        Value::Array(values) if values.is_empty() => request,
        Value::Array(values) => {
            let words: Vec<String> = values.iter().map(word).collect();
            request.query(name, words.join(","))
        }
        Value::Object(fields) => fields.iter().fold(request, |request, (field, value)| {
            let dot = if name.is_empty() { "" } else { "." };
            asked(request, &format!("{name}{dot}{field}"), value)
        }),
    }
}

fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
