//! Go's `netip.ParseAddr`, for its verdicts and its error texts.

use std::fmt;

use super::text::quote;

/// Which kind of address a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Four numbers with dots.
    V4,
    /// Anything with colons, mapped IPv4 included.
    V6,
}

/// Why a text is no address. Prints as Go does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct AddressFault {
    text: Vec<u8>,
    reason: &'static str,
    at: Vec<u8>,
}

/// Reads an IP address, with a zone if it is an IPv6 one.
///
/// # Errors
/// What Go says of it.
pub fn parse(text: &[u8]) -> Result<Family, AddressFault> {
    let verdict = match text.iter().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
        Some(b'.') => check_v4(text).map(|()| Family::V4),
        Some(b':') => check_v6(text).map(|()| Family::V6),
        Some(_) => Err(("missing IPv6 address", &[][..])),
        None => Err(("unable to parse IP", &[][..])),
    };
    verdict.map_err(|(reason, at)| AddressFault {
        text: text.to_vec(),
        reason,
        at: at.to_vec(),
    })
}

impl fmt::Display for AddressFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParseAddr({}): {}", quote(&self.text), self.reason)?;
        if !self.at.is_empty() {
            write!(f, " (at {})", quote(&self.at))?;
        }
        Ok(())
    }
}

type Reason<'t> = (&'static str, &'t [u8]);

fn check_v4(text: &[u8]) -> Result<(), Reason<'_>> {
    let (mut value, mut digits, mut dots) = (0_u32, 0, 0);
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(("IPv4 field has octet with leading zero", &[]));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(("IPv4 field has value >255", &[]));
                }
            }
            b'.' => {
                if digits == 0 || index + 1 == text.len() {
                    return Err(("IPv4 field must have at least one digit", &text[index..]));
                }
                if dots == 3 {
                    return Err(("IPv4 address too long", &[]));
                }
                dots += 1;
                (value, digits) = (0, 0);
            }
            _ => return Err(("unexpected character", &text[index..])),
        }
    }
    if dots < 3 {
        return Err(("IPv4 address too short", &[]));
    }
    Ok(())
}

fn check_v6(text: &[u8]) -> Result<(), Reason<'_>> {
    let mut parts = text.splitn(2, |byte| *byte == b'%');
    let address = parts.next().unwrap_or_default();
    if parts.next().is_some_and(<[u8]>::is_empty) {
        return Err(("zone must be a non-empty string", &[]));
    }
    let (rest, ellipsis) = match address.strip_prefix(b"::") {
        Some([]) => return Ok(()),
        Some(rest) => (rest, true),
        None => (address, false),
    };
    let (groups, ellipsis) = check_groups(rest, ellipsis)?;
    match (groups < 8, ellipsis) {
        (true, false) => Err(("address string too short", &[])),
        (false, true) => Err(("the :: must expand to at least one field of zeros", &[])),
        (true, true) | (false, false) => Ok(()),
    }
}

/// Counts the groups of 16 bits, and says whether `::` was among them.
fn check_groups(mut rest: &[u8], mut ellipsis: bool) -> Result<(usize, bool), Reason<'_>> {
    let mut groups = 0;
    while groups < 8 {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit());
        let after = match digits.count() {
            0 => {
                return Err((
                    "each colon-separated field must have at least one digit",
                    rest,
                ));
            }
            digits @ 1..=4 => &rest[digits..],
            5.. => return Err(("each group must have 4 or less digits", rest)),
        };
        if after.first() == Some(&b'.') {
            check_embedded(rest, groups, ellipsis)?;
            return Ok((groups + 2, ellipsis));
        }
        groups += 1;
        rest = match after {
            [] => return Ok((groups, ellipsis)),
            [b':'] => return Err(("colon must be followed by more characters", after)),
            [b':', b':', ..] if ellipsis => {
                return Err(("multiple :: in address", &after[1..]));
            }
            [b':', b':'] => return Ok((groups, true)),
            [b':', b':', rest @ ..] => {
                ellipsis = true;
                rest
            }
            [b':', rest @ ..] => rest,
            _ => return Err(("unexpected character, want colon", after)),
        };
    }
    Err(("trailing garbage after address", rest))
}

fn check_embedded(rest: &[u8], groups: usize, ellipsis: bool) -> Result<(), Reason<'_>> {
    if !ellipsis && groups != 6 {
        let reason = "embedded IPv4 address must replace the final 2 fields of the address";
        return Err((reason, rest));
    }
    if groups > 6 {
        let reason = "too many hex fields to fit an embedded IPv4 at the end of the address";
        return Err((reason, rest));
    }
    check_v4(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_go_says() {
        let fault = |text: &str| parse(text.as_bytes()).map_err(|fault| fault.to_string());
        assert_eq!(fault("1.2.3.4"), Ok(Family::V4));
        assert_eq!(fault("::ffff:1.2.3.4%eth0"), Ok(Family::V6));
        assert_eq!(fault("1:2:3:4:5:6:7::"), Ok(Family::V6));
        for (text, message) in [
            ("a", r#"ParseAddr("a"): unable to parse IP"#),
            ("%1", r#"ParseAddr("%1"): missing IPv6 address"#),
            (
                "1..2",
                r#"ParseAddr("1..2"): IPv4 field must have at least one digit (at ".2")"#,
            ),
            (
                "::1%",
                r#"ParseAddr("::1%"): zone must be a non-empty string"#,
            ),
            ("1:2", r#"ParseAddr("1:2"): address string too short"#),
            (
                "1:",
                r#"ParseAddr("1:"): colon must be followed by more characters (at ":")"#,
            ),
            (
                "::1::",
                r#"ParseAddr("::1::"): multiple :: in address (at ":")"#,
            ),
        ] {
            assert_eq!(fault(text), Err(message.to_owned()));
        }
    }
}
