//! The only integration-test binary.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

/// The API client: retries, rate, pages, envelope, HTTP.
mod api;
/// The binary as its users and CI run it.
mod cli;
/// Manifests that are wrong, as their authors see it.
mod diagnostics;
/// The emulator, in process and over HTTP.
mod emulator;
/// What cloudflared does with ingress rules.
mod ingress;
/// The same documents through another reader.
mod manifest_differential;
/// Changes of one scalar that leave the rest of a text alone.
mod manifest_edit;
/// Manifests from disk: several mistakes at once, hostile files, damaged examples.
mod manifest_files;
/// Variables in values: what they become, and where a mistake is shown.
mod manifest_interpolate;
/// A manifest and what it includes: sections put together, contradictions at both places.
mod manifest_merge;
/// A tree against a schema: every mistake at its place, and the value that `serde` gets.
mod manifest_shape;
/// YAML into nodes: the gallery of refused texts, the budget, and arbitrary bytes.
mod manifest_yaml;
/// Random worlds: what holds in every one of them.
mod properties;
/// Plans, events and outcomes as text and JSON.
mod render;
/// What several tests share: simulated time, scripted servers, worlds, the binary.
mod support;
