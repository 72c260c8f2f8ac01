//! `--base` on the command line: the real binary in real repositories.

use std::fs;

use serde_json::Value;

use super::repository::git;
use crate::support::tunctl::{Account, Ran, Tunctl};

pub(super) const WEB: &str = "  edge-web:
    ingress: [{hostname: app.example.com, service: 'http://web:3000'}]
";
pub(super) const API: &str = "  edge-api:
    ingress: [{hostname: api.example.com, service: 'http://api:8080'}]
";

/// A stack that owns nothing by pattern.
pub(super) fn manifest(tunnels: &[&str]) -> String {
    let head = "version: 1\nstack: edge\naccount: ${CLOUDFLARE_ACCOUNT_ID}\n";
    format!("{head}tunnels:\n{}", tunnels.concat())
}

/// A repository with a manifest on `main`, applied, and HEAD on a branch of it.
struct Branch {
    account: Account,
    tunctl: Tunctl,
    file: &'static str,
}

impl Branch {
    fn new(file: &'static str) -> Self {
        let account = Account::new(&["example.com"]);
        let tunctl = Tunctl::in_ci("");
        fs::remove_file(tunctl.path("tunctl.yaml")).unwrap();
        tunctl.write(file, &manifest(&[WEB, API]));
        let branch = Self {
            account,
            tunctl,
            file,
        };
        branch.git(&["init", "-q"]);
        branch.commit();
        branch.run(&["apply", "--auto-approve"]).code(0);
        branch.git(&["checkout", "-q", "-b", "topic"]);
        branch
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.tunctl.path(""), arguments)
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs a command about the manifest.
    fn run(&self, arguments: &[&str]) -> Ran {
        let url = self.account.url();
        let last = ["--api-url", url.as_str(), self.file];
        self.tunctl.run(&[arguments, &last].concat())
    }

    /// The plan against `main`, as programs read it.
    fn plan(&self) -> Value {
        let ran = self
            .run(&["plan", "--base", "main", "--format", "json"])
            .code(0);
        serde_json::from_str(&ran.out).unwrap()
    }
}

/// Each change of a plan as `address: action (reason)`.
pub(super) fn changes(plan: &Value) -> Vec<String> {
    let changes = plan["resource_changes"].as_array().unwrap().iter();
    let word = |change: &Value, key: &str| change[key].as_str().unwrap().to_owned();
    let line = |it: &Value| {
        format!(
            "{}: {} ({})",
            word(it, "address"),
            word(it, "action"),
            word(it, "reason")
        )
    };
    changes.map(line).collect()
}

/// The codes of a plan's warnings.
fn warnings(plan: &Value) -> Vec<String> {
    let warnings = plan["warnings"].as_array().unwrap().iter();
    warnings
        .map(|it| it["code"].as_str().unwrap().to_owned())
        .collect()
}

pub(super) const GONE: [&str; 2] = [
    "dns_record.api.example.com: delete (undeclared)",
    "tunnel.edge-api: delete (undeclared)",
];

#[test]
fn a_branch_plans_and_applies_what_it_changes_and_nothing_else() {
    let branch = Branch::new("tunctl.yaml");
    assert!(changes(&branch.plan()).is_empty());
    branch.tunctl.write("tunctl.yaml", &manifest(&[WEB]));
    // Not committed: the manifest is the work tree's, the base is git's.
    let plan = branch.plan();
    assert_eq!(changes(&plan), GONE);
    assert_eq!(plan["base"], branch.git(&["rev-parse", "main"]));
    branch.run(&["plan"]).code(0).says("1 to destroy");
    let ran = branch.run(&["plan", "--base", "main"]).code(0);
    ran.says("Plan: 0 to add, 0 to change, 2 to destroy.")
        .says("Note: only what the manifest's change since");
    branch
        .run(&["apply", "--base", "main", "--auto-approve"])
        .code(0)
        .says("2 destroyed");
    assert!(changes(&branch.plan()).is_empty());
}

/// A branch that changes `edge-api`, and a hostname that moved at Cloudflare meanwhile.
fn drifted() -> Branch {
    let branch = Branch::new("tunctl.yaml");
    let elsewhere = manifest(&[&WEB.replace("app.", "www."), API]);
    branch.tunctl.write("tunctl.yaml", &elsewhere);
    branch.run(&["apply", "--auto-approve"]).code(0);
    let changed = manifest(&[WEB, &API.replace("8080", "9090")]);
    branch.tunctl.write("tunctl.yaml", &changed);
    branch
}

#[test]
fn drift_stands_apart_in_every_format() {
    let branch = drifted();
    let plan = branch
        .run(&["plan", "--base", "main", "--full", "--format", "json"])
        .code(0);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!(changes(&plan), ["tunnel_config.edge-api: update (changed)"]);
    let drift = plan["resource_drift"].as_array().unwrap().iter();
    let drift = drift.map(|it| {
        format!(
            "{} {} {}",
            it["address"], it["change"]["actions"], it["reason"]
        )
    });
    insta::assert_snapshot!(drift.collect::<Vec<_>>().join("\n"), @r#"
        "dns_record.app.example.com" ["delete"] "drifted"
        "dns_record.www.example.com" ["create"] "undeclared"
        "tunnel_config.edge-web" ["update"] "drifted"
    "#);
    let config = &plan["resource_drift"][2]["change"];
    assert_eq!(
        config["before"]["ingress"][0]["hostname"],
        "app.example.com"
    );
    assert_eq!(config["after"]["ingress"][0]["hostname"], "www.example.com");
    for (format, words) in [
        ("human", "  * tunnel_config.edge-web has changed: ingress"),
        (
            "markdown",
            "### Not caused by this change, and left as it is: 3",
        ),
        (
            "html",
            "<h2>Not caused by this change, and left as it is: 3</h2>",
        ),
        (
            "github",
            "::notice title=not caused by this change::3 objects",
        ),
    ] {
        branch
            .run(&["plan", "--base", "main", "--full", "--format", format])
            .code(0)
            .says(words);
    }
    branch
        .run(&["plan", "--full"])
        .code(1)
        .complains("--base <REF>");
}

#[test]
fn a_manifest_in_a_directory_is_found_from_anywhere() {
    let branch = Branch::new("infra/prod/tunctl.yaml");
    branch.tunctl.write(branch.file, &manifest(&[WEB]));
    assert_eq!(changes(&branch.plan()), GONE);
    let url = branch.account.url();
    let plan = ["plan", "--base", "main", "--api-url", &url];
    for (directory, file) in [
        ("infra", "prod/tunctl.yaml"),
        ("infra/prod", "tunctl.yaml"),
        ("infra/prod", "."),
    ] {
        let mut command = branch.tunctl.command(&[&plan[..], &[file]].concat());
        let output = command
            .current_dir(branch.tunctl.path(directory))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("2 to destroy"), "{directory} {file}: {text}");
    }
    let mut command = branch
        .tunctl
        .command(&[&plan[..], &["tunctl.yaml"]].concat());
    // As a hook at the top of the work tree has it.
    let hook = command.current_dir(branch.tunctl.path("infra/prod"));
    let hook = hook
        .env("GIT_DIR", "../../.git")
        .env("GIT_WORK_TREE", "../..");
    let text = String::from_utf8(hook.output().unwrap().stdout).unwrap();
    assert!(text.contains("2 to destroy"), "{text}");
}

#[test]
fn a_manifest_that_moved_is_found_by_its_stack() {
    let branch = Branch::new("tunctl.yaml");
    fs::remove_file(branch.tunctl.path("tunctl.yaml")).unwrap();
    branch.tunctl.write("infra/edge.yaml", &manifest(&[WEB]));
    let moved = Branch {
        file: "infra/edge.yaml",
        ..branch
    };
    assert_eq!(changes(&moved.plan()), GONE);
    // A copy has not moved: what it leaves out is still declared by the other.
    moved.tunctl.write("tunctl.yaml", &manifest(&[WEB, API]));
    let plan = moved.plan();
    assert!(changes(&plan).is_empty());
    assert_eq!(warnings(&plan), ["tunctl::base_unread"]);
}

#[test]
fn a_base_without_the_manifest_has_nothing_to_lose() {
    let branch = Branch::new("tunctl.yaml");
    branch.git(&["checkout", "-q", "--orphan", "empty"]);
    branch.git(&["rm", "-q", "-r", "--cached", "."]);
    branch.git(&["commit", "-q", "--allow-empty", "-m", "empty"]);
    branch
        .tunctl
        .write("tunctl.yaml", &manifest(&[&API.replace("8080", "9090")]));
    let ran = branch
        .run(&["plan", "--base", "empty", "--format", "json"])
        .code(0);
    let plan = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(changes(&plan), ["tunnel_config.edge-api: update (new)"]);
}

#[test]
fn without_a_base_that_can_be_read_nothing_is_deleted_and_the_plan_says_so() {
    let branch = Branch::new("tunctl.yaml");
    branch
        .tunctl
        .write("tunctl.yaml", "version: 1\nstack: [edge\n");
    branch.commit();
    let owns = "owns: {tunnels: ['edge-*']}\n";
    branch
        .tunctl
        .write("tunctl.yaml", &format!("{owns}{}", manifest(&[WEB])));
    branch.run(&["plan"]).code(0).says("2 to destroy");
    for (base, words) in [
        ("HEAD", "is not valid"),
        ("nowhere", "git knows no commit `nowhere`"),
        (
            "origin/main",
            "run `git fetch origin +refs/heads/main:refs/remotes/origin/main`",
        ),
        ("auto", "no complete apply of this stack is recorded"),
    ] {
        let ran = branch.run(&["plan", "--base", base]).code(0);
        ran.says(words)
            .says("nothing is deleted")
            .says("No changes.");
    }
    let ran = branch
        .run(&["apply", "--auto-approve", "--base", "HEAD"])
        .code(0);
    ran.says("is not valid").says("0 destroyed");
    branch.run(&["plan"]).code(0).says("2 to destroy");
    branch
        .run(&["plan", "--base=--all"])
        .code(1)
        .complains("no revision begins with a dash");
}

#[test]
fn without_git_or_a_repository_nothing_is_deleted() {
    let account = Account::new(&["example.com"]);
    let owns = "owns: {tunnels: ['edge-*']}\n";
    let tunctl = Tunctl::in_ci(&manifest(&[WEB, API]));
    let url = account.url();
    tunctl
        .run(&["apply", "--auto-approve", "--api-url", &url])
        .code(0);
    tunctl.write("tunctl.yaml", &format!("{owns}{}", manifest(&[WEB])));
    let plan = ["plan", "--base", "main", "--api-url", &url];
    let ran = tunctl.run(&plan).code(0);
    ran.says("this is no git work tree").says("No changes.");
    let tunctl = tunctl.env("PATH", "/nonexistent");
    let ran = tunctl.run(&plan).code(0);
    ran.says("git does not run")
        .says("install git")
        .says("No changes.");
}

#[test]
fn another_account_or_stack_than_at_the_base_is_an_error() {
    let branch = Branch::new("tunctl.yaml");
    let same = manifest(&[WEB, API]);
    branch
        .tunctl
        .write("tunctl.yaml", &same.replace("stack: edge", "stack: rim"));
    let ran = branch.run(&["plan", "--base", "main"]).code(1);
    ran.complains("`stack` is another one than at the base")
        .complains("`rim` here and `edge` at the base");
    let account = "account: 0123456789abcdef0123456789abcdef";
    let other = same.replace("account: ${CLOUDFLARE_ACCOUNT_ID}", account);
    branch.tunctl.write("tunctl.yaml", &other);
    let ran = branch
        .run(&["apply", "--base", "main", "--auto-approve"])
        .code(1);
    ran.complains("`account` is another one than at the base");
}

#[test]
fn a_shallow_clone_is_told_how_to_become_deeper() {
    let branch = Branch::new("tunctl.yaml");
    branch.tunctl.write("tunctl.yaml", &manifest(&[WEB]));
    branch.commit();
    branch.git(&["checkout", "-q", "main"]);
    branch.commit();
    let shallow = Tunctl::in_ci("");
    fs::remove_file(shallow.path("tunctl.yaml")).unwrap();
    let directory = shallow.path("");
    let origin = format!("file://{}", branch.tunctl.path("").display());
    let clone = ["clone", "-q", "--depth=1", "--branch=topic", &origin, "."];
    git(&directory, &clone);
    let url = branch.account.url();
    let plan = |base: &str| {
        shallow
            .run(&["plan", "--api-url", &url, "--base", base])
            .code(0)
    };
    let hint = "git fetch --unshallow origin +refs/heads/main:refs/remotes/origin/main";
    plan("origin/main")
        .says(hint)
        .says("fetch-depth: 0")
        .says("No changes.");
    git(
        &directory,
        &[
            "fetch",
            "-q",
            "--depth=1",
            "origin",
            "main:refs/remotes/origin/main",
        ],
    );
    let ran = plan("origin/main")
        .says("no common commit here")
        .says("No changes.");
    ran.says("run `git fetch --unshallow`, or `git fetch --deepen=1000`");
    git(&directory, &["fetch", "-q", "--unshallow"]);
    plan("origin/main").says("2 to destroy");
}

#[test]
fn a_saved_plan_names_its_base() {
    let branch = Branch::new("tunctl.yaml");
    branch.tunctl.write("tunctl.yaml", &manifest(&[WEB]));
    branch.commit();
    branch
        .run(&["plan", "--base", "main", "--out", "plan.json"])
        .code(0);
    let saved: Value =
        serde_json::from_str(&fs::read_to_string(branch.tunctl.path("plan.json")).unwrap())
            .unwrap();
    assert_eq!(saved["base"], branch.git(&["rev-parse", "main"]));
    branch
        .tunctl
        .run(&["show", "plan.json"])
        .code(0)
        .says("2 to destroy");
    // Merged meanwhile: the base is a commit, wherever the branch is now.
    branch.git(&["checkout", "-q", "main"]);
    branch.git(&["merge", "-q", "topic"]);
    let url = branch.account.url();
    let apply = ["apply", "--api-url", &url, "plan.json"];
    branch
        .tunctl
        .run(&[&apply[..], &["--base", "main"]].concat())
        .code(1);
    branch.tunctl.run(&apply).code(0).says("2 destroyed");

    let unknown = ["plan", "--base", "nowhere", "--out", "kept.json"];
    branch.run(&unknown).code(0);
    let text = fs::read_to_string(branch.tunctl.path("kept.json")).unwrap();
    let saved: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&saved["base"], &saved["no_delete"]),
        (&Value::Null, &Value::Bool(true))
    );
}

#[test]
fn what_a_change_moves_to_another_stack_stays_although_that_one_is_not_planned() {
    let branch = Branch::new("tunctl.yaml");
    branch.tunctl.write("tunctl.yaml", &manifest(&[WEB]));
    let rim = manifest(&[API]).replace("stack: edge", "stack: rim");
    branch.tunctl.write("rim/tunctl.yaml", &rim);
    branch.commit();
    let plan = branch.plan();
    assert!(changes(&plan).is_empty(), "{:?}", changes(&plan));
    let codes = warnings(&plan);
    assert_eq!(
        codes,
        ["tunctl::mark_without_meaning", "tunctl::left_alone"]
    );
    // It cannot be understood here, and names the same things.
    let needs = rim.replace("http://api:8080", "http://${TUNCTL_API}");
    branch.tunctl.write("rim/tunctl.yaml", &needs);
    assert!(changes(&branch.plan()).is_empty());
    fs::remove_file(branch.tunctl.path("rim/tunctl.yaml")).unwrap();
    assert_eq!(changes(&branch.plan()), GONE);
}
