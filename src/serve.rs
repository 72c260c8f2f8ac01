//! The lifecycle of tunnels as a service: programs ask for a tunnel, keep it by heartbeats, and
//! give it back. The work is done by the same plans, executor and records as everything else.
//!
//! Invariant: a tunnel that somebody may have been told of, or that may be at Cloudflare, has a
//! record in the store until it is gone; and nothing is ended whose record does not say so.

pub mod engine;
pub mod estate;
pub mod http;
pub mod job;
pub mod limit;
pub mod metrics;
pub mod record;
pub mod refusal;
pub mod registry;
pub mod service;
pub mod shelf;
pub mod slug;
pub mod token;
pub mod wish;

pub use engine::Engine;
pub use estate::Estate;
pub use record::{Record, Status};
pub use refusal::Refusal;
pub use service::{Service, Settings};
pub use shelf::Shelf;
pub use token::{Caller, Tokens};
