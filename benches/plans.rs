//! A plan of 1,000 tunnels and 10,000 hostnames, network aside.

use std::io::Cursor;

use tunctl::manifest::Manifest;
use tunctl::plan::Policy;
use tunctl::plan::select::Selection;
use tunctl::render::{self, Report, Style};

use super::account::Account;
use super::estate::{self, Size};
use super::stopwatch::median;
use super::table::Row;
use super::tape::Tape;
use super::{Failure, memory};

/// The design's estate.
const SIZE: Size = Size {
    tunnels: 1_000,
    hosts: 10,
    zones: 20,
};

/// The design's budget of CPU, in milliseconds.
const CPU: f64 = 500.0;

type Recorded = Tape<Cursor<Vec<u8>>>;

/// Parse, plan, render, their sums, and memory.
pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let text = SIZE.manifest();
    let (parse, manifest) = median(|| estate::understand(&text))?;
    let [empty, equal] = tapes(&manifest)?;
    let all = Selection::default();
    let tunnels = Selection::new(&["tunnel.*".to_owned()], &[])?;
    let creates = Run::measured(&empty, &manifest, (Policy::Sync, &all))?;
    let nothing = Run::measured(&equal, &manifest, (Policy::Sync, &all))?;
    let destroys = Run::measured(&equal, &manifest, (Policy::Destroy, &all))?;
    let target = Run::measured(&empty, &manifest, (Policy::Sync, &tunnels))?;
    let changes = [&creates, &nothing, &destroys, &target].map(|it| it.changes);
    if changes != [12_000, 0, 11_000, 12_000] {
        return Err("the account is not what the measurement needs".into());
    }
    let sum = |what, run: &Run| {
        let what = format!("CPU of the run that {what}, the slower format");
        Row::new(what, parse + run.plan + run.human.max(run.json), "ms").within(CPU)
    };
    Ok(vec![
        Row::new("parse 1,000 tunnels, 10,000 hostnames", parse, "ms"),
        Row::new("plan them in an empty account", creates.plan, "ms"),
        Row::new(
            "plan them in an account that equals them",
            nothing.plan,
            "ms",
        ),
        Row::new("plan to destroy them", destroys.plan, "ms"),
        Row::new(
            "plan them with a target that is all of them",
            target.plan,
            "ms",
        ),
        Row::new(
            "render the plan that creates all, human",
            creates.human,
            "ms",
        ),
        Row::new("render the plan that creates all, JSON", creates.json, "ms"),
        sum("creates all", &creates),
        sum("changes nothing", &nothing),
        sum("destroys all", &destroys),
        sum("creates all with a target", &target),
        memory::row("peak memory, all created", &text, &empty)?,
        memory::row("peak memory, nothing changed", &text, &equal)?,
    ])
}

/// What planning and showing the plan cost, in milliseconds.
struct Run {
    changes: usize,
    plan: f64,
    human: f64,
    json: f64,
}

impl Run {
    fn measured(
        tape: &Recorded,
        manifest: &Manifest,
        (policy, selection): (Policy, &Selection),
    ) -> Result<Self, Failure> {
        let (plan, planned) = median(|| {
            let client = estate::client(tape.clone())?;
            estate::plan_part(&client, manifest, (policy, selection))
        })?;
        let report = Report {
            forecast: Some(&planned.forecast),
            ..Report::new(&planned.plan)
        };
        Ok(Self {
            changes: planned.plan.changes().count(),
            plan,
            human: median(|| human(&report))?.0,
            json: median(|| json(&report))?.0,
        })
    }
}

/// What an account answers to the plan while it is empty, and when it is as the manifest says.
fn tapes(manifest: &Manifest) -> Result<[Recorded; 2], Failure> {
    let account = Account::new(SIZE);
    let planned = account.plan(manifest)?;
    let empty = Tape::record(&account.seen())?;
    account.apply(manifest, &planned)?;
    account.seen();
    account.plan(manifest)?;
    Ok([empty, Tape::record(&account.seen())?])
}

/// Renders for people.
pub(crate) fn human(report: &Report<'_>) -> Result<(), Failure> {
    let mut text = Vec::new();
    render::human::plan(&mut text, report, Style::Plain)?;
    Ok(())
}

fn json(report: &Report<'_>) -> Result<(), Failure> {
    let mut text = Vec::new();
    render::json::write(&mut text, &render::json::plan_json(report))?;
    Ok(())
}
