//! The loop over a pattern.

use crate::ingress::go::unicode::range;

use super::escape::{self, Count};
use super::fold::fold;
use super::group::{self, Flags, Opening};
use super::node::Look;
use super::property::{self, Properties};
use super::stack::{Operator, Stack};
use super::{Expression, Fault, Reason, before, class};

/// Reads a pattern.
///
/// # Errors
/// Go's first complaint.
pub fn parse(pattern: &str) -> Result<Expression, Fault> {
    let mut parser = Parser {
        stack: Stack::new(pattern),
        flags: Flags::default(),
        known: Properties::new(),
    };
    let (mut rest, mut repetition) = (pattern, None);
    while !rest.is_empty() {
        let read = parser.read(rest, repetition)?;
        repetition = read.is_repetition.then_some(rest);
        rest = read.rest;
    }
    parser.stack.finish().map(Expression)
}

struct Parser<'t> {
    stack: Stack<'t>,
    flags: Flags,
    known: Properties,
}

/// One step.
struct Read<'t> {
    rest: &'t str,
    is_repetition: bool,
}

impl Parser<'_> {
    /// Reads what is at the start of the text. `repetition` is the text from the repetition on
    /// that ended right before.
    fn read<'t>(&mut self, text: &'t str, repetition: Option<&str>) -> Result<Read<'t>, Fault> {
        if let Some((operator, after)) = self::operator(text)? {
            let rest = after.strip_prefix('?').unwrap_or(after);
            if let Some(repetition) = repetition {
                let both = before(repetition, rest);
                return Err(Fault::new(Reason::NestedRepetition, both));
            }
            self.repeat(operator, before(text, rest))?;
            return Ok(Read {
                rest,
                is_repetition: true,
            });
        }
        let rest = self.read_other(text)?;
        Ok(Read {
            rest,
            is_repetition: false,
        })
    }

    fn repeat(&mut self, operator: Operator, shown: &str) -> Result<(), Fault> {
        if !self.stack.repeat(operator)? {
            return Err(Fault::new(Reason::MissingArgument, shown));
        }
        if operator.counted && self.stack.has_too_many_copies() {
            return Err(Fault::new(Reason::RepeatCount, shown));
        }
        Ok(())
    }

    fn read_other<'t>(&mut self, text: &'t str) -> Result<&'t str, Fault> {
        let mut rest = text.chars();
        let first = rest.next().unwrap_or_default();
        match first {
            '(' => return self.open(text),
            '[' => {
                let (set, rest) = class::class(text, self.flags.ignore_case, &mut self.known)?;
                self.stack.push_class(set)?;
                return Ok(rest);
            }
            '\\' => return self.backslash(text),
            ')' => self.flags = self.stack.close()?,
            '|' => self.stack.bar()?,
            '.' => self.stack.push_any(self.flags)?,
            '^' if self.flags.multi_line => self.stack.push_look(Look::LineStart)?,
            '^' => self.stack.push_look(Look::Start)?,
            '$' if self.flags.multi_line => self.stack.push_look(Look::LineEnd)?,
            '$' => self.stack.push_look(Look::End)?,
            _ => self.literal(u32::from(first))?,
        }
        Ok(rest.as_str())
    }

    fn open<'t>(&mut self, text: &'t str) -> Result<&'t str, Fault> {
        let (opening, rest) = group::open(text, self.flags)?;
        match opening {
            Opening::Capture => self.stack.push_group(true, self.flags)?,
            Opening::Group(flags) => {
                self.stack.push_group(false, self.flags)?;
                self.flags = flags;
            }
            Opening::Flags(flags) => self.flags = flags,
        }
        Ok(rest)
    }

    fn backslash<'t>(&mut self, text: &'t str) -> Result<&'t str, Fault> {
        let look = match text.as_bytes().get(1) {
            Some(b'A') => Look::Start,
            Some(b'z') => Look::End,
            Some(b'b') => Look::Boundary,
            Some(b'B') => Look::NoBoundary,
            Some(b'Q') => return self.quoted(&text[2..]),
            Some(_) | None => return self.escaped(text),
        };
        self.stack.push_look(look)?;
        Ok(&text[2..])
    }

    fn escaped<'t>(&mut self, text: &'t str) -> Result<&'t str, Fault> {
        let ignore_case = self.flags.ignore_case;
        let named = match property::unicode(text, ignore_case, &mut self.known)? {
            Some(named) => Some(named),
            None => property::perl(text, ignore_case),
        };
        if let Some((set, rest)) = named {
            self.stack.push_class(set)?;
            return Ok(rest);
        }
        let (character, rest) = escape::escape(text)?;
        self.literal(character)?;
        Ok(rest)
    }

    /// Literal text up to `\E` or the end.
    fn quoted<'t>(&mut self, text: &'t str) -> Result<&'t str, Fault> {
        let (literal, rest) = text.split_once("\\E").unwrap_or((text, ""));
        for c in literal.chars() {
            self.literal(u32::from(c))?;
        }
        Ok(rest)
    }

    fn literal(&mut self, character: u32) -> Result<(), Fault> {
        let lowest = match char::from_u32(character) {
            Some(c) if self.flags.ignore_case => fold(&range(c, c)).ranges()[0].start().into(),
            Some(_) | None => character,
        };
        self.stack.push_literal(lowest, self.flags)
    }
}

/// A repetition at the start of the text. A brace that begins none is none.
fn operator(text: &str) -> Result<Option<(Operator, &str)>, Fault> {
    let (min, max) = match text.as_bytes().first() {
        Some(b'*') => (0, None),
        Some(b'+') => (1, None),
        Some(b'?') => (0, Some(1)),
        Some(_) | None => {
            let Some((count, after)) = escape::count(text) else {
                return Ok(None);
            };
            if count.min > 1000 || count.max.is_some_and(|max| max > 1000 || count.min > max) {
                return Err(Fault::new(Reason::RepeatCount, before(text, after)));
            }
            let operator = Operator {
                count,
                counted: true,
            };
            return Ok(Some((operator, after)));
        }
    };
    let operator = Operator {
        count: Count { min, max },
        counted: false,
    };
    Ok(Some((operator, &text[1..])))
}
