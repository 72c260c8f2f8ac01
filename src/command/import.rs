//! `tunctl import`: a manifest of what is there, or of what is described elsewhere.

mod cloudflared;
mod live;
mod manifest;
mod terraform;

use super::console::{Console, Trouble};
use super::snapshot;
use crate::cli::{Global, Import, ImportFrom};
use crate::exit::Exit;
use crate::problem::Problem;

/// The command `import`.
pub(super) fn run(console: &Console, global: &Global, import: &Import) -> Result<Exit, Trouble> {
    if import.is_mixed() {
        let message = "flags of `import` stand before what is to be read";
        return Err(Problem::new("tunctl::flags_before_source", message)
            .help("write them behind it, as in `tunctl import live --stack edge`")
            .into());
    }
    if let Some(file) = &import.snapshot {
        return snapshot::take(console, global, file);
    }
    match &import.from {
        None => live::run(console, global, &import.live),
        Some(ImportFrom::Live(arguments)) => live::run(console, global, arguments),
        Some(ImportFrom::Cloudflared(arguments)) => cloudflared::run(console, arguments),
        Some(ImportFrom::Terraform(arguments)) => terraform::run(console, arguments),
    }
}
