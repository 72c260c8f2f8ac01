//! `tunctl show`: a saved plan, as `plan` shows it.

use std::path::Path;

use super::console::{self, Console, Trouble};
use super::plan_file;
use super::planning;
use crate::cli::{Format, ShowArgs};
use crate::exit::Exit;
use crate::plan::saved::{Saved, SavedStack};
use crate::problem::Problem;
use crate::render::github::inert;
use crate::render::section::Section;
use crate::render::{self, Coverage, Report};

/// The command `show`.
pub(super) fn run(console: &Console, arguments: &ShowArgs) -> Result<Exit, Trouble> {
    let file = &arguments.file;
    let saved = plan_file::read(file)?.ok_or_else(|| no_plan(file))?;
    let sections = || -> Vec<Section<'_>> {
        let plans = saved.stacks.iter();
        plans.map(|it| Section::Plan(report(&saved, it))).collect()
    };
    match console.format {
        Format::Json => {
            let plans = saved.stacks.iter();
            let plans = plans.map(|stack| render::json::plan_json(&report(&saved, stack)));
            console::print_json(&planning::one(plans.collect()))?;
        }
        Format::Markdown | Format::Html => console.sections(&sections())?,
        Format::Github => {
            in_words(console, &saved)?;
            console.sections(&sections())?;
        }
        Format::Human | Format::Junit | Format::Mermaid | Format::Dot | Format::Svg => {
            in_words(console, &saved)?;
        }
    }
    Ok(Exit::Success)
}

/// Prints the plans for people.
fn in_words(console: &Console, saved: &Saved) -> Result<(), Trouble> {
    let mut text = Vec::new();
    for stack in &saved.stacks {
        if saved.stacks.len() > 1 {
            render::human::title(&mut text, &stack.plan.stack, &stack.manifest)?;
        }
        render::human::plan(&mut text, &report(saved, stack), console.style)?;
    }
    console::print(&inert(&String::from_utf8_lossy(&text)))
}

fn report<'a>(saved: &Saved, stack: &'a SavedStack) -> Report<'a> {
    let is_partial = !saved.target.is_empty() || !saved.exclude.is_empty();
    Report {
        forecast: Some(&stack.forecast),
        coverage: if is_partial {
            Coverage::Partial
        } else {
            Coverage::Whole
        },
        ..Report::new(&stack.plan)
    }
}

fn no_plan(file: &Path) -> Problem {
    let message = if file.exists() {
        format!("`{}` is no plan file", file.display())
    } else {
        format!("there is no `{}`", file.display())
    };
    Problem::new("tunctl::no_plan_file", message).help("`tunctl plan --out FILE` writes one")
}
