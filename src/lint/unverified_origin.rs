//! `noTLSVerify` without a comment that says why.

use super::context::Context;
use super::{Found, Lint, allow};
use crate::kind::entry::Key;
use crate::problem::Problem;
use crate::source::Span;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::unverified_origin",
    needs_zones: false,
    check,
};

const FIELD: &str = "noTLSVerify";

fn check(context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for tunnel in context.tunnels() {
        if tunnel.routes.origin_request.no_tls_verify == Some(true) {
            let path = [Key::Field("originRequest"), Key::Field(FIELD)];
            let at = context.place(tunnel.name, &path);
            if !is_explained(context, at) {
                found.push(Found::new(problem(at)));
            }
        }
        for rule in &tunnel.rules {
            let own = rule.rule.origin_request.as_ref();
            let at = rule.at(&["originRequest", FIELD]);
            let unverified = own.and_then(|own| own.no_tls_verify) == Some(true);
            if unverified && !is_explained(context, at) {
                found.push(Found::about(rule, problem(at)));
            }
        }
    }
    found
}

fn problem(at: Span) -> Problem {
    Problem::new(LINT.code, "certificate of the origin is not verified")
        .at(at, "any certificate passes, and no comment says why")
        .help("say why in a comment on this line or above it, or set `caPool` or `originServerName` instead")
}

/// Whether a comment is on the line or right above it, other than those for tunctl.
fn is_explained(context: &Context<'_>, at: Span) -> bool {
    let Some(line) = context.comments.line_of(at) else {
        return false;
    };
    let mut comments = context
        .comments
        .at(line)
        .map(|it| context.sources.text(it.span));
    comments.any(|text| {
        allow::directive(text).is_none() && text.contains(|c: char| c.is_alphanumeric())
    })
}
