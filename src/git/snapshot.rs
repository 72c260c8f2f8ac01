//! The files of a commit as a tree of names, with the links in it followed.
//!
//! Invariant: nothing outside of the commit is ever looked at, wherever a link leads.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::objects::Objects;
use super::{Commit, Repository};

/// The largest directory that is read: a million files.
const LARGEST_DIRECTORY: u64 = 64 * 1024 * 1024;

/// The longest target of a link: Linux's longest path.
const LONGEST_LINK: u64 = 4096;

/// Links on the way to one file, as Linux has it.
const LINKS: usize = 40;

/// Directories inside each other. What a commit says has no other bound.
const DEEPEST: usize = 64;

/// The files of one commit. Paths are relative to its first directory; a leading `/` means the
/// same.
#[derive(Debug)]
pub struct Snapshot<'r> {
    commit: &'r Commit,
    objects: RefCell<Objects<'r>>,
    directories: RefCell<BTreeMap<String, Rc<Directory>>>,
}

type Directory = BTreeMap<String, Node>;

#[derive(Debug, Clone)]
struct Node {
    kind: NodeKind,
    id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NodeKind {
    Directory,
    File,
    Link,
    /// A commit of another repository, which is not here.
    Submodule,
}

/// Where a path leads once links are followed.
enum Place {
    Inside(Vec<String>, Node),
    Outside,
}

impl<'r> Snapshot<'r> {
    pub(super) fn new(repository: &'r Repository, commit: &'r Commit) -> Self {
        Self {
            commit,
            objects: RefCell::new(Objects::new(repository)),
            directories: RefCell::default(),
        }
    }

    /// The commit.
    #[must_use]
    pub fn commit(&self) -> &Commit {
        self.commit
    }

    /// The path without links, with a leading `/`; what leads out of the commit is `..`.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn real(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(match self.find(path, true)? {
            Place::Inside(names, _) => Path::new("/").join(names.iter().collect::<PathBuf>()),
            Place::Outside => PathBuf::from(".."),
        })
    }

    /// Whether a path leads to a directory. One that is too deep is taken for one, so that who
    /// looks into it hears of that.
    #[must_use]
    pub fn is_directory(&self, path: &Path) -> bool {
        match self.find(path, true) {
            Ok(Place::Inside(_, node)) => node.kind == NodeKind::Directory,
            Ok(Place::Outside) => false,
            Err(error) => error.kind() == ErrorKind::InvalidFilename,
        }
    }

    /// Whether a path is itself a link.
    #[must_use]
    pub fn is_link(&self, path: &Path) -> bool {
        matches!(self.find(path, false), Ok(Place::Inside(_, it)) if it.kind == NodeKind::Link)
    }

    /// The names in a directory, in order. Those that are not UTF-8, or no names, are left out.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        match self.find(directory, true)? {
            Place::Inside(_, node) => Ok(self.directory(&node)?.keys().cloned().collect()),
            Place::Outside => Err(ErrorKind::NotFound.into()),
        }
    }

    /// A file of at most so many bytes.
    ///
    /// # Errors
    /// `NotFound` if it is not there, `FileTooLarge` if it has more, else why it cannot be read.
    pub fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        match self.find(path, true)? {
            Place::Inside(_, node) if node.kind == NodeKind::File => {
                let object = self.objects.borrow_mut().read(&node.id, most)?;
                Ok(object.bytes)
            }
            Place::Inside(..) => Err(io::Error::other("it is not a file")),
            Place::Outside => Err(ErrorKind::NotFound.into()),
        }
    }

    /// Follows a path, and links on the way; the last one only if asked to.
    fn find(&self, path: &Path, follow: bool) -> io::Result<Place> {
        let mut open: VecDeque<String> = VecDeque::new();
        if !push(&mut open, path) {
            return Ok(Place::Outside);
        }
        let mut at = vec![(String::new(), self.root())];
        let mut links = 0;
        while let Some(name) = open.pop_front() {
            if name == ".." {
                at.pop();
                if at.is_empty() {
                    return Ok(Place::Outside);
                }
                continue;
            }
            let (_, here) = at.last().expect("it is left when it is empty");
            let directory = self.directory(here)?;
            let node = directory.get(&name).ok_or(ErrorKind::NotFound)?;
            if node.kind == NodeKind::Link && (follow || !open.is_empty()) {
                links += 1;
                let target = self.objects.borrow_mut().read(&node.id, LONGEST_LINK)?;
                let target = String::from_utf8(target.bytes).map_err(io::Error::other)?;
                if links > LINKS {
                    return Err(io::Error::other("too many links"));
                }
                if target.starts_with('/') || !push(&mut open, Path::new(&target)) {
                    return Ok(Place::Outside);
                }
                continue;
            }
            at.push((name, node.clone()));
            if at.len() > DEEPEST {
                let why = "too many directories inside each other";
                return Err(io::Error::new(ErrorKind::InvalidFilename, why));
            }
        }
        let (_, node) = at.last().expect("it is left when it is empty").clone();
        Ok(Place::Inside(
            at.into_iter().skip(1).map(|(name, _)| name).collect(),
            node,
        ))
    }

    fn root(&self) -> Node {
        Node {
            kind: NodeKind::Directory,
            id: format!("{}^{{tree}}", self.commit.as_str()),
        }
    }

    fn directory(&self, node: &Node) -> io::Result<Rc<Directory>> {
        if node.kind != NodeKind::Directory {
            return Err(ErrorKind::NotFound.into());
        }
        if let Some(known) = self.directories.borrow().get(&node.id) {
            return Ok(Rc::clone(known));
        }
        let object = self
            .objects
            .borrow_mut()
            .read(&node.id, LARGEST_DIRECTORY)?;
        if object.kind != "tree" {
            return Err(io::Error::other("it is not a directory"));
        }
        let directory = Rc::new(entries(&object.bytes, self.commit.as_str().len() / 2));
        let mut directories = self.directories.borrow_mut();
        directories.insert(node.id.clone(), Rc::clone(&directory));
        Ok(directory)
    }
}

/// Puts the parts of a path before what is still open. `false`: it has a part that leads nowhere
/// in a commit.
fn push(open: &mut VecDeque<String>, path: &Path) -> bool {
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => match name.to_str() {
                Some(name) => open.push_front(name.to_owned()),
                None => return false,
            },
            Component::ParentDir => open.push_front("..".to_owned()),
            Component::RootDir | Component::CurDir => {}
            Component::Prefix(_) => return false,
        }
    }
    true
}

/// The entries of a tree object: mode, space, name, NUL, and the id as so many bytes. What is
/// not of this form ends it.
fn entries(mut bytes: &[u8], id: usize) -> Directory {
    let mut entries = Directory::new();
    while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
        let (mode, rest) = (&bytes[..space], &bytes[space + 1..]);
        let Some(end) = rest.iter().position(|byte| *byte == 0) else {
            break;
        };
        let Some(digest) = rest.get(end + 1..end + 1 + id) else {
            break;
        };
        let kind = match mode {
            b"40000" => NodeKind::Directory,
            b"120000" => NodeKind::Link,
            b"160000" => NodeKind::Submodule,
            _ => NodeKind::File,
        };
        if let Some(name) = name(&rest[..end]) {
            let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
            let id = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
            entries.insert(
                name,
                Node {
                    kind,
                    id: id.collect(),
                },
            );
        }
        bytes = &rest[end + 1 + id..];
    }
    entries
}

/// A name that can be one of a file. Nothing keeps others out of an object that is made by hand.
fn name(bytes: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(bytes).ok()?;
    (!matches!(name, "" | "." | "..") && !name.contains('/')).then(|| name.to_owned())
}
