//! `tunctl watch`, and stacks that are divided among several processes.

/// Signs of life, readiness, and metrics in Prometheus's format.
mod board;
/// What runs a watch elsewhere: the examples for Kubernetes and systemd.
mod deploy;
/// What ends by itself, and what began to end.
mod ending;
/// The format of Prometheus, strictly.
mod prometheus;
/// The real binary, watching.
mod running;
/// When cycles begin.
mod schedule;
/// Parts of many stacks.
mod shard;
/// Two watchers, one store, a thousand cycles with faults.
mod soak;
