//! The parts of Go's standard library (1.26) that cloudflared's answers depend on.
//!
//! Text here is bytes where Go's is, because percent-decoding yields what is not UTF-8.

pub mod address;
pub mod escape;
pub mod text;
pub mod unicode;
pub mod url;
