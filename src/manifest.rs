//! From YAML texts to one checked tree, with the place of every part kept.
//!
//! Invariant: nothing here stops at the first mistake. Each stage returns what it could
//! understand together with everything that was wrong with it.

pub mod findings;
pub mod interpolate;
pub mod merge;
pub mod shape;
pub mod suggest;
pub mod yaml;
