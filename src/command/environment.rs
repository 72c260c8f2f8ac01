//! The environment, by name. A manifest may name what is meant for it and nothing else, so that
//! a pull request cannot print CI's secrets.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use super::console::Trouble;
use crate::cli::Global;
use crate::emulator::DEFAULT_ACCOUNT;
use crate::problem::Problem;
use crate::teardown::Actor;

/// Variables with this prefix are meant for manifests.
const PREFIX: &str = "TUNCTL_";

/// The account's id, under the name that all of Cloudflare's tools use.
pub(super) const ACCOUNT: &str = "CLOUDFLARE_ACCOUNT_ID";

/// One variable, if it is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variables that manifests may use.
///
/// # Errors
/// If `--var NAME` names a variable that is not set.
pub(super) fn for_manifests(global: &Global) -> Result<BTreeMap<String, String>, Trouble> {
    let mut variables = BTreeMap::new();
    if global.sandbox.is_some() {
        variables.insert(ACCOUNT.to_owned(), DEFAULT_ACCOUNT.to_owned());
    }
    for (name, value) in env::vars_os() {
        if let (Some(name), Some(value)) = (name.to_str(), value.to_str())
            && (name.starts_with(PREFIX) || name == ACCOUNT)
        {
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
    for given in &global.variables {
        let (name, value) = match given.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => (given.as_str(), variable(given).ok_or_else(|| unset(given))?),
        };
        variables.insert(name.to_owned(), value);
    }
    Ok(variables)
}

/// The account that is to be read where no manifest says which: the one that is given, else the
/// one that the variables name.
///
/// # Errors
/// If there is none, or it is no account's id.
pub(super) fn account(global: &Global, given: Option<&str>) -> Result<String, Trouble> {
    let account = match given {
        Some(account) => account.to_owned(),
        None => for_manifests(global)?.remove(ACCOUNT).unwrap_or_default(),
    };
    let account = account.to_ascii_lowercase();
    if account.len() == 32 && account.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Ok(account);
    }
    let message = match account.as_str() {
        "" => "nothing says which account".to_owned(),
        account => format!("`{account}` is not an account's id"),
    };
    let problem = Problem::new("tunctl::no_account", message);
    Err(problem
        .help(format!(
            "export {ACCOUNT}, or name it with `--var {ACCOUNT}=ID` (`import live` also with \
             `--account ID`): 32 hex digits, which the dashboard shows beside the account's name"
        ))
        .into())
}

/// Names that the clouds' own tools use for credentials and settings begin so.
const CLOUDS: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];

/// What tells which machine this is, and which CI job.
const IDENTITY: [&str; 7] = [
    "HOSTNAME",
    "COMPUTERNAME",
    "GITHUB_SERVER_URL",
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "CI_JOB_URL",
    "BUILD_URL",
];

/// The variables that the store may use: credentials of the clouds, and who runs this.
pub(super) fn for_stores() -> BTreeMap<String, String> {
    let is_meant = |name: &str| {
        CLOUDS.iter().any(|prefix| name.starts_with(prefix)) || IDENTITY.contains(&name)
    };
    let texts = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    texts.filter(|(name, _)| is_meant(name)).collect()
}

/// Who runs this, in the words of the CI system; on a workstation the machine says it.
pub(super) fn actor(host: &str, run: Option<&str>) -> Actor {
    let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
    Actor {
        git_sha: first(&["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"]),
        author: first(&["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "USER"]),
        ci_run: run.map(str::to_owned),
        host: Some(host.to_owned()),
    }
}

/// Whether a CI system runs this: all of them set `CI`, Azure Pipelines and Jenkins names of their
/// own.
pub(super) fn is_in_ci() -> bool {
    let any = ["CI", "TF_BUILD", "JENKINS_URL"].map(variable);
    any.into_iter().flatten().any(|value| value != "false")
}

/// Where git is told to look, from wherever it is started: hooks set these relative to where they
/// run. A repository alone means that the work tree is here.
pub(super) fn git() -> Vec<(OsString, PathBuf)> {
    let names = [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
    ];
    let set = names.into_iter().filter_map(|name| {
        let path = env::var_os(name).filter(|it| !it.is_empty())?;
        Some((OsString::from(name), std::path::absolute(path).ok()?))
    });
    let mut set: Vec<(OsString, PathBuf)> = set.collect();
    let is_set = |name: &str| set.iter().any(|(it, _)| it == name);
    if is_set("GIT_DIR")
        && !is_set("GIT_WORK_TREE")
        && let Ok(here) = env::current_dir()
    {
        set.push((OsString::from("GIT_WORK_TREE"), here));
    }
    set
}

fn unset(name: &str) -> Trouble {
    let message = format!("`--var {name}` names an environment variable that is not set");
    Trouble::from(
        Problem::new("tunctl::unset_variable", message)
            .help(format!("export it, or write `--var {name}=VALUE`")),
    )
}
