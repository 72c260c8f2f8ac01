//! Two watchers in one process over one account and one store: a thousand cycles in simulated time,
//! with faults from a seeded dice. They run in a process of their own, whose memory is looked at.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use futures::future::{BoxFuture, join};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tunctl::api::Clock;
use tunctl::apply::Stop;
use tunctl::cli::{Cli, Command as Word};
use tunctl::command::watch::Watcher;
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::watch::{Board, Cycle, End, Schedule, Work as _, exposition, on};

use super::prometheus::parse;
use crate::support::tunctl::{Account, root};

/// Cycles of both together.
const CYCLES: u64 = 1_000;

/// Memory is flat from here on: what is made once has been made.
const WARM: u64 = 250;

const INTERVAL: Duration = Duration::from_mins(5);

/// The interval with its jitter.
const LONGEST: Duration = Duration::from_secs(330);

/// How much memory may grow after the first cycles, in KiB: what the allocator keeps in pieces.
const GROWTH: u64 = 6_000;

const MANIFEST: &str = "\
version: 1
stack: edge
account: ACCOUNT
owns: {tunnels: [edge-*]}
tunnels:
  edge-web:
    ingress:
      - {hostname: app.example.com, service: 'http://web:3000'}
      - {hostname: www.example.com, service: 'http://web:3001'}
  edge-lab:
    ingress: [{hostname: lab.example.com, service: 'http://lab:3000'}]
";

/// Time that passes when somebody sleeps, or when it is told to.
#[derive(Debug, Default)]
struct Sim(Mutex<Duration>);

impl Sim {
    fn advance(&self, to: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = to.max(*now);
    }
}

impl Clock for Sim {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        *self.0.lock().unwrap() += duration;
        Box::pin(std::future::ready(()))
    }
}

/// Chance that repeats itself.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// One of the two.
struct Instance {
    watcher: Watcher,
    schedule: Schedule,
    board: Arc<Mutex<Board>>,
    due: Duration,
}

impl Instance {
    fn new(place: &TempDir, url: &str, seed: u64, clock: &Arc<Sim>) -> Self {
        let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
        let token = path(&format!("token-{seed}"));
        fs::write(&token, format!("token{seed}")).unwrap();
        let (store, manifest) = (path("store"), path("tunctl.yaml"));
        let words = ["tunctl", "watch", "--apply", "--quiet", "--api-url", url];
        let words = words.into_iter();
        let words = words.chain(["--token-file", &token, "--store", &store, &manifest]);
        let cli = Cli::try_parse_from(words).unwrap();
        let Word::Watch(arguments) = &cli.command else {
            panic!("it is another command");
        };
        let board = Arc::new(Mutex::new(Board::new(INTERVAL, clock.now())));
        let shared = (Arc::new(Stop::default()), Arc::clone(&board));
        let clock: Arc<dyn Clock> = Arc::<Sim>::clone(clock);
        Self {
            watcher: Watcher::new(&cli.global, arguments, clock, shared),
            schedule: Schedule::new(INTERVAL, seed),
            board,
            due: Duration::ZERO,
        }
    }

    /// One cycle, and when the next one is due.
    async fn cycle(&mut self, clock: &Sim) -> Cycle {
        let began = clock.now();
        on(&self.board, |it| it.stir(began));
        let cycle = self.watcher.cycle().await;
        let now = clock.now();
        on(&self.board, |it| {
            it.enter(&cycle, now.saturating_sub(began));
        });
        self.due = self.schedule.next(cycle.end(), began, now);
        cycle
    }
}

/// What was seen on the way.
#[derive(Debug, Default)]
struct Seen {
    cycles: u64,
    skipped: u64,
    unavailable: u64,
    mended: u64,
    /// Of these, in a later cycle than the one that saw it.
    later: u64,
    faults: u64,
    /// When drift was first seen that nobody has mended yet.
    drift: Option<Duration>,
    /// The longest from seeing drift to its end.
    longest: Duration,
    /// KiB of the process after some cycles.
    memory: Vec<(u64, u64)>,
}

impl Seen {
    fn note(&mut self, cycle: &Cycle, began: Duration, now: Duration) {
        self.cycles += 1;
        match cycle.end() {
            End::Skipped => self.skipped += 1,
            End::Unavailable => self.unavailable += 1,
            End::Converged
            | End::Applied
            | End::Drifted
            | End::Unsettled
            | End::Blocked
            | End::Stale
            | End::Failed => {}
        }
        let known = self.drift;
        let planned = cycle.stacks.iter().any(|it| it.planned > 0);
        if planned {
            self.drift.get_or_insert(began);
        }
        if matches!(cycle.end(), End::Applied | End::Converged)
            && let Some(since) = self.drift.take()
        {
            self.mended += 1;
            self.later += u64::from(known.is_some());
            self.longest = self.longest.max(now.saturating_sub(since));
        }
    }
}

/// Undoes something behind the watchers' backs.
fn vandalise(account: &Account, dice: &mut Dice) {
    let state = account.control("GET", "/state", &Value::Null)["result"].clone();
    let records = state["tables"]["records"].as_object().unwrap();
    let place = usize::try_from(dice.below(3)).unwrap();
    let Some((id, record)) = records.iter().nth(place) else {
        return;
    };
    let zone = record["zone"].as_str().unwrap();
    let path = format!("/zones/{zone}/dns_records/{id}");
    if dice.below(2) == 0 {
        account.api("DELETE", &path, &Value::Null);
    } else {
        account.api("PATCH", &path, &json!({"proxied": false}));
    }
}

/// Lets something go wrong in the next cycles.
fn strike(account: &Account, dice: &mut Dice) {
    let effect = match dice.below(6) {
        0 => json!({"rate_limited": 2}),
        1 => json!({"reset": "before"}),
        2 => json!({"reset": "after"}),
        3 => json!("denied"),
        4 => json!({"answer": {"status": 503, "body": "no"}}),
        _ => json!({"answer": {"status": 502, "body": "<html>", "commit": true}}),
    };
    let rule = match dice.below(4) {
        // An outage.
        0 => json!({"effect": effect}),
        // Everything can be read, and no record written.
        3 => json!({"path": "/zones/*/dns_records/batch", "effect": "denied"}),
        1 => json!({"after": dice.below(12), "count": 1 + dice.below(6), "effect": effect}),
        _ => json!({"every": 1 + dice.below(4), "effect": effect}),
    };
    account.fault(&rule);
}

/// Fails if requests of one came between those of the other: planning is under the lock, too.
fn assert_no_two_at_once(account: &Account) {
    let log = account.control("GET", "/requests", &Value::Null);
    let requests = log["result"]["requests"].as_array().unwrap().iter();
    let mut callers: Vec<u64> = requests.map(|it| it["caller"].as_u64().unwrap()).collect();
    callers.dedup();
    assert!(callers.len() <= 2, "{callers:?}: {log}");
    account.control("DELETE", "/requests", &Value::Null);
}

/// KiB of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|it| it.split_whitespace().next());
    number.and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// The thousand cycles.
fn soak(
    runtime: &Runtime,
    (account, clock): (&Account, &Sim),
    (one, other): (&mut Instance, &mut Instance),
) -> Seen {
    let (mut seen, mut dice) = (Seen::default(), Dice(0x7475_6e63_746c));
    let mut calm = true;
    while seen.cycles < CYCLES {
        let now = one.due.min(other.due);
        let passed = now.saturating_sub(clock.now()).as_secs();
        clock.advance(now);
        account.control("PUT", "/clock", &json!({"advance": passed}));
        if seen.drift.is_none() && dice.below(2) == 0 {
            vandalise(account, &mut dice);
        }
        // Never twice in a row, so that somebody can mend within an interval.
        calm = !calm || dice.below(2) == 0;
        if !calm {
            seen.faults += 1;
            strike(account, &mut dice);
        }
        account.control("DELETE", "/requests", &Value::Null);
        let began = clock.now();
        if dice.below(2) == 0 {
            let together = join(one.cycle(clock), other.cycle(clock));
            let (first, second) = runtime.block_on(together);
            seen.note(&first, began, clock.now());
            seen.note(&second, began, clock.now());
        } else {
            let next = if one.due <= other.due {
                &mut *one
            } else {
                &mut *other
            };
            let cycle = runtime.block_on(next.cycle(clock));
            seen.note(&cycle, began, clock.now());
        }
        assert_no_two_at_once(account);
        account.mend();
        let late = seen.drift.map(|since| clock.now().saturating_sub(since));
        assert!(
            late.is_none_or(|late| late <= LONGEST),
            "{late:?}: {seen:?}"
        );
        if seen.cycles % 50 < 2 {
            seen.memory.push((seen.cycles, resident()));
        }
    }
    seen
}

/// Shows a figure to whoever runs this.
fn tell(line: &str) {
    writeln!(io::stdout().lock(), "{line}").unwrap();
}

#[test]
#[ignore = "in a process of its own, which the next test starts: its memory is looked at"]
fn a_thousand_cycles() {
    let account = Account::new(&["example.com"]);
    account.control("PUT", "/clock", &json!({"now": "2026-11-22T12:00:00Z"}));
    let (place, clock) = (tempfile::tempdir().unwrap(), Arc::new(Sim::default()));
    let manifest = MANIFEST.replace("ACCOUNT", DEFAULT_ACCOUNT);
    fs::write(place.path().join("tunctl.yaml"), manifest).unwrap();
    let url = account.url();
    let mut one = Instance::new(&place, &url, 1, &clock);
    let mut other = Instance::new(&place, &url, 2, &clock);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let seen = soak(&runtime, (&account, &clock), (&mut one, &mut other));
    let calm = [(); 2].map(|()| runtime.block_on(one.cycle(&clock)).end());
    assert_eq!(calm[1], End::Converged, "{calm:?}");
    for instance in [&one, &other] {
        parse(&on(&instance.board, |it| exposition::text(it))).unwrap();
    }
    assert!(
        seen.skipped > 20 && seen.unavailable > 20 && seen.mended > 50 && seen.later > 10,
        "{seen:?}"
    );
    let warm = seen.memory.iter().find(|(cycles, _)| *cycles >= WARM);
    let (warm, end) = (warm.unwrap().1, seen.memory.last().unwrap().1);
    tell(&format!("SOAK {seen:?}"));
    assert!(end <= warm + GROWTH, "from {warm} to {end} KiB: {seen:?}");
}

#[test]
fn two_watchers_never_write_at_once_mend_within_an_interval_and_do_not_grow() {
    let own = env::current_exe().unwrap();
    let test = "watch::soak::a_thousand_cycles";
    let mut command = Command::new(own);
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    let output = command.current_dir(root()).output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let figures = out.lines().find(|line| line.contains("SOAK"));
    assert!(
        output.status.success(),
        "{out}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    tell(figures.expect("it tells what it saw"));
}
