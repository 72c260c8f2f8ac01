//! Two versions of a list, row by row: what was added, removed, changed or moved.
//! Invariant: every item of both versions stands in exactly one row.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::value;

/// An item at its place, counted from 0.
pub(crate) type Placed<'a> = (usize, &'a Value);

/// One row, in the order of the new list; what was removed stands where it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Row<'a> {
    /// Only in the new list.
    Added(Placed<'a>),
    /// Only in the old one.
    Removed(Placed<'a>),
    /// In both.
    Both {
        /// As it was.
        before: Placed<'a>,
        /// As it will be.
        after: Placed<'a>,
        /// Whether it passed others.
        shift: Shift,
    },
}

/// What happens to an item's place among the items that keep theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shift {
    /// It keeps its place too.
    None,
    /// It comes earlier.
    Up,
    /// It comes later.
    Down,
}

impl Row<'_> {
    /// Whether nothing happens to the item.
    pub(crate) fn is_kept(&self) -> bool {
        match self {
            Self::Added(_) | Self::Removed(_) => false,
            Self::Both {
                before,
                after,
                shift,
            } => *shift == Shift::None && before.1 == after.1,
        }
    }
}

/// Compares two versions. Equal items belong together, then items with one identity; of these
/// as few as possible count as moved. What was removed comes before what takes its place.
pub(crate) fn compare<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<Row<'a>> {
    let from = pair(old, new);
    let paired: BTreeSet<usize> = from.iter().flatten().copied().collect();
    let staying = longest_increasing(&from.iter().flatten().copied().collect::<Vec<_>>());
    let mut removed: VecDeque<usize> = (0..old.len()).filter(|it| !paired.contains(it)).collect();
    let mut rows = Vec::with_capacity(new.len() + removed.len());
    let mut passed = 0;
    for (index, item) in new.iter().enumerate() {
        let gap = staying.get(passed).copied().unwrap_or(old.len());
        while let Some(gone) = removed.pop_front_if(|gone| *gone < gap) {
            rows.push(Row::Removed((gone, &old[gone])));
        }
        let Some(was) = from[index] else {
            rows.push(Row::Added((index, item)));
            continue;
        };
        let shift = match staying.binary_search(&was) {
            Ok(_) => Shift::None,
            Err(before) if before < passed => Shift::Down,
            Err(_) => Shift::Up,
        };
        passed += usize::from(shift == Shift::None);
        rows.push(Row::Both {
            before: (was, &old[was]),
            after: (index, item),
            shift,
        });
    }
    rows.extend(removed.into_iter().map(|it| Row::Removed((it, &old[it]))));
    rows
}

/// For each new item the old one that it was.
fn pair(old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let mut from = vec![None; new.len()];
    let mut taken = BTreeSet::new();
    let exact: fn(&Value) -> Option<String> = |item| Some(item.to_string());
    for key in [exact, value::identity] {
        let mut waiting: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
        for (index, item) in old.iter().enumerate() {
            if let Some(key) = key(item).filter(|_| !taken.contains(&index)) {
                waiting.entry(key).or_default().push_back(index);
            }
        }
        for (item, was) in new.iter().zip(&mut from).filter(|(_, was)| was.is_none()) {
            let found = key(item).and_then(|key| waiting.get_mut(&key)?.pop_front());
            taken.extend(found);
            *was = found;
        }
    }
    from
}

/// A longest increasing subsequence of distinct numbers.
fn longest_increasing(numbers: &[usize]) -> Vec<usize> {
    // The position of the smallest number that ends a run of each length.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; numbers.len()];
    for (position, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|end| numbers[*end] < *number);
        before[position] = length.checked_sub(1).map(|shorter| ends[shorter]);
        if length == ends.len() {
            ends.push(position);
        } else {
            ends[length] = position;
        }
    }
    let last = ends.last().copied();
    let mut members: Vec<usize> = std::iter::successors(last, |position| before[*position])
        .map(|position| numbers[position])
        .collect();
    members.reverse();
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_few_as_possible_move() {
        assert_eq!(longest_increasing(&[]), [0; 0]);
        assert_eq!(longest_increasing(&[3, 0, 1, 2]), [0, 1, 2]);
        assert_eq!(longest_increasing(&[2, 1, 0]).len(), 1);
    }
}
