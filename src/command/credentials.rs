//! Credentials, from the environment or a file; never from the command line, where every
//! process of the machine could read them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::console::Trouble;
use super::environment::variable;
use crate::api::Credentials;
use crate::problem::Problem;

/// The longest file that can be a token's: Cloudflare's have well under 100 bytes.
const LONGEST: u64 = 16 * 1024;

/// Also from a pipe, such as a shell makes of `<(…)`.
fn read(path: &Path) -> io::Result<String> {
    let mut token = String::new();
    let read = File::open(path)?
        .take(LONGEST + 1)
        .read_to_string(&mut token)?;
    if read as u64 > LONGEST {
        return Err(io::Error::other(
            "it is too long for a token: more than 16 KiB",
        ));
    }
    Ok(token)
}

/// The credentials of this run.
///
/// # Errors
/// If there are none, or they cannot be right.
pub(super) fn find(token_file: Option<&Path>) -> Result<Credentials, Trouble> {
    if let Some(path) = token_file {
        let token = read(path).map_err(|error| {
            let message = format!("cannot read `{}`: {error}", path.display());
            Problem::new("tunctl::unreadable_token_file", message)
                .help("--token-file takes a file or a pipe with nothing in it but the token")
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
