//! What a watcher says: a line for each cycle, and what changes or keeps from changing.

use std::time::Duration;

use serde_json::json;

use super::Watcher;
use crate::apply::Outcome;
use crate::command::apply;
use crate::command::console::{self, Trouble};
use crate::command::planning::Planned;
use crate::command::session::Session;
use crate::command::stacks::Stack;
use crate::plan::Policy;
use crate::render::json::FORMAT_VERSION;
use crate::render::{self, escaped};
use crate::watch::{Cycle, End};

/// More changes of one stack are counted, not named.
const NAMED: usize = 20;

impl Watcher {
    /// What a cycle came to, in one line.
    pub(super) fn summary(&self, cycle: &Cycle, took: Duration, wait: Duration) {
        // A watch goes on when nobody reads its output any more.
        let _ = if self.console.is_for_programs() {
            console::print(&self.line(cycle, took, wait))
        } else if self.console.quiet {
            Ok(())
        } else {
            console::print(&self.words(cycle, took, wait))
        };
    }

    /// One object in one line.
    fn line(&self, cycle: &Cycle, took: Duration, wait: Duration) -> String {
        let stacks = cycle.stacks.iter().map(|it| {
            json!({
                "account": it.account, "stack": it.stack, "result": it.end.name(),
                "planned": it.planned, "applied": it.applied, "failed": it.failed,
                "teardowns": it.stopping,
            })
        });
        let line = json!({
            "format_version": FORMAT_VERSION,
            "cycle": self.count,
            "at": cycle.at.map(|at| at.to_string()),
            "result": cycle.end().name(),
            "seconds": took.as_secs_f64(),
            "next_in_seconds": wait.as_secs_f64(),
            "stacks": stacks.collect::<Vec<_>>(),
        });
        // As everywhere in JSON: the runner of GitHub's workflows obeys `##[`.
        format!("{}\n", line.to_string().replace("##[", "##\\u005b"))
    }

    fn words(&self, cycle: &Cycle, took: Duration, wait: Duration) -> String {
        let sum = |of: fn(&crate::watch::Fared) -> u64| cycle.stacks.iter().map(of).sum::<u64>();
        let at = cycle.at.map(|at| format!("{at:.0} ")).unwrap_or_default();
        let bad = cycle.stacks.iter().filter(|it| !it.end.is_success());
        let bad = bad.map(|it| format!("; {} {}", it.stack, it.end.name()));
        format!(
            "{at}cycle {}: {} in {:.1} s; {}, {} planned, {} applied, {} failed{}; next in {:.0} s\n",
            self.count,
            cycle.end().name(),
            took.as_secs_f64(),
            render::count(cycle.stacks.len(), "stack"),
            sum(|it| it.planned),
            sum(|it| it.applied),
            sum(|it| it.failed),
            bad.collect::<String>(),
            wait.as_secs_f64(),
        )
    }

    /// Names what differs.
    pub(super) fn announce(&self, stack: &Stack, planned: &Planned) {
        let name = &stack.manifest.ownership.stack;
        let changes = planned.plan.changes();
        let lines = changes.take(NAMED).map(|it| {
            let address = it.address.to_string();
            format!("stack {name}: {} {}", it.action.name(), escaped(&address))
        });
        for line in lines {
            self.console.note(&line);
        }
        let more = planned.plan.changes().count().saturating_sub(NAMED);
        if more > 0 {
            self.console
                .note(&format!("stack {name}: and {more} more changes"));
        }
    }

    /// Says how carrying out ended, if there was something to it.
    pub(super) fn result(&self, session: &Session, outcome: &Outcome, policy: Policy) {
        let is_news = !outcome.verdicts.is_empty() || outcome.broken.is_some();
        let silent = self.console.is_for_programs() || self.console.quiet;
        if is_news && (!silent || outcome.failed()) {
            let mut text = Vec::new();
            let run = crate::command::planning::run_of(policy);
            let written = render::human::outcome(&mut text, outcome, run, render::Style::Plain);
            if written.is_ok() && silent {
                console::complain(String::from_utf8_lossy(&text).trim_end());
            } else {
                // A watch goes on when nobody reads its output any more.
                let _ = apply::tell(&self.console, session, outcome, policy);
            }
        }
    }

    /// Says why nothing was looked at, which is nobody's mistake.
    pub(super) fn skipped(&self, trouble: &Trouble) {
        self.console
            .note(&format!("{}: {}", End::Skipped.name(), trouble.message()));
    }
}

/// Names the guards that hold.
pub(super) fn blocked(stack: &Stack, planned: &Planned) {
    let name = &stack.manifest.ownership.stack;
    for finding in &planned.plan.findings {
        let finding = finding.to_string();
        console::complain(&format!(
            "stack {name}: nothing was changed: {}",
            escaped(&finding)
        ));
    }
}
