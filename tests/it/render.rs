//! Plans and outcomes made by hand, and every view of them.

/// Each action as a block, for people.
mod blocks;
/// Properties: whatever strings come from elsewhere.
mod hostile;
/// JSON, for programs.
mod json;
/// Ingress rules as line diffs.
mod lists;
/// Runs: events as they happen, and the end.
mod outcome;
/// What stands around the blocks, large plans, and what other programs read in it.
mod plan;
/// The line that is drawn while something goes on.
mod progress;
/// Small plans, without a manifest or an account.
mod sample;
