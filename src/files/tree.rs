//! Where manifests are read from: the disk, or a commit. One set of rules serves both, so that a
//! commit's manifest is the files that it would be if it was checked out.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::shown;
use crate::git::Snapshot;

/// Names in a directory; reading each may fail.
type Names<'a> = Box<dyn Iterator<Item = io::Result<OsString>> + 'a>;

/// Directories and files.
pub(super) trait Tree {
    /// The path with all links followed. Two paths to one file have the same, and what is below
    /// a directory has one that begins with the directory's.
    fn real(&self, path: &Path) -> io::Result<PathBuf>;

    /// Whether it leads to a directory, also through links.
    fn is_directory(&self, path: &Path) -> bool;

    /// Whether it is a link itself.
    fn is_link(&self, path: &Path) -> bool;

    /// What a directory holds, in any order.
    fn names(&self, directory: &Path) -> io::Result<Names<'_>>;

    /// A file; `FileTooLarge` if it has more bytes than `most`.
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>>;

    /// A path as people know it, fit for a terminal.
    fn shown(&self, path: &Path) -> String;
}

/// What is on disk now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disk;

impl Tree for Disk {
    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn is_link(&self, path: &Path) -> bool {
        path.is_symlink()
    }

    fn names(&self, directory: &Path) -> io::Result<Names<'_>> {
        let entries = fs::read_dir(directory)?;
        Ok(Box::new(entries.map(|entry| Ok(entry?.file_name()))))
    }

    /// Of a file that grows meanwhile at most one byte more is read: enough to know.
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let found = fs::metadata(path)?;
        if !found.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        if found.len() > most {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let mut bytes = Vec::new();
        let file = File::open(path)?;
        file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn shown(&self, path: &Path) -> String {
        shown(path)
    }
}

impl Tree for Snapshot<'_> {
    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        Snapshot::real(self, path)
    }

    fn is_directory(&self, path: &Path) -> bool {
        Snapshot::is_directory(self, path)
    }

    fn is_link(&self, path: &Path) -> bool {
        Snapshot::is_link(self, path)
    }

    fn names(&self, directory: &Path) -> io::Result<Names<'_>> {
        let names = Snapshot::names(self, directory)?;
        Ok(Box::new(names.into_iter().map(|name| Ok(name.into()))))
    }

    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        Snapshot::read(self, path, most)
    }

    fn shown(&self, path: &Path) -> String {
        format!("{}:{}", self.commit().short(), shown(path))
    }
}
