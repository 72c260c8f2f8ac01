//! A path that is found anywhere in the path of a request.

use super::context::Context;
use super::{Found, Lint};
use crate::ingress::path::{Pattern, witness};
use crate::ingress::re2::Witness;
use crate::problem::Problem;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::unanchored_path",
    needs_zones: false,
    check,
};

/// What finding out whether a pattern matches every path may cost, in steps.
const EFFORT: u64 = 50_000;

fn check(context: &Context<'_>) -> Vec<Found> {
    let found = context.rules().filter_map(|rule| {
        let path = rule.rule.path_pattern();
        if path.is_empty() || is_plainly_anchored(path) {
            return None;
        }
        let pattern = Pattern::compile(path).ok().filter(|it| !it.is_anchored())?;
        let problem = Problem::new(LINT.code, "path is not anchored")
            .at(
                rule.at(&["path"]),
                "found anywhere in the path of a request",
            )
            .help(help(path, &pattern));
        Some(Found::about(&rule, problem))
    });
    found.collect()
}

/// Whether it takes no compiling to see that every match begins at the beginning.
fn is_plainly_anchored(path: &str) -> bool {
    let rest = path.strip_prefix('^');
    rest.is_some_and(|rest| !rest.contains('|') && !rest.starts_with(['*', '?', '{']))
}

fn help(path: &str, pattern: &Pattern) -> String {
    if witness(&[], &[pattern], &mut EFFORT.clone()) == Witness::Absent {
        return "leave `path` out: this matches every path".to_owned();
    }
    let anchored = if path.contains('|') {
        format!("^(?:{path})")
    } else {
        format!("^{path}")
    };
    if path.starts_with('/') || path.contains('|') {
        format!("write `{anchored}`")
    } else {
        format!("write `{anchored}`, or end it with `$`")
    }
}
