//! Why a URL is answered by what answers it: the way from the top to the service.

use std::io::{self, Write};

use serde_json::Value;

use super::line::{Line, Tone, write_all};
use crate::ingress::Rule;
use crate::render::Style;
use crate::routing::explain::{Explanation, Step, Why};
use crate::source::Sources;

/// Shows an explanation.
///
/// # Errors
/// If it cannot be written.
pub fn explanation(
    to: &mut dyn Write,
    zone: Option<&str>,
    explanation: &Explanation<'_>,
    sources: &Sources,
    style: Style,
) -> io::Result<()> {
    let Explanation {
        host,
        path,
        record,
        tunnel,
        steps,
        answer,
        settings,
    } = explanation;
    let row = |name: &str, text: String| {
        Line::at(2, Tone::Dim, format!("{name:9}")).then(Tone::Plain, text)
    };
    let mut lines = vec![row("request", format!("host {host}, path {path}"))];
    lines.extend(zone.map(|zone| row("zone", zone.to_owned())));
    lines.push(row(
        "record",
        match record {
            Some(name) => format!("dns_record.{name} -> tunnel.{tunnel}"),
            None => "none of this stack; found by the hostname of a rule".to_owned(),
        },
    ));
    lines.push(row("tunnel", format!("tunnel.{tunnel}")));
    let steps = steps.iter().enumerate();
    lines.extend(steps.map(|(index, it)| step(index, it, explanation, sources)));
    lines.push(row("service", answer.service.clone()));
    let access = if answer.access {
        "required: the connector refuses requests without a token"
    } else {
        "none: the connector lets every request pass"
    };
    lines.push(row("access", access.to_owned()));
    lines.push(row(
        "settings",
        match serde_json::to_value(settings) {
            Ok(Value::Object(fields)) if !fields.is_empty() => {
                let fields = fields.iter().map(|(key, value)| format!("{key} {value}"));
                fields.collect::<Vec<_>>().join(", ")
            }
            _ => "cloudflared's defaults".to_owned(),
        },
    ));
    write_all(&lines, to, style)
}

fn step(index: usize, step: &Step<'_>, explanation: &Explanation<'_>, sources: &Sources) -> Line {
    let Step { rule, at, why } = step;
    let (tone, verdict) = match why {
        Why::OtherHost => (
            Tone::Plain,
            format!("no: `{}` is not its hostname", explanation.host),
        ),
        Why::OtherPath => (
            Tone::Plain,
            format!(
                "no: `{}` is not found in `{}`",
                rule.path_pattern(),
                explanation.path
            ),
        ),
        Why::Matches => (Tone::Add, "answers".to_owned()),
        Why::LastResort => (
            Tone::Add,
            "answers: no rule matches, and this is the last".to_owned(),
        ),
    };
    let line = Line::at(2, Tone::Dim, format!("{:9}", format!("rule {index}")))
        .then(Tone::Plain, format!("{}  ", written(rule)))
        .then(tone, verdict);
    let file = at.and_then(|at| Some((sources.get(at.source)?, sources.line(at))));
    match file {
        Some((file, number)) => line.comment(&format!("{}:{number}", file.name)),
        None => line,
    }
}

fn written(rule: &Rule) -> String {
    let host = match rule.host() {
        "" | "*" => "(any host)",
        host => host,
    };
    match rule.path_pattern() {
        "" => format!("{host} -> {}", rule.service),
        path => format!("{host} {path} -> {}", rule.service),
    }
}
