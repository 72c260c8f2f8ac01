//! Where the boxes of the picture stand: the tallest column as close as can be, what it leads to
//! beside it, so that lines are short and few of them cross.

use std::collections::BTreeMap;

use super::ROW;
use crate::render::topology::{Column, Picture};

/// The top of every box, from 0.
pub(super) fn tops(picture: &Picture) -> Vec<usize> {
    let columns = columns(picture);
    let mut tops = vec![None; picture.nodes.len()];
    let neighbours = neighbours(picture);
    for column in sequence(&columns) {
        let base = tops.iter().all(Option::is_none);
        let mut places: Vec<(Option<usize>, usize)> = columns[&column]
            .iter()
            .map(|node| {
                let near = &neighbours[*node];
                let known = near
                    .iter()
                    .filter_map(|it| if base { Some(*it) } else { tops[*it] });
                (mean(known), *node)
            })
            .collect();
        // What leads nowhere is below everything else.
        places.sort_by_key(|(near, node)| (near.is_none(), *near, *node));
        let mut free = 0;
        for together in places.chunk_by(|(one, _), (other, _)| one == other) {
            let near = together[0].0.filter(|_| !base).unwrap_or_default();
            // What leads to the same place stands around it.
            free = free.max(near.saturating_sub((together.len() - 1) * ROW / 2));
            for (_, node) in together {
                tops[*node] = Some(free);
                free += ROW;
            }
        }
    }
    tops.into_iter().map(Option::unwrap_or_default).collect()
}

/// The nodes of each column.
fn columns(picture: &Picture) -> BTreeMap<Column, Vec<usize>> {
    let mut columns: BTreeMap<Column, Vec<usize>> = BTreeMap::new();
    for (index, node) in picture.nodes.iter().enumerate() {
        columns.entry(node.column).or_default().push(index);
    }
    columns
}

/// The tallest column first, then those that it leads to.
fn sequence(columns: &BTreeMap<Column, Vec<usize>>) -> Vec<Column> {
    let height = |column: &Column| columns.get(column).map_or(0, Vec::len);
    let all = [Column::Names, Column::Tunnels, Column::Services];
    let tallest = all.iter().max_by_key(|it| height(it));
    let sequence = match tallest {
        Some(Column::Names) | None => all,
        Some(Column::Tunnels) => [Column::Tunnels, Column::Names, Column::Services],
        Some(Column::Services) => [Column::Services, Column::Tunnels, Column::Names],
    };
    let there = sequence.into_iter().filter(|it| height(it) > 0);
    there.collect()
}

fn neighbours(picture: &Picture) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); picture.nodes.len()];
    for (from, to, _) in &picture.edges {
        neighbours[*from].push(*to);
        neighbours[*to].push(*from);
    }
    neighbours
}

fn mean(numbers: impl Iterator<Item = usize>) -> Option<usize> {
    let numbers: Vec<usize> = numbers.collect();
    numbers.iter().sum::<usize>().checked_div(numbers.len())
}
