//! An account and a store that outlive the directories of single runs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use tunctl::emulator::DEFAULT_ACCOUNT;

use crate::support::tunctl::{Account, Ran, Tunctl};

/// The manifest of stack `edge`, which owns `edge-*`.
pub(super) fn edge(sections: &str) -> String {
    let owns = "owns: {tunnels: [edge-*], serviceTokens: [edge-*]}";
    format!("version: 1\nstack: edge\naccount: ${{CLOUDFLARE_ACCOUNT_ID}}\n{owns}\n{sections}")
}

/// An account over HTTP, and a directory that is a store.
pub(super) struct Place {
    pub(super) account: Account,
    store: TempDir,
}

impl Place {
    /// An empty account with zone `example.com`.
    pub(super) fn new() -> Self {
        Self {
            account: Account::new(&["example.com"]),
            store: tempfile::tempdir().unwrap(),
        }
    }

    /// The store's path.
    pub(super) fn store(&self) -> &Path {
        self.store.path()
    }

    /// A run in an empty directory with a manifest, and its end.
    pub(super) fn run(&self, manifest: &str, words: &[&str]) -> Ran {
        self.run_with(manifest, words, self.store())
    }

    /// The same with another store.
    pub(super) fn run_with(&self, manifest: &str, words: &[&str], store: &Path) -> Ran {
        let (url, store) = (self.account.url(), store.to_str().unwrap());
        Tunctl::in_ci(manifest).run(&at(words, store, &url))
    }

    /// Makes the account as a manifest says.
    pub(super) fn apply(&self, manifest: &str) -> Ran {
        self.run(manifest, &["apply", "--auto-approve"])
    }

    /// Everything that the account holds.
    pub(super) fn state(&self) -> Value {
        self.account.control("GET", "/state", &Value::Null)["result"].clone()
    }

    /// Puts the account back.
    pub(super) fn restore(&self, state: &Value) {
        self.account.mend();
        self.account.control("PUT", "/state", state);
        self.account.control("DELETE", "/requests", &Value::Null);
    }

    /// The id of the living tunnel with a name.
    pub(super) fn tunnel(&self, name: &str) -> Option<String> {
        let state = self.state();
        let tunnels = state["tables"]["tunnels"].as_object()?;
        let mut living = tunnels.iter().filter(|(_, it)| it["deleted_at"].is_null());
        let found = living.find(|(_, it)| it["name"] == name);
        found.map(|(id, _)| id.clone())
    }

    /// Starts a connector of a tunnel.
    pub(super) fn connect(&self, name: &str) {
        let path = format!("/tunnels/{}/connectors", self.tunnel(name).unwrap());
        self.account.control("POST", &path, &json!({}));
    }

    /// Stops all connectors of a tunnel.
    pub(super) fn disconnect(&self, name: &str) {
        let path = format!("/tunnels/{}/connectors", self.tunnel(name).unwrap());
        self.account.control("DELETE", &path, &Value::Null);
    }

    /// The hostnames that have a record.
    pub(super) fn hostnames(&self) -> Vec<String> {
        let state = self.state();
        let records = state["tables"]["records"].as_object().unwrap().values();
        let mut names: Vec<String> = records
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    /// The calls that were answered since the log was emptied: `DELETE …/cfd_tunnel/ID 200`.
    pub(super) fn calls(&self, method: &str) -> Vec<String> {
        let log = self.account.control("GET", "/requests", &Value::Null);
        let requests = log["result"]["requests"].as_array().unwrap().clone();
        let requests = requests.iter().filter(|it| it["method"] == method);
        requests
            .map(|it| format!("{} {}", it["path"].as_str().unwrap(), it["status"]))
            .collect()
    }

    /// The entries of the audit log.
    pub(super) fn audit(&self) -> Vec<Value> {
        audit(self.store())
    }

    /// The teardowns that the store remembers.
    pub(super) fn stopping(&self) -> Vec<Value> {
        stopping(self.store())
    }
}

/// The command line with the account and the store.
pub(super) fn at<'a>(words: &[&'a str], store: &'a str, url: &'a str) -> Vec<&'a str> {
    let places = ["--api-url", url, "--store", store];
    words.iter().copied().chain(places).collect()
}

/// The entries of the audit log of a store.
pub(super) fn audit(store: &Path) -> Vec<Value> {
    let path = store.join(DEFAULT_ACCOUNT).join("audit.jsonl");
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a line is an entry"))
        .collect()
}

/// The entries about the end of tunnels.
pub(super) fn stops(store: &Path) -> Vec<Value> {
    let entries = audit(store).into_iter();
    entries
        .filter(|it| it["action"] == "tunnel.stopped")
        .collect()
}

/// The teardowns that a store remembers.
pub(super) fn stopping(store: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![store.join(DEFAULT_ACCOUNT).join("stopping")];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "json") {
                let text = fs::read_to_string(path).unwrap();
                found.push(serde_json::from_str(&text).expect("a teardown is JSON"));
            }
        }
    }
    found
}
