//! `tunctl gc` and `tunctl delete`: the end of tunnels, by the same plan, the same guards and the
//! same teardown as everything else.

use std::collections::BTreeSet;
use std::time::Duration;

use super::apply::{self, Job};
use super::base::Against;
use super::console::{Console, Trouble};
use super::expected::Expected;
use super::session::Session;
use super::stacks::Stacks;
use super::tunnel;
use super::wish::{Ends, Wish};
use crate::cli::{DeleteArgs, EndArgs, Global};
use crate::exit::Exit;
use crate::kind::tunnel::Tunnel;
use crate::ownership::{Cause, Ending};
use crate::problem::Problem;

/// The command `gc`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &EndArgs,
) -> Result<Exit, Trouble> {
    end(console, global, arguments, Ends::Expired)
}

/// The command `delete`.
pub(super) fn delete(
    console: &Console,
    global: &Global,
    arguments: &DeleteArgs,
) -> Result<Exit, Trouble> {
    tunnel::check_reference(&arguments.tunnel)?;
    let named = Ends::Named(arguments.tunnel.clone());
    end(console, global, &arguments.end, named)
}

fn end(
    console: &Console,
    global: &Global,
    arguments: &EndArgs,
    ends: Ends,
) -> Result<Exit, Trouble> {
    let job = Job {
        files: &arguments.files,
        auto_approve: arguments.auto_approve,
        against: Against::nothing(),
        wish: Wish::ending(ends, &arguments.allow),
        expected: Expected::Anything,
        converge: Duration::ZERO,
    };
    apply::perform(console, global, &job)
}

/// The tunnel that is to end, found while its account is locked.
///
/// # Errors
/// If there is none, or it is somebody's: a manifest's, which would make it again, or another
/// stack's.
pub(super) async fn named(
    session: &Session,
    loaded: &Stacks,
    reference: &str,
) -> Result<Ends, Trouble> {
    let found = tunnel::find(session, &loaded.stacks, reference).await?;
    let address = Tunnel::address(&found.name);
    let stacks = loaded.stacks.iter();
    let mut stacks = stacks.filter(|it| it.manifest.account == found.account);
    let stack = stacks
        .next()
        .expect("it was found in the account of a stack");
    if let Some(owner) = std::iter::once(stack)
        .chain(stacks)
        .find(|it| it.manifest.desired.contains(&address))
    {
        let message = format!("`{address}` is declared in `{}`", owner.file.display());
        return Err(Problem::new("tunctl::deletes_declared", message)
            .help("take its entry out of the manifest and apply that; the next apply would make it again")
            .into());
    }
    let records = session
        .locks
        .records(stack)
        .await
        .map_err(Trouble::report)?;
    let mut claims = records.claims.iter();
    let claim = claims.find(|it| it.declares.contains(&address));
    if stack.manifest.ownership.is_ignored(&address) || claim.is_some() {
        let message = match claim {
            Some(claim) => format!("`{address}` is declared by stack `{}`", claim.stack),
            None => format!(
                "`{address}` is ignored by stack `{}`",
                stack.manifest.ownership.stack
            ),
        };
        return Err(Problem::new("tunctl::not_ours", message)
            .help("delete it from its own stack, or let go of it there")
            .into());
    }
    let ending = Ending {
        id: found.id,
        cause: Cause::Requested,
        since: None,
        drain: stack.manifest.desired.drain,
        with: BTreeSet::new(),
    };
    Ok(Ends::One(address, ending))
}
