//! Who holds a lock: a process of a machine, so that its death can be seen from beside it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A process that holds a lock, or wants to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The machine's name.
    pub host: String,
    /// Which start of the machine; `None` where the system does not tell.
    pub boot: Option<String>,
    /// Whose processes it sees: containers of one machine do not see each other's, and users need
    /// not. `None` where the system does not tell.
    pub space: Option<String>,
    /// The process.
    pub pid: u32,
    /// When it started, in the system's ticks; tells it from a later process with its number.
    pub started: Option<u64>,
    /// The address of the CI job, if it is one that says so.
    pub run: Option<String>,
    /// Random, one for each lease: by it a writer knows its own record again.
    pub owner: String,
}

impl Holder {
    /// This process. The environment tells the machine's name where the system does not, and the
    /// CI job.
    #[must_use]
    pub fn here(environment: &BTreeMap<String, String>) -> Self {
        let pid = std::process::id();
        let named = ["HOSTNAME", "COMPUTERNAME"];
        let host = line("/proc/sys/kernel/hostname")
            .or_else(|| named.iter().find_map(|it| environment.get(*it).cloned()));
        Self {
            host: host.unwrap_or_else(|| "unknown".to_owned()),
            boot: line("/proc/sys/kernel/random/boot_id"),
            space: space(),
            pid,
            started: start(pid).map(|(_, started)| started),
            run: run(environment),
            owner: uuid::Uuid::new_v4().to_string(),
        }
    }

    /// Whether both are processes of one start of one machine, and see the same clock.
    pub(super) fn shares_machine(&self, other: &Self) -> bool {
        let same = |own: &Option<String>, other| own.is_some() && own == other;
        same(&self.boot, &other.boot) && same(&self.space, &other.space)
    }

    /// Whether the process is gone, as far as another process can tell: false if it cannot.
    pub(super) fn is_dead(&self, witness: &Self) -> bool {
        if !self.shares_machine(witness) {
            return false;
        }
        let Some(started) = self.started else {
            return false;
        };
        match start(self.pid) {
            // Z and X: it has ended, and its parent has not asked how.
            Some((state, now)) => now != started || matches!(state, 'Z' | 'X'),
            None => !fs::exists(format!("/proc/{}", self.pid)).unwrap_or(true),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)?;
        match &self.run {
            Some(run) => write!(f, " ({run})"),
            None => Ok(()),
        }
    }
}

/// How long the machine has been up, sleep included; `None` where the system does not tell.
pub(super) fn uptime() -> Option<Duration> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let seconds = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The namespaces in which processes and time are counted, and the user.
fn space() -> Option<String> {
    let of = |kind: &str| fs::read_link(format!("/proc/self/ns/{kind}")).ok();
    // Kernels before 5.6 have one time for all.
    let time = of("time").unwrap_or_default();
    let pids = of("pid")?;
    Some(format!("{} {} {}", pids.display(), time.display(), user()?))
}

#[cfg(unix)]
fn user() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let own = fs::metadata("/proc/self").ok()?;
    Some(format!("uid:[{}]", own.uid()))
}

#[cfg(not(unix))]
fn user() -> Option<String> {
    None
}

/// State and start of a process. The name in front of them may have spaces and brackets.
fn start(pid: u32) -> Option<(char, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // proc(5): the state is field 3, the start time field 22; two stand before the bracket.
    let state = fields.first()?.chars().next()?;
    Some((state, fields.get(19)?.parse().ok()?))
}

fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Where somebody can look what the process is doing.
fn run(environment: &BTreeMap<String, String>) -> Option<String> {
    let of = |name: &str| environment.get(name).filter(|it| !it.is_empty());
    let github = || {
        let (server, repository) = (of("GITHUB_SERVER_URL")?, of("GITHUB_REPOSITORY")?);
        let run = of("GITHUB_RUN_ID")?;
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    github().or_else(|| of("CI_JOB_URL").or_else(|| of("BUILD_URL")).cloned())
}
