//! Places where one of several things may stand: which one is meant is told by what is there,
//! and only that one is reported against.

use serde_json::Value;

use super::check::{Checker, Place};
use super::rule::{Kind, Object};
use super::words::expected_one_of;
use crate::manifest::findings::Findings;
use crate::manifest::yaml::core::{Core, resolve};
use crate::manifest::yaml::{Mapping, NodeValue, Scalar, Style};

impl<'a> Checker<'a> {
    /// Checks a place against the variant that was most likely meant.
    pub(super) fn variant(&mut self, variants: &'a Kind, place: Place<'a>) -> Value {
        let kinds = self.kinds(variants);
        let chosen = match &place.node.value {
            NodeValue::Mapping(mapping) => object_for(&kinds, mapping),
            NodeValue::Sequence(_) => kinds
                .iter()
                .copied()
                .find(|kind| matches!(kind, Kind::List(_))),
            NodeValue::Scalar(scalar) => self.scalar_for(&kinds, scalar, place),
            NodeValue::Unknown => None,
        };
        let any = kinds.iter().any(|kind| matches!(kind, Kind::Any));
        match (chosen, &place.node.value) {
            (Some(Kind::Object(object)), _) => self.object(object, place),
            (Some(Kind::List(list)), NodeValue::Sequence(items)) => self.list(list, items, place),
            (Some(kind), NodeValue::Scalar(scalar)) => self.scalar(kind, scalar, place.node),
            _ if any => crate::manifest::yaml::core::lower(place.node),
            _ => self.wrong_type(&expected_one_of(&kinds), place.node),
        }
    }

    /// What is wanted, in words.
    pub(super) fn expected(&self, kind: &'a Kind) -> String {
        expected_one_of(&self.kinds(kind))
    }

    fn kinds(&self, kind: &'a Kind) -> Vec<&'a Kind> {
        let mut kinds = Vec::new();
        self.flatten(kind, 0, &mut kinds);
        kinds
    }

    /// All variants, those of variants included, without references.
    fn flatten(&self, kind: &'a Kind, depth: usize, kinds: &mut Vec<&'a Kind>) {
        let Kind::Variants(rules) = kind else {
            kinds.push(kind);
            return;
        };
        // A variant can be nested no deeper than there are definitions, unless it is its own.
        for rule in rules
            .iter()
            .filter(|_| depth <= self.shape.definitions.len())
        {
            self.flatten(self.resolve(rule).1, depth + 1, kinds);
        }
    }

    /// The variant for a scalar: the first that accepts it, those of its own type before texts;
    /// if none does, the first that could have been meant.
    fn scalar_for(
        &self,
        kinds: &[&'a Kind],
        scalar: &Scalar,
        place: Place<'a>,
    ) -> Option<&'a Kind> {
        let mut fitting: Vec<&'a Kind> = kinds
            .iter()
            .copied()
            .filter(|kind| could_be(kind, scalar))
            .collect();
        fitting.sort_by_key(|kind| matches!(kind, Kind::Text(_)));
        let accepts = |kind: &&&'a Kind| {
            let mut trial = Checker {
                shape: self.shape,
                formats: self.formats,
                findings: Findings::default(),
                path: Vec::new(),
            };
            trial.scalar(kind, scalar, place.node);
            trial.findings.into_problems().is_empty()
        };
        fitting.iter().find(accepts).or(fitting.first()).copied()
    }
}

/// Whether a scalar may have been meant for a rule: a number only for numbers, if it is one.
fn could_be(kind: &Kind, scalar: &Scalar) -> bool {
    let meaning = match scalar.style {
        Style::Plain | Style::Interpolated => resolve(&scalar.text),
        Style::Quoted => Core::Text,
    };
    match kind {
        Kind::Text(_) | Kind::Choice(_) => true,
        Kind::Boolean => matches!(meaning, Core::Bool(_)),
        Kind::Integer(_) => matches!(meaning, Core::Int(_)),
        Kind::Decimal(_) => matches!(meaning, Core::Int(_) | Core::Float(_)),
        Kind::Any
        | Kind::Nothing
        | Kind::Reference(_)
        | Kind::Object(_)
        | Kind::List(_)
        | Kind::Variants(_) => false,
    }
}

/// The variant for a mapping: the one whose constants it has, then the one that knows most of
/// its keys, then the one that misses the fewest.
fn object_for<'a>(kinds: &[&'a Kind], mapping: &Mapping) -> Option<&'a Kind> {
    kinds
        .iter()
        .copied()
        .filter_map(|kind| Some((kind, score(kind.object()?, mapping))))
        .reduce(|best, other| if other.1 > best.1 { other } else { best })
        .map(|(kind, _)| kind)
}

fn score(object: &Object, mapping: &Mapping) -> (bool, usize, std::cmp::Reverse<usize>) {
    let contradicts = mapping.iter().any(|(key, value)| {
        let rule = object.property(key.text()).map(|rule| &rule.kind);
        match (rule, value.scalar()) {
            (Some(Kind::Choice(values)), Some(scalar)) => {
                !values.iter().any(|value| super::scalar::is(value, scalar))
            }
            _ => false,
        }
    });
    let known = mapping
        .iter()
        .filter(|(key, _)| object.property(key.text()).is_some());
    let missing = object
        .required
        .iter()
        .filter(|name| mapping.entry(name).is_none());
    (
        !contradicts,
        known.count(),
        std::cmp::Reverse(missing.count()),
    )
}
