//! `tunctl man`: the manual pages, made from the same words as `--help`.

use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::console::{self, Console, Trouble};
use crate::cli::{Cli, ManArgs};
use crate::exit::Exit;
use crate::problem::Problem;

/// The command `man`.
pub(super) fn run(console: &Console, arguments: &ManArgs) -> Result<Exit, Trouble> {
    // Nobody looks up the page of `help`.
    let command = Cli::command().disable_help_subcommand(true);
    let Some(directory) = &arguments.directory else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        console::print(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Success);
    };
    let write = || {
        fs::create_dir_all(directory)?;
        clap_mangen::generate_to(command, directory)
    };
    write().map_err(|error| unwritable(directory, &error))?;
    console.note(&format!("Wrote the pages to {}.", directory.display()));
    Ok(Exit::Success)
}

fn unwritable(directory: &Path, error: &io::Error) -> Problem {
    let message = format!("cannot write to `{}`: {error}", directory.display());
    Problem::new("tunctl::cannot_write", message)
}
