//! Go's `strconv`: quoted text and decimal integers, with their error texts.

use std::fmt::Write;

use super::unicode::is_print;

/// Why a text is no integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntegerFault {
    /// Not a decimal integer.
    #[error("invalid syntax")]
    Syntax,
    /// Beyond 64 bits.
    #[error("value out of range")]
    Range,
}

/// Go's `strconv.Quote`, which is also its `%q`.
#[must_use]
pub fn quote(text: impl AsRef<[u8]>) -> String {
    let mut quoted = String::from('"');
    for chunk in text.as_ref().utf8_chunks() {
        for c in chunk.valid().chars() {
            push_escaped(&mut quoted, c);
        }
        for byte in chunk.invalid() {
            push_hex(&mut quoted, 'x', 2, u32::from(*byte));
        }
    }
    quoted.push('"');
    quoted
}

/// Go's `strconv.ParseInt` to base 10. What it complains of first is what it meets first.
///
/// # Errors
/// [`IntegerFault`], as Go says it.
pub fn parse_integer(text: &str) -> Result<i64, IntegerFault> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() {
        return Err(IntegerFault::Syntax);
    }
    let mut number: u64 = 0;
    for digit in digits.bytes() {
        if !digit.is_ascii_digit() {
            return Err(IntegerFault::Syntax);
        }
        number = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(u64::from(digit - b'0')))
            .ok_or(IntegerFault::Range)?;
    }
    let signed = if text.starts_with('-') {
        0_i64.checked_sub_unsigned(number)
    } else {
        i64::try_from(number).ok()
    };
    signed.ok_or(IntegerFault::Range)
}

/// Bytes as text, with one U+FFFD for each byte that is not part of valid UTF-8, as Go's
/// `range` sees them. Rust's own lossy conversion makes one of several bytes.
#[must_use]
pub fn lossy(text: &[u8]) -> String {
    let mut decoded = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    decoded
}

fn push_escaped(quoted: &mut String, c: char) {
    match c {
        '"' | '\\' => quoted.extend(['\\', c]),
        '\x07' => quoted.push_str("\\a"),
        '\x08' => quoted.push_str("\\b"),
        '\x0c' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\x0b' => quoted.push_str("\\v"),
        '\0'..' ' | '\x7f' => push_hex(quoted, 'x', 2, u32::from(c)),
        _ if is_print(c) => quoted.push(c),
        '\0'..='\u{ffff}' => push_hex(quoted, 'u', 4, u32::from(c)),
        _ => push_hex(quoted, 'U', 8, u32::from(c)),
    }
}

fn push_hex(quoted: &mut String, kind: char, width: usize, value: u32) {
    write!(quoted, "\\{kind}{value:0width$x}").expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(
            quote("a\"\\\n\u{7f}é\u{a0}\u{e000}\u{1f600}\u{10ffff}"),
            r#""a\"\\\n\x7fé\u00a0\ue000😀\U0010ffff""#
        );
        assert_eq!(quote(b"\xf0\x9fx\x00"), r#""\xf0\x9fx\x00""#);
        // Assigned in Unicode 16.
        assert_eq!(quote("\u{1c89}"), r#""\u1c89""#);
    }

    #[test]
    fn reads_integers_as_go_does() {
        assert_eq!(parse_integer("+0404"), Ok(404));
        assert_eq!(parse_integer("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(
            parse_integer("9223372036854775808"),
            Err(IntegerFault::Range)
        );
        assert_eq!(
            parse_integer("99999999999999999999x"),
            Err(IntegerFault::Range)
        );
        assert_eq!(parse_integer("999x"), Err(IntegerFault::Syntax));
        assert_eq!(parse_integer("-"), Err(IntegerFault::Syntax));
    }

    #[test]
    fn each_bad_byte_becomes_one_replacement_character() {
        assert_eq!(lossy(b"/\xf0\x9f\x92"), "/\u{fffd}\u{fffd}\u{fffd}");
    }
}
