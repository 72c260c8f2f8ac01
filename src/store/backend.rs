//! What a store must be able to do: few things, so that a directory and a cloud can do the same.

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::log::Log;
use super::name::Name;

/// The answer of a backend; an error is one line for people, without secrets.
pub(super) type Answer<'a, T> = BoxFuture<'a, Result<T, String>>;

/// A kind of store.
pub(super) trait Backend: Send + Sync {
    /// An object with what a conditional write needs to know.
    fn read<'a>(&'a self, name: &'a Name) -> Answer<'a, Option<Found>>;

    /// Writes an object, whole or not at all.
    fn write<'a>(&'a self, name: &'a Name, bytes: &'a [u8], mode: Mode<'a>) -> Answer<'a, Written>;

    /// Removes an object, if it is there.
    fn delete<'a>(&'a self, name: &'a Name) -> Answer<'a, ()>;

    /// The names below a name, in any order.
    fn list<'a>(&'a self, prefix: &'a Name) -> Answer<'a, Vec<Name>>;

    /// Adds a line to a log.
    fn append<'a>(&'a self, log: &'a Log, line: &'a [u8]) -> Answer<'a, ()>;

    /// The lines of a log, oldest first.
    fn lines<'a>(&'a self, log: &'a Log) -> Answer<'a, Vec<Line>>;
}

/// An object as it is.
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    pub(super) revision: Revision,
    /// When it was last written, by the store's own clock.
    pub(super) modified: Timestamp,
}

/// Which of an object's contents. S3 and Azure compare the tag, Google the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revision {
    pub(super) tag: Option<String>,
    pub(super) version: Option<String>,
}

/// When a write is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode<'a> {
    /// If nothing is there.
    Create,
    /// If exactly this is there.
    Replace(&'a Revision),
    /// Whatever is there.
    Put,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// It is there now.
    Done(Revision),
    /// Something else is there.
    Refused,
}

/// An entry of a log.
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    /// The object, or the file and the line in it.
    pub(super) place: String,
}
