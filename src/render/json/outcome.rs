//! How a run ended, for programs. Deletions carry the codes that the tunnel service publishes.

use serde_json::{Map, Value, json};

use super::change::actions;
use super::{FORMAT_VERSION, identify, summary};
use crate::apply::teardown::DNS;
use crate::apply::{Failure, Outcome, Verdict};
use crate::kind;
use crate::plan::{Action, Change};
use crate::render::Summary;

/// How a run ended, as one JSON object.
#[must_use]
pub fn outcome_json(stack: &str, outcome: &Outcome) -> Value {
    let verdicts = &outcome.verdicts;
    let count = |name: &str| verdicts.iter().filter(|(_, it)| it.name() == name).count();
    let mut summary = summary(Summary::of_outcome(outcome));
    for name in ["failed", "skipped", "moved", "pending", "kept", "stopped"] {
        summary[name] = json!(count(name));
    }
    let errors: Vec<Value> = outcome.broken.iter().map(broken).collect();
    let mut json = json!({
        "format_version": FORMAT_VERSION,
        "stack": stack,
        "summary": summary,
        "results": verdicts
            .iter()
            .map(|(change, end)| result(change, end, outcome))
            .collect::<Vec<_>>(),
    });
    if outcome.unlocked {
        json["lock_lost"] = json!(true);
    }
    if !errors.is_empty() {
        json["errors"] = json!(errors);
    }
    json
}

/// Why a run could not go on.
fn broken(failure: &Failure) -> Value {
    let Failure {
        code,
        message,
        help,
        answer: _,
    } = failure;
    json!({"code": code, "severity": "error", "message": message, "help": help})
}

fn result(change: &Change, end: &Verdict, outcome: &Outcome) -> Value {
    let mut entry = Map::new();
    identify(&mut entry, &change.address);
    let (code, message, help, waits_for) = match end {
        Verdict::Done | Verdict::Stopped => (None, None, None, &[][..]),
        Verdict::Moved(how) | Verdict::Kept(how) => (None, Some(how), None, &[][..]),
        Verdict::Skipped(blocked) => (unled(change), None, None, blocked.as_slice()),
        Verdict::Pending { code, message } => (Some(*code), Some(message), None, &[][..]),
        Verdict::Failed(failure) => {
            let Failure {
                code,
                message,
                help,
                answer: _,
            } = failure;
            (Some(code.as_str()), Some(message), help.as_ref(), &[][..])
        }
    };
    let concerns = outcome.concerns.iter();
    let concerns = concerns.filter(|(address, _)| *address == change.address);
    let concerns: Vec<&String> = concerns.map(|(_, concern)| concern).collect();
    let rest = [
        ("action", json!(change.action.name())),
        ("actions", json!(actions(&change.action))),
        ("verdict", json!(end.name())),
        ("code", json!(code)),
        ("message", json!(message)),
        ("help", json!(help)),
        ("waits_for", json!(waits_for)),
        ("concerns", json!(concerns)),
    ];
    entry.extend(rest.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(entry)
}

/// The published code of a tunnel that stays because what leads to it does.
fn unled(change: &Change) -> Option<&'static str> {
    let drains = kind::drains(&change.address.kind);
    (drains && matches!(change.action, Action::Delete { .. })).then_some(DNS)
}
