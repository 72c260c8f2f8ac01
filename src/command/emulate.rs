//! `tunctl emulate`: the emulator as a server of its own.

use std::net::SocketAddr;

use super::console::{self, Console, Trouble};
use super::runtime;
use crate::cli;
use crate::emulator::{DEFAULT_ACCOUNT, Emulator, Options};
use crate::exit::Exit;
use crate::problem::Problem;

/// The command `emulate`: serves until it is interrupted.
pub(super) fn run(console: &Console, arguments: &cli::Emulate) -> Result<Exit, Trouble> {
    let listen: SocketAddr = arguments.listen.parse().map_err(|_| {
        let message = format!("`{}` is not an address to listen on", arguments.listen);
        Problem::new("tunctl::invalid_listen", message).help("write 127.0.0.1:8787")
    })?;
    let zones = arguments.zones.iter();
    let options = Options {
        zones: zones
            .map(|zone| (DEFAULT_ACCOUNT.to_owned(), zone.clone()))
            .collect(),
        state_file: arguments.state.clone(),
        ..Options::default()
    };
    runtime()?.block_on(async {
        let emulator = Emulator::start(listen, options)
            .await
            .map_err(Trouble::report)?;
        console::print(&format!(
            "Cloudflare's API is emulated at {}\n",
            emulator.base_url
        ))?;
        if arguments.zones.is_empty() {
            console.note("It has no zones yet: `--zone NAME` makes them.");
        }
        console.note(&format!(
            "Try it: CLOUDFLARE_API_TOKEN=any CLOUDFLARE_ACCOUNT_ID={DEFAULT_ACCOUNT} tunctl plan \
             --api-url {}\nStop it with Ctrl-C.",
            emulator.base_url
        ));
        interrupted().await?;
        emulator.stop().await.map_err(Trouble::report)?;
        Ok(Exit::Success)
    })
}

#[cfg(unix)]
async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt,
        _ = terminated.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
