//! `tunctl fmt`: one layout for all manifests. What they say and their comments stay.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::console::{self, Console, Trouble};
use super::environment;
use crate::cli::{FmtArgs, Global};
use crate::exit::Exit;
use crate::files;
use crate::manifest::yaml::{self, Budget};
use crate::problem::Problem;
use crate::source::Sources;

/// A file whose layout is another one.
struct Change {
    file: PathBuf,
    text: String,
}

/// The command `fmt`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &FmtArgs,
) -> Result<Exit, Trouble> {
    let mut sources = Sources::default();
    if let [file] = &arguments.files[..]
        && files::is_standard_input(file)
    {
        return stream(console, arguments, &mut sources);
    }
    let files = named(global, arguments, &mut sources)?;
    let mut changes = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        match change(&file, &mut sources) {
            Ok(change) => changes.extend(change),
            Err(more) => problems.extend(more),
        }
    }
    if !problems.is_empty() {
        return Err(Trouble::Problems(problems, sources));
    }
    if !arguments.check {
        for change in &changes {
            files::replace(&change.file, &change.text).map_err(|error| {
                let message = format!("cannot write `{}`: {error}", change.file.display());
                Problem::new("tunctl::cannot_write", message)
            })?;
        }
    }
    report(console, arguments.check, &changes)
}

fn report(console: &Console, check: bool, changes: &[Change]) -> Result<Exit, Trouble> {
    let names: Vec<String> = changes
        .iter()
        .map(|change| files::named(&change.file))
        .collect();
    if console.is_for_programs() {
        let key = if check { "unformatted" } else { "formatted" };
        console::print_json(&json!({ key: names }))?;
    } else {
        for name in names {
            console::print(&format!("{name}\n"))?;
        }
    }
    Ok(if check && !changes.is_empty() {
        Exit::Error
    } else {
        Exit::Success
    })
}

/// Standard input to standard output; with `--check` nothing but its name.
fn stream(console: &Console, arguments: &FmtArgs, sources: &mut Sources) -> Result<Exit, Trouble> {
    let file = Path::new("-");
    let bytes = files::input(file, &Budget::default())?;
    let (before, text) = yaml::format_file(sources, &files::named(file), &bytes)
        .map_err(|problems| Trouble::Problems(problems, sources.clone()))?;
    if !arguments.check {
        console::print(&text)?;
        return Ok(Exit::Success);
    }
    let file = file.to_owned();
    let changes = (before != text).then_some(Change { file, text });
    report(console, true, changes.as_slice())
}

/// All manifests and what they include, each file once.
fn named(
    global: &Global,
    arguments: &FmtArgs,
    sources: &mut Sources,
) -> Result<Vec<PathBuf>, Trouble> {
    let variables = environment::for_manifests(global)?;
    let mut all: Vec<PathBuf> = Vec::new();
    let mut problems = Vec::new();
    for argument in &arguments.files {
        for stack in files::stacks(argument)? {
            match files::parts(&stack, &variables, sources) {
                Ok(parts) => all.extend(parts),
                Err(more) => problems.extend(more),
            }
        }
    }
    if !problems.is_empty() {
        return Err(Trouble::Problems(problems, sources.clone()));
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|file| seen.insert(file.clone()));
    Ok(all)
}

fn change(file: &Path, sources: &mut Sources) -> Result<Option<Change>, Vec<Problem>> {
    let bytes = files::input(file, &Budget::default()).map_err(|problem| vec![problem])?;
    let (before, text) = yaml::format_file(sources, &files::named(file), &bytes)?;
    let file = file.to_owned();
    Ok((before != text).then_some(Change { file, text }))
}
