//! Asking before anything is written.

use super::console::{Console, Trouble};
use crate::apply::Stop;
use crate::problem::Problem;

/// Asks for a `yes`, as Terraform does. Without a terminal there is nobody to ask.
///
/// # Errors
/// If there is no terminal.
pub(super) fn confirm(console: &Console, question: &str) -> Result<bool, Trouble> {
    somebody(console)?;
    asked(question)
}

/// The same beside other work, which goes on meanwhile: a lock is renewed. A signal is no `yes`.
///
/// # Errors
/// If there is no terminal.
pub(super) async fn confirm_beside(
    console: &Console,
    question: &str,
    stop: &Stop,
) -> Result<bool, Trouble> {
    somebody(console)?;
    let question = question.to_owned();
    let answer = tokio::task::spawn_blocking(move || asked(&question));
    tokio::select! {
        answer = answer => answer.expect("asking does not panic"),
        () = stop.wait() => Ok(false),
    }
}

fn somebody(console: &Console) -> Result<(), Trouble> {
    if console.interactive {
        return Ok(());
    }
    let message = "there is no terminal to ask for approval";
    let problem = Problem::new("tunctl::nobody_to_ask", message);
    Err(problem
        .help("read the plan, then run again with `--auto-approve`")
        .into())
}

fn asked(question: &str) -> Result<bool, Trouble> {
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
