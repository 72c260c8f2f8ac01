//! The end of tunnels through the real binary: teardown, what the store remembers of it, expiry,
//! and kills at every request.

/// What stacks claim, and what they may not.
mod claims;
/// `kill -9` at every request, and the run after it.
mod crash;
/// Tunnels that end by themselves.
mod expiry;
/// An account, a store, and runs in directories of their own.
mod place;
/// Records that are damaged, doubled, or lost in the middle of a run.
mod records;
/// One tunnel's end, as the tunnel service publishes it.
mod teardown;
