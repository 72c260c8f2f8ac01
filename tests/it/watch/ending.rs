//! What ends by itself, and what began to end, under a watch that applies.

use serde_json::{Value, json};

use super::running::Watching;
use crate::support::tunctl::{Account, Tunctl};

const PREVIEW: &str = "\
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
owns: {tunnels: [edge-*]}
defaults: {onDelete: {connections: wait, timeout: 1s}}
tunnels:
  edge-web:
    ingress: [{hostname: web.example.com, service: 'http://web:3000'}]
  edge-pr:
    ingress: [{hostname: pr.example.com, service: 'http://pr:3000'}]
    ephemeral: {ttl: 72h}
";

/// The living tunnels by name, with their ids.
fn tunnels(account: &Account) -> Vec<(String, String)> {
    let state = account.control("GET", "/state", &Value::Null)["result"].clone();
    let tunnels = state["tables"]["tunnels"].as_object().unwrap().iter();
    let living = tunnels.filter(|(_, it)| it["deleted_at"].is_null());
    let named = living.map(|(id, it)| (it["name"].as_str().unwrap().to_owned(), id.clone()));
    let mut named: Vec<_> = named.collect();
    named.sort();
    named
}

/// An account as the manifest says, made long ago.
fn long_ago(manifest: &str) -> (Account, Tunctl) {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(manifest);
    account.control("PUT", "/clock", &json!({"now": "2026-01-01T00:00:00Z"}));
    let url = account.url();
    tunctl
        .run(&["apply", "--auto-approve", "--api-url", &url])
        .code(0);
    account.control("PUT", "/clock", &json!({"now": "2026-01-05T00:00:00Z"}));
    (account, tunctl)
}

#[test]
fn what_expired_ends_and_is_not_made_again() {
    let (account, tunctl) = long_ago(PREVIEW);
    let mut watching = Watching::start(&account, &tunctl, &[]);
    // Only told of: without `--apply` nothing ends.
    assert_eq!(watching.cycle()["result"], json!("converged"));
    assert_eq!(tunnels(&account).len(), 2);
    drop(watching);
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    let first = watching.cycle();
    assert_eq!(first["result"], json!("applied"), "{first}");
    let left: Vec<String> = tunnels(&account)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(left, ["edge-web"]);
    assert_eq!(watching.cycle()["result"], json!("converged"));
    assert_eq!(tunnels(&account).len(), 1);
}

#[test]
fn a_teardown_that_waits_is_unsettled_and_goes_on_when_it_can() {
    let (account, tunctl) = long_ago(PREVIEW);
    let path = format!("/tunnels/{}/connectors", tunnels(&account)[0].1);
    account.control("POST", &path, &json!({}));
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    let first = watching.cycle();
    assert_eq!(first["stacks"][0]["result"], json!("unsettled"), "{first}");
    assert_eq!(first["stacks"][0]["teardowns"], json!(1));
    assert_eq!(tunnels(&account).len(), 2);
    // Another process goes on with it.
    drop(watching);
    account.control("DELETE", &path, &Value::Null);
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    let second = watching.cycle();
    assert_eq!(second["result"], json!("applied"), "{second}");
    assert_eq!(second["stacks"][0]["teardowns"], json!(0));
    assert_eq!(tunnels(&account).len(), 1);
}

#[test]
fn what_began_to_end_goes_on_also_where_a_guard_holds_the_rest() {
    let (account, tunctl) = long_ago(PREVIEW);
    let path = format!("/tunnels/{}/connectors", tunnels(&account)[0].1);
    account.control("POST", &path, &json!({}));
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    assert_eq!(watching.cycle()["result"], json!("unsettled"));
    drop(watching);
    // Nothing is declared any more, which a guard stops.
    let (head, _) = PREVIEW.split_once("tunnels:\n  edge-web").unwrap();
    tunctl.write("tunctl.yaml", head);
    account.control("DELETE", &path, &Value::Null);
    let mut watching = Watching::start(&account, &tunctl, &["--apply"]);
    let cycle = watching.cycle();
    assert_eq!(cycle["result"], json!("blocked"), "{cycle}");
    let left: Vec<String> = tunnels(&account)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(left, ["edge-web"]);
}
