//! What a plain scalar means where no type is asked for: the core schema of YAML 1.2.
//!
//! Two deliberate differences, both because readers disagree about them: a whole number with a
//! leading zero (`007`) is text, and so is what JSON has no number for (`.inf`, `.nan`).

use serde_json::{Number, Value};

use super::node::{Node, NodeValue, Scalar, Style};

/// The meaning of a plain scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Core {
    /// Empty, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Digits; also `0x1f` and `0o17`.
    Int(i128),
    /// A finite number with a point or an exponent.
    Float(f64),
    /// Everything else.
    Text,
}

/// The meaning of a plain scalar's text.
#[must_use]
pub fn resolve(text: &str) -> Core {
    if is_null(text) {
        return Core::Null;
    }
    match text {
        "true" | "True" | "TRUE" => Core::Bool(true),
        "false" | "False" | "FALSE" => Core::Bool(false),
        other => number(other).unwrap_or(Core::Text),
    }
}

/// Whether a plain scalar's text means nothing at all.
#[must_use]
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The value of a tree for which no type is known. What was already reported is null.
#[must_use]
pub fn lower(node: &Node) -> Value {
    match &node.value {
        NodeValue::Unknown => Value::Null,
        NodeValue::Scalar(scalar) => lower_scalar(scalar),
        NodeValue::Sequence(items) => items.iter().map(lower).collect(),
        NodeValue::Mapping(mapping) => mapping
            .iter()
            .map(|(key, value)| (key.text().to_owned(), lower(value)))
            .collect(),
    }
}

/// The value of a scalar for which no type is known: text that came out of a variable stays text.
#[must_use]
pub fn lower_scalar(scalar: &Scalar) -> Value {
    let text = || Value::String(scalar.text.to_string());
    match scalar.style {
        Style::Quoted | Style::Interpolated => text(),
        Style::Plain => match resolve(&scalar.text) {
            Core::Null => Value::Null,
            Core::Bool(value) => Value::Bool(value),
            Core::Int(value) => integer(value).map_or_else(|| decimal(&scalar.text), Value::Number),
            Core::Float(value) => Number::from_f64(value).map_or_else(text, Value::Number),
            Core::Text => text(),
        },
    }
}

/// A whole number as JSON, if it fits 64 bits.
#[must_use]
pub fn integer(value: i128) -> Option<Number> {
    i64::try_from(value)
        .map(Number::from)
        .or_else(|_| u64::try_from(value).map(Number::from))
        .ok()
}

/// Digits that 64 bits cannot hold, as near as a float comes to them.
fn decimal(text: &str) -> Value {
    text.parse::<f64>()
        .ok()
        .and_then(Number::from_f64)
        .map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn number(text: &str) -> Option<Core> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0');
        if leading_zero {
            return None;
        }
        return text.parse().map(Core::Int).ok().or_else(|| finite(text));
    }
    float(unsigned).then(|| finite(text)).flatten()
}

fn finite(text: &str) -> Option<Core> {
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Core::Float(value))
}

/// Digits only: `from_str_radix` would also take a sign.
fn radix(digits: &str, radix: u32) -> Option<Core> {
    let digits = digits.strip_prefix(['-', '+']).map_or(digits, |_| "");
    i128::from_str_radix(digits, radix).ok().map(Core::Int)
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(unsigned: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, power) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, Some(power)),
        None => (unsigned, None),
    };
    let power_is_right = power.is_none_or(|power| {
        let power = power.strip_prefix(['-', '+']).unwrap_or(power);
        !power.is_empty() && digits(power)
    });
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    power_is_right && digits(before) && digits(after) && !(before.is_empty() && after.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        let same = |text: &str, meaning: Core| assert_eq!(resolve(text), meaning, "{text}");
        for text in ["", "~", "null", "NULL"] {
            same(text, Core::Null);
        }
        same("True", Core::Bool(true));
        for (text, value) in [
            ("0", 0),
            ("-12", -12),
            ("+12", 12),
            ("0x1F", 31),
            ("0o17", 15),
        ] {
            same(text, Core::Int(value));
        }
        for (text, value) in [
            ("1.5", 1.5),
            (".5", 0.5),
            ("1.", 1.0),
            ("-1e3", -1000.0),
            ("0e0", 0.0),
            ("00.5", 0.5),
        ] {
            same(text, Core::Float(value));
        }
    }

    #[test]
    fn what_looks_like_a_number_to_other_readers_is_text() {
        for text in [
            "007", "-017", "1_000", "0x", "0o8", "0x-1", "-0x1", "1e", "e3", ".", "-", "+",
            "1.2.3", ".inf", ".NaN", "1e999", "yes", "no", "on", "off", "tRue", "12:30", "１２",
            "nULL",
        ] {
            assert_eq!(resolve(text), Core::Text, "{text}");
        }
    }
}
