//! A text with variables in it, taken apart.

use std::ops::Range;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Itself; `${` for the escape `$${`.
    Text(Range<usize>, &'a str),
    /// `${NAME}` or `${NAME:-default}`.
    Variable {
        /// Where it is written.
        at: Range<usize>,
        /// The name.
        name: &'a str,
        /// What counts if it has no value.
        default: Option<&'a str>,
    },
    /// A `${` that is neither.
    Fault(Range<usize>, Fault),
}

/// Why a `${` is no variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// The text ends before the brace.
    #[error("there is no `}}` behind this")]
    Open,
    /// The name is empty or has other characters.
    #[error("a name has letters, digits and `_`, and does not start with a digit")]
    Name,
    /// A `${` within a default.
    #[error("a default cannot contain a variable")]
    Nested,
}

impl Part<'_> {
    /// Where it is in the text.
    pub(super) fn at(&self) -> Range<usize> {
        match self {
            Self::Text(at, _) | Self::Variable { at, .. } | Self::Fault(at, _) => at.clone(),
        }
    }
}

/// Takes a text apart. The parts cover it without gaps.
pub(super) fn parse(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let part = next(text, start)?;
        start = part.at().end;
        Some(part)
    })
}

fn next(text: &str, start: usize) -> Option<Part<'_>> {
    let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
    if rest.starts_with("$${") {
        return Some(Part::Text(start..start + 3, &rest[1..3]));
    }
    if !rest.starts_with("${") {
        let end = special(rest).unwrap_or(rest.len());
        return Some(Part::Text(start..start + end, &rest[..end]));
    }
    let Some(brace) = rest.find('}') else {
        return Some(Part::Fault(start..text.len(), Fault::Open));
    };
    let at = start..start + brace + 1;
    let inside = &rest[2..brace];
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    if default.is_some_and(|default| default.contains("${")) {
        return Some(Part::Fault(at, Fault::Nested));
    }
    if !is_name(name) {
        return Some(Part::Fault(at, Fault::Name));
    }
    Some(Part::Variable { at, name, default })
}

/// The next `${` or `$${` behind the first character.
fn special(rest: &str) -> Option<usize> {
    let found = rest.find("${")?;
    let escaped = found > 0 && rest.as_bytes()[found - 1] == b'$';
    Some(found - usize::from(escaped)).filter(|found| *found > 0)
}

fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(letter)
        && name
            .bytes()
            .all(|byte| letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<Part<'_>> {
        parse(text).collect()
    }

    #[test]
    fn variables_defaults_and_escapes() {
        let variable = |at, name, default| Part::Variable { at, name, default };
        assert_eq!(
            parts("a${B_1}"),
            [Part::Text(0..1, "a"), variable(1..7, "B_1", None)]
        );
        assert_eq!(parts("${A:-b: c}"), [variable(0..10, "A", Some("b: c"))]);
        assert_eq!(parts("${A:-}"), [variable(0..6, "A", Some(""))]);
        assert_eq!(
            parts("$${A}"),
            [Part::Text(0..3, "${"), Part::Text(3..5, "A}")]
        );
        let escaped = [
            Part::Text(0..1, "$"),
            Part::Text(1..4, "${"),
            Part::Text(4..6, "A}"),
        ];
        assert_eq!(parts("$$${A}"), escaped);
        assert_eq!(parts("$A $ {x} $"), [Part::Text(0..10, "$A $ {x} $")]);
    }

    #[test]
    fn malformed_variables() {
        let fault = |at, fault| [Part::Fault(at, fault)];
        assert_eq!(parts("${A"), fault(0..3, Fault::Open));
        for text in ["${}", "${1A}", "${A B}", "${É}", "${A-b}"] {
            assert_eq!(parts(text), fault(0..text.len(), Fault::Name), "{text}");
        }
        let nested = [Part::Fault(0..9, Fault::Nested), Part::Text(9..10, "}")];
        assert_eq!(parts("${A:-${B}}"), nested);
    }

    #[test]
    fn the_parts_cover_every_text() {
        for text in ["", "$", "$$", "$${", "$$$${A}${B}$", "é${é}é", "}{$"] {
            let parts = parts(text);
            let ends = parts.iter().map(|part| part.at().end);
            let starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
            let written: Vec<usize> = parts.iter().map(|part| part.at().start).collect();
            assert_eq!(written, starts[..parts.len()], "{text}");
            assert_eq!(starts.last(), Some(&text.len()), "{text}");
        }
    }
}
