//! The main branch is applied after each merge: what a merge removes goes, whatever happened to
//! the run before, and nothing else does.
//!
//! Nothing here sleeps: the emulator's log says when a call is under way.

use std::fs;
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tunctl::emulator::DEFAULT_ACCOUNT;

use super::command::{API, GONE, WEB, changes, manifest};
use super::repository::git;
use crate::support::tunctl::{Account, Ran, Tunctl};

/// A checkout of the main branch, with a store beside it.
struct Mainline {
    account: Account,
    tunctl: Tunctl,
    store: TempDir,
}

impl Mainline {
    /// Two tunnels, committed and not applied.
    fn new() -> Self {
        let mainline = Self {
            account: Account::new(&["example.com"]),
            tunctl: Tunctl::in_ci(&manifest(&[WEB, API])),
            store: tempfile::tempdir().unwrap(),
        };
        mainline.git(&["init", "-q"]);
        mainline.commit();
        mainline
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.tunctl.path(""), arguments)
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Merges a branch on which the manifest says something else; the commits of `main` before and
    /// after.
    fn merge(&self, manifest: &str) -> (String, String) {
        let before = self.git(&["rev-parse", "HEAD"]);
        self.git(&["checkout", "-q", "-b", "topic"]);
        self.tunctl.write("tunctl.yaml", manifest);
        self.commit();
        self.git(&["checkout", "-q", "main"]);
        self.git(&["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
        self.git(&["branch", "-q", "-D", "topic"]);
        (before, self.git(&["rev-parse", "HEAD"]))
    }

    fn words<'a>(&'a self, words: &[&'a str], url: &'a str) -> Vec<&'a str> {
        let store = self.store.path().to_str().unwrap();
        [words, &["--store", store, "--api-url", url]].concat()
    }

    fn run(&self, words: &[&str]) -> Ran {
        let url = self.account.url();
        self.tunctl.run(&self.words(words, &url))
    }

    fn apply(&self, base: &str) -> Ran {
        self.run(&["apply", "--auto-approve", "--base", base])
    }

    /// The same, under way.
    fn start(&self, base: &str) -> Child {
        let url = self.account.url();
        let words = ["apply", "--auto-approve", "--base", base];
        let mut command = self.tunctl.command(&self.words(&words, &url));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Kills an apply when it is about to delete the tunnel, whose record is gone by then.
    fn apply_and_kill(&self, base: &str) {
        self.account
            .fault(&json!({"method": "DELETE", "effect": {"latency": 30_000}}));
        self.account
            .fault(&json!({"method": "DELETE", "effect": "denied"}));
        let mut child = self.start(base);
        while self.calls("DELETE") == 0 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        self.account.mend();
        assert_eq!(self.tunnels(), ["edge-api", "edge-web"]);
    }

    /// Calls of a method.
    fn calls(&self, method: &str) -> usize {
        let log = self.account.control("GET", "/requests", &Value::Null);
        let requests = log["result"]["requests"].as_array().unwrap().iter();
        requests.filter(|it| it["method"] == method).count()
    }

    /// The names of the tunnels that live.
    fn tunnels(&self) -> Vec<String> {
        let path = format!("/accounts/{DEFAULT_ACCOUNT}/cfd_tunnel?is_deleted=false");
        let list = self.account.by_hand("GET", &path, &Value::Null);
        let names = list.as_array().unwrap().iter();
        let mut names: Vec<String> = names
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort_unstable();
        names
    }

    /// Loses a part of the store.
    fn forget(&self, part: &str) {
        let part = self.store.path().join(DEFAULT_ACCOUNT).join(part);
        fs::remove_dir_all(part).unwrap();
    }

    /// The commit of the last complete apply.
    fn recorded(&self) -> String {
        let claim = format!("{DEFAULT_ACCOUNT}/claims/edge.json");
        let claim = fs::read_to_string(self.store.path().join(claim)).unwrap();
        let claim: Value = serde_json::from_str(&claim).unwrap();
        claim["commit"].as_str().unwrap_or_default().to_owned()
    }
}

const UNRECORDED: &str = "no complete apply of this stack is recorded";

#[test]
fn a_tunnel_that_a_merge_removed_goes_also_after_a_run_that_was_killed() {
    let main = Mainline::new();
    main.apply("auto").code(0).says(UNRECORDED);
    let first = main.git(&["rev-parse", "HEAD"]);
    assert_eq!(main.recorded(), first);
    main.git(&["checkout", "-q", "-b", "topic"]);
    main.tunctl.write("tunctl.yaml", &manifest(&[WEB]));
    let plan = main.run(&["plan", "--base", "main", "--format", "json"]);
    let plan: Value = serde_json::from_str(&plan.code(0).out).unwrap();
    assert_eq!(changes(&plan), GONE);
    main.git(&["checkout", "-q", "-f", "main"]);
    main.git(&["branch", "-q", "-D", "topic"]);

    let (_, merged) = main.merge(&manifest(&[WEB]));
    main.apply_and_kill("auto");
    assert_eq!(main.recorded(), first, "that run was not complete");
    main.apply("auto")
        .code(0)
        .says("0 added, 0 changed, 1 destroyed");
    assert_eq!(main.tunnels(), ["edge-web"]);
    assert_eq!(main.recorded(), merged);
    main.apply("auto").code(0).says("No changes.");
}

#[test]
fn a_run_that_failed_is_finished_by_the_next_one_whatever_its_base_is() {
    for base in ["auto", "before"] {
        let main = Mainline::new();
        main.apply("auto").code(0);
        let (before, merged) = main.merge(&manifest(&[WEB]));
        let base = if base == "auto" { base } else { &before };
        let batch = "/zones/*/dns_records/batch";
        main.account
            .fault(&json!({"path": batch, "effect": "denied"}));
        main.apply(base).code(1);
        assert_eq!(main.recorded(), before);
        main.account.mend();
        main.apply(base)
            .code(0)
            .says("0 added, 0 changed, 2 destroyed");
        assert_eq!(main.tunnels(), ["edge-web"]);
        assert_eq!(main.recorded(), merged);
    }
}

#[test]
fn the_commit_before_the_push_is_enough_where_no_store_outlives_a_job() {
    let main = Mainline::new();
    main.apply("auto").code(0);
    let (before, _) = main.merge(&manifest(&[WEB]));
    main.apply_and_kill(&before);
    main.forget("");
    main.apply("auto").code(0).says(UNRECORDED);
    assert_eq!(
        main.tunnels(),
        ["edge-api", "edge-web"],
        "in doubt it stays"
    );
    main.forget("");
    main.apply(&before).code(0).says("1 destroyed");
    assert_eq!(main.tunnels(), ["edge-web"]);
}

/// `github.event.before` of the push after a run that was cut off: it alone would forget what that
/// run had still to do.
#[test]
fn a_base_after_the_last_complete_apply_does_not_pass_for_all() {
    let main = Mainline::new();
    main.apply("auto").code(0);
    let (first, _) = main.merge(&manifest(&[WEB]));
    main.apply_and_kill("auto");
    main.forget("stopping");
    let (before, next) = main.merge(&manifest(&[&WEB.replace("3000", "3001")]));
    main.apply(&before)
        .code(0)
        .says("tunctl::base_after_applied")
        .says("0 added, 1 changed, 0 destroyed");
    assert_eq!(main.recorded(), first);
    // Neither does a base at which there is nothing to do.
    main.apply("HEAD").code(0).says("No changes.");
    assert_eq!(main.recorded(), first);
    main.apply("auto").code(0).says("0 changed, 1 destroyed");
    assert_eq!(
        (main.tunnels(), main.recorded()),
        (vec!["edge-web".to_owned()], next)
    );
    // A push that leaves the manifest as it is lies between, and that is no difference.
    main.tunctl.write("README.md", "text");
    let before = main.commit();
    let (_, last) = main.merge(&manifest(&[WEB]));
    let ran = main.apply(&before).code(0).says("1 changed");
    assert!(!ran.out.contains("base_after_applied"), "{}", ran.out);
    assert_eq!(main.recorded(), last);
}

#[test]
fn what_was_never_declared_at_the_base_stays() {
    let main = Mainline::new();
    let owns = |tunnels: &[&str]| format!("owns: {{tunnels: ['edge-*']}}\n{}", manifest(tunnels));
    main.tunctl.write("tunctl.yaml", &owns(&[WEB, API]));
    main.commit();
    main.apply("auto").code(0);
    let path = format!("/accounts/{DEFAULT_ACCOUNT}/cfd_tunnel");
    let body = json!({"name": "edge-hand", "config_src": "cloudflare"});
    main.account.by_hand("POST", &path, &body);
    main.run(&["plan"]).code(0).says("1 to destroy");
    let (before, _) = main.merge(&owns(&[WEB]));
    for base in ["auto", &before] {
        main.apply(base).code(0);
        assert_eq!(main.tunnels(), ["edge-hand", "edge-web"], "{base}");
    }
}

#[test]
fn an_older_job_that_runs_again_is_refused() {
    let main = Mainline::new();
    let before = main.git(&["rev-parse", "HEAD"]);
    let (_, first) = main.merge(&manifest(&[WEB, API]).replace("3000", "3001"));
    main.apply("auto").code(0);
    let (_, second) = main.merge(&manifest(&[WEB]));
    main.apply("auto").code(0);
    main.git(&["checkout", "-q", &first]);
    main.account.control("DELETE", "/requests", &Value::Null);
    for base in ["auto", &before] {
        main.apply(base)
            .code(4)
            .complains("is older than what was applied last")
            .complains("tunctl::rollback");
    }
    assert_eq!(
        main.calls("POST") + main.calls("PUT") + main.calls("DELETE"),
        0
    );
    assert_eq!(main.recorded(), second);
    // A plan of a branch may begin anywhere.
    main.run(&["plan", "--base", &before]).code(0);
    main.run(&[
        "apply",
        "--auto-approve",
        "--base",
        "auto",
        "--allow",
        "rollback",
    ])
    .code(0)
    .says("3 added, 1 changed, 0 destroyed");
    assert_eq!(main.tunnels(), ["edge-api", "edge-web"]);
    assert_eq!(main.recorded(), first);
}
