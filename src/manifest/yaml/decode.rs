//! Bytes to text.

use std::borrow::Cow;

use crate::problem::Problem;
use crate::source::Span;

/// The text of a file.
///
/// # Errors
/// `tunctl::invalid_utf8` with the first byte that is not UTF-8. Its label fits the text that
/// `String::from_utf8_lossy` makes of the bytes, which is what the source must hold.
pub fn decode(source: usize, bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let span = Span {
            source,
            start,
            end: start + char::REPLACEMENT_CHARACTER.len_utf8(),
        };
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let label = bytes.get(start).map_or_else(String::new, |byte| {
            format!("byte {start} is 0x{byte:02x}, which is not part of UTF-8 text")
        });
        let help = if utf16 {
            "the file is UTF-16: save it as UTF-8"
        } else {
            "save the file as UTF-8"
        };
        Problem::new("tunctl::invalid_utf8", "the file is not UTF-8")
            .at(span, label)
            .help(help)
    })
}

/// The first character that YAML does not allow in a text, as a problem.
pub(super) fn control_character(source: usize, text: &str) -> Option<Problem> {
    let (start, found) = text
        .char_indices()
        .find(|(_, letter)| !printable(*letter))?;
    let span = Span {
        source,
        start,
        end: start + found.len_utf8(),
    };
    let name = format!("U+{:04X}", u32::from(found));
    Some(
        Problem::new("tunctl::control_character", "control character in the file")
            .at(span, format!("{name} is not allowed in YAML"))
            .help(format!(
                "delete it, or write it as \"\\u{:04x}\" in double quotes",
                u32::from(found)
            )),
    )
}

/// The text as it can be shown on a terminal: characters that YAML does not allow are replaced
/// by others of the same length, so that places stay valid.
pub(in crate::manifest) fn shown(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.chars().all(printable) {
        return text;
    }
    let harmless = |letter: char| match (printable(letter), letter.len_utf8()) {
        (true, _) => letter,
        (false, 1) => '?',
        (false, 2) => '\u{b7}',
        (false, _) => char::REPLACEMENT_CHARACTER,
    };
    Cow::Owned(text.chars().map(harmless).collect())
}

/// `c-printable` of YAML 1.2, section 5.1.
fn printable(letter: char) -> bool {
    match letter {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => !other.is_control(),
    }
}
