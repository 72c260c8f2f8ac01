//! `tunctl validate`: whether manifests are right, and what the lints say about them.

use serde_json::json;

use super::console::{self, Console, Trouble};
use super::planning;
use super::stacks;
use crate::cli::{Global, Validate};
use crate::exit::Exit;
use crate::lint;
use crate::render;

/// The command `validate`. Lints that need the account's zones say nothing here.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &Validate,
) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, &arguments.files)?;
    let sources = &loaded.sources;
    let stacks = loaded.stacks.iter();
    let lints = stacks.map(|stack| lint::lint(&stack.manifest, sources, None));
    let lints: Vec<Vec<_>> = lints.collect();
    if let Err(errors) = lint::judge(lints.concat(), arguments.deny.is_some()) {
        return Err(Trouble::Problems(errors, loaded.sources));
    }
    let mut valid = Vec::new();
    for (stack, lints) in loaded.stacks.iter().zip(&lints) {
        let name = &stack.manifest.ownership.stack;
        let count = stack.manifest.desired.resources.len();
        let file = stack.file.display();
        console.problems(lints, sources);
        console.annotate(lints, sources)?;
        if console.is_for_programs() {
            valid.push(json!({
                "file": file.to_string(), "stack": name, "valid": true, "resources": count,
                "lints": render::json::problems(lints, sources),
            }));
        } else {
            let text = format!("{file}: stack `{name}` is valid, {count} resources.\n");
            console::print(&text)?;
        }
    }
    if console.is_for_programs() {
        console::print_json(&planning::one(valid))?;
    }
    Ok(Exit::Success)
}
