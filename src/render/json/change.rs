//! One change of a plan, with Terraform's names. Invariant: nothing of the plan is copied.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::address::{Address, RemoteId};
use crate::plan::{Action, Change, Reason, fingerprint};

/// An entry of `resource_changes`.
#[derive(Debug, Serialize)]
pub(super) struct ChangeJson<'a> {
    address: &'a Address,
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_address: Option<Address>,
    /// Terraform's other mode is for data sources; policies tell the two apart by it.
    mode: &'static str,
    change: Values<'a>,
    action: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    follows: Option<&'a Address>,
    /// Where its secret goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    sink: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    waits_for: &'a [Address],
    fingerprint: String,
}

/// What Terraform calls the change: only words that its readers know.
#[derive(Debug, Serialize)]
pub(super) struct Values<'a> {
    actions: &'static [&'static str],
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    after_unknown: Map<String, Value>,
    before_sensitive: Sensitive,
    after_sensitive: Sensitive,
    #[serde(skip_serializing_if = "Option::is_none")]
    importing: Option<Importing<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    displaced: Option<Vec<&'a Value>>,
}

/// Nothing that is secret enters a plan; `false` says so where there is no object.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Sensitive {
    Nothing {},
    NoObject(bool),
}

#[derive(Debug, Serialize)]
struct Importing<'a> {
    id: Option<&'a RemoteId>,
}

impl<'a> ChangeJson<'a> {
    /// Shows a change.
    pub(super) fn new(change: &'a Change) -> Self {
        let Change {
            address,
            action,
            reason: why,
            waits_for,
            recheck: _,
            at: _,
            keeps,
        } = change;
        let previous_address = match action {
            Action::Rename { from, .. } => Some(Address::new(address.kind.clone(), from.clone())),
            Action::Create { .. }
            | Action::Update { .. }
            | Action::Adopt { .. }
            | Action::Rotate { .. }
            | Action::Replace { .. }
            | Action::Delete { .. } => None,
        };
        let (reason, follows) = (why.name(), follows(why));
        Self {
            address,
            kind: &address.kind,
            name: &address.name,
            previous_address,
            mode: "managed",
            change: Values::new(action),
            action: action.name(),
            reason,
            follows,
            sink: keeps.as_deref(),
            expires_at: expires(why),
            waits_for,
            fingerprint: fingerprint::of_change(change),
        }
    }

    /// The change's own fingerprint.
    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl<'a> Values<'a> {
    fn new(action: &'a Action) -> Self {
        let objects = action.objects();
        let before = objects.first().map(|object| &object.spec);
        let adopts = matches!(action, Action::Adopt { .. });
        Self {
            importing: adopts.then(|| Importing {
                id: objects.first().map(|object| &object.id),
            }),
            displaced: adopts.then(|| objects.iter().skip(1).map(|it| &it.spec).collect()),
            ..Self::between(actions(action), before, action.after())
        }
    }

    /// What stands before and after, and nothing beside it.
    pub(super) fn between(
        actions: &'static [&'static str],
        before: Option<&'a Value>,
        after: Option<&'a Value>,
    ) -> Self {
        let sensitive = |side: Option<&Value>| match side {
            Some(_) => Sensitive::Nothing {},
            None => Sensitive::NoObject(false),
        };
        Self {
            actions,
            before,
            after,
            after_unknown: Map::new(),
            before_sensitive: sensitive(before),
            after_sensitive: sensitive(after),
            importing: None,
            displaced: None,
        }
    }
}

/// An action in Terraform's words.
pub(super) fn actions(action: &Action) -> &'static [&'static str] {
    match action {
        Action::Create { .. } => &["create"],
        Action::Update { .. }
        | Action::Adopt { .. }
        | Action::Rename { .. }
        | Action::Rotate { .. } => &["update"],
        Action::Replace { .. } => &["delete", "create"],
        Action::Delete { .. } => &["delete"],
    }
}

/// When something ends, if that is the reason.
fn expires(reason: &Reason) -> Option<String> {
    if let Reason::Expires(at) = reason {
        Some(at.to_string())
    } else {
        None
    }
}

/// The change that one follows.
fn follows(reason: &Reason) -> Option<&Address> {
    if let Reason::Follows(followed) = reason {
        Some(followed)
    } else {
        None
    }
}
