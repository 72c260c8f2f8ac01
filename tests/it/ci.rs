//! What is ready to use in CI, run: the scripts of the action, GitLab's jobs and Atlantis's steps do
//! their work against an emulator, and nothing that a pull request says becomes shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tunctl::emulator::DEFAULT_ACCOUNT;

use crate::base::git;
use crate::support::tunctl::{Account, Ran, Tunctl, root};
use crate::support::world::edge;

const MANIFEST: &str = "tunnels:
  edge-web: {ingress: [{hostname: app.example.com, service: 'http://web:3000'}]}
";

/// A name that runs something wherever it is taken for shell.
const HOSTILE: &str = "$(touch pwned)`touch pwned`;touch pwned & ' \" .yaml";

/// What a pull request goes to, as CI names it.
const TARGET: &str = "origin/main";

/// A repository's checkout on a runner, with the program on the path. The branch that its pull
/// request goes to has no manifest yet.
struct Runner {
    desk: Tunctl,
    account: Account,
}

impl Runner {
    fn new(manifest: &str) -> Self {
        let desk = Tunctl::with_manifest(&edge(manifest));
        let account = Account::new(&["example.com"]);
        // The scripts give no `--api-url`: a program of that name does.
        let program = env!("CARGO_BIN_EXE_tunctl");
        let url = account.url();
        desk.write(
            "bin/tunctl",
            &format!("#!/usr/bin/env bash\ncommand=$1; shift\nfor flag in \"$@\"; do case $flag in --from*|--version) exec {program} \"$command\" \"$@\";; esac; done\nexec {program} \"$command\" --api-url {url} \"$@\"\n"),
        );
        executable(&desk.path("bin/tunctl"));
        let runner = Self { desk, account };
        runner.git(&["init", "-q"]);
        runner.git(&["commit", "-q", "--allow-empty", "-m", "empty"]);
        runner.merged();
        runner.commit();
        runner
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.desk.path(""), arguments)
    }

    /// Commits the manifest.
    fn commit(&self) -> String {
        self.git(&["add", "tunctl.yaml"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// HEAD is what the branch has that pull requests go to.
    fn merged(&self) {
        self.git(&["update-ref", &format!("refs/remotes/{TARGET}"), "HEAD"]);
    }

    fn with(&self, file: &str, text: &str) -> &Self {
        self.desk.write(file, text);
        self
    }

    /// Runs bash with some environment and nothing else of ours.
    fn bash(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = path.to_string_lossy();
        let own = self.desk.path("bin");
        let mut command = Command::new("bash");
        command
            .args(arguments)
            .current_dir(self.desk.path(""))
            .env_clear()
            .env("PATH", format!("{}:{path}", own.display()))
            .env("TMPDIR", self.desk.path(""))
            .env("CLOUDFLARE_API_TOKEN", "test")
            .env("CLOUDFLARE_ACCOUNT_ID", DEFAULT_ACCOUNT)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(environment.iter().copied())
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    fn script(&self, name: &str, environment: &[(&str, &str)]) -> Ran {
        let script = root().join("ci").join(name);
        self.bash(&[script.to_str().unwrap()], environment)
    }

    /// What a pull request gets.
    fn plan(&self, environment: &[(&str, &str)]) -> Ran {
        let target = [("WITH_BASE", TARGET)];
        self.script("plan.sh", &[&target[..], environment].concat())
    }

    fn is_unharmed(&self) {
        assert!(!self.desk.path("pwned").exists());
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.desk.path(name)).unwrap()
    }
}

fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn yaml(file: &str) -> Value {
    let text = fs::read_to_string(root().join(file)).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn scripts() -> Vec<PathBuf> {
    let files = fs::read_dir(root().join("ci")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "sh"));
    files.sort();
    files
}

/// The texts of all `run` and `script` keys.
fn shell<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "run" && value.is_string() {
                    found.extend(value.as_str());
                } else if let ("script", Some(lines)) = (name.as_str(), value.as_array()) {
                    found.extend(lines.iter().filter_map(Value::as_str));
                } else {
                    shell(value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| shell(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_script_has_text_of_a_pull_request_in_it() {
    let mut count = 0;
    for file in [
        "action.yml",
        "ci/github.yml",
        "ci/gitlab.yml",
        "ci/atlantis.yaml",
        ".github/workflows/ci.yml",
        ".github/workflows/release.yml",
    ] {
        let value = yaml(file);
        let mut found = Vec::new();
        shell(&value, &mut found);
        assert!(!found.is_empty(), "{file}");
        for text in found {
            assert!(!text.contains("${{"), "{file}: {text}");
            count += 1;
        }
        let text = fs::read_to_string(root().join(file)).unwrap();
        assert!(!text.contains("pull_request_target"), "{file}");
    }
    assert!(count >= 15, "{count}");
}

#[test]
fn every_script_parses_and_stops_at_the_first_error() {
    assert!(scripts().len() >= 5);
    for script in scripts() {
        let text = fs::read_to_string(&script).unwrap();
        assert!(text.contains("\nset -euo pipefail\n"), "{script:?}");
        let status = Command::new("bash").arg("-n").arg(&script).status();
        assert!(status.unwrap().success(), "{script:?}");
    }
}

#[test]
fn the_action_calls_what_is_there_and_every_input_is_documented() {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    for step in steps {
        let run = step["run"].as_str().unwrap();
        let script = run.trim_matches('"').replace("$GITHUB_ACTION_PATH/", "");
        assert!(root().join(&script).is_file(), "{script}");
        assert_eq!(step["shell"], "bash");
    }
    let docs = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    for input in action["inputs"].as_object().unwrap().keys() {
        assert!(docs.contains(&format!("`{input}`")), "{input}");
    }
}

#[test]
fn a_plan_leaves_a_comment_on_standard_output_and_in_a_file() {
    let runner = Runner::new(MANIFEST);
    let with = [
        ("WITH_DIRECTORY", "out"),
        ("GITHUB_OUTPUT", "outputs"),
        ("GITHUB_STEP_SUMMARY", "summary"),
    ];
    let ran = runner.plan(&with).code(0);
    assert!(
        ran.out.starts_with("<!-- tunctl:plan:edge -->\n"),
        "{}",
        ran.out
    );
    let ran = ran.says("tunnel.edge-web");
    assert_eq!(ran.out, runner.read("out/comment.md"));
    assert_eq!(ran.out, runner.read("summary"));
    assert_eq!(
        runner.read("outputs"),
        "changes=true\ncomment=out/comment.md\nplan=out/plan.json\n"
    );
    let printed = runner.script("comment.sh", &[("WITH_COMMENT", "out/comment.md")]);
    assert_eq!(printed.code(0).out, ran.out);
    runner
        .script("apply.sh", &[])
        .code(0)
        .says("Apply complete!");
    let ran = runner.plan(&with).code(0);
    assert!(ran.says("No changes").out.len() > 100);
    assert!(runner.read("outputs").contains("changes=false"));
}

/// What a merge removes, from the pull request to the main branch, without any pattern in `owns`.
#[test]
fn what_a_pull_request_removes_is_planned_merged_and_gone() {
    let manifest = |tunnels: &str| {
        let head = "version: 1\nstack: edge\naccount: ${CLOUDFLARE_ACCOUNT_ID}\n";
        format!("{head}{tunnels}")
    };
    let runner = Runner::new("");
    let api = "  edge-api: {ingress: [{hostname: api.example.com, service: 'http://api:80'}]}\n";
    runner.with("tunctl.yaml", &manifest(&format!("{MANIFEST}{api}")));
    let first = runner.commit();
    runner.merged();
    let store = [("WITH_STORE", "store")];
    let apply = || runner.script("apply.sh", &store);
    apply().code(0).says("6 added");
    runner.with("tunctl.yaml", &manifest(MANIFEST));
    let second = runner.commit();
    let with = [store[0], ("WITH_DIRECTORY", "out")];
    let ran = runner.plan(&with).code(0);
    ran.says("tunnel.edge-api")
        .says("0 to add, 0 to change, 2 to destroy");
    runner.merged();
    let since_head = [store[0], ("WITH_BASE", "HEAD")];
    let ran = runner.script("apply.sh", &since_head).code(0);
    ran.says("base_after_applied").says("0 destroyed");
    // Cut off by a fault, and done by the next run.
    let batch = json!({"path": "/zones/*/dns_records/batch", "effect": "denied"});
    runner.account.fault(&batch);
    apply().code(1);
    runner.account.mend();
    apply().code(0).says("2 destroyed");
    // The job of the first push runs once more.
    runner.git(&["checkout", "-q", &first]);
    apply().code(4).complains("tunctl::rollback");
    runner.git(&["checkout", "-q", &second]);
    apply().code(0).says("No changes.");
    let nothing = runner.script("plan.sh", &[("WITH_DIRECTORY", "none")]);
    nothing.code(1).complains("WITH_BASE");
}

#[test]
fn a_plan_that_cannot_be_made_fails_and_its_comment_says_why() {
    let runner = Runner::new("tunnels: {edge-web: {ingres: []}}\n");
    let ran = runner.plan(&[("WITH_DIRECTORY", "out")]).code(1);
    assert!(ran.out.starts_with("<!-- tunctl:plan"), "{}", ran.out);
    ran.says("unknown_key");
    assert!(runner.read("out/comment.md").contains("unknown_key"));
}

#[test]
fn names_from_a_pull_request_are_names() {
    let runner = Runner::new(MANIFEST);
    runner.with(HOSTILE, &edge(MANIFEST));
    let with = [("WITH_FILES", HOSTILE), ("WITH_DIRECTORY", "out")];
    runner.plan(&with).code(0).says("tunnel.edge-web");
    runner
        .script("apply.sh", &[("WITH_FILES", HOSTILE)])
        .code(0);
    // A name that looks like a flag is none.
    let flag = [("WITH_FILES", "--sandbox"), ("WITH_DIRECTORY", "out")];
    runner.plan(&flag).code(1);
    let base = [("WITH_BASE", HOSTILE), ("WITH_DIRECTORY", "out")];
    runner.plan(&base).code(0).says("git knows no commit");
    let base = [("WITH_BASE", "--full"), ("WITH_DIRECTORY", "out")];
    runner.plan(&base).code(1).complains("no revision begins");
    let from = [("WITH_FROM", HOSTILE), ("WITH_DIRECTORY", "out")];
    runner.plan(&from).code(1).complains("bad_snapshot");
    let comment = [
        ("WITH_COMMENT", "out/comment.md"),
        ("WITH_PULL_REQUEST", "1/../../2"),
    ];
    runner.with("out/comment.md", "<!-- tunctl:plan:edge -->\n");
    runner
        .script("comment.sh", &comment)
        .code(1)
        .complains("no number");
    runner.is_unharmed();
    assert!(!runner.desk.path(".tunctl/sandbox.json").exists());
}

#[test]
fn several_stacks_are_one_comment() {
    let runner = Runner::new(MANIFEST);
    let other = edge("tunnels: {other-web: {}}\n").replace("stack: edge", "stack: other");
    runner.with("other.yaml", &other.replace("edge-*", "other-*"));
    let with = [
        ("WITH_FILES", "tunctl.yaml\nother.yaml\n"),
        ("WITH_DIRECTORY", "out"),
    ];
    let ran = runner.plan(&with).code(0);
    ran.says("tunnel.edge-web").says("tunnel.other-web");
}

#[test]
fn a_fork_plans_with_a_snapshot_and_no_token() {
    let runner = Runner::new(MANIFEST);
    let url = runner.account.url();
    runner
        .bash(&["-c", "tunctl import --snapshot account.json"], &[])
        .code(0);
    let with = [("WITH_DIRECTORY", "out")];
    let token = runner.plan(&with).code(0);
    let fork = [
        ("WITH_DIRECTORY", "fork"),
        ("WITH_FROM", "account.json"),
        ("CLOUDFLARE_API_TOKEN", ""),
        ("CLOUDFLARE_ACCOUNT_ID", ""),
    ];
    let without = runner.plan(&fork).code(0);
    let fingerprint = |text: &str| {
        let (_, rest) = text.split_once("Fingerprint: `").unwrap();
        rest.split_once('`').unwrap().0.to_owned()
    };
    assert_eq!(fingerprint(&token.out), fingerprint(&without.out), "{url}");
}

/// A stand-in for GitHub's program: keeps comments in a file, and says who asked for what.
const GH: &str = r#"#!/usr/bin/env bash
set -euo pipefail
shift
echo "$*" >>calls
case " $* " in
    *" --method PATCH "*) jq -r .body >patched ;;
    *" --method POST "*) jq -r .body >posted ;;
    *) cat comments.json ;;
esac
"#;

#[test]
fn the_comment_of_the_run_before_is_replaced_and_nobody_elses() {
    if Command::new("jq").arg("--version").output().is_err() {
        return;
    }
    let runner = Runner::new(MANIFEST);
    runner.with("bin/gh", GH);
    executable(&runner.desk.path("bin/gh"));
    let body = "<!-- tunctl:plan:edge -->\nPlan: \"1\" to add `$(touch pwned)`\n";
    runner.with("comment.md", body);
    let with = [
        ("WITH_COMMENT", "comment.md"),
        ("WITH_PULL_REQUEST", "7"),
        ("GITHUB_REPOSITORY", "acme/edge"),
    ];
    let by = |id: u64, login: &str, body: &str| json!({"id": id, "user": {"login": login}, "body": body});
    let bot = "github-actions[bot]";
    // Somebody else wrote the line, the bot wrote about another stack: neither is touched.
    let foreign = [
        by(1, "mallory", "<!-- tunctl:plan:edge -->\nall fine"),
        by(2, bot, "<!-- tunctl:plan:edge-two -->\n"),
        by(3, bot, "look: <!-- tunctl:plan:edge -->"),
    ];
    runner.with("comments.json", &json!(foreign).to_string());
    runner.script("comment.sh", &with).code(0);
    assert_eq!(runner.read("posted").trim_end(), body.trim_end());
    assert!(!runner.desk.path("patched").exists());
    // Its own is, although the page has carriage returns by now.
    let page = json!(foreign).to_string();
    let own = [by(40, bot, "<!-- tunctl:plan:edge -->\r\nold")];
    runner.with("comments.json", &format!("{page}\n{}", json!(own)));
    runner.script("comment.sh", &with).code(0);
    assert_eq!(runner.read("patched").trim_end(), body.trim_end());
    let calls = runner.read("calls");
    assert!(
        calls.contains("--method PATCH repos/acme/edge/issues/comments/40 "),
        "{calls}"
    );
    runner.is_unharmed();
}

#[test]
fn gitlabs_jobs_run_as_they_are_written() {
    let runner = Runner::new(MANIFEST);
    let jobs = yaml("ci/gitlab.yml");
    let script = |job: &str| {
        let lines = jobs[job]["script"].as_array().unwrap().iter();
        let lines: Vec<&str> = lines.map(|it| it.as_str().unwrap()).collect();
        format!("set -euo pipefail\n{}", lines.join("\n"))
    };
    let base = runner.git(&["rev-parse", TARGET]);
    let base = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.as_str());
    let with = [("TUNCTL", "tunctl"), ("WITH_STORE", "store"), base];
    let ran = runner.bash(&["-c", &script("tunctl-plan")], &with).code(0);
    assert!(ran.out.starts_with("<!-- tunctl:plan:edge -->\n"));
    assert_eq!(ran.out, runner.read("comment.md"));
    let ran = runner.bash(&["-c", &script("tunctl-apply")], &with).code(0);
    ran.says("Apply complete!");
    assert!(runner.desk.path("store").is_dir());
    let ran = runner.bash(&["-c", &script("tunctl-plan")], &with).code(0);
    ran.says("No changes");
}

#[test]
fn atlantis_plans_into_its_own_file_and_applies_that() {
    let runner = Runner::new(MANIFEST);
    let workflows = yaml("ci/atlantis.yaml");
    let step = |phase: &str| {
        let steps = &workflows["workflows"]["tunctl"][phase]["steps"];
        steps[0]["run"].as_str().unwrap().to_owned()
    };
    let file = runner.desk.path("edge-default.tfplan");
    let with = [
        ("PLANFILE", file.to_str().unwrap()),
        ("BASE_BRANCH_NAME", "main"),
    ];
    let ran = runner.bash(&["-c", &step("plan")], &with).code(0);
    ran.says("Plan: 3 to add, 0 to change, 0 to destroy.");
    let ran = runner.bash(&["-c", &step("apply")], &with).code(0);
    ran.says("Apply complete!");
    runner.bash(&["-c", &step("apply")], &with).code(4);
}

#[test]
fn the_hooks_of_pre_commit_run_as_they_are_written() {
    let runner = Runner::new(MANIFEST);
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().unwrap();
    assert_eq!(hooks.len(), 3);
    for hook in hooks {
        let entry = hook["entry"].as_str().unwrap();
        let words: Vec<&str> = entry.split(' ').skip(1).chain(["tunctl.yaml"]).collect();
        let ran = runner.desk.run(&words);
        assert!(ran.code(0).err.len() < 2_000, "{entry}");
    }
}

#[test]
fn an_archive_is_installed_only_if_it_is_what_was_released() {
    let runner = Runner::new(MANIFEST);
    let machine = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let target = match machine.as_str() {
        "linux-x86_64" => "x86_64-unknown-linux-musl",
        "linux-aarch64" => "aarch64-unknown-linux-musl",
        _ => return,
    };
    // What the release workflow does, with the program of this build.
    let clone = runner.desk.path("src");
    for file in ["ci/package.sh", "LICENSE", "README.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        runner.with(&format!("src/{file}"), &text);
    }
    let package = clone.join("ci/package.sh");
    let program = env!("CARGO_BIN_EXE_tunctl");
    runner
        .bash(&[package.to_str().unwrap(), target, program], &[])
        .code(0);
    let sum = "mkdir -p rel/v1.2.3 && cp src/dist/* rel/v1.2.3/ && cd rel/v1.2.3 && sha256sum tunctl-* >SHA256SUMS";
    runner.bash(&["-c", sum], &[]).code(0);
    fs::remove_file(runner.desk.path("bin/tunctl")).unwrap();
    let releases = format!("file://{}", runner.desk.path("rel").display());
    let with = [
        ("WITH_RELEASES", releases.as_str()),
        ("WITH_VERSION", "v1.2.3"),
        ("WITH_DIRECTORY", "installed"),
        ("GITHUB_PATH", "paths"),
    ];
    runner.script("install.sh", &with).code(0).says("tunctl ");
    assert_eq!(runner.read("paths"), "installed\n");
    for file in ["man/tunctl-plan.1", "completions/tunctl.bash", "LICENSE"] {
        assert!(runner.desk.path("installed").join(file).is_file(), "{file}");
    }
    let archive = runner
        .desk
        .path(&format!("rel/v1.2.3/tunctl-{target}.tar.gz"));
    let mut bytes = fs::read(&archive).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&archive, bytes).unwrap();
    let with = [with[0], with[1], ("WITH_DIRECTORY", "other")];
    assert_ne!(runner.script("install.sh", &with).code, 0);
    assert!(!runner.desk.path("other/tunctl").exists());
    let version = [with[0], ("WITH_VERSION", "main"), with[2]];
    runner
        .script("install.sh", &version)
        .code(1)
        .complains("is no release");
}
