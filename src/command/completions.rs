//! `tunctl completions`: what a shell sources to complete commands and flags.

use clap::CommandFactory as _;

use super::console::{self, Trouble};
use crate::cli::{Cli, Completions};
use crate::exit::Exit;

/// The command `completions`.
pub(super) fn run(arguments: &Completions) -> Result<Exit, Trouble> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    console::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
