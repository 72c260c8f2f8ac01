//! Plans and their ends as lines.

use serde_json::Value;
use tunctl::apply::{Outcome, Verdict};
use tunctl::plan::{Action, Change, Plan, Reason};
use tunctl::request::{Repeat, Request};

use crate::support::world::scrubbed;

/// A plan as lines: each change with its stage, then the fields that differ, then what forbids
/// applying it and what a reader should know.
pub(crate) fn describe(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for (stage, changes) in plan.stages.iter().enumerate() {
        for change in changes {
            lines.extend(change_lines(stage + 1, change));
        }
    }
    if lines.is_empty() {
        lines.push("in sync".to_owned());
    }
    let drift = plan.drift.iter();
    lines.extend(drift.map(|it| {
        let action = it.action.name();
        format!("left {}: {action} ({})", it.address, why(&it.reason))
    }));
    let findings = plan.findings.iter();
    lines.extend(findings.map(|it| format!("guard {}={}: {it}", it.guard.name(), it.value)));
    let warnings = plan.warnings.iter();
    lines.extend(warnings.map(|it| format!("warning {}: {}", it.code, it.message)));
    scrubbed(&lines.join("\n"))
}

fn change_lines(stage: usize, change: &Change) -> Vec<String> {
    let (address, action) = (&change.address, change.action.name());
    let fields = match &change.action {
        Action::Update { fields, .. }
        | Action::Adopt { fields, .. }
        | Action::Rotate { fields, .. }
        | Action::Rename { fields, .. }
        | Action::Replace { fields, .. } => fields.as_slice(),
        Action::Create { .. } | Action::Delete { .. } => &[],
    };
    let from = match &change.action {
        Action::Rename { from, .. } => format!(" from {from}"),
        Action::Create { .. }
        | Action::Update { .. }
        | Action::Adopt { .. }
        | Action::Rotate { .. }
        | Action::Replace { .. }
        | Action::Delete { .. } => String::new(),
    };
    let keeps = change.keeps.as_ref();
    let keeps = keeps.map_or(String::new(), |sink| {
        format!(" and put its secret into {sink}")
    });
    let head = format!(
        "{stage} {address}: {action}{from}{keeps} ({})",
        why(&change.reason)
    );
    let fields = fields.iter().map(|field| {
        let (before, after) = (value(field.before.as_ref()), value(field.after.as_ref()));
        format!("    {}: {before} \u{2192} {after}", field.path)
    });
    std::iter::once(head).chain(fields).collect()
}

fn why(reason: &Reason) -> String {
    match reason {
        Reason::New => "new".to_owned(),
        Reason::Differs => "differs".to_owned(),
        Reason::Changed => "changed".to_owned(),
        Reason::Drifted => "drifted".to_owned(),
        Reason::Undeclared => "undeclared".to_owned(),
        Reason::Follows(address) => format!("follows {address}"),
        Reason::NotKept(sink) => format!("not in sink {sink}"),
        Reason::Expires(at) => format!("ends at {at}"),
        Reason::Unfinished => "unfinished".to_owned(),
        Reason::Requested => "requested".to_owned(),
        Reason::Ends { cause, since } => {
            let begun = since.map_or(String::new(), |it| format!(" since {it}"));
            format!("ends{begun}: {}", cause.reason())
        }
    }
}

fn value(value: Option<&Value>) -> String {
    value.map_or("nothing".to_owned(), Value::to_string)
}

/// How every change of a run ended, and what was odd.
pub(crate) fn ends(outcome: &Outcome) -> String {
    let verdicts = outcome.verdicts.iter().map(|(change, verdict)| {
        format!(
            "{} {}: {}",
            change.action.name(),
            change.address,
            end(verdict)
        )
    });
    let concerns = outcome.concerns.iter();
    let concerns = concerns.map(|(address, concern)| format!("concern {address}: {concern}"));
    let lines: Vec<String> = verdicts.chain(concerns).collect();
    scrubbed(&lines.join("\n"))
}

fn end(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Done => "done".to_owned(),
        Verdict::Moved(how) => format!("moved, {how}"),
        Verdict::Skipped(waiting) => {
            let waiting: Vec<String> = waiting.iter().map(ToString::to_string).collect();
            format!("skipped for {}", waiting.join(", "))
        }
        Verdict::Pending { code, message } => format!("pending {code}, {message}"),
        Verdict::Kept(why) => format!("kept: {why}"),
        Verdict::Stopped => "stopped".to_owned(),
        Verdict::Failed(failure) => format!("failed {}, {}", failure.code, failure.message),
    }
}

/// A request as one line, its body as a second one.
pub(crate) fn request(request: &Request) -> String {
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{}", query.join("&"))
    };
    let once = if request.repeat == Repeat::Once {
        " once"
    } else {
        ""
    };
    let body = request
        .body
        .as_ref()
        .map_or_else(String::new, |body| format!("\n{body}"));
    format!(
        "{} {}{query}{once}{body}",
        request.method.as_str(),
        request.path
    )
}
