//! What differs and is left as it is, because the manifest's change did not cause it.

use super::text::{count, escaped, prose, quoted, word};
use crate::diff::FieldChange;
use crate::plan::{Action, Change, Plan, Reason};

/// How many of them people are shown. Programs get all.
const SHOWN: usize = 50;

/// How many digits of a commit people need.
const DIGITS: usize = 12;

/// The drift of a plan: a sentence above it, and a line for each object.
pub(super) struct Drift {
    /// What it is.
    pub(super) title: String,
    /// Address and what happened to it.
    pub(super) lines: Vec<String>,
}

impl Drift {
    /// As many lines as people read.
    pub(super) fn few(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.lines.iter().take(SHOWN).cloned().collect();
        if self.lines.len() > SHOWN {
            let more = self.lines.len() - SHOWN;
            lines.push(format!("and {more} more; `--format json` lists them"));
        }
        lines
    }
}

/// The drift to be shown; `None` if there is none.
pub(super) fn drift(plan: &Plan) -> Option<Drift> {
    let since = commit(plan)?;
    let objects = count(plan.drift.len(), "object");
    (!plan.drift.is_empty()).then(|| Drift {
        title: format!(
            "{objects} not as the manifest says, which its change since {since} did not cause; left \
             as they are"
        ),
        lines: plan.drift.iter().map(line).collect(),
    })
}

/// What a plan with a base is about; `None` if it has none.
pub(super) fn scope(plan: &Plan) -> Option<String> {
    let since = commit(plan)?;
    Some(format!(
        "only what the manifest's change since {since} causes."
    ))
}

/// The base, as people write it.
fn commit(plan: &Plan) -> Option<String> {
    let commit = plan.base.as_deref()?;
    Some(escaped(&commit.chars().take(DIGITS).collect::<String>()).into_owned())
}

fn line(change: &Change) -> String {
    prose(&format!("{} {}", change.address, happened(change)))
}

/// In Terraform's words where it has some. They speak of the object, not of what would mend it.
fn happened(change: &Change) -> String {
    match (&change.reason, &change.action) {
        (Reason::Expires(at), _) => format!("ends at {at}: its rotation is due"),
        (Reason::NotKept(sink), _) => format!("has its secret not in sink {}", quoted(sink)),
        (Reason::Unfinished, _) => "has a rotation that did not end".to_owned(),
        (_, Action::Create { .. }) => "has been deleted".to_owned(),
        (_, Action::Delete { .. }) => "is ours, and not declared here".to_owned(),
        (_, Action::Adopt { .. }) => "is not adopted yet".to_owned(),
        (_, Action::Rename { from, .. }) => format!("is still named {}", quoted(from)),
        (
            _,
            Action::Update { fields, .. }
            | Action::Replace { fields, .. }
            | Action::Rotate { fields, .. },
        ) => format!("has changed{}", named(fields)),
    }
}

fn named(fields: &[FieldChange]) -> String {
    let names: Vec<_> = fields.iter().map(|field| word(&field.path)).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(": {}", names.join(", "))
    }
}
