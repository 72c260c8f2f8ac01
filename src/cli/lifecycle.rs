//! The end of tunnels: `delete`, `gc`.

use clap::Args;

use super::Files;
use crate::plan::guard::Allowance;

/// What `delete` takes.
#[derive(Debug, Clone, Args)]
pub struct DeleteArgs {
    /// The tunnel: its UUID, a hostname that leads to it, or its name.
    #[arg(value_name = "REF")]
    pub tunnel: String,
    /// What `gc` takes too.
    #[command(flatten)]
    pub end: EndArgs,
}

/// What both `gc` and `delete` take.
#[derive(Debug, Clone, Args)]
pub struct EndArgs {
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// Lift a guard up to a value, such as foreign=2.
    #[arg(long, value_name = "GUARD=N")]
    pub allow: Vec<Allowance>,
    /// Which stacks; they say which accounts, and what is declared.
    #[command(flatten)]
    pub files: Files,
}
