//! Processes that write to an account whenever they hold its lock, while others kill and freeze
//! them.
//!
//! It takes real time, because only real processes can be frozen. Nothing is asserted about how
//! long anything takes; `TUNCTL_TAKEOVERS` says how often the lock changes hands.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use futures::stream;
use serde_json::{Value, json};
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::store::{Holder, Lease, Terms, Wanted};

use crate::store::{Place, run};
use crate::support::tunctl::Account;

/// How often the lock changes hands where nobody says so.
const TAKEOVERS: usize = 8;

/// How many processes want it.
const CREW: usize = 4;

/// The design's terms, a hundred times as fast.
const TERMS: Terms = Terms {
    lease: Duration::from_millis(600),
    renew: Duration::from_millis(200),
    timeout: Duration::from_millis(200),
    margin: Duration::from_millis(100),
};

/// How long nobody may say anything before the test gives up.
const PATIENCE: Duration = Duration::from_mins(2);

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.into_string().unwrap())
}

/// Processes, and what they say.
struct Crew<'a> {
    place: &'a Place,
    target: String,
    members: Vec<Child>,
    heard: Receiver<(usize, String)>,
    speak: Sender<(usize, String)>,
}

impl<'a> Crew<'a> {
    fn new(place: &'a Place, target: String) -> Self {
        let (speak, heard) = channel();
        let mut crew = Self {
            place,
            target,
            members: Vec::new(),
            heard,
            speak,
        };
        for _ in 0..CREW {
            crew.hire();
        }
        crew
    }

    /// Starts one. Every other one is, as far as the lock knows, a machine of its own; the clocks
    /// of all differ by up to 10 s.
    fn hire(&mut self) {
        let number = self.members.len();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "lock::takeover::child_that_writes", "--ignored"])
            .env("TUNCTL_TEST_PLACE", &self.place.address)
            .env("TUNCTL_TEST_TARGET", &self.target)
            .env("TUNCTL_TEST_AHEAD", ["5", "-5", "0"][number % 3])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(url) = self.place.environment.get("AWS_ENDPOINT_URL") {
            command.env("TUNCTL_TEST_S3", url);
        }
        if number.is_multiple_of(2) {
            command.env("TUNCTL_TEST_MACHINE", number.to_string());
        }
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let speak = self.speak.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Nobody listens any more when the test has ended.
                let _ = speak.send((number, line));
            }
        });
        self.members.push(child);
    }

    /// Waits until a member, or any but one, says a word.
    fn hear(&self, word: &str, fits: impl Fn(usize) -> bool) -> usize {
        loop {
            let heard = self.heard.recv_timeout(PATIENCE);
            let (number, line) = heard.expect("somebody takes the lock and writes");
            if line == word && fits(number) {
                return number;
            }
        }
    }

    fn signal(&self, number: usize, signal: &str) {
        let pid = self.members[number].id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    fn kill(&mut self, number: usize) {
        self.members[number].kill().unwrap();
        self.members[number].wait().unwrap();
    }
}

impl Drop for Crew<'_> {
    fn drop(&mut self) {
        for member in &mut self.members {
            // Those that were killed are gone already.
            let _ = member.kill();
            let _ = member.wait();
        }
    }
}

/// Lets the lock change hands, and looks at what the account saw.
fn change_hands(place: &Place) {
    let account = Account::new(&[]);
    let target = format!("{}/accounts/{DEFAULT_ACCOUNT}/cfd_tunnel", account.url());
    let takeovers = variable("TUNCTL_TAKEOVERS").map_or(TAKEOVERS, |it| it.parse().unwrap());
    let mut crew = Crew::new(place, target);
    let mut holder = crew.hear("took", |_| true);
    for round in 0..takeovers {
        crew.hear("wrote", |it| it == holder);
        let freeze = round % 2 == 0;
        if freeze {
            crew.signal(holder, "-STOP");
        } else {
            crew.kill(holder);
            crew.hire();
        }
        let next = crew.hear("took", |it| it != holder);
        if freeze {
            crew.signal(holder, "-CONT");
        }
        holder = next;
    }
    crew.hear("wrote", |it| it == holder);
    drop(crew);
    let log = account.control("GET", "/requests", &Value::Null);
    let tenures = tenures(&log["result"]["requests"]);
    let held: std::collections::BTreeSet<u64> = tenures.iter().copied().collect();
    assert!(held.len() > takeovers, "{} of {takeovers}", held.len());
    assert!(tenures.is_sorted(), "writes interleave: {tenures:?}");
}

/// Under which lease each request was sent, in the order in which they came.
fn tenures(requests: &Value) -> Vec<u64> {
    let mut requests: Vec<&Value> = requests.as_array().unwrap().iter().collect();
    requests.sort_unstable_by_key(|it| it["n"].as_u64());
    let queries = requests.iter().map(|it| it["query"].as_str().unwrap());
    let of = queries.filter_map(|query| query.strip_prefix("tenure="));
    of.map(|tenure| tenure.parse().unwrap()).collect()
}

#[test]
fn writes_of_two_holders_never_interleave_in_a_directory() {
    change_hands(&Place::directory());
}

#[cfg(feature = "cloud-stores")]
#[test]
fn writes_of_two_holders_never_interleave_in_a_bucket() {
    change_hands(&Place::real().unwrap_or_else(Place::bucket));
}

fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{word}")
        .and_then(|()| out.flush())
        .unwrap();
}

#[test]
#[ignore = "is killed by the tests above"]
fn child_that_writes() {
    let place = variable("TUNCTL_TEST_PLACE").unwrap();
    let place = Place::named(place, variable("TUNCTL_TEST_S3"));
    let ahead = variable("TUNCTL_TEST_AHEAD").unwrap();
    let store = place.open_at(ahead.parse().unwrap());
    let mut holder = Holder::here(&place.environment);
    if let Some(machine) = variable("TUNCTL_TEST_MACHINE") {
        holder.boot = Some(machine);
    }
    let wanted = Wanted {
        account: DEFAULT_ACCOUNT,
        holder,
        terms: TERMS,
        patience: Duration::from_hours(1),
    };
    // It must not outlive a test that was killed itself.
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::abort()
    });
    run(async {
        // The provider may have been installed by the store.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy();
        let client = client.timeout(TERMS.timeout).build().unwrap();
        loop {
            let lease = Arc::new(store.lock(&wanted, &|_| ()).await.unwrap());
            say("took");
            tokio::select! {
                () = write(&client, &lease) => {}
                never = lease.keep() => never,
            }
        }
    });
}

/// Writes as long as the lease says that it may. It is asked when all but the request's body is on
/// its way: the account does nothing without it.
async fn write(client: &reqwest::Client, lease: &Arc<Lease>) {
    let target = variable("TUNCTL_TEST_TARGET").unwrap();
    let tenure = lease.counter();
    let text = json!({"name": format!("tunnel-{tenure}")}).to_string();
    while lease.check().is_ok() {
        let (lease, body) = (Arc::clone(lease), text.clone());
        let body = stream::once(async move { lease.check().map(|()| body) });
        let request = client.post(format!("{target}?tenure={tenure}"));
        let request = request
            .header("authorization", "Bearer test")
            .header("content-length", text.len())
            .body(reqwest::Body::wrap_stream(body));
        // The account says no to a name that is taken, and has seen it all the same.
        if request.send().await.is_ok() {
            say("wrote");
        }
        tokio::time::sleep(TERMS.renew / 10).await;
    }
}
