//! What commits hold, asked of the `git` program: only it knows all the forms of a repository.
//!
//! Invariant: a repository runs nothing and fetches nothing here. Only commands that look at
//! objects are used, without hooks, filters, replacement objects or transports, and a revision
//! never becomes a flag.

mod objects;
mod snapshot;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub use snapshot::Snapshot;

/// A work tree as seen from one of its directories.
#[derive(Debug)]
pub struct Repository {
    directory: PathBuf,
    environment: Vec<(OsString, PathBuf)>,
    /// The work tree's first directory.
    top: PathBuf,
    /// The directory, from there.
    prefix: PathBuf,
}

/// A commit's full id in hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit(String);

/// Why git has no answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program is not there, or cannot be started.
    #[error("git does not run: {0}")]
    Run(#[from] io::Error),
    /// The directory belongs to no work tree that may be used.
    #[error("this is no git work tree: {0}")]
    NoRepository(String),
    /// No commit has this name.
    #[error("git knows no commit `{0}`")]
    UnknownCommit(String),
    /// Anything else, in git's own words.
    #[error("git failed: {0}")]
    Failed(String),
}

impl Commit {
    /// Takes an id as git prints it: 40 hex digits, or 64 where objects are named by SHA-256.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end();
        let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        (hex && matches!(text.len(), 40 | 64)).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The whole id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As many digits as people need.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl Repository {
    /// The work tree that a directory belongs to. `environment` replaces what the process has:
    /// paths such as `GIT_DIR`, which hooks set relative to where they run.
    ///
    /// # Errors
    /// If there is none, git does not trust it, or git does not run.
    pub fn of(directory: &Path, environment: Vec<(OsString, PathBuf)>) -> Result<Self, GitError> {
        let here = if directory.as_os_str().is_empty() {
            Path::new(".")
        } else {
            directory
        };
        let mut repository = Self {
            directory: here.to_owned(),
            environment,
            top: PathBuf::new(),
            prefix: PathBuf::new(),
        };
        let output = repository.run(&["rev-parse", "--show-toplevel", "--show-prefix"])?;
        let text = String::from_utf8(output.stdout).unwrap_or_default();
        let mut lines = text.strip_suffix('\n').unwrap_or(&text).split('\n');
        match (
            output.status.success(),
            lines.next(),
            lines.next(),
            lines.next(),
        ) {
            (true, Some(top), Some(prefix), None) if !top.is_empty() => {
                repository.top = top.into();
                repository.prefix = prefix.into();
                Ok(repository)
            }
            (true, ..) => Err(GitError::NoRepository("it has an unusual path".to_owned())),
            (false, ..) => Err(GitError::NoRepository(complaint(&output.stderr))),
        }
    }

    /// The work tree's first directory.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The directory of this value, from the work tree's first one.
    #[must_use]
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The commit that a revision means.
    ///
    /// # Errors
    /// If there is none, or it would be a flag.
    pub fn commit(&self, revision: &str) -> Result<Commit, GitError> {
        let unknown = || GitError::UnknownCommit(revision.to_owned());
        if revision.is_empty() || revision.starts_with('-') {
            return Err(unknown());
        }
        let peeled = format!("{revision}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &peeled,
        ];
        let output = self.run(&arguments)?;
        let text = String::from_utf8_lossy(&output.stdout);
        Commit::parse(&text)
            .filter(|_| output.status.success())
            .ok_or_else(unknown)
    }

    /// The best common ancestor of two commits. `None`: they have none, or the clone is too
    /// shallow to show it.
    ///
    /// # Errors
    /// If git fails.
    pub fn merge_base(&self, one: &Commit, other: &Commit) -> Result<Option<Commit>, GitError> {
        let output = self.run(&["merge-base", one.as_str(), other.as_str()])?;
        let text = String::from_utf8_lossy(&output.stdout);
        match output.status.code() {
            Some(0) => match Commit::parse(&text) {
                Some(commit) => Ok(Some(commit)),
                None => Err(GitError::Failed("it names no commit".to_owned())),
            },
            Some(1) => Ok(None),
            Some(_) | None => Err(GitError::Failed(complaint(&output.stderr))),
        }
    }

    /// Whether a commit is another one, or stands before it in its history, as far as that is
    /// here.
    ///
    /// # Errors
    /// If git fails.
    pub fn is_ancestor(&self, older: &Commit, newer: &Commit) -> Result<bool, GitError> {
        let arguments = [
            "merge-base",
            "--is-ancestor",
            older.as_str(),
            newer.as_str(),
        ];
        let output = self.run(&arguments)?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            Some(_) | None => Err(GitError::Failed(complaint(&output.stderr))),
        }
    }

    /// Whether older history was left out when this was cloned.
    ///
    /// # Errors
    /// If git fails.
    pub fn is_shallow(&self) -> Result<bool, GitError> {
        let output = self.run(&["rev-parse", "--is-shallow-repository"])?;
        Ok(output.stdout.starts_with(b"true"))
    }

    /// The files of a commit.
    #[must_use]
    pub fn snapshot<'r>(&'r self, commit: &'r Commit) -> Snapshot<'r> {
        Snapshot::new(self, commit)
    }

    fn run(&self, arguments: &[&str]) -> io::Result<Output> {
        self.git().args(arguments).output()
    }

    /// The program, made harmless. What people set for git themselves, such as `GIT_DIR`, holds.
    fn git(&self) -> Command {
        let mut git = Command::new("git");
        git.args(["--no-pager", "--no-replace-objects"])
            .args([
                "-c",
                "core.fsmonitor=false",
                "-c",
                "core.hooksPath=/dev/null",
            ])
            .arg("-C")
            .arg(&self.directory)
            .envs(self.environment.iter().map(|(name, path)| (name, path)))
            // Newer versions know the first; the second keeps older ones from fetching what a
            // partial clone left out.
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("LC_ALL", "C")
            .env_remove("GIT_EXTERNAL_DIFF")
            .env_remove("GIT_GRAFT_FILE")
            .stdin(Stdio::null());
        git
    }
}

/// The first line that git complains with.
fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    let line = line.unwrap_or("it does not say why");
    line.trim_start_matches("fatal: ")
        .chars()
        .take(LONGEST)
        .collect()
}

/// How many characters of git's complaints are shown.
const LONGEST: usize = 300;
