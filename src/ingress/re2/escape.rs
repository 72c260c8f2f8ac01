//! Single characters behind a backslash, and repeat counts.

use super::{Fault, Reason, before};

/// Reads one escaped character. Its value may be a surrogate, or above what a `char` can be
/// only by no more than that.
///
/// # Errors
/// The text up to where Go gives up.
pub(super) fn escape(text: &str) -> Result<(u32, &str), Fault> {
    let mut rest = text[1..].chars();
    let Some(first) = rest.next() else {
        return Err(Fault::new(Reason::TrailingBackslash, ""));
    };
    let after = rest.as_str();
    let parsed = match first {
        '0' => Ok(octal(first, after)),
        '1'..='7' if after.starts_with(|c| matches!(c, '0'..='7')) => Ok(octal(first, after)),
        'x' => hexadecimal(after),
        'a' => Ok((0x07, after)),
        'f' => Ok((0x0c, after)),
        'n' => Ok((0x0a, after)),
        'r' => Ok((0x0d, after)),
        't' => Ok((0x09, after)),
        'v' => Ok((0x0b, after)),
        _ if first.is_ascii() && !first.is_ascii_alphanumeric() => Ok((u32::from(first), after)),
        _ => Err(after),
    };
    parsed.map_err(|rest| Fault::new(Reason::Escape, before(text, rest)))
}

/// One character, or one escape.
///
/// # Errors
/// As [`escape`]; at the end of the text, a missing bracket of `class`.
pub(super) fn class_character<'t>(text: &'t str, class: &str) -> Result<(u32, &'t str), Fault> {
    if text.starts_with('\\') {
        return escape(text);
    }
    let mut rest = text.chars();
    match rest.next() {
        Some(c) => Ok((u32::from(c), rest.as_str())),
        None => Err(Fault::new(Reason::MissingBracket, class)),
    }
}

/// Up to three digits, of which `first` is the first.
fn octal(first: char, text: &str) -> (u32, &str) {
    let digits = text.bytes().take(2);
    let count = digits
        .take_while(|byte| matches!(byte, b'0'..=b'7'))
        .count();
    let (digits, rest) = text.split_at(count);
    let value = digits
        .bytes()
        .fold(u32::from(first) - u32::from('0'), |value, digit| {
            value * 8 + u32::from(digit - b'0')
        });
    (value, rest)
}

/// Two digits, or any number in braces up to U+10FFFF. The error is what remains where Go
/// stops reading.
fn hexadecimal(text: &str) -> Result<(u32, &str), &str> {
    let Some(braced) = text.strip_prefix('{') else {
        let mut rest = text.chars();
        let high = rest.next().ok_or("")?;
        // Go reads both before it looks at either.
        let low = rest.next().ok_or("")?;
        let digits = high.to_digit(16).zip(low.to_digit(16));
        let (high, low) = digits.ok_or(rest.as_str())?;
        return Ok((high * 16 + low, rest.as_str()));
    };
    let mut rest = braced.chars();
    let mut value = None;
    loop {
        match (rest.next().ok_or("")?, value) {
            ('}', Some(value)) => return Ok((value, rest.as_str())),
            (c, sofar) => {
                let digit = c.to_digit(16).ok_or(rest.as_str())?;
                let next = sofar.unwrap_or(0) * 16 + digit;
                value = Some(next).filter(|next| *next <= u32::from(char::MAX));
                value.ok_or(rest.as_str())?;
            }
        }
    }
}

/// A repeat count, `{2}`, `{2,}` or `{2,3}`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    /// At least so often.
    pub(super) min: u32,
    /// At most so often; `None` without limit.
    pub(super) max: Option<u32>,
}

/// Reads a repeat count; `None` if the brace starts none and stands for itself. Numbers that
/// are too large become 1001, which is too large as well.
pub(super) fn count(text: &str) -> Option<(Count, &str)> {
    let (min, rest) = number(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => {
            let (max, rest) = number(rest)?;
            (Some(max), rest)
        }
    };
    Some((Count { min, max }, rest.strip_prefix('}')?))
}

/// Decimal digits without leading zeros.
fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((
        digits.parse().map_or(1001, |number: u32| number.min(1001)),
        rest,
    ))
}
