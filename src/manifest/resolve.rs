//! A checked document → the desired state: defaults are merged into entries, and every entry is
//! lowered to flat resources by the kinds that have fields in its section.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Manifest;
use super::schema::DEFAULTS;
use super::surface::Surface;
use super::yaml::{Node, Step};
use crate::address::Address;
use crate::desired::{Declared, Desired};
use crate::kind::entry::Key;
use crate::kind::tunnel::OnDelete;
use crate::kind::{Entry, KINDS, Lowered};
use crate::ownership::{Ownership, Patterns};
use crate::problem::Problem;
use crate::source::Span;

/// Lowers a document as far as it has the schema's shape: `misshapen` is everything that is
/// wrong with that, and the entries that it blames are passed over.
///
/// # Errors
/// Everything that is wrong with what the rest says. Empty if that is nothing, and only the
/// shape is wrong.
pub(super) fn resolve(
    root: &Node,
    value: &Value,
    misshapen: &[Problem],
) -> Result<Manifest, Vec<Problem>> {
    let document = Document {
        root,
        value,
        misshapen,
    };
    let mut lowered = Lowered::default();
    document.lower(&mut lowered);
    let mut problems = lowered.problems;
    let resources = unique(lowered.resources, &mut problems);
    if !misshapen.is_empty() {
        return Err(problems);
    }
    let surface: Surface = match serde_json::from_value(value.clone()) {
        Ok(surface) => surface,
        Err(error) => return Err(vec![unshaped(root.span, &error)]),
    };
    let ownership = ownership(&surface, value, &mut problems);
    problems.extend(contradictions(root, &surface, &resources));
    if !problems.is_empty() {
        return Err(problems);
    }
    let drain = value["defaults"].get("onDelete").cloned();
    let drain = drain.and_then(|it| serde_json::from_value::<OnDelete>(it).ok());
    Ok(Manifest {
        account: surface.account,
        desired: Desired {
            resources,
            drain: drain.unwrap_or_default().drain(),
        },
        ownership,
        limits: surface.limits,
    })
}

/// The shape checker lets nothing else through; this is for a gap between the two.
fn unshaped(at: Span, error: &serde_json::Error) -> Problem {
    Problem::new(
        "tunctl::unexpected_shape",
        "manifest has an unexpected shape",
    )
    .at(at, error.to_string())
}

/// What the files say, as places and as values.
struct Document<'a> {
    root: &'a Node,
    value: &'a Value,
    misshapen: &'a [Problem],
}

impl Document<'_> {
    /// Lowers every entry of every section that is in shape.
    fn lower(&self, lowered: &mut Lowered) {
        let sections: BTreeSet<&str> = KINDS
            .iter()
            .flat_map(|kind| kind.sections())
            .copied()
            .collect();
        let defaults = self.is_in_shape(&[Step::Key("defaults")]);
        for section in sections {
            let entries = self.value.get(section).and_then(Value::as_object);
            for (name, entry) in entries.into_iter().flatten() {
                if defaults && self.is_in_shape(&[Step::Key(section), Step::Key(name)]) {
                    self.lower_entry(section, name, entry, lowered);
                }
            }
        }
    }

    fn is_in_shape(&self, path: &[Step<'_>]) -> bool {
        let Some(part) = self.root.at(path).map(|node| node.span) else {
            return true;
        };
        let key = self.root.key_at(path);
        let blamed = self.misshapen.iter().flat_map(|it| &it.labels);
        !blamed.into_iter().any(|(span, _)| {
            let inside = span.start >= part.start && span.end <= part.end;
            Some(*span) == key || (span.source == part.source && inside)
        })
    }

    fn lower_entry(&self, section: &str, name: &str, entry: &Value, lowered: &mut Lowered) {
        let value = with_defaults(entry, &self.value["defaults"]);
        let places = |path: &[Key<'_>]| place(self.root, section, name, path);
        let entry = Entry {
            section,
            name,
            value: &value,
            places: &places,
        };
        for kind in KINDS
            .iter()
            .filter(|kind| kind.sections().contains(&section))
        {
            if let Err(error) = kind.lower(&entry, lowered) {
                lowered.problems.push(unshaped(entry.at(&[]), &error));
            }
        }
    }
}

/// The entry's own fields win, key by key.
fn with_defaults(entry: &Value, defaults: &Value) -> Value {
    let mut merged = entry.clone();
    let Value::Object(fields) = &mut merged else {
        return merged;
    };
    for name in DEFAULTS {
        if let Some(Value::Object(default)) = defaults.get(name) {
            let own = fields
                .entry(name)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(own) = own {
                for (key, value) in default {
                    own.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
        }
    }
    merged
}

/// Where a field of an entry is written: in the entry, else in the defaults, else the nearest
/// part of the entry that is written. The entry itself is its key.
fn place(root: &Node, section: &str, name: &str, path: &[Key<'_>]) -> Span {
    let steps: Vec<Step<'_>> = [Step::Key(section), Step::Key(name)]
        .into_iter()
        .chain(path.iter().map(|key| match key {
            Key::Field(field) => Step::Key(field),
            Key::Index(index) => Step::Index(*index),
        }))
        .collect();
    let key = root.key_at(&steps[..2]).unwrap_or(root.span);
    if path.is_empty() {
        return key;
    }
    let default: Vec<Step<'_>> = [Step::Key("defaults")]
        .into_iter()
        .chain(steps[2..].iter().copied())
        .collect();
    root.at(&steps)
        .or_else(|| root.at(&default))
        .map(|node| node.span)
        .or_else(|| {
            let mut shorter = (3..steps.len()).rev().map(|length| &steps[..length]);
            shorter.find_map(|steps| {
                root.key_at(steps)
                    .or_else(|| root.at(steps).map(|it| it.span))
            })
        })
        .unwrap_or(key)
}

/// One resource for each address; a second one is a mistake that has two places.
fn unique(
    resources: Vec<(Address, Declared)>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Address, Declared> {
    let mut unique: BTreeMap<Address, Declared> = BTreeMap::new();
    for (address, declared) in resources {
        if let Some(first) = unique.get(&address) {
            problems.push(
                Problem::new("tunctl::duplicate_hostname", "hostname leads to two tunnels")
                    .at(declared.at, format!("`{}` again", address.name))
                    .at(first.at, "first declared here")
                    .help("let one tunnel make the record, and keep the other out of it with `dns: {exclude: [\u{2026}]}`"),
            );
        } else {
            unique.insert(address, declared);
        }
    }
    unique
}

fn ownership(surface: &Surface, value: &Value, problems: &mut Vec<Problem>) -> Ownership {
    let mut owns = BTreeMap::new();
    for kind in KINDS.iter().filter(|kind| kind.owned_by_name()) {
        let section = kind.sections().first().copied().unwrap_or_default();
        let written = value["owns"][section].as_array().into_iter().flatten();
        let patterns = patterns(written.filter_map(Value::as_str), problems);
        owns.insert(kind.name().to_owned(), patterns);
    }
    Ownership {
        stack: surface.stack.clone(),
        owns,
        removed: surface
            .removed
            .iter()
            .filter_map(|it| Address::parse(it))
            .collect(),
        ignore: patterns(surface.ignore.iter().map(String::as_str), problems),
        protected: patterns(surface.protected.iter().map(String::as_str), problems),
        elsewhere: BTreeMap::new(),
    }
}

fn patterns<'a>(
    written: impl IntoIterator<Item = &'a str>,
    problems: &mut Vec<Problem>,
) -> Patterns {
    Patterns::new(written).unwrap_or_else(|error| {
        problems.push(Problem::new("tunctl::invalid_glob", error.to_string()));
        Patterns::default()
    })
}

/// What is declared cannot be removed too.
fn contradictions(
    root: &Node,
    surface: &Surface,
    resources: &BTreeMap<Address, Declared>,
) -> Vec<Problem> {
    let both = surface
        .removed
        .iter()
        .enumerate()
        .filter_map(|(index, text)| {
            let declared = resources.get(&Address::parse(text)?)?;
            let listed = root.at(&[Step::Key("removed"), Step::Index(index)])?.span;
            Some(
                Problem::new(
                    "tunctl::removed_but_declared",
                    "object is declared and removed",
                )
                .at(listed, "to be deleted")
                .at(declared.at, "declared here")
                .help("drop one of the two"),
            )
        });
    both.collect()
}
