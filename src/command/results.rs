//! The plans of a run in the format that was asked for: as they come for people, together at the
//! end for programs.

use serde::Serialize;
use serde_json::{Value, json};

use super::console::{self, Console, Trouble};
use super::planning::{Unplanned, one, title};
use super::stacks::{Stack, Stacks};
use crate::cli::Format;
use crate::render::fault::Fault;
use crate::render::github::inert;
use crate::render::human::Run;
use crate::render::json::PlanJson;
use crate::render::section::Section;
use crate::render::{self, Report};
use crate::source::Sources;

/// What was said, and what is still to be said, about the stacks of a run.
pub(super) struct Results<'a> {
    console: &'a Console,
    loaded: &'a Stacks,
    plans: Vec<Shown<'a>>,
    sections: Vec<Section<'a>>,
}

/// What programs get to read about one stack: its plan, or why there is none.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Plan(Box<PlanJson<'a>>),
    NoPlan(Value),
}

impl<'a> Results<'a> {
    pub(super) fn new(console: &'a Console, loaded: &'a Stacks) -> Self {
        Self {
            console,
            loaded,
            plans: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// A stack's plan.
    pub(super) fn plan(&mut self, stack: &Stack, report: Report<'a>) -> Result<(), Trouble> {
        match self.console.format {
            Format::Human | Format::Junit | Format::Mermaid | Format::Dot | Format::Svg => {
                self.show(stack, &report)?;
            }
            Format::Json => {
                let plan = Box::new(render::json::plan_json(&report));
                self.plans.push(Shown::Plan(plan));
            }
            Format::Markdown | Format::Html => self.sections.push(Section::Plan(report)),
            Format::Github => {
                self.show(stack, &report)?;
                self.sections.push(Section::Plan(report));
            }
        }
        Ok(())
    }

    /// A stack without a plan.
    pub(super) fn refused(&mut self, stack: &'a Stack, unplanned: &Unplanned, run: Run) {
        let (stack, sources) = (&stack.manifest.ownership.stack, &self.loaded.sources);
        self.plans.push(Shown::NoPlan(json!({
            "format_version": render::json::FORMAT_VERSION,
            "stack": stack,
            "errors": errors(unplanned, sources),
        })));
        self.sections.push(Section::NoPlan {
            stack: Some(stack),
            run,
            faults: faults(unplanned, sources),
        });
    }

    /// What had to wait for all stacks.
    pub(super) fn print(self) -> Result<(), Trouble> {
        match self.console.format {
            Format::Human | Format::Junit | Format::Mermaid | Format::Dot | Format::Svg => Ok(()),
            Format::Json => console::print_json(&one(self.plans)),
            Format::Markdown | Format::Html | Format::Github => {
                self.console.sections(&self.sections)
            }
        }
    }

    fn show(&self, stack: &Stack, report: &Report<'_>) -> Result<(), Trouble> {
        let mut text = Vec::new();
        if self.loaded.stacks.len() > 1 {
            title(&mut text, stack)?;
        }
        render::human::plan(&mut text, report, self.console.style)?;
        console::print(&inert(&String::from_utf8_lossy(&text)))
    }
}

fn errors(unplanned: &Unplanned, sources: &Sources) -> Vec<Value> {
    match unplanned {
        Unplanned::Unread(error) => vec![render::json::diagnostic(error)],
        Unplanned::Refused(problems) => render::json::problems(problems, sources),
    }
}

fn faults(unplanned: &Unplanned, sources: &Sources) -> Vec<Fault> {
    match unplanned {
        Unplanned::Unread(error) => vec![Fault::of_diagnostic(error)],
        Unplanned::Refused(problems) => Fault::of_problems(problems, sources),
    }
}
