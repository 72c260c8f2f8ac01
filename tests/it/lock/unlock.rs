//! `tunctl unlock`, as an operator sees it.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use serde_json::Value;
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::store::{Store, Terms, Wanted};

use super::on;
use crate::store::run;
use crate::support::tunctl::Tunctl;

const MANIFEST: &str = "\
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
tunnels: {edge-web: {}}
";

/// An account that a process of another machine holds.
fn locked() -> Tunctl {
    let tunctl = Tunctl::in_ci(MANIFEST);
    let place = tunctl.path(".tunctl");
    let store = Store::open(place.to_str().unwrap(), &BTreeMap::new()).unwrap();
    let wanted = Wanted {
        account: DEFAULT_ACCOUNT,
        holder: on("ci-\u{1b}[31m7"),
        terms: Terms::of(Duration::from_secs(30)),
        patience: Duration::ZERO,
    };
    run(store.lock(&wanted, &|_| ())).unwrap();
    tunctl
}

#[test]
fn an_account_that_nobody_holds_is_not_locked() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    let ran = tunctl.run(&["unlock"]).code(0);
    assert_eq!(
        ran.out,
        format!("Account {DEFAULT_ACCOUNT} is not locked.\n")
    );
    assert!(!tunctl.path(".tunctl").exists());
}

#[test]
fn without_a_terminal_nothing_is_removed_unless_it_is_approved() {
    let tunctl = locked();
    tunctl
        .run(&["unlock"])
        .code(1)
        .complains("tunctl::nobody_to_ask");
    let ran = tunctl.run(&["unlock", "--auto-approve"]).code(0);
    assert!(!ran.out.contains('\u{1b}'), "{:?}", ran.out);
    ran.says(r"was locked by process 4711 on ci-\u{1b}[31m7 since 20")
        .says("; the lock is removed.\n");
    tunctl.run(&["unlock"]).code(0).says("is not locked.\n");
}

#[test]
fn programs_get_the_record() {
    let tunctl = locked();
    let ran = tunctl
        .run(&["unlock", "--auto-approve", "--format", "json"])
        .code(0);
    let value: Value = serde_json::from_str(&ran.out).unwrap();
    let lock = &value["locks"][0];
    assert_eq!(lock["account"], DEFAULT_ACCOUNT);
    assert_eq!(
        (&lock["removed"], &lock["locked"]),
        (&true.into(), &false.into())
    );
    assert_eq!(lock["record"]["holder"]["pid"], 4711);
    assert_eq!(lock["unreadable"], Value::Null);
}

#[test]
fn what_is_no_lock_can_be_removed_too() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    let path = format!(".tunctl/{DEFAULT_ACCOUNT}/lock.json");
    tunctl.write(&path, "nonsense");
    let ran = tunctl.run(&["unlock", "--auto-approve"]).code(0);
    ran.says("was locked by something that is no lock");
    let text = fs::read_to_string(tunctl.path(&path)).unwrap();
    assert!(text.contains("\"holder\": null"), "{text}");
}

#[test]
fn a_store_that_is_none_is_told() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    let ran = tunctl
        .run(&["unlock", "--store", "ftp://host/path"])
        .code(1);
    ran.complains("tunctl::bad_store");
}
