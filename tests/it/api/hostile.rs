use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use tunctl::api::{Call, Settings, WireError};
use tunctl::request::{Method, Repeat, Request};

use super::rate::Budget;
use crate::support::script::{Said, Scripted, good, reply};

/// Requests in all.
const COUNT: usize = 5_000;

/// Cloudflare's rate limit, and on top of it: bursts of 429 with `Retry-After`, 5 % resets and
/// 5 % status 503, half of each after the request was carried out.
struct Hostile {
    budget: Budget,
    chance: u64,
    closed_until: Duration,
    /// How often each request was carried out.
    done: BTreeMap<String, u32>,
    /// How often each request was sent after its fate was open.
    resent: BTreeMap<String, u32>,
    open: BTreeSet<String>,
    tally: BTreeMap<&'static str, u32>,
}

impl Hostile {
    fn answer(&mut self, now: Duration, call: &Call) -> Said {
        let latency = Duration::from_millis(20 + self.next() % 120);
        if self.open.contains(&call.target) {
            *self.resent.entry(call.target.clone()).or_default() += 1;
        }
        if now < self.closed_until {
            return (latency, Ok(self.refusal(now)));
        }
        let granted = self.budget.answer(now);
        if granted.status == 429 {
            self.count("over the limit");
            return (latency, Ok(granted));
        }
        let answer = match self.next() % 100 {
            0 => {
                self.closed_until = now + Duration::from_secs(1 + self.next() % 5);
                Ok(self.refusal(now))
            }
            1..=5 => {
                self.count("resets");
                self.leave_open(&call.target);
                Err(WireError::Broken("connection reset".to_owned()))
            }
            6..=10 => {
                self.count("503");
                self.leave_open(&call.target);
                Ok(reply(503, &[], "<html>503</html>"))
            }
            _ => {
                self.carry_out(&call.target);
                let mut answer = good(&json!(call.target));
                let limits = granted.headers.into_iter();
                answer
                    .headers
                    .extend(limits.filter(|(name, _)| name.starts_with("ratelimit")));
                Ok(answer)
            }
        };
        (latency, answer)
    }

    fn refusal(&mut self, now: Duration) -> tunctl::api::Reply {
        self.count("429");
        let wait = self.closed_until.saturating_sub(now).as_secs() + 1;
        reply(429, &[("retry-after", &wait.to_string())], "")
    }

    fn leave_open(&mut self, target: &str) {
        self.open.insert(target.to_owned());
        if self.next().is_multiple_of(2) {
            self.carry_out(target);
        }
    }

    fn carry_out(&mut self, target: &str) {
        *self.done.entry(target.to_owned()).or_default() += 1;
    }

    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    fn next(&mut self) -> u64 {
        self.chance = self
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.chance >> 33
    }
}

fn requests() -> Vec<Request> {
    let methods = [
        Method::Get,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ];
    let request = |index: usize| Request::new(methods[index % 5], &["r", &index.to_string()]);
    (0..COUNT).map(request).collect()
}

#[test]
fn every_request_is_answered_once_and_no_post_is_done_twice() {
    let server = Arc::new(Mutex::new(Hostile {
        budget: Budget::full(),
        chance: 7,
        closed_until: Duration::ZERO,
        done: BTreeMap::new(),
        resent: BTreeMap::new(),
        open: BTreeSet::new(),
        tally: BTreeMap::new(),
    }));
    let hostile = Arc::clone(&server);
    let world = Scripted::with(Settings::default(), move |now, call| {
        hostile.lock().unwrap().answer(now, call)
    });
    let requests = requests();
    let sending = requests.iter().map(|request| world.client.send(request));
    let results = world.clock.run(join_all(sending));

    let server = server.lock().unwrap();
    for sort in ["429", "resets", "503"] {
        assert!(server.tally[sort] > 100, "{:?}", server.tally);
    }
    assert!(
        !server.tally.contains_key("over the limit"),
        "{:?}",
        server.tally
    );
    assert_eq!(results.len(), COUNT);
    for (request, result) in requests.iter().zip(results) {
        let path = &request.path;
        let done = server.done.get(path).copied().unwrap_or(0);
        match request.repeat {
            Repeat::Safe => assert_eq!(result.unwrap(), json!(path)),
            Repeat::Once => {
                assert!(done <= 1, "{path} was done {done} times");
                assert!(!server.resent.contains_key(path), "{path} was sent again");
                match result {
                    Ok(answer) => assert_eq!((answer, done), (json!(path), 1)),
                    Err(error) => assert!(error.is_ambiguous(), "{error}"),
                }
            }
        }
    }
}
