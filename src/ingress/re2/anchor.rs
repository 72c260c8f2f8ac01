//! Whether matches of a pattern are tied to the beginning or the end of the text.

use std::collections::BTreeSet;

use super::node::Look;
use super::program::{Instruction, Program};

/// Whether every match begins at the beginning of the text, or every match ends at its end.
#[must_use]
pub fn is_anchored(program: &Program) -> bool {
    !begins_anywhere(program) || !ends_anywhere(program)
}

/// Whether a match can begin anywhere but at the beginning of the text, as far as the order of
/// its parts shows.
pub(super) fn begins_anywhere(program: &Program) -> bool {
    let reads = |instruction| match instruction {
        Instruction::Match | Instruction::Character(..) | Instruction::Class(..) => true,
        Instruction::Look(..) | Instruction::Split(..) => false,
    };
    reaches(program, program.start, Look::Start, reads)
}

/// Whether a match can end anywhere but at the end of the text, likewise.
fn ends_anywhere(program: &Program) -> bool {
    let ends = |instruction| match instruction {
        Instruction::Match => true,
        Instruction::Character(..)
        | Instruction::Class(..)
        | Instruction::Look(..)
        | Instruction::Split(..) => false,
    };
    let after = program.instructions.iter().filter_map(|it| match it {
        Instruction::Character(_, next) | Instruction::Class(_, next) => Some(*next),
        Instruction::Match | Instruction::Look(..) | Instruction::Split(..) => None,
    });
    after
        .chain([program.start])
        .any(|state| reaches(program, state, Look::End, ends))
}

/// Whether a state leads to an instruction without reading a character and without a condition.
fn reaches(
    program: &Program,
    state: u32,
    condition: Look,
    wanted: impl Fn(Instruction) -> bool,
) -> bool {
    let mut pending = vec![state];
    let mut seen = BTreeSet::new();
    while let Some(state) = pending.pop() {
        if !seen.insert(state) {
            continue;
        }
        let instruction = program.instructions[state as usize];
        match instruction {
            _ if wanted(instruction) => return true,
            Instruction::Look(look, _) if look == condition => {}
            Instruction::Look(_, next) => pending.push(next),
            Instruction::Split(one, other) => pending.extend([one, other]),
            Instruction::Match | Instruction::Character(..) | Instruction::Class(..) => {}
        }
    }
    false
}
