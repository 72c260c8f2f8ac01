//! Texts that some patterns match and others do not, found or proved not to exist.
//!
//! The patterns run side by side, over one character of each kind that they can tell apart; a
//! state that was met before is not met again. So the search sees every text there is, bad
//! bytes included, unless it costs too much.

use std::collections::{BTreeSet, VecDeque};

use super::anchor::begins_anywhere;
use super::program::{BAD_BYTE, Program, Threads};
use super::symbols::symbols;

/// What looking for a text ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// This text.
    Found(Vec<u8>),
    /// There is none.
    Absent,
    /// Finding out costs too much.
    Unknown,
}

/// Looks for a text in which all of `matched` occur and none of `unmatched`. `effort` is what
/// it may cost, in steps, and is used up by it.
#[must_use]
pub fn witness(matched: &[&Program], unmatched: &[&Program], effort: &mut u64) -> Witness {
    let programs = [matched, unmatched].concat();
    let size: usize = programs.iter().map(|it| it.instructions.len()).sum();
    let Some(left) = effort.checked_sub(cost(size)) else {
        return Witness::Unknown;
    };
    *effort = left;
    let Some(symbols) = symbols(&programs) else {
        return Witness::Unknown;
    };
    let search = Search {
        threads: programs
            .iter()
            .map(|it| Threads::new(it.instructions.len()))
            .collect(),
        restarts: programs.iter().map(|it| begins_anywhere(it)).collect(),
        wanted: matched.len(),
        programs,
        symbols,
        size,
        effort,
    };
    search.run()
}

fn cost(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// What the programs have come to: the states of each that go on; absent once it has matched.
type Threaded = Vec<Option<Vec<u32>>>;

/// Where the search can be: what the programs have come to, and the kind of the character before.
type Place = (Threaded, Option<u32>);

struct Search<'a> {
    programs: Vec<&'a Program>,
    threads: Vec<Threads>,
    restarts: Vec<bool>,
    /// So many programs, the first ones, are to match.
    wanted: usize,
    symbols: Vec<u32>,
    /// Instructions of all programs.
    size: usize,
    effort: &'a mut u64,
}

impl Search<'_> {
    fn run(mut self) -> Witness {
        let start: Place = (vec![Some(Vec::new()); self.programs.len()], None);
        let mut seen = BTreeSet::from([start.clone()]);
        let mut waiting = VecDeque::from([(start, 0)]);
        // Each step of the way: the one before it, and the character.
        let mut way: Vec<(usize, u32)> = vec![(0, 0)];
        while let Some(((threaded, before), step)) = waiting.pop_front() {
            let [end, newline, word, other] = [None, Some('\n'), Some('a'), Some(' ')]
                .map(|after| self.follow(&threaded, before, after.map(u32::from)));
            if self.is_over() {
                return Witness::Unknown;
            }
            if end.is_some_and(|end| end.iter().take(self.wanted).all(Option::is_none)) {
                return Witness::Found(spelled(&way, step));
            }
            for symbol in self.symbols.clone() {
                let kind = kind(symbol);
                let followed = match kind {
                    Kind::Newline => &newline,
                    Kind::Word => &word,
                    Kind::Other => &other,
                };
                let Some(next) = followed.as_ref().and_then(|it| self.step(it, symbol)) else {
                    continue;
                };
                let place = (next, Some(kind.example()));
                if seen.insert(place.clone()) {
                    waiting.push_back((place, way.len()));
                    way.push((step, symbol));
                }
            }
        }
        Witness::Absent
    }

    fn is_over(&self) -> bool {
        *self.effort == 0
    }

    /// Follows all programs up to what reads a character. `None` if one has matched that must
    /// not.
    fn follow(
        &mut self,
        threaded: &Threaded,
        before: Option<u32>,
        after: Option<u32>,
    ) -> Option<Threaded> {
        *self.effort = self.effort.saturating_sub(cost(self.size));
        let mut followed = Vec::with_capacity(threaded.len());
        for (index, states) in threaded.iter().enumerate() {
            let (program, threads) = (self.programs[index], &mut self.threads[index]);
            let states = states.as_ref().and_then(|states| {
                threads.begin();
                threads.states.clear();
                threads.pending.clear();
                threads
                    .pending
                    .extend(states.iter().copied().chain([program.start]));
                let matched = program.follow(threads, before, after);
                (!matched).then(|| threads.states.clone())
            });
            if states.is_none() && index >= self.wanted {
                return None;
            }
            followed.push(states);
        }
        Some(followed)
    }

    /// Reads a character. `None` if a program cannot match any more that must.
    fn step(&mut self, followed: &Threaded, symbol: u32) -> Option<Threaded> {
        let mut stepped = Vec::with_capacity(followed.len());
        for (index, states) in followed.iter().enumerate() {
            let program = self.programs[index];
            let states = states.as_ref().map(|states| {
                *self.effort = self.effort.saturating_sub(cost(states.len()));
                let next = states
                    .iter()
                    .filter_map(|state| program.step(*state, symbol));
                let mut next: Vec<u32> = next.collect();
                next.sort_unstable();
                next.dedup();
                next
            });
            let dead = states.as_ref().is_some_and(Vec::is_empty) && !self.restarts[index];
            if dead && index < self.wanted {
                return None;
            }
            stepped.push(states);
        }
        Some(stepped)
    }
}

/// What conditions on a place can tell characters apart by.
#[derive(Clone, Copy)]
enum Kind {
    Newline,
    Word,
    Other,
}

impl Kind {
    fn example(self) -> u32 {
        u32::from(match self {
            Self::Newline => '\n',
            Self::Word => 'a',
            Self::Other => ' ',
        })
    }
}

fn kind(symbol: u32) -> Kind {
    match char::from_u32(symbol) {
        Some('\n') => Kind::Newline,
        Some(c) if c == '_' || c.is_ascii_alphanumeric() => Kind::Word,
        Some(_) | None => Kind::Other,
    }
}

/// The text that led to a step.
fn spelled(way: &[(usize, u32)], mut step: usize) -> Vec<u8> {
    let mut symbols = Vec::new();
    while step > 0 {
        let (before, symbol) = way[step];
        symbols.push(symbol);
        step = before;
    }
    let mut text = Vec::new();
    for symbol in symbols.into_iter().rev() {
        match char::from_u32(symbol).filter(|_| symbol != BAD_BYTE) {
            Some(c) => text.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            // A byte that no character has.
            None => text.push(0xff),
        }
    }
    text
}
