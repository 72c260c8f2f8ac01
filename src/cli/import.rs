//! What `tunctl import` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What `import` takes: where to read, the account itself unless told otherwise.
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// Write no manifest; keep everything that plans of this account may read in FILE, for
    /// `plan --from`. Needs a token that may read.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Where to read.
    #[command(subcommand)]
    pub from: Option<ImportFrom>,
    /// How to read the account.
    #[command(flatten)]
    pub live: ImportLive,
}

impl Import {
    /// Whether a flag of the account's own stands in front of the name of another source. Clap's
    /// own conflict would take flags that every command has for such.
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        let whence = self.from.is_some() || self.snapshot.is_some();
        let both = self.from.is_some() && self.snapshot.is_some();
        both || (whence && self.live != ImportLive::default())
    }
}

/// What `import` can read.
#[derive(Debug, Clone, Subcommand)]
pub enum ImportFrom {
    /// Read the live account. What `import` does if nothing else is said.
    Live(ImportLive),
    /// Read a configuration file of cloudflared's, `config.yml`.
    Cloudflared(ImportCloudflared),
    /// Read Terraform's state: `terraform show -json`, or a state file.
    Terraform(ImportTerraform),
}

/// What `import live` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ImportLive {
    /// The account's id; `CLOUDFLARE_ACCOUNT_ID` of the environment unless given.
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Where the manifest goes.
    #[command(flatten)]
    pub manifest: ImportManifest,
}

/// What `import terraform` takes.
#[derive(Debug, Clone, Args)]
pub struct ImportTerraform {
    /// The account's id; the one of most resources unless given.
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Where the manifest goes.
    #[command(flatten)]
    pub manifest: ImportManifest,
    /// Where to write the commands that let Terraform forget what the manifest declares, never
    /// over a file; standard error unless given.
    #[arg(long, value_name = "FILE")]
    pub state_rm: Option<PathBuf>,
    /// The output of `terraform show -json`, or a state file; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Where an imported manifest goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ImportManifest {
    /// The stack's name; the directory's name unless given.
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
    /// Put tunnels into files of their own, in `tunnels/` beside the manifest.
    #[arg(long, value_enum, value_name = "BY", requires = "output")]
    pub split: Option<ImportSplit>,
    /// Where to write the manifest, never over a file; standard output unless given.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What a file of tunnels is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportSplit {
    /// One zone: that of most of a tunnel's hostnames.
    Zone,
    /// One team: the first word of a tunnel's name.
    Team,
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
