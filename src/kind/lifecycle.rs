//! The fields of an entry that say how its object may be treated, the same for every kind that
//! has them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::entry::{Entry, Key};
use crate::desired::{Drain, Ephemeral, Lifecycle};
use crate::lifetime;
use crate::problem::Problem;

/// How an object that is found by its name is kept. A surface takes these in with
/// `#[serde(flatten)]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Kept {
    /// Refuse any plan that deletes this. Default `false`.
    pub(super) protect: bool,
    /// Former names. What this stack owns and what still has one of them is renamed in place
    /// instead of deleted and created.
    previous_names: Vec<String>,
}

impl Kept {
    /// How the resource of an entry may be treated; what is wrong with that is pushed.
    pub(super) fn lifecycle(&self, entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Lifecycle {
        for (index, name) in self.previous_names.iter().enumerate() {
            if name == entry.name {
                let at = entry.at(&[Key::Field("previousNames"), Key::Index(index)]);
                problems.push(
                    Problem::new("tunctl::previous_name_is_name", "it was never renamed")
                        .at(at, "this is its name now")
                        .help("list only former names in `previousNames`"),
                );
            }
        }
        Lifecycle {
            protect: self.protect,
            previous_names: self.previous_names.clone(),
            ..Lifecycle::default()
        }
    }
}

/// What a deletion does with live connections.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OnDelete {
    /// `wait` polls until they are gone, `evict` cuts them, `fail` does not delete. Default
    /// `wait`.
    pub connections: Connections,
    /// How long `wait` and `evict` go on, in whole seconds such as `90s` or `5m`. Default `15s`.
    #[schemars(schema_with = "duration")]
    pub timeout: Option<String>,
}

/// How live connections are treated when what they belong to is deleted.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Connections {
    /// Poll until they are gone, up to the timeout.
    #[default]
    Wait,
    /// Cut them, then delete. Where Cloudflare cuts none, the same as `wait`.
    Evict,
    /// Do not delete what has any.
    Fail,
}

fn duration(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "format": "ingress-duration"})
}

impl OnDelete {
    /// The policy with its timeout in seconds; 15 s unless declared (design, section 1).
    #[must_use]
    pub fn drain(&self) -> Drain {
        let seconds = self
            .timeout
            .as_deref()
            .and_then(|text| crate::ingress::Seconds::parse(text).ok())
            .and_then(crate::ingress::Seconds::whole)
            .map_or(15, |seconds| u64::try_from(seconds).unwrap_or(0));
        match self.connections {
            Connections::Wait => Drain::Wait { seconds },
            Connections::Evict => Drain::Evict { seconds },
            Connections::Fail => Drain::Fail,
        }
    }

    /// The policy of an entry; what is wrong with it is pushed.
    pub(super) fn drain_of(&self, entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Drain {
        let timeout = self.timeout.as_deref().unwrap_or_default();
        if timeout.starts_with('-') {
            let at = entry.at(&[Key::Field("onDelete"), Key::Field("timeout")]);
            problems.push(
                Problem::new("tunctl::negative_timeout", "timeout is negative")
                    .at(at, "nobody waits for less than no time")
                    .help("write `0s` to try once, or a time such as `30s`"),
            );
        }
        self.drain()
    }
}

/// When an object ends although it is declared.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Limited {
    /// How long after it was made, such as `72h` or `3d`, whatever is connected to it then.
    #[schemars(schema_with = "lifetime::schema")]
    ttl: Option<String>,
    /// How long without any connection, such as `30m`. Begins with the end of the first one.
    #[schemars(schema_with = "lifetime::schema")]
    idle: Option<String>,
}

impl Limited {
    /// When the object of an entry ends; what is wrong with that is pushed.
    pub(super) fn ephemeral(
        &self,
        entry: &Entry<'_>,
        protect: bool,
        problems: &mut Vec<Problem>,
    ) -> Ephemeral {
        let seconds = |text: &Option<String>| text.as_deref().and_then(lifetime::seconds);
        let (ttl, idle) = (seconds(&self.ttl), seconds(&self.idle));
        let at = entry.at(&[Key::Field("ephemeral")]);
        if ttl.is_none() && idle.is_none() {
            let problem = Problem::new("tunctl::endless_ephemeral", "nothing says when it ends");
            let problem = problem.at(at, "neither `ttl` nor `idle`");
            problems.push(problem.help("write `{ttl: 72h}`, `{idle: 30m}`, or both"));
        }
        for (name, value) in [("ttl", ttl), ("idle", idle)] {
            if value == Some(0) {
                let at = entry.at(&[Key::Field("ephemeral"), Key::Field(name)]);
                let problem = Problem::new("tunctl::endless_ephemeral", "it would never be there");
                let problem = problem.at(at, "it ends as soon as it begins");
                problems.push(problem.help("write at least `1s`"));
            }
        }
        if protect {
            let problem = Problem::new(
                "tunctl::protected_ephemeral",
                "what ends by itself cannot be protected",
            );
            let problem = problem.at(at, "ends by itself");
            problems.push(problem.help("drop `protect`, or drop `ephemeral`"));
        }
        Ephemeral { ttl, idle }
    }
}
