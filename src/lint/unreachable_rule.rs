//! A rule whose every request earlier rules take.

use super::context::{Context, Tunnel, Written};
use super::duplicate_rule::same;
use super::{Found, Lint};
use crate::ingress::shadow::Shadow;
use crate::problem::Problem;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::unreachable_rule",
    needs_zones: false,
    check,
};

/// How many of the earlier rules are shown.
const SHOWN: usize = 3;

fn check(context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for tunnel in context.tunnels() {
        for rule in &tunnel.rules {
            if let Shadow::Whole(takers) = context.shadow(rule)
                && let Some(problem) = problem(&tunnel, rule, takers)
            {
                found.push(Found::about(rule, problem));
            }
        }
    }
    found
}

/// `None` for a rule that stands there twice, which is said in other words.
fn problem(tunnel: &Tunnel<'_>, rule: &Written<'_>, takers: &[usize]) -> Option<Problem> {
    let takers: Vec<&Written<'_>> = takers
        .iter()
        .filter_map(|it| tunnel.rules.get(*it))
        .collect();
    let first = takers.first()?;
    if takers.iter().any(|taker| same(taker.rule, rule.rule)) {
        return None;
    }
    let number = first.position;
    let mut problem = Problem::new(LINT.code, "rule can never be reached")
        .at(rule.place, "earlier rules take every request for this")
        .help(format!(
            "remove this rule, or move it above rule {number} (rules count from 0)"
        ));
    for taker in takers.iter().take(SHOWN) {
        let text = match takers.len() {
            1 => format!("rule {} takes them all", taker.position),
            _ => format!("rule {} takes some", taker.position),
        };
        problem = problem.at(taker.place, text);
    }
    Some(problem)
}
