//! The problems that one stage collects.
//!
//! Invariant: a file that is wrong in a million places costs no more than one that is wrong in
//! a thousand, and a mistake in an anchored part is reported once, however often it is used.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::problem::{MORE, Problem};
use crate::source::Span;

/// How many problems of one stage are kept; the others are counted. Far fewer are shown.
const KEPT: usize = 1_000;

/// Collects problems: each one once, up to a limit, in the order of their places.
#[derive(Debug, Default)]
pub struct Findings {
    problems: Vec<Problem>,
    /// Eight bytes for each problem, kept or not, so that each is counted once.
    seen: BTreeSet<u64>,
    left_out: usize,
}

impl Findings {
    /// Adds a problem, unless the same one was found at the same place before.
    pub fn push(&mut self, problem: Problem) {
        if problem.code == MORE {
            self.left_out += problem.count;
            return;
        }
        // The label may name the way to the place, which is another one through each alias.
        let place = problem.labels.first().map(|(span, _)| *span);
        let particulars = match (place, &problem.help) {
            (Some(_), Some(help)) => help.as_str(),
            (Some(_), None) => "",
            (None, _) => &problem.message,
        };
        if self.is_new(problem.code, place, particulars) {
            self.keep(|| problem);
        }
    }

    /// Like [`Self::push`], for a problem that takes time to describe: if it was found before,
    /// or is beyond the limit, that is spared. There is one of its code at its place.
    pub fn push_with(
        &mut self,
        code: &'static str,
        place: Span,
        describe: impl FnOnce() -> Problem,
    ) {
        if self.is_new(code, Some(place), "") {
            self.keep(describe);
        }
    }

    fn is_new(&mut self, code: &str, place: Option<Span>, particulars: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        (code, place, particulars).hash(&mut hasher);
        self.seen.insert(hasher.finish())
    }

    fn keep(&mut self, describe: impl FnOnce() -> Problem) {
        if self.problems.len() < KEPT {
            self.problems.push(describe());
        } else {
            self.left_out += 1;
        }
    }

    /// Adds several problems.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            self.push(problem);
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// All that was found, by place. If the limit left something out, a last problem says how
    /// many: [`Problem::more`].
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems;
        problems.sort_by_key(|problem| problem.labels.first().map(|(span, _)| *span));
        if self.left_out > 0 {
            problems.push(Problem::more(self.left_out));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: usize) -> Problem {
        let span = Span {
            source: 0,
            start,
            end: start + 1,
        };
        Problem::new("tunctl::test", "test").at(span, "here")
    }

    #[test]
    fn the_same_problem_is_reported_once_and_places_are_in_order() {
        let mut findings = Findings::default();
        for start in [7, 3, 7] {
            findings.push(at(start));
        }
        assert_eq!(findings.into_problems(), [at(3), at(7)]);
    }

    #[test]
    fn beyond_the_limit_problems_are_counted_once_and_not_described() {
        let mut findings = Findings::default();
        for start in 0..KEPT {
            findings.push(at(start));
        }
        for start in (KEPT..KEPT + 4_213).chain(KEPT..KEPT + 9) {
            let (place, _) = at(start).labels[0];
            findings.push_with("tunctl::test", place, || unreachable!("nobody reads it"));
        }
        let problems = findings.into_problems();
        assert_eq!(problems.len(), KEPT + 1);
        assert_eq!(problems[KEPT].message, "and 4,213 more problems");
        let mut next = Findings::default();
        next.extend([problems[KEPT].clone(), at(9), problems[KEPT].clone()]);
        assert_eq!(next.into_problems(), [at(9), Problem::more(8_426)]);
    }
}
