//! A store in a directory. What is written is on disk when the call returns, whole or not at all.
//!
//! Invariant: whoever writes holds the guard of the directory it writes to, so comparing and
//! replacing are one step. Readers need none: files are replaced by renaming.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::backend::{Answer, Backend, Found, Line, Mode, Revision, Written};
use super::clocks::Clocks;
use super::log::{Lines, Log, Rest};
use super::name::Name;

/// Held while something in its directory is written. Never removed: two processes would hold two.
const GUARD: &str = ".guard";

/// How often and how long the guard is waited for. It is held for milliseconds, unless its
/// process is stopped just then.
const TRIES: u32 = 400;
const PAUSE: Duration = Duration::from_millis(25);

/// A store in a directory.
pub(super) struct Directory {
    root: PathBuf,
    clocks: Arc<dyn Clocks>,
}

/// The guard of a directory, held.
struct Guard(File);

impl Drop for Guard {
    fn drop(&mut self) {
        // Closing is not enough: a program that is just being started has the file open too.
        let _ = self.0.unlock();
    }
}

impl Directory {
    pub(super) fn new(root: PathBuf, clocks: Arc<dyn Clocks>) -> Self {
        Self { root, clocks }
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.root.join(name.as_str())
    }

    /// Makes the directory that a path is in, and waits until it is ours alone.
    async fn guard(&self, path: &Path) -> io::Result<Guard> {
        let directory = parent(path);
        make(directory)?;
        let guard = private()
            .create(true)
            .write(true)
            .open(directory.join(GUARD))?;
        for _ in 0..TRIES {
            match guard.try_lock() {
                Ok(()) => return Ok(Guard(guard)),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => self.clocks.sleep(PAUSE).await,
            }
        }
        let long = "another process has been writing there for 10 s; is it stopped?";
        Err(io::Error::new(ErrorKind::TimedOut, long))
    }

    async fn write_file(&self, name: &Name, bytes: &[u8], mode: Mode<'_>) -> io::Result<Written> {
        let path = self.path(name);
        let _guard = self.guard(&path).await?;
        let fits = match mode {
            Mode::Put => true,
            Mode::Create => read(&path)?.is_none(),
            Mode::Replace(wanted) => read(&path)?.is_some_and(|it| revision(&it) == *wanted),
        };
        if !fits {
            return Ok(Written::Refused);
        }
        replace(&path, bytes)?;
        Ok(Written::Done(revision(bytes)))
    }

    async fn append_line(&self, path: &Path, line: &[u8]) -> io::Result<()> {
        let _guard = self.guard(path).await?;
        let is_new = !fs::exists(path)?;
        let mut file = private().create(true).append(true).read(true).open(path)?;
        let mut text = Vec::new();
        if !ends_well(&mut file)? {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(0))?;
            file.read_to_end(&mut bytes)?;
            match Lines::of(&bytes).rest {
                Rest::Nothing => {}
                Rest::Entry(_) => text.push(b'\n'),
                Rest::Torn => {
                    let end = bytes.iter().rposition(|byte| *byte == b'\n');
                    file.set_len(end.map_or(0, |end| end as u64 + 1))?;
                }
            }
        }
        text.extend_from_slice(line);
        text.push(b'\n');
        file.write_all(&text)?;
        file.sync_all()?;
        if is_new { settle(parent(path)) } else { Ok(()) }
    }

    fn names(&self, prefix: &Name) -> io::Result<Vec<Name>> {
        let mut names = Vec::new();
        let mut open = vec![prefix.as_str().to_owned()];
        while let Some(place) = open.pop() {
            let entries = match fs::read_dir(self.root.join(&place)) {
                Ok(entries) => entries,
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                let below = format!("{place}/{}", entry.file_name().to_string_lossy());
                match Name::parse(&below) {
                    Some(_) if entry.file_type()?.is_dir() => open.push(below),
                    Some(name) => names.push(name),
                    // The guard, or something that is not ours.
                    None => {}
                }
            }
        }
        Ok(names)
    }
}

impl Backend for Directory {
    fn read<'a>(&'a self, name: &'a Name) -> Answer<'a, Option<Found>> {
        let path = self.path(name);
        Box::pin(async move { found(&path).map_err(|error| error.to_string()) })
    }

    fn write<'a>(&'a self, name: &'a Name, bytes: &'a [u8], mode: Mode<'a>) -> Answer<'a, Written> {
        Box::pin(async move {
            let written = self.write_file(name, bytes, mode).await;
            written.map_err(|error| error.to_string())
        })
    }

    fn delete<'a>(&'a self, name: &'a Name) -> Answer<'a, ()> {
        Box::pin(async move {
            match fs::remove_file(self.path(name)) {
                Err(error) if !is_absent(&error) => Err(error.to_string()),
                Ok(()) | Err(_) => Ok(()),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a Name) -> Answer<'a, Vec<Name>> {
        Box::pin(async move { self.names(prefix).map_err(|error| error.to_string()) })
    }

    fn append<'a>(&'a self, log: &'a Log, line: &'a [u8]) -> Answer<'a, ()> {
        Box::pin(async move {
            let path = self.root.join(file_of(log));
            let added = self.append_line(&path, line).await;
            added.map_err(|error| error.to_string())
        })
    }

    fn lines<'a>(&'a self, log: &'a Log) -> Answer<'a, Vec<Line>> {
        Box::pin(async move {
            let name = file_of(log);
            let bytes = read(&self.root.join(&name)).map_err(|error| error.to_string())?;
            let bytes = bytes.unwrap_or_default();
            let Lines { mut whole, rest } = Lines::of(&bytes);
            if let Rest::Entry(entry) = rest {
                whole.push(entry);
            }
            let lines = whole.iter().enumerate().map(|(index, line)| Line {
                bytes: line.to_vec(),
                place: format!("{name} line {}", index + 1),
            });
            Ok(lines.collect())
        })
    }
}

fn file_of(log: &Log) -> String {
    format!("{}.jsonl", log.name())
}

fn found(path: &Path) -> io::Result<Option<Found>> {
    let Some(mut file) = open(path)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let modified = Timestamp::try_from(file.metadata()?.modified()?);
    Ok(Some(Found {
        revision: revision(&bytes),
        modified: modified.map_err(io::Error::other)?,
        bytes,
    }))
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    Ok(found(path)?.map(|found| found.bytes))
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_absent(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound
}

/// Contents are told apart by their digest.
fn revision(bytes: &[u8]) -> Revision {
    let digest = Sha256::digest(bytes);
    let digits = digest.iter().map(|byte| format!("{byte:02x}"));
    Revision {
        tag: Some(digits.collect()),
        version: None,
    }
}

/// Puts a file in the place of another; the caller holds the guard.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Mode 0600 from its first moment on: that is what `tempfile` makes on Unix.
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(parent(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    settle(parent(path))
}

/// Whether a file is empty or ends with an end of line.
fn ends_well(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// For files that nobody else may read.
#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    OpenOptions::new()
}

/// Makes a directory that nobody else may enter; one that is there stays as it is.
#[cfg(unix)]
fn make(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn make(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

/// Puts the names in a directory on disk.
#[cfg(unix)]
fn settle(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn settle(_directory: &Path) -> io::Result<()> {
    Ok(())
}
