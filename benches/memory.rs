//! Peak memory of one plan, in a process of its own.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, Cursor, Write as _};
use std::path::Path;
use std::process::Command;

use tunctl::files;
use tunctl::manifest::yaml::Budget;
use tunctl::render::Report;
use tunctl::source::Sources;

use super::table::Row;
use super::tape::Tape;
use super::{Failure, estate, plans};

/// The argument with which this program reports its memory instead of the table.
pub(crate) const MODE: &str = "peak-memory";

/// The design's budget, in megabytes.
const BUDGET: f64 = 200.0;

/// Plans in another process, from a manifest on disk and recorded answers on disk.
pub(crate) fn row(what: &str, text: &str, tape: &Tape<Cursor<Vec<u8>>>) -> Result<Row, Failure> {
    let directory = tempfile::tempdir()?;
    fs::write(directory.path().join("tunctl.yaml"), text)?;
    tape.save(directory.path())?;
    let child = Command::new(env::current_exe()?)
        .arg(MODE)
        .arg(directory.path())
        .output()?;
    if !child.status.success() {
        return Err(String::from_utf8_lossy(&child.stderr).into_owned().into());
    }
    let told = String::from_utf8_lossy(&child.stdout);
    Ok(match told.trim().parse::<f64>() {
        Ok(kibibytes) => Row::new(what, kibibytes * 1024.0 / 1e6, "MB").within(BUDGET),
        Err(_) => Row::missing(what, "not measured"),
    })
}

/// Plans once and prints the most memory that the process had, in KiB; nothing where the system
/// does not tell.
pub(crate) fn report(directory: &Path) -> Result<(), Failure> {
    let (mut sources, mut budget) = (Sources::default(), Budget::default());
    let path = directory.join("tunctl.yaml");
    let manifest = files::load(&path, &BTreeMap::new(), &mut sources, &mut budget)
        .map_err(|problems| format!("{} problems", problems.len()))?;
    let client = estate::client(Tape::open(directory)?)?;
    let planned = estate::plan(&client, &manifest)?;
    plans::human(&Report::new(&planned.plan))?;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.and_then(|it| it.split_whitespace().next());
    writeln!(io::stdout().lock(), "{}", kibibytes.unwrap_or_default())?;
    Ok(())
}
