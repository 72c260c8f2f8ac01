//! Whether any name is covered by both of two patterns.

use std::collections::BTreeSet;

/// More ways to read the braces of a pattern than anybody writes.
const MOST: usize = 256;

/// A part of a pattern that stands for a character, or for any number of them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    One(char),
    Any,
    Many,
    /// Ranges, and whether they are what it does not stand for.
    Class(Vec<(char, char)>, bool),
}

/// Whether a name is covered by both patterns, in the syntax of `owns`. In doubt, yes.
#[must_use]
pub fn overlap(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (readings(one), readings(other)) else {
        return true;
    };
    let mut pairs = one
        .iter()
        .flat_map(|one| other.iter().map(move |other| (one, other)));
    pairs.any(|(one, other)| meet(&parts(one), &parts(other)))
}

/// A pattern without braces for each way to read them; `None` if they cannot be read.
fn readings(pattern: &str) -> Option<Vec<String>> {
    let mut open = vec![pattern.to_owned()];
    let mut read = Vec::new();
    while let Some(pattern) = open.pop() {
        if open.len() + read.len() > MOST {
            return None;
        }
        let Some((start, end)) = braces(&pattern) else {
            read.push(pattern);
            continue;
        };
        let (before, after) = (&pattern[..start], &pattern[end + 1..]);
        let choices = pattern[start + 1..end].split(',');
        open.extend(choices.map(|choice| format!("{before}{choice}{after}")));
    }
    Some(read)
}

/// The first braces that have none inside of them.
fn braces(pattern: &str) -> Option<(usize, usize)> {
    let end = pattern.find('}')?;
    let start = pattern[..end].rfind('{')?;
    Some((start, end))
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        let part = match letter {
            '?' => Part::Any,
            '*' if parts.last() == Some(&Part::Many) => continue,
            '*' => Part::Many,
            '\\' => Part::One(letters.next().unwrap_or('\\')),
            '[' => class(&mut letters),
            letter => Part::One(letter),
        };
        parts.push(part);
    }
    parts
}

/// The rest of a class; a bracket right behind its start stands for itself.
fn class(letters: &mut std::str::Chars<'_>) -> Part {
    let mut inside = String::new();
    let negated = matches!(letters.clone().next(), Some('!' | '^'));
    if negated {
        letters.next();
    }
    for letter in letters.by_ref() {
        if letter == ']' && !inside.is_empty() {
            break;
        }
        inside.push(letter);
    }
    let inside: Vec<char> = inside.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(from) = inside.get(at) {
        let range = (inside.get(at + 1), inside.get(at + 2));
        if let (Some('-'), Some(to)) = range {
            ranges.push((*from, *to));
            at += 3;
        } else {
            ranges.push((*from, *from));
            at += 1;
        }
    }
    Part::Class(ranges, negated)
}

/// Whether a text fits both: every pair of places that both can have come to is visited once.
fn meet(one: &[Part], other: &[Part]) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![(0, 0)];
    while let Some((i, j)) = open.pop() {
        if !seen.insert((i, j)) {
            continue;
        }
        match (one.get(i), other.get(j)) {
            (None, None) => return true,
            (Some(Part::Many), there) => {
                open.push((i + 1, j));
                open.extend(there.map(|_| (i, j + 1)));
            }
            (here, Some(Part::Many)) => {
                open.push((i, j + 1));
                open.extend(here.map(|_| (i + 1, j)));
            }
            (Some(here), Some(there)) if agree(here, there) => open.push((i + 1, j + 1)),
            (_, _) => {}
        }
    }
    false
}

/// Whether a character fits both.
fn agree(one: &Part, other: &Part) -> bool {
    match (one, other) {
        (Part::One(one), Part::One(other)) => one == other,
        (Part::One(letter), Part::Class(ranges, negated))
        | (Part::Class(ranges, negated), Part::One(letter)) => {
            let inside = ranges
                .iter()
                .any(|(from, to)| (from..=to).contains(&letter));
            inside != *negated
        }
        (Part::Class(one, false), Part::Class(other, false)) => {
            let mut pairs = one
                .iter()
                .flat_map(|it| other.iter().map(move |to| (it, to)));
            pairs.any(|((a, b), (c, d))| a <= d && c <= b)
        }
        (_, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn patterns_overlap_if_one_name_fits_both() {
        for (one, other, meets) in [
            ("edge-*", "edge-eu-*", true),
            ("edge-us-*", "edge-eu-*", false),
            ("edge-*", "edge", false),
            ("edge*", "edge", true),
            ("app-?", "app-1", true),
            ("app-?", "app-12", false),
            ("app-[0-4]", "app-[5-9]", false),
            ("app-[0-5]", "app-[5-9]", true),
            ("app-[!0-9]", "app-7", false),
            ("app-{eu,us}-*", "app-us-1", true),
            ("app-{eu,us}-*", "app-ap-*", false),
            ("a*b", "*c", false),
            ("a*b", "*b", true),
            ("a*b*c", "ab*d*c", true),
            (r"app\*", "app*", true),
            (r"app\*", "app1", false),
            ("{{a,b},c}-x", "b-*", true),
            ("", "", true),
        ] {
            assert_eq!(overlap(one, other), meets, "{one} and {other}");
            assert_eq!(overlap(other, one), meets, "{other} and {one}");
        }
    }
}
