//! Manifests from disk: the file itself and its includes, and never a byte more than the budget.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::manifest::yaml::Budget;
use crate::manifest::{self, Document, Manifest};
use crate::problem::Problem;
use crate::source::{Sources, Span};

/// Reads a stack: the manifest and everything that it includes.
///
/// # Errors
/// Everything that is wrong with any of the files, all at once.
pub fn load(
    path: &Path,
    variables: &BTreeMap<String, String>,
    sources: &mut Sources,
    budget: &mut Budget,
) -> Result<Manifest, Vec<Problem>> {
    let bytes = read(path, budget).map_err(|error| vec![unreadable(path, &error, None)])?;
    let main = manifest::open(sources, &shown(path), &bytes, variables, budget);
    let base = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    let mut problems = Vec::new();
    let mut documents = Vec::new();
    for (pattern, at) in main.includes() {
        for file in included(&base, &pattern, at, &mut problems) {
            match read(&file, budget) {
                Ok(bytes) => {
                    let name = shown(&file);
                    documents.push(manifest::open(sources, &name, &bytes, variables, budget));
                }
                Err(error) => problems.push(unreadable(&file, &error, Some(at))),
            }
        }
    }
    documents.insert(0, main);
    finish(documents, problems)
}

fn finish(documents: Vec<Document>, mut problems: Vec<Problem>) -> Result<Manifest, Vec<Problem>> {
    match manifest::load(documents) {
        Ok(manifest) if problems.is_empty() => Ok(manifest),
        Ok(_) => Err(problems),
        Err(more) => {
            problems.extend(more);
            Err(problems)
        }
    }
}

/// Reads at most one byte more than there is room for: enough to know that it is too large.
fn read(path: &Path, budget: &Budget) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(budget.room()).unwrap_or(u64::MAX);
    File::open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files that a pattern names, in order; never outside of the manifest's directory, also
/// not through symbolic links.
fn included(base: &Path, pattern: &str, at: Span, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let outside = |component| !matches!(component, Component::Normal(_) | Component::CurDir);
    if Path::new(pattern).components().any(outside) {
        problems.push(escape(at, "this leads out of the manifest's directory"));
        return Vec::new();
    }
    let literal = glob::Pattern::escape(&base.to_string_lossy());
    let paths = match glob::glob(&format!("{literal}/{pattern}")) {
        Ok(paths) => paths,
        Err(error) => {
            problems.push(
                Problem::new("tunctl::invalid_glob", "pattern is not a glob")
                    .at(at, error.msg.to_owned()),
            );
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> = paths.filter_map(Result::ok).collect();
    files.sort();
    if files.is_empty() {
        problems.push(
            Problem::new("tunctl::include_matches_nothing", "include matches no file")
                .at(at, "nothing here has such a name")
                .help("paths are relative to the manifest's own directory"),
        );
    }
    let home = base.canonicalize();
    let inside = |file: &PathBuf| match (&home, file.canonicalize()) {
        (Ok(home), Ok(real)) => real.starts_with(home),
        (Err(_), _) | (_, Err(_)) => false,
    };
    let (files, escaped): (Vec<_>, Vec<_>) = files.into_iter().partition(inside);
    for file in escaped {
        problems.push(escape(
            at,
            &format!("`{}` is a link that leads outside", shown(&file)),
        ));
    }
    files
}

fn escape(at: Span, label: &str) -> Problem {
    Problem::new(
        "tunctl::include_outside",
        "include leaves the manifest's directory",
    )
    .at(at, label)
    .help("keep included files below the manifest")
}

fn unreadable(path: &Path, error: &io::Error, at: Option<Span>) -> Problem {
    let name = shown(path);
    let problem = match at {
        Some(at) => Problem::new("tunctl::unreadable_file", "included file cannot be read")
            .at(at, format!("`{name}`: {error}")),
        None => Problem::new(
            "tunctl::unreadable_file",
            format!("cannot read `{name}`: {error}"),
        ),
    };
    if error.kind() == io::ErrorKind::NotFound {
        problem.help("`tunctl init` writes a starter manifest")
    } else {
        problem
    }
}

fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    path.display().to_string()
}

/// The manifests that an argument means: a file itself, or every manifest in a directory.
///
/// # Errors
/// If a directory cannot be read or has no manifest in it.
pub fn stacks(argument: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !argument.is_dir() {
        return Ok(vec![argument.to_owned()]);
    }
    let entries = fs::read_dir(argument).map_err(|error| unreadable(argument, &error, None))?;
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
    let Ok(bytes) = read(path, &budget) else {
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
