//! The only integration-test binary.

/// What cloudflared does with ingress rules.
mod ingress;
/// YAML into nodes: the gallery of refused texts, the budget, and arbitrary bytes.
mod manifest_yaml;
/// What several tests need.
mod support;
