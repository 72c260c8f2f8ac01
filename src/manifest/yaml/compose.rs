//! Parser events to a tree. With `scalar` and `syntax`, the only place that knows the parser.
//!
//! Invariant: no recursion, and no work after the budget is spent, so that neither nesting nor
//! aliases can cost more than the text that was read.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use granit_parser::{Event, Parser, ScanError, Tag};

use super::budget::Budget;
use super::decode::control_character;
use super::node::{Node, NodeValue};
use super::open::{Open, Parts, Weight};
use super::scalar::{described, natural, scalar, trimmed};
use super::syntax;
use crate::manifest::findings::Findings;
use crate::problem::Problem;
use crate::source::Span;
use crate::suggest::nearest;

/// What reading one file gave.
#[derive(Debug, Clone)]
pub struct Composed {
    /// The file, by its position in the sources.
    pub source: usize,
    /// The top-level mapping. `None` if its structure could not be understood; otherwise parts
    /// that were wrong are [`NodeValue::Unknown`] or left out.
    pub root: Option<Node>,
    /// The comments, from `#` to the end of the line, in their order. Of more than a file may
    /// have parts, the rest is left out.
    pub comments: Vec<Span>,
    /// Everything that was wrong, by place.
    pub problems: Vec<Problem>,
}

/// Composes a text whose bytes the budget has taken into account already.
#[must_use]
pub fn compose(source: usize, text: &str, budget: &mut Budget) -> Composed {
    let mut composer = Composer {
        source,
        text,
        budget,
        findings: Findings::default(),
        open: Vec::new(),
        anchors: BTreeMap::new(),
        names: Vec::new(),
        documents: 0,
        root: None,
        comments: Vec::new(),
        broken: false,
        full: false,
    };
    match control_character(source, text) {
        Some(problem) => composer.fail(problem),
        None => composer.run(),
    }
    composer.finish()
}

/// How many anchors are thought of when an alias is mistyped.
const SUGGESTED: usize = 100;

struct Composer<'a> {
    source: usize,
    text: &'a str,
    budget: &'a mut Budget,
    findings: Findings,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (NodeValue, Weight)>,
    names: Vec<String>,
    documents: usize,
    root: Option<Node>,
    comments: Vec<Span>,
    broken: bool,
    full: bool,
}

/// Go on with the next event, or stop feeding the parser.
type Verdict = ControlFlow<()>;

const ON: Verdict = ControlFlow::Continue(());
const STOP: Verdict = ControlFlow::Break(());

impl Composer<'_> {
    fn run(&mut self) {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            max_buffered_comment_events: usize::MAX,
            flow_nesting_limit: self.budget.depth,
            block_nesting_limit: self.budget.depth,
        };
        let text = self.text;
        let mut parser = Parser::new_from_str_with_options(text, options);
        while let Some(next) = parser.next_event() {
            let verdict = match next {
                Ok((event, span)) => self.event(&event, &span),
                Err(error) => {
                    self.syntax_error(&error);
                    match parser.proceed_next_document() {
                        Ok(true) => ON,
                        Ok(false) | Err(_) => STOP,
                    }
                }
            };
            if verdict == STOP || self.full {
                break;
            }
        }
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let innermost = self.open.iter().rev().find(|open| open.flow);
        let context = syntax::Context {
            source: self.source,
            text: self.text,
            bracket: innermost.map(|open| open.span),
            depth: self.budget.depth,
        };
        let found = syntax::problem(error, &context);
        self.fail(found);
        self.documents = self.documents.max(1);
    }

    fn event(&mut self, event: &Event<'_>, at: &granit_parser::Span) -> Verdict {
        let span = self.place(at);
        match event {
            Event::DocumentStart(..) => self.document(span),
            Event::Anchor(_, name) => {
                if self.names.len() < SUGGESTED {
                    self.names.push(name.clone().into_owned());
                }
                ON
            }
            Event::Comment(..) => {
                if self.comments.len() < self.budget.nodes {
                    self.comments.push(span);
                }
                ON
            }
            Event::Alias(anchor) => self.alias(*anchor, span),
            Event::UnresolvedAlias(name) => {
                self.unknown_alias(name, span);
                ON
            }
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = scalar(text, *style, span);
                self.check_tag(tag.as_deref(), at, || natural(&scalar));
                let span = trimmed(self.text, span, *style);
                self.node(span, NodeValue::Scalar(scalar), *anchor, Weight::default());
                ON
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), at, || "seq");
                self.open(span, *anchor, Parts::items())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), at, || "map");
                self.open(span, *anchor, Parts::entries())
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(span);
                ON
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | _ => ON,
        }
    }

    /// The second document ends the reading: there is no telling which one was meant.
    fn document(&mut self, span: Span) -> Verdict {
        self.documents += 1;
        if self.documents == 1 {
            return ON;
        }
        let found = Problem::new("tunctl::second_document", "more than one YAML document")
            .at(first_line(self.text, span), "the second document starts here")
            .help("one file is one document: remove what does not belong to it, or make it a file of its own");
        self.findings.push(found);
        STOP
    }

    fn check_tag(
        &mut self,
        tag: Option<&Tag>,
        at: &granit_parser::Span,
        natural: impl FnOnce() -> &'static str,
    ) {
        let Some(tag) = tag else { return };
        let natural = natural();
        if tag.core_suffix() == Some(natural) {
            return;
        }
        let place = at
            .tag_span()
            .map_or_else(|| self.place(at), |span| self.place(&span));
        let found = Problem::new("tunctl::yaml_tag", "YAML tags are not supported")
            .at(
                place,
                format!("without the tag, this is {}", described(natural)),
            )
            .help("remove the tag; write a text that looks like a number in quotes");
        self.findings.push(found);
    }

    fn open(&mut self, span: Span, anchor: usize, parts: Parts) -> Verdict {
        if !self.budget.take_depth(self.open.len() + 1) {
            self.fail(syntax::too_deep(span, self.budget.depth));
            return STOP;
        }
        self.open.push(Open::new(span, anchor, parts));
        ON
    }

    fn close(&mut self, end: Span) {
        let Some(mut open) = self.open.pop() else {
            return;
        };
        if open.flow {
            self.check_indentation(end.start);
            open.span.end = open.span.end.max(end.end);
        }
        open.weight.height += 1;
        let value = open.parts.into_value(&mut self.findings);
        self.node(open.span, value, open.anchor, open.weight);
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Verdict {
        let Some((value, weight)) = self.anchors.get(&anchor).cloned() else {
            let found = Problem::new("tunctl::recursive_alias", "an alias inside its own anchor")
                .at(span, "this would contain itself without end")
                .help("set the anchor in front of a part that ends above this line");
            self.findings.push(found);
            self.node(span, NodeValue::Unknown, 0, Weight::default());
            return ON;
        };
        if !self.budget.take_depth(self.open.len() + weight.height) {
            self.fail(syntax::too_deep(span, self.budget.depth));
            return STOP;
        }
        let repeated = Weight {
            aliases: weight.aliases + 1,
            ..weight
        };
        if !self.budget.take_alias(repeated.aliases, repeated.bytes) {
            self.fail(syntax::alias_budget(span, self.budget));
            return STOP;
        }
        self.node(span, value, 0, repeated);
        ON
    }

    fn unknown_alias(&mut self, name: &str, span: Span) {
        let known = self.names.iter().map(String::as_str);
        self.findings.push_with("tunctl::unknown_alias", span, || {
            if name.starts_with('.') {
                return Problem::new("tunctl::unknown_alias", "unknown alias")
                    .at(span, "without quotes, `*` begins an alias")
                    .help(format!("write `\"*{name}\"`"));
            }
            let help = match nearest(name, known) {
                Some(known) => format!("did you mean `*{known}`?"),
                None => format!("write `&{name}` in front of the part to repeat, above this line"),
            };
            Problem::new("tunctl::unknown_alias", "unknown alias")
                .at(span, format!("no `&{name}` above"))
                .help(help)
        });
        self.node(span, NodeValue::Unknown, 0, Weight::default());
    }

    /// Puts a finished node where it belongs, and remembers it if it has an anchor.
    fn node(&mut self, span: Span, value: NodeValue, anchor: usize, weight: Weight) {
        if !self.budget.take_node() && !self.full {
            self.full = true;
            self.fail(syntax::node_budget(span, self.budget));
        }
        self.check_indentation(span.start);
        if anchor > 0 {
            let weight = weight.written(span);
            self.anchors.insert(anchor, (value.clone(), weight));
        }
        let node = Node { span, value };
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.add(node, weight);
    }

    /// The parser allows tabs between brackets; we do not, as the indentation of a line.
    fn check_indentation(&mut self, start: usize) {
        if let Some(tab) = syntax::tab_before(self.text, start) {
            self.findings.push(syntax::tab(self.source, tab));
        }
    }

    fn fail(&mut self, problem: Problem) {
        self.findings.push(problem);
        self.broken = true;
    }

    fn place(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        Span {
            source: self.source,
            start: range.start,
            end: range.end,
        }
    }

    fn finish(mut self) -> Composed {
        let root = if self.broken { None } else { self.top() };
        Composed {
            source: self.source,
            root,
            comments: self.comments,
            problems: self.findings.into_problems(),
        }
    }

    /// The top-level mapping, or the problem that there is none.
    fn top(&mut self) -> Option<Node> {
        let root = self.root.take();
        let empty = root
            .as_ref()
            .is_none_or(|root| root.span.start == root.span.end && root.mapping().is_none());
        if empty {
            let start = Span {
                source: self.source,
                start: 0,
                end: 0,
            };
            let found = Problem::new("tunctl::empty_file", "the file is empty")
                .at(start, "nothing is declared here")
                .help("`tunctl init` writes a commented starter file");
            self.findings.push(found);
            return None;
        }
        let root = root?;
        if root.mapping().is_none() && root.value != NodeValue::Unknown {
            let found = Problem::new("tunctl::not_a_mapping", "the file is not a mapping")
                .at(first_line(self.text, root.span), "expected `key: value`")
                .help("a manifest starts with `version: 1`");
            self.findings.push(found);
        }
        root.mapping().is_some().then_some(root)
    }
}

fn first_line(text: &str, span: Span) -> Span {
    let written = text.get(span.start..span.end).unwrap_or_default();
    let line = written.lines().next().unwrap_or_default();
    Span {
        end: span.start + line.len(),
        ..span
    }
}
