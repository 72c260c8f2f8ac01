//! `tunctl init`: a commented starter manifest that is valid as it stands.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::console::{Console, Trouble};
use serde_json::Value;

use crate::cli::Init;
use crate::exit::Exit;
use crate::manifest::yaml::{Step, edit};
use crate::problem::Problem;

/// What a newcomer starts from.
const STARTER: &str = include_str!("init/starter.yaml");

/// The command `init`.
pub(super) fn run(console: &Console, arguments: &Init) -> Result<Exit, Trouble> {
    let stack = match &arguments.stack {
        Some(stack) => stack.clone(),
        None => directory_name(&arguments.file).unwrap_or_else(|| "edge".to_owned()),
    };
    let stack = checked(stack)?;
    // Another stack's tunnels must not be this one's: what it owns begins with its own name. A
    // pattern takes 3 literal characters.
    let prefix = match stack.len() {
        1 => format!("stack-{stack}-"),
        _ => format!("{stack}-"),
    };
    let starter = STARTER.replace("edge-", &prefix);
    let text = edit::set(0, &starter, &[Step::Key("stack")], &Value::from(stack))?;
    write(&arguments.file, &text)?;
    console.note(&format!(
        "Wrote {0}. Try it out with `tunctl plan --sandbox {0}`; for your own account export \
         CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN.",
        arguments.file.display()
    ));
    Ok(Exit::Success)
}

/// A stack's name that is one.
///
/// # Errors
/// If it is none.
pub(super) fn checked(stack: String) -> Result<String, Trouble> {
    if is_stack_name(&stack) {
        return Ok(stack);
    }
    let message = format!("`{stack}` cannot be a stack's name");
    Err(Problem::new("tunctl::invalid_stack_name", message)
        .help("use 1 to 32 of a-z, 0-9 and `-`, not beginning with `-`")
        .into())
}

/// Writes a new file, and never over one.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Trouble> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| {
            let message = if error.kind() == ErrorKind::AlreadyExists {
                format!("`{}` exists already", path.display())
            } else {
                format!("cannot write `{}`: {error}", path.display())
            };
            Problem::new("tunctl::cannot_write", message)
        })?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

/// The name of the directory that the file will be in, as far as it can be a stack's name.
pub(super) fn directory_name(file: &Path) -> Option<String> {
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let directory = directory.canonicalize().ok()?;
    let name = directory.file_name()?.to_str()?.to_lowercase();
    let legal = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let name = name.replace(|letter: char| !legal(letter), "-");
    let name: String = name.trim_matches('-').chars().take(32).collect();
    is_stack_name(&name).then_some(name)
}

fn is_stack_name(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(legal) && !name.starts_with('-')
}
