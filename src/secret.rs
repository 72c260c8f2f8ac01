//! Puts secrets into sinks and looks whether they are there. What a sink prints is never shown:
//! it may be the secret.

mod file;
mod git;
mod program;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::address::{Address, RemoteId};
use crate::credential::Credential;
use crate::observed::Presence;
use crate::sink::{Sink, Sinks};

/// The way to a manifest's sinks.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    sinks: Sinks,
    directory: PathBuf,
    patience: Duration,
}

/// Why a sink did not do its work. Says nothing of what it printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum SinkError {
    /// A program ended badly.
    #[error("sink `{sink}`: its `{task}` program {how}")]
    #[diagnostic(
        code(tunctl::sink_failed),
        help("what it printed is not shown, because it may be a secret; run it by hand to see")
    )]
    Program {
        /// The sink's name.
        sink: String,
        /// `write` or `check`.
        task: &'static str,
        /// What became of it.
        how: String,
    },
    /// A file could not be read or written.
    #[error("sink `{sink}`: {path}: {reason}")]
    #[diagnostic(
        code(tunctl::sink_failed),
        help("the directory must be writable, and what is there must be a file of this sink's")
    )]
    File {
        /// The sink's name.
        sink: String,
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A file would get into git.
    #[error("sink `{sink}`: git {tracks} `{path}`")]
    #[diagnostic(code(tunctl::secret_in_git), help("{help}"))]
    Tracked {
        /// The sink's name.
        sink: String,
        /// `tracks`, or `would track`.
        tracks: &'static str,
        /// The file.
        path: String,
        /// What to type.
        help: String,
    },
    /// The secret was written, and is not there.
    #[error("sink `{sink}`: it took the secret of `{address}`, and its `check` does not find it")]
    #[diagnostic(
        code(tunctl::sink_failed),
        help("do `write` and `check` of the sink speak of the same place?")
    )]
    Unconfirmed {
        /// The sink's name.
        sink: String,
        /// What the secret is of.
        address: Address,
    },
}

impl SinkError {
    /// The stable code.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Program { .. } | Self::File { .. } | Self::Unconfirmed { .. } => {
                "tunctl::sink_failed"
            }
            Self::Tracked { .. } => "tunctl::secret_in_git",
        }
    }
}

impl Delivery {
    /// The sinks of a manifest in this directory. A program that takes longer than `patience` is
    /// ended.
    #[must_use]
    pub fn new(sinks: Sinks, manifest: &Path, patience: Duration) -> Self {
        let directory = match manifest.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            Some(_) | None => PathBuf::from("."),
        };
        Self {
            sinks,
            directory,
            patience,
        }
    }

    /// Whether the secret of an object is in a sink, as far as can be seen without running a
    /// program; `None` if that takes one.
    ///
    /// # Errors
    /// If there is a file that cannot be read.
    pub fn peek(
        &self,
        sink: &str,
        address: &Address,
        id: Option<&RemoteId>,
    ) -> Result<Option<Presence>, SinkError> {
        match self.sinks.get(sink) {
            Some(Sink::File(template)) => {
                let path = self.directory.join(template.of(address));
                let found = file::read(&path).map_err(|reason| failed(sink, &path, &reason))?;
                Ok(Some(file::judge(found.as_ref(), address, id)))
            }
            Some(Sink::Program { .. }) | None => Ok(None),
        }
    }

    /// Whether a sink is fit to take a secret: not where git would find it.
    ///
    /// # Errors
    /// If it is not.
    pub fn is_fit(&self, sink: &str, address: &Address) -> Result<(), SinkError> {
        match self.sinks.get(sink) {
            Some(Sink::File(template)) => git::refuse(sink, &self.directory, &template.of(address)),
            Some(Sink::Program { .. }) | None => Ok(()),
        }
    }

    /// Whether the secret of an object is in a sink; `None` if the sink cannot tell.
    ///
    /// # Errors
    /// If the sink does not do its work.
    pub async fn look(
        &self,
        sink: &str,
        address: &Address,
        id: Option<&RemoteId>,
    ) -> Result<Option<Presence>, SinkError> {
        match self.sinks.get(sink) {
            Some(Sink::File(_)) => self.peek(sink, address, id),
            Some(Sink::Program {
                check: Some(words), ..
            }) => {
                let run = self.program(sink, "check", words, address);
                Ok(Some(run.check().await?))
            }
            Some(Sink::Program { check: None, .. }) | None => Ok(None),
        }
    }

    /// Puts a secret into a sink and looks whether it is there then.
    ///
    /// # Errors
    /// If it is not there, or nobody knows.
    pub async fn write(
        &self,
        sink: &str,
        address: &Address,
        id: &RemoteId,
        credential: &Credential,
    ) -> Result<(), SinkError> {
        self.is_fit(sink, address)?;
        match self.sinks.get(sink) {
            Some(Sink::File(template)) => {
                let path = self.directory.join(template.of(address));
                file::write(&path, credential)
                    .map_err(|error| failed(sink, &path, &error.to_string()))?;
            }
            Some(Sink::Program { write, .. }) => {
                let run = self.program(sink, "write", write, address);
                run.write(credential.expose()).await?;
            }
            None => {}
        }
        match self.look(sink, address, Some(id)).await? {
            Some(Presence::Missing) => Err(SinkError::Unconfirmed {
                sink: sink.to_owned(),
                address: address.clone(),
            }),
            Some(Presence::There) | None => Ok(()),
        }
    }

    /// Takes the secret of an object out of a file. Programs have no word for that: what they
    /// keep, stays.
    ///
    /// # Errors
    /// If there is something that cannot be removed.
    pub fn discard(&self, sink: &str, address: &Address, id: &RemoteId) -> Result<(), SinkError> {
        let Some(Sink::File(template)) = self.sinks.get(sink) else {
            return Ok(());
        };
        let path = self.directory.join(template.of(address));
        let discarded = file::discard(&path, address, id);
        discarded.map_err(|reason| failed(sink, &path, &reason))
    }

    fn program<'a>(
        &'a self,
        sink: &'a str,
        task: &'static str,
        words: &[crate::sink::Template],
        address: &Address,
    ) -> program::Program<'a> {
        program::Program {
            sink,
            task,
            words: words.iter().map(|word| word.of(address)).collect(),
            directory: &self.directory,
            patience: self.patience,
        }
    }
}

fn failed(sink: &str, path: &Path, reason: &str) -> SinkError {
    SinkError::File {
        sink: sink.to_owned(),
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}
