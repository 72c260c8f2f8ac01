//! The command line: words and flags, nothing that acts.

mod base;
mod doctor;
mod graph;
mod import;
mod ingress;
mod lifecycle;
mod live;
mod plan;
mod serve;
mod shell;
mod store;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::shard::Shard;

pub use live::{
    CleanupArgs, Connectors, ManagementArgs, ManagementResource, Rotate, RotateArgs, Token,
    TokenArgs, TunnelArgs, TunnelRotation,
};

pub use base::BaseChoice;
pub use doctor::{DoctorArgs, DriftArgs, Purpose};
pub use graph::GraphArgs;
pub use import::{
    Import, ImportCloudflared, ImportFrom, ImportLive, ImportManifest, ImportSplit, ImportTerraform,
};
pub use ingress::{Ingress, IngressDialect, IngressFile, IngressRule};
pub use lifecycle::{DeleteArgs, EndArgs};
pub use plan::{ApplyArgs, Choice, PlanArgs, ShowArgs, WriteArgs};
pub use serve::{HashToken, ServeArgs, ServeHelper};
pub use shell::{Completions, ManArgs};
pub use store::{DEFAULT_STORE, StoreArgs, UnlockArgs};
pub use watch::WatchArgs;

/// Exit codes and credentials, for the end of `--help`.
const AFTER: &str = "\
Credentials: CLOUDFLARE_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY, or --token-file.

Exit codes: 0 success, 1 error, 2 changes pending (only with --detailed-exitcode, and from
`drift`), 3 blocked by a guard or `protect`, 4 stale, 5 not settled yet.";

/// Keeps a Cloudflare Tunnel estate equal to YAML files in git.
#[derive(Debug, Parser)]
#[command(name = "tunctl", version, after_help = AFTER, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: Global,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented starter manifest.
    Init(Init),
    /// Check manifests; no token, no network.
    Validate(Validate),
    /// Format manifests and what they include; comments stay.
    Fmt(FmtArgs),
    /// Print the JSON Schema of manifests.
    Schema,
    /// Run the tests of manifests; no token, no network.
    Test(Files),
    /// Show what serves a URL and why; from the manifest, or with --live from Cloudflare.
    Explain(ExplainArgs),
    /// Draw what leads where: hostnames, rules, services, networks, tunnels; from the manifest, or
    /// with --live beside what is at Cloudflare.
    Graph(GraphArgs),
    /// Answer for files that cloudflared reads as cloudflared itself would; no network.
    #[command(subcommand)]
    Ingress(Ingress),
    /// Write a manifest of what is there: of the account, or of another description; or keep the
    /// account in a file.
    Import(Import),
    /// Show what `apply` would change; writes nothing at Cloudflare.
    Plan(PlanArgs),
    /// Show a saved plan, without planning again; no token, no network.
    Show(ShowArgs),
    /// Carry out a plan; asks first, unless it is a saved one.
    Apply(ApplyArgs),
    /// Delete everything that the stack owns or declares; asks first.
    Destroy(WriteArgs),
    /// Delete one tunnel, with everything that leads to it; asks first.
    Delete(DeleteArgs),
    /// End what has expired, and finish deletions that have begun; asks first.
    Gc(EndArgs),
    /// Show tunnels and their connectors, what is being deleted, and what expires.
    Status(Files),
    /// Show what differs at Cloudflare, for a schedule: exits with 2 if anything does.
    Drift(DriftArgs),
    /// Look for what is wrong: with the token, with tunnels, with records that lead nowhere.
    Doctor(DoctorArgs),
    /// Make a secret anew and put it into its sink; asks first.
    #[command(subcommand)]
    Rotate(Rotate),
    /// Show or disconnect what is connected to a tunnel.
    #[command(subcommand)]
    Connectors(Connectors),
    /// Print a token of a tunnel, to a pipe.
    #[command(subcommand)]
    Token(Token),
    /// Show who holds the lock of the account; remove it after asking.
    Unlock(UnlockArgs),
    /// Plan on a schedule, or apply; metrics and health over HTTP.
    Watch(WatchArgs),
    /// Serve an emulation of Cloudflare's API, for tests and demos.
    Emulate(Emulate),
    /// Print what a shell sources to complete commands and flags.
    Completions(Completions),
    /// Print the manual page, or write those of all commands to a directory.
    Man(ManArgs),
    /// Serve tunnels for a while to programs: made on request, kept by heartbeats, given back.
    Serve(ServeArgs),
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The API's address; plain http only to this machine.
    #[arg(long, global = true, value_name = "URL", help_heading = "Connection")]
    pub api_url: Option<String>,
    /// Run against an embedded emulator that keeps its world in FILE.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ".tunctl/sandbox.json",
        conflicts_with_all = ["api_url", "token_file"],
        help_heading = "Connection"
    )]
    pub sandbox: Option<PathBuf>,
    /// Read the API token from a file.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection")]
    pub token_file: Option<PathBuf>,
    /// Certificates to trust besides the system's, in PEM form.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection")]
    pub ca_file: Option<PathBuf>,
    /// How long one request may take, such as 30s or 2m.
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = duration, help_heading = "Connection")]
    pub timeout: Duration,
    /// Requests at the same time.
    #[arg(long, global = true, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100), help_heading = "Connection")]
    pub parallelism: u16,
    /// Where lock, journal and audit log are kept.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Set a variable for `${NAME}`, or take it from the environment.
    #[arg(
        long = "var",
        global = true,
        value_name = "NAME[=VALUE]",
        help_heading = "Manifest"
    )]
    pub variables: Vec<String>,
    /// Only every Nth stack: part I of N, counted from 0, such as 0/4. With `validate`, `plan`,
    /// `apply`, `drift`, `gc` and `watch`.
    #[arg(long, global = true, value_name = "I/N", help_heading = "Manifest")]
    pub shard: Option<Shard>,
    /// How results are printed.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        help_heading = "Output"
    )]
    pub format: Format,
    /// Print without colours.
    #[arg(long, global = true, help_heading = "Output")]
    pub no_color: bool,
    /// Print results and errors only.
    #[arg(
        long,
        short,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub quiet: bool,
    /// Log requests to standard error; twice with the rate limit and sizes of answers.
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, in Terraform's words.
    #[default]
    Human,
    /// For programs: one object.
    Json,
    /// Only `test`: a report that CI systems show.
    Junit,
    /// Only `plan`, `show` and `drift`: one comment for a pull request, at most 60,000 characters.
    Markdown,
    /// Only `plan`, `show` and `drift`: one page that needs nothing else.
    Html,
    /// Only `plan`, `show`, `drift`, `validate` and `test`: text, and annotations for GitHub's
    /// workflows.
    Github,
    /// Only `graph`: a diagram that GitHub and GitLab draw.
    Mermaid,
    /// Only `graph`: for Graphviz.
    Dot,
    /// Only `graph`: a picture that needs nothing else.
    Svg,
}

/// Manifests.
#[derive(Debug, Clone, Args)]
pub struct Files {
    /// Manifests, one stack each; a directory means every manifest in it.
    #[arg(value_name = "FILE", default_value = "tunctl.yaml")]
    pub files: Vec<PathBuf>,
}

/// What `fmt` takes.
#[derive(Debug, Clone, Args)]
pub struct FmtArgs {
    /// Write nothing; list what would change and exit with 1 if anything would.
    #[arg(long)]
    pub check: bool,
    /// Manifests; a directory means every manifest in it, `-` standard input to standard output.
    #[arg(value_name = "FILE", default_value = "tunctl.yaml")]
    pub files: Vec<PathBuf>,
}

/// What is refused although it could be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Denied {
    /// Everything that a lint warns of.
    Warnings,
}

/// What `validate` takes.
#[derive(Debug, Clone, Args)]
pub struct Validate {
    /// Take warnings of lints for errors.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Denied>,
    /// Which stacks.
    #[command(flatten)]
    pub files: Files,
}

/// What `init` takes.
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// The stack's name; the directory's name unless given.
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
    /// Where to write it.
    #[arg(value_name = "FILE", default_value = "tunctl.yaml")]
    pub file: PathBuf,
}

/// What `explain` takes.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The URL as a browser would have it.
    #[arg(value_name = "URL")]
    pub url: String,
    /// Ask Cloudflare instead of the manifest; needs a token that may read.
    #[arg(long)]
    pub live: bool,
    /// Which stacks.
    #[command(flatten)]
    pub files: Files,
}

/// What `emulate` takes.
#[derive(Debug, Clone, Args)]
pub struct Emulate {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8787")]
    pub listen: String,
    /// Keep the world in a file.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Make a zone, unless it is there; may be repeated.
    #[arg(long = "zone", value_name = "NAME")]
    pub zones: Vec<String>,
}

/// A duration that may be nothing.
fn patience(text: &str) -> Result<Duration, String> {
    match text {
        "0" | "0s" => Ok(Duration::ZERO),
        text => duration(text),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let seconds = crate::ingress::Seconds::parse(text).map_err(|fault| fault.to_string())?;
    match seconds
        .whole()
        .and_then(|seconds| u64::try_from(seconds).ok())
    {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        Some(_) | None => Err("write whole seconds, at least one, such as 30s".to_owned()),
    }
}
