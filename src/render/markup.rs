//! Text between the tags of HTML and SVG.

use super::text::escaped;

/// Text as it is, whatever it holds.
pub(super) fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for character in escaped(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // The runner of GitHub's workflows looks for `##[` in whatever is printed.
            '#' => safe.push_str("&#35;"),
            // No document of XML may hold these two, not even as references.
            '\u{fffe}' => safe.push_str("\\u{fffe}"),
            '\u{ffff}' => safe.push_str("\\u{ffff}"),
            _ => safe.push(character),
        }
    }
    safe
}

/// Text in so many columns of a monospaced font, its end left out if need be.
pub(super) fn shortened(text: &str, columns: usize) -> String {
    let text = escaped(text);
    if width_of(&text) <= columns {
        return text.into_owned();
    }
    let mut left = columns.saturating_sub(1);
    let mut begin = String::new();
    for character in text.chars() {
        let Some(rest) = left.checked_sub(width(character)) else {
            break;
        };
        left = rest;
        begin.push(character);
    }
    begin + "…"
}

/// How many columns of a monospaced font a text takes at the most.
pub(super) fn width_of(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// How wide other scripts are depends on the font: no more than twice the width of a letter.
fn width(character: char) -> usize {
    if character.is_ascii() || character == '…' {
        1
    } else {
        2
    }
}
