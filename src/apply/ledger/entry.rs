//! The form of the entries in journal and audit log (rs-tunnel.md 7.6).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Desk, End};
use crate::apply::teardown::DNS;
use crate::apply::{Failure, Verdict};
use crate::kind;
use crate::plan::{Action, Change};
use crate::teardown::Teardown;

/// Whether the end of a teardown is noted by the run that saw it, or by a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    AtOnce,
    Resumed,
}

impl Occasion {
    /// The same for a teardown that this run has begun or goes on with.
    pub(super) fn of(teardown: &Teardown) -> Self {
        if teardown.attempts > 1 {
            Self::Resumed
        } else {
            Self::AtOnce
        }
    }
}

/// What all entries of a moment have in common.
pub(super) struct Entry<'a> {
    pub(super) at: Timestamp,
    pub(super) run: &'a str,
    pub(super) plan: &'a str,
    pub(super) desk: Desk<'a>,
    pub(super) teardown: Option<&'a Teardown>,
}

impl Entry<'_> {
    /// The entry with some more keys.
    pub(super) fn with(&self, more: Value) -> Value {
        let op_id = self.teardown.map_or(self.run, |it| it.op_id.as_str());
        let mut entry = json!({
            "ts": self.at,
            "op_id": op_id,
            "run_id": self.run,
            "stack": self.desk.stack,
            "actor": self.desk.actor,
            "plan_hash": self.plan,
        });
        if let (Value::Object(entry), Value::Object(more)) = (&mut entry, more) {
            entry.extend(more);
        }
        entry
    }

    /// A teardown begins.
    pub(super) fn stopping(&self) -> Value {
        self.of_teardown("tunnel.stopping", "begun")
    }

    /// A teardown is over.
    pub(super) fn stopped(&self) -> Value {
        self.of_teardown("tunnel.stopped", "done")
    }

    /// A teardown is not carried on with.
    pub(super) fn called_off(&self) -> Value {
        self.of_teardown("tunnel.stopping", "called_off")
    }

    fn of_teardown(&self, action: &str, outcome: &str) -> Value {
        let Some(teardown) = self.teardown else {
            return Value::Null;
        };
        self.with(json!({
            "step": "tunnel",
            "action": action,
            "outcome": outcome,
            "reason": teardown.cause.reason(),
            "first_cause": teardown.cause.reason(),
            "first_actor": teardown.actor,
            "attempt": teardown.attempts,
            "subject": {
                "kind": teardown.address.kind,
                "name": teardown.address.name,
                "tunnel_id": teardown.id,
                "serves": teardown.serves,
            },
        }))
    }

    /// How a change ended; `None` if it was never begun, or has an entry of its own.
    pub(super) fn of_change(&self, end: &End<'_>) -> Option<Value> {
        let End {
            change,
            verdict,
            id,
        } = end;
        let drains = kind::drains(&change.address.kind);
        let is_end = drains && matches!(change.action, Action::Delete { .. });
        let (action, outcome, failure) = match verdict {
            Verdict::Done if is_end => return None,
            Verdict::Skipped(_) if is_end => ("tunnel.failed".to_owned(), DNS, None),
            Verdict::Skipped(_) | Verdict::Stopped => return None,
            Verdict::Done => (action(change), "done", None),
            Verdict::Moved(_) | Verdict::Kept(_) => (skipped(change), "skipped", None),
            Verdict::Pending { code, .. } if is_end => {
                ("tunnel.drain_timeout".to_owned(), *code, None)
            }
            Verdict::Pending { code, .. } => (action(change), *code, None),
            Verdict::Failed(failure) if is_end => {
                ("tunnel.failed".to_owned(), "failed", Some(failure))
            }
            Verdict::Failed(failure) => (action(change), "failed", Some(failure)),
        };
        let reason = match self.teardown {
            Some(teardown) => teardown.cause.reason(),
            None => change.reason.name(),
        };
        let known = change.action.objects().first();
        let id = id.or_else(|| known.map(|it| &it.id));
        let mut more = json!({
            "step": word(change),
            "action": action,
            "outcome": outcome,
            "reason": reason,
            "subject": {
                "kind": change.address.kind,
                "name": change.address.name,
                "id": id,
            },
        });
        if let Some(teardown) = self.teardown {
            more["first_cause"] = json!(teardown.cause.reason());
            more["attempt"] = json!(teardown.attempts);
            more["subject"]["tunnel_id"] = json!(teardown.id);
        }
        if let (Value::Object(more), Some(failure)) = (&mut more, failure) {
            more.extend(facts(failure));
        }
        Some(self.with(more))
    }
}

/// What Cloudflare said of a failure.
fn facts(failure: &Failure) -> Map<String, Value> {
    let Failure {
        code,
        message: _,
        help: _,
        answer,
    } = failure;
    let facts = [
        ("code", json!(code)),
        ("http_status", json!(answer.status)),
        ("cf_code", json!(answer.code)),
        ("cf_ray", json!(answer.ray)),
    ];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_null());
    facts.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The first word of an action.
fn word(change: &Change) -> &str {
    match change.address.kind.as_str() {
        "dns_record" => "dns",
        kind => kind,
    }
}

fn action(change: &Change) -> String {
    let done = match &change.action {
        Action::Create { .. } => "created",
        Action::Update { .. } => "updated",
        Action::Adopt { .. } => "adopted",
        Action::Rename { .. } => "renamed",
        Action::Rotate { .. } => "rotated",
        Action::Replace { .. } => "replaced",
        Action::Delete { .. } => "deleted",
    };
    format!("{}.{done}", word(change))
}

fn skipped(change: &Change) -> String {
    format!("{}.skipped", word(change))
}

/// What is about to be sent.
pub(super) fn intents(changes: &[&Change]) -> Value {
    let each = changes.iter().map(|change| {
        let objects = change.action.objects().iter();
        let ids: Vec<_> = objects.map(|object| &object.id).collect();
        json!({
            "address": change.address.to_string(),
            "action": change.action.name(),
            "ids": ids,
        })
    });
    json!({ "intent": each.collect::<Vec<_>>() })
}

/// What became of it.
pub(super) fn outcomes(ends: &[End<'_>]) -> Value {
    let each = ends.iter().map(|it| {
        let mut end = json!({
            "address": it.change.address.to_string(),
            "verdict": it.verdict.name(),
        });
        if let Some(id) = it.id {
            end["id"] = json!(id);
        }
        match it.verdict {
            Verdict::Failed(failure) => end["code"] = json!(failure.code),
            Verdict::Pending { code, .. } => end["code"] = json!(code),
            Verdict::Done
            | Verdict::Moved(_)
            | Verdict::Kept(_)
            | Verdict::Skipped(_)
            | Verdict::Stopped => {}
        }
        end
    });
    json!({ "outcome": each.collect::<Vec<_>>() })
}
