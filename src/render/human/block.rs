//! One change as a block in Terraform's notation.

use serde_json::Value;

use super::attribute::{Attribute, block as attributes, each, hidden};
use super::heading::heading;
use super::line::{Line, Mark, Tone};
use crate::diff::FieldChange;
use crate::kind;
use crate::plan::{Action, Change};
use crate::render::text::quoted;
use crate::render::value::inline;

/// The whole block, heading included.
pub(crate) fn block(change: &Change) -> Vec<Line> {
    let mut lines = heading(change);
    lines.push(Line::marked(0, mark(&change.action), opening(change)));
    lines.extend(body(change));
    lines.push(Line::inside(0, Tone::Plain, "}"));
    lines
}

/// The glyph of an action.
pub(super) fn mark(action: &Action) -> Mark {
    match action {
        Action::Create { .. } => Mark::Add,
        Action::Update { .. } | Action::Rename { .. } | Action::Rotate { .. } => Mark::Change,
        Action::Adopt { .. } => Mark::Adopt,
        Action::Replace { .. } => Mark::Replace,
        Action::Delete { .. } => Mark::Remove,
    }
}

/// `resource "tunnel" "edge-web" {`
fn opening(change: &Change) -> String {
    let address = &change.address;
    format!(
        "resource {} {} {{",
        quoted(&address.kind),
        quoted(&address.name)
    )
}

fn body(change: &Change) -> Vec<Line> {
    match &change.action {
        Action::Create { after } => all(Mark::Add, after, secret(change)),
        Action::Delete { object, .. } => all(Mark::Remove, &object.spec, Vec::new()),
        Action::Update { after, fields, .. } | Action::Rotate { after, fields, .. } => {
            differing(fields, after, secret(change))
        }
        Action::Adopt {
            objects,
            after,
            fields,
        } => {
            let displaced = objects.iter().skip(1);
            let displaced =
                displaced.map(|it| Attribute::new(Mark::Remove, "displaced", inline(&it.spec)));
            differing(fields, after, displaced.collect())
        }
        Action::Rename {
            from,
            after,
            fields,
            ..
        } => {
            let value = format!("{} -> {}", quoted(from), quoted(&change.address.name));
            let renamed = Attribute::new(Mark::Change, "name", value);
            differing(fields, after, vec![renamed])
        }
        Action::Replace { after, fields, .. } => forced(change, fields, after),
    }
}

/// What happens to a secret, without the secret.
fn secret(change: &Change) -> Vec<Attribute> {
    let sink = change.keeps.as_ref().map(|sink| quoted(sink));
    let value = match (&change.action, sink) {
        (Action::Rotate { .. }, Some(sink)) => format!("(a new one) -> sink {sink}"),
        (Action::Rotate { .. }, None) => "(a new one)".to_owned(),
        (_, Some(sink)) => format!("-> sink {sink}"),
        (_, None) => return Vec::new(),
    };
    vec![Attribute::new(mark(&change.action), "secret", value)]
}

fn all(mark: Mark, spec: &Value, more: Vec<Attribute>) -> Vec<Line> {
    match spec {
        Value::Object(fields) => {
            let mut shown: Vec<Attribute> = each(1, mark, fields);
            shown.extend(more);
            attributes(1, shown)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            attributes(1, vec![Attribute::whole(1, mark, "value", spec)])
        }
    }
}

/// What differs, what else there is to say, and how much stays as it is.
fn differing(fields: &[FieldChange], after: &Value, more: Vec<Attribute>) -> Vec<Line> {
    let shown = fields.iter().flat_map(|it| Attribute::of_change(1, it));
    let mut lines = attributes(1, shown.chain(more).collect());
    lines.extend(unchanged(fields, after));
    lines
}

/// The same for a replacement, which has a culprit.
fn forced(change: &Change, fields: &[FieldChange], after: &Value) -> Vec<Line> {
    let immutable = kind::find(&change.address.kind).map_or(&[][..], |kind| kind.immutable());
    let shown = fields.iter().flat_map(|field| {
        let is_culprit = immutable.contains(&field.path.as_str());
        let shown = Attribute::of_change(1, field).into_iter();
        shown.map(move |it| {
            if is_culprit {
                it.comment("forces replacement")
            } else {
                it
            }
        })
    });
    let mut lines = attributes(1, shown.collect());
    lines.extend(unchanged(fields, after));
    lines
}

fn unchanged(fields: &[FieldChange], after: &Value) -> Option<Line> {
    let is_touched = |key: &str| {
        fields.iter().any(|field| {
            let rest = field.path.strip_prefix(key);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let keys = after.as_object().into_iter().flat_map(|after| after.keys());
    let number = keys.filter(|key| !is_touched(key)).count();
    (number > 0).then(|| hidden(1, number, "attribute"))
}
