//! What `tunctl graph` takes.

use std::path::PathBuf;

use clap::Args;

use super::Files;

/// What `graph` takes.
#[derive(Debug, Clone, Args)]
pub struct GraphArgs {
    /// Lay beside it what is at Cloudflare: how tunnels fare, what is missing, what is not
    /// declared; needs a token that may read.
    #[arg(long)]
    pub live: bool,
    /// Where to write it; standard output unless given. Its ending (.svg, .dot, .gv, .mmd,
    /// .mermaid, .json) stands for `--format`. Over a file only if `tunctl graph` made that.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Which stacks; all are in one picture.
    #[command(flatten)]
    pub files: Files,
}
