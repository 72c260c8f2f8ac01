//! `tunctl import live`: the manifest of an account as it is.

use super::super::console::{Console, Trouble};
use super::super::environment::{self, ACCOUNT};
use super::super::session::Session;
use super::super::{planning, runtime};
use super::manifest;
use crate::cli::{Global, ImportLive};
use crate::exit::Exit;
use crate::export::{Inventory, Wish, export};
use crate::observe::{self, Survey};
use crate::source::Sources;

/// The command `import live`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &ImportLive,
) -> Result<Exit, Trouble> {
    let stack = manifest::stack(&arguments.manifest)?;
    let account = environment::account(global, arguments.account.as_deref())?;
    let (survey, claims) = runtime()?.block_on(async {
        let session = Session::open(console, global, &[]).await?;
        session.progress.note("reading the account");
        let survey = observe::inventory(&session.client, &account, &stack).await;
        let claims = session.locks.claims(&account, &stack).await;
        session.close().await?;
        let claims = claims.map_err(|error| Trouble::from(planning::unread(&error)))?;
        Ok::<_, Trouble>((survey.map_err(Trouble::report)?, claims))
    })?;
    let elsewhere = claims.into_iter().flat_map(|claim| {
        let stack = claim.stack;
        let declares = claim.declares.into_iter();
        declares.map(move |address| (address, stack.clone()))
    });
    let Survey {
        scope,
        observed,
        warnings,
    } = survey;
    let wish = Wish {
        account: match &arguments.account {
            Some(_) => account,
            None => format!("${{{ACCOUNT}}}"),
        },
        title: vec![format!(
            "What the account has, as `tunctl import` found it. As long as nobody changes it, the \
             plan of this file changes nothing."
        )],
        split: manifest::split(&arguments.manifest),
        ..Wish::default()
    };
    let inventory = Inventory {
        scope,
        observed,
        elsewhere: elsewhere.collect(),
    };
    let exported = export(&inventory, &wish);
    manifest::write(console, &arguments.manifest, &exported)?;
    console.problems(&warnings, &Sources::default());
    Ok(Exit::Success)
}
