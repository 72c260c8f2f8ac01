//! The second name under which cloudflared knows a rule's hostname: its lower-case ASCII form.
//!
//! Go's `idna.Lookup.ToASCII` with the data of Unicode 15: UTS 46, not transitional, with the
//! STD3 rules, all checks of labels, and any length. Our crate's data is newer and accepts
//! more, which is taken back here. Left out: Go looks for right-to-left characters before it
//! maps, and so overlooks U+2135 to U+2138 beside left-to-right letters.

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::go::unicode::{assigned, contains};

/// The lower-case ASCII form of a hostname. `None` if it is the same or there is none, as for
/// wildcards, names with `_` and names with `--` in third place.
#[must_use]
pub fn twin(hostname: &str) -> Option<String> {
    if is_canonical(hostname) || !hostname.chars().all(is_known) {
        return None;
    }
    // Since Unicode 15.1 it is mapped to `ß`.
    let mapped = decode_ascii(&hostname.replace('\u{1e9e}', "ss"));
    let uts46 = Uts46::new();
    let ascii = uts46.to_ascii(
        mapped.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::Check,
        DnsLength::Ignore,
    );
    let ascii = ascii
        .ok()
        .filter(|ascii| ascii != hostname && !ascii.is_empty())?;
    let (unicode, _) = uts46.to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    unicode.chars().all(is_known).then(|| ascii.into_owned())
}

/// Whether it takes no table to see that the name has no other form: either it is in that form
/// already or it has none.
fn is_canonical(hostname: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'*')
    };
    hostname.bytes().all(plain) && !hostname.contains("xn--")
}

/// What UTS 46 takes for a dot.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// Go lets pass labels that are encoded although they are ASCII, such as `xn--a-` for `a` and
/// `xn--` for nothing.
fn decode_ascii(hostname: &str) -> String {
    let labels = hostname.split(DOTS).map(|label| {
        let prefixed = label
            .get(..4)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"));
        match label.get(4..).filter(|_| prefixed) {
            Some("") => "",
            Some(code) => match code.strip_suffix('-') {
                Some(decoded) if !decoded.is_empty() && decoded.get(2..4) != Some("--") => decoded,
                Some(_) | None => label,
            },
            None => label,
        }
    });
    labels.collect::<Vec<_>>().join(".")
}

/// Whether UTS 46 of Unicode 15 lets a character pass.
fn is_known(c: char) -> bool {
    let newer = matches!(
        c,
        '\u{4c0}'
            | '\u{10a0}'..='\u{10c5}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{1806}'
            | '\u{180e}'
            | '\u{2061}'..='\u{2063}'
            | '\u{206a}'..='\u{206f}'
            | '\u{2132}'
            | '\u{2183}'
            | '\u{2260}'
            | '\u{226e}'..='\u{226f}'
            | '\u{3164}'
            | '\u{ffa0}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{2f868}'
            | '\u{2f874}'
            | '\u{2f91f}'
            | '\u{2f95f}'
            | '\u{2f9bf}'
    );
    c.is_ascii() || (contains(assigned(), c) && !newer)
}
