//! Labels in Mermaid's notation.

use std::fmt::Write as _;

/// A text for a label in quotes: everything but the plainest characters as Mermaid's own
/// entities, `#` and a code point.
pub(super) fn label(text: &str) -> String {
    let is_plain =
        |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_' | '/' | ' ');
    let mut label = String::new();
    for character in text.chars() {
        if is_plain(character) {
            label.push(character);
        } else {
            let _ = write!(label, "#{};", u32::from(character));
        }
    }
    label
}
