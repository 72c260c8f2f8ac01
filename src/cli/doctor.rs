//! Commands that look whether everything is as it should be.

use clap::{Args, ValueEnum};

use super::{Choice, Files};

/// What `drift` takes.
#[derive(Debug, Clone, Args)]
pub struct DriftArgs {
    /// Which part of it.
    #[command(flatten)]
    pub choice: Choice,
    /// Which stacks.
    #[command(flatten)]
    pub files: Files,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// To read: `plan`, `drift` and what else changes nothing.
    Plan,
    /// For every command.
    #[default]
    Apply,
}

/// What `doctor` takes.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// What the token is for: a token that only reads is no mistake where nothing is applied.
    #[arg(long = "for", value_enum, value_name = "COMMAND", default_value_t)]
    pub purpose: Purpose,
    /// Do not try out what a token may do that cannot read its own policies.
    #[arg(long)]
    pub no_probe: bool,
    /// Delete records that carry this stack's mark and lead to deleted tunnels; asks first.
    #[arg(long)]
    pub fix: bool,
    /// Do not ask.
    #[arg(long, requires = "fix")]
    pub auto_approve: bool,
    /// Which stacks.
    #[command(flatten)]
    pub files: Files,
}
