//! What makes the command line comfortable.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// What `completions` takes.
#[derive(Debug, Clone, Args)]
pub struct Completions {
    /// The shell that is to complete.
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// What `man` takes.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Write the pages of all commands there; made if it is not there.
    #[arg(value_name = "DIRECTORY")]
    pub directory: Option<PathBuf>,
}
