//! What a pattern of paths matches, component by component.
//!
//! Invariant: no directory is looked into twice for the same rest of a pattern, so that circles
//! of links cost nothing; none outside of where the search begins is looked into at all; and no
//! more names are looked at than a limit.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use glob::{Pattern, PatternError};

use super::tree::Tree;

/// How many names one manifest's patterns may look at. A repository has fewer files.
const LOOKED_AT: usize = 200_000;

/// Why a pattern has no complete answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is no pattern.
    Pattern(PatternError),
    /// It would look at too many names.
    Endless,
}

/// The names that may still be looked at.
#[derive(Debug)]
pub(super) struct Walk {
    room: usize,
}

/// One pattern on its way through the directories.
struct Search<'w> {
    walk: &'w mut Walk,
    tree: &'w dyn Tree,
    /// Where it may go: below this, also through links.
    home: PathBuf,
    outside: Vec<PathBuf>,
    visited: BTreeSet<(PathBuf, usize)>,
    found: BTreeSet<PathBuf>,
    unreadable: Vec<(PathBuf, io::Error)>,
}

/// What a pattern matches, in order, and the directories that were not or could not be read.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) paths: Vec<PathBuf>,
    /// Links to directories outside of where the search began.
    pub(super) outside: Vec<PathBuf>,
    pub(super) unreadable: Vec<(PathBuf, io::Error)>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { room: LOOKED_AT }
    }
}

impl Walk {
    /// Everything below `base` that a pattern matches. `**` stands for any directories and does
    /// not follow links.
    ///
    /// # Errors
    /// If it is no pattern, or looks at too many names.
    pub(super) fn find(
        &mut self,
        tree: &dyn Tree,
        base: &Path,
        pattern: &str,
    ) -> Result<Found, Fault> {
        let parts = pattern.split('/').filter(|part| !matches!(*part, "" | "."));
        let mut parts: Vec<&str> = parts.collect();
        // One after the other they mean no more than one, and each is a level of recursion.
        parts.dedup_by(|next, part| *next == "**" && *part == "**");
        let patterns: Result<Vec<Pattern>, PatternError> =
            parts.iter().map(|part| Pattern::new(part)).collect();
        let mut search = Search {
            walk: self,
            tree,
            home: tree.real(base).unwrap_or_else(|_| base.to_owned()),
            outside: Vec::new(),
            visited: BTreeSet::new(),
            found: BTreeSet::new(),
            unreadable: Vec::new(),
        };
        let patterns = patterns.map_err(Fault::Pattern)?;
        search.directory(base, &patterns)?;
        Ok(Found {
            paths: search.found.into_iter().collect(),
            outside: search.outside,
            unreadable: search.unreadable,
        })
    }
}

impl Search<'_> {
    fn directory(&mut self, directory: &Path, patterns: &[Pattern]) -> Result<(), Fault> {
        let Some((first, rest)) = patterns.split_first() else {
            return Ok(());
        };
        let real = self.tree.real(directory);
        let real = match real {
            Ok(real) if !real.starts_with(&self.home) => {
                self.outside.push(directory.to_owned());
                return Ok(());
            }
            Ok(real) => real,
            Err(_) => directory.to_owned(),
        };
        if !self.visited.insert((real, patterns.len())) {
            return Ok(());
        }
        let anywhere = first.as_str() == "**";
        if anywhere {
            self.directory(directory, rest)?;
        }
        for path in self.names(directory)? {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if anywhere {
                if self.tree.is_directory(&path) && !self.tree.is_link(&path) {
                    self.directory(&path, patterns)?;
                }
            } else if first.matches(name) {
                if rest.is_empty() {
                    self.found.insert(path);
                } else if self.tree.is_directory(&path) {
                    self.directory(&path, rest)?;
                }
            }
        }
        Ok(())
    }

    fn names(&mut self, directory: &Path) -> Result<Vec<PathBuf>, Fault> {
        let entries = match self.tree.names(directory) {
            Ok(entries) => entries,
            // What does not exist matches nothing.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                self.unreadable.push((directory.to_owned(), error));
                return Ok(Vec::new());
            }
        };
        let mut names = Vec::new();
        for entry in entries {
            self.walk.room = self.walk.room.checked_sub(1).ok_or(Fault::Endless)?;
            match entry {
                Ok(name) => names.push(directory.join(name)),
                Err(error) => self.unreadable.push((directory.to_owned(), error)),
            }
        }
        Ok(names)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::files::tree::Disk;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// Names that a pattern looks at in a directory with a file and links that lead in circles
    /// and outside.
    fn looked_at(pattern: &str) -> (usize, Found) {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let home = directory.path().join("home");
        fs::create_dir_all(home.join("parts")).expect("a directory can be made");
        fs::write(home.join("parts/a.yaml"), "").expect("a file can be written");
        for index in 0..20 {
            let link = home.join(format!("parts/circle{index}"));
            symlink(".", link).expect("a link can be made");
        }
        symlink("..", home.join("parts/up")).expect("a link can be made");
        symlink("../..", home.join("parts/out")).expect("a link can be made");
        let mut walk = Walk::default();
        let found = walk
            .find(&Disk, &home, pattern)
            .expect("few names are looked at");
        (LOOKED_AT - walk.room, found)
    }

    #[test]
    fn each_directory_is_looked_into_once_for_each_part_of_a_pattern() {
        let parts = 12;
        let (names, found) = looked_at(&format!("{}*.yaml", "*/".repeat(parts)));
        assert!(names <= (1 + 23) * (parts + 1), "{names} names");
        assert!(!found.paths.is_empty());
        let (names, _) = looked_at(&format!("{}a.yaml", "**/".repeat(100_000)));
        assert!(names <= 2 * (1 + 23), "{names} names");
    }

    #[test]
    fn what_is_outside_is_not_looked_into() {
        let (_, found) = looked_at("parts/*/*/*/*.yaml");
        assert!(found.paths.iter().all(|path| path.ends_with("a.yaml")));
        assert!(!found.outside.is_empty());
        assert!(found.outside.iter().all(|path| path.ends_with("out")));
    }
}
