//! What a check has to say.

use serde::Serialize;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It could not be looked at.
    Unknown,
    /// Every command works, and somebody should know.
    Warning,
    /// It keeps a command from working.
    Error,
}

/// How a finding is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Cloudflare says so.
    Certain,
    /// It was tried out, and the answer reads like it.
    Probable,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// How it is known.
    pub certainty: Certainty,
    /// In one sentence.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// What a check saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What is in order, in one sentence; said if there is nothing else to say.
    pub fine: String,
    /// What is not.
    pub findings: Vec<Finding>,
}

impl Finding {
    fn new(level: Level, message: impl Into<String>) -> Self {
        Self {
            level,
            certainty: Certainty::Certain,
            message: message.into(),
            help: None,
        }
    }

    /// Something that keeps a command from working.
    pub(super) fn error(message: impl Into<String>) -> Self {
        Self::new(Level::Error, message)
    }

    /// Something that somebody should know.
    pub(super) fn warning(message: impl Into<String>) -> Self {
        Self::new(Level::Warning, message)
    }

    /// Something that could not be looked at.
    pub(super) fn unknown(message: impl Into<String>) -> Self {
        Self::new(Level::Unknown, message)
    }

    /// Says what to do.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// Says how it is known.
    pub(super) fn known(self, certainty: Certainty) -> Self {
        Self { certainty, ..self }
    }
}

impl Seen {
    /// What there is to say.
    pub(super) fn new(fine: impl Into<String>, findings: Vec<Finding>) -> Self {
        Self {
            fine: fine.into(),
            findings,
        }
    }

    /// One finding and nothing else.
    pub(super) fn only(finding: Finding) -> Self {
        Self::new("", vec![finding])
    }
}
