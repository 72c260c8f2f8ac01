//! What `watch` takes.

use std::time::Duration;

use clap::Args;

use super::Files;

/// What `watch` takes.
#[derive(Debug, Clone, Args)]
pub struct WatchArgs {
    /// Carry plans out, under the same guards as `apply`, and end what has expired; without it
    /// nothing is written at Cloudflare.
    #[arg(long)]
    pub apply: bool,
    /// From the beginning of one cycle to that of the next, give or take a tenth; such as 5m.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = super::duration)]
    pub interval: Duration,
    /// Where `/metrics`, `/healthz` and `/readyz` are served. Whoever reaches it learns the names of
    /// stacks and how they fare.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9464")]
    pub listen: String,
    /// Which stacks; read anew in every cycle.
    #[command(flatten)]
    pub files: Files,
}
