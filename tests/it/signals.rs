//! Signals at the real binary: the first one ends a run in good order, the second one at once.
//!
//! Nothing here sleeps: the emulator's log says when a call is under way.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Ran, Tunctl};

const MANIFEST: &str = "\
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
tunnels: {edge-a: {}, edge-b: {}, edge-c: {}}
";

const SERVED: &str = "\
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: 'http://web:3000'}]
";

fn start(account: &Account, tunctl: &Tunctl) -> Child {
    let url = account.url();
    let words = ["apply", "--auto-approve", "--parallelism", "1", "--api-url"];
    let mut command = tunctl.command(&[&words[..], &[url.as_str()]].concat());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Calls of a method whose path ends so.
fn calls(account: &Account, method: &str, end: &str) -> usize {
    let log = account.control("GET", "/requests", &Value::Null);
    let requests = log["result"]["requests"].as_array().unwrap().iter();
    let is_such =
        |it: &&Value| it["method"] == method && it["path"].as_str().unwrap().ends_with(end);
    requests.filter(is_such).count()
}

/// Comes back when a call has reached the account.
fn wait_for(account: &Account, child: &mut Child, method: &str, end: &str) {
    while calls(account, method, end) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before");
    }
}

fn send(signal: &str, child: &Child) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([signal, &pid]).status();
    assert!(sent.unwrap().success());
}

fn end(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_first_signal_finishes_what_is_under_way_and_begins_nothing() {
    for signal in ["-INT", "-TERM"] {
        let account = Account::new(&["example.com"]);
        let tunctl = Tunctl::in_ci(MANIFEST);
        account.fault(&json!({"method": "POST", "count": 1, "effect": {"latency": 3000}}));
        let mut child = start(&account, &tunctl);
        wait_for(&account, &mut child, "POST", "/cfd_tunnel");
        send(signal, &child);
        let ran = end(child).code(5);
        assert_eq!(calls(&account, "POST", "/cfd_tunnel"), 1);
        ran.says("tunnel.edge-a: Creation complete")
            .says("Left when the run was stopped:\n  tunnel.edge-b: not begun\n  tunnel.edge-c: not begun\n")
            .says("Apply incomplete: 1 added, 0 changed, 0 destroyed; 2 not begun. Run again to finish.")
            .complains("Stopping: what is under way is finished");
        let again = end(start(&account, &tunctl)).code(0);
        again.says("Resources: 2 added, 0 changed, 0 destroyed.");
    }
}

#[test]
fn the_first_signal_ends_a_wait_for_connectors() {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(SERVED);
    end(start(&account, &tunctl)).code(0);
    let state = account.control("GET", "/state", &Value::Null)["result"].clone();
    let tunnels = state["tables"]["tunnels"].as_object().unwrap();
    let id = tunnels.keys().next().unwrap();
    let path = format!("/tunnels/{id}/connectors");
    account.control("POST", &path, &json!({"config_version": 1}));
    tunctl.write("tunctl.yaml", &SERVED.replace("web:3000", "web:3001"));
    let mut child = start(&account, &tunctl);
    wait_for(&account, &mut child, "GET", "/connections");
    send("-TERM", &child);
    let ran = end(child).code(5);
    ran.says("Not settled yet:")
        .says("has version 1 [tunctl::not_converged]");
}

#[test]
fn the_second_signal_ends_a_run_at_once() {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    account.fault(&json!({"method": "POST", "effect": {"latency": 30_000}}));
    let mut child = start(&account, &tunctl);
    wait_for(&account, &mut child, "POST", "/cfd_tunnel");
    send("-INT", &child);
    // Two signals of one sort that come together are one.
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Stopping:") {
        line.clear();
        assert!(err.read_line(&mut line).unwrap() > 0, "it ended before");
    }
    send("-INT", &child);
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("run again to finish"), "{rest}");
    let ran = end(child).code(5);
    assert!(!ran.out.contains("Creation complete"), "{}", ran.out);
}
