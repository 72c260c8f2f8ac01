//! `tunctl doctor --fix`: a plan that deletes records which carry this stack's mark and lead to
//! deleted tunnels, and nothing else. Invariant: if the plan holds anything that was not meant,
//! nothing is done.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::address::{Address, RemoteId};
use crate::apply::Stop;
use crate::command::apply;
use crate::command::console::{Console, Trouble};
use crate::command::planning::{self, Planned, Unplanned};
use crate::command::session::Session;
use crate::command::signals;
use crate::command::stacks::Stacks;
use crate::command::wish::Wish;
use crate::exit::Exit;
use crate::kind::Kind as _;
use crate::kind::dns_record::DnsRecord;
use crate::observed::Owner;
use crate::plan::{Action, Change, Reason};
use crate::problem::Problem;
use crate::render;

/// The plans of the stacks.
type Plans = [Result<Planned, Unplanned>];

/// Plans, asks, deletes. How it ended, and for programs how it ended for each stack.
///
/// # Errors
/// If the account is another one than doctor saw, or there is nobody to ask.
pub(super) async fn run(
    console: &Console,
    session: &Session,
    loaded: &Stacks,
    (whole, sick, auto_approve): (&Plans, &[BTreeSet<RemoteId>], bool),
) -> Result<(Exit, Vec<Value>), Trouble> {
    let pairs = whole.iter().zip(sick);
    let addresses = pairs.flat_map(|(planned, ids)| goners(planned, ids));
    let addresses: BTreeSet<Address> = addresses.collect();
    if addresses.is_empty() {
        console.note(
            "Nothing to mend: `--fix` deletes records that carry this stack's mark, lead to \
             deleted tunnels and are not declared. `tunctl apply` mends those that are.",
        );
        return Ok((Exit::Success, Vec::new()));
    }
    let (wish, stop, mut told) = (Wish::mending(addresses), Stop::default(), Vec::new());
    let work = mend(
        console,
        (session, &stop),
        loaded,
        (&wish, sick, auto_approve),
        &mut told,
    );
    let accounts = loaded.accounts();
    let locked = session
        .locks
        .holding(console, (session, &stop), &accounts, work);
    let end = signals::heed(console, &stop, Box::pin(locked)).await?;
    Ok((end, told))
}

/// Plans again while the accounts are locked, asks, deletes.
async fn mend(
    console: &Console,
    (session, stop): (&Session, &Stop),
    loaded: &Stacks,
    (wish, sick, auto_approve): (&Wish, &[BTreeSet<RemoteId>], bool),
    told: &mut Vec<Value>,
) -> Result<Exit, Trouble> {
    let planned = planning::plan_all(session, loaded, wish).await;
    for (planned, ids) in planned.iter().zip(sick) {
        refuse_surprises(planned, ids)?;
    }
    if console.is_for_programs() && !planning::may_go_on(loaded, wish, &planned) {
        console.note("Nothing was changed: `tunctl apply` would be refused too.");
        return Ok(Exit::Blocked);
    }
    session.progress.finish();
    let approving = apply::approve(console, stop, (wish, auto_approve), loaded, &planned);
    let approved = match approving.await? {
        Ok(approved) => approved,
        Err(exit) => return Ok(exit),
    };
    session.progress.resume();
    let mut ends = Vec::new();
    for it in &approved {
        let outcome = apply::execute(console, session, it, (Duration::ZERO, stop)).await;
        if !console.is_for_programs() {
            apply::tell(console, session, &outcome, wish.policy)?;
        }
        told.push(render::json::outcome_json(&it.planned.plan.stack, &outcome));
        ends.push(apply::end(&outcome, &it.planned.plan));
    }
    Ok(Exit::worst(ends))
}

/// The addresses of the records among those that a plan would delete as not declared.
fn goners(planned: &Result<Planned, Unplanned>, ids: &BTreeSet<RemoteId>) -> Vec<Address> {
    let changes = planned.iter().flat_map(|it| it.plan.changes());
    let goes = changes.filter(|it| is_meant(it, ids));
    goes.map(|it| it.address.clone()).collect()
}

/// Whether a change deletes exactly one record that may go.
fn is_meant(change: &Change, ids: &BTreeSet<RemoteId>) -> bool {
    match &change.action {
        Action::Delete { object, .. } => {
            change.address.kind == DnsRecord::NAME
                && change.reason == Reason::Undeclared
                && object.owner == Owner::Ours
                && ids.contains(&object.id)
        }
        Action::Create { .. }
        | Action::Update { .. }
        | Action::Adopt { .. }
        | Action::Rename { .. }
        | Action::Rotate { .. }
        | Action::Replace { .. } => false,
    }
}

/// The account may have changed since it was looked at.
fn refuse_surprises(
    planned: &Result<Planned, Unplanned>,
    ids: &BTreeSet<RemoteId>,
) -> Result<(), Trouble> {
    let mut changes = planned.iter().flat_map(|it| it.plan.changes());
    match changes.find(|it| !is_meant(it, ids)) {
        None => Ok(()),
        Some(change) => {
            let message = format!("`{}` is not what doctor saw", change.address);
            let problem = Problem::new("tunctl::doctor_outrun", message);
            Err(problem
                .help("nothing was changed; run `tunctl doctor` again")
                .into())
        }
    }
}
