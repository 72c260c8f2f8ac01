//! `tunctl import cloudflared`: a manifest that says what a `config.yml` says.

use super::super::console::{self, Console, Trouble};
use super::super::init;
use crate::cli::ImportCloudflared;
use crate::cloudflared::import::{Names, import};
use crate::exit::Exit;
use crate::files;
use crate::manifest::yaml::Budget;
use crate::source::Sources;

/// The command `import cloudflared`.
pub(super) fn run(console: &Console, arguments: &ImportCloudflared) -> Result<Exit, Trouble> {
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
