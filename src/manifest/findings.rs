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
    left_out: usize,
}

impl Findings {
    /// Adds a problem, unless the same one was found at the same place before.
    pub fn push(&mut self, problem: Problem) {
        self.push_with(|| problem);
    }

    /// Like [`Self::push`], for a problem that takes time to describe: beyond the limit it is
    /// only counted.
    pub fn push_with(&mut self, describe: impl FnOnce() -> Problem) {
        if self.problems.len() == KEPT {
            self.left_out += 1;
            return;
        }
        let problem = describe();
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

    /// All that was found, by place. What the limit left out is counted in a last problem with
    /// the code `tunctl::more_problems`.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems;
        problems.sort_by_key(|problem| problem.labels.first().map(|(span, _)| *span));
        if self.left_out > 0 {
            let message = format!("{} more problems, not shown", self.left_out);
            problems.push(
                Problem::new("tunctl::more_problems", message)
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
    fn beyond_the_limit_problems_are_counted_and_not_kept() {
        let mut findings = Findings::default();
        for start in 0..KEPT + 5 {
            findings.push(at(start));
        }
        let problems = findings.into_problems();
        assert_eq!(problems.len(), KEPT + 1);
        assert_eq!(problems[KEPT].message, "5 more problems, not shown");
    }
}
