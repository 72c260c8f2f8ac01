//! Runs of the real binary that want one account at the same time.
//!
//! Nothing here sleeps: the emulator's log says when a call is under way.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::store::Place;
use crate::support::tunctl::{Account, Ran, Tunctl};

/// How many want it.
const RUNS: usize = 8;

fn manifest(stack: usize) -> String {
    format!(
        "\
version: 1
stack: edge-{stack}
account: ${{CLOUDFLARE_ACCOUNT_ID}}
tunnels:
  edge-{stack}-a: {{ingress: [{{service: 'http://web:3000'}}]}}
  edge-{stack}-b: {{ingress: [{{service: 'http://web:3001'}}]}}
"
    )
}

/// A directory and, if there is one, a real S3.
fn places() -> Vec<Place> {
    let mut places = vec![Place::directory()];
    #[cfg(feature = "cloud-stores")]
    places.push(Place::real().unwrap_or_else(Place::bucket));
    places
}

/// A run of a stack of its own against a store.
fn start(account: &Account, place: &Place, stack: usize, patience: &str) -> (Tunctl, Child) {
    let mut tunctl = Tunctl::in_ci(&manifest(stack));
    for (name, value) in &place.environment {
        tunctl = tunctl.env(name, value);
    }
    let url = account.url();
    let words = ["apply", "--auto-approve", "--parallelism", "1", "--api-url"];
    let store = ["--store", &place.address, "--lock-timeout", patience];
    let mut command = tunctl.command(&[&words[..], &[url.as_str()], &store].concat());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    (tunctl, child.unwrap())
}

fn end((tunctl, child): (Tunctl, Child)) -> Ran {
    let output = child.wait_with_output().unwrap();
    drop(tunctl);
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The writes that the account has seen: method and path, in the order in which they came.
fn writes(account: &Account) -> Vec<(String, String)> {
    let log = account.control("GET", "/requests", &Value::Null);
    let mut requests = log["result"]["requests"].as_array().unwrap().clone();
    requests.sort_unstable_by_key(|it| it["n"].as_u64());
    let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
    let pairs = requests
        .iter()
        .map(|it| (text(it, "method"), text(it, "path")));
    pairs.filter(|(method, _)| method != "GET").collect()
}

/// Comes back when the first tunnel is being made.
fn wait_for_a_write(account: &Account, child: &mut Child) {
    while writes(account).is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before");
    }
}

/// Which stack a tunnel's id belongs to, by its name.
fn stacks(account: &Account) -> BTreeMap<String, String> {
    let state = account.control("GET", "/state", &Value::Null)["result"].clone();
    let tunnels = state["tables"]["tunnels"].as_object().unwrap();
    let stack = |tunnel: &Value| {
        let text = tunnel.to_string();
        let (_, rest) = text.split_once("edge-").unwrap();
        rest[..1].to_owned()
    };
    tunnels
        .iter()
        .map(|(id, tunnel)| (id.clone(), stack(tunnel)))
        .collect()
}

#[test]
fn of_runs_at_the_same_time_one_writes_and_the_others_leave_with_its_name() {
    for place in places() {
        let account = Account::new(&[]);
        account.fault(&json!({"method": "POST", "count": 1, "effect": {"latency": 5000}}));
        let mut first = start(&account, &place, 0, "0");
        wait_for_a_write(&account, &mut first.1);
        let holder = format!("process {} on", first.1.id());
        let others: Vec<_> = (1..RUNS)
            .map(|stack| start(&account, &place, stack, "0"))
            .collect();
        for other in others {
            end(other)
                .code(1)
                .complains("tunctl::locked")
                .complains(&holder);
        }
        end(first).code(0).says("Resources: 4 added");
        assert_eq!(writes(&account).len(), 4, "{:?}", writes(&account));
    }
}

#[test]
fn runs_that_wait_write_one_after_the_other() {
    for place in places() {
        let account = Account::new(&[]);
        let runs: Vec<_> = (0..RUNS)
            .map(|stack| start(&account, &place, stack, "5m"))
            .collect();
        for run in runs {
            end(run).code(0).says("Resources: 4 added");
        }
        let stacks = stacks(&account);
        let writes = writes(&account);
        assert_eq!(writes.len(), 4 * RUNS, "{writes:?}");
        for run in writes.chunks(4) {
            let made = run.iter().filter(|(method, _)| method == "POST").count();
            let puts = run.iter().filter(|(method, _)| method == "PUT");
            let of = |path: &str| stacks[path.rsplit('/').nth(1).unwrap()].clone();
            let whose: Vec<String> = puts.map(|(_, path)| of(path)).collect();
            assert_eq!((made, whose.len()), (2, 2), "{writes:?}");
            assert_eq!(whose[0], whose[1], "{writes:?}");
        }
    }
}

#[test]
fn after_a_holder_that_was_killed_the_next_run_begins_at_once() {
    for place in places() {
        let account = Account::new(&[]);
        account.fault(&json!({"method": "POST", "count": 1, "effect": {"latency": 60_000}}));
        let (_directory, mut killed) = start(&account, &place, 0, "0");
        wait_for_a_write(&account, &mut killed);
        killed.kill().unwrap();
        killed.wait().unwrap();
        end(start(&account, &place, 1, "0"))
            .code(0)
            .says("Resources: 4 added");
    }
}

#[test]
#[ignore = "takes 95 s: the lease of a frozen process runs out"]
fn a_frozen_run_that_wakes_up_writes_nothing_more() {
    for place in places() {
        let account = Account::new(&[]);
        account.fault(&json!({"method": "POST", "count": 1, "effect": {"latency": 3000}}));
        let mut frozen = start(&account, &place, 0, "0");
        wait_for_a_write(&account, &mut frozen.1);
        let signal = |signal: &str| {
            let pid = frozen.1.id().to_string();
            let sent = Command::new("kill").args([signal, &pid]).status();
            assert!(sent.unwrap().success());
        };
        signal("-STOP");
        end(start(&account, &place, 1, "5m"))
            .code(0)
            .says("Resources: 4 added");
        let before = writes(&account);
        signal("-CONT");
        end(frozen).code(4).says("tunctl::lock_lost");
        assert_eq!(writes(&account), before);
    }
}

#[test]
fn a_directory_as_the_store_of_a_ci_job_is_a_warning() {
    let account = Account::new(&[]);
    let url = account.url();
    let words = ["apply", "--auto-approve", "--api-url", url.as_str()];
    let ran = Tunctl::in_ci(&manifest(0)).env("CI", "true").run(&words);
    ran.code(0).complains("tunctl::local_store");
    let ran = Tunctl::in_ci(&manifest(1)).run(&words).code(0);
    assert!(!ran.err.contains("tunctl::local_store"), "{}", ran.err);
}
