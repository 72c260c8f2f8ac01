//! Manifests from disk: the file itself and its includes, and never a byte more than the budget.

mod commit;
mod include;
mod tree;
mod walk;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::manifest::findings::Findings;
use crate::manifest::yaml::Budget;
use crate::manifest::{self, Manifest};
use crate::problem::Problem;
use crate::source::{Sources, Span};
pub use commit::{Found, is_in, load_at, manifests};
use tree::{Disk, Tree};

/// Reads a stack: the manifest and everything that it includes.
///
/// # Errors
/// Everything that is wrong with any of the files, all at once, by place.
pub fn load(
    path: &Path,
    variables: &BTreeMap<String, String>,
    sources: &mut Sources,
    budget: &mut Budget,
) -> Result<Manifest, Vec<Problem>> {
    load_from(&Disk, path, variables, (sources, budget))
}

/// The same, from wherever files are.
fn load_from(
    tree: &dyn Tree,
    path: &Path,
    variables: &BTreeMap<String, String>,
    (sources, budget): (&mut Sources, &mut Budget),
) -> Result<Manifest, Vec<Problem>> {
    let bytes = read(tree, path, budget, None).map_err(|problem| vec![problem])?;
    let main = manifest::open(sources, &tree.shown(path), &bytes, variables, budget);
    let mut findings = Findings::default();
    let files = include::files(tree, path, &main.includes(), &mut findings);
    let mut documents = vec![main];
    for (file, at) in files {
        match read(tree, &file, budget, Some(at)) {
            Ok(bytes) => {
                let name = tree.shown(&file);
                documents.push(manifest::open(sources, &name, &bytes, variables, budget));
            }
            Err(problem) => findings.push(problem),
        }
    }
    match manifest::load(documents) {
        Ok(manifest) if findings.is_empty() => return Ok(manifest),
        Ok(_) => {}
        Err(problems) => findings.extend(problems),
    }
    Err(findings.into_problems())
}

/// A manifest and the files that it includes, unread; what is wrong in them is not of interest.
///
/// # Errors
/// If the manifest cannot be read, or names files that are not there.
pub fn parts(
    path: &Path,
    variables: &BTreeMap<String, String>,
    sources: &mut Sources,
) -> Result<Vec<PathBuf>, Vec<Problem>> {
    let mut budget = Budget::default();
    let bytes = read(&Disk, path, &budget, None).map_err(|problem| vec![problem])?;
    let main = manifest::open(sources, &shown(path), &bytes, variables, &mut budget);
    let mut findings = Findings::default();
    let included = include::files(&Disk, path, &main.includes(), &mut findings);
    if !findings.is_empty() {
        return Err(findings.into_problems());
    }
    let included = included.into_iter().map(|(file, _)| file);
    Ok(std::iter::once(path.to_owned()).chain(included).collect())
}

/// Puts a text in the place of a file, at once and with the same permissions, so that nobody
/// ever sees half of it. A symbolic link stays one.
///
/// # Errors
/// If the directory or the file cannot be written.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let real = path.canonicalize()?;
    let permissions = fs::metadata(&real)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::from(io::ErrorKind::PermissionDenied));
    }
    let directory = real.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&real)?;
    Ok(())
}

/// The name of standard input on the command line.
const STANDARD_INPUT: &str = "-";

/// Whether an argument stands for standard input.
#[must_use]
pub fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

/// Reads a file, or standard input for `-`, if the budget has room for it.
///
/// # Errors
/// If it cannot be read, or is too large.
pub fn input(path: &Path, budget: &Budget) -> Result<Vec<u8>, Problem> {
    if !is_standard_input(path) {
        return read(&Disk, path, budget, None);
    }
    let room = u64::try_from(budget.room()).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let input = io::stdin().lock().take(room.saturating_add(1));
    match { input }.read_to_end(&mut bytes) {
        Err(error) => {
            let message = format!("cannot read standard input: {error}");
            Err(Problem::new("tunctl::unreadable_file", message))
        }
        Ok(_) if bytes.len() > budget.room() => Err(budget.too_large("standard input")),
        Ok(_) => Ok(bytes),
    }
}

/// An argument's name for people.
#[must_use]
pub fn named(path: &Path) -> String {
    if is_standard_input(path) {
        "standard input".to_owned()
    } else {
        shown(path)
    }
}

/// Reads a file that the budget has room for. `at` is where the file is named.
fn read(
    tree: &dyn Tree,
    path: &Path,
    budget: &Budget,
    at: Option<Span>,
) -> Result<Vec<u8>, Problem> {
    let room = u64::try_from(budget.room()).unwrap_or(u64::MAX);
    tree.read(path, room).map_err(|error| {
        if error.kind() != ErrorKind::FileTooLarge {
            return unreadable(tree, path, &error, at);
        }
        let problem = budget.too_large(&tree.shown(path));
        match at {
            Some(at) => problem.at(at, "named here"),
            None => problem,
        }
    })
}

fn unreadable(tree: &dyn Tree, path: &Path, error: &io::Error, at: Option<Span>) -> Problem {
    let name = tree.shown(path);
    let code = "tunctl::unreadable_file";
    let Some(at) = at else {
        let problem = Problem::new(code, format!("cannot read `{name}`: {error}"));
        return if error.kind() == ErrorKind::NotFound {
            problem.help(
                "`tunctl init` writes a starter manifest; another file, or a directory of them, is \
                          the last argument",
            )
        } else {
            problem
        };
    };
    let problem =
        Problem::new(code, "included file cannot be read").at(at, format!("`{name}`: {error}"));
    if tree.is_directory(path) {
        problem.help(format!("write `{name}/*.yaml` for the files in it"))
    } else {
        problem
    }
}

/// A path as people know it; what could act on a terminal is written out.
fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    let mut name = String::new();
    for letter in path.display().to_string().chars() {
        if letter.is_control() {
            name.extend(letter.escape_default());
        } else {
            name.push(letter);
        }
    }
    name
}

/// The manifests that an argument means: a file itself, or every manifest in a directory.
///
/// # Errors
/// If a directory cannot be read or has no manifest in it.
pub fn stacks(argument: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !argument.is_dir() {
        return Ok(vec![argument.to_owned()]);
    }
    let entries =
        fs::read_dir(argument).map_err(|error| unreadable(&Disk, argument, &error, None))?;
    let is_yaml = |path: &PathBuf| {
        let extension = path.extension().and_then(|it| it.to_str());
        matches!(extension, Some("yaml" | "yml"))
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_yaml)
        .filter(|path| is_stack(path))
        .collect();
    files.sort();
    if files.is_empty() {
        let message = format!("no manifest in `{}`", shown(argument));
        return Err(Problem::new("tunctl::no_manifest", message)
            .help("a manifest has `version` and `stack`; `tunctl init` writes a starter"));
    }
    Ok(files)
}

/// Whether a file looks like a manifest and not like a part of one.
fn is_stack(path: &Path) -> bool {
    let mut budget = Budget::default();
    let Ok(bytes) = read(&Disk, path, &budget, None) else {
        return true;
    };
    let document = manifest::open(
        &mut Sources::default(),
        "",
        &bytes,
        &BTreeMap::new(),
        &mut budget,
    );
    document.has("version") && document.has("stack")
}
