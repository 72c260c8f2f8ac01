//! Secrets for programs: on standard input, with everything that they print thrown away.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::SinkError;
use crate::observed::Presence;

/// One run of a sink's program.
pub(super) struct Program<'a> {
    pub(super) sink: &'a str,
    pub(super) task: &'static str,
    pub(super) words: Vec<String>,
    pub(super) directory: &'a Path,
    pub(super) patience: Duration,
}

impl Program<'_> {
    /// Runs `check`: 0 is "there", 1 is "not there", anything else is broken.
    pub(super) async fn check(&self) -> Result<Presence, SinkError> {
        let status = self.run(None).await?;
        match status.code() {
            Some(0) => Ok(Presence::There),
            Some(1) => Ok(Presence::Missing),
            Some(_) | None => Err(self.failed(&format!("ended with {status}"))),
        }
    }

    /// Runs `write` with a secret.
    pub(super) async fn write(&self, secret: &str) -> Result<(), SinkError> {
        let status = self.run(Some(secret)).await?;
        if status.success() {
            Ok(())
        } else {
            Err(self.failed(&format!("ended with {status}")))
        }
    }

    async fn run(&self, input: Option<&str>) -> Result<ExitStatus, SinkError> {
        let mut child = self.start(input.is_some())?;
        let run = async {
            if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
                // A program that ends without reading says with its exit code what that means.
                let _ = stdin.write_all(text.as_bytes()).await;
                let _ = stdin.shutdown().await;
            }
            child.wait().await
        };
        if let Ok(ended) = tokio::time::timeout(self.patience, run).await {
            return ended.map_err(|error| self.failed(&format!("was lost: {error}")));
        }
        let _ = child.kill().await;
        let seconds = self.patience.as_secs();
        Err(self.failed(&format!("did not end within {seconds} s (`--timeout`)")))
    }

    fn start(&self, takes_input: bool) -> Result<Child, SinkError> {
        let Some((program, arguments)) = self.words.split_first() else {
            return Err(self.failed("is not named"));
        };
        let stdin = if takes_input {
            Stdio::piped()
        } else {
            Stdio::null()
        };
        Command::new(program)
            .args(arguments)
            .current_dir(self.directory)
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.failed(&format!("did not start: {error}")))
    }

    fn failed(&self, how: &str) -> SinkError {
        SinkError::Program {
            sink: self.sink.to_owned(),
            task: self.task,
            how: how.to_owned(),
        }
    }
}
