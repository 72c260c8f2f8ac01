//! The store: where it is, and the locks in it.

use std::time::Duration;

use clap::Args;

use super::Files;

/// The store unless another one is named.
pub const DEFAULT_STORE: &str = ".tunctl";

/// Where lock, journal and audit log are kept.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Where lock, journal and audit log are kept: a directory, or `s3://BUCKET/PREFIX`, `gs://…`
    /// or `az://…`, which runs on several machines can share.
    #[arg(
        long = "store",
        global = true,
        value_name = "DIRECTORY|URL",
        default_value = DEFAULT_STORE,
        help_heading = "Store"
    )]
    pub place: String,
    /// How long to wait for a run that has the account locked, such as 10m; 0: not at all.
    #[arg(long, global = true, value_name = "DURATION", default_value = "0", value_parser = super::patience, help_heading = "Store")]
    pub lock_timeout: Duration,
}

/// What `unlock` takes.
#[derive(Debug, Clone, Args)]
pub struct UnlockArgs {
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// Which stacks; they say which accounts.
    #[command(flatten)]
    pub files: Files,
}
