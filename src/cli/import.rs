//! What `tunctl import` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What `import` can read.
#[derive(Debug, Clone, Subcommand)]
pub enum Import {
    /// Read a configuration file of cloudflared's, `config.yml`.
    Cloudflared(ImportCloudflared),
}

/// What `import cloudflared` takes.
#[derive(Debug, Clone, Args)]
pub struct ImportCloudflared {
    /// The stack's name; the tunnel's name unless given.
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
    /// The tunnel's name; what `tunnel` says in the file unless given.
    #[arg(long, value_name = "TUNNEL")]
    pub name: Option<String>,
    /// Where to write the manifest, never over a file; standard output unless given.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// cloudflared's `config.yml`; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
