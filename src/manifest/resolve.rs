//! A checked document → the desired state: defaults are merged into entries, and every entry is
//! lowered to flat resources by the kinds that have fields in its section.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::Manifest;
use super::findings::Findings;
use super::schema::DEFAULTS;
use super::sinks;
use super::surface::Surface;
use super::written::Written;
use super::yaml::{Node, NodeValue, Step};
use crate::address::Address;
use crate::desired::{Declared, Desired};
use crate::kind::entry::Key;
use crate::kind::lifecycle::OnDelete;
use crate::kind::{self, Entry, KINDS, Lowered};
use crate::ownership::{Ownership, Patterns};
use crate::problem::Problem;
use crate::source::Span;

/// What the files say, as places and as values.
pub(super) struct Document<'a> {
    root: &'a Node,
    value: &'a Value,
    blamed: BTreeSet<Span>,
}

/// The shape checker lets nothing else through; this is for a gap between the two.
fn unshaped(at: Span, error: &serde_json::Error) -> Problem {
    Problem::new(
        "tunctl::unexpected_shape",
        "manifest has an unexpected shape",
    )
    .at(at, error.to_string())
}

impl<'a> Document<'a> {
    /// A document with its value, and what is wrong with its shape.
    pub(super) fn new(root: &'a Node, value: &'a Value, misshapen: &[Problem]) -> Self {
        let labels = misshapen.iter().flat_map(|problem| &problem.labels);
        Self {
            root,
            value,
            blamed: labels.map(|(span, _)| *span).collect(),
        }
    }

    /// Lowers the document as far as it has the schema's shape: an entry in which something is
    /// wrong already is passed over, the others are judged. There is a manifest only if all of
    /// the document is sound.
    pub(super) fn resolve(&self, sound: bool) -> (Option<Manifest>, Vec<Problem>) {
        let mut lowered = Lowered::default();
        let mut findings = Findings::default();
        self.lower(&mut lowered, &mut findings);
        for kind in KINDS {
            kind.complete(&mut lowered);
        }
        let Lowered {
            resources,
            routes,
            tests,
            problems,
        } = lowered;
        findings.extend(problems);
        let resources = unique(resources, &mut findings);
        findings.extend(self.contradictions(&resources));
        let (sinks, misnamed) = sinks::sinks(self.root, self.value, &resources);
        findings.extend(misnamed);
        let mut problems = findings.into_problems();
        if !sound || !problems.is_empty() {
            return (None, problems);
        }
        match Surface::deserialize(self.value) {
            Ok(surface) => {
                let mut manifest = self.manifest(surface, resources, &mut problems);
                manifest.routes = routes;
                manifest.tests = tests;
                manifest.sinks = sinks;
                (Some(manifest), problems)
            }
            Err(error) => (None, vec![unshaped(self.root.span, &error)]),
        }
    }

    fn manifest(
        &self,
        surface: Surface,
        resources: BTreeMap<Address, Declared>,
        problems: &mut Vec<Problem>,
    ) -> Manifest {
        let ownership = ownership(&surface, self.value, problems);
        let drain = self.value["defaults"].get("onDelete");
        let drain = drain.and_then(|it| OnDelete::deserialize(it).ok());
        Manifest {
            account: surface.account,
            desired: Desired {
                resources,
                drain: drain.unwrap_or_default().drain(),
            },
            ownership,
            limits: surface.limits,
            ..Manifest::default()
        }
    }

    /// Lowers every entry of every section that is in shape.
    fn lower(&self, lowered: &mut Lowered, findings: &mut Findings) {
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
                    findings.extend(blamed_once(lowered.problems.split_off(0)));
                }
            }
        }
    }

    fn is_in_shape(&self, path: &[Step<'_>]) -> bool {
        let key = self.root.key_at(path);
        let named = key.is_some_and(|key| self.blamed.contains(&key));
        !named && self.root.at(path).is_none_or(|part| self.is_right(part))
    }

    /// Whether nothing was found wrong with a part, also where an alias repeats it.
    fn is_right(&self, part: &Node) -> bool {
        let here = !self.blamed.contains(&part.span);
        here && match &part.value {
            NodeValue::Unknown => false,
            NodeValue::Scalar(_) => true,
            NodeValue::Sequence(items) => items.iter().all(|item| self.is_right(item)),
            NodeValue::Mapping(mapping) => mapping
                .iter()
                .all(|(key, value)| self.is_right(key) && self.is_right(value)),
        }
    }

    fn lower_entry(&self, section: &str, name: &str, entry: &Value, lowered: &mut Lowered) {
        let value = with_defaults(entry, &self.value["defaults"]);
        let written = Written::new(self.root, section, name);
        let places = |path: &[Key<'_>]| written.place(path);
        let entry = Entry {
            stack: self.value["stack"].as_str().unwrap_or_default(),
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

    /// What says two things of one object.
    fn contradictions(&self, resources: &BTreeMap<Address, Declared>) -> Vec<Problem> {
        let mut problems = self.removed_and_declared(resources);
        problems.extend(self.former_and_declared(resources));
        problems
    }

    /// A former name that something else has now: nothing could be renamed.
    fn former_and_declared(&self, resources: &BTreeMap<Address, Declared>) -> Vec<Problem> {
        let former = resources.iter().flat_map(|(address, declared)| {
            let names = declared.lifecycle.previous_names.iter().enumerate();
            names.filter_map(move |(index, name)| {
                let former = Address::new(address.kind.clone(), name.clone());
                let other = resources.get(&former).filter(|_| former != *address)?;
                Some((address, index, other))
            })
        });
        let problem = |(address, index, other): (&Address, usize, &Declared)| {
            let kind = KINDS.iter().find(|kind| kind.name() == address.kind)?;
            let list = [Key::Field("previousNames"), Key::Index(index)];
            let section = kind.sections().first()?;
            let at = Written::new(self.root, section, &address.name).place(&list);
            let problem = Problem::new(
                "tunctl::previous_name_declared",
                "former name is declared too",
            );
            Some(
                problem
                    .at(at, format!("a former name of `{}`", address.name))
                    .at(other.at, "declared here")
                    .help("drop the entry, or drop its name from `previousNames`"),
            )
        };
        former.filter_map(problem).collect()
    }

    /// What is declared cannot be removed too.
    fn removed_and_declared(&self, resources: &BTreeMap<Address, Declared>) -> Vec<Problem> {
        let removed = self.value["removed"].as_array().into_iter().flatten();
        let both = removed.enumerate().filter_map(|(index, text)| {
            let declared = resources.get(&Address::parse(text.as_str()?)?)?;
            let listed = [Step::Key("removed"), Step::Index(index)];
            let problem = Problem::new(
                "tunctl::removed_but_declared",
                "object is declared and removed",
            );
            Some(
                problem
                    .at(self.root.at(&listed)?.span, "to be deleted")
                    .at(declared.at, "declared here")
                    .help("drop one of the two"),
            )
        });
        both.collect()
    }
}

/// The first problem of each place: kinds judge the same fields one after the other.
fn blamed_once(problems: Vec<Problem>) -> impl Iterator<Item = Problem> {
    let mut seen = BTreeSet::new();
    problems.into_iter().filter(move |problem| {
        let place = problem.labels.first().map(|(span, _)| *span);
        place.is_none_or(|place| seen.insert(place))
    })
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

/// One resource for each address; a second one is a mistake that has two places.
fn unique(
    resources: Vec<(Address, Declared)>,
    findings: &mut Findings,
) -> BTreeMap<Address, Declared> {
    let mut unique: BTreeMap<Address, Declared> = BTreeMap::new();
    for (address, declared) in resources {
        if let Some(first) = unique.get(&address) {
            let kind = kind::find(&address.kind).expect("a kind has lowered it");
            let again = format!("`{}` again", address.name);
            let problem = kind.duplicate(&address.name).at(declared.at, again);
            findings.push(problem.at(first.at, "first declared here"));
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
        dropped: None,
        endings: BTreeMap::new(),
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
