//! Text from elsewhere, made harmless: names at Cloudflare, comments and error messages may hold
//! anything. Invariant: what leaves these functions holds no control character, not even a
//! newline, and nothing that reorders or hides what stands around it.

use std::borrow::Cow;
use std::fmt::Write as _;

pub(crate) use crate::source::is_hostile;

/// The text as it is, with hostile characters written out: `\n`, `\u{1b}`.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        push(&mut safe, character);
    }
    Cow::Owned(safe)
}

/// How many bytes of a message are shown: some contain what the API, or a file, calls a name.
const LONGEST: usize = 2_000;

/// The text, or the begin of a very long one.
pub(crate) fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(LONGEST)]))
}

/// The text in quotes, so that its ends are seen.
pub(crate) fn quoted(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    safe.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            safe.push('\\');
        }
        push(&mut safe, character);
    }
    safe.push('"');
    safe
}

/// The text bare if it is one word that nobody can mistake for more, else in quotes.
pub(crate) fn word(text: &str) -> Cow<'_, str> {
    let is_odd = |character: char| {
        character.is_whitespace() || is_hostile(character) || matches!(character, '"' | '#')
    };
    if text.is_empty() || text.contains(is_odd) || text.contains("->") {
        Cow::Owned(quoted(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// A sentence on one line: line breaks and the space around them become one space.
pub(crate) fn prose(text: &str) -> String {
    let lines = text.split(['\n', '\r']).map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    escaped(&lines.join(" ")).into_owned()
}

/// `1 rule`, `2 rules`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn push(safe: &mut String, character: char) {
    match character {
        '\n' => safe.push_str("\\n"),
        '\r' => safe.push_str("\\r"),
        '\t' => safe.push_str("\\t"),
        _ if is_hostile(character) => {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
        }
        _ => safe.push(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hostile_is_left() {
        let text = "a\u{1b}[31m\u{9b}2J\u{202e}b\u{200b}\n";
        assert_eq!(escaped(text), r"a\u{1b}[31m\u{9b}2J\u{202e}b\u{200b}\n");
        assert_eq!(quoted("a\"\\\t"), r#""a\"\\\t""#);
        assert_eq!(prose("one\r\n  two\n"), "one two");
    }

    #[test]
    fn a_word_stays_bare_only_if_it_is_one() {
        assert_eq!(word(r"^/a\.b/.*$"), r"^/a\.b/.*$");
        assert_eq!(word("/x -> http://safe"), r#""/x -> http://safe""#);
        assert_eq!(word(""), r#""""#);
    }
}
