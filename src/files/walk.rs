//! What a pattern of paths matches, component by component.
//!
//! Invariant: no directory is looked into twice for the same rest of a pattern, so that circles
//! of links cost nothing, and no more names are looked at than a limit.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use glob::{Pattern, PatternError};

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
    visited: BTreeSet<(PathBuf, usize)>,
    found: BTreeSet<PathBuf>,
    unreadable: Vec<(PathBuf, io::Error)>,
}

/// What a pattern matches, in order, and the directories that could not be read.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) paths: Vec<PathBuf>,
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
    pub(super) fn find(&mut self, base: &Path, pattern: &str) -> Result<Found, Fault> {
        let parts: Vec<&str> = pattern
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .collect();
        let patterns: Result<Vec<Pattern>, PatternError> =
            parts.iter().map(|part| Pattern::new(part)).collect();
        let mut search = Search {
            walk: self,
            visited: BTreeSet::new(),
            found: BTreeSet::new(),
            unreadable: Vec::new(),
        };
        let patterns = patterns.map_err(Fault::Pattern)?;
        search.directory(base, &patterns)?;
        Ok(Found {
            paths: search.found.into_iter().collect(),
            unreadable: search.unreadable,
        })
    }
}

impl Search<'_> {
    fn directory(&mut self, directory: &Path, patterns: &[Pattern]) -> Result<(), Fault> {
        let Some((first, rest)) = patterns.split_first() else {
            return Ok(());
        };
        let real = directory.canonicalize();
        let real = real.unwrap_or_else(|_| directory.to_owned());
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
                if path.is_dir() && !path.is_symlink() {
                    self.directory(&path, patterns)?;
                }
            } else if first.matches(name) {
                if rest.is_empty() {
                    self.found.insert(path);
                } else if path.is_dir() {
                    self.directory(&path, rest)?;
                }
            }
        }
        Ok(())
    }

    fn names(&mut self, directory: &Path) -> Result<Vec<PathBuf>, Fault> {
        let entries = match fs::read_dir(directory) {
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
                Ok(entry) => names.push(directory.join(entry.file_name())),
                Err(error) => self.unreadable.push((directory.to_owned(), error)),
            }
        }
        Ok(names)
    }
}
