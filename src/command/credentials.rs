//! Credentials, from the environment or a file; never from the command line, where every
//! process of the machine could read them.

use std::fs;
use std::path::Path;

use super::console::Trouble;
use super::environment::variable;
use crate::api::Credentials;
use crate::problem::Problem;

/// The credentials of this run.
///
/// # Errors
/// If there are none, or they cannot be right.
pub(super) fn find(token_file: Option<&Path>) -> Result<Credentials, Trouble> {
    if let Some(path) = token_file {
        let token = fs::read_to_string(path).map_err(|error| {
            let message = format!("cannot read `{}`: {error}", path.display());
            Problem::new("tunctl::unreadable_token_file", message)
        })?;
        return Credentials::token(&token).map_err(Trouble::report);
    }
    if let Some(token) = variable("CLOUDFLARE_API_TOKEN") {
        return Credentials::token(&token).map_err(Trouble::report);
    }
    match (variable("CLOUDFLARE_EMAIL"), variable("CLOUDFLARE_API_KEY")) {
        (Some(email), Some(key)) => Credentials::key(&email, &key).map_err(Trouble::report),
        (None, _) | (_, None) => Err(Problem::new(
            "tunctl::no_credentials",
            "there are no credentials for Cloudflare",
        )
        .help(
            "export CLOUDFLARE_API_TOKEN, or use `--token-file FILE`; to try things out without \
             an account, use `--sandbox`",
        )
        .into()),
    }
}
