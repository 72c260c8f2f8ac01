//! Which modules at the top a file uses.

use std::collections::BTreeSet;

/// The modules at the top that a file's code names, by `crate::`, `super::` or, in the binary,
/// by the crate's own name.
pub(super) fn uses(path: &str, code: &str) -> BTreeSet<String> {
    let (own, tests) = code.split_once("#[cfg(test)]").unwrap_or((code, ""));
    let depth = depth(path);
    let mut used = names(own, depth);
    used.extend(names(tests, depth + 1));
    if path == "main.rs" {
        used.extend(after(own, "tunctl::"));
    }
    used
}

fn names(code: &str, depth: usize) -> BTreeSet<String> {
    let mut used: BTreeSet<String> = after(code, "crate::").into_iter().collect();
    used.extend(after(code, &"super::".repeat(depth)));
    used
}

/// How many modules a file is below the top.
fn depth(path: &str) -> usize {
    path.split('/').count()
}

/// The names that stand behind a path, alone or in a group.
fn after(code: &str, prefix: &str) -> Vec<String> {
    let part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':');
    let places = code.match_indices(prefix);
    let whole = places.filter(|(at, _)| !code[..*at].ends_with(part));
    whole
        .flat_map(|(at, _)| heads(&code[at + prefix.len()..]))
        .collect()
}

/// The first names of what a path goes on with: `a::b` or `{a::{b, c}, d}`.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![head(rest)];
    };
    let mut level = 0;
    let mut heads = vec![head(group)];
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => level += 1,
            '}' if level == 0 => break,
            '}' => level -= 1,
            ',' if level == 0 => heads.push(head(&group[at + 1..])),
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty() && head != "self");
    heads
}

fn head(text: &str) -> String {
    let text = text.trim_start();
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    text[..end.unwrap_or(text.len())].to_owned()
}
