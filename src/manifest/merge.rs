//! A manifest and the files that it includes, as one tree.
//!
//! Invariant: nothing is overridden. What two files say about the same thing is a problem that
//! shows both places.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::Findings;
use super::yaml::core::is_null;
use super::yaml::{Mapping, Node, NodeValue, Step, Style, Words};
use crate::problem::Problem;

/// How far down mappings are merged: the sections, and what is in a section. An entry of a
/// section, such as a tunnel, belongs to one file.
const SECTIONS: usize = 2;

/// Merges the trees of several files; the first one is the manifest itself, the others are what
/// it includes. Sections merge key by key, lists are joined in the order of the files, and every
/// part keeps its place in its own file.
#[must_use]
pub fn merge(main: &Node, included: &[Node]) -> (Node, Vec<Problem>) {
    let mut merging = Merging {
        findings: Findings::default(),
        path: Vec::new(),
    };
    for node in included {
        merging.refuse_include(node);
    }
    let files = std::iter::once(main).chain(included);
    let mappings: Vec<&Mapping> = files.filter_map(Node::mapping).collect();
    let node = Node {
        span: main.span,
        value: merging.mappings(&mappings),
    };
    (node, merging.findings.into_problems())
}

struct Merging<'a> {
    findings: Findings,
    path: Vec<Step<'a>>,
}

/// What several files say about one key.
type Said<'a> = Vec<(&'a Node, &'a Node)>;

impl<'a> Merging<'a> {
    /// Only the manifest itself includes, so that the list of its files is in one place.
    fn refuse_include(&mut self, node: &Node) {
        if let Some(span) = node.key_at(&[Step::Key("include")]) {
            self.findings.push(
                Problem::new("tunctl::nested_include", "`include` in an included file")
                    .at(span, "this file is included itself")
                    .help("name all files in the `include` of the manifest"),
            );
        }
    }

    fn mappings(&mut self, mappings: &[&'a Mapping]) -> NodeValue {
        let mut order: Vec<Said> = Vec::new();
        let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
        for (key, value) in mappings.iter().flat_map(|mapping| mapping.iter()) {
            let position = *positions.entry(key.text()).or_insert(order.len());
            match order.get_mut(position) {
                Some(said) => said.push((key, value)),
                None => order.push(vec![(key, value)]),
            }
        }
        let entries = order.into_iter().filter_map(|said| self.entry(said));
        NodeValue::Mapping(Arc::new(Mapping::new(entries.collect()).0))
    }

    fn entry(&mut self, said: Said<'a>) -> Option<(Node, Node)> {
        let written: Said = said
            .iter()
            .copied()
            .filter(|(_, value)| !is_empty(value))
            .collect();
        let said = if written.is_empty() { said } else { written };
        let (key, first) = *said.first()?;
        self.path.push(Step::Key(key.text()));
        let value = self.values(&said).unwrap_or_else(|| first.value.clone());
        self.path.pop();
        let span = first.span;
        Some((key.clone(), Node { span, value }))
    }

    /// What several files say, as one. `None` if the first one counts.
    fn values(&mut self, said: &Said<'a>) -> Option<NodeValue> {
        let [_, again @ ..] = &said[..] else {
            return None;
        };
        if again.is_empty() {
            return None;
        }
        let nodes = || said.iter().map(|(_, value)| *value);
        if self.path.len() < SECTIONS
            && let Some(mappings) = nodes().map(Node::mapping).collect::<Option<Vec<_>>>()
        {
            return Some(self.mappings(&mappings));
        }
        if nodes().all(|node| matches!(node.value, NodeValue::Sequence(_))) {
            let items = nodes().flat_map(Node::items).cloned().collect();
            return Some(NodeValue::Sequence(Arc::new(items)));
        }
        self.declared_twice(said);
        None
    }

    fn declared_twice(&mut self, said: &Said) {
        let [(first, _), again @ ..] = &said[..] else {
            return;
        };
        for (key, _) in again {
            let name = Words(&self.path);
            self.findings.push(
                Problem::new("tunctl::declared_twice", "declared twice")
                    .at(key.span, format!("`{name}` again here"))
                    .at(first.span, "first here")
                    .help("keep one of them: files are put together, none overrides another"),
            );
        }
    }
}

/// Whether a file only mentions a key: nothing is said about it.
fn is_empty(node: &Node) -> bool {
    match &node.value {
        NodeValue::Unknown => true,
        NodeValue::Scalar(scalar) => scalar.style == Style::Plain && is_null(&scalar.text),
        NodeValue::Sequence(_) | NodeValue::Mapping(_) => false,
    }
}
