//! The only integration-test binary.

/// What cloudflared does with ingress rules.
mod ingress;
