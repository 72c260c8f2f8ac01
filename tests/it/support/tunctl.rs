//! The real binary, as a user runs it: an empty directory, a scrubbed environment, no colour.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tunctl::emulator::{DEFAULT_ACCOUNT, Emulator, Options};

/// A directory of its own, and the command line to run in it.
pub(crate) struct Tunctl {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; -1 if a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Tunctl {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// A directory with `tunctl.yaml`.
    pub(crate) fn with_manifest(text: &str) -> Self {
        let tunctl = Self::new();
        tunctl.write("tunctl.yaml", text);
        tunctl
    }

    /// The same with credentials, as CI has them.
    pub(crate) fn in_ci(manifest: &str) -> Self {
        Self::with_manifest(manifest)
            .env("CLOUDFLARE_API_TOKEN", "test")
            .env("CLOUDFLARE_ACCOUNT_ID", DEFAULT_ACCOUNT)
    }

    /// Sets an environment variable for all runs.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file; directories are made.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).unwrap();
        }
        fs::write(path, text).unwrap();
    }

    /// A path in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The command, ready to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tunctl"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }
}

impl Ran {
    /// Asserts the exit code; shows everything if it is another one.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}\n{}", self.out, self.err);
        self
    }

    /// Asserts a part of standard output.
    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Self {
        assert!(self.out.contains(part), "no {part:?} in\n{}", self.out);
        self
    }

    /// Asserts a part of standard error.
    #[track_caller]
    pub(crate) fn complains(self, part: &str) -> Self {
        // A diagnostic may be wrapped anywhere.
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let err = words(&self.err.replace('│', " "));
        assert!(err.contains(&words(part)), "no {part:?} in\n{}", self.err);
        self
    }
}

/// An account over real HTTP, and the means to disturb it.
pub(crate) struct Account {
    runtime: Runtime,
    /// Taken when it ends.
    emulator: Option<Emulator>,
    client: reqwest::Client,
}

impl Account {
    /// An account with zones.
    pub(crate) fn new(zones: &[&str]) -> Self {
        // A thread of its own: the emulator answers while a test waits for the binary.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = Options {
            zones: zones
                .iter()
                .map(|zone| (DEFAULT_ACCOUNT.to_owned(), (*zone).to_owned()))
                .collect(),
            ..Options::default()
        };
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let emulator = runtime.block_on(Emulator::start(any, options)).unwrap();
        // The provider may have been installed by another test.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            runtime,
            emulator: Some(emulator),
            client,
        }
    }

    /// What `--api-url` takes.
    pub(crate) fn url(&self) -> String {
        self.emulator
            .as_ref()
            .map(|it| it.base_url.clone())
            .unwrap()
    }

    /// Calls the control API.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = self.url();
        let url = url.replace("/client/v4", &format!("/_emulator{path}"));
        self.call(method, &url, body)
    }

    /// Calls the API itself, as somebody else would.
    pub(crate) fn api(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("{}{path}", self.url()), body)
    }

    fn call(&self, method: &str, url: &str, body: &Value) -> Value {
        let method = method.parse().unwrap();
        let request = self.client.request(method, url).body(body.to_string());
        let request = request.bearer_auth("somebody");
        let text = self.runtime.block_on(async {
            let reply = request.send().await.unwrap();
            let status = reply.status();
            let text = reply.text().await.unwrap();
            assert!(status.is_success(), "{text}");
            text
        });
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Calls the API past tunctl: by hand.
    pub(crate) fn by_hand(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.url());
        let method = method.parse().unwrap();
        let request = self.client.request(method, url).bearer_auth("hand");
        let request = if body.is_null() {
            request
        } else {
            let request = request.header("content-type", "application/json");
            request.body(body.to_string())
        };
        let text = self.runtime.block_on(async {
            let reply = request.send().await.unwrap();
            let status = reply.status();
            let text = reply.text().await.unwrap();
            assert!(status.is_success(), "{path}: {text}");
            text
        });
        let answer: Value = serde_json::from_str(&text).unwrap();
        answer["result"].clone()
    }

    /// The id of an object in a list, by a field.
    pub(crate) fn id_of(&self, path: &str, field: &str, value: &str) -> String {
        let list = self.by_hand("GET", path, &Value::Null);
        let mut found = list.as_array().unwrap().iter();
        let found = found.find(|it| it[field] == value);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Makes something go wrong from now on.
    pub(crate) fn fault(&self, rule: &Value) {
        self.control("POST", "/faults", rule);
    }

    /// Lets everything go right again.
    pub(crate) fn mend(&self) {
        self.control("DELETE", "/faults", &json!({}));
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if let Some(emulator) = self.emulator.take() {
            // It keeps no file, so there is nothing to lose.
            let _ = self.runtime.block_on(emulator.stop());
        }
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
