//! `tunctl watch`: the same plans and the same guards as `plan` and `apply`, on a schedule.

mod cycle;
mod tell;

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;

use super::console::{Console, Trouble};
use super::runtime;
use super::signals;
use super::wish::{Ends, Wish};
use crate::api::{Clock, SystemClock};
use crate::apply::Stop;
use crate::cli::{Choice, Global, WatchArgs};
use crate::exit::Exit;
use crate::plan::Policy;
use crate::problem::Problem;
use crate::source::Sources;
use crate::watch::serve::{Pages, serve};
use crate::watch::{self, Board, Cycle, Schedule, Work};

/// One process that watches: what every cycle of it needs.
pub struct Watcher {
    console: Console,
    global: Global,
    arguments: WatchArgs,
    clock: Arc<dyn Clock>,
    stop: Arc<Stop>,
    board: Arc<Mutex<Board>>,
    /// What `apply` would do.
    sync: Wish,
    /// What `gc` would do.
    gc: Wish,
    /// Cycles so far.
    count: u64,
    /// Whether a stop left something undone.
    left: Cell<bool>,
}

impl Watcher {
    /// A watcher that has done nothing yet. It waits by `clock`, ends early once `stop` is set,
    /// and gives signs of life to the board.
    #[must_use]
    pub fn new(
        global: &Global,
        arguments: &WatchArgs,
        clock: Arc<dyn Clock>,
        (stop, board): (Arc<Stop>, Arc<Mutex<Board>>),
    ) -> Self {
        let mut sync = Wish::plain(Policy::Sync);
        if arguments.apply {
            sync.looks = super::keeping::Looks::Programs;
        }
        Self {
            console: Console::new(global),
            global: global.clone(),
            arguments: arguments.clone(),
            clock,
            stop,
            board,
            sync,
            gc: Wish::ending(Ends::Expired, &[]),
            count: 0,
            left: Cell::new(false),
        }
    }
}

impl Work for Watcher {
    async fn cycle(&mut self) -> Cycle {
        self.count += 1;
        Box::pin(self.once()).await
    }

    fn tell(&mut self, cycle: &Cycle, took: Duration, wait: Duration) {
        self.summary(cycle, took, wait);
    }
}

/// The command `watch`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &WatchArgs,
) -> Result<Exit, Trouble> {
    let listen: SocketAddr = arguments.listen.parse().map_err(|_| {
        let message = format!("`{}` is not an address to listen on", arguments.listen);
        Problem::new("tunctl::invalid_listen", message).help("write 127.0.0.1:9464")
    })?;
    if !listen.ip().is_loopback() {
        console.problems(&[exposed(listen)], &Sources::default());
    }
    let runtime = runtime()?;
    let end = runtime.block_on(watch(console, global, arguments, listen));
    // After a second signal nothing is waited for, not even the look-up of a name.
    runtime.shutdown_background();
    end
}

async fn watch(
    console: &Console,
    global: &Global,
    arguments: &WatchArgs,
    listen: SocketAddr,
) -> Result<Exit, Trouble> {
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|error| taken(listen, &error))?;
    let address = listener.local_addr()?;
    console.note(&format!(
        "Watching every {} s; metrics and health at http://{address}/metrics, /healthz and /readyz.",
        arguments.interval.as_secs()
    ));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let stop = Arc::new(Stop::default());
    let board = Board::new(arguments.interval, clock.now());
    let board = Arc::new(Mutex::new(board));
    let pages = Pages {
        board: Arc::clone(&board),
        clock: Arc::clone(&clock),
    };
    let serving = tokio::spawn(serve(listener, pages));
    let shared = (Arc::clone(&stop), Arc::clone(&board));
    let mut watcher = Watcher::new(global, arguments, Arc::clone(&clock), shared);
    // Replicas that start together shall not stay together.
    let (seed, _) = uuid::Uuid::new_v4().as_u64_pair();
    let mut schedule = Schedule::new(arguments.interval, seed);
    let work = async {
        let about = (&mut schedule, board.as_ref());
        watch::run(&mut watcher, clock.as_ref(), &stop, about).await;
        Ok(if watcher.left.get() {
            Exit::Unsettled
        } else {
            Exit::Success
        })
    };
    let end = signals::heed(console, &stop, Box::pin(work)).await;
    serving.abort();
    end
}

fn exposed(listen: SocketAddr) -> Problem {
    let message = format!("other machines may reach {listen}, and it asks nobody who they are");
    Problem::new("tunctl::watch_exposed", message)
        .help("it tells the names of stacks and how they fare, and no secrets; listen on 127.0.0.1, or let a firewall or a network policy keep others out")
        .warning()
}

fn taken(listen: SocketAddr, error: &std::io::Error) -> Trouble {
    let message = format!("cannot listen on {listen}: {error}");
    Problem::new("tunctl::watch_listen", message)
        .help("name another address with `--listen 127.0.0.1:PORT`; port 0 takes any free one")
        .into()
}

impl Wish {
    /// All of a stack, and nothing lifted.
    fn plain(policy: Policy) -> Self {
        Self::new(&Choice::default(), &[], policy).expect("no pattern is wrong where there is none")
    }
}
