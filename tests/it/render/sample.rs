//! Makes plans by hand, with as few words as possible.

use serde_json::{Value, json};
use tunctl::address::{Address, RemoteId};
use tunctl::desired::Drain;
use tunctl::diff::{Extent, diff};
use tunctl::observed::{Object, Owner};
use tunctl::plan::{Action, Change, Plan, Reason};
use tunctl::render::{Report, Style, human};
use tunctl::source::Span;

/// A plan with all changes in one stage.
pub(crate) fn plan(changes: impl IntoIterator<Item = Change>) -> Plan {
    let changes: Vec<Change> = changes.into_iter().collect();
    Plan {
        stack: "edge".to_owned(),
        stages: if changes.is_empty() {
            Vec::new()
        } else {
            vec![changes]
        },
        ..Plan::default()
    }
}

/// A live object.
pub(crate) fn object(spec: &Value) -> Object {
    Object {
        owner: Owner::Ours,
        ..Object::new(RemoteId::new("0a1b2c3d"), spec.clone())
    }
}

/// A declared resource that changes.
pub(crate) fn change(address: &str, action: Action, reason: Reason) -> Change {
    Change {
        address: Address::parse(address).expect("a test writes addresses"),
        action,
        reason,
        waits_for: Vec::new(),
        recheck: false,
        at: Some(Span {
            source: 0,
            start: 0,
            end: 0,
        }),
        keeps: None,
    }
}

pub(crate) fn create(address: &str, after: Value) -> Change {
    change(address, Action::Create { after }, Reason::New)
}

pub(crate) fn update(address: &str, before: &Value, after: Value) -> Change {
    let fields = diff(before, &after, Extent::Whole);
    let object = object(before);
    let action = Action::Update {
        object,
        after,
        fields,
    };
    change(address, action, Reason::Differs)
}

/// Takes over the first of some objects; the others go.
pub(crate) fn adopt(address: &str, objects: &[Value], after: Value) -> Change {
    let fields = diff(&objects[0], &after, Extent::Declared);
    let objects = objects.iter().map(object).collect();
    let action = Action::Adopt {
        objects,
        after,
        fields,
    };
    change(address, action, Reason::Differs)
}

pub(crate) fn replace(address: &str, before: &Value, after: Value) -> Change {
    let fields = diff(before, &after, Extent::Declared);
    let object = object(before);
    let action = Action::Replace {
        object,
        after,
        fields,
    };
    change(address, action, Reason::Differs)
}

pub(crate) fn rename(address: &str, from: &str, spec: &Value) -> Change {
    let action = Action::Rename {
        object: object(spec),
        from: from.to_owned(),
        after: spec.clone(),
        fields: Vec::new(),
    };
    change(address, action, Reason::Differs)
}

pub(crate) fn delete(address: &str, spec: &Value) -> Change {
    let action = Action::Delete {
        object: object(spec),
        drain: Drain::Wait { seconds: 15 },
    };
    Change {
        at: None,
        ..change(address, action, Reason::Undeclared)
    }
}

/// A record that leads to a tunnel.
pub(crate) fn record(tunnel: &str) -> Value {
    json!({"target": format!("tunnel.{tunnel}"), "proxied": true, "ttl": 1})
}

pub(crate) fn tunnel() -> Value {
    json!({"configSrc": "cloudflare"})
}

/// A rule without settings.
pub(crate) fn rule(host: &str, service: &str) -> Value {
    json!({"hostname": host, "service": service})
}

/// The plan as text.
pub(crate) fn shown(plan: &Plan, style: Style) -> String {
    let mut text = Vec::new();
    human::plan(&mut text, &Report::new(plan), style).expect("a vector takes everything");
    String::from_utf8(text).expect("text is UTF-8")
}

/// A plan's changes as text: what stands between the header and the summary.
pub(crate) fn blocks(changes: impl IntoIterator<Item = Change>) -> String {
    let text = shown(&plan(changes), Style::Plain);
    let (_, text) = text.split_once(":\n\n").expect("a header");
    let (text, _) = text.rsplit_once("\nPlan: ").expect("a summary");
    text.to_owned()
}
