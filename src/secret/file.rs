//! Secrets in files: mode 0600, whole or not at all.

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::Path;

use serde::Deserialize;

use crate::address::{Address, RemoteId};
use crate::credential::Credential;
use crate::observed::Presence;

/// No credential is larger; what is, was not written here.
const LARGEST: u64 = 64 * 1024;

/// What a file says of itself; the secret is not even read into memory of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Label {
    kind: String,
    name: String,
    id: String,
}

/// The label of the secret in a file; `None` if there is no file.
///
/// # Errors
/// If there is something else.
pub(super) fn read(path: &Path) -> Result<Option<Label>, String> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if !found.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(LARGEST)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    let label = serde_json::from_str(&text);
    label
        .map(Some)
        .map_err(|_| "it does not hold a secret that tunctl wrote".to_owned())
}

/// Whether a label is the one of an object. The secret of an object that is no more is of no use.
pub(super) fn judge(label: Option<&Label>, address: &Address, id: Option<&RemoteId>) -> Presence {
    let is_its = |label: &&Label| {
        label.kind == address.kind
            && label.name == address.name
            && id.is_none_or(|id| id.as_str() == label.id)
    };
    match label.filter(is_its) {
        Some(_) => Presence::There,
        None => Presence::Missing,
    }
}

/// Removes a file, if it holds the secret of an object.
pub(super) fn discard(path: &Path, address: &Address, id: &RemoteId) -> Result<(), String> {
    match judge(read(path)?.as_ref(), address, Some(id)) {
        Presence::There => fs::remove_file(path).map_err(|error| error.to_string()),
        Presence::Missing => Ok(()),
    }
}

/// Replaces a file, or leaves it as it was. Directories are made as far as they are missing.
pub(super) fn write(path: &Path, credential: &Credential) -> io::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    // Mode 0600 from its first moment on: that is what `tempfile` makes on Unix.
    let mut file = tempfile::Builder::new()
        .prefix(".tunctl-")
        .tempfile_in(directory)?;
    file.write_all(credential.expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
