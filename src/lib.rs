//! `tunctl` keeps a Cloudflare Tunnel estate equal to YAML files in git.
//!
//! The modules in the order in which data flows through them:
//! manifest → desired; list → observed; (desired, observed) → plan → guard →
//! render or apply → events → outcome. `docs/architecture.md` has the picture.

pub mod address;
pub mod api;
pub mod apply;
pub mod claim;
pub mod cli;
pub mod cloudflare;
pub mod cloudflared;
pub mod command;
pub mod credential;
pub mod desired;
pub mod diff;
pub mod doctor;
pub mod emulator;
pub mod examine;
pub mod exit;
pub mod export;
pub mod files;
pub mod git;
pub mod graph;
pub mod ingress;
pub mod kind;
pub mod lifetime;
pub mod limits;
pub mod lint;
pub mod manifest;
pub mod observe;
pub mod observed;
pub mod ownership;
pub mod plan;
pub mod problem;
pub mod render;
pub mod request;
pub mod routing;
pub mod scope;
pub mod secret;
pub mod serve;
pub mod shard;
pub mod sink;
pub mod snapshot;
pub mod source;
pub mod store;
pub mod suggest;
pub mod teardown;
pub mod terraform;
pub mod watch;
