//! Simple case folding with the tables of Unicode 15, which Go 1.26 has; ours are newer.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// A set of one range.
pub(super) fn range(first: char, last: char) -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new(first, last)])
}

/// What `regex-syntax` makes of a class in its own syntax; `None` if it knows no such class.
pub(super) fn parse_class(text: &str) -> Option<ClassUnicode> {
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

/// The characters that Unicode 15 assigns.
pub(super) fn assigned() -> &'static ClassUnicode {
    static ASSIGNED: OnceLock<ClassUnicode> = OnceLock::new();
    ASSIGNED.get_or_init(|| {
        parse_class(r"[\p{age:15.0}--\p{gc:Cn}]").expect("`regex-syntax` has the ages")
    })
}

/// Adds whatever folds to the same as a member.
pub(super) fn fold(class: &ClassUnicode) -> ClassUnicode {
    let mut folded = class.clone();
    folded.intersect(foldable());
    folded.case_fold_simple();
    folded.intersect(foldable());
    folded.union(class);
    folded
}

/// What folds the same in Unicode 15 as in later versions.
fn foldable() -> &'static ClassUnicode {
    static FOLDABLE: OnceLock<ClassUnicode> = OnceLock::new();
    FOLDABLE.get_or_init(|| {
        let mut foldable = assigned().clone();
        // These three pairs came with Unicode 15.1.
        for c in [
            '\u{390}', '\u{3b0}', '\u{1fd3}', '\u{1fe3}', '\u{fb05}', '\u{fb06}',
        ] {
            foldable.difference(&range(c, c));
        }
        foldable
    })
}
