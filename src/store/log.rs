//! Append-only logs: lines of a file, or one object for each entry.

use super::error::StoreError;
use super::name::Name;

/// An append-only log of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log(Name);

impl Log {
    /// What is about to be done at Cloudflare, and what became of it.
    ///
    /// # Errors
    /// If the account's id cannot be part of a name.
    pub fn journal(account: &str) -> Result<Self, StoreError> {
        Name::new(&[account, "journal"]).map(Self)
    }

    /// What was done, for those who ask later.
    ///
    /// # Errors
    /// If the account's id cannot be part of a name.
    pub fn audit(account: &str) -> Result<Self, StoreError> {
        Name::new(&[account, "audit"]).map(Self)
    }

    /// The name that its entries stand below.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.0
    }
}

/// The whole lines of a file, and whether what stands behind the last of them is an entry too:
/// somebody's editor may have cut off the end of line.
pub(super) struct Lines<'a> {
    pub(super) whole: Vec<&'a [u8]>,
    pub(super) rest: Rest<'a>,
}

/// What stands behind the last end of line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest<'a> {
    /// Nothing.
    Nothing,
    /// An entry whose end of line is missing.
    Entry(&'a [u8]),
    /// What a crash left of an entry that was never acknowledged.
    Torn,
}

impl<'a> Lines<'a> {
    /// Takes a file's bytes apart.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let end = bytes.iter().rposition(|byte| *byte == b'\n');
        let (whole, rest) = bytes.split_at(end.map_or(0, |end| end + 1));
        let is_entry = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).is_ok();
        let rest = match rest {
            [] => Rest::Nothing,
            rest if is_entry(rest) => Rest::Entry(rest),
            _ => Rest::Torn,
        };
        let lines = whole.split_inclusive(|byte| *byte == b'\n');
        Self {
            whole: lines.map(|line| &line[..line.len() - 1]).collect(),
            rest,
        }
    }
}
