//! An entry of `resource_drift`, in the direction that Terraform's have: before is what the
//! manifest says, after is what is there.

use serde::Serialize;

use super::change::Values;
use crate::address::Address;
use crate::plan::{Action, Change};

#[derive(Debug, Serialize)]
pub(super) struct DriftJson<'a> {
    address: &'a Address,
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    mode: &'static str,
    change: Values<'a>,
    reason: &'static str,
    /// The action that would mend it, and is not planned.
    mended_by: &'static str,
}

impl<'a> DriftJson<'a> {
    /// Shows what would have to change, the other way round.
    pub(super) fn new(change: &'a Change) -> Self {
        let Change {
            address,
            action,
            reason: why,
            waits_for: _,
            recheck: _,
            at: _,
            keeps: _,
        } = change;
        let actions: &'static [&'static str] = match action {
            Action::Create { .. } => &["delete"],
            Action::Delete { .. } => &["create"],
            Action::Update { .. }
            | Action::Adopt { .. }
            | Action::Rename { .. }
            | Action::Rotate { .. }
            | Action::Replace { .. } => &["update"],
        };
        let live = action.objects().first().map(|object| &object.spec);
        Self {
            address,
            kind: &address.kind,
            name: &address.name,
            mode: "managed",
            change: Values::between(actions, action.after(), live),
            reason: why.name(),
            mended_by: action.name(),
        }
    }
}
