//! Views: a plan, an event or an outcome in, text or JSON out.
//!
//! Nothing here decides, and nothing here looks at the environment, the clock or the network:
//! whether to colour and whether there is a terminal is the caller's to say. Text from elsewhere
//! passes `text` on its way out.

pub mod connectors;
pub mod doctor;
mod drift;
pub mod fault;
pub mod github;
pub mod graph;
pub mod harmless;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
mod markup;
mod mermaid;
pub mod progress;
mod rows;
pub mod section;
pub mod status;
pub mod summary;
mod text;
mod topology;
mod value;

use crate::plan::Plan;
use crate::plan::forecast::Forecast;
use crate::problem::Problem;
use crate::routing::test::Trial;
use crate::scope::Scope;
use crate::source::Sources;
use human::Run;
pub use summary::Summary;
pub(crate) use text::{count, escaped};

/// Whether text carries ANSI styles. The caller decides, from the flags and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text and newlines, nothing else.
    Plain,
    /// With Terraform's colours.
    Coloured,
}

/// A text from elsewhere as it may be printed: what would act on a terminal is written out.
#[must_use]
pub fn plain(text: &str) -> String {
    text::escaped(text).into_owned()
}

/// How much of the stack a plan speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// All of it.
    Whole,
    /// What `--target` and `--exclude` left.
    Partial,
}

/// What a plan is shown with.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What carrying it out will cost; left out if nobody asked.
    pub forecast: Option<&'a Forecast>,
    /// The command that would carry it out.
    pub run: Run,
    /// Whether the plan is a part of a larger one.
    pub coverage: Coverage,
    /// What the lints say about the manifest. For programs; people see them underlined in it.
    pub lints: &'a [Problem],
    /// The texts that the lints point into; without them they have no places.
    pub sources: Option<&'a Sources>,
    /// How the manifest's tests ended.
    pub tests: &'a [Trial<'a>],
    /// The account and its zones, if they are known.
    pub scope: Option<&'a Scope>,
}

impl<'a> Report<'a> {
    /// A whole plan, and nothing beside it.
    #[must_use]
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            forecast: None,
            run: Run::Apply,
            coverage: Coverage::Whole,
            lints: &[],
            sources: None,
            tests: &[],
            scope: None,
        }
    }
}
