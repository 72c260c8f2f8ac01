//! A plan of 1,000 tunnels and 10,000 hostnames, network aside.

use std::io::Cursor;

use tunctl::manifest::Manifest;
use tunctl::plan::Policy;
use tunctl::plan::select::Selection;
use tunctl::render::{self, Report, Style};

use super::account::Account;
use super::estate::{self, Planned, Size};
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

/// Parse, plan, render, their sum, and memory.
pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let text = SIZE.manifest();
    let (parse, manifest) = median(|| estate::understand(&text))?;
    let [empty, equal] = tapes(&manifest)?;
    let (creates, planned) = replay(&empty, &manifest)?;
    let (nothing, unchanged) = replay(&equal, &manifest)?;
    if planned.plan.changes().count() != 12_000 || !unchanged.plan.is_empty() {
        return Err("the account is not what the measurement needs".into());
    }
    let report = Report {
        forecast: Some(&planned.forecast),
        ..Report::new(&planned.plan)
    };
    let (human, ()) = median(|| human(&report))?;
    let (json, ()) = median(|| json(&report))?;
    let all = parse + creates + human.max(json);
    let mut rows = vec![
        Row::new("parse 1,000 tunnels, 10,000 hostnames", parse, "ms"),
        Row::new("plan them in an empty account", creates, "ms"),
        Row::new("plan them in an account that equals them", nothing, "ms"),
        Row::new("render the plan that creates all, human", human, "ms"),
        Row::new("render the plan that creates all, JSON", json, "ms"),
        Row::new(
            "CPU of the run that creates all, the slower format",
            all,
            "ms",
        )
        .within(CPU),
        Row::new("CPU of the run that changes nothing", parse + nothing, "ms").within(CPU),
    ];
    rows.extend(parts(&empty, &equal, &manifest)?);
    rows.push(memory::row("peak memory, all created", &text, &empty)?);
    rows.push(memory::row("peak memory, nothing changed", &text, &equal)?);
    Ok(rows)
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

fn replay(tape: &Recorded, manifest: &Manifest) -> Result<(f64, Planned), Failure> {
    median(|| estate::plan(&estate::client(tape.clone())?, manifest))
}

/// Plans that take other ways through the planner.
fn parts(empty: &Recorded, equal: &Recorded, manifest: &Manifest) -> Result<[Row; 2], Failure> {
    let all = Selection::default();
    let tunnels = Selection::new(&["tunnel.*".to_owned()], &[])?;
    let plan = |tape: &Recorded, policy, part| {
        let client = estate::client(tape.clone())?;
        estate::plan_part(&client, manifest, (policy, part))
    };
    let (destroy, _) = median(|| plan(equal, Policy::Destroy, &all))?;
    let (target, _) = median(|| plan(empty, Policy::Sync, &tunnels))?;
    Ok([
        Row::new("plan to destroy them", destroy, "ms").within(CPU),
        Row::new("plan them with a target that is all of them", target, "ms").within(CPU),
    ])
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
