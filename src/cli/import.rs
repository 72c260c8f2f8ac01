//! What `tunctl import` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What `import` takes.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ImportArgs {
    /// Write no manifest; keep everything that plans of this account may read in FILE, for
    /// `plan --from`. Needs a token that may read.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// What to read.
    #[command(subcommand)]
    pub source: Option<Import>,
}

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
