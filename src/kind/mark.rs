//! The owner mark: the first word of an object's comment, `tunctl:STACK`, whole.

use crate::observed::Owner;

/// What every stack's mark begins with.
const PREFIX: &str = "tunctl:";

/// The longest comment in characters: of a record, what every plan of Cloudflare takes
/// (cloudflare-api.md 5.2); of a route, what Cloudflare takes at all (6.1).
pub const LONGEST: usize = 100;

/// A stack's mark.
#[must_use]
pub fn of(stack: &str) -> String {
    format!("{PREFIX}{stack}")
}

/// Reads the mark of a comment. Only the whole first word counts, so that `edge` never answers
/// for `edge-eu`.
#[must_use]
pub fn owner(stack: &str, comment: Option<&str>) -> Owner {
    let word = comment.unwrap_or_default().split(' ').next();
    match word.and_then(|word| word.strip_prefix(PREFIX)) {
        Some(marked) if marked == stack => Owner::Ours,
        Some(marked) if !marked.is_empty() => Owner::Other(marked.to_owned()),
        _ => Owner::Unmarked,
    }
}

/// The user's own words in a comment: what follows the stack's mark, or all of it.
#[must_use]
pub fn own<'a>(stack: &str, comment: Option<&'a str>) -> &'a str {
    let comment = comment.unwrap_or_default();
    match owner(stack, Some(comment)) {
        Owner::Ours => comment.split_once(' ').map_or("", |(_, own)| own),
        Owner::Other(_) | Owner::Unmarked | Owner::ByName => comment,
    }
}

/// The comment with the stack's mark in front of the user's own words, whole.
#[must_use]
pub fn with(stack: &str, own: &str) -> String {
    match own {
        "" => of(stack),
        own => format!("{} {own}", of(stack)),
    }
}

/// The comment with the stack's mark, keeping as much of the user's own words as fit.
#[must_use]
pub fn write(stack: &str, comment: Option<&str>) -> String {
    let marked = with(stack, own(stack, comment));
    marked.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_first_word_is_the_mark() {
        assert_eq!(owner("edge", Some("tunctl:edge")), Owner::Ours);
        assert_eq!(owner("edge", Some("tunctl:edge by hand")), Owner::Ours);
        assert_eq!(
            owner("edge", Some("tunctl:edge-eu")),
            Owner::Other("edge-eu".to_owned())
        );
        assert_eq!(owner("edge", Some("see tunctl:edge")), Owner::Unmarked);
        assert_eq!(owner("edge", Some("tunctl:")), Owner::Unmarked);
        assert_eq!(owner("edge", None), Owner::Unmarked);
    }

    #[test]
    fn a_comment_by_hand_survives_the_mark() {
        assert_eq!(write("edge", Some("ask ops")), "tunctl:edge ask ops");
        assert_eq!(
            write("edge", Some("tunctl:edge ask ops")),
            "tunctl:edge ask ops"
        );
        assert_eq!(
            write("edge", Some(&"x".repeat(200))).chars().count(),
            LONGEST
        );
    }
}
