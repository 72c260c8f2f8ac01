//! Large plans: what is the same for many resources is said once, below all their titles.
//! Invariant: every change keeps its own title, so that Terraform's readers still find it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::attribute::is_flat;
use super::block::{block, mark};
use super::heading::{notes, origin, title};
use super::line::{Line, Mark};
use crate::diff::FieldChange;
use crate::plan::{Action, Change};
use crate::render::text::quoted;
use crate::render::value::{assigned, brief, inline, joined};

/// All changes: repeats together, at the place of the first; what needs more than a line in
/// full.
pub(super) fn compact(changes: &[&Change]) -> Vec<Line> {
    let mut groups: Vec<Vec<&Change>> = Vec::new();
    let mut known = BTreeMap::new();
    for change in changes {
        let place = match likeness(change) {
            Some(likeness) => *known.entry(likeness).or_insert(groups.len()),
            None => groups.len(),
        };
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(change);
    }
    let groups = groups.iter();
    groups
        .flat_map(|group| shown(group).into_iter().chain([Line::blank()]))
        .collect()
}

/// What changes must have in common to be shown as one; `None` for what stands alone.
fn likeness(change: &Change) -> Option<(Mark, &str, String, Vec<Line>)> {
    let kind = change.address.kind.as_str();
    Some((mark(&change.action), kind, body(change)?, notes(change)))
}

/// A group that is alike, or a single change that is like no other.
fn shown(group: &[&Change]) -> Vec<Line> {
    let [first, ..] = group else {
        return Vec::new();
    };
    let Some(body) = body(first) else {
        return block(first);
    };
    let titles = group.iter();
    let titles = titles.flat_map(|change| std::iter::once(title(change)).chain(origin(change)));
    let mut lines: Vec<Line> = titles.chain(notes(first)).collect();
    let address = &first.address;
    let resource = match group.len() {
        1 => format!(
            "resource {} {}",
            quoted(&address.kind),
            quoted(&address.name)
        ),
        number => format!("{number} × resource {}", quoted(&address.kind)),
    };
    let text = format!("{resource} {body}");
    lines.push(Line::marked(0, mark(&first.action), text));
    lines
}

/// What happens on one line; `None` if it takes more.
fn body(change: &Change) -> Option<String> {
    match &change.action {
        Action::Create { after } => Some(all(after)),
        Action::Delete { object, .. } => Some(all(&object.spec)),
        Action::Update { fields, .. } => differing(fields),
        Action::Adopt {
            objects, fields, ..
        } if objects.len() == 1 => differing(fields),
        Action::Adopt { .. }
        | Action::Rename { .. }
        | Action::Rotate { .. }
        | Action::Replace { .. } => None,
    }
}

fn all(spec: &Value) -> String {
    let Value::Object(fields) = spec else {
        return inline(spec);
    };
    let fields = fields.iter();
    braced(fields.map(|(name, value)| assigned(name, &brief(value))))
}

fn differing(fields: &[FieldChange]) -> Option<String> {
    let sides = |field: &FieldChange| [field.before.clone(), field.after.clone()];
    if !fields
        .iter()
        .flat_map(sides)
        .flatten()
        .all(|it| is_flat(&it))
    {
        return None;
    }
    let value = |value: &Option<Value>| value.as_ref().map_or("null".to_owned(), inline);
    let fields = fields.iter().map(|field| {
        let change = format!("{} -> {}", value(&field.before), value(&field.after));
        assigned(&field.path, &change)
    });
    Some(braced(fields))
}

fn braced(fields: impl Iterator<Item = String>) -> String {
    let fields = joined(fields);
    if fields.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {fields} }}")
    }
}
