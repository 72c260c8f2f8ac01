//! `tunctl connectors`: who is connected to a tunnel, and their end.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::confirm::confirm;
use super::console::{self, Console, Trouble};
use super::runtime;
use super::session::Session;
use super::stacks::{self, Stack};
use super::tunnel::{self, Found};
use super::way::Way;
use crate::address::{Address, RemoteId};
use crate::apply::handover::{End, Handover};
use crate::apply::{Eviction, Ledger};
use crate::cli::{CleanupArgs, Connectors, Global};
use crate::cloudflare::connection::Connector;
use crate::exit::Exit;
use crate::kind::tunnel::Tunnel;
use crate::problem::Problem;
use crate::render;

/// The command `connectors`.
pub(super) fn run(console: &Console, global: &Global, what: &Connectors) -> Result<Exit, Trouble> {
    let of = match what {
        Connectors::List(of) => of,
        Connectors::Cleanup(cleanup) => &cleanup.of,
    };
    let loaded = stacks::load(global, &of.files)?;
    runtime()?.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let end = match what {
            Connectors::List(of) => list(console, &session, &loaded.stacks, &of.tunnel).await,
            Connectors::Cleanup(it) => cleanup(console, &session, &loaded.stacks, it).await,
        };
        let closed = session.close().await;
        let end = end?;
        closed.map(|()| end)
    })
}

fn at<'a>(session: &'a Session, found: &'a Found) -> Handover<'a, Way> {
    Handover {
        client: &session.client,
        clock: session.clock.as_ref(),
        account: &found.account,
        tunnel: &found.id,
        patience: std::time::Duration::ZERO,
    }
}

async fn list(
    console: &Console,
    session: &Session,
    stacks: &[Stack],
    reference: &str,
) -> Result<Exit, Trouble> {
    let found = tunnel::find(session, stacks, reference).await?;
    let connectors = at(session, &found).connectors().await;
    let connectors = connectors.map_err(Trouble::report)?;
    if console.is_for_programs() {
        console::print_json(&json!({
            "tunnel": found.name, "id": found.id,
            "connectors": render::connectors::json(&connectors),
        }))?;
    } else if connectors.is_empty() {
        let name = tunnel::shown(&found.name);
        console::print(&format!("Nothing is connected to tunnel `{name}`.\n"))?;
    } else {
        console::print(&render::connectors::lines(&connectors))?;
    }
    Ok(Exit::Success)
}

async fn cleanup(
    console: &Console,
    session: &Session,
    stacks: &[Stack],
    arguments: &CleanupArgs,
) -> Result<Exit, Trouble> {
    let found = tunnel::find(session, stacks, &arguments.of.tunnel).await?;
    let handover = at(session, &found);
    let connectors = handover.connectors().await.map_err(Trouble::report)?;
    let chosen = chosen(connectors, arguments)?;
    let name = tunnel::shown(&found.name);
    if !chosen.is_empty() && !arguments.auto_approve {
        console.note(&render::connectors::lines(&chosen));
        let question = format!("Do you want to disconnect these from tunnel `{name}`?");
        if !session.progress.suspend(|| confirm(console, &question))? {
            console.note("Nothing was changed.");
            return Ok(Exit::Error);
        }
    }
    if !chosen.is_empty() {
        let stack = stack_of(stacks, &found);
        disconnect(session, stack, (&found, &handover), &chosen).await?;
    }
    if console.is_for_programs() {
        console::print_json(&json!({
            "tunnel": found.name, "id": found.id,
            "disconnected": render::connectors::json(&chosen),
        }))?;
    } else if chosen.is_empty() {
        console::print(&format!("Nothing to disconnect from tunnel `{name}`.\n"))?;
    } else {
        let lines = render::connectors::lines(&chosen);
        console::print(&format!("Disconnected from tunnel `{name}`:\n{lines}"))?;
    }
    Ok(Exit::Success)
}

/// The stack that declares a tunnel, or else any of its account: its records tell what is done.
fn stack_of<'a>(stacks: &'a [Stack], found: &Found) -> &'a Stack {
    let address = Tunnel::address(&found.name);
    let declares = |it: &&Stack| it.manifest.desired.contains(&address);
    let mut same = stacks
        .iter()
        .filter(|it| it.manifest.account == found.account);
    let declared = same.clone().find(declares);
    let stack = declared.or_else(|| same.next());
    stack.expect("it was found in the account of a stack")
}

/// Disconnects connectors one by one, with one entry in the audit log. The account is not locked:
/// a run that waits for these connections holds its lock, and may go on after this.
async fn disconnect(
    session: &Session,
    stack: &Stack,
    (found, handover): (&Found, &Handover<'_, Way>),
    chosen: &[Connector],
) -> Result<(), Trouble> {
    let address = Tunnel::address(&found.name);
    let eviction = Eviction {
        address: &address,
        id: &found.id,
        reason: "user_requested",
    };
    let ledger = ledger(session, stack);
    let wanted = ids(chosen);
    let noted = ledger.evicting(&eviction, &wanted).await;
    noted.map_err(Trouble::report)?;
    let mut cut = BTreeSet::new();
    let mut ended = Ok(());
    for id in wanted {
        ended = handover.disconnect(&id).await;
        if ended.is_err() {
            break;
        }
        cut.insert(id);
    }
    let noted = ledger.evicted(&eviction, &cut, ended.is_err()).await;
    ended.map_err(Trouble::report)?;
    noted.map_err(Trouble::report)
}

/// Notes who was disconnected because its tunnel got a new secret.
pub(super) async fn note_handover(
    session: &Session,
    stack: &Stack,
    (address, id): (&Address, &RemoteId),
    end: &End,
) -> Result<(), Trouble> {
    let cut = match end {
        End::Done(cut) => ids(cut),
        End::Waiting(_) => BTreeSet::new(),
    };
    if cut.is_empty() {
        return Ok(());
    }
    let eviction = Eviction {
        address,
        id,
        reason: "rotated",
    };
    let noted = ledger(session, stack).evicted(&eviction, &cut, false).await;
    noted.map_err(Trouble::report)
}

fn ledger<'a>(session: &'a Session, stack: &'a Stack) -> Ledger<'a> {
    let (desk, clock) = (session.locks.desk(stack), session.clock.as_ref());
    Ledger::new(desk, clock, Timestamp::now(), [])
}

fn ids(connectors: &[Connector]) -> BTreeSet<RemoteId> {
    connectors.iter().map(|it| it.id.clone()).collect()
}

/// Those that are to be disconnected.
fn chosen(connectors: Vec<Connector>, arguments: &CleanupArgs) -> Result<Vec<Connector>, Trouble> {
    for id in &arguments.connector {
        if !connectors.iter().any(|it| it.id.as_str() == id) {
            let message = format!("the tunnel has no connector `{id}`");
            return Err(Problem::new("tunctl::unknown_connector", message)
                .help("`tunctl connectors list TUNNEL` shows them")
                .into());
        }
    }
    let all = arguments.connector.is_empty();
    let named = |it: &Connector| all || arguments.connector.iter().any(|id| it.id.as_str() == id);
    let wanted = |it: &Connector| named(it) && !(arguments.stale && it.is_connected());
    Ok(connectors.into_iter().filter(wanted).collect())
}
