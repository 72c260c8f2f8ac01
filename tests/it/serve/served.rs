//! A service with its account, its store and its clock.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tunctl::api::base::Base;
use tunctl::api::http::HttpSettings;
use tunctl::api::{Client, Clock, Credentials, Http};
use tunctl::apply::Stop;
use tunctl::desired::Drain;
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::serve::http::{Limits, Server, document};
use tunctl::serve::{Engine, Estate, Service, Settings, Shelf, Tokens, token};
use tunctl::store::{Clocks, Store};

use crate::support::tunctl::Account;

/// Two owners' tokens.
pub(super) const OWNER: &str = "owner-token-0123456789abcdef0123456789";
pub(super) const OTHER: &str = "other-token-0123456789abcdef0123456789";

/// More polls than any end takes.
const POLLS: usize = 20_000;

/// A clock that a test moves.
#[derive(Default)]
pub(super) struct Hand(Mutex<Held>);

#[derive(Default)]
struct Held {
    now: Duration,
    sleepers: Vec<(Duration, oneshot::Sender<()>)>,
}

impl Hand {
    pub(super) fn advance(&self, seconds: u64) {
        let mut held = self.0.lock().unwrap();
        held.now += Duration::from_secs(seconds);
        let now = held.now;
        let (awake, asleep) = std::mem::take(&mut held.sleepers)
            .into_iter()
            .partition(|(until, _)| *until <= now);
        held.sleepers = asleep;
        for (_, wake) in awake {
            let _ = wake.send(());
        }
    }
}

impl Clocks for Hand {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    fn wall(&self) -> Timestamp {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        start + SignedDuration::try_from(Clocks::now(self)).unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let (wake, woken) = oneshot::channel();
        let mut held = self.0.lock().unwrap();
        let until = held.now + duration;
        held.sleepers.retain(|(_, it)| !it.is_canceled());
        held.sleepers.push((until, wake));
        Box::pin(async move {
            let _ = woken.await;
        })
    }
}

/// For requests to Cloudflare: waiting costs nothing.
#[derive(Default)]
struct Jumping(Mutex<Duration>);

impl Clock for Jumping {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        *self.0.lock().unwrap() += duration;
        // Others are let go on: who waits without an end must not keep them from theirs.
        Box::pin(tokio::task::yield_now())
    }
}

struct Running {
    addr: SocketAddr,
    stop: Arc<Stop>,
    thread: JoinHandle<()>,
}

/// The service.
pub(super) struct Served {
    pub(super) account: Account,
    pub(super) clock: Arc<Hand>,
    pub(super) settings: Settings,
    pub(super) limits: Limits,
    pub(super) quotas: [u32; 2],
    store: TempDir,
    running: RefCell<Option<Running>>,
    pub(super) runtime: Runtime,
    pub(super) client: reqwest::Client,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Said {
    pub(super) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub(super) fn is(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
        self
    }
}

impl Served {
    pub(super) fn new() -> Self {
        let served = Self::idle();
        served.start();
        served
    }

    /// One that is not started yet, to be changed before.
    pub(super) fn idle() -> Self {
        let account = Account::new(&["example.com"]);
        let settings = Settings {
            stack: "serve".to_owned(),
            account: DEFAULT_ACCOUNT.to_owned(),
            domain: "tunnel.example.com".to_owned(),
            lease: Duration::from_mins(1),
            beat: Duration::from_secs(20),
            drain: Drain::Wait { seconds: 0 },
            total: 900,
            creates: 1_000_000,
            requests: 1_000_000,
            background: 8,
            host: "test".to_owned(),
        };
        Self {
            account,
            clock: Arc::default(),
            settings,
            limits: Limits::default(),
            quotas: [5, 5],
            store: tempfile::tempdir().unwrap(),
            running: RefCell::new(None),
            runtime: Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
            client: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
        }
    }

    fn tokens(&self) -> Tokens {
        let line = |owner: &str, token: &str, max: u32| {
            format!("{owner} sha256:{} max={max}\n", token::hashed(token))
        };
        let text = line("alice", OWNER, self.quotas[0]) + &line("bob", OTHER, self.quotas[1]);
        Tokens::parse(&text).unwrap()
    }

    pub(super) fn start(&self) {
        let (settings, limits, tokens) =
            (self.settings.clone(), self.limits.clone(), self.tokens());
        let clock: Arc<dyn Clocks> = Arc::<Hand>::clone(&self.clock);
        let (url, place) = (
            self.account.url(),
            self.store().to_str().unwrap().to_owned(),
        );
        let stop = Arc::new(Stop::default());
        let (told, addr) = std::sync::mpsc::channel();
        let stopping = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let jumping: Arc<dyn Clock> = Arc::<Jumping>::default();
                let client = client(&url, &jumping);
                let store = Store::open(&place, &BTreeMap::new()).unwrap();
                let shelf = Shelf::new(store.clone(), &settings.account, &settings.stack);
                let estate = Estate {
                    client: &client,
                    clock: jumping.as_ref(),
                    clocks: Arc::clone(&clock),
                    store: &store,
                    account: settings.account.clone(),
                    stack: settings.stack.clone(),
                    drain: settings.drain,
                    scope: RefCell::new(None),
                };
                let records = shelf.load().await.unwrap();
                let (service, jobs) = Service::new(settings, tokens, clock, Box::new(|| true));
                service.load(records);
                let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let server = Server::start(any, Arc::clone(&service), limits, None).unwrap();
                told.send(server.addr).unwrap();
                let engine = Engine {
                    service,
                    estate,
                    shelf,
                };
                engine.run(jobs, &stopping).await;
                server.stop();
            });
        });
        let addr = addr.recv().unwrap();
        *self.running.borrow_mut() = Some(Running { addr, stop, thread });
    }

    /// Ends it in good order.
    pub(super) fn stop(&self) {
        if let Some(Running { stop, thread, .. }) = self.running.borrow_mut().take() {
            stop.set();
            // A panic there fails the test that asked.
            assert!(thread.join().is_ok() || std::thread::panicking());
        }
    }

    pub(super) fn store(&self) -> &Path {
        self.store.path()
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.running.borrow().as_ref().unwrap().addr
    }

    /// Lifts Cloudflare's rate limit, for those who ask more than it allows.
    pub(super) fn unlimited(&self) {
        let rate =
            json!({"rate": {"quota": 100_000_000, "window": 300, "penalty": 0, "enforced": false}});
        self.account.control("PATCH", "/settings", &rate);
    }

    pub(super) fn ask(&self, token: &str, method: &str, path: &str, body: &Value) -> Said {
        let body = (!body.is_null()).then(|| body.to_string());
        let request = self.request(token, method, path, body);
        self.runtime.block_on(send(request, method, path))
    }

    pub(super) fn request(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.addr());
        let mut request = self.client.request(method.parse().unwrap(), url);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        request
    }

    #[track_caller]
    pub(super) fn create(&self, slug: &str) -> Value {
        let wanted = json!({"port": 3000, "requestedSlug": slug});
        self.ask(OWNER, "POST", "/v1/tunnels", &wanted)
            .is(200, "")
            .body
    }

    pub(super) fn delete(&self, reference: &str) -> Said {
        self.ask(
            OWNER,
            "DELETE",
            &format!("/v1/tunnels/{reference}"),
            &Value::Null,
        )
    }

    pub(super) fn beat(&self, token: &str, reference: &str) -> Said {
        let path = format!("/v1/tunnels/{reference}/heartbeat");
        self.ask(token, "POST", &path, &Value::Null)
    }

    /// The state of a tunnel of the owner, by its slug; of the one that lives, if one does.
    pub(super) fn state(&self, slug: &str) -> String {
        let list = self.ask(
            OWNER,
            "GET",
            "/v1/tunnels?includeInactive=true",
            &Value::Null,
        );
        let list = list.body.as_array().unwrap().iter();
        let named: Vec<&str> = list
            .filter(|it| it["slug"] == slug)
            .map(|it| it["status"].as_str().unwrap())
            .collect();
        let is_over = |it: &&&str| ["stopped", "failed"].contains(*it);
        let living = named.iter().find(|it| !is_over(it));
        living.or(named.last()).map_or("absent", |it| it).to_owned()
    }

    /// Polls until a tunnel is in a state.
    #[track_caller]
    pub(super) fn until(&self, slug: &str, state: &str) {
        let reached = (0..POLLS).any(|_| self.state(slug) == state);
        assert!(reached, "{slug} is {}, not {state}", self.state(slug));
    }

    /// The living tunnels at Cloudflare by name, and the hostnames of records.
    pub(super) fn live(&self) -> (Vec<String>, Vec<String>) {
        let state = self.account.control("GET", "/state", &Value::Null);
        let table = |name: &str| {
            let table = state["result"]["tables"][name].as_object().cloned();
            table.unwrap_or_default().into_iter().map(|(_, it)| it)
        };
        let living = table("tunnels").filter(|it| it["deleted_at"].is_null());
        let name = |it: Value| it["name"].as_str().unwrap().to_owned();
        let (mut tunnels, mut records): (Vec<_>, Vec<_>) = (
            living.map(name).collect(),
            table("records").map(name).collect(),
        );
        tunnels.sort();
        records.sort();
        (tunnels, records)
    }

    /// Cloudflare's id of a tunnel of the service.
    pub(super) fn remote(&self, slug: &str) -> String {
        let path =
            format!("/accounts/{DEFAULT_ACCOUNT}/cfd_tunnel?is_deleted=false&name=serve-{slug}");
        let found = self.account.api("GET", &path, &Value::Null);
        found["result"][0]["id"].as_str().unwrap().to_owned()
    }

    pub(super) fn connect(&self, slug: &str) {
        let path = format!("/tunnels/{}/connectors", self.remote(slug));
        self.account.control("POST", &path, &json!({}));
    }

    pub(super) fn disconnect(&self, slug: &str) {
        let path = format!("/tunnels/{}/connectors", self.remote(slug));
        self.account.control("DELETE", &path, &json!({}));
    }

    /// The audit log's entries of an action.
    pub(super) fn audit(&self, action: &str) -> Vec<Value> {
        audit(self.store(), action)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(super) fn audit(store: &Path, action: &str) -> Vec<Value> {
    let path = store.join(DEFAULT_ACCOUNT).join("audit.jsonl");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|it| it["action"] == action).collect()
}

fn client(url: &str, clock: &Arc<dyn Clock>) -> Client<Http> {
    let http = Http::new(&HttpSettings {
        base: Base::parse(url).unwrap(),
        ..HttpSettings::default()
    });
    let settings = tunctl::api::Settings {
        clock: Arc::clone(clock),
        ..tunctl::api::Settings::default()
    };
    Client::new(http.unwrap(), Credentials::token("test").unwrap(), settings)
}

/// Sends a request, and holds the answer against the API's own description.
pub(super) async fn send(request: reqwest::RequestBuilder, method: &str, path: &str) -> Said {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    described(method, path, status, &body);
    Said { status, body }
}

/// The schemas of every answer, by method, path and status.
static ANSWERS: LazyLock<BTreeMap<(String, String, u16), jsonschema::Validator>> =
    LazyLock::new(|| {
        let api = document();
        let mut all = BTreeMap::new();
        for (path, methods) in api["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
                    let mut schema = answer["content"]["application/json"]["schema"].clone();
                    schema["components"] = api["components"].clone();
                    let key = (method.to_uppercase(), path.clone(), status.parse().unwrap());
                    all.insert(key, jsonschema::validator_for(&schema).unwrap());
                }
            }
        }
        all
    });

fn described(method: &str, path: &str, status: u16, body: &Value) {
    let path = path.split('?').next().unwrap();
    let route = match path.strip_prefix("/v1/tunnels/") {
        Some(id) if id.ends_with("/heartbeat") => "/v1/tunnels/{id}/heartbeat",
        Some(id) if !id.contains('/') && method == "DELETE" => "/v1/tunnels/{id}",
        Some(_) => return,
        None => path,
    };
    if body["statusCode"] == 404 || !route.starts_with("/v1") {
        return;
    }
    let key = (method.to_owned(), route.to_owned(), status);
    let schema = ANSWERS.get(&key);
    let schema = schema.unwrap_or_else(|| panic!("{key:?} is in no description: {body}"));
    let wrong: Vec<String> = schema.iter_errors(body).map(|it| it.to_string()).collect();
    assert!(wrong.is_empty(), "{key:?} {body}\n{wrong:?}");
}
