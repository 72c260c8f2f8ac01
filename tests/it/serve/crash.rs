//! `kill -9` of the real binary at every request of a create and of a delete, before what it asks
//! for is done and after; and a start with the same store.
//!
//! Nothing here sleeps: the emulator holds the request, and its log says when it has come.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::serve::token;

use super::served::{OWNER, audit};
use crate::support::tunctl::{Account, Tunctl};

/// Longer than any test waits; the process is killed meanwhile.
const HELD: u64 = 600_000;

/// More polls than any end takes.
const POLLS: usize = 100_000;

/// The service as a process.
pub(super) struct Process {
    tunctl: Tunctl,
    pub(super) child: Child,
    pub(super) url: String,
}

impl Process {
    pub(super) fn start(account: &Account, store: &Path, more: &[&str]) -> Self {
        let tunctl = Tunctl::new()
            .env("CLOUDFLARE_API_TOKEN", "cloudflare-secret")
            .env("CLOUDFLARE_ACCOUNT_ID", DEFAULT_ACCOUNT);
        tunctl.write(
            "tokens",
            &format!("alice sha256:{}\n", token::hashed(OWNER)),
        );
        let (url, store) = (account.url(), store.to_str().unwrap());
        let words = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tokens",
            "tokens",
            "--base-domain",
        ];
        let more = [
            &[
                "tunnel.example.com",
                "--api-url",
                &url,
                "--store",
                store,
                "--parallelism",
                "1",
                "--drain-timeout",
                "0s",
            ],
            more,
        ]
        .concat();
        let mut command = tunctl.command(&[&words[..], &more].concat());
        let errors = std::fs::File::create(tunctl.path("log")).unwrap();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.as_mut().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        let process = Self { tunctl, child, url };
        assert!(process.url.starts_with("http"), "{}", process.log());
        process
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.tunctl.path("log")).unwrap()
    }

    pub(super) fn log_path(&self) -> PathBuf {
        self.tunctl.path("log")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request, whose answer may never come.
fn ask(url: &str, method: &str, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.request(method.parse().unwrap(), format!("{url}{path}"));
    let request = request
        .bearer_auth(OWNER)
        .body(body.map(|it| it.to_string()).unwrap_or_default());
    runtime.block_on(async {
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let text = answer.text().await.ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    })
}

/// An account with a tunnel that has a connector, if it is about its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    Create,
    /// Its connections are gone when it is deleted.
    Delete,
    /// They are not.
    Busy,
}

impl Scene {
    fn asked(self) -> (&'static str, &'static str, Option<Value>) {
        let wanted = json!({"port": 3000, "requestedSlug": "doomed"});
        match self {
            Self::Create => ("POST", "/v1/tunnels", Some(wanted)),
            Self::Delete | Self::Busy => ("DELETE", "/v1/tunnels/doomed", None),
        }
    }
}

fn seen(account: &Account) -> u64 {
    account.control("GET", "/requests", &Value::Null)["result"]["seen"]
        .as_u64()
        .unwrap()
}

fn remote(account: &Account) -> Option<String> {
    let path = format!("/accounts/{DEFAULT_ACCOUNT}/cfd_tunnel?is_deleted=false&name=serve-doomed");
    account.api("GET", &path, &Value::Null)["result"][0]["id"]
        .as_str()
        .map(str::to_owned)
}

fn begin(scene: Scene) -> (Account, TempDir, Process) {
    let account = Account::new(&["example.com"]);
    let store = tempfile::tempdir().unwrap();
    let process = Process::start(&account, store.path(), &[]);
    if scene != Scene::Create {
        let (method, path, body) = Scene::Create.asked();
        assert_eq!(ask(&process.url, method, path, body).unwrap().0, 200);
    }
    if scene == Scene::Busy {
        let path = format!("/tunnels/{}/connectors", remote(&account).unwrap());
        account.control("POST", &path, &json!({}));
    }
    account.control("DELETE", "/requests", &Value::Null);
    (account, store, process)
}

/// How many requests a scene has when nobody is killed.
fn calm(scene: Scene) -> u64 {
    let (account, _store, process) = begin(scene);
    let start = seen(&account);
    let (method, path, body) = scene.asked();
    let (status, said) = ask(&process.url, method, path, body).unwrap();
    assert_eq!(
        status,
        if scene == Scene::Busy { 503 } else { 200 },
        "{said}"
    );
    seen(&account) - start
}

fn killed(scene: Scene, number: u64, after: bool) {
    let what = format!("{scene:?} killed at {number}, after: {after}");
    let (account, store, mut process) = begin(scene);
    let start = seen(&account);
    account.fault(&json!({"nth": number, "effect": {"latency": HELD}}));
    if !after {
        account.fault(&json!({"nth": number, "effect": {"reset": "before"}}));
    }
    let url = process.url.clone();
    let (method, path, body) = scene.asked();
    let asking = std::thread::spawn(move || ask(&url, method, path, body));
    while seen(&account) - start < number {
        assert!(!asking.is_finished(), "{what}: it was answered before");
    }
    process.child.kill().unwrap();
    process.child.wait().unwrap();
    assert_eq!(asking.join().unwrap(), None, "{what}");
    account.mend();
    if scene == Scene::Busy
        && let Some(id) = remote(&account)
    {
        account.control("DELETE", &format!("/tunnels/{id}/connectors"), &json!({}));
    }
    let again = Process::start(&account, store.path(), &[]);
    finish(scene, &again, &what);
    let state = account.control("GET", "/state", &Value::Null)["result"]["tables"].clone();
    let tunnels = state["tunnels"].as_object().unwrap();
    assert!(
        tunnels.values().all(|it| !it["deleted_at"].is_null()),
        "{what}: {tunnels:?}"
    );
    assert!(
        state["records"]
            .as_object()
            .is_none_or(serde_json::Map::is_empty),
        "{what}"
    );
    let stops = audit(store.path(), "tunnel.stopped");
    assert_eq!(stops.len(), tunnels.len(), "{what}: {stops:?}");
}

/// After the start everything ends by itself; but an end that was not on disk when the process
/// died was never promised, and is asked for again.
fn finish(scene: Scene, process: &Process, what: &str) {
    let path = "/v1/tunnels?includeInactive=1";
    let over = |list: &Value| {
        let list = list.as_array().unwrap();
        list.iter()
            .all(|it| it["status"] == "stopped" || it["status"] == "failed")
    };
    for _ in 0..POLLS {
        let (_, list) = ask(&process.url, "GET", path, None)
            .unwrap_or_else(|| panic!("{what}: {}", process.log()));
        if over(&list) {
            return;
        }
        assert_ne!(list[0]["status"], "creating", "{what}");
        if list[0]["status"] == "active" {
            assert_ne!(
                scene,
                Scene::Create,
                "{what}: whoever asked was never answered"
            );
            ask(&process.url, "DELETE", "/v1/tunnels/doomed", None);
        }
    }
    panic!("{what}: it does not end: {}", process.log());
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is asked for")]
fn a_service_that_was_killed_at_any_request_goes_on_where_it_was() {
    // All of them with `TUNCTL_KILLS=all`.
    let step = match std::env::var_os("TUNCTL_KILLS") {
        Some(all) if all == "all" => 1,
        Some(_) | None => 6,
    };
    let mut kills = 0;
    for scene in [Scene::Create, Scene::Delete, Scene::Busy] {
        let requests = calm(scene);
        let moments = (1..=requests).flat_map(|it| [(it, false), (it, true)]);
        for (number, after) in moments.skip(kills % step).step_by(step) {
            killed(scene, number, after);
            kills += 1;
        }
        println!("{scene:?}: {requests} requests");
    }
    println!("{kills} kills");
    assert!(kills >= 5);
}
