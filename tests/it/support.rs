//! What several tests share.

/// What people do past tunctl.
pub(crate) mod by_hand;
/// Simulated time.
pub(crate) mod clock;
/// Plans and outcomes as lines.
pub(crate) mod describe;
/// The way to the emulator, which can be cut.
pub(crate) mod line;
/// What is logged.
pub(crate) mod log;
/// A server that answers over TCP with given bytes.
pub(crate) mod loopback;
/// Problems as a user sees them.
pub(crate) mod report;
/// A server in process that answers by a function.
pub(crate) mod script;
/// The real binary, and an account for it to talk to.
pub(crate) mod tunctl;
/// An account and a manifest that speaks of it.
pub(crate) mod world;
