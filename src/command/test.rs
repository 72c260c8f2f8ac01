//! `tunctl test`: which rule answers which URL, as the manifest expects it and as it is.

use super::console::{self, Console, Trouble};
use super::planning::{one, title};
use super::stacks::{self, Stacks};
use crate::cli::{Files, Format, Global};
use crate::exit::Exit;
use crate::problem::Problem;
use crate::render::{self, junit};
use crate::routing::test::Trial;

/// The command `test`.
pub(super) fn run(console: &Console, global: &Global, arguments: &Files) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, arguments)?;
    let stacks = loaded.stacks.iter();
    let all: Vec<Vec<Trial<'_>>> = stacks.map(|stack| stack.manifest.trials()).collect();
    match console.format {
        Format::Human
        | Format::Markdown
        | Format::Html
        | Format::Mermaid
        | Format::Dot
        | Format::Svg => show(console, &loaded, &all)?,
        Format::Github => {
            show(console, &loaded, &all)?;
            let faults = all.iter().flatten();
            let faults: Vec<Problem> = faults.filter_map(|it| it.fault.clone()).collect();
            console.annotate(&faults, &loaded.sources)?;
        }
        Format::Json => {
            let results = named(&loaded, &all);
            let results = results.map(|(stack, trials)| render::json::tests_json(stack, trials));
            console::print_json(&one(results.collect()))?;
        }
        Format::Junit => {
            let suites = named(&loaded, &all);
            let suites: Vec<_> = suites
                .map(|(stack, trials)| junit::Suite { stack, trials })
                .collect();
            let mut text = Vec::new();
            junit::write(&mut text, &suites, &loaded.sources)?;
            console::print(&String::from_utf8_lossy(&text))?;
        }
    }
    Ok(judge(console, &loaded, all.iter().flatten()))
}

/// Says why tests fail, and how a run with them ends.
pub(super) fn judge<'a>(
    console: &Console,
    loaded: &Stacks,
    trials: impl Iterator<Item = &'a Trial<'a>>,
) -> Exit {
    let faults: Vec<Problem> = trials.filter_map(|trial| trial.fault.clone()).collect();
    console.problems(&faults, &loaded.sources);
    if faults.is_empty() {
        Exit::Success
    } else {
        Exit::Error
    }
}

fn show(console: &Console, loaded: &Stacks, all: &[Vec<Trial<'_>>]) -> Result<(), Trouble> {
    for (stack, trials) in loaded.stacks.iter().zip(all) {
        let mut text = Vec::new();
        if loaded.stacks.len() > 1 {
            title(&mut text, stack)?;
        }
        render::human::trials(&mut text, trials, console.style)?;
        console::print(&String::from_utf8_lossy(&text))?;
    }
    Ok(())
}

fn named<'a>(
    loaded: &'a Stacks,
    all: &'a [Vec<Trial<'a>>],
) -> impl Iterator<Item = (&'a str, &'a [Trial<'a>])> {
    let names = loaded.stacks.iter();
    let names = names.map(|stack| stack.manifest.ownership.stack.as_str());
    names.zip(all.iter().map(Vec::as_slice))
}
