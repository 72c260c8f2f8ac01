//! JSON for programs: one object, with Terraform's plan names where Terraform has the idea.
//! Invariant: the order of keys is fixed, and what policies for Terraform's plans read means
//! the same here.

mod change;
mod drift;
mod explanation;
mod outcome;

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use miette::{Diagnostic, Severity};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::text::{bounded, is_hostile};
use super::{Coverage, Report, Summary};
use crate::address::Address;
use crate::plan::forecast::Forecast;
use crate::plan::{Finding, Moved, Plan, fingerprint};
use crate::problem::{MORE, Problem};
use crate::routing::test::Trial;
use crate::source::{Sources, Span};

use change::ChangeJson;
use drift::DriftJson;
pub use explanation::explanation_json;
pub use outcome::outcome_json;

/// The version of all formats. The minor number grows when keys are added, the major one when
/// keys change their meaning; Terraform counts its own in the same way.
pub const FORMAT_VERSION: &str = "1.0";

/// A plan as one JSON object.
#[derive(Debug, Serialize)]
pub struct PlanJson<'a> {
    format_version: &'static str,
    stack: &'a str,
    fingerprint: String,
    complete: bool,
    summary: Value,
    resource_changes: Vec<ChangeJson<'a>>,
    resource_drift: Vec<DriftJson<'a>>,
    /// The commit that the manifest was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a str>,
    findings: Vec<Value>,
    warnings: Vec<Value>,
    lints: Vec<Value>,
    tests: Vec<Value>,
    forecast: Option<Value>,
}

/// Shows a plan as one JSON object, which borrows what the plan holds.
#[must_use]
pub fn plan_json<'a>(report: &Report<'a>) -> PlanJson<'a> {
    let Report {
        plan,
        forecast,
        run: _,
        coverage,
        lints,
        sources,
        tests,
        scope: _,
    } = report;
    let changes: Vec<ChangeJson<'a>> = plan.changes().map(ChangeJson::new).collect();
    let fingerprints = changes.iter().map(ChangeJson::fingerprint).collect();
    PlanJson {
        format_version: FORMAT_VERSION,
        stack: &plan.stack,
        fingerprint: fingerprint::of_changes(plan, fingerprints),
        complete: *coverage == Coverage::Whole,
        summary: summary(Summary::of_plan(plan)),
        resource_changes: changes,
        resource_drift: plan.drift.iter().map(DriftJson::new).collect(),
        base: plan.base.as_deref(),
        findings: plan.findings.iter().map(finding).collect(),
        warnings: plan.warnings.iter().map(problem).collect(),
        lints: problems(lints, sources.unwrap_or(&Sources::default())),
        tests: tests.iter().map(trial).collect(),
        forecast: forecast.map(cost),
    }
}

/// What moved since a plan was made, as one JSON object.
#[must_use]
pub fn moved_json(now: &Plan, moved: &[Moved]) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "stack": now.stack,
        "fingerprint": fingerprint::of_plan(now),
        "moved": moved,
    })
}

/// How the tests of one stack's manifest ended, as one JSON object.
#[must_use]
pub fn tests_json(stack: &str, trials: &[Trial<'_>]) -> Value {
    let failed = trials.iter().filter(|it| it.fault.is_some()).count();
    json!({
        "format_version": FORMAT_VERSION,
        "stack": stack,
        "summary": { "passed": trials.len() - failed, "failed": failed },
        "tests": trials.iter().map(trial).collect::<Vec<_>>(),
    })
}

/// Writes JSON with hostile characters as escapes, which leaves its meaning as it is: a
/// terminal may be at the other end of standard output.
///
/// # Errors
/// If it cannot be written.
pub fn write(to: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    // The runner of GitHub's workflows obeys `##[` wherever it stands; in JSON only a string has it.
    if text.contains("##[") {
        text = text.replace("##[", "##\\u005b");
    }
    let is_plain = |byte: u8| matches!(byte, b'\n' | b' '..=b'~');
    if text.bytes().all(is_plain) {
        return to.write_all(text.as_bytes());
    }
    let mut safe = String::with_capacity(text.len());
    // The only control character outside of strings is the newline.
    for part in text.split_inclusive(|it| it != '\n' && is_hostile(it)) {
        let last = part
            .chars()
            .next_back()
            .filter(|it| *it != '\n' && is_hostile(*it));
        let Some(hostile) = last else {
            safe.push_str(part);
            continue;
        };
        safe.push_str(&part[..part.len() - hostile.len_utf8()]);
        for unit in hostile.encode_utf16(&mut [0; 2]) {
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    to.write_all(safe.as_bytes())
}

fn identify(entry: &mut Map<String, Value>, address: &Address) {
    let Address { kind, name } = address;
    entry.insert("address".to_owned(), json!(address));
    entry.insert("type".to_owned(), json!(kind));
    entry.insert("name".to_owned(), json!(name));
}

fn finding(finding: &Finding) -> Value {
    let Finding {
        guard,
        value,
        message,
    } = finding;
    json!({
        "guard": guard.name(),
        "value": value,
        "message": message,
        "lifted_by": finding.lifted_by(),
    })
}

fn problem(problem: &Problem) -> Value {
    let Problem {
        code,
        message,
        labels,
        help,
        severity,
        count,
    } = problem;
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    };
    let details = labels.iter().map(|(_, text)| bounded(text));
    let details: Vec<Cow<'_, str>> = details.collect();
    let mut json = json!({
        "code": code,
        "severity": severity,
        "message": bounded(message),
        "details": details,
        "help": help.as_deref().map(bounded),
    });
    if *code == MORE {
        json["count"] = json!(count);
    }
    json
}

fn trial(trial: &Trial<'_>) -> Value {
    let Trial {
        test,
        tunnel,
        answer,
        fault,
    } = trial;
    let answer = answer.as_ref().map(|it| {
        json!({
            "tunnel": tunnel,
            "rule": it.rule,
            "service": it.service,
            "access": access(it.access),
        })
    });
    json!({
        "url": test.url,
        "passed": fault.is_none(),
        "expected": {
            "tunnel": test.tunnel,
            "rule": test.rule,
            "service": test.service,
            "access": test.access.map(access),
        },
        "answer": answer,
        "fault": fault.as_ref().map(problem),
    })
}

/// In the words of the manifest's tests.
fn access(required: bool) -> &'static str {
    if required { "required" } else { "none" }
}

/// Problems with the places that they are about. Of very many the last one has a `count` of those
/// that are not shown.
#[must_use]
pub fn problems(problems: &[Problem], sources: &Sources) -> Vec<Value> {
    let place = |(span, text): &(Span, String)| {
        json!({
            "file": sources.get(span.source).map(|source| &source.name),
            "line": sources.line(*span),
            "column": sources.column(*span),
            "text": bounded(text),
        })
    };
    let shown = Problem::abridge(problems);
    let each = shown.iter().map(|it| {
        let mut json = problem(it);
        let home = it.labels.first().map(|(span, _)| *span);
        let home = home.filter(|span| sources.get(span.source).is_some());
        json["file"] = json!(home.and_then(|at| Some(&sources.get(at.source)?.name)));
        json["line"] = json!(home.map(|at| sources.line(at)));
        json["column"] = json!(home.map(|at| sources.column(at)));
        json["places"] = it.labels.iter().map(place).collect();
        json
    });
    each.collect()
}

/// An error without a place.
#[must_use]
pub fn diagnostic(error: &dyn Diagnostic) -> Value {
    let text =
        |part: Option<Box<dyn Display + '_>>| part.map(|it| bounded(&it.to_string()).into_owned());
    json!({
        "code": text(error.code()),
        "severity": "error",
        "message": bounded(&error.to_string()),
        "details": [],
        "help": text(error.help()),
        "places": [],
    })
}

fn cost(forecast: &Forecast) -> Value {
    let Forecast {
        spent,
        writes,
        reads,
        seconds,
        quotas,
    } = forecast;
    let quotas = quotas
        .iter()
        .map(|quota| json!({ "kind": quota.kind, "after": quota.after, "limit": quota.limit }));
    json!({
        "spent": spent,
        "writes": writes,
        "reads": reads,
        "seconds": seconds,
        "quotas": quotas.collect::<Vec<_>>(),
    })
}

fn summary(summary: Summary) -> Value {
    let Summary {
        add,
        change,
        destroy,
    } = summary;
    json!({ "add": add, "change": change, "destroy": destroy })
}
