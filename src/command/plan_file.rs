//! Plan files on disk: written whole or not at all, and told from manifests.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path};

use super::console::Trouble;
use super::planning::{Planned, Unplanned};
use super::stacks::{Stack, Stacks};
use crate::cli::PlanArgs;
use crate::files;
use crate::manifest::yaml::Budget;
use crate::plan::Base;
use crate::plan::saved::{Fault, Saved, SavedStack, TOLD_BY};
use crate::problem::Problem;

/// Saves the plans of a run; nothing is written unless every stack has one.
///
/// # Errors
/// If a manifest cannot be named in it, or it cannot be written.
pub(super) fn write(
    path: &Path,
    arguments: &PlanArgs,
    loaded: &Stacks,
    planned: &[Result<Planned, Unplanned>],
) -> Result<(), Trouble> {
    let Ok(plans): Result<Vec<&Planned>, _> = planned.iter().map(Result::as_ref).collect() else {
        return Ok(());
    };
    let stacks = loaded.stacks.iter().zip(plans);
    let stacks = stacks.map(|(stack, planned)| {
        Ok(SavedStack {
            manifest: name(stack)?,
            plan: planned.plan.clone(),
            forecast: planned.forecast.clone(),
        })
    });
    let base = base(loaded)?;
    let saved = Saved {
        // Planned again without a base, it has to leave as much as it left.
        no_delete: arguments.no_delete || (arguments.base.is_some() && base.is_none()),
        base,
        target: arguments.choice.target.clone(),
        exclude: arguments.choice.exclude.clone(),
        stacks: stacks.collect::<Result<_, Problem>>()?,
    };
    let text = saved.to_text().map_err(io::Error::from);
    text.and_then(|text| put(path, &text)).map_err(|error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        Problem::new("tunctl::cannot_write", message).into()
    })
}

/// Reads a plan file. `None`: it is something else, such as a manifest.
///
/// # Errors
/// If it is a plan file, and one that cannot be used.
pub(super) fn read(path: &Path) -> Result<Option<Saved>, Problem> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = files::input(path, &Budget::default())?;
    let Some(text) = told(&bytes) else {
        return Ok(None);
    };
    let saved = Saved::from_text(text).map_err(|fault| refused(path, &fault))?;
    let mut stacks = saved.stacks.iter();
    match stacks.find(|it| !stays_below(Path::new(&it.manifest))) {
        Some(stack) => Err(outside(Path::new(&stack.manifest))),
        None => Ok(Some(saved)),
    }
}

/// What is wrong with a file that should be a plan file.
pub(super) fn refused(path: &Path, fault: &Fault) -> Problem {
    let message = format!("`{}` cannot be used as a plan: {fault}", path.display());
    Problem::new("tunctl::bad_plan_file", message).help("make it anew with `tunctl plan --out`")
}

/// The text of a plan file. Everything that is JSON is YAML too, so a manifest may look alike.
fn told(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_json = text.trim_start().starts_with('{');
    (is_json && text.contains(&format!("\"{TOLD_BY}\""))).then_some(text)
}

/// The one commit that all stacks were compared with, as far as they were.
fn base(loaded: &Stacks) -> Result<Option<String>, Problem> {
    let bases = loaded.stacks.iter().filter_map(|it| it.base.known());
    let bases: BTreeSet<&str> = bases.map(Base::commit).collect();
    if bases.len() > 1 {
        let message = "a plan file cannot name several bases, and the stacks have different ones";
        return Err(Problem::new("tunctl::several_bases", message)
            .help("make a plan file for the stacks of each repository"));
    }
    Ok(bases.first().map(|it| (*it).to_owned()))
}

fn name(stack: &Stack) -> Result<String, Problem> {
    let name = stack.file.to_str().filter(|_| stays_below(&stack.file));
    name.map(str::to_owned).ok_or_else(|| outside(&stack.file))
}

/// Whether a path leads nowhere but below the working directory.
fn stays_below(path: &Path) -> bool {
    let mut parts = path.components();
    parts.all(|it| matches!(it, Component::Normal(_) | Component::CurDir))
}

fn outside(manifest: &Path) -> Problem {
    let message = format!(
        "a plan file cannot name `{}`, which is not below the working directory",
        manifest.display()
    );
    Problem::new("tunctl::manifest_outside", message)
        .help("run tunctl in the directory of the manifest or above it, and name it from there")
}

/// Writes a file whole or not at all, also over one.
pub(super) fn put(path: &Path, text: &str) -> io::Result<()> {
    match files::replace(path, text) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        replaced => return replaced,
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
