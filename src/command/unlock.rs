//! `tunctl unlock`: who holds the locks of the accounts, and their end.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::confirm::confirm;
use super::console::{self, Console, Trouble};
use super::lock::Locks;
use super::{runtime, stacks};
use crate::cli::{Global, UnlockArgs};
use crate::exit::Exit;
use crate::problem::Problem;
use crate::render::escaped;
use crate::store::{Seen, Store};

/// The command `unlock`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &UnlockArgs,
) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, &arguments.files)?;
    let accounts = loaded.stacks.iter().map(|it| it.manifest.account.as_str());
    let accounts: BTreeSet<&str> = accounts.collect();
    let locks = Locks::open(global)?;
    runtime()?.block_on(async {
        let mut shown = Vec::new();
        let mut end = Exit::Success;
        for account in accounts {
            let seen = locks.store.seen(account).await.map_err(Trouble::report)?;
            let seen = seen.filter(is_held);
            let removed = match &seen {
                None => false,
                Some(seen) => remove(console, &locks.store, arguments, (account, seen)).await?,
            };
            if seen.is_some() && !removed {
                end = Exit::Error;
            }
            shown.push(json(account, seen.as_ref(), removed));
            if !console.is_for_programs() {
                console::print(&words(account, seen.as_ref(), removed))?;
            }
        }
        if console.is_for_programs() {
            console::print_json(&json!({"locks": shown}))?;
        }
        Ok(end)
    })
}

/// A record that cannot be read may be anything, so it counts as held.
fn is_held(seen: &Seen) -> bool {
    seen.record.as_ref().map_or(true, |it| it.holder.is_some())
}

/// Removes a lock, if somebody says so.
async fn remove(
    console: &Console,
    store: &Store,
    arguments: &UnlockArgs,
    (account, seen): (&str, &Seen),
) -> Result<bool, Trouble> {
    if !arguments.auto_approve {
        let question = format!(
            "Account {account} is locked by {}.\n\nIf that run still goes on, it and the next one \
             write at the same time.\nDo you want to remove the lock?",
            holder(seen)
        );
        if !confirm(console, &question)? {
            console.note("Nothing was changed.");
            return Ok(false);
        }
    }
    if store.unlock(account, seen).await.map_err(Trouble::report)? {
        return Ok(true);
    }
    let message = format!("the lock of account {account} is not the one any more that was shown");
    Err(Problem::new("tunctl::lock_moved", message)
        .help("its holder renewed it, or another run took it: run `tunctl unlock` again to see")
        .into())
}

fn holder(seen: &Seen) -> String {
    match &seen.record {
        Ok(record) => escaped(&record.words()).into_owned(),
        Err(reason) => format!("something that is no lock ({})", escaped(reason)),
    }
}

fn words(account: &str, seen: Option<&Seen>, removed: bool) -> String {
    match seen {
        None => format!("Account {account} is not locked.\n"),
        Some(seen) if removed => {
            format!(
                "Account {account} was locked by {}; the lock is removed.\n",
                holder(seen)
            )
        }
        Some(seen) => format!("Account {account} is locked by {}.\n", holder(seen)),
    }
}

fn json(account: &str, seen: Option<&Seen>, removed: bool) -> Value {
    let (record, unreadable) = match seen.map(|seen| &seen.record) {
        None => (None, None),
        Some(Ok(record)) => (Some(record), None),
        Some(Err(reason)) => (None, Some(reason)),
    };
    json!({
        "account": account,
        "locked": seen.is_some() && !removed,
        "removed": removed,
        "record": record,
        "unreadable": unreadable,
    })
}
