//! `tunctl status`: how the tunnels of a stack fare. Reads, and writes nothing anywhere.

use std::io::Write as _;

use super::console::{self, Console, Trouble};
use super::planning::one;
use super::records::Records;
use super::runtime;
use super::session::Session;
use super::stacks::{self, Stack};
use crate::address::Address;
use crate::cli::{Files, Global};
use crate::cloudflare::connection::{self, Connector};
use crate::exit::Exit;
use crate::kind;
use crate::observe::{self, Survey};
use crate::observed::Object;
use crate::plan::expiry;
use crate::render;
use crate::render::status::{Ending, Fares, Status};
use futures::stream::{self, StreamExt as _};

/// The command `status`.
pub(super) fn run(console: &Console, global: &Global, files: &Files) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, files)?;
    runtime()?.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let mut all = Vec::new();
        for stack in &loaded.stacks {
            let status = gather(&session, stack).await;
            match status {
                Ok(status) => all.push(status),
                Err(trouble) => {
                    session.close().await?;
                    return Err(trouble);
                }
            }
        }
        session.close().await?;
        if console.is_for_programs() {
            let all = all.iter().map(render::status::status_json);
            console::print_json(&one(all.collect()))?;
        } else {
            let mut text = Vec::new();
            for (index, status) in all.iter().enumerate() {
                if index > 0 {
                    writeln!(text)?;
                }
                render::status::text(&mut text, status, console.style)?;
            }
            console::print(&String::from_utf8_lossy(&text))?;
        }
        Ok(Exit::Success)
    })
}

async fn gather(session: &Session, stack: &Stack) -> Result<Status, Trouble> {
    session.progress.note("reading the account");
    let manifest = &stack.manifest;
    let records = session
        .locks
        .records(stack)
        .await
        .map_err(Trouble::report)?;
    let lock = session.locks.store.seen(&manifest.account).await;
    let lock = lock.map_err(Trouble::report)?;
    let ownership = records.ownership(&manifest.ownership, &manifest.desired);
    let survey = observe::observe(
        &session.client,
        &manifest.account,
        &manifest.desired,
        &ownership,
    );
    let mut survey = survey.await.map_err(Trouble::report)?;
    survey.observed.at = session.time();
    let tunnels = tunnels(session, stack, &survey, &records);
    let held = lock.and_then(|seen| seen.record.ok());
    Ok(Status {
        stack: manifest.ownership.stack.clone(),
        account: manifest.account.clone(),
        at: survey.observed.at,
        tunnels: tunnels.await?,
        ended: expiry::ended(&manifest.desired, &survey.observed)
            .into_iter()
            .collect(),
        expiring: expiring(stack, &survey),
        lock: held.filter(|it| it.holder.is_some()).map(|it| it.words()),
        stopping: records.teardowns,
    })
}

/// Everything with connectors that is declared, ours by its name, or being deleted.
async fn tunnels(
    session: &Session,
    stack: &Stack,
    survey: &Survey,
    records: &Records,
) -> Result<Vec<Fares>, Trouble> {
    let manifest = &stack.manifest;
    let begun = |object: &Object| records.teardowns.iter().any(|it| it.id == object.id);
    let ours = survey.observed.iter().filter(|(address, object)| {
        let drains = kind::drains(&address.kind);
        let declared = manifest.desired.contains(address);
        drains && (declared || begun(object) || manifest.ownership.is_ours(address, object))
    });
    let reads = ours.map(|(address, object)| fares(session, stack, survey, (address, object)));
    let reads = stream::iter(reads).buffered(session.client.parallelism());
    reads.collect::<Vec<_>>().await.into_iter().collect()
}

async fn fares(
    session: &Session,
    stack: &Stack,
    survey: &Survey,
    (address, object): (&Address, &Object),
) -> Result<Fares, Trouble> {
    let declared = stack.manifest.desired.get(address);
    let ephemeral = declared.and_then(|it| it.lifecycle.ephemeral);
    let rules = Address::new("tunnel_config", &address.name);
    let rules = survey.observed.at(&rules).first();
    Ok(Fares {
        address: address.clone(),
        id: object.id.clone(),
        status: object.vitals.status.clone().unwrap_or_default(),
        declared: declared.is_some(),
        connectors: connectors(session, stack, (address, object)).await?,
        version: rules.and_then(|it| it.version),
        due: ephemeral.and_then(|it| expiry::due(it, &object.vitals)),
    })
}

/// Who is connected. What nothing is connected to need not be asked.
async fn connectors(
    session: &Session,
    stack: &Stack,
    (address, object): (&Address, &Object),
) -> Result<Vec<Connector>, Trouble> {
    let is_tunnel = address.kind == "tunnel";
    if !is_tunnel || object.vitals.status.as_deref() == Some("inactive") {
        return Ok(Vec::new());
    }
    let list = connection::list(&stack.manifest.account, &object.id);
    session.client.read(&list).await.map_err(Trouble::report)
}

/// Credentials that end, with the time from which they are rotated.
fn expiring(stack: &Stack, survey: &Survey) -> Vec<Ending> {
    let declared = stack.manifest.desired.resources.iter();
    let endings = declared.filter_map(|(address, declared)| {
        let keeping = declared.lifecycle.keeping.as_ref()?;
        let expires = survey.observed.at(address).first()?.expires?;
        let before = keeping.rotate_before.unwrap_or(0);
        let before = jiff::SignedDuration::from_secs(i64::try_from(before).ok()?);
        Some(Ending {
            address: address.clone(),
            at: expires,
            rotates: expires.checked_sub(before).ok(),
        })
    });
    endings.collect()
}
