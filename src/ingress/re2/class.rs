//! Classes in brackets.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::escape::class_character;
use super::fold::fold;
use super::property::{self, Properties};
use super::{Fault, Reason, before};

/// Reads a class from its opening bracket on. No set operations: `&&` is two ampersands.
///
/// # Errors
/// A missing bracket shows everything from the opening one on.
pub(super) fn class<'t>(
    text: &'t str,
    ignore_case: bool,
    known: &mut Properties,
) -> Result<(ClassUnicode, &'t str), Fault> {
    let inner = &text[1..];
    let (mut rest, negated) = match inner.strip_prefix('^') {
        Some(inner) => (inner, true),
        None => (inner, false),
    };
    let (mut folding, mut ranges) = (Vec::new(), Vec::new());
    let mut first = true;
    // A bracket right at the beginning stands for itself.
    while first || !rest.starts_with(']') {
        first = false;
        if let Some((set, after)) = named(rest, ignore_case, known)? {
            ranges.extend_from_slice(set.ranges());
            rest = after;
            continue;
        }
        let (range, after) = character_range(rest, text)?;
        folding.extend(without_surrogates(range));
        rest = after;
    }
    let mut set = ClassUnicode::new(folding);
    if ignore_case {
        set = fold(&set);
    }
    set.union(&ClassUnicode::new(ranges));
    if negated {
        set.negate();
    }
    Ok((set, &rest[1..]))
}

fn named<'t>(text: &'t str, ignore_case: bool, known: &mut Properties) -> property::Named<'t> {
    if let Some(found) = property::posix(text, ignore_case)? {
        return Ok(Some(found));
    }
    if let Some(found) = property::unicode(text, ignore_case, known)? {
        return Ok(Some(found));
    }
    Ok(property::perl(text, ignore_case))
}

/// One character, or two with a hyphen between.
fn character_range<'t>(text: &'t str, class: &str) -> Result<((u32, u32), &'t str), Fault> {
    let (low, rest) = class_character(text, class)?;
    let high = rest
        .strip_prefix('-')
        .filter(|high| !high.is_empty() && !high.starts_with(']'));
    let Some(high) = high else {
        return Ok(((low, low), rest));
    };
    let (high, rest) = class_character(high, class)?;
    if high < low {
        return Err(Fault::new(Reason::CharacterRange, before(text, rest)));
    }
    Ok(((low, high), rest))
}

/// Surrogates occur in no text.
fn without_surrogates((low, high): (u32, u32)) -> impl Iterator<Item = ClassUnicodeRange> {
    let parts = [(low, high.min(0xd7ff)), (low.max(0xe000), high)];
    parts.into_iter().filter_map(|(low, high)| {
        let (low, high) = char::from_u32(low).zip(char::from_u32(high))?;
        (low <= high).then(|| ClassUnicodeRange::new(low, high))
    })
}
