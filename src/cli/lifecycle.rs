//! The end of tunnels, and how they fare: `delete`, `gc`, `status`.

use clap::Args;

use super::Files;
use crate::plan::guard::Allowance;

/// What `delete` takes.
#[derive(Debug, Clone, Args)]
pub struct DeleteArgs {
    /// The tunnel: its UUID, a hostname that leads to it, or its name.
    #[arg(value_name = "REF")]
    pub tunnel: String,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// Lift a guard up to a value, such as foreign=2.
    #[arg(long, value_name = "GUARD=N")]
    pub allow: Vec<Allowance>,
    /// Which stacks; they say which account, and what is declared and stays.
    #[command(flatten)]
    pub files: Files,
}

/// What `gc` takes.
#[derive(Debug, Clone, Args)]
pub struct GcArgs {
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// Lift a guard up to a value, such as foreign=2.
    #[arg(long, value_name = "GUARD=N")]
    pub allow: Vec<Allowance>,
    /// Which stacks.
    #[command(flatten)]
    pub files: Files,
}
