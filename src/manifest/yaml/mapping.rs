//! The end of a mapping: keys that are no texts, duplicate keys, and merge keys.

use std::sync::Arc;

use super::node::{Mapping, Node, NodeValue, Style};
use crate::manifest::findings::Findings;
use crate::problem::Problem;

/// Makes a mapping of what was written between its start and its end. `<<` is applied: explicit
/// keys win over merged ones, and of several merged mappings the first one that has a key.
pub(super) fn close(entries: Vec<(Node, Node)>, findings: &mut Findings) -> Mapping {
    let entries = entries
        .into_iter()
        .filter(|(key, _)| accept_key(key, findings));
    let (mapping, repeated) = Mapping::new(entries.collect());
    for twice in repeated {
        findings.push(
            Problem::new("tunctl::duplicate_key", "duplicate key")
                .at(twice.again, "again here")
                .at(twice.first, "first here")
                .help("keep one of them"),
        );
    }
    match mapping.entry("<<") {
        Some(merge) if is_merge_key(&merge.0) => merged(&mapping, merge, findings),
        _ => mapping,
    }
}

fn accept_key(key: &Node, findings: &mut Findings) -> bool {
    let what = match &key.value {
        NodeValue::Scalar(_) => return true,
        NodeValue::Unknown => return false,
        NodeValue::Sequence(_) => "a list",
        NodeValue::Mapping(_) => "a mapping",
    };
    findings.push(
        Problem::new("tunctl::key_not_scalar", "a key must be a text")
            .at(key.span, format!("this key is {what}"))
            .help("write a plain word in front of the `:`; quote a text that starts with `[`, `{` or `?`"),
    );
    false
}

fn is_merge_key(key: &Node) -> bool {
    key.scalar()
        .is_some_and(|scalar| scalar.style == Style::Plain)
}

fn merged(mapping: &Mapping, merge: &(Node, Node), findings: &mut Findings) -> Mapping {
    let explicit = mapping.iter().filter(|(key, _)| key.text() != "<<");
    let mut entries: Vec<(Node, Node)> = explicit.cloned().collect();
    for part in parts(merge, findings) {
        entries.extend(part.iter().cloned());
    }
    // The first of two equal keys counts, which is exactly the rule of merge keys.
    Mapping::new(entries).0
}

fn parts((key, value): &(Node, Node), findings: &mut Findings) -> Vec<Arc<Mapping>> {
    let listed: &[Node] = match &value.value {
        NodeValue::Sequence(items) => items,
        NodeValue::Scalar(_) | NodeValue::Mapping(_) | NodeValue::Unknown => {
            std::slice::from_ref(value)
        }
    };
    let mut parts = Vec::new();
    for node in listed {
        match &node.value {
            NodeValue::Mapping(part) => parts.push(Arc::clone(part)),
            NodeValue::Unknown => {}
            NodeValue::Scalar(_) | NodeValue::Sequence(_) => findings.push(
                Problem::new("tunctl::merge_key", "`<<` merges mappings only")
                    .at(node.span, "this is no mapping")
                    .at(key.span, "merged here")
                    .help("write `<<: *anchor`, where `&anchor` stands in front of a mapping"),
            ),
        }
    }
    parts
}
