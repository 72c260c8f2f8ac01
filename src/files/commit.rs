//! Manifests as a commit has them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::walk::{Fault, Walk};
use super::{load_from, unreadable};
use crate::git::Snapshot;
use crate::manifest::yaml::Budget;
use crate::manifest::{self, Manifest};
use crate::problem::Problem;
use crate::source::Sources;

/// The most YAML files of a commit that are looked into for manifests.
const LOOKED_INTO: usize = 50_000;

/// What is longer than this is over the budget of a manifest, and none.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A manifest that a commit has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where, from the commit's first directory.
    pub path: PathBuf,
    /// Whose it is.
    pub stack: String,
    /// The account, with variables filled in.
    pub account: String,
}

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

/// The manifests of a commit, in order of their paths. A file is one if it has `version`, `stack`
/// and `account`; whether it is valid is not of interest.
///
/// # Errors
/// If there is too much to look through, or some of it cannot be looked into.
pub fn manifests(
    snapshot: &Snapshot<'_>,
    variables: &BTreeMap<String, String>,
) -> Result<Vec<Found>, Problem> {
    let endless = || {
        let message = "there are too many files to look for manifests in";
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
    let mut manifests = Vec::new();
    for (index, path) in found.paths.iter().filter(is_yaml).enumerate() {
        if index >= LOOKED_INTO || budget.room() == 0 {
            return Err(endless());
        }
        let bytes = match snapshot.read(path, LONGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::FileTooLarge => continue,
            Err(error) => return Err(unreadable(snapshot, path, &error, None)),
        };
        manifests.extend(manifest(path, &bytes, variables, &mut budget));
    }
    Ok(manifests)
}

fn manifest(
    path: &Path,
    bytes: &[u8],
    variables: &BTreeMap<String, String>,
    budget: &mut Budget,
) -> Option<Found> {
    let keys: [&[u8]; 3] = [b"version", b"stack", b"account"];
    let has = |key: &[u8]| bytes.windows(key.len()).any(|it| it == key);
    // Most files of a repository are something else, and need no parser to show it.
    if !keys.into_iter().all(has) {
        return None;
    }
    let document = manifest::open(&mut Sources::default(), "", bytes, variables, budget);
    document.text("version")?;
    Some(Found {
        path: path.to_owned(),
        stack: document.text("stack")?.to_owned(),
        account: document.text("account")?.to_ascii_lowercase(),
    })
}
