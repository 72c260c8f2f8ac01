//! What `tunctl ingress` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What `ingress` can be asked.
#[derive(Debug, Clone, Subcommand)]
pub enum Ingress {
    /// Say `OK`, or why cloudflared would refuse the file.
    Validate(IngressFile),
    /// Say which rule answers a request.
    Rule(IngressRule),
    /// Show the settings that are in force, defaults filled in.
    Show(IngressFile),
}

/// A file that cloudflared reads.
#[derive(Debug, Clone, Args)]
pub struct IngressFile {
    /// In which form it is; told by its content unless given.
    #[arg(long, value_enum)]
    pub dialect: Option<IngressDialect>,
    /// cloudflared's `config.yml` or a configuration as JSON; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// The forms of configurations that cloudflared reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IngressDialect {
    /// `config.yml`.
    Yaml,
    /// What `cloudflared tunnel ingress validate --json` takes.
    JsonCli,
    /// The bare `{ingress, originRequest, warp-routing}` of the API and the edge.
    JsonRemote,
}

/// What `ingress rule` takes.
#[derive(Debug, Clone, Args)]
pub struct IngressRule {
    /// The file with the rules.
    #[command(flatten)]
    pub rules: IngressFile,
    /// The request as cloudflared's own command takes it.
    #[arg(value_name = "URL", allow_hyphen_values = true, required_unless_present_any = ["host", "path"], conflicts_with_all = ["host", "path"])]
    pub url: Option<String>,
    /// The request's Host header, perhaps empty or with a port.
    #[arg(
        long,
        value_name = "HOST",
        allow_hyphen_values = true,
        requires = "path"
    )]
    pub host: Option<OsString>,
    /// The request's path, already decoded, perhaps empty.
    #[arg(
        long,
        value_name = "PATH",
        allow_hyphen_values = true,
        requires = "host"
    )]
    pub path: Option<OsString>,
}
