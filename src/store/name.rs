//! Names of objects: the same in a directory, in a bucket and on any file system.

use std::fmt;

use super::error::StoreError;

/// The longest part of a name: every file system takes it, with an ending of ours.
const LONGEST: usize = 128;

/// The name of an object: parts of `A-Z a-z 0-9 . _ -`, none of which begins with a dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// A name of some parts.
    ///
    /// # Errors
    /// If a part is empty, too long, begins with a dot, or has another character.
    pub fn new(parts: &[&str]) -> Result<Self, StoreError> {
        let bad = parts.iter().find(|part| !is_part(part));
        match bad {
            None if !parts.is_empty() => Ok(Self(parts.join("/"))),
            bad => Err(StoreError::BadName {
                part: bad.copied().unwrap_or_default().to_owned(),
            }),
        }
    }

    /// The lock of an account.
    ///
    /// # Errors
    /// If the account's id cannot be part of a name.
    pub fn lock(account: &str) -> Result<Self, StoreError> {
        Self::new(&[account, "lock.json"])
    }

    /// What a stack claims in an account.
    ///
    /// # Errors
    /// If the account's id or the stack's name cannot be part of a name.
    pub fn claim(account: &str, stack: &str) -> Result<Self, StoreError> {
        Self::new(&[account, "claims", &format!("{stack}.json")])
    }

    /// The name that a path within a store is, if it is one.
    pub(super) fn parse(path: &str) -> Option<Self> {
        Self::new(&path.split('/').collect::<Vec<_>>()).ok()
    }

    /// The parts with `/` between them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    #[must_use]
    pub fn last(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_part(part: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    (1..=LONGEST).contains(&part.len()) && !part.starts_with('.') && part.chars().all(allowed)
}
