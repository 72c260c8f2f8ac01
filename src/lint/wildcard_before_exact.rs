//! A wildcard that takes requests for a host that a later rule names.

use super::context::Context;
use super::{Found, Lint};
use crate::ingress::shadow::Shadow;
use crate::problem::Problem;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::wildcard_before_exact",
    needs_zones: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for tunnel in context.tunnels() {
        for rule in &tunnel.rules {
            let Shadow::Wildcard(wildcard) = context.shadow(rule) else {
                continue;
            };
            let Some(wildcard) = tunnel.rules.get(*wildcard) else {
                continue;
            };
            let number = wildcard.position;
            let problem = Problem::new(LINT.code, "wildcard stands before an exact host")
                .at(
                    rule.at(&["hostname"]),
                    format!("rule {number} takes some requests for this host"),
                )
                .at(
                    wildcard.at(&["hostname"]),
                    "this includes it, and the first match answers",
                )
                .help(format!(
                    "move this rule above rule {number} (rules count from 0)"
                ));
            found.push(Found::about(rule, problem));
        }
    }
    found
}
