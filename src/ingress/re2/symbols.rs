//! The characters that some programs can tell apart: one of each kind stands for all of it.

use std::collections::BTreeMap;

use super::node::ENCODED_REPLACEMENT;
use super::program::{BAD_BYTE, Instruction, Program};
use crate::ingress::go::unicode::contains;

/// How many times a class may be asked about a range of characters. Patterns of a few classes
/// stay far below; those with hundreds of Unicode classes are given up.
const MAX_QUESTIONS: usize = 100_000;

/// Characters that are nice to read, if one of them is as good as any other.
const NICE: [char; 4] = ['x', '0', '-', 'X'];

/// One character of each kind that the programs can tell apart, bad bytes among them. `None` if
/// that is too much to find out.
pub(super) fn symbols(programs: &[&Program]) -> Option<Vec<u32>> {
    let cuts = cuts(programs);
    let classes = programs.iter().map(|it| it.classes.len()).sum::<usize>() + 1;
    if cuts.len().saturating_mul(classes) > MAX_QUESTIONS {
        return None;
    }
    let named = named(programs);
    let mut kinds: BTreeMap<(Option<u32>, Vec<bool>), u32> = BTreeMap::new();
    for (first, next) in cuts.iter().zip(cuts.iter().skip(1)) {
        let Some(symbol) = nicest(*first, *next) else {
            continue;
        };
        let character = u32::from(symbol);
        let own = named.binary_search(&character).ok().map(|_| character);
        let mut kind: Vec<bool> = programs
            .iter()
            .flat_map(|program| &program.classes)
            .map(|class| contains(class, symbol))
            .collect();
        kind.extend([
            symbol == '\n',
            symbol == '_' || symbol.is_ascii_alphanumeric(),
        ]);
        let known = kinds.entry((own, kind)).or_insert(character);
        if NICE.contains(&symbol) {
            *known = character;
        }
    }
    Some(kinds.into_values().chain([0xfffd, BAD_BYTE]).collect())
}

/// Where kinds may begin: between two neighbours all characters are of one kind.
fn cuts(programs: &[&Program]) -> Vec<u32> {
    let looks = ['\n', '_'].map(|it| (it, it));
    let looks = looks
        .into_iter()
        .chain([('0', '9'), ('A', 'Z'), ('a', 'z')]);
    let classes = programs.iter().flat_map(|program| &program.classes);
    let ranges = classes.flat_map(|class| class.ranges().iter());
    let ranges = ranges.map(|range| (range.start(), range.end()));
    let mut cuts: Vec<u32> = looks
        .chain(ranges)
        .flat_map(|(first, last)| [u32::from(first), u32::from(last) + 1])
        .chain(named(programs).into_iter().flat_map(|it| [it, it + 1]))
        .chain([0, 0xd800, 0xe000, 0xfffd, 0xfffe, 0x11_0000])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// The characters that stand in the programs by themselves.
fn named(programs: &[&Program]) -> Vec<u32> {
    let instructions = programs.iter().flat_map(|program| &program.instructions);
    let mut named: Vec<u32> = instructions
        .filter_map(|instruction| match instruction {
            Instruction::Character(c, _) => Some(*c).filter(|c| *c != ENCODED_REPLACEMENT),
            Instruction::Match
            | Instruction::Class(..)
            | Instruction::Look(..)
            | Instruction::Split(..) => None,
        })
        .collect();
    named.sort_unstable();
    named.dedup();
    named
}

/// A character of a range; none in that of surrogates.
fn nicest(first: u32, next: u32) -> Option<char> {
    let inside = |c: &char| (first..next).contains(&u32::from(*c));
    let printable = char::from_u32(first.max(u32::from('!'))).filter(inside);
    let nice = NICE.into_iter().find(inside);
    nice.or(printable).or_else(|| char::from_u32(first))
}
