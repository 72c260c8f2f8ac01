//! Why a URL is answered by what answers it, for programs.

use serde_json::{Value, json};

use super::{FORMAT_VERSION, access};
use crate::routing::explain::{Explanation, Step, Why};
use crate::source::Sources;

/// An explanation as one JSON object.
#[must_use]
pub fn explanation_json(
    url: &str,
    zone: Option<&str>,
    explanation: &Explanation<'_>,
    sources: &Sources,
) -> Value {
    let Explanation {
        host,
        path,
        record,
        tunnel,
        steps,
        answer,
        settings,
    } = explanation;
    json!({
        "format_version": FORMAT_VERSION,
        "url": url,
        "host": host,
        "path": path,
        "zone": zone,
        "record": record.map(|name| format!("dns_record.{name}")),
        "tunnel": format!("tunnel.{tunnel}"),
        "rule": answer.rule,
        "service": answer.service,
        "access": access(answer.access),
        "settings": settings,
        "steps": steps
            .iter()
            .enumerate()
            .map(|(index, it)| step(index, it, sources))
            .collect::<Vec<_>>(),
    })
}

fn step(index: usize, step: &Step<'_>, sources: &Sources) -> Value {
    let Step { rule, at, why } = step;
    let file = at.and_then(|at| sources.get(at.source));
    json!({
        "rule": index,
        "hostname": rule.hostname,
        "path": rule.path,
        "service": rule.service,
        "verdict": match why {
            Why::OtherHost => "other_host",
            Why::OtherPath => "other_path",
            Why::Matches => "matches",
            Why::LastResort => "last_resort",
        },
        "file": file.map(|file| &file.name),
        "line": at.map(|at| sources.line(at)),
    })
}
