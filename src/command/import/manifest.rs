//! Where an imported manifest goes: a file, with others beside it, or standard output.

use std::fs;
use std::path::Path;

use super::super::console::{self, Console, Trouble};
use super::super::init;
use crate::cli::{ImportManifest, ImportSplit};
use crate::export::{Exported, Split};
use crate::problem::Problem;
use crate::source::Sources;

/// The name of the stack that is asked for, or the one of the directory.
///
/// # Errors
/// If it cannot be one.
pub(super) fn stack(arguments: &ImportManifest) -> Result<String, Trouble> {
    let output = arguments.output.as_deref();
    let directory = || init::directory_name(output.unwrap_or(Path::new("tunctl.yaml")));
    let stack = arguments.stack.clone().or_else(directory);
    init::checked(stack.unwrap_or_else(|| "edge".to_owned()))
}

/// How the manifest is split.
pub(super) fn split(arguments: &ImportManifest) -> Option<Split> {
    arguments.split.map(|by| match by {
        ImportSplit::Zone => Split::Zone,
        ImportSplit::Team => Split::Team,
    })
}

/// Writes a manifest and says what is to be known about it.
///
/// # Errors
/// If a file is there already, or cannot be written.
pub(super) fn write(
    console: &Console,
    arguments: &ImportManifest,
    exported: &Exported,
) -> Result<(), Trouble> {
    match &arguments.output {
        Some(file) => files(console, file, exported)?,
        None if console.is_for_programs() => console::print_json(&exported.manifest)?,
        None => console::print(&exported.text)?,
    }
    let (declared, ignored, left) = (
        exported.declared,
        exported.ignored.len(),
        exported.left.len(),
    );
    console.note(&format!(
        "{declared} objects imported; {ignored} ignored at first, {left} not declared: comments in \
         the manifest say why."
    ));
    if exported.unsettled.is_empty() {
        console.note("The first plan of it: No changes.");
        return Ok(());
    }
    let message = "the first plan of the manifest will not be empty";
    let problem = Problem::new("tunctl::import_unsettled", message).warning();
    let problem = problem.help(format!(
        "run `tunctl plan`, and put what it shows into `ignore`; found here: {}",
        exported.unsettled.join("; ")
    ));
    console.problems(&[problem], &Sources::default());
    Ok(())
}

/// Writes the manifest's files, the one that includes the others last.
fn files(console: &Console, file: &Path, exported: &Exported) -> Result<(), Trouble> {
    let directory = file.parent().unwrap_or(Path::new(""));
    let taken = |name: &String| directory.join(name).parent().is_some_and(Path::exists);
    if let Some(name) = exported.parts.keys().find(|it| taken(it)) {
        let there = directory.join(name);
        let there = there.parent().unwrap_or(directory).display().to_string();
        let message = format!("`{there}` exists already");
        return Err(Problem::new("tunctl::cannot_write", message)
            .help("what is in it would become part of the manifest; import into another directory")
            .into());
    }
    if file.exists() {
        let message = format!("`{}` exists already", file.display());
        return Err(Problem::new("tunctl::cannot_write", message).into());
    }
    for (name, text) in &exported.parts {
        let part = directory.join(name);
        if let Some(parent) = part.parent() {
            fs::create_dir_all(parent)?;
        }
        init::write(&part, text)?;
    }
    init::write(file, &exported.text)?;
    console.note(&match exported.parts.len() {
        0 => format!("Wrote {}.", file.display()),
        parts => format!(
            "Wrote {} and {parts} files that it includes.",
            file.display()
        ),
    });
    Ok(())
}
