//! The first plan of a manifest, made before anybody sees it.

use std::collections::BTreeMap;

use super::page::Page;
use super::{Inventory, Wish};
use crate::address::Address;
use crate::desired::Desired;
use crate::kind::export::place;
use crate::kind::{Export, KINDS};
use crate::manifest::yaml::{Budget, Node};
use crate::manifest::{self, Manifest};
use crate::plan::select::Selection;
use crate::plan::{self, Action, Input, Policy};
use crate::problem::Problem;
use crate::source::{Sources, Span};

/// More rounds than one correction can need another one.
const ROUNDS: usize = 8;

/// Corrects the entries until the manifest is valid and the plan of it empty. Why it is not, if
/// nothing helps.
pub(super) fn settle(inventory: &Inventory, wish: &Wish, export: &mut Export) -> Vec<String> {
    let mut why = Vec::new();
    let wish = Wish {
        account: inventory.scope.account.clone(),
        split: None,
        ..wish.clone()
    };
    for _ in 0..ROUNDS {
        let text = Page::new(inventory, &wish, export).text();
        let mended = match load(&text) {
            Ok(manifest) => match first_plan(inventory, &manifest) {
                Ok(changes) if changes.is_empty() => return Vec::new(),
                Ok(changes) => {
                    why = changes.values().cloned().collect();
                    let changes = changes.into_iter();
                    changes.map(|(it, why)| ignore(export, &it, why)).count() > 0
                }
                Err(problems) => {
                    why = problems.iter().map(words).collect();
                    refused(&manifest.desired, &problems, export)
                }
            },
            Err(problems) => {
                why = problems.iter().map(words).collect();
                invalid(&text, &problems, export)
            }
        };
        if !mended {
            break;
        }
    }
    why
}

fn ignore(export: &mut Export, address: &Address, why: String) {
    export.ignored.entry(address.clone()).or_insert(why);
}

fn words(problem: &Problem) -> String {
    match problem.labels.first() {
        Some((_, label)) => format!("{}: {label}", problem.message),
        None => problem.message.clone(),
    }
}

fn load(text: &str) -> Result<Manifest, Vec<Problem>> {
    let (mut sources, mut budget) = (Sources::default(), Budget::default());
    let variables = BTreeMap::new();
    let bytes = text.as_bytes();
    let document = manifest::open(&mut sources, "tunctl.yaml", bytes, &variables, &mut budget);
    manifest::load(vec![document])
}

/// What the first plan would change, and how.
fn first_plan(
    inventory: &Inventory,
    manifest: &Manifest,
) -> Result<BTreeMap<Address, String>, Vec<Problem>> {
    let plan = plan::plan(&Input {
        kinds: KINDS,
        scope: &inventory.scope,
        desired: &manifest.desired,
        observed: &inventory.observed,
        ownership: &manifest.ownership,
        limits: &manifest.limits,
        policy: Policy::Sync,
        selection: &Selection::default(),
        rotate: None,
        base: None,
    })?;
    let changes = plan.changes().map(|change| {
        let action = change.action.name();
        let mark = match &change.action {
            Action::Delete { .. } => "It carries this stack's mark, and is not declared: without",
            Action::Create { .. }
            | Action::Adopt { .. }
            | Action::Update { .. }
            | Action::Rename { .. }
            | Action::Rotate { .. }
            | Action::Replace { .. } => "Without",
        };
        let why = format!("{mark} this line the next apply would {action} it.");
        (change.address.clone(), why)
    });
    Ok(changes.collect())
}

/// Ignores what the plan is refused for. Whether there was anything.
fn refused(desired: &Desired, problems: &[Problem], export: &mut Export) -> bool {
    let mut found = false;
    for problem in problems {
        let labels: Vec<Span> = problem.labels.iter().map(|(span, _)| *span).collect();
        let blamed = desired
            .resources
            .iter()
            .filter(|(_, it)| labels.contains(&it.at));
        for (address, _) in blamed {
            found |= !export.ignored.contains_key(address);
            ignore(
                export,
                address,
                format!("There is no plan of it: {}.", words(problem)),
            );
        }
    }
    found
}

/// Takes out what a manifest cannot say: the field that is blamed, or the entry. Whether there
/// was anything.
fn invalid(text: &str, problems: &[Problem], export: &mut Export) -> bool {
    let composed = manifest::yaml::compose(0, text, &mut Budget::default());
    let Some(root) = composed.root else {
        return false;
    };
    let mut found = false;
    for problem in problems {
        for (span, _) in &problem.labels {
            if let Some(steps) = blamed(&root, *span, export) {
                found |= take_out(export, &steps, &words(problem));
            }
        }
    }
    found
}

/// The section, the name and perhaps the field in which a place is.
fn blamed(root: &Node, span: Span, export: &Export) -> Option<Vec<String>> {
    for (section, names) in &export.sections {
        let entries = root.get(section).and_then(Node::mapping);
        for (key, entry) in entries.into_iter().flat_map(|it| it.iter()) {
            if !names.contains_key(key.text()) || !covers(key, entry, span) {
                continue;
            }
            let mut steps = vec![section.clone(), key.text().to_owned()];
            let fields = entry.mapping().into_iter().flat_map(|it| it.iter());
            let mut fields = fields.filter(|(key, value)| covers(key, value, span));
            steps.extend(fields.next().map(|(key, _)| key.text().to_owned()));
            return Some(steps);
        }
    }
    None
}

fn covers(key: &Node, value: &Node, span: Span) -> bool {
    key.span.start <= span.start && span.end <= value.span.end.max(key.span.end)
}

/// Takes a field or an entry out, with what stands in it.
fn take_out(export: &mut Export, steps: &[String], why: &str) -> bool {
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let (section, name) = (steps[0], steps[1]);
    let entries = export.sections.get_mut(section);
    let taken = entries.is_some_and(|entries| match steps.get(2) {
        Some(field) => entries
            .get_mut(name)
            .is_some_and(|entry| entry.shift_remove(*field).is_some()),
        None => entries.remove(name).is_some(),
    });
    let below = place(&steps);
    let gone: Vec<Address> = export
        .places
        .iter()
        .filter(|(_, at)| at.starts_with(&below))
        .map(|(address, _)| address.clone())
        .collect();
    for address in gone {
        export.places.remove(&address);
        export.ignored.remove(&address);
        export.leave(&address, why);
    }
    export.notes.retain(|at, _| !at.starts_with(&below));
    taken
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::address::RemoteId;
    use crate::observed::Object;

    /// Two tunnels, and a kind that wrote nonsense.
    #[test]
    fn what_a_manifest_cannot_say_is_taken_out_alone() {
        let mut inventory = Inventory::default();
        inventory.scope.account = "a".repeat(32);
        inventory.scope.stack = "edge".to_owned();
        let mut export = Export::default();
        for (name, id) in [("a", "1"), ("b", "2"), ("c", "3")] {
            let address = Address::new("tunnel", name);
            let object = Object::new(
                RemoteId::new(id.repeat(32)),
                json!({"configSrc": "cloudflare"}),
            );
            inventory.observed.add(address.clone(), object);
            export.enter("tunnels", name, &address);
        }
        export.set("tunnels", "a", "ingress", json!("nonsense"));
        export.set("tunnels", "a", "privateRoutes", json!(["10.1.0.0/16"]));
        let rules = Address::new("tunnel_config", "a");
        export.stands(&rules, place(&["tunnels", "a", "ingress"]));
        export.note(place(&["tunnels", "a", "ingress"]), "gone");
        export.set("tunnels", "b", "nonsense", json!(1));
        export.set("tunnels", "c", "configSrc", json!("local"));
        let why = settle(&inventory, &Wish::default(), &mut export);
        assert_eq!(why, [""; 0]);
        let entry = |name| json!(export.entry("tunnels", name));
        assert_eq!(entry("a"), json!({"privateRoutes": ["10.1.0.0/16"]}));
        assert_eq!(entry("b"), json!({}));
        assert!(export.left.contains_key(&rules));
        assert!(export.notes.is_empty());
        // What would be made, and what cannot be planned, is left to somebody who knows better.
        let ignored: Vec<String> = export.ignored.keys().map(ToString::to_string).collect();
        assert_eq!(ignored, ["private_route.10.1.0.0/16", "tunnel.c"]);
    }
}
