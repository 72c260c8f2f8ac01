use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use proptest::prelude::*;
use serde_json::json;
use tunctl::api::{Call, Reply, Settings, WireError};
use tunctl::request::{Method, Repeat, Request};

use crate::support::script::{Said, Scripted, good, refused, reply};

/// A server that carries out what it likes and answers what it likes, by a seed.
#[derive(Default)]
struct Storm {
    chance: u64,
    /// How often each request was carried out, and how often it was sent.
    done: BTreeMap<String, u32>,
    /// Requests whose answer left it open whether they were carried out.
    open: Vec<String>,
    resent: Vec<String>,
    closed_until: Duration,
    intruders: u32,
    busy: Vec<Duration>,
    most_busy: usize,
}

impl Storm {
    fn answer(&mut self, now: Duration, call: &Call) -> Said {
        if self.open.contains(&call.target) {
            self.resent.push(call.target.clone());
        }
        if now < self.closed_until {
            self.intruders += 1;
        }
        let latency = Duration::from_millis(1 + self.next() % 900);
        self.busy.retain(|until| *until > now);
        self.busy.push(now + latency);
        self.most_busy = self.most_busy.max(self.busy.len());
        let answer = self.fate(now + latency, &call.target);
        (latency, answer)
    }

    fn fate(&mut self, answered: Duration, target: &str) -> Result<Reply, WireError> {
        match self.next() % 16 {
            0 => {
                let seconds = 1 + self.next() % 30;
                self.closed_until = self
                    .closed_until
                    .max(answered + Duration::from_secs(seconds));
                let seconds = seconds.to_string();
                Ok(reply(429, &[("retry-after", &seconds)], "<html>429</html>"))
            }
            1 => Err(WireError::Connect("refused".to_owned())),
            2 => self.left_open(target, true, Err(WireError::Timeout)),
            3 => self.left_open(target, false, Err(WireError::Timeout)),
            4 => self.left_open(target, true, Err(WireError::Broken("reset".to_owned()))),
            5 => self.left_open(target, false, Err(WireError::Broken("reset".to_owned()))),
            6 => self.left_open(target, true, Ok(reply(503, &[], "<html>503</html>"))),
            7 => self.left_open(target, false, Ok(refused(500, 1, "internal"))),
            8 => self.left_open(target, true, Ok(reply(200, &[], "{\"succ"))),
            9 => Ok(refused(409, 1013, "taken")),
            10 => Ok(refused(400, 1001, "invalid")),
            _ => {
                *self.done.entry(target.to_owned()).or_default() += 1;
                Ok(good(&json!(target)))
            }
        }
    }

    fn left_open(
        &mut self,
        target: &str,
        done: bool,
        answer: Result<Reply, WireError>,
    ) -> Result<Reply, WireError> {
        self.open.push(target.to_owned());
        if done {
            *self.done.entry(target.to_owned()).or_default() += 1;
        }
        answer
    }

    fn next(&mut self) -> u64 {
        self.chance = self
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.chance >> 33
    }
}

fn requests(count: usize) -> Vec<Request> {
    let methods = [
        Method::Get,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ];
    (0..count)
        .map(|index| {
            let request = Request::new(methods[index % 5], &["zones", &index.to_string()]);
            if index % 7 == 0 {
                request.once()
            } else {
                request
            }
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What the client says about a write is true, whatever the server does to it.
    #[test]
    fn no_write_is_done_twice_and_no_error_lies(seed: u64, parallelism in 1_usize..12) {
        let storm = Arc::new(Mutex::new(Storm { chance: seed, ..Storm::default() }));
        let server = Arc::clone(&storm);
        let settings = Settings { parallelism, chance: seed, ..Settings::default() };
        let world = Scripted::with(settings, move |now, call| server.lock().unwrap().answer(now, call));
        let requests = requests(120);
        let results = world.clock.run(join_all(requests.iter().map(|request| world.client.send(request))));

        let storm = storm.lock().unwrap();
        prop_assert!(storm.most_busy <= parallelism, "{} at a time", storm.most_busy);
        for (request, result) in requests.iter().zip(&results) {
            let done = storm.done.get(&request.path).copied().unwrap_or(0);
            if request.repeat == Repeat::Once {
                prop_assert!(done <= 1, "{} was done {done} times", request.path);
                prop_assert!(!storm.resent.contains(&request.path), "{} was sent again", request.path);
            }
            match result {
                Ok(result) => {
                    prop_assert!(done >= 1);
                    prop_assert_eq!(result, &json!(request.path));
                }
                Err(error) if request.writes() && !error.is_ambiguous() => {
                    prop_assert_eq!(done, 0, "{}", error);
                }
                Err(error) => prop_assert_eq!(error.path(), &request.path),
            }
        }
    }

    /// Once a 429 has arrived, nothing is sent until its time is over.
    #[test]
    fn nobody_knocks_while_the_door_is_closed(seed: u64) {
        let storm = Arc::new(Mutex::new(Storm { chance: seed, ..Storm::default() }));
        let server = Arc::clone(&storm);
        let settings = Settings { parallelism: 1, ..Settings::default() };
        let world = Scripted::with(settings, move |now, call| server.lock().unwrap().answer(now, call));
        let requests = requests(60);
        world.clock.run(join_all(requests.iter().map(|request| world.client.send(request))));
        prop_assert_eq!(storm.lock().unwrap().intruders, 0);
    }
}
