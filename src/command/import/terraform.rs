//! `tunctl import terraform`: the manifest of what Terraform keeps, and what it is to forget.

use super::super::console::{Console, Trouble};
use super::super::init;
use super::manifest;
use crate::cli::ImportTerraform;
use crate::exit::Exit;
use crate::files;
use crate::manifest::yaml::Budget;
use crate::terraform::{Imported, Options, import, state_rm};

/// What the script is for.
const INTRODUCTION: &str = "\
# Once `tunctl plan` says `No changes.`: Terraform forgets what tunctl keeps from now on, and
# nothing at Cloudflare changes. Only then take the resources out of the .tf files: what is gone
# from there and still in the state, `terraform apply` deletes.
";

/// The command `import terraform`.
pub(super) fn run(console: &Console, arguments: &ImportTerraform) -> Result<Exit, Trouble> {
    let bytes = files::input(&arguments.file, &Budget::default())?;
    let options = Options {
        stack: manifest::stack(&arguments.manifest)?,
        account: arguments.account.clone(),
        split: manifest::split(&arguments.manifest),
    };
    let imported = import(&bytes, &options)?;
    manifest::write(console, &arguments.manifest, &imported.exported)?;
    let commands = commands(&imported);
    match &arguments.state_rm {
        Some(file) => {
            init::write(file, &commands)?;
            console.note(&format!("Wrote {}.", file.display()));
        }
        None => console.note(commands.trim_end()),
    }
    if !imported.others.is_empty() {
        let others = imported.others.iter();
        let others: Vec<_> = others
            .map(|(sort, count)| format!("{count} {sort}"))
            .collect();
        console.note(&format!("Terraform keeps {}.", others.join(", ")));
    }
    Ok(Exit::Success)
}

/// What lets Terraform forget what the manifest has, as a script.
fn commands(imported: &Imported) -> String {
    let mut script = INTRODUCTION.to_owned() + &state_rm(&imported.handed_over);
    if !imported.handed_over_later.is_empty() {
        script.push_str("# These are in `ignore`: only once they no longer are.\n");
        let later = state_rm(&imported.handed_over_later);
        script.extend(later.lines().map(|line| format!("# {line}\n")));
    }
    script
}
