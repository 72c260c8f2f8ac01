//! Commands about what runs: credentials that are rotated, connectors, tokens.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::Files;

/// What `rotate` takes.
#[derive(Debug, Clone, Subcommand)]
pub enum Rotate {
    /// The secret of a tunnel: its run token goes to the sink of `runToken`, and connectors that
    /// still use the old one are disconnected once others have come up.
    Tunnel(TunnelRotation),
    /// The secret of a service token; the old one works for its `grace` longer.
    ServiceToken(RotateArgs),
    /// An API token: another one takes its place, and the old one is deleted.
    ApiToken(RotateArgs),
}

/// What `rotate tunnel` takes.
#[derive(Debug, Clone, Args)]
pub struct TunnelRotation {
    /// How long connectors may take to start with the new run token. Those that have not done so
    /// by then are disconnected, if others have.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = super::duration)]
    pub wait: Duration,
    /// Which tunnel.
    #[command(flatten)]
    pub rotate: RotateArgs,
}

/// Whose secret is made anew.
#[derive(Debug, Clone, Args)]
pub struct RotateArgs {
    /// The name in the manifest.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// Where it is declared.
    #[command(flatten)]
    pub files: Files,
}

/// What `connectors` takes.
#[derive(Debug, Clone, Subcommand)]
pub enum Connectors {
    /// Show who is connected to a tunnel.
    List(TunnelArgs),
    /// Disconnect connectors; those that run and have the right token come back.
    Cleanup(CleanupArgs),
}

/// One tunnel of the account.
#[derive(Debug, Clone, Args)]
pub struct TunnelArgs {
    /// Its UUID, a hostname that leads to it, or its name.
    #[arg(value_name = "TUNNEL")]
    pub tunnel: String,
    /// Which stacks; they say which account.
    #[command(flatten)]
    pub files: Files,
}

/// Which connectors of a tunnel are disconnected: all, unless some are chosen.
#[derive(Debug, Clone, Args)]
pub struct CleanupArgs {
    /// Only the one with this id; may be repeated.
    #[arg(long, value_name = "ID")]
    pub connector: Vec<String>,
    /// Only those that are gone and that Cloudflare still tracks.
    #[arg(long, conflicts_with = "connector")]
    pub stale: bool,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// The tunnel.
    #[command(flatten)]
    pub of: TunnelArgs,
}

/// What `token` takes.
#[derive(Debug, Clone, Subcommand)]
pub enum Token {
    /// Print the token with which connectors of a tunnel run.
    Run(TokenArgs),
    /// Print a token for what a tunnel's connectors tell, such as their logs.
    Management(ManagementArgs),
}

/// A token that is printed.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// Print it also to a terminal.
    #[arg(long)]
    pub show: bool,
    /// The tunnel.
    #[command(flatten)]
    pub of: TunnelArgs,
}

/// A management token that is printed.
#[derive(Debug, Clone, Args)]
pub struct ManagementArgs {
    /// What it is for.
    #[arg(long, value_enum, default_value_t)]
    pub resource: ManagementResource,
    /// The token.
    #[command(flatten)]
    pub token: TokenArgs,
}

/// What a management token is for: all that Cloudflare documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ManagementResource {
    /// The logs of its connectors.
    #[default]
    Logs,
}
