//! Generations: `NAME`, `NAME~2`, `NAME~3` are one token at different times. While a rotation is
//! under way there are two; more than one at rest is a rotation that did not end.

use crate::observed::{Object, Standing};

/// The token's own name, and which generation it is, from 1 on.
pub(super) fn parts(name: &str) -> (&str, u64) {
    let found = name.rsplit_once('~');
    let found = found.and_then(|(own, number)| {
        let plain = !number.starts_with('0') && number.bytes().all(|it| it.is_ascii_digit());
        let number = number.parse::<u64>().ok().filter(|it| plain && *it >= 2)?;
        (!own.is_empty()).then_some((own, number))
    });
    found.unwrap_or((name, 1))
}

/// The name of a generation.
pub(super) fn name(own: &str, generation: u64) -> String {
    match generation {
        0 | 1 => own.to_owned(),
        _ => format!("{own}~{generation}"),
    }
}

/// Which generation an object is.
pub(super) fn of(object: &Object) -> u64 {
    object.carry["generation"].as_u64().unwrap_or(1)
}

/// Objects of one name as one: the newest, which knows of the others, the oldest of them first. Two of the same generation
/// are two tokens, and stay so.
pub(super) fn fold(mut objects: Vec<Object>) -> Vec<Object> {
    objects.sort_by_key(|object| std::cmp::Reverse(of(object)));
    let twins = objects.windows(2).any(|pair| of(&pair[0]) == of(&pair[1]));
    if twins || objects.len() < 2 {
        return objects;
    }
    let mut older: Vec<_> = objects.drain(1..).map(|object| object.id).collect();
    older.reverse();
    if let Some(newest) = objects.first_mut() {
        newest.older = older;
        // What somebody disabled stays an incident.
        if newest.standing == Standing::Good {
            newest.standing = Standing::Unfinished;
        }
    }
    objects
}
