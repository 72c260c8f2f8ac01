//! The parser's stack: parts of the pattern that are read, and what is open around them.
//!
//! Nothing here recurses, so that no pattern can overflow the stack of the program.

use regex_syntax::hir::ClassUnicode;

use crate::ingress::go::unicode::range;

use super::escape::Count;
use super::group::Flags;
use super::limit::{Limits, Measure};
use super::node::{Look, Node};
use super::part::{Class, Content, Form, Literal, Open, Part};
use super::{Fault, Reason};

/// The stack. Every fault of its own shows the whole pattern.
pub(super) struct Stack<'t> {
    pattern: &'t str,
    parts: Vec<Part>,
    limits: Limits,
}

/// A repetition: `*`, `+`, `?` or a count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operator {
    /// How often.
    pub(super) count: Count,
    /// Written in braces.
    pub(super) counted: bool,
}

impl<'t> Stack<'t> {
    pub(super) fn new(pattern: &'t str) -> Self {
        Self {
            pattern,
            parts: Vec::new(),
            limits: Limits::default(),
        }
    }

    pub(super) fn push_look(&mut self, look: Look) -> Result<(), Fault> {
        self.push_new(Content::Whole(Node::Look(look), Form::Other))
    }

    pub(super) fn push_group(&mut self, captures: bool, flags: Flags) -> Result<(), Fault> {
        self.push_new(Content::Open(Open::Group { captures, flags }))
    }

    pub(super) fn push_literal(&mut self, character: u32, flags: Flags) -> Result<(), Fault> {
        self.push_new(Content::Literal(Literal {
            characters: vec![character],
            ignore_case: flags.ignore_case,
        }))
    }

    /// A dot, whose ranges Go does not count.
    pub(super) fn push_any(&mut self, flags: Flags) -> Result<(), Fault> {
        let mut set = range('\0', char::MAX);
        if !flags.dot_matches_newline {
            set.difference(&range('\n', '\n'));
        }
        self.push_new(Content::Class(Class { set, runes: 0 }))
    }

    pub(super) fn push_class(&mut self, set: ClassUnicode) -> Result<(), Fault> {
        self.push_new(Content::Class(Class::new(set)))
    }

    /// Repeats what is on top; `false` if there is nothing to repeat.
    pub(super) fn repeat(&mut self, operator: Operator) -> Result<bool, Fault> {
        let Some(part) = self.parts.pop_if(|part| !part.is_open()) else {
            return Ok(false);
        };
        self.limits.take();
        let measure = operator.measure(part.measure);
        let Count { min, max } = operator.count;
        let repetition = Node::Repeat {
            min,
            max,
            node: Box::new(part.into_node()),
        };
        let content = Content::Whole(repetition, operator.form());
        self.parts.push(Part { content, measure });
        self.check_top()?;
        Ok(true)
    }

    /// Whether nested counts of what is on top multiply to too much.
    pub(super) fn has_too_many_copies(&self) -> bool {
        let top = self.parts.last();
        top.is_some_and(|part| part.measure.has_too_many_copies())
    }

    /// Ends an alternative.
    pub(super) fn bar(&mut self) -> Result<(), Fault> {
        self.concat()?;
        if self.swap_bar() {
            return Ok(());
        }
        self.push_new(Content::Open(Open::Bar))
    }

    /// Ends a group, and gives the flags that held around it.
    pub(super) fn close(&mut self) -> Result<Flags, Fault> {
        self.end_alternatives()?;
        let (part, group) = (self.parts.pop(), self.parts.pop());
        let (
            Some(part),
            Some(Part {
                content: Content::Open(Open::Group { captures, flags }),
                ..
            }),
        ) = (part, group)
        else {
            return Err(Fault::new(Reason::UnexpectedParenthesis, self.pattern));
        };
        if captures {
            let measure = part.measure.above(2);
            self.push(Content::Whole(part.into_node(), Form::Other), measure)?;
        } else {
            self.push(part.content, part.measure)?;
        }
        Ok(flags)
    }

    /// Ends the pattern.
    pub(super) fn finish(mut self) -> Result<Node, Fault> {
        self.anchor_surrogates();
        self.end_alternatives()?;
        match (self.parts.pop(), self.parts.is_empty()) {
            (Some(part), true) => Ok(part.into_node()),
            (_, _) => Err(Fault::new(Reason::MissingParenthesis, self.pattern)),
        }
    }

    /// Go compares a literal right after the beginning of the text as encoded bytes, in which
    /// a surrogate has become U+FFFD. Anywhere else a surrogate matches nothing.
    fn anchor_surrogates(&mut self) {
        self.give_back_merged();
        if self.parts.iter().any(Part::is_bar) {
            return;
        }
        if let [first, second, ..] = self.parts.as_mut_slice()
            && let Content::Literal(literal) = &mut second.content
            && first.is_start()
            && !literal.ignore_case
        {
            literal.encode_surrogates();
        }
    }

    fn push_new(&mut self, content: Content) -> Result<(), Fault> {
        self.limits.take();
        self.push(content, Measure::LEAF)
    }

    fn push(&mut self, content: Content, measure: Measure) -> Result<(), Fault> {
        self.limits.add_runes(content.runes());
        let literal = match &content {
            Content::Class(class) => class.as_literal(),
            Content::Literal(_) | Content::Whole(..) | Content::Open(_) => None,
        };
        if let Some(literal) = literal {
            let merged = self.merge_literals();
            let content = Content::Literal(literal);
            self.parts.push(Part { content, measure });
            // Go puts it into the node that the merge has freed, without a check.
            return if merged { Ok(()) } else { self.check_top() };
        }
        self.give_back_merged();
        let measure = match &content {
            // Go measures a literal when it is pushed, but not when it grows.
            Content::Literal(literal) => Measure {
                size: literal.characters.len() as u64,
                ..Measure::LEAF
            },
            Content::Class(_) | Content::Whole(..) | Content::Open(_) => measure,
        };
        self.parts.push(Part { content, measure });
        self.check_top()
    }

    /// Joins the two literals on top, which nothing can repeat separately any more.
    fn merge_literals(&mut self) -> bool {
        if let [.., below, top] = self.parts.as_mut_slice()
            && let Content::Literal(literal) = &mut below.content
            && let Content::Literal(more) = &top.content
            && literal.ignore_case == more.ignore_case
        {
            literal.characters.extend(&more.characters);
            if !self.limits.measures_sizes() {
                below.measure = below.measure.beside(top.measure);
            }
            self.parts.pop();
            return true;
        }
        false
    }

    fn give_back_merged(&mut self) {
        if self.merge_literals() {
            self.limits.give_back();
        }
    }

    fn check_top(&mut self) -> Result<(), Fault> {
        let Some(top) = self.parts.last() else {
            return Ok(());
        };
        let repeats = match top.form() {
            Some(Form::Repeat(times)) => Some(times),
            Some(Form::Concat | Form::Alternate | Form::Other) | None => None,
        };
        let all = self.parts.iter().map(|part| part.measure);
        let verdict = self.limits.check(top.measure, repeats, all);
        verdict.map_err(|reason| Fault::new(reason, self.pattern))
    }

    /// Makes one part of everything above the innermost open group or bar.
    fn concat(&mut self) -> Result<(), Fault> {
        self.give_back_merged();
        let parts = self.take_unopened();
        if parts.is_empty() {
            return self.push_new(Content::Whole(Node::Empty, Form::Other));
        }
        self.collapse(parts, Form::Concat)
    }

    fn end_alternatives(&mut self) -> Result<(), Fault> {
        self.concat()?;
        if self.swap_bar() {
            self.parts.pop();
        }
        let parts = self.take_unopened();
        self.collapse(parts, Form::Alternate)
    }

    fn take_unopened(&mut self) -> Vec<Part> {
        let below = self.parts.iter().rposition(Part::is_open);
        self.parts.split_off(below.map_or(0, |below| below + 1))
    }

    /// Makes one of several, which swallows those of its own form.
    fn collapse(&mut self, mut parts: Vec<Part>, form: Form) -> Result<(), Fault> {
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return self.push(only.content, only.measure);
        }
        self.limits.take();
        let bars = match form {
            Form::Alternate => parts.len() as u64 - 1,
            Form::Concat | Form::Repeat(_) | Form::Other => 0,
        };
        let mut sum: Option<Measure> = None;
        for part in &mut parts {
            if part.form() == Some(form) {
                self.limits.give_back();
                part.measure.height -= 1;
            }
            sum = Some(sum.map_or(part.measure, |sum| sum.beside(part.measure)));
        }
        let nodes = parts.into_iter().map(Part::into_node).collect();
        let node = match form {
            Form::Alternate => Node::Alternate(nodes),
            Form::Concat | Form::Repeat(_) | Form::Other => Node::Concat(nodes),
        };
        let measure = sum.unwrap_or(Measure::LEAF).above(bars);
        self.push(Content::Whole(node, form), measure)
    }

    /// Moves the bar above the alternative that was read last, which may become one class with
    /// the one before it. `false` if there is no bar.
    fn swap_bar(&mut self) -> bool {
        let count = self.parts.len();
        if count < 2 || !self.parts[count - 2].is_bar() {
            return false;
        }
        if let [.., below, _, top] = self.parts.as_mut_slice()
            && let Some(set) = below.content.as_set()
            && top.content.as_set().is_some()
        {
            below.content.merge(set, &top.content);
            below.measure = Measure::LEAF;
            self.parts.pop();
            self.limits.give_back();
        } else {
            self.parts.swap(count - 1, count - 2);
        }
        true
    }
}

impl Operator {
    fn form(self) -> Form {
        if self.counted {
            Form::Repeat(self.times())
        } else {
            Form::Other
        }
    }

    fn times(self) -> u64 {
        u64::from(self.count.max.unwrap_or(self.count.min))
    }

    fn measure(self, inner: Measure) -> Measure {
        let Count { min, max } = self.count;
        let mut measure = if min == 0 && max.is_none() {
            inner.above(2)
        } else {
            // x{2,5} is xx(x(x(x)?)?)?, and x{2,} is xx+.
            let optional = max.map_or(1, |max| u64::from(max - min));
            let size = inner.size.saturating_mul(self.times());
            Measure {
                size: size.saturating_add(optional).max(1),
                ..inner.above(0)
            }
        };
        if self.counted {
            measure.copies = match (max, self.times()) {
                (Some(0), _) => 0,
                (_, 0) => inner.copies,
                (_, times) => inner.copies.max(1).saturating_mul(times),
            };
        }
        measure
    }
}
