//! `tunctl drift`: the plan seen from the other side, for a schedule. Only reads.

use super::console::{Console, Trouble};
use super::planning;
use super::runtime;
use super::session::Session;
use super::stacks;
use super::wish::Wish;
use crate::cli::{DriftArgs, Global};
use crate::examine;
use crate::exit::Exit;

/// The command `drift`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &DriftArgs,
) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, &arguments.files)?;
    let wish = Wish::drift(&arguments.choice)?;
    let planned = runtime()?.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let mut planned = planning::plan_all(&session, &loaded, &wish).await;
        for (stack, planned) in loaded.stacks.iter().zip(planned.iter_mut().flatten()) {
            let account = &stack.manifest.account;
            let gone = examine::deleted(&session.client, account, &planned.plan).await;
            planned.plan.warnings.extend(gone);
        }
        session.close().await?;
        Ok::<_, Trouble>(planned)
    })?;
    wish.check(&loaded, &planned)?;
    let ends = planning::report(console, &loaded, &wish, &planned)?;
    let ends = ends.into_iter().zip(&planned).map(|((end, _), planned)| {
        let drifted = planned.as_ref().is_ok_and(|it| {
            // A token that somebody disabled is left as it is, and is not as declared.
            !it.plan.is_empty() || it.plan.has_incidents()
        });
        match end {
            Exit::Success if drifted => Exit::Changes,
            Exit::Success
            | Exit::Error
            | Exit::Changes
            | Exit::Blocked
            | Exit::Stale
            | Exit::Unsettled => end,
        }
    });
    Ok(Exit::worst(ends))
}
