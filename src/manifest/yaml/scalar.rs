//! Scalars, from the parser's words into ours.

use std::sync::Arc;

use granit_parser::ScalarStyle;

use super::core::{Core, resolve};
use super::node::{Scalar, Style};
use crate::source::Span;

/// A scalar as the parser hands it over: for a value that was left out it makes up a `~`.
pub(super) fn scalar(text: &str, style: ScalarStyle, span: Span) -> Scalar {
    let left_out = style == ScalarStyle::Plain && span.start == span.end;
    Scalar {
        text: Arc::from(if left_out { "" } else { text }),
        style: match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded => Style::Quoted,
        },
    }
}

/// The core tag that a scalar has without being told.
pub(super) fn natural(scalar: &Scalar) -> &'static str {
    match (scalar.style, resolve(&scalar.text)) {
        (Style::Quoted | Style::Interpolated, _) | (Style::Plain, Core::Text) => "str",
        (Style::Plain, Core::Null) => "null",
        (Style::Plain, Core::Bool(_)) => "bool",
        (Style::Plain, Core::Int(_)) => "int",
        (Style::Plain, Core::Float(_)) => "float",
    }
}

/// A core tag in words.
pub(super) fn described(natural: &str) -> &'static str {
    match natural {
        "null" => "nothing",
        "bool" => "a boolean",
        "int" => "a whole number",
        "float" => "a number",
        "seq" => "a list",
        "map" => "a mapping",
        _ => "a text",
    }
}

/// A block scalar ends with its last letter, not with the blank lines behind it.
pub(super) fn trimmed(text: &str, span: Span, style: ScalarStyle) -> Span {
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    match text.get(span.start..span.end) {
        Some(written) if block => Span {
            end: span.start + written.trim_end().len(),
            ..span
        },
        _ => span,
    }
}
