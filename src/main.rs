//! The command line program.

use std::process::ExitCode;

use clap::Parser;
use tunctl::cli::Cli;
use tunctl::command;
use tunctl::exit::Exit;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => command::run(&cli).into(),
        Err(error) => {
            // Printing usage fails only if nobody is there to read it.
            let _ = error.print();
            let end = if error.use_stderr() {
                Exit::Error
            } else {
                Exit::Success
            };
            end.into()
        }
    }
}
