//! Which files a manifest includes.
//!
//! Invariant: none outside of the manifest's own directory, also not through symbolic links,
//! none twice, and never the manifest itself. What cannot be looked into is a problem: a file
//! that is passed over in silence would delete what it declares.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::files::tree::Tree;
use crate::files::unreadable;
use crate::files::walk::{Fault, Walk};
use crate::manifest::findings::Findings;
use crate::problem::Problem;
use crate::source::Span;
use crate::suggest::nearest;

/// How many files one manifest may include: five for each tunnel that an account may have.
const MOST: usize = 5_000;

/// How many names of a directory are thought of when a file is not found.
const LOOKED_AT: usize = 200;

/// The files that the patterns of a manifest name, in order, each with the place of its pattern.
pub(super) fn files(
    tree: &dyn Tree,
    manifest: &Path,
    patterns: &[(String, Span)],
    findings: &mut Findings,
) -> Vec<(PathBuf, Span)> {
    let base = match manifest.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let mut search = Search {
        tree,
        base,
        seen: tree.real(manifest).into_iter().collect(),
        findings,
        files: Vec::new(),
        walk: Walk::default(),
    };
    for (pattern, at) in patterns {
        search.pattern(pattern, *at);
    }
    search.files
}

struct Search<'a> {
    tree: &'a dyn Tree,
    base: &'a Path,
    seen: BTreeSet<PathBuf>,
    findings: &'a mut Findings,
    files: Vec<(PathBuf, Span)>,
    walk: Walk,
}

impl Search<'_> {
    fn pattern(&mut self, pattern: &str, at: Span) {
        let inside = |component| matches!(component, Component::Normal(_) | Component::CurDir);
        if !Path::new(pattern).components().all(inside) {
            self.findings
                .push(outside(at, "this leads out of the manifest's directory"));
            return;
        }
        let Some(found) = self.matches(pattern, at) else {
            return;
        };
        if found.is_empty() {
            let near = near(self.tree, self.base, pattern);
            self.findings.push(nothing(near, at));
        }
        for file in found {
            self.add(file, at);
        }
    }

    /// What a pattern matches, in order; `None` if that is a problem.
    fn matches(&mut self, pattern: &str, at: Span) -> Option<Vec<PathBuf>> {
        let found = match self.walk.find(self.tree, self.base, pattern) {
            Ok(found) => found,
            Err(Fault::Pattern(error)) => {
                self.findings.push(not_a_pattern(at, error.msg));
                return None;
            }
            Err(Fault::Endless) => {
                self.findings.push(endless(at));
                return None;
            }
        };
        for path in &found.outside {
            self.findings.push(leads_outside(self.tree, path, at));
        }
        for (path, error) in &found.unreadable {
            let problem = unreadable(self.tree, path, error, Some(at));
            self.findings.push(problem);
        }
        if found.paths.is_empty() && !found.outside.is_empty() {
            return None;
        }
        if found.paths.len() > MOST - self.files.len() {
            self.findings.push(too_many(at));
            return None;
        }
        Some(found.paths)
    }

    fn add(&mut self, file: PathBuf, at: Span) {
        let real = match self.tree.real(&file) {
            Ok(real) => real,
            Err(error) => {
                let problem = unreadable(self.tree, &file, &error, Some(at));
                self.findings.push(problem);
                return;
            }
        };
        let home = self.tree.real(self.base);
        if !home.is_ok_and(|home| real.starts_with(home)) {
            self.findings.push(leads_outside(self.tree, &file, at));
        } else if self.seen.insert(real) {
            self.files.push((file, at));
        }
    }
}

fn nothing(near: Option<String>, at: Span) -> Problem {
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "paths are relative to the manifest's own directory".to_owned(),
    };
    Problem::new("tunctl::include_matches_nothing", "include matches no file")
        .at(at, "nothing here has such a name")
        .help(help)
}

/// The file beside the one that is named, with a similar name.
fn near(tree: &dyn Tree, base: &Path, pattern: &str) -> Option<String> {
    let (folder, name) = match pattern.rsplit_once('/') {
        Some((folder, name)) => (Some(folder), name),
        None => (None, pattern),
    };
    let entries = tree.names(&base.join(folder.unwrap_or("."))).ok()?;
    let names: BTreeSet<String> = entries
        .take(LOOKED_AT)
        .filter_map(|entry| entry.ok()?.into_string().ok())
        .collect();
    let near = nearest(name, names.iter().map(String::as_str))?;
    Some(folder.map_or_else(|| near.to_owned(), |folder| format!("{folder}/{near}")))
}

fn leads_outside(tree: &dyn Tree, link: &Path, at: Span) -> Problem {
    let label = format!("`{}` is a link that leads outside", tree.shown(link));
    outside(at, &label)
}

fn outside(at: Span, label: &str) -> Problem {
    Problem::new(
        "tunctl::include_outside",
        "include leaves the manifest's directory",
    )
    .at(at, label)
    .help("keep included files below the manifest")
}

fn not_a_pattern(at: Span, reason: &str) -> Problem {
    Problem::new("tunctl::invalid_glob", "invalid pattern")
        .at(at, reason)
        .help("`*` stands for any characters of a name, `**/` for any directories")
}

fn endless(at: Span) -> Problem {
    Problem::new("tunctl::too_many_files", "too many files to look at")
        .at(
            at,
            "this looks through more directories than a manifest needs",
        )
        .help("name the directory that the files are in")
}

fn too_many(at: Span) -> Problem {
    Problem::new("tunctl::too_many_files", "too many included files")
        .at(at, format!("with this, there are more than {MOST}"))
        .help("name fewer files, or put several tunnels into one")
}
