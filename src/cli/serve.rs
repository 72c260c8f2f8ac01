//! The lifecycle of tunnels as a service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{duration, patience};

/// What `serve` takes.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ServeArgs {
    /// A helper instead of the service.
    #[command(subcommand)]
    pub helper: Option<ServeHelper>,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8788")]
    pub listen: SocketAddr,
    /// The file of tokens: a line for each, as `tunctl serve hash-token` prints them.
    #[arg(long, value_name = "FILE", required = true)]
    pub tokens: Option<PathBuf>,
    /// The domain below which hostnames are made; a zone of the account must have it.
    #[arg(long, value_name = "NAME", required = true)]
    pub base_domain: Option<String>,
    /// The stack's name: the mark of its records, and the beginning of its tunnels' names.
    #[arg(long, value_name = "NAME", default_value = "serve")]
    pub stack: String,
    /// Tunnels at a time, of all owners together.
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tunnels: u32,
    /// How long a tunnel stays without a heartbeat.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub lease: Duration,
    /// How often clients are told to send a heartbeat; shorter than the lease.
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    pub heartbeat: Duration,
    /// How long an attempt to end a tunnel waits for its live connections.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = patience)]
    pub drain_timeout: Duration,
    /// Creates of one owner in a minute.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub creates_per_minute: u32,
    /// Other requests of one owner in a minute; heartbeats do not count.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub requests_per_minute: u32,
    /// The certificate chain, in PEM form; without it, clients speak plain HTTP.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key, in PEM form.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Plain HTTP is spoken beyond this machine: a proxy in front of it speaks TLS.
    #[arg(long, conflicts_with = "tls_cert")]
    pub behind_proxy: bool,
}

/// What helps to run `serve`.
#[derive(Debug, Clone, Subcommand)]
pub enum ServeHelper {
    /// Print the line of the file of tokens for the token on standard input.
    HashToken(HashToken),
}

/// What `serve hash-token` takes.
#[derive(Debug, Clone, Args)]
pub struct HashToken {
    /// Whose token it is.
    #[arg(value_name = "OWNER")]
    pub owner: String,
    /// Tunnels at a time; 5 unless given.
    #[arg(long, value_name = "N")]
    pub max: Option<u32>,
    /// A domain of the owner's own.
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
}
