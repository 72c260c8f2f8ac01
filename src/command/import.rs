//! `tunctl import`: a manifest from what is described elsewhere.

use super::console::{self, Console, Trouble};
use super::init;
use super::snapshot;
use crate::cli::{Global, Import, ImportArgs, ImportCloudflared};
use crate::cloudflared::import::{Names, import};
use crate::exit::Exit;
use crate::files;
use crate::manifest::yaml::Budget;
use crate::problem::Problem;
use crate::source::Sources;

/// The command `import`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &ImportArgs,
) -> Result<Exit, Trouble> {
    match (&arguments.snapshot, &arguments.source) {
        (Some(file), _) => snapshot::take(console, global, file),
        (None, Some(Import::Cloudflared(arguments))) => cloudflared(console, arguments),
        (None, None) => Err(Problem::new("tunctl::nothing_to_import", "nothing to import")
            .help("`tunctl import cloudflared FILE` reads a `config.yml`, `tunctl import --snapshot FILE` keeps the account in a file")
            .into()),
    }
}

fn cloudflared(console: &Console, arguments: &ImportCloudflared) -> Result<Exit, Trouble> {
    let bytes = files::input(&arguments.file, &Budget::default())?;
    let names = Names {
        stack: arguments.stack.clone(),
        tunnel: arguments.name.clone(),
    };
    let mut sources = Sources::default();
    let name = files::named(&arguments.file);
    let imported = match import(&mut sources, &name, &bytes, &names) {
        Ok(imported) => imported,
        Err(problems) => return Err(Trouble::Problems(problems, sources)),
    };
    match &arguments.output {
        Some(file) => {
            init::write(file, &imported.text)?;
            console.note(&format!("Wrote {}.", file.display()));
        }
        None if console.is_for_programs() => console::print_json(&imported.manifest)?,
        None => console::print(&imported.text)?,
    }
    if let Some(unused) = &imported.unused {
        console.note(unused);
    }
    console.problems(&imported.warnings, &sources);
    Ok(Exit::Success)
}
