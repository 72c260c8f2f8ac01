//! Signals: the first one ends a run in good order, the second one at once.

use std::future::Future;
use std::io;
use std::pin::pin;

use super::console::{Console, Trouble};
use crate::apply::Stop;
use crate::exit::Exit;

/// Does some work to its end, or as far as signals let it.
///
/// # Errors
/// Those of the work, and if signals cannot be heard.
pub(super) async fn heed(
    console: &Console,
    stop: &Stop,
    work: impl Future<Output = Result<Exit, Trouble>>,
) -> Result<Exit, Trouble> {
    let mut signals = Signals::listen()?;
    let mut work = pin!(work);
    tokio::select! {
        end = &mut work => return end,
        () = signals.next() => {}
    }
    stop.set();
    console.note(
        "Stopping: what is under way is finished, and nothing else begins. Another signal ends \
         this at once.",
    );
    tokio::select! {
        end = &mut work => end,
        () = signals.next() => {
            console.note("Stopped. What was under way may have happened; run again to finish.");
            Ok(Exit::Unsettled)
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
