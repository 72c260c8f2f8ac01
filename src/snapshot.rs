//! What an account showed at one time, so that a plan needs neither a token nor a network
//! (`plan --from`). It is a list of reads with what Cloudflare answered, and a [`Replay`] of it
//! stands in for the network: whatever reads Cloudflare reads a snapshot, and the same way.
//!
//! Invariant: of an object it holds what its kind reads, and nothing else.

mod replay;
mod take;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::request::Request;
pub use replay::{NoWaiting, Replay};
pub use take::{Refusal, take};

/// What this program writes and reads. Counts up when older programs would misread it, or older
/// snapshots lack what plans read.
pub const VERSION: u32 = 1;

/// The parameter by which lists are asked for one name. A snapshot has them whole.
const NAME: &str = "name";

/// An account at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The account's id.
    pub account: String,
    /// When it was begun: nothing in it is older.
    pub at: Timestamp,
    reads: Vec<Read>,
}

/// One read, to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Read {
    path: String,
    /// Without the number and size of pages.
    query: Vec<(String, String)>,
    answer: Answer,
}

/// What came of a read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// All objects of a list, whatever pages they came in.
    List(Vec<Value>),
    /// One object.
    One(Value),
    /// No, which a plan may take for "nothing there".
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the API said.
        errors: Vec<Said>,
    },
}

/// One error of the API's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Said {
    code: Option<u64>,
    message: String,
}

/// Why a text is no snapshot that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Something else, or cut off.
    #[error("it is no snapshot, or not all of one: {0}")]
    Unreadable(String),
    /// Of another program's.
    #[error("it has version {0}, and this tunctl reads version {VERSION}")]
    Version(u64),
    /// The text is not the one that was written.
    #[error("it was changed since it was written")]
    Changed,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct File {
    snapshot_version: u32,
    account: String,
    at: Timestamp,
    /// Of everything else.
    digest: String,
    reads: Vec<Read>,
}

impl Snapshot {
    /// The text of a file: JSON, with one read a line.
    ///
    /// # Errors
    /// Never: there are text keys only.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let Self { account, at, reads } = self;
        let head = serde_json::json!({
            "snapshot_version": VERSION,
            "account": account,
            "at": at,
            "digest": self.digest()?,
        });
        let mut text = head.to_string();
        text.truncate(text.len() - 1);
        text.push_str(",\"reads\":[\n");
        for (index, read) in reads.iter().enumerate() {
            if index > 0 {
                text.push_str(",\n");
            }
            text.push_str(&serde_json::to_string(read)?);
        }
        text.push_str("\n]}\n");
        Ok(text)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it is something else, of another version, or not what was written.
    pub fn from_text(text: &str) -> Result<Self, Fault> {
        let unreadable = |error: serde_json::Error| Fault::Unreadable(error.to_string());
        let whole: Value = serde_json::from_str(text).map_err(unreadable)?;
        match whole["snapshot_version"].as_u64() {
            None => {
                let what = "there is no `snapshot_version`".to_owned();
                return Err(Fault::Unreadable(what));
            }
            Some(version) if version != u64::from(VERSION) => return Err(Fault::Version(version)),
            Some(_) => {}
        }
        let file: File = serde_json::from_value(whole).map_err(unreadable)?;
        let File {
            snapshot_version: _,
            account,
            at,
            digest,
            reads,
        } = file;
        let snapshot = Self { account, at, reads };
        if snapshot.digest().map_err(unreadable)? != digest {
            return Err(Fault::Changed);
        }
        Ok(snapshot)
    }

    /// How many reads it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.reads.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reads.is_empty()
    }

    /// SHA-256 over the compact JSON of everything else, so that another layout of the same JSON
    /// is the same snapshot. It finds what happened by accident: who changes a snapshot on
    /// purpose can count it again.
    fn digest(&self) -> serde_json::Result<String> {
        let Self { account, at, reads } = self;
        let text = serde_json::to_vec(&(VERSION, account, at, reads))?;
        let hash = Sha256::digest(text);
        let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
        Ok(format!("sha256:{}", digits.collect::<String>()))
    }
}

impl Read {
    fn new(request: &Request, answer: Answer) -> Self {
        Self {
            path: request.path.clone(),
            query: request.query.clone(),
            answer,
        }
    }
}
