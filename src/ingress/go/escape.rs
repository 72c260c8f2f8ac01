//! Percent-encoding as Go's `net/url` has it: what must be encoded depends on the place.

use std::fmt::Write;

use super::text::quote;

/// The part of a URL that a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Path.
    Path,
    /// Host, without the zone of an address.
    Host,
    /// Zone of an IPv6 address.
    Zone,
    /// User name or password.
    User,
    /// Fragment.
    Fragment,
}

impl Place {
    /// Whether Go writes the byte as it is.
    fn allows(self, byte: u8) -> bool {
        let also: &[u8] = match self {
            Self::Path => b"$&+,/:;=@",
            Self::Host | Self::Zone => b"!\"$&'()*+,:;<=>[]",
            Self::User => b"$&+,;=",
            Self::Fragment => b"!$&()*+,/:;=?@",
        };
        byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || also.contains(&byte)
    }
}

/// Encodes what the place does not allow.
#[must_use]
pub fn escape(text: &[u8], place: Place) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text {
        if place.allows(*byte) {
            escaped.push(char::from(*byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a string takes any text");
        }
    }
    escaped
}

/// Decodes, and checks what the place allows.
///
/// # Errors
/// Go's message.
pub fn unescape(text: &[u8], place: Place) -> Result<Vec<u8>, String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            decoded.push(decode(rest, place)?);
            rest = &rest[3..];
            continue;
        }
        let host = matches!(place, Place::Host | Place::Zone);
        if host && byte.is_ascii() && !place.allows(byte) {
            return Err(format!("invalid character {} in host name", quote([byte])));
        }
        decoded.push(byte);
        rest = after;
    }
    Ok(decoded)
}

/// Whether a text is an acceptable encoding, if not the one that [`escape`] would choose.
#[must_use]
pub fn is_encoded(text: &[u8], place: Place) -> bool {
    text.iter()
        .all(|byte| b"!$&'()*+,;=:@[]%".contains(byte) || place.allows(*byte))
}

/// The byte that the three characters at the start of `text` stand for.
fn decode(text: &[u8], place: Place) -> Result<u8, String> {
    let shown = &text[..text.len().min(3)];
    let fault = || format!("invalid URL escape {}", quote(shown));
    let [_, high, low] = shown else {
        return Err(fault());
    };
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let byte = digit(high)
        .zip(digit(low))
        .map(|(high, low)| high << 4 | low);
    let byte = byte.ok_or_else(fault)?;
    let allowed = match place {
        Place::Host => !byte.is_ascii() || shown == b"%25",
        Place::Zone => shown == b"%25" || byte == b' ' || Place::Host.allows(byte),
        Place::Path | Place::User | Place::Fragment => true,
    };
    if allowed { Ok(byte) } else { Err(fault()) }
}
