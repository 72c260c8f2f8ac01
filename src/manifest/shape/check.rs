//! The walk over a tree and its shape, together.

use serde_json::Value;

use super::rule::{Kind, Rule};
use super::words::{expected, found, restructure};
use super::{Formats, Shape};
use crate::manifest::findings::Findings;
use crate::manifest::yaml::core::{is_null, lower};
use crate::manifest::yaml::{Node, NodeValue, Step, Style, Words};
use crate::problem::Problem;
use crate::source::Span;

/// Checks a whole tree.
pub(super) fn check(shape: &Shape, node: &Node, formats: &Formats) -> (Value, Vec<Problem>) {
    let mut checker = Checker {
        shape,
        formats,
        findings: Findings::default(),
        path: Vec::new(),
    };
    let value = checker.value(&shape.root, Place { node, key: None });
    (value, checker.findings.into_problems())
}

/// The state of the walk.
pub(super) struct Checker<'a> {
    pub(super) shape: &'a Shape,
    pub(super) formats: &'a Formats,
    pub(super) findings: Findings,
    pub(super) path: Vec<Step<'a>>,
}

/// A node and the key that it is the value of.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) node: &'a Node,
    pub(super) key: Option<Span>,
}

impl Place<'_> {
    /// Where something is missing: the key; for an item of a list, its first key.
    pub(super) fn handle(&self) -> Span {
        let first = || {
            let mapping = self.node.mapping()?;
            mapping.iter().next().map(|(key, _)| key.span)
        };
        self.key.or_else(first).unwrap_or(self.node.span)
    }

    /// Whether nothing was written, or an explicit null.
    pub(super) fn is_null(&self) -> bool {
        let scalar = self.node.scalar();
        scalar.is_some_and(|scalar| scalar.style == Style::Plain && is_null(&scalar.text))
    }
}

impl<'a> Checker<'a> {
    /// Checks what stands at a place, and types it.
    pub(super) fn value(&mut self, rule: &'a Rule, place: Place<'a>) -> Value {
        let (nullable, kind) = self.resolve(rule);
        if place.node.value == NodeValue::Unknown {
            return Value::Null;
        }
        if place.is_null() {
            return self.null(nullable, kind, place);
        }
        match (kind, &place.node.value) {
            (Kind::Any, _) => lower(place.node),
            (Kind::Variants(_), _) => self.variant(kind, place),
            (Kind::Object(object), NodeValue::Mapping(_)) => self.object(object, place),
            (Kind::List(list), NodeValue::Sequence(items)) => self.list(list, items, place),
            (kind, NodeValue::Scalar(scalar)) => self.scalar(kind, scalar, place.node),
            (kind, _) => self.wrong_type(&expected(kind), place.node),
        }
    }

    /// Checks a place where nothing was written.
    fn null(&mut self, nullable: bool, kind: &'a Kind, place: Place<'a>) -> Value {
        // A name with nothing behind it has all defaults: `tunnels: {edge: }`.
        if let Kind::Object(object) = kind {
            return self.object(object, place);
        }
        if nullable || matches!(kind, Kind::Any | Kind::Nothing) {
            return Value::Null;
        }
        self.missing_value(kind, place)
    }

    /// Follows references. A definition that only refers to itself is as good as anything.
    pub(super) fn resolve(&self, rule: &'a Rule) -> (bool, &'a Kind) {
        let (mut nullable, mut kind) = (rule.nullable, &rule.kind);
        for _ in 0..=self.shape.definitions.len() {
            let Kind::Reference(name) = kind else {
                return (nullable, kind);
            };
            let Some(target) = self.shape.definitions.get(name) else {
                break;
            };
            nullable |= target.nullable;
            kind = &target.kind;
        }
        (nullable, &Kind::Any)
    }

    /// Reports that something else was expected.
    pub(super) fn wrong_type(&mut self, expected: &str, node: &Node) -> Value {
        let label = format!("expected {expected}, found {}{}", found(node), self.item());
        let mut problem = Problem::new("tunctl::wrong_type", "wrong type").at(node.span, label);
        problem.help = restructure(expected, node);
        self.findings.push(problem);
        Value::Null
    }

    /// Reports a key, or an item, with nothing behind it.
    pub(super) fn missing_value(&mut self, kind: &'a Kind, place: Place) -> Value {
        let label = format!("`{}` has no value", Words(&self.path));
        let help = format!("expected {}", self.expected(kind));
        self.findings.push(
            Problem::new("tunctl::missing_value", "missing value")
                .at(place.handle(), label)
                .help(help),
        );
        Value::Null
    }

    /// Where an item of a list is, because its line does not tell; nothing for other places.
    pub(super) fn item(&self) -> String {
        match self.path.last() {
            Some(Step::Index(_)) => format!(" in `{}`", Words(&self.path)),
            Some(Step::Key(_)) | None => String::new(),
        }
    }
}
