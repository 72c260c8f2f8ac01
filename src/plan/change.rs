//! One change of a plan. An action owns what it needs, so impossible combinations of before and
//! after cannot be written down.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::desired::Drain;
use crate::diff::FieldChange;
use crate::observed::{Form, Object};
use crate::ownership::Cause;
use crate::source::Span;

/// One thing that will change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Change {
    /// What changes.
    pub address: Address,
    /// How.
    pub action: Action,
    /// Why. Explains; never decides.
    pub reason: Reason,
    /// The changes that must have succeeded before.
    pub waits_for: Vec<Address>,
    /// Whether the object must be read again right before it is written.
    pub recheck: bool,
    /// Where the resource is declared; `None` if it is not.
    #[serde(skip)]
    pub at: Option<Span>,
    /// The sink that a secret goes to when the rest is done.
    pub keeps: Option<String>,
}

/// What happens to an object. What stays as it is has no change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make it.
    Create {
        /// The declared fields.
        after: Value,
    },
    /// Change it in place.
    Update {
        /// What is there.
        object: Object,
        /// The declared fields.
        after: Value,
        /// What differs. Empty if it only follows another change.
        fields: Vec<FieldChange>,
    },
    /// Take over what somebody else made.
    Adopt {
        /// Everything at the place.
        objects: Vec<Object>,
        /// The declared fields.
        after: Value,
        /// What differs.
        fields: Vec<FieldChange>,
    },
    /// Give it the declared name in place.
    Rename {
        /// What is there, under its former name.
        object: Object,
        /// The name it has now.
        from: String,
        /// The declared fields.
        after: Value,
        /// What differs beside the name.
        fields: Vec<FieldChange>,
    },
    /// Make its secret anew, and put that away.
    Rotate {
        /// What is there.
        object: Object,
        /// The declared fields.
        after: Value,
        /// What differs besides.
        fields: Vec<FieldChange>,
    },
    /// Delete it, then make it again: Cloudflare cannot change it in place.
    Replace {
        /// What is there.
        object: Object,
        /// The declared fields.
        after: Value,
        /// What differs.
        fields: Vec<FieldChange>,
    },
    /// Remove it.
    Delete {
        /// What is there.
        object: Object,
        /// What happens to live connections.
        drain: Drain,
    },
}

/// Why something changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is new in the manifest.
    New,
    /// The live object differs from the manifest. Which of the two moved, only a base can tell.
    Differs,
    /// It is declared otherwise than at the base.
    Changed,
    /// It refers to something that is gone from Cloudflare, or a base tells that only Cloudflare's
    /// side has changed.
    Drifted,
    /// It is no longer declared.
    Undeclared,
    /// It follows another change: what it refers to gets a new id.
    Follows(Address),
    /// Its secret is not in the sink of this name.
    NotKept(String),
    /// It ends by itself at this time.
    Expires(Timestamp),
    /// A rotation began and did not end.
    Unfinished,
    /// Somebody asked for it.
    Requested,
    /// It is to end, or leads to what is.
    Ends {
        /// Why.
        cause: Cause,
        /// When that began, if it has begun.
        since: Option<Timestamp>,
    },
}

impl Reason {
    /// The word for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Differs => "differs",
            Self::Changed => "changed",
            Self::Drifted => "drifted",
            Self::Undeclared => "undeclared",
            Self::Follows(_) => "follows",
            Self::NotKept(_) => "not_kept",
            Self::Expires(_) => "expires",
            Self::Unfinished => "unfinished",
            Self::Requested => "requested",
            Self::Ends { cause, .. } => match cause {
                Cause::Undeclared => "undeclared",
                Cause::Requested => "requested",
                Cause::Ttl | Cause::Idle | Cause::StaleLease => "expired",
                Cause::CreateFailed => "incomplete",
            },
        }
    }
}

impl Action {
    /// The word for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Adopt { .. } => "adopt",
            Self::Rename { .. } => "rename",
            Self::Rotate { .. } => "rotate",
            Self::Replace { .. } => "replace",
            Self::Delete { .. } => "delete",
        }
    }

    /// What is there before, newest knowledge first; empty for a create.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        match self {
            Self::Create { .. } => &[],
            Self::Adopt { objects, .. } => objects,
            Self::Update { object, .. }
            | Self::Rename { object, .. }
            | Self::Rotate { object, .. }
            | Self::Replace { object, .. }
            | Self::Delete { object, .. } => std::slice::from_ref(object),
        }
    }

    /// The same without the times at which the objects were made or changed.
    pub(super) fn undate(&mut self) {
        match self {
            Self::Create { .. } => {}
            Self::Adopt { objects, .. } => objects.iter_mut().for_each(|it| it.touched = None),
            Self::Update { object, .. }
            | Self::Rename { object, .. }
            | Self::Rotate { object, .. }
            | Self::Replace { object, .. }
            | Self::Delete { object, .. } => object.touched = None,
        }
    }

    /// What will be there; `None` if nothing.
    #[must_use]
    pub fn after(&self) -> Option<&Value> {
        match self {
            Self::Create { after }
            | Self::Update { after, .. }
            | Self::Adopt { after, .. }
            | Self::Rename { after, .. }
            | Self::Rotate { after, .. }
            | Self::Replace { after, .. } => Some(after),
            Self::Delete { .. } => None,
        }
    }

    /// Whether any object that is there is deleted, be it to make room.
    #[must_use]
    pub fn destroys(&self) -> bool {
        let displaces = matches!(self, Self::Adopt { .. })
            && self.objects().iter().any(|it| it.form != Form::Spec);
        self.removes() || displaces
    }

    /// Whether the object goes away, be it for a moment.
    #[must_use]
    pub fn removes(&self) -> bool {
        matches!(self, Self::Delete { .. } | Self::Replace { .. })
    }
}
