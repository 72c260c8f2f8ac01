//! Rust texts, as far as one must know them to find words in code.

/// The code alone: comments and the contents of literals become blanks.
pub(super) fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = code.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let skipped = comment(rest).or_else(|| literal(rest, after_word));
        code.push(if skipped.is_some() { ' ' } else { first });
        rest = &rest[skipped.unwrap_or(first.len_utf8())..];
    }
    code
}

/// The length of the comment that a text begins with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += 1;
        }
        if depth == 0 {
            return Some(at);
        }
    }
    Some(text.len())
}

/// The length of the text or character that a text begins with. A lifetime is none.
fn literal(text: &str, after_word: bool) -> Option<usize> {
    if let Some(raw) = text.strip_prefix('r').filter(|_| !after_word) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let body = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = body.find(&end).map_or(body.len(), |at| at + end.len());
        return Some(2 + hashes + length);
    }
    if text.starts_with('"') {
        return Some(closed(text, '"'));
    }
    let mut letters = text.strip_prefix('\'')?.chars();
    match (letters.next()?, letters.next()) {
        ('\\', _) => Some(closed(text, '\'')),
        (letter, Some('\'')) => Some(2 + letter.len_utf8()),
        _ => None,
    }
}

/// The length up to the next quote that is not escaped.
fn closed(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let mut letters = text.char_indices().skip(1);
    let end = letters.find(|(_, letter)| {
        let ends = *letter == quote && !escaped;
        escaped = *letter == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Names, paths and macros: `async`, `std::fs::read`, `dbg!`.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':' | '!');
    text.split(move |letter| !part(letter))
        .map(|word| word.trim_matches(':'))
        .filter(|word| !word.is_empty())
}
