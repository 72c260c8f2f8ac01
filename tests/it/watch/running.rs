//! The real binary, watching. Nothing here sleeps: a line of its output says that a cycle is over.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};

use super::prometheus::parse;
use crate::support::tunctl::{Account, Ran, Tunctl};

const MANIFEST: &str = "\
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
owns: {tunnels: [edge-*]}
tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: 'http://web:3000'}]
";

/// A process that watches.
pub(super) struct Watching {
    child: Child,
    out: BufReader<ChildStdout>,
    err: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    address: String,
}

impl Watching {
    /// Starts it with an interval of a second, the shortest.
    pub(super) fn start(account: &Account, tunctl: &Tunctl, words: &[&str]) -> Self {
        let url = account.url();
        let own = [
            "watch",
            "--format",
            "json",
            "--interval",
            "1s",
            "--api-url",
            &url,
        ];
        let listen = ["--listen", "127.0.0.1:0"];
        let mut command = tunctl.command(&[&own[..], &listen[..], words].concat());
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        while !first.contains("/metrics") {
            assert!(lines.read_line(&mut first).unwrap() > 0, "{first}");
        }
        let (_, rest) = first.split_once("http://").unwrap();
        let address = rest.split_once("/metrics").unwrap().0.to_owned();
        let err = Arc::new(Mutex::new(first));
        let collected = Arc::clone(&err);
        let reader = thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
                collected.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        Self {
            child,
            out,
            err,
            reader: Some(reader),
            address,
        }
    }

    /// The next cycle that ends, as it tells of it.
    pub(super) fn cycle(&mut self) -> Value {
        let mut line = String::new();
        let read = self.out.read_line(&mut line).unwrap();
        assert!(read > 0, "it ended: {}", self.err.lock().unwrap());
        serde_json::from_str(&line).expect("a line is a cycle")
    }

    /// The next cycle that ends so.
    fn until(&mut self, result: &str) -> Value {
        for _ in 0..20 {
            let cycle = self.cycle();
            if cycle["result"] == result {
                return cycle;
            }
        }
        panic!("no cycle was {result}: {}", self.err.lock().unwrap());
    }

    /// A page: its status and its text.
    fn get(&self, path: &str) -> (u16, String) {
        get(&self.address, path)
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Its end, after a signal.
    fn end(mut self) -> Ran {
        self.signal("-TERM");
        let mut out = String::new();
        self.out.read_to_string(&mut out).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        self.reader.take().unwrap().join().unwrap();
        let err = self.err.lock().unwrap().clone();
        Ran { code, out, err }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page of a server: its status and its text.
pub(super) fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: watch\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// A run to its end, with the account.
fn run(account: &Account, tunctl: &Tunctl, words: &[&str]) -> Ran {
    let url = account.url();
    tunctl.run(&[words, &["--api-url", &url]].concat())
}

fn converged() -> (Account, Tunctl) {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    run(&account, &tunctl, &["apply", "--auto-approve"]).code(0);
    (account, tunctl)
}

/// The records of the account.
fn records(account: &Account) -> Vec<(String, Value)> {
    let state = account.control("GET", "/state", &Value::Null)["result"].clone();
    let records = state["tables"]["records"].as_object().unwrap().clone();
    records.into_iter().collect()
}

/// Takes away the only record of the account.
fn vandalise(account: &Account) {
    let (id, record) = records(account).remove(0);
    let zone = record["zone"].as_str().unwrap();
    account.api(
        "DELETE",
        &format!("/zones/{zone}/dns_records/{id}"),
        &Value::Null,
    );
}

fn writes(account: &Account) -> usize {
    let log = account.control("GET", "/requests?wrote=true", &Value::Null);
    log["result"]["requests"].as_array().unwrap().len()
}

#[test]
fn without_apply_drift_is_told_of_and_left() {
    let (account, tunctl) = converged();
    account.control("DELETE", "/requests", &Value::Null);
    let mut watching = Watching::start(&account, &tunctl, &[]);
    let first = watching.cycle();
    assert_eq!(
        (&first["result"], &first["cycle"]),
        (&json!("converged"), &json!(1))
    );
    assert_eq!(watching.get("/readyz"), (200, "ok\n".to_owned()));
    vandalise(&account);
    let drifted = watching.until("drifted");
    assert_eq!(drifted["stacks"][0]["planned"], json!(1));
    assert_eq!(watching.get("/readyz").0, 200);
    let (_, page) = watching.get("/metrics");
    let samples = parse(&page).unwrap();
    let drift = samples
        .iter()
        .find(|((name, _), _)| name.ends_with("stack_drift_changes"));
    let ((_, labels), drift) = drift.unwrap();
    assert_eq!(
        (labels["stack"].as_str(), drift.to_string().as_str()),
        ("edge", "1")
    );
    // What the test itself took away.
    assert_eq!(writes(&account), 1);
    let ran = watching.end().code(0);
    ran.complains("stack edge: create dns_record.app.example.com");
}

#[test]
fn with_apply_drift_is_mended() {
    let (account, tunctl) = converged();
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    watching.until("converged");
    vandalise(&account);
    let applied = watching.until("applied");
    assert_eq!(applied["stacks"][0]["applied"], json!(1));
    assert_eq!(records(&account).len(), 1);
    watching.until("converged");
    watching.end().code(0);
}

#[test]
fn a_broken_manifest_is_a_failed_cycle_and_no_end() {
    let (account, tunctl) = converged();
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    watching.until("converged");
    tunctl.write("tunctl.yaml", "version: 1\nstack: [\n");
    let failed = watching.until("failed");
    assert_eq!(failed["stacks"], json!([]));
    let (status, page) = watching.get("/readyz");
    assert_eq!(status, 503);
    assert!(page.starts_with("cycle: failed\n"), "{page}");
    assert_eq!(watching.get("/healthz").0, 200);
    // What the manifest says now is what counts.
    tunctl.write("tunctl.yaml", &MANIFEST.replace("web:3000", "web:3001"));
    watching.until("applied");
    assert_eq!(watching.get("/readyz").0, 200);
    watching.end().code(0);
}

#[test]
fn a_guard_that_holds_blocks_and_nothing_is_done() {
    let (account, tunctl) = converged();
    account.control("DELETE", "/requests", &Value::Null);
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    watching.until("converged");
    let emptied = MANIFEST.split("tunnels:\n  edge-web").next().unwrap();
    tunctl.write("tunctl.yaml", emptied);
    let blocked = watching.until("blocked");
    assert_eq!(blocked["stacks"][0]["applied"], json!(0));
    assert_eq!(
        watching.get("/readyz"),
        (503, "stack edge: blocked\n".to_owned())
    );
    assert_eq!(writes(&account), 0);
    watching.end().code(0).complains("nothing was changed: ");
}

#[test]
fn an_outage_is_survived() {
    let (account, tunctl) = converged();
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    watching.until("converged");
    account.fault(&json!({"effect": {"answer": {"status": 403, "body": "<html>no</html>"}}}));
    watching.until("unavailable");
    assert_eq!(
        watching.get("/readyz"),
        (503, "stack edge: unavailable\n".to_owned())
    );
    vandalise_behind(&account);
    watching.until("applied");
    watching.end().code(0);
}

/// The outage ends, and something is gone since.
fn vandalise_behind(account: &Account) {
    account.mend();
    vandalise(account);
}

#[test]
fn a_lock_that_another_run_holds_is_a_skipped_cycle() {
    let (account, tunctl) = converged();
    let url = account.url();
    tunctl.write(
        "other.yaml",
        &MANIFEST.replace("edge", "lab").replace("app.", "lab."),
    );
    account.control("DELETE", "/requests", &Value::Null);
    account.fault(&json!({"method": "POST", "count": 1, "effect": {"latency": 6000}}));
    let words = ["apply", "--auto-approve", "--api-url", &url, "other.yaml"];
    let mut other = tunctl.command(&words);
    let other = other.stdout(Stdio::piped()).stderr(Stdio::piped());
    let other = other.spawn().unwrap();
    // It writes, so it has the lock.
    while writes(&account) == 0 {}
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    watching.until("skipped");
    assert!(other.wait_with_output().unwrap().status.success());
    watching.until("converged");
    watching.end().code(0).complains("skipped: account");
}

#[test]
fn other_machines_are_let_in_only_where_somebody_says_so_and_is_warned() {
    let (account, tunctl) = converged();
    let url = account.url();
    let ran = run(&account, &tunctl, &["watch", "--listen", "everywhere"]).code(1);
    ran.complains("tunctl::invalid_listen");
    let words = ["watch", "--listen", "0.0.0.0:0", "--api-url", &url];
    let mut command = tunctl.command(&words);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("cycle 1: converged"), "{line}");
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(child.wait().unwrap().success());
    let taken = TcpStream::connect(url.split('/').nth(2).unwrap()).unwrap();
    let taken = taken.peer_addr().unwrap().to_string();
    let ran = run(&account, &tunctl, &["watch", "--listen", &taken]).code(1);
    ran.complains("tunctl::watch_listen");
}

#[test]
fn a_signal_in_a_cycle_lets_what_is_under_way_finish_and_says_what_is_left() {
    let account = Account::new(&["example.com"]);
    let text = "tunnels: {edge-a: {}, edge-b: {}, edge-c: {}}\n";
    let (head, _) = MANIFEST.split_once("tunnels:\n  edge-web").unwrap();
    let tunctl = Tunctl::in_ci(&format!("{head}{text}"));
    account.fault(&json!({"method": "POST", "count": 1, "effect": {"latency": 3000}}));
    let watching = Watching::start(&account, &tunctl, &["--apply", "--parallelism", "1"]);
    while writes(&account) == 0 {}
    let ran = watching.end().code(5);
    assert_eq!(writes(&account), 1);
    let told: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    let stack = &told["stacks"][0];
    assert_eq!(
        (&stack["planned"], &stack["applied"]),
        (&json!(3), &json!(1)),
        "{told}"
    );
    ran.complains("Stopping: what is under way is finished");
    // Whoever begins anew finishes it.
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    assert_eq!(watching.cycle()["stacks"][0]["applied"], json!(2));
    watching.end().code(0);
}
