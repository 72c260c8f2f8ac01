//! What may follow `(`: a capture, named or not, or flags.

use super::{Fault, Reason, before};

/// Flags that change what the rest of a group matches. Greediness is dropped: it never changes
/// whether a text matches.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    /// `i`.
    pub(super) ignore_case: bool,
    /// `m`: `^` and `$` match at lines.
    pub(super) multi_line: bool,
    /// `s`.
    pub(super) dot_matches_newline: bool,
}

/// What a parenthesis begins.
pub(super) enum Opening {
    /// A group that counts as a level.
    Capture,
    /// A mere group, with these flags.
    Group(Flags),
    /// These flags, up to the end of the group around it.
    Flags(Flags),
}

/// Reads an opening parenthesis and what belongs to it.
///
/// # Errors
/// The text up to where Go gives up.
pub(super) fn open(text: &str, flags: Flags) -> Result<(Opening, &str), Fault> {
    let Some(special) = text.strip_prefix("(?") else {
        return Ok((Opening::Capture, &text[1..]));
    };
    let name = special
        .strip_prefix("P<")
        .or_else(|| special.strip_prefix('<'));
    // At the very end it is taken for a flag.
    match name.filter(|name| !name.is_empty()) {
        Some(name) => named(text, name),
        None => flagged(text, special, flags),
    }
}

fn named<'t>(text: &'t str, name: &'t str) -> Result<(Opening, &'t str), Fault> {
    let fault = |fragment| Err(Fault::new(Reason::NamedCapture, fragment));
    let Some((name, rest)) = name.split_once('>') else {
        return fault(text);
    };
    if name.is_empty()
        || !name
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    {
        return fault(before(text, rest));
    }
    Ok((Opening::Capture, rest))
}

fn flagged<'t>(text: &'t str, special: &'t str, flags: Flags) -> Result<(Opening, &'t str), Fault> {
    let mut flags = flags;
    let (mut value, mut dangling) = (true, false);
    let mut rest = special.chars();
    for c in rest.by_ref() {
        match c {
            'i' => flags.ignore_case = value,
            'm' => flags.multi_line = value,
            's' => flags.dot_matches_newline = value,
            'U' => {}
            '-' if value => {
                (value, dangling) = (false, true);
                continue;
            }
            ':' if !dangling => return Ok((Opening::Group(flags), rest.as_str())),
            ')' if !dangling => return Ok((Opening::Flags(flags), rest.as_str())),
            _ => break,
        }
        dangling = false;
    }
    Err(Fault::new(Reason::PerlSyntax, before(text, rest.as_str())))
}
