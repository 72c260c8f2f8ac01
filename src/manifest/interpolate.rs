//! `${NAME}`, `${NAME:-default}` and `$${` in the values of a tree.
//!
//! Invariant: what comes out of a variable stays one scalar, whatever is in it, and keys are
//! never touched.

mod template;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use self::template::{Fault, Part, parse};
use super::findings::Findings;
use super::yaml::{Mapping, Node, NodeValue, Scalar, Style};
use crate::problem::Problem;
use crate::source::{Sources, Span};
use crate::suggest::nearest;

/// Names that are taken from the environment without being asked for on the command line.
const FROM_ENVIRONMENT: [&str; 2] = ["CLOUDFLARE_ACCOUNT_ID", "TUNCTL_"];

/// A value that is written into a manifest: nothing in it is a variable.
#[must_use]
pub fn literal(value: Value) -> Value {
    match value {
        Value::String(text) => text.replace("${", "$${").into(),
        Value::Array(items) => items.into_iter().map(literal).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            fields.map(|(key, value)| (key, literal(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Replaces the variables in all scalar values of a tree. Scalars whose variables are wrong
/// become [`NodeValue::Unknown`]; parts without variables are shared with the old tree.
///
/// A default counts where the variable is not set or empty, as in a shell.
#[must_use]
pub fn interpolate(
    node: &Node,
    variables: &BTreeMap<String, String>,
    sources: &Sources,
) -> (Node, Vec<Problem>) {
    let mut interpolation = Interpolation {
        variables,
        sources,
        findings: Findings::default(),
    };
    let changed = interpolation.node(node);
    let node = changed.unwrap_or_else(|| node.clone());
    (node, interpolation.findings.into_problems())
}

struct Interpolation<'a> {
    variables: &'a BTreeMap<String, String>,
    sources: &'a Sources,
    findings: Findings,
}

impl Interpolation<'_> {
    /// The node with its variables replaced. `None` if there were none in it.
    fn node(&mut self, node: &Node) -> Option<Node> {
        let value = match &node.value {
            NodeValue::Unknown => return None,
            NodeValue::Scalar(scalar) => self.scalar(scalar, node.span)?,
            NodeValue::Sequence(items) => NodeValue::Sequence(Arc::new(self.items(items)?)),
            NodeValue::Mapping(mapping) => NodeValue::Mapping(Arc::new(self.mapping(mapping)?)),
        };
        Some(Node {
            span: node.span,
            value,
        })
    }

    fn items(&mut self, items: &[Node]) -> Option<Vec<Node>> {
        let mut changed: Option<Vec<Node>> = None;
        for (index, item) in items.iter().enumerate() {
            if let Some(new) = self.node(item) {
                changed.get_or_insert_with(|| items.to_vec())[index] = new;
            }
        }
        changed
    }

    fn mapping(&mut self, mapping: &Mapping) -> Option<Mapping> {
        let mut changed: Option<Mapping> = None;
        for (index, (_, value)) in mapping.iter().enumerate() {
            if let Some(new) = self.node(value) {
                changed
                    .get_or_insert_with(|| mapping.clone())
                    .replace(index, new);
            }
        }
        changed
    }

    fn scalar(&mut self, scalar: &Scalar, span: Span) -> Option<NodeValue> {
        if !scalar.text.contains("${") {
            return None;
        }
        let mut text = String::with_capacity(scalar.text.len());
        let mut style = scalar.style;
        let mut whole = true;
        for part in parse(&scalar.text) {
            let site = Site {
                span,
                text: &scalar.text,
                at: part.at(),
            };
            match part {
                Part::Text(_, literal) => text.push_str(literal),
                Part::Variable { name, default, .. } => {
                    style = Style::Interpolated;
                    match self.variable(name, default, &site) {
                        Some(value) => text.push_str(value),
                        None => whole = false,
                    }
                }
                Part::Fault(_, fault) => {
                    whole = false;
                    self.malformed(fault, &site);
                }
            }
        }
        let text = Arc::from(text);
        let done = NodeValue::Scalar(Scalar { text, style });
        Some(if whole { done } else { NodeValue::Unknown })
    }

    fn variable<'v>(
        &'v mut self,
        name: &str,
        default: Option<&'v str>,
        site: &Site,
    ) -> Option<&'v str> {
        let (variables, sources) = (self.variables, self.sources);
        match (variables.get(name).map(String::as_str), default) {
            (Some("") | None, Some(default)) => return Some(default),
            (Some(value), _) => return Some(value),
            (None, None) => {}
        }
        let code = "tunctl::undefined_variable";
        self.findings.push_with(code, site.mark(), || {
            Problem::new(code, "undefined variable")
                .at(site.place(sources), format!("`{name}` has no value"))
                .help(supply(name, variables))
        });
        None
    }

    fn malformed(&mut self, fault: Fault, site: &Site) {
        let sources = self.sources;
        let code = "tunctl::malformed_variable";
        self.findings.push_with(code, site.mark(), || {
            Problem::new(code, "malformed variable")
                .at(site.place(sources), fault.to_string())
                .help("write `${NAME}` or `${NAME:-default}`, and `$${` for the characters themselves")
        });
    }
}

/// A part of a scalar's text.
struct Site<'a> {
    span: Span,
    text: &'a str,
    at: Range<usize>,
}

impl Site<'_> {
    /// What tells the part from every other one. Unlike its place it costs nothing.
    fn mark(&self) -> Span {
        Span {
            start: self.span.start + self.at.start,
            end: self.span.start + self.at.end,
            ..self.span
        }
    }

    /// The place of the part in the source: found by counting the `${` before it, because
    /// quotes, escapes and indentation shift everything else. The whole scalar if the source
    /// looks different, as it does for an alias.
    fn place(&self, sources: &Sources) -> Span {
        let written = sources.text(self.span);
        let part = &self.text[self.at.clone()];
        let before = self.text[..self.at.start].matches("${").count();
        let same = written.matches("${").count() == self.text.matches("${").count();
        written
            .match_indices("${")
            .map(|(start, _)| start)
            .nth(before)
            .filter(|start| same && written[*start..].starts_with(part))
            .map_or(self.span, |start| Span {
                start: self.span.start + start,
                end: self.span.start + start + part.len(),
                ..self.span
            })
    }
}

/// How a variable gets a value.
fn supply(name: &str, variables: &BTreeMap<String, String>) -> String {
    if let Some(near) = nearest(name, variables.keys().map(String::as_str)) {
        return format!("did you mean `${{{near}}}`?");
    }
    let [account, prefix] = FROM_ENVIRONMENT;
    if name == account {
        return format!(
            "`export {name}=…`, or try things out with `--sandbox`, which has an account of its own"
        );
    }
    let environment = if name.starts_with(prefix) {
        format!("`export {name}=…`")
    } else {
        format!("`--var {name}` to take it from the environment")
    };
    format!("give `--var {name}=VALUE`, {environment}, or write `${{{name}:-default}}`")
}
