//! The commands: each reads as the flow that it is. Decides, prints, and says how the run ends.

mod aim;
mod apply;
mod base;
mod completions;
mod confirm;
mod connectors;
mod console;
mod credentials;
mod doctor;
mod drift;
mod emulate;
mod environment;
mod expected;
mod explain;
mod fmt;
mod gc;
mod graph;
mod import;
mod ingress;
mod init;
mod keeping;
mod lock;
mod man;
mod plan_file;
mod planning;
mod records;
mod results;
mod rotate;
mod serve;
mod session;
mod show;
mod signals;
mod snapshot;
mod stacks;
mod status;
mod test;
mod token;
mod tunnel;
mod unlock;
mod validate;
pub mod watch;
mod way;
mod wish;

use std::io;

use clap::ValueEnum as _;
use tokio::runtime::{Builder, Runtime};

use crate::cli::{Cli, Command, Format};
use crate::exit::Exit;
use crate::manifest;
use crate::problem::Problem;
use console::{Console, Trouble};

/// Runs a command to its end. Everything is said when it returns.
#[must_use]
pub fn run(cli: &Cli) -> Exit {
    let console = Console::new(&cli.global);
    let end = match &cli.command {
        command if cli.global.shard.is_some() && !is_sharded(command) => Err(unsharded()),
        command if !prints(command, cli.global.format) => Err(unprintable(cli.global.format)),
        Command::Init(arguments) => init::run(&console, arguments),
        Command::Validate(arguments) => validate::run(&console, &cli.global, arguments),
        Command::Fmt(arguments) => fmt::run(&console, &cli.global, arguments),
        Command::Schema => schema(),
        Command::Explain(arguments) => explain::run(&console, &cli.global, arguments),
        Command::Test(files) => test::run(&console, &cli.global, files),
        Command::Graph(arguments) => graph::run(&console, &cli.global, arguments),
        Command::Ingress(question) => ingress::run(&console, question),
        Command::Import(source) => import::run(&console, &cli.global, source),
        Command::Plan(arguments) => planning::run(&console, &cli.global, arguments),
        Command::Show(arguments) => show::run(&console, arguments),
        Command::Apply(arguments) => apply::run(&console, &cli.global, arguments),
        Command::Destroy(arguments) => apply::destroy(&console, &cli.global, arguments),
        Command::Delete(arguments) => gc::delete(&console, &cli.global, arguments),
        Command::Gc(arguments) => gc::run(&console, &cli.global, arguments),
        Command::Status(files) => status::run(&console, &cli.global, files),
        Command::Drift(arguments) => drift::run(&console, &cli.global, arguments),
        Command::Doctor(arguments) => doctor::run(&console, &cli.global, arguments),
        Command::Rotate(what) => rotate::run(&console, &cli.global, what),
        Command::Connectors(what) => connectors::run(&console, &cli.global, what),
        Command::Token(what) => token::run(&console, &cli.global, what),
        Command::Unlock(arguments) => unlock::run(&console, &cli.global, arguments),
        Command::Watch(arguments) => watch::run(&console, &cli.global, arguments),
        Command::Emulate(arguments) => emulate::run(&console, arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(&console, arguments),
        Command::Serve(arguments) => serve::run(&console, &cli.global, arguments),
    };
    end.unwrap_or_else(|trouble| {
        console.trouble(&trouble);
        trouble.exit()
    })
}

/// Whether a command has results in a format.
fn prints(command: &Command, format: Format) -> bool {
    match format {
        Format::Human | Format::Json => true,
        Format::Junit => matches!(command, Command::Test(_)),
        Format::Markdown | Format::Html => matches!(
            command,
            Command::Plan(_) | Command::Show(_) | Command::Drift(_)
        ),
        Format::Mermaid | Format::Dot | Format::Svg => matches!(command, Command::Graph(_)),
        Format::Github => matches!(
            command,
            Command::Plan(_)
                | Command::Show(_)
                | Command::Drift(_)
                | Command::Validate(_)
                | Command::Test(_)
        ),
    }
}

/// Whether a command takes stacks one by one, so that it may leave some to other processes.
fn is_sharded(command: &Command) -> bool {
    matches!(
        command,
        Command::Validate(_)
            | Command::Plan(_)
            | Command::Apply(_)
            | Command::Drift(_)
            | Command::Gc(_)
            | Command::Watch(_)
    )
}

fn unsharded() -> Trouble {
    let message = "this command does not divide its stacks";
    Problem::new("tunctl::not_sharded", message)
        .help(
            "`--shard` is for `validate`, `plan`, `apply`, `drift`, `gc` and `watch`; leave it out",
        )
        .into()
}

fn unprintable(format: Format) -> Trouble {
    let name = format.to_possible_value();
    let name = name.as_ref().map_or("", |name| name.get_name());
    let message = format!("this command has no format `{name}`");
    Problem::new("tunctl::no_such_format", message)
        .help(
            "`junit` is for `tunctl test`; `markdown` and `html` for `tunctl plan`, `tunctl show` and \
             `tunctl drift`; `github` for all of these and `tunctl validate`; `mermaid`, `dot` and \
             `svg` for `tunctl graph`",
        )
        .into()
}

fn schema() -> Result<Exit, Trouble> {
    console::print_json(&manifest::schema())?;
    Ok(Exit::Success)
}

/// One thread is enough: everything waits for the network.
fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
