//! The one label by which a tunnel is asked for.

use super::refusal::Refusal;
use super::token;

/// The longest slug; with a stack's name and a hyphen it is a tunnel's name.
const LONGEST: usize = 32;

/// Letters of a slug that nobody chose; 36⁸ of them are hardly guessed.
const RANDOM: usize = 8;

const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Reads a slug that somebody asks for; `None` if any will do. Blanks around it are cut off.
///
/// # Errors
/// If it cannot be a label.
pub fn asked(text: &str) -> Result<Option<String>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let slug = text.trim();
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if slug.chars().any(char::is_uppercase) {
        return Err(Refusal::slug(
            "Uppercase characters are not allowed in slug.",
        ));
    }
    if slug.contains('.') {
        return Err(Refusal::slug("Nested domains are not supported."));
    }
    let bytes = slug.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(|it| inner(*it));
    let fits = bytes.len() <= LONGEST
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|it| inner(*it) || *it == b'-');
    if fits {
        Ok(Some(slug.to_owned()))
    } else {
        Err(Refusal::slug(
            "Slug must match ^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$.",
        ))
    }
}

/// A slug from the system's random bytes.
#[must_use]
pub fn random() -> String {
    let mut slug = String::new();
    while slug.len() < RANDOM {
        let bytes: [u8; 16] = token::fresh();
        // 252 is the largest multiple of 36 below 256: every letter is as likely.
        let fair = bytes.iter().filter(|byte| **byte < 252);
        let letters = fair.map(|byte| char::from(LETTERS[usize::from(byte % 36)]));
        slug.extend(letters.take(RANDOM - slug.len()));
    }
    slug
}
