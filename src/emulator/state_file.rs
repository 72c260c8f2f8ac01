//! A world in a file: one JSON document, and behind it one line for each change since.
//!
//! Invariant: whenever a write is answered, the file holds it. Loading reads the document and
//! does the changes again; a last line that is cut off was never answered and is dropped.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde::Deserialize;
use thiserror::Error;

use super::state::{Change, State};
use super::world::{World, Written};

/// Why a state file cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum StateFileError {
    /// The file is there, but is no state that this program can read.
    #[error("state file {} is not readable as a state: {reason}", path.display())]
    #[diagnostic(
        code(tunctl::corrupt_state_file),
        help("restore the file, or remove it to start with an empty world")
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// Another process has it.
    #[error("state file {} is in use by another process", path.display())]
    #[diagnostic(
        code(tunctl::state_file_in_use),
        help("end the other emulator or command, or name another file")
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("failed to read or write state file {}", path.display())]
    #[diagnostic(code(tunctl::state_file_io))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// An open state file. While it is open, no other process can open it.
#[derive(Debug)]
pub(super) struct StateFile {
    path: PathBuf,
    file: File,
    /// Bytes that hold whole lines.
    length: u64,
    /// Bytes of the document at the start.
    folded: u64,
    /// The file that the present one replaced: its lock stops who opened it before that.
    replaced: Option<File>,
}

/// The longest file that is read. The world of the largest account that Cloudflare has room for,
/// 1,000 tunnels with 10,000 records, takes a hundredth of it.
const LONGEST: u64 = 512 * 1024 * 1024;

/// The file is folded when its changes take this many bytes more than its document.
const SLACK: u64 = 4 * 1024 * 1024;

impl StateFile {
    /// Opens a file and loads its world, or makes both: the world is `fresh` then. `prepare`
    /// may add to the world before it is written.
    pub(super) fn open(
        path: &Path,
        fresh: impl FnOnce() -> World,
        prepare: impl FnOnce(&mut World),
    ) -> Result<(Self, World), StateFileError> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let io = |source| io_error(&path, source);
        if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            // Opening a pipe would wait, and reading a device would not end.
            return Err(io(io::Error::other("it is not a file")));
        }
        let (mut world, old) = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(mut file) => {
                lock(&path, &file)?;
                (load(&path, &mut file)?, Some(file))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(directory(&path)).map_err(io)?;
                (fresh(), None)
            }
            Err(error) => return Err(io(error)),
        };
        prepare(&mut world);
        let (file, length) = write_whole(&path, &world)?;
        let opened = Self {
            path,
            file,
            length,
            folded: length,
            replaced: old,
        };
        Ok((opened, world))
    }

    /// Writes down what a call did. On failure the file is as it was before.
    pub(super) fn write(&mut self, world: &World, written: &Written) -> Result<(), StateFileError> {
        match written {
            Written::All => self.fold(world),
            Written::Some(change) => {
                self.append(change)?;
                if self.length > self.folded * 2 + SLACK {
                    self.fold(world)?;
                }
                Ok(())
            }
        }
    }

    /// Writes the world as one document.
    pub(super) fn fold(&mut self, world: &World) -> Result<(), StateFileError> {
        let (file, length) = write_whole(&self.path, world)?;
        self.replaced = Some(std::mem::replace(&mut self.file, file));
        self.length = length;
        self.folded = length;
        Ok(())
    }

    fn append(&mut self, change: &Change) -> Result<(), StateFileError> {
        let line = serde_json::to_vec(change).map(|mut line| {
            line.push(b'\n');
            line
        });
        let written = line.map_err(io::Error::from).and_then(|line| {
            self.file.write_all(&line)?;
            Ok(line.len() as u64)
        });
        match written {
            Ok(bytes) => {
                self.length += bytes;
                Ok(())
            }
            Err(source) => {
                // What little was written must not stand before the next line.
                let cut = self.file.set_len(self.length);
                let end = cut.and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
                Err(io_error(&self.path, end.err().unwrap_or(source)))
            }
        }
    }
}

fn load(path: &Path, file: &mut File) -> Result<World, StateFileError> {
    let corrupt = |reason: String| StateFileError::Corrupt {
        path: path.to_owned(),
        reason,
    };
    let io = |source| io_error(path, source);
    if file.metadata().map_err(io)?.len() > LONGEST {
        return Err(corrupt("it has more than 512 MiB".to_owned()));
    }
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text).map_err(io)?;
    let mut values = serde_json::Deserializer::from_slice(&text);
    let state = State::deserialize(&mut values).map_err(|error| corrupt(error.to_string()))?;
    let mut state = state.check().map_err(corrupt)?;
    for change in values.into_iter::<Change>() {
        match change {
            Ok(change) => state.replay(change).map_err(corrupt)?,
            Err(error) if error.is_eof() => break,
            Err(error) => return Err(corrupt(error.to_string())),
        }
    }
    Ok(World::from_state(state))
}

/// Writes beside the file and renames, so that there is always a whole one.
fn write_whole(path: &Path, world: &World) -> Result<(File, u64), StateFileError> {
    let io = |source| io_error(path, source);
    let builder = &mut tempfile::Builder::new();
    let builder = builder.prefix(".emulator-").suffix(".tmp");
    let temporary = builder.tempfile_in(directory(path)).map_err(io)?;
    lock(path, temporary.as_file())?;
    let mut writer = BufWriter::new(temporary.as_file());
    serde_json::to_writer(&mut writer, &world.state)
        .map_err(io::Error::from)
        .and_then(|()| writer.write_all(b"\n"))
        .and_then(|()| writer.flush())
        .map_err(io)?;
    drop(writer);
    let persisted = temporary.persist(path);
    let mut file = persisted.map_err(|error| io(error.error))?;
    let length = file.stream_position().map_err(io)?;
    Ok((file, length))
}

fn lock(path: &Path, file: &File) -> Result<(), StateFileError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => StateFileError::InUse {
            path: path.to_owned(),
        },
        TryLockError::Error(source) => io_error(path, source),
    })
}

fn io_error(path: &Path, source: io::Error) -> StateFileError {
    StateFileError::Io {
        path: path.to_owned(),
        source,
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    }
}
