//! Parts of a pattern, as they lie on the parser's stack.

use std::sync::Arc;

use regex_syntax::hir::ClassUnicode;

use crate::ingress::go::unicode::range;

use super::fold::fold;
use super::group::Flags;
use super::limit::Measure;
use super::node::{ENCODED_REPLACEMENT, Look, Node};

/// A part with what Go measures of it.
pub(super) struct Part {
    pub(super) content: Content,
    pub(super) measure: Measure,
}

/// What a part is.
pub(super) enum Content {
    Literal(Literal),
    Class(Class),
    Whole(Node, Form),
    Open(Open),
}

/// Characters in sequence. Surrogates may be among them.
#[derive(PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) characters: Vec<u32>,
    pub(super) ignore_case: bool,
}

/// One of a set.
pub(super) struct Class {
    pub(super) set: ClassUnicode,
    /// How many bounds of ranges Go counts for it.
    pub(super) runes: usize,
}

/// What Go still has to know of a part that is translated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Concat,
    Alternate,
    /// A count, with the number of copies that it makes.
    Repeat(u64),
    Other,
}

/// What a part may stand open above.
pub(super) enum Open {
    /// An open group with the flags around it.
    Group { captures: bool, flags: Flags },
    /// Below it, back to the group, are alternatives.
    Bar,
}

impl Part {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.content, Content::Open(_))
    }

    pub(super) fn is_bar(&self) -> bool {
        matches!(self.content, Content::Open(Open::Bar))
    }

    pub(super) fn form(&self) -> Option<Form> {
        match self.content {
            Content::Whole(_, form) => Some(form),
            Content::Literal(_) | Content::Class(_) | Content::Open(_) => None,
        }
    }

    /// Whether it is the beginning of the text.
    pub(super) fn is_start(&self) -> bool {
        matches!(self.content, Content::Whole(Node::Look(Look::Start), _))
    }

    pub(super) fn into_node(self) -> Node {
        match self.content {
            Content::Literal(literal) => literal.into_node(),
            Content::Class(class) => Node::Class(Arc::new(class.set)),
            Content::Whole(node, _) => node,
            Content::Open(_) => Node::Empty,
        }
    }
}

impl Content {
    /// How many characters and bounds of ranges Go counts for it.
    pub(super) fn runes(&self) -> usize {
        match self {
            Self::Literal(literal) => literal.characters.len(),
            Self::Class(class) => class.runes,
            Self::Whole(..) | Self::Open(_) => 0,
        }
    }

    /// The set, of what matches one character.
    pub(super) fn as_set(&self) -> Option<ClassUnicode> {
        match self {
            Self::Literal(literal) => match literal.characters.as_slice() {
                [character] => Some(set_of(*character, literal.ignore_case)),
                _ => None,
            },
            Self::Class(class) => Some(class.set.clone()),
            Self::Whole(..) | Self::Open(_) => None,
        }
    }

    /// Adds the alternative `other`; both match one character.
    pub(super) fn merge(&mut self, mut set: ClassUnicode, other: &Self) {
        if let (Self::Literal(one), Self::Literal(other)) = (&*self, other)
            && one == other
        {
            return;
        }
        if let Some(other) = other.as_set() {
            set.union(&other);
        }
        *self = Self::Class(Class::new(set));
    }
}

impl Literal {
    /// Surrogates become U+FFFD, but no bad byte.
    pub(super) fn encode_surrogates(&mut self) {
        for character in &mut self.characters {
            if char::from_u32(*character).is_none() {
                *character = ENCODED_REPLACEMENT;
            }
        }
    }

    fn into_node(self) -> Node {
        if !self.ignore_case {
            return Node::Concat(self.characters.into_iter().map(Node::Character).collect());
        }
        let sets = self
            .characters
            .into_iter()
            .map(|character| set_of(character, true));
        Node::Concat(sets.map(Arc::new).map(Node::Class).collect())
    }
}

impl Class {
    pub(super) fn new(set: ClassUnicode) -> Self {
        let runes = set.ranges().len() * 2;
        Self { set, runes }
    }

    /// One character, or one in both cases, is a literal to Go. Not so a dot.
    pub(super) fn as_literal(&self) -> Option<Literal> {
        let ranges = self.set.ranges().iter().take(self.runes);
        let mut characters = ranges.flat_map(|range| range.start()..=range.end());
        let first = characters.next()?;
        let ignore_case = characters.next().is_some();
        let more = characters.next().is_some();
        if more || (ignore_case && fold(&range(first, first)) != self.set) {
            return None;
        }
        Some(Literal {
            characters: vec![u32::from(first)],
            ignore_case,
        })
    }
}

/// What one character of a literal matches.
fn set_of(character: u32, ignore_case: bool) -> ClassUnicode {
    match char::from_u32(character) {
        Some(c) if ignore_case => fold(&range(c, c)),
        Some(c) => range(c, c),
        None => ClassUnicode::empty(),
    }
}
