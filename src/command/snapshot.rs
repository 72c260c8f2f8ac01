//! Snapshots on disk: `tunctl import --snapshot` writes them, `tunctl plan --from` reads them.

use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde_json::json;

use super::console::{self, Console, Trouble};
use super::environment;
use super::planning::{Planned, Unplanned};
use super::runtime;
use super::session::Session;
use super::stacks::Stacks;
use crate::cli::Global;
use crate::exit::Exit;
use crate::files;
use crate::manifest::yaml::Budget;
use crate::problem::Problem;
use crate::render::{self, escaped};
use crate::snapshot::{self, Fault, Refusal, Snapshot};
use crate::source::Sources;

/// The longest file that is read, in bytes: some two million records.
const LONGEST: usize = 1024 * 1024 * 1024;

/// The command `import --snapshot`.
pub(super) fn take(console: &Console, global: &Global, file: &Path) -> Result<Exit, Trouble> {
    let account = environment::account(global, None)?;
    let (snapshot, refusals) = runtime()?.block_on(async {
        let session = Session::open(console, global, &[]).await?;
        session.progress.note("reading the account");
        let taken = snapshot::take(&session.client, &account, now()).await;
        session.close().await?;
        taken.map_err(Trouble::report)
    })?;
    write(file, &snapshot)?;
    let missing: Vec<Problem> = refusals.iter().map(missing).collect();
    console.problems(&missing, &Sources::default());
    if console.is_for_programs() {
        console::print_json(&json!({
            "format_version": render::json::FORMAT_VERSION,
            "snapshot": file.display().to_string(),
            "account": snapshot.account,
            "at": snapshot.at,
            "reads": snapshot.len(),
            "unread": missing.iter().map(|it| &it.message).collect::<Vec<_>>(),
        }))?;
    }
    console.note(&format!(
        "Wrote {}: whoever may read it knows what is in the account.",
        file.display()
    ));
    Ok(Exit::Success)
}

/// The time in whole seconds: enough for people, and shorter.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Reads a snapshot.
///
/// # Errors
/// If there is none, or none that can be used.
pub(super) fn read(path: &Path) -> Result<Snapshot, Problem> {
    if !path.exists() && !files::is_standard_input(path) {
        let message = format!("there is no `{}`", path.display());
        return Err(Problem::new("tunctl::bad_snapshot", message)
            .help("`tunctl import --snapshot FILE` writes one"));
    }
    let budget = Budget {
        bytes: LONGEST,
        ..Budget::default()
    };
    let bytes = files::input(path, &budget)?;
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|error| refused(path, &Fault::Unreadable(error.to_string())))?;
    Snapshot::from_text(text).map_err(|fault| refused(path, &fault))
}

/// Global flags for a plan from a snapshot: the account is known, so nobody has to say it. Whoever
/// says another one is told so.
pub(super) fn with_account(global: &Global, snapshot: Option<&Snapshot>) -> Global {
    let mut global = global.clone();
    if let Some(snapshot) = snapshot
        && environment::variable(environment::ACCOUNT).is_none()
    {
        // What the command line says comes later and counts.
        let known = format!("{}={}", environment::ACCOUNT, snapshot.account);
        global.variables.insert(0, known);
    }
    global
}

/// What plans from a snapshot say, and whose they are.
pub(super) struct Label {
    account: String,
    mention: Problem,
}

impl Label {
    /// The label of a snapshot.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self {
            account: snapshot.account.clone(),
            mention: mention(snapshot),
        }
    }

    /// Says in every plan what it was made from; of another account there is none.
    pub(super) fn on(
        self,
        loaded: &Stacks,
        planned: Vec<Result<Planned, Unplanned>>,
    ) -> Vec<Result<Planned, Unplanned>> {
        let stacks = loaded.stacks.iter().zip(planned);
        let planned = stacks.map(|(stack, planned)| {
            let own = &stack.manifest.account;
            if !own.eq_ignore_ascii_case(&self.account) {
                return Err(Unplanned::Refused(vec![foreign(own, &self.account)]));
            }
            planned.map(|mut planned| {
                planned.plan.warnings.insert(0, self.mention.clone());
                planned
            })
        });
        planned.collect()
    }
}

/// What every plan from a snapshot says.
fn mention(snapshot: &Snapshot) -> Problem {
    let message = format!(
        "this plan is made from the snapshot of {}, and not from Cloudflare",
        snapshot.at
    );
    Problem::new("tunctl::from_snapshot", message)
        .help("what happened since then is not in it; `apply` plans again")
        .warning()
}

/// A manifest of another account than the snapshot's.
fn foreign(own: &str, account: &str) -> Problem {
    let message =
        format!("the manifest is about account `{own}`, and the snapshot about `{account}`");
    Problem::new("tunctl::snapshot_of_other_account", message)
        .help("take a snapshot of this account with `tunctl import --snapshot FILE`")
}

/// Puts it in the place of the file at once, and for nobody else to read: the temporary file has
/// mode 0600 from the beginning.
fn write(path: &Path, snapshot: &Snapshot) -> Result<(), Trouble> {
    let put = || {
        let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
        file.write_all(snapshot.to_text()?.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    put().map_err(|error: std::io::Error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        Problem::new("tunctl::cannot_write", message).into()
    })
}

fn missing(refusal: &Refusal) -> Problem {
    let Refusal { kind, of } = refusal;
    let what = if of.is_empty() {
        format!("the `{kind}` objects")
    } else {
        format!("the `{kind}` objects of `{}`", escaped(of))
    };
    let message = format!("the token may not read {what}; the snapshot says so in their place");
    Problem::new("tunctl::unread", message)
        .help("a plan that needs them fails as it would with this token")
        .warning()
}

fn refused(path: &Path, fault: &Fault) -> Problem {
    let message = format!("`{}` cannot be used as a snapshot: {fault}", path.display());
    Problem::new("tunctl::bad_snapshot", message)
        .help("take a new one with `tunctl import --snapshot FILE`")
}
