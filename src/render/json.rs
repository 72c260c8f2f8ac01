//! JSON for programs: one object, with Terraform's plan names where Terraform has the idea.
//! Invariant: the order of keys is fixed, and what policies for Terraform's plans read means
//! the same here.

mod explanation;

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use miette::{Diagnostic, Severity};
use serde_json::{Map, Value, json};

use super::text::is_hostile;
use super::{Coverage, Report, Summary};
use crate::address::Address;
use crate::apply::{Failure, Outcome, Verdict};
use crate::plan::forecast::Forecast;
use crate::plan::{Action, Change, Finding, Reason, fingerprint};
use crate::problem::Problem;
use crate::routing::test::Trial;
use crate::source::{Sources, Span};

pub use explanation::explanation_json;

/// The version of all formats. The minor number grows when keys are added, the major one when
/// keys change their meaning; Terraform counts its own in the same way.
pub const FORMAT_VERSION: &str = "1.0";

/// A plan as one JSON object.
#[must_use]
pub fn plan_json(report: &Report<'_>) -> Value {
    let Report {
        plan,
        forecast,
        run: _,
        coverage,
        lints,
        sources,
        tests,
    } = report;
    let fingerprints: Vec<String> = plan.changes().map(fingerprint::of_change).collect();
    let changes = plan.changes().zip(&fingerprints);
    let changes: Vec<Value> = changes.map(|(it, own)| change(it, own)).collect();
    json!({
        "format_version": FORMAT_VERSION,
        "stack": plan.stack,
        "fingerprint": fingerprint::of_changes(plan, fingerprints),
        "complete": *coverage == Coverage::Whole,
        "summary": summary(Summary::of_plan(plan)),
        "resource_changes": changes,
        "resource_drift": [],
        "findings": plan.findings.iter().map(finding).collect::<Vec<_>>(),
        "warnings": plan.warnings.iter().map(problem).collect::<Vec<_>>(),
        "lints": problems(lints, sources.unwrap_or(&Sources::default())),
        "tests": tests.iter().map(trial).collect::<Vec<_>>(),
        "forecast": forecast.map(cost),
    })
}

/// How a run ended, as one JSON object.
#[must_use]
pub fn outcome_json(stack: &str, outcome: &Outcome) -> Value {
    let verdicts = &outcome.verdicts;
    let count = |name: &str| {
        verdicts
            .iter()
            .filter(|(_, it)| verdict(it) == name)
            .count()
    };
    let mut summary = summary(Summary::of_outcome(outcome));
    for name in ["failed", "skipped", "moved", "pending"] {
        summary[name] = json!(count(name));
    }
    json!({
        "format_version": FORMAT_VERSION,
        "stack": stack,
        "summary": summary,
        "results": verdicts
            .iter()
            .map(|(change, end)| result(change, end, outcome))
            .collect::<Vec<_>>(),
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
pub fn write(to: &mut dyn Write, value: &Value) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    let mut safe = String::new();
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

fn change(change: &Change, fingerprint: &str) -> Value {
    let Change {
        address,
        action,
        reason: why,
        waits_for,
        recheck: _,
        at: _,
    } = change;
    let mut entry = Map::new();
    identify(&mut entry, address);
    if let Action::Rename { from, .. } = action {
        let former = Address::new(address.kind.clone(), from.clone());
        entry.insert("previous_address".to_owned(), json!(former));
    }
    // Terraform's other mode is for data sources; policies tell the two apart by it.
    entry.insert("mode".to_owned(), json!("managed"));
    entry.insert("change".to_owned(), values(action));
    entry.insert("action".to_owned(), json!(action.name()));
    entry.insert("reason".to_owned(), json!(reason(why)));
    if let Reason::Follows(followed) = why {
        entry.insert("follows".to_owned(), json!(followed));
    }
    entry.insert("waits_for".to_owned(), json!(waits_for));
    entry.insert("fingerprint".to_owned(), json!(fingerprint));
    Value::Object(entry)
}

fn identify(entry: &mut Map<String, Value>, address: &Address) {
    let Address { kind, name } = address;
    entry.insert("address".to_owned(), json!(address));
    entry.insert("type".to_owned(), json!(kind));
    entry.insert("name".to_owned(), json!(name));
}

/// What Terraform calls the change: only words that its readers know.
fn values(action: &Action) -> Value {
    let objects = action.objects();
    let before = objects.first().map(|object| &object.spec);
    let after = action.after();
    // Nothing that is secret enters a plan; `false` says so where there is no object.
    let sensitive = |side: Option<&Value>| side.map_or(json!(false), |_| json!({}));
    let mut values = json!({
        "actions": actions(action),
        "before": before,
        "after": after,
        "after_unknown": {},
        "before_sensitive": sensitive(before),
        "after_sensitive": sensitive(after),
    });
    if let Action::Adopt { .. } = action {
        values["importing"] = json!({ "id": objects.first().map(|object| &object.id) });
        let others = objects.iter().skip(1).map(|object| &object.spec);
        values["displaced"] = others.cloned().collect();
    }
    values
}

fn actions(action: &Action) -> Value {
    match action {
        Action::Create { .. } => json!(["create"]),
        Action::Update { .. } | Action::Adopt { .. } | Action::Rename { .. } => json!(["update"]),
        Action::Replace { .. } => json!(["delete", "create"]),
        Action::Delete { .. } => json!(["delete"]),
    }
}

fn reason(reason: &Reason) -> &'static str {
    match reason {
        Reason::New => "new",
        Reason::Differs => "differs",
        Reason::Drifted => "drifted",
        Reason::Undeclared => "undeclared",
        Reason::Follows(_) => "follows",
    }
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
    } = problem;
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    };
    let details: Vec<&String> = labels.iter().map(|(_, text)| text).collect();
    json!({
        "code": code,
        "severity": severity,
        "message": message,
        "details": details,
        "help": help,
    })
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

/// Problems with the places that they are about.
#[must_use]
pub fn problems(problems: &[Problem], sources: &Sources) -> Vec<Value> {
    let place = |(span, text): &(Span, String)| {
        json!({
            "file": sources.get(span.source).map(|source| &source.name),
            "line": sources.line(*span),
            "column": sources.column(*span),
            "text": text,
        })
    };
    let each = problems.iter().map(|it| {
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
    let text = |part: Option<Box<dyn Display + '_>>| part.map(|it| it.to_string());
    json!({
        "code": text(error.code()),
        "severity": "error",
        "message": error.to_string(),
        "details": [],
        "help": text(error.help()),
        "places": [],
    })
}

fn cost(forecast: &Forecast) -> Value {
    let Forecast {
        writes,
        reads,
        seconds,
        quotas,
    } = forecast;
    let quotas = quotas
        .iter()
        .map(|quota| json!({ "kind": quota.kind, "after": quota.after, "limit": quota.limit }));
    json!({
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

fn result(change: &Change, end: &Verdict, outcome: &Outcome) -> Value {
    let mut entry = Map::new();
    identify(&mut entry, &change.address);
    let (code, message, help, waits_for) = match end {
        Verdict::Done => (None, None, None, &[][..]),
        Verdict::Moved(how) => (None, Some(how), None, &[][..]),
        Verdict::Skipped(blocked) => (None, None, None, blocked.as_slice()),
        Verdict::Pending { code, message } => (Some(*code), Some(message), None, &[][..]),
        Verdict::Failed(failure) => {
            let Failure {
                code,
                message,
                help,
            } = failure;
            (Some(code.as_str()), Some(message), help.as_ref(), &[][..])
        }
    };
    let concerns = outcome.concerns.iter();
    let concerns = concerns.filter(|(address, _)| *address == change.address);
    let concerns: Vec<&String> = concerns.map(|(_, concern)| concern).collect();
    let rest = [
        ("action", json!(change.action.name())),
        ("actions", actions(&change.action)),
        ("verdict", json!(verdict(end))),
        ("code", json!(code)),
        ("message", json!(message)),
        ("help", json!(help)),
        ("waits_for", json!(waits_for)),
        ("concerns", json!(concerns)),
    ];
    entry.extend(rest.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(entry)
}

fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Done => "done",
        Verdict::Moved(_) => "moved",
        Verdict::Skipped(_) => "skipped",
        Verdict::Pending { .. } => "pending",
        Verdict::Failed(_) => "failed",
    }
}
