//! Cloudflare's API as a program of its own: stateful, faithful, and open to being broken on
//! purpose.
//!
//! [`World`] is the whole of it, synchronous: a [`Call`] in, a [`Reply`] out. [`Emulator`] is
//! the thin shell that puts a world behind a socket and its state into a file.
//!
//! Invariant: nothing here shares a type with the rest of the crate except `ingress`, so that
//! the client and its counterpart cannot be wrong together. `docs/emulator.md` is its manual.

mod access;
mod account_token;
mod body;
mod call;
mod clock;
mod configuration;
mod connection;
mod control;
mod dns;
mod envelope;
mod failure;
mod fault;
mod ids;
mod log;
mod mesh;
mod page;
mod query;
mod rate;
mod route;
mod run_token;
mod server;
mod service_token;
mod state;
mod state_file;
mod table;
mod teamnet;
mod tunnel;
mod verify;
mod visit;
mod warp_connector;
mod world;
mod zone;

pub use call::{Call, Reply};
pub use rate::Rate;
pub use server::{Emulator, Options, StartError};
pub use state_file::StateFileError;
pub use world::{DEFAULT_ACCOUNT, World};
