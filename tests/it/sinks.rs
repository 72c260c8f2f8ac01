//! Files and programs that take secrets: what they do wrong, what is said of it, and that a secret
//! is seen nowhere but there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Ran, Tunctl};
use crate::support::world::edge;

/// A tunnel, a service token and an API token that go to a sink.
const TOKENS: &str = "tunnels: {edge-web: {runToken: vault}}
serviceTokens: {edge-ci: {duration: 8760h, sink: vault}}
apiTokens:
  edge-deploy: {policies: [{permissions: [DNS Read], resources: zones}], sink: vault}
";

/// A stack whose sink is this.
fn stack(sink: &str) -> String {
    edge(&format!("{TOKENS}sinks: {{vault: {sink}}}\n"))
}

/// A shell as the two programs of a sink. Names are arguments, so nothing has to be quoted twice.
fn programs(write: &str, check: &str) -> String {
    let words = |script: &str| json!(["sh", "-c", script, "sh", "{kind}-{name}"]);
    json!({"write": words(write), "check": words(check)}).to_string()
}

/// Puts it into a directory, and looks there.
const STORE: &str = "mkdir -p store && cat > store/$1";
const LOOK: &str = "test -f store/$1";

/// A directory, and an account that is as empty as it.
struct Desk {
    account: Account,
    tunctl: Tunctl,
}

impl Desk {
    fn new(sink: &str) -> Self {
        Self {
            account: Account::new(&["example.com"]),
            tunctl: Tunctl::in_ci(&stack(sink)),
        }
    }

    fn sink(&self, sink: &str) {
        self.tunctl.write("tunctl.yaml", &stack(sink));
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let url = self.account.url();
        let most = [arguments, &["-vv", "--api-url", &url]].concat();
        self.tunctl.run(&most)
    }

    fn apply(&self) -> Ran {
        self.run(&["apply", "--auto-approve"])
    }

    /// Every secret that a sink has taken.
    fn secrets(&self, directory: &str) -> Vec<String> {
        let files = fs::read_dir(self.tunctl.path(directory))
            .into_iter()
            .flatten();
        let texts = files.map(|file| fs::read(file.unwrap().path()).unwrap());
        let fields = texts.flat_map(|text| {
            let secret: Value = serde_json::from_slice(&text).unwrap();
            let fields = ["token", "client_secret", "value"];
            fields.map(|field| secret[field].as_str().map(str::to_owned))
        });
        fields.flatten().collect()
    }

    /// How many of a kind the account has.
    fn count(&self, table: &str) -> usize {
        let state = self.account.control("GET", "/state", &Value::Null);
        let rows = state["result"]["tables"][table].as_object().cloned();
        rows.map_or(0, |rows| rows.len())
    }
}

fn is_silent(ran: &Ran, secrets: &[String]) {
    for secret in secrets {
        assert!(!ran.out.contains(secret.as_str()), "{}", ran.out);
        assert!(!ran.err.contains(secret.as_str()), "{}", ran.err);
    }
}

#[test]
fn a_file_gets_mode_0600_and_the_secret_as_json() {
    let desk = Desk::new("{file: \"secrets/{kind}-{name}.json\"}");
    let ran = desk.apply().code(0);
    let secrets = desk.secrets("secrets");
    assert_eq!(secrets.len(), 3);
    is_silent(&ran, &secrets);
    for file in fs::read_dir(desk.tunctl.path("secrets")).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
        let text = fs::read_to_string(file.path()).unwrap();
        let secret: Value = serde_json::from_str(&text).unwrap();
        assert!(
            secret["kind"].is_string() && secret["name"].is_string() && secret["id"].is_string()
        );
    }
    desk.run(&["plan", "--detailed-exitcode"]).code(0);
}

#[test]
fn the_run_token_of_a_warp_connector_goes_to_its_sink_and_comes_back_when_it_is_missing() {
    let office = "warpConnectors: {edge-office: {runToken: vault}}
sinks: {vault: {file: \"secrets/{kind}-{name}.json\"}}
";
    let desk = Desk {
        account: Account::new(&["example.com"]),
        tunctl: Tunctl::in_ci(&edge(office)),
    };
    desk.apply().code(0);
    let file = desk.tunctl.path("secrets/warp_connector-edge-office.json");
    let kept = || serde_json::from_slice::<Value>(&fs::read(&file).unwrap()).unwrap();
    let first = kept();
    assert_eq!(first["kind"], "warp_connector");
    let state = desk.account.control("GET", "/state", &Value::Null);
    let tunnels = state["result"]["tables"]["tunnels"].as_object().unwrap();
    assert!(tunnels.contains_key(first["id"].as_str().unwrap()));
    desk.run(&["plan", "--detailed-exitcode"]).code(0);
    fs::remove_file(&file).unwrap();
    desk.run(&["plan", "--detailed-exitcode"])
        .code(2)
        .says("its secret is not in sink");
    desk.apply().code(0);
    assert_eq!(kept(), first);
}

#[test]
fn a_file_that_git_would_track_is_refused_with_what_to_type() {
    let desk = Desk::new("{file: \"secrets/{kind}-{name}.json\"}");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(desk.tunctl.path("")).args(arguments);
        assert!(git.output().expect("git runs").status.success());
    };
    git(&["init", "--quiet"]);
    desk.run(&["plan"])
        .code(0)
        .says("git would track `secrets/service_token-edge-ci.json`")
        .says("add `secrets/` to `.gitignore`");
    desk.apply().code(1).says("git would track `secrets/");
    assert_eq!(
        desk.count("service_tokens") + desk.count("account_tokens"),
        0
    );
    assert_eq!(desk.secrets("secrets"), [""; 0]);
    desk.tunctl
        .write("secrets/service_token-edge-ci.json", "{}");
    git(&["add", "secrets"]);
    desk.tunctl.write(".gitignore", "secrets/\n");
    desk.apply()
        .code(1)
        .says("git tracks `secrets/service_token-edge-ci.json`")
        .says("git rm --cached secrets/service_token-edge-ci.json");
    git(&[
        "rm",
        "--quiet",
        "--cached",
        "secrets/service_token-edge-ci.json",
    ]);
    fs::remove_file(desk.tunctl.path("secrets/service_token-edge-ci.json")).unwrap();
    desk.apply().code(0);
    assert_eq!(desk.secrets("secrets").len(), 3);
}

/// A sink that does something wrong with what it gets, and what is said of it. They keep what they
/// get, so that it is known what must not be seen.
fn wrong() -> [(String, &'static str, &'static str); 6] {
    let keeps = format!("{STORE}.gone");
    [
        (
            format!("{keeps}; exit 3"),
            LOOK,
            "its `write` program ended with exit status: 3",
        ),
        (
            format!("{keeps}; exec sleep 60"),
            LOOK,
            "its `write` program did not end within 1 s (`--timeout`)",
        ),
        (keeps.clone(), LOOK, "and its `check` does not find it"),
        (
            format!("{keeps}; cat store/$1.gone; cat store/$1.gone >&2; exit 1"),
            LOOK,
            "its `write` program ended with exit status: 1",
        ),
        (
            STORE.to_owned(),
            "exit 7",
            "its `check` program ended with exit status: 7",
        ),
        (
            STORE.to_owned(),
            "exec sleep 60",
            "its `check` program did not end within 1 s",
        ),
    ]
}

#[test]
fn programs_that_go_wrong_are_named_and_nothing_is_lost_or_shown() {
    for (write, check, said) in wrong() {
        let desk = Desk::new(&programs(&write, check));
        let ran = desk
            .run(&["apply", "--auto-approve", "--timeout", "1s"])
            .code(1)
            .says("sink `vault`")
            .says(said);
        is_silent(&ran, &desk.secrets("store"));
        let left = desk.count("service_tokens") + desk.count("account_tokens");
        assert_eq!(left, 0, "{write}: what was made is deleted again");
        let _ = fs::remove_dir_all(desk.tunctl.path("store"));
        desk.sink(&programs(STORE, LOOK));
        is_silent(&desk.apply().code(0), &desk.secrets("store"));
        assert_eq!(desk.secrets("store").len(), 3, "{write}");
        desk.run(&["plan", "--detailed-exitcode"]).code(0);
    }
}

#[test]
fn a_program_that_tells_everything_is_not_listened_to() {
    let tell = format!("{STORE}; cat store/$1; cat store/$1 >&2");
    let desk = Desk::new(&programs(&tell, &format!("cat store/$1 >&2; {LOOK}")));
    let ran = desk.apply().code(0);
    assert_eq!(desk.secrets("store").len(), 3);
    is_silent(&ran, &desk.secrets("store"));
}

#[test]
fn a_plan_runs_no_program() {
    let desk = Desk::new(&programs("touch trace", "touch trace; exit 1"));
    for command in ["validate", "test", "plan"] {
        desk.run(&[command]).code(0);
        assert!(!desk.tunctl.path("trace").exists(), "{command}");
    }
    desk.run(&["explain", "https://app.example.com/"]);
    assert!(!desk.tunctl.path("trace").exists());
    desk.apply().code(1);
    assert!(desk.tunctl.path("trace").exists(), "the trace works");
}

#[test]
fn an_old_secret_survives_a_sink_that_fails() {
    let desk = Desk::new(&programs(STORE, LOOK));
    desk.apply().code(0);
    let token = desk.run(&["token", "run", "edge-web"]).code(0).out;
    desk.sink(&programs("exit 9", LOOK));
    for (kind, name, after) in [
        ("tunnel", "edge-web", "the old secret is in force again"),
        ("service-token", "edge-ci", "the old secret goes on working"),
        ("api-token", "edge-deploy", "what was made is deleted again"),
    ] {
        let ran = desk.run(&["rotate", kind, name, "--auto-approve"]).code(1);
        assert!(ran.out.contains(after), "{}", ran.out);
        is_silent(&ran, &desk.secrets("store"));
    }
    assert_eq!(desk.run(&["token", "run", "edge-web"]).code(0).out, token);
    assert_eq!(desk.count("account_tokens"), 1);
    let kept = fs::read(desk.tunctl.path("store/service_token-edge-ci")).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    let pair = json!({"client_id": kept["client_id"], "client_secret": kept["client_secret"]});
    let opens = desk.account.control("POST", "/service_tokens/check", &pair);
    assert_eq!(opens["result"]["secret"], "previous");
}
