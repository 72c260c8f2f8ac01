//! The three-way view of a plan that is no longer the one of today.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::line::{Line, Tone, write_all};
use crate::plan::{Moved, Side};
use crate::render::Style;
use crate::render::value::inline;

/// Shows what moved since a plan was made.
///
/// # Errors
/// If it cannot be written.
pub fn moved(to: &mut dyn Write, moved: &[Moved], style: Style) -> io::Result<()> {
    let lines: Vec<Line> = moved.iter().flat_map(object).collect();
    write_all(&lines, to, style)
}

fn object(moved: &Moved) -> Vec<Line> {
    let Moved {
        address,
        planned_from,
        now,
        wanted,
        planned_for,
    } = moved;
    let title = match planned_from {
        Side::Unknown => format!("# {address} would change"),
        Side::NoChange | Side::Nothing | Side::There(_) => {
            format!("# {address} is not as it was planned")
        }
    };
    let mut lines = vec![Line::at(2, Tone::Strong, title)];
    let fields = [planned_from, now, wanted].map(fields);
    if let [Some(from), Some(now), Some(wanted)] = fields {
        for key in differing(from, now, wanted) {
            let values = [from, now, wanted].map(|it| it.get(key).map_or("-".into(), inline));
            lines.push(Line::at(6, Tone::Plain, key.trim_start_matches('@')));
            lines.extend(sides(8, values));
        }
    } else {
        lines.extend(sides(6, [planned_from, now, wanted].map(whole)));
    }
    if let Some(planned_for) = planned_for {
        let text = format!("planned for:  {}", whole(planned_for));
        lines.push(Line::at(6, Tone::Plain, text));
    }
    lines.push(Line::blank());
    lines
}

fn sides(indent: usize, [from, now, wanted]: [String; 3]) -> [Line; 3] {
    [
        ("planned from: ", from),
        ("now:          ", now),
        ("wanted:       ", wanted),
    ]
    .map(|(title, text)| Line::at(indent, Tone::Dim, title).then(Tone::Plain, text))
}

/// The fields in which the three differ; what is not wanted in words of its own is left alone.
fn differing<'a>(
    from: &'a Map<String, Value>,
    now: &'a Map<String, Value>,
    wanted: &'a Map<String, Value>,
) -> BTreeSet<&'a str> {
    let keys = from.keys().chain(now.keys()).chain(wanted.keys());
    let differs = |key: &&String| {
        let key = key.as_str();
        let is_managed = wanted.contains_key(key);
        from.get(key) != now.get(key) || (is_managed && now.get(key) != wanted.get(key))
    };
    keys.filter(differs).map(String::as_str).collect()
}

fn fields(side: &Side) -> Option<&Map<String, Value>> {
    match side {
        Side::There(value) => value.as_object(),
        Side::Unknown | Side::NoChange | Side::Nothing => None,
    }
}

fn whole(side: &Side) -> String {
    match side {
        Side::Unknown => "(not known: only the fingerprint is)".to_owned(),
        Side::NoChange => "(nothing to do)".to_owned(),
        Side::Nothing => "(nothing)".to_owned(),
        Side::There(value) => inline(value),
    }
}
