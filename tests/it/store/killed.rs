//! A process that adds entries and is killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::json;

use super::{Place, journal, run};

const PLACE: &str = "TUNCTL_TEST_PLACE";

#[test]
fn what_a_killed_process_had_added_is_there() {
    let place = Place::directory();
    let mut acknowledged = 0;
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::killed::child_that_appends", "--ignored"])
            .env(PLACE, &place.address)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines = lines.map(Result::unwrap).filter(|line| line == "added");
        acknowledged += lines.take(3 + round).count();
        child.kill().unwrap();
        child.wait().unwrap();
        let entries = run(place.open().entries(&journal())).unwrap();
        assert!(
            entries.len() >= acknowledged,
            "{} of {acknowledged}",
            entries.len()
        );
        acknowledged = entries.len();
    }
    assert!(acknowledged >= 25);
}

#[test]
#[ignore = "is killed by the test above"]
fn child_that_appends() {
    let place = std::env::var_os(PLACE).unwrap().into_string().unwrap();
    let store = tunctl::store::Store::open(&place, &std::collections::BTreeMap::new()).unwrap();
    let text = "x".repeat(10_000);
    loop {
        run(store.append(&journal(), &[json!({"text": text})])).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nadded").and_then(|()| out.flush()).unwrap();
    }
}
