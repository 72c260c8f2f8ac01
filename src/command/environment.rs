//! The environment, by name. A manifest may name what is meant for it and nothing else, so that
//! a pull request cannot print CI's secrets.

use std::collections::BTreeMap;
use std::env;

use super::console::Trouble;
use crate::cli::Global;
use crate::emulator::DEFAULT_ACCOUNT;
use crate::problem::Problem;

/// Variables with this prefix are meant for manifests.
const PREFIX: &str = "TUNCTL_";

/// The account's id, under the name that all of Cloudflare's tools use.
const ACCOUNT: &str = "CLOUDFLARE_ACCOUNT_ID";

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

fn unset(name: &str) -> Trouble {
    let message = format!("`--var {name}` names an environment variable that is not set");
    Trouble::from(
        Problem::new("tunctl::unset_variable", message)
            .help(format!("export it, or write `--var {name}=VALUE`")),
    )
}
