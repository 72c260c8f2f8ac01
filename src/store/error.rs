//! What goes wrong with a store and its locks.

use miette::Diagnostic;
use thiserror::Error;

use super::record::Record;

/// Why a store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum StoreError {
    /// `--store` does not name a place.
    #[error("`{place}` cannot be a store: {reason}")]
    #[diagnostic(
        code(tunctl::bad_store),
        help(
            "--store takes a directory, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX; docs/store.md has the variables of each"
        )
    )]
    BadPlace {
        /// As it was given.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// Something cannot be part of a name in the store.
    #[error("`{part}` cannot be part of a name in the store")]
    #[diagnostic(
        code(tunctl::bad_store),
        help(
            "parts of names have 1 to 128 of A-Z, a-z, 0-9, `.`, `_` and `-`, not beginning with `.`"
        )
    )]
    BadName {
        /// What it would be.
        part: String,
    },
    /// The store did not do what it was asked for.
    #[error("cannot {doing} `{name}` in the store {place}: {reason}")]
    #[diagnostic(
        code(tunctl::store_failed),
        help("check that it exists and may be read and written; then run again")
    )]
    Failed {
        /// As `--store` gave it.
        place: String,
        /// `read`, `write`, `delete` or `list`.
        doing: &'static str,
        /// The object.
        name: String,
        /// In one line.
        reason: String,
    },
    /// Something in the store is not what tunctl wrote.
    #[error("`{name}` in the store {place} is damaged: {reason}")]
    #[diagnostic(
        code(tunctl::store_corrupt),
        help(
            "look at it with a text editor: it is JSON, and nothing but what was written by hand or cut off can be wrong with it"
        )
    )]
    Corrupt {
        /// As `--store` gave it.
        place: String,
        /// The object, or the file and the line.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// Why a lock was not taken, or is held no longer.
#[derive(Debug, Clone, PartialEq, Error, Diagnostic)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("account {account} is locked by {}", .record.words())]
    #[diagnostic(
        code(tunctl::locked),
        help(
            "wait for it with `--lock-timeout 10m`; if that run is certainly over, `tunctl unlock`"
        )
    )]
    Held {
        /// The account.
        account: String,
        /// Who, since when, and for how long.
        record: Box<Record>,
    },
    /// It was ours, and somebody else took it.
    #[error("the lock of account {account} was lost: {how}")]
    #[diagnostic(
        code(tunctl::lock_lost),
        help("nothing more was written; run again, which begins with what is there now")
    )]
    Lost {
        /// The account.
        account: String,
        /// What happened.
        how: String,
    },
    /// The store did not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
}
