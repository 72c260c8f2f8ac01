//! `tunctl` keeps a Cloudflare Tunnel estate equal to YAML files in git.
//!
//! The modules in the order in which data flows through them:
//! manifest → desired; list → observed; (desired, observed) → plan → guard →
//! render or apply → events → outcome. `docs/architecture.md` has the picture.

pub mod address;
pub mod api;
pub mod ingress;
pub mod manifest;
pub mod problem;
pub mod request;
pub mod scope;
pub mod source;
