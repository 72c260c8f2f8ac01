//! Asking before anything is written.

use super::console::{Console, Trouble};
use crate::problem::Problem;

/// Asks for a `yes`, as Terraform does. Without a terminal there is nobody to ask.
///
/// # Errors
/// If there is no terminal.
pub(super) fn confirm(console: &Console, question: &str) -> Result<bool, Trouble> {
    if !console.interactive {
        return Err(Problem::new(
            "tunctl::nobody_to_ask",
            "there is no terminal to ask for approval",
        )
        .help("read the plan, then run again with `--auto-approve`")
        .into());
    }
    let answer: String = dialoguer::Input::new()
        .with_prompt(format!(
            "{question}\n  Only `yes` will be accepted to approve.\n\n  Enter a value"
        ))
        .allow_empty(true)
        .interact_text()
        .map_err(|error| match error {
            dialoguer::Error::IO(error) => Trouble::from(error),
        })?;
    Ok(answer.trim() == "yes")
}
