//! Many clients at once over real HTTP, and a state file whose owner is killed. A sample of it
//! runs with the others; all of it, 50,000 requests and 100 kills, with
//!
//! `TUNCTL_LOAD=all cargo test --release --locked --test it emulator::load -- --nocapture`

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use futures::future::join_all;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tunctl::emulator::{Call, Emulator, Options, Rate};

use super::desk::{ACCOUNT, result};
use crate::properties::variable;
use crate::support::tunctl::Tunctl;

/// Clients at the same time, each with a connection of its own.
const CONNECTIONS: usize = 200;

/// The tunnel with the large configuration.
const LARGE: &str = "large";

/// Requests of one client in one round.
const ROUND: usize = 10;

fn scale(usual: usize, all: usize) -> usize {
    match variable("TUNCTL_LOAD").as_deref() {
        None => usual,
        Some("all") => all,
        Some(other) => panic!("TUNCTL_LOAD is `all`, not `{other}`"),
    }
}

fn runtime() -> Runtime {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn start(path: &Path) -> Emulator {
    let options = Options {
        state_file: Some(path.to_owned()),
        rate: Some(Rate {
            enforced: false,
            ..Rate::default()
        }),
        ..Options::default()
    };
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Emulator::start(any, options).await.unwrap()
}

fn state(emulator: &Emulator) -> Value {
    result(&emulator.answer(&Call::new("GET", "/_emulator/state")))
}

/// One client, with a token of its own.
#[derive(Clone)]
struct Caller {
    client: Client,
    base: String,
    token: String,
}

impl Caller {
    /// The result of a request, or what went wrong instead.
    async fn send(&self, method: Method, target: &str, body: &Value) -> Result<Value, String> {
        let request = self
            .client
            .request(method, format!("{}{target}", self.base));
        let request = request.bearer_auth(&self.token);
        let request = if body.is_null() {
            request
        } else {
            request.body(body.to_string())
        };
        let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| format!("{error:?}"))?;
        let body: Value =
            serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        if status.as_u16() == 200 && body["success"] == true {
            Ok(body["result"].clone())
        } else {
            Err(format!("{status}: {text}"))
        }
    }

    /// The same where nothing may go wrong.
    async fn must(&self, method: Method, target: &str, body: &Value) -> Value {
        let sent = self.send(method.clone(), target, body).await;
        sent.unwrap_or_else(|trouble| panic!("{method} {target}: {trouble}"))
    }

    /// Makes a tunnel with a configuration and a record, changes them, reads them back, and
    /// deletes them unless it is the last round.
    async fn round(&self, zone: &str, name: &str, last: bool) {
        let tunnels = format!("/accounts/{ACCOUNT}/cfd_tunnel");
        let records = format!("/zones/{zone}/dns_records");
        let nothing = Value::Null;
        let new = json!({"name": format!("new-{name}"), "config_src": "cloudflare"});
        let made = self.must(Method::POST, &tunnels, &new).await;
        let tunnel = format!("{tunnels}/{}", made["id"].as_str().unwrap());
        assert_eq!(
            self.must(Method::GET, &tunnel, &nothing).await["id"],
            made["id"]
        );
        self.must(Method::PATCH, &tunnel, &json!({"name": name}))
            .await;
        let configurations = format!("{tunnel}/configurations");
        let rules = json!({"config": {"ingress": [{"service": "http_status:404"}]}});
        self.must(Method::PUT, &configurations, &rules).await;
        let read = self.must(Method::GET, &configurations, &nothing).await;
        assert_eq!(read["version"], 1);
        let record =
            json!({"type": "TXT", "name": format!("{name}.example.com"), "content": "new"});
        let record = self.must(Method::POST, &records, &record).await;
        let record = format!("{records}/{}", record["id"].as_str().unwrap());
        self.must(Method::PATCH, &record, &json!({"content": name}))
            .await;
        let named = format!("{tunnels}?is_deleted=false&name={name}");
        let found = self.must(Method::GET, &named, &nothing).await;
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
        let end = if last { Method::GET } else { Method::DELETE };
        self.must(end.clone(), &tunnel, &nothing).await;
        self.must(end, &record, &nothing).await;
    }
}

/// The names that living tunnels have, and what records say.
async fn left(caller: &Caller, zone: &str) -> (Vec<String>, Vec<String>) {
    let tunnels = format!("/accounts/{ACCOUNT}/cfd_tunnel?is_deleted=false");
    let records = format!("/zones/{zone}/dns_records?per_page=5000");
    let field = |list: &Value, field: &str| {
        let items = list.as_array().unwrap().iter();
        let mut texts: Vec<String> = items
            .map(|it| it[field].as_str().unwrap().to_owned())
            .collect();
        texts.sort_unstable();
        texts
    };
    let tunnels = caller.must(Method::GET, &tunnels, &Value::Null).await;
    let records = caller.must(Method::GET, &records, &Value::Null).await;
    (field(&tunnels, "name"), field(&records, "content"))
}

#[test]
fn two_hundred_clients_at_once_lose_no_write() {
    let rounds = scale(1, 25);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("world.json");
    runtime().block_on(async {
        let emulator = start(&path).await;
        let zone = json!({"name": "example.com", "account": ACCOUNT, "plan": "enterprise"});
        let zone = emulator.answer(&Call::new("POST", "/_emulator/zones").json(&zone));
        let zone = result(&zone)["id"].as_str().unwrap().to_owned();
        let client = client();
        let caller = |index: usize| Caller {
            client: client.clone(),
            base: emulator.base_url.clone(),
            token: format!("token-{index}"),
        };
        let clients = (0..CONNECTIONS).map(|index| {
            let (caller, zone) = (caller(index), zone.clone());
            tokio::spawn(async move {
                for round in 0..rounds {
                    let name = format!("w{index:03}-{round}");
                    caller.round(&zone, &name, round + 1 == rounds).await;
                }
            })
        });
        for ended in join_all(clients).await {
            ended.expect("a client without an error");
        }
        let expected: Vec<String> = (0..CONNECTIONS)
            .map(|index| format!("w{index:03}-{}", rounds - 1))
            .collect();
        let (tunnels, records) = left(&caller(0), &zone).await;
        assert_eq!(tunnels, expected);
        let records: Vec<&str> = records.iter().map(|it| it.trim_matches('"')).collect();
        assert_eq!(records, expected);
        let copy = directory.path().join("copy.json");
        std::fs::copy(&path, &copy).unwrap();
        let again = start(&copy).await;
        assert_eq!(state(&again), state(&emulator), "the file holds the world");
        let sent = CONNECTIONS * ROUND * rounds;
        writeln!(
            std::io::stderr(),
            "load: {sent} requests over {CONNECTIONS} connections"
        )
        .unwrap();
    });
}

/// A process that is killed once so many writes have been answered.
struct Doomed {
    child: Child,
    left: usize,
    answered: BTreeSet<String>,
}

impl Doomed {
    fn note(&mut self, name: String) {
        self.answered.insert(name);
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            // On Unix this is signal 9. It may be dead already.
            self.child.kill().unwrap_or_default();
        }
    }
}

/// Starts the program, and says where it listens.
fn emulate(tunctl: &Tunctl) -> (Child, String) {
    let arguments = [
        "emulate",
        "--listen",
        "127.0.0.1:0",
        "--state",
        "world.json",
    ];
    let mut command = tunctl.command(&arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let out = child.stdout.take().expect("it is piped");
    BufReader::new(out).read_line(&mut line).unwrap();
    let base = line.split_whitespace().last().expect("an address");
    (child, base.to_owned())
}

/// Makes tunnels until nothing is answered any more.
async fn make_tunnels(caller: Caller, index: usize, doomed: Arc<Mutex<Doomed>>) {
    let tunnels = format!("/accounts/{ACCOUNT}/cfd_tunnel");
    for round in 0.. {
        let name = format!("w{index}-{round}");
        let new = json!({ "name": name });
        if caller.send(Method::POST, &tunnels, &new).await.is_err() {
            return;
        }
        doomed.lock().unwrap().note(name);
    }
}

/// Writes a large configuration until nothing is answered any more: after some 4 MB of changes
/// the file is written anew.
async fn configure(caller: Caller, doomed: Arc<Mutex<Doomed>>) {
    let tunnels = format!("/accounts/{ACCOUNT}/cfd_tunnel");
    let new = json!({"name": LARGE, "config_src": "cloudflare"});
    let Ok(tunnel) = caller.send(Method::POST, &tunnels, &new).await else {
        return;
    };
    let id = tunnel["id"].as_str().unwrap();
    let configuration = format!("{tunnels}/{id}/configurations");
    let rule = |index: usize| {
        let host = format!("h{index}.{}.example.com", "a".repeat(60));
        json!({"hostname": host, "service": "http://localhost:1"})
    };
    let mut rules: Vec<Value> = (0..2_000).map(rule).collect();
    rules.push(json!({"service": "http_status:404"}));
    let body = json!({"config": {"ingress": rules}});
    for version in 1.. {
        let sent = caller.send(Method::PUT, &configuration, &body).await;
        if sent.is_err() {
            return;
        }
        doomed.lock().unwrap().note(format!("version {version}"));
    }
}

/// What a state file holds: the names of all tunnels, and every version that has been written.
async fn kept(path: &Path) -> BTreeSet<String> {
    let emulator = start(path).await;
    let read = |target: &str| {
        let target = format!("/client/v4/accounts/{ACCOUNT}/cfd_tunnel{target}");
        result(&emulator.answer(&Call::new("GET", &target).bearer("x")))
    };
    let mut kept = BTreeSet::new();
    for tunnel in read("").as_array().expect("a list") {
        let name = tunnel["name"].as_str().expect("a name");
        if name == LARGE {
            let id = tunnel["id"].as_str().expect("an id");
            let configuration = read(&format!("/{id}/configurations"));
            let version = configuration["version"].as_u64().expect("a number");
            kept.extend((1..=version).map(|it| format!("version {it}")));
        } else {
            kept.insert(name.to_owned());
        }
    }
    kept
}

#[test]
fn a_killed_emulator_leaves_every_answered_write_behind() {
    let tries = scale(3, 100);
    let runtime = runtime();
    let mut answered = 0;
    for number in 0..tries {
        let tunctl = Tunctl::new();
        let (child, base) = emulate(&tunctl);
        let doomed = Arc::new(Mutex::new(Doomed {
            child,
            left: 1 + number * 37 % 400,
            answered: BTreeSet::new(),
        }));
        runtime.block_on(async {
            let client = client();
            let writers = (0..20).map(|index| {
                let caller = Caller {
                    client: client.clone(),
                    base: base.clone(),
                    token: format!("token-{index}"),
                };
                let doomed = Arc::clone(&doomed);
                if index == 0 {
                    tokio::spawn(configure(caller, doomed))
                } else {
                    tokio::spawn(make_tunnels(caller, index, doomed))
                }
            });
            for ended in join_all(writers).await {
                ended.expect("a writer ends by itself");
            }
            doomed.lock().unwrap().child.wait().unwrap();
            let kept = kept(&tunctl.path("world.json")).await;
            let known = &doomed.lock().unwrap().answered;
            let lost: Vec<&String> = known.difference(&kept).collect();
            assert!(lost.is_empty(), "try {number} lost {lost:?}");
            assert!(
                kept.len() <= known.len() + 20,
                "at most one unanswered write each"
            );
            answered += known.len();
        });
    }
    writeln!(
        std::io::stderr(),
        "load: {answered} answered writes before {tries} kills"
    )
    .unwrap();
}
