//! Mappings.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::check::{Checker, Place};
use super::rule::{Kind, Object, Rule};
use super::words::quoted;
use crate::manifest::yaml::{Mapping, Node, Step, Words};
use crate::problem::Problem;
use crate::source::Span;
use crate::suggest::nearest;

/// How many known keys a message lists when none is near.
const LISTED: usize = 20;

impl<'a> Checker<'a> {
    /// Checks a mapping, key by key, then looks for what is missing.
    pub(super) fn object(&mut self, object: &'a Object, place: Place<'a>) -> Value {
        let mut value = Map::new();
        let mut meant = BTreeSet::new();
        for (key, node) in place.node.mapping().into_iter().flatten() {
            self.path.push(Step::Key(key.text()));
            match object.rule(key.text()) {
                Some(rule) => {
                    if let Some(entry) = self.entry(object, rule, (key, node)) {
                        value.insert(key.text().to_owned(), entry);
                    }
                }
                None => meant.extend(self.unknown_key(object, key)),
            }
            self.path.pop();
        }
        self.missing_keys(object, &meant, place);
        self.key_count(object, place);
        Value::Object(value)
    }

    fn entry(
        &mut self,
        object: &'a Object,
        rule: &'a Rule,
        (key, node): (&'a Node, &'a Node),
    ) -> Option<Value> {
        if let (Some(names), Some(name)) = (&object.names, key.scalar()) {
            let (_, kind) = self.resolve(names);
            self.scalar(kind, name, key);
        }
        let place = Place {
            node,
            key: Some(key.span),
        };
        let declared = object.property(key.text()).is_some();
        let required = object.required.iter().any(|name| name == key.text());
        let any = matches!(self.resolve(rule).1, Kind::Any);
        if place.is_null() && declared && !required && !any {
            return None;
        }
        Some(self.value(rule, place))
    }

    /// Reports a key. Returns the one that was meant, if it is near.
    fn unknown_key(&mut self, object: &'a Object, key: &Node) -> Option<&'a str> {
        if let ([], [(pattern, _), ..]) = (&object.properties[..], &object.patterns[..]) {
            let label = format!("{} is not allowed as a name", quoted(key.text()));
            self.findings.push(
                Problem::new("tunctl::pattern", "invalid name")
                    .at(key.span, label)
                    .help(pattern.words()),
            );
            return None;
        }
        let (name, parent) = (quoted(key.text()), self.parent());
        let near = || nearest(key.text(), object.known());
        self.findings
            .push_with("tunctl::unknown_key", key.span, || {
                let help =
                    near().map_or_else(|| object.help(), |near| format!("did you mean `{near}`?"));
                Problem::new("tunctl::unknown_key", "unknown key")
                    .at(key.span, format!("{name} is not a key {parent}"))
                    .help(help)
            });
        (!object.required.is_empty()).then(near).flatten()
    }

    /// Where the current key is: the last step is the key itself.
    fn parent(&self) -> String {
        match self.path.split_last() {
            Some((_, parents)) if !parents.is_empty() => format!("of `{}`", Words(parents)),
            Some(_) | None => "at the top level".to_owned(),
        }
    }

    /// A key that was only mistyped is not missing too.
    fn missing_keys(&mut self, object: &Object, meant: &BTreeSet<&str>, place: Place) {
        for name in &object.required {
            if place.node.get(name).is_some() || meant.contains(name.as_str()) {
                continue;
            }
            let whole = if self.path.is_empty() {
                "the file".to_owned()
            } else {
                format!("`{}`", Words(&self.path))
            };
            self.findings.push(
                Problem::new("tunctl::missing_key", "missing key")
                    .at(place.handle(), format!("{whole} has no `{name}`"))
                    .help(format!("add `{name}: …`")),
            );
        }
    }

    fn key_count(&mut self, object: &Object, place: Place) {
        let count = place.node.mapping().map_or(0, Mapping::len);
        if !object.count.holds(count) {
            let label = format!(
                "the number of keys is {count}, expected {}",
                object.count.words()
            );
            let span: Span = place.handle();
            self.findings
                .push(Problem::new("tunctl::count", "wrong number of keys").at(span, label));
        }
    }
}

impl Object {
    /// The rule of a declared key.
    pub(super) fn property(&self, key: &str) -> Option<&Rule> {
        let found = self.properties.iter().find(|(name, _)| name == key);
        found.map(|(_, rule)| rule)
    }

    /// The rule of any key that is allowed.
    fn rule(&self, key: &str) -> Option<&Rule> {
        let by_pattern = || {
            let found = self
                .patterns
                .iter()
                .find(|(pattern, _)| pattern.matches(key));
            found.map(|(_, rule)| rule)
        };
        self.property(key)
            .or_else(by_pattern)
            .or(self.rest.as_ref())
    }

    fn known(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().map(|(name, _)| name.as_str())
    }

    /// What to do about a key that resembles none.
    fn help(&self) -> String {
        let listed = self.known().take(LISTED).map(|name| format!("`{name}`"));
        let listed: Vec<String> = listed.collect();
        match listed.len() {
            0 => "remove it".to_owned(),
            _ => format!("known keys: {}", listed.join(", ")),
        }
    }
}
