//! Plans: which part, how they are shown, saved and carried out.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{BaseChoice, Denied, Files};
use crate::plan::guard::Allowance;

/// Which part of a plan.
#[derive(Debug, Clone, Default, Args)]
pub struct Choice {
    /// Only this address and what it refers to; a glob, may be repeated.
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// All but this address and what refers to it; a glob, may be repeated.
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<String>,
}

/// What `plan` takes.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Which part of it.
    #[command(flatten)]
    pub choice: Choice,
    /// Delete nothing.
    #[arg(long)]
    pub no_delete: bool,
    /// Make an ephemeral tunnel again that has ended; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub renew: Vec<String>,
    /// Plan only what the manifest's change since REF causes: since the common ancestor of HEAD
    /// and REF, such as origin/main. `auto`: since the commit of the last complete apply.
    #[arg(long, value_name = "REF")]
    pub base: Option<BaseChoice>,
    /// With --base, read everything, so that all drift is shown.
    #[arg(long, requires = "base")]
    pub full: bool,
    /// Save the plan for `show` and `apply`; over a file that is there.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Plan against a snapshot that `import --snapshot` made; no token, no network.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["sandbox", "api_url", "token_file"]
    )]
    pub from: Option<PathBuf>,
    /// Exit with 2 if there are changes.
    #[arg(long, alias = "non-zero-exit-code")]
    pub detailed_exitcode: bool,
    /// Take warnings of lints for errors: then nothing is planned.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Denied>,
    /// Lift a guard up to a value, such as deletes=12.
    #[arg(long, value_name = "GUARD=N")]
    pub allow: Vec<Allowance>,
    /// Which stacks.
    #[command(flatten)]
    pub files: Files,
}

/// What `show` takes.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// What `plan --out` wrote.
    #[arg(value_name = "PLANFILE")]
    pub file: PathBuf,
}

/// What `apply` takes.
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// Delete nothing.
    #[arg(long)]
    pub no_delete: bool,
    /// Make an ephemeral tunnel again that has ended; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub renew: Vec<String>,
    /// Change only what the manifest's change since REF causes: since the common ancestor of HEAD
    /// and REF, such as origin/main. `auto`: since the commit of the last complete apply. A HEAD
    /// before that commit is refused unless `--allow rollback`.
    #[arg(long, value_name = "REF")]
    pub base: Option<BaseChoice>,
    /// Change something only if the plan has this fingerprint; for several stacks, repeated.
    #[arg(long, value_name = "FINGERPRINT")]
    pub expect: Vec<String>,
    /// How long to wait until all connectors have loaded a new configuration; 0: not at all.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = super::patience)]
    pub converge_timeout: Duration,
    /// Refused, with the reason: a snapshot is no account.
    #[arg(long, value_name = "FILE", hide = true)]
    pub from: Option<PathBuf>,
    /// Take warnings of lints for errors: then nothing is changed.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Denied>,
    /// What `destroy` takes too.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// What both `apply` and `destroy` take.
#[derive(Debug, Clone, Args)]
pub struct WriteArgs {
    /// Which part of the plan.
    #[command(flatten)]
    pub choice: Choice,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// Lift a guard up to a value, such as deletes=12.
    #[arg(long, value_name = "GUARD=N")]
    pub allow: Vec<Allowance>,
    /// Which stacks.
    #[command(flatten)]
    pub files: Files,
}
