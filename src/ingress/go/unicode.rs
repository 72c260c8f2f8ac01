//! Unicode 15, whose tables Go 1.26 has. Those of our crates are newer.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// A set of one range.
#[must_use]
pub fn range(first: char, last: char) -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new(first, last)])
}

/// What `regex-syntax` makes of a class in its own syntax; `None` if it knows no such class.
/// The tables are its own, not those of Unicode 15.
#[must_use]
pub fn parse_class(text: &str) -> Option<ClassUnicode> {
    match regex_syntax::parse(text).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // A class of one character.
        HirKind::Literal(literal) => {
            let only = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(range(only, only))
        }
        HirKind::Empty
        | HirKind::Class(Class::Bytes(_))
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_)
        | HirKind::Alternation(_) => None,
    }
}

/// Whether a class has a character.
#[must_use]
pub fn contains(class: &ClassUnicode, c: char) -> bool {
    let ranges = class.ranges();
    let next = ranges.partition_point(|range| range.end() < c);
    ranges.get(next).is_some_and(|range| range.start() <= c)
}

/// The characters that Unicode 15 assigns.
///
/// # Panics
/// Never: the class is one that `regex-syntax` knows.
pub fn assigned() -> &'static ClassUnicode {
    static ASSIGNED: OnceLock<ClassUnicode> = OnceLock::new();
    ASSIGNED.get_or_init(|| {
        parse_class(r"[\p{age:15.0}--\p{gc:Cn}]").expect("`regex-syntax` has the ages")
    })
}

/// Go's `unicode.IsPrint`.
///
/// # Panics
/// Never: the class is one that `regex-syntax` knows.
#[must_use]
pub fn is_print(c: char) -> bool {
    static PRINTABLE: OnceLock<ClassUnicode> = OnceLock::new();
    let printable = PRINTABLE.get_or_init(|| {
        let class = r"[\pL\pM\pN\pP\pS&&\p{age:15.0}]";
        parse_class(class).expect("`regex-syntax` has the categories and the ages")
    });
    match c {
        '\0'..='\x7f' => matches!(c, ' '..='~'),
        _ => contains(printable, c),
    }
}
