//! Cloudflare's operations as values: method, path, query, body, and whether the request may be
//! sent twice. No server.

mod account_token;
mod configuration;
mod connection;
/// Nothing of the documented API is missing.
mod contract;
mod dns_record;
/// Every operation once, behind one face.
mod every;
/// Any answer at all, to any operation.
mod garbage;
/// Against the emulator.
mod live;
mod route;
mod service_token;
mod tunnel;
mod virtual_network;
mod warp_connector;
mod zone;

use jiff::Timestamp;
use tunctl::address::RemoteId;
use tunctl::cloudflare::{List, Operation};

use crate::support::describe::request;

/// The account of every request here.
const ACCOUNT: &str = "ACCOUNT";

fn id(id: &str) -> RemoteId {
    RemoteId::new(id)
}

fn noon() -> Timestamp {
    "2026-09-29T12:00:00Z".parse().expect("a time")
}

/// An operation as lines: the request, then its body.
fn sent<T>(operation: &Operation<T>) -> String {
    request(&operation.request)
}

/// A list as a line: the first request without page and size, then the size.
fn listed<T>(list: &List<T>) -> String {
    let size = list.page_size;
    let pages = size.map_or("no pages".to_owned(), |size| format!("{size} a page"));
    format!("{} ({pages})", request(&list.request))
}
