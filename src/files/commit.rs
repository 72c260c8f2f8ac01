//! Manifests as a commit has them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::walk::{Fault, Walk};
use super::{load_from, unreadable};
use crate::git::Snapshot;
use crate::manifest::yaml::Budget;
use crate::manifest::{self, Manifest};
use crate::problem::Problem;
use crate::source::Sources;

/// The most manifests and parts of manifests that are looked into for a stack that moved. Five
/// for each tunnel that an account may have, as for includes.
const LOOKED_INTO: usize = 5_000;

/// Reads a stack as a commit has it.
///
/// # Errors
/// Everything that is wrong with any of the files, all at once, by place.
pub fn load_at(
    snapshot: &Snapshot<'_>,
    path: &Path,
    variables: &BTreeMap<String, String>,
    sources: &mut Sources,
) -> Result<Manifest, Vec<Problem>> {
    load_from(snapshot, path, variables, (sources, &mut Budget::default()))
}

/// Whether a commit has a file at a path.
#[must_use]
pub fn is_in(snapshot: &Snapshot<'_>, path: &Path) -> bool {
    snapshot.real(path).is_ok() && !snapshot.is_directory(path)
}

/// The manifests of a commit that are those of a stack in an account, in order.
///
/// # Errors
/// If there is too much to look through, or some of it cannot be looked into.
pub fn of_stack(
    snapshot: &Snapshot<'_>,
    (stack, account): (&str, &str),
    variables: &BTreeMap<String, String>,
) -> Result<Vec<PathBuf>, Problem> {
    let endless = || {
        let message = "there are too many files to look for the manifest in";
        Problem::new("tunctl::too_many_files", message)
    };
    let found = Walk::default().find(snapshot, Path::new(""), "**/*.y*ml");
    let found = found.map_err(|fault| match fault {
        Fault::Pattern(_) | Fault::Endless => endless(),
    })?;
    if let Some((path, error)) = found.unreadable.first() {
        return Err(unreadable(snapshot, path, error, None));
    }
    let is_yaml = |path: &&PathBuf| {
        let extension = path.extension().and_then(|it| it.to_str());
        let is_yaml = matches!(extension, Some("yaml" | "yml"));
        is_yaml && !snapshot.is_link(path) && !snapshot.is_directory(path)
    };
    let mut budget = Budget::default();
    let mut stacks = Vec::new();
    for (index, path) in found.paths.iter().filter(is_yaml).enumerate() {
        if index >= LOOKED_INTO {
            return Err(endless());
        }
        let room = u64::try_from(budget.room()).unwrap_or(u64::MAX);
        let Ok(bytes) = snapshot.read(path, room) else {
            return Err(endless());
        };
        let nowhere = &mut Sources::default();
        let document = manifest::open(nowhere, "", &bytes, variables, &mut budget);
        let says = |key, value| {
            let text = document.text(key);
            text.is_some_and(|text| text.eq_ignore_ascii_case(value))
        };
        if document.has("version") && says("stack", stack) && says("account", account) {
            stacks.push(path.clone());
        }
    }
    Ok(stacks)
}
