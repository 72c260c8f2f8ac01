//! The problems that one stage collects.
//!
//! Invariant: a file that is wrong in a million places costs no more than one that is wrong in
//! a thousand, and a mistake in an anchored part is reported once, however often it is used.

use std::collections::BTreeSet;

use crate::problem::Problem;
use crate::source::Span;

/// How many problems of one stage are kept. Nobody reads more, and rendering each one walks the
/// file from its start.
const KEPT: usize = 1_000;

/// Collects problems: each one once, up to a limit, in the order of their places.
#[derive(Debug, Default)]
pub struct Findings {
    problems: Vec<Problem>,
    seen: BTreeSet<(&'static str, Option<Span>, String)>,
    left_out: bool,
}

/// Says that there is more; has no place of its own.
const MORE: &str = "tunctl::more_problems";

impl Findings {
    /// Adds a problem, unless the same one was found at the same place before.
    pub fn push(&mut self, problem: Problem) {
        self.push_with(|| problem);
    }

    /// Like [`Self::push`], for a problem that takes time to describe: beyond the limit that is
    /// spared.
    pub fn push_with(&mut self, describe: impl FnOnce() -> Problem) {
        if self.problems.len() == KEPT {
            self.left_out = true;
            return;
        }
        let problem = describe();
        if problem.code == MORE {
            self.left_out = true;
            return;
        }
        // The label may name the way to the place, which is another one through each alias.
        let place = problem.labels.first().map(|(span, _)| *span);
        let particulars = match (place, &problem.help) {
            (Some(_), Some(help)) => help.clone(),
            (Some(_), None) => String::new(),
            (None, _) => problem.message.clone(),
        };
        if self.seen.insert((problem.code, place, particulars)) {
            self.problems.push(problem);
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

    /// All that was found, by place. If the limit left something out, a last problem with the
    /// code `tunctl::more_problems` says so.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems;
        problems.sort_by_key(|problem| problem.labels.first().map(|(span, _)| *span));
        if self.left_out {
            problems.push(
                Problem::new(MORE, "more problems, not shown")
                    .help("mend the problems above, then run again"),
            );
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
    fn beyond_the_limit_a_last_problem_says_that_there_are_more() {
        let mut findings = Findings::default();
        for start in 0..KEPT + 5 {
            findings.push(at(start));
        }
        let problems = findings.into_problems();
        assert_eq!(problems.len(), KEPT + 1);
        assert_eq!(problems[KEPT].code, MORE);
        let mut next = Findings::default();
        next.extend([problems[KEPT].clone(), at(9)]);
        assert_eq!(next.into_problems(), [at(9), problems[KEPT].clone()]);
    }
}
