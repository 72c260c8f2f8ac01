//! A time of zero, which does not mean "at once" and seldom means "off".

use super::context::Context;
use super::{Found, Lint};
use crate::ingress::{OriginRequest, Seconds};
use crate::kind::entry::Key;
use crate::problem::Problem;
use crate::source::Span;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::zero_timeout",
    needs_zones: false,
    check,
};

/// A time, and what zero means for it: Go's `net.Dialer` and `http.Transport`, to which
/// cloudflared hands it.
struct Time {
    field: &'static str,
    value: fn(&OriginRequest) -> Option<Seconds>,
    zero: &'static str,
    default: &'static str,
}

const TIMES: [Time; 4] = [
    Time {
        field: "connectTimeout",
        value: |it| it.connect_timeout,
        zero: "no limit: a request waits as long as the origin is silent",
        default: "30s",
    },
    Time {
        field: "tlsTimeout",
        value: |it| it.tls_timeout,
        zero: "no limit: a request waits as long as the handshake takes",
        default: "10s",
    },
    Time {
        field: "tcpKeepAlive",
        value: |it| it.tcp_keep_alive,
        zero: "not off: Go's own interval of 15 s",
        default: "30s",
    },
    Time {
        field: "keepAliveTimeout",
        value: |it| it.keep_alive_timeout,
        zero: "no limit: idle connections are never closed",
        default: "90s",
    },
];

fn check(context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for tunnel in context.tunnels() {
        for time in zeros(&tunnel.routes.origin_request) {
            let path = [Key::Field("originRequest"), Key::Field(time.field)];
            let at = context.place(tunnel.name, &path);
            found.push(Found::new(time.problem(at)));
        }
        for rule in &tunnel.rules {
            for time in rule.rule.origin_request.iter().flat_map(zeros) {
                let at = rule.at(&["originRequest", time.field]);
                found.push(Found::about(rule, time.problem(at)));
            }
        }
    }
    found
}

fn zeros(settings: &OriginRequest) -> impl Iterator<Item = &'static Time> {
    let is_zero = |time: &&Time| (time.value)(settings) == Some(Seconds::new(0));
    TIMES.iter().filter(is_zero)
}

impl Time {
    fn problem(&self, at: Span) -> Problem {
        Problem::new(LINT.code, "time is zero")
            .at(at, self.zero)
            .help(format!(
                "write a time such as `{}`, the default",
                self.default
            ))
    }
}
