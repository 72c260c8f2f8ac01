//! What a scalar of YAML becomes in a field of Go's, as go-yaml v3 decides it.

use crate::manifest::yaml::{Scalar, Style};

/// A scalar without a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text,
}

/// The meaning of a scalar: YAML 1.2's, with the numbers of 1.1.
pub(super) fn resolve(scalar: &Scalar) -> Resolved {
    if scalar.style != Style::Plain {
        return Resolved::Text;
    }
    match &*scalar.text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        text => integer(text)
            .map(Resolved::Int)
            .or_else(|| float(text).map(Resolved::Float))
            .unwrap_or(Resolved::Text),
    }
}

/// A boolean field also takes the words of YAML 1.1, even in quotes.
pub(super) fn boolean(scalar: &Scalar) -> Option<bool> {
    match (resolve(scalar), &*scalar.text) {
        (Resolved::Bool(value), _) => Some(value),
        (Resolved::Text, "y" | "Y" | "yes" | "on") => Some(true),
        (Resolved::Text, "n" | "N" | "no" | "off") => Some(false),
        _ => None,
    }
}

/// A whole number's field cuts off fractions.
#[expect(clippy::cast_possible_truncation, reason = "as Go's conversion does")]
pub(super) fn whole(scalar: &Scalar) -> Option<i128> {
    match resolve(scalar) {
        Resolved::Int(value) => Some(value),
        Resolved::Float(value) if value.is_finite() => Some(value as i128),
        Resolved::Float(_) | Resolved::Null | Resolved::Bool(_) | Resolved::Text => None,
    }
}

/// Go's `strconv.ParseInt` with base 0, after dropping underscores. A value beyond 64 bits is
/// none.
fn integer(text: &str) -> Option<i128> {
    let first = text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+')) {
        return None;
    }
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.strip_prefix(['-', '+']) {
        Some(digits) => (plain.starts_with('-'), digits),
        None => (false, plain.as_str()),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (digits, 2)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (digits, 8)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (lower.as_str(), 10)
    };
    // `from_str_radix` would also take another sign.
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -value } else { value };
    let fits = i64::try_from(value).is_ok() || u64::try_from(value).is_ok();
    fits.then_some(value)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, and the words for no number.
fn float(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let plain = text.replace('_', "");
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let starts = unsigned.starts_with(|it: char| it.is_ascii_digit() || it == '.');
    let legal = unsigned
        .bytes()
        .all(|it| it.is_ascii_digit() || b".eE+-".contains(&it));
    (starts && legal && unsigned != ".").then(|| plain.parse().ok())?
}
