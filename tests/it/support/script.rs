//! A server in process: a function from calls to answers, with a latency in simulated time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tunctl::api::{Call, Client, Clock, Credentials, Reply, Settings, Wire, WireError};

use crate::support::clock::SimClock;

/// What a server says to a call: after how long, and what.
pub(crate) type Said = (Duration, Result<Reply, WireError>);

type Answer = dyn Fn(Duration, &Call) -> Said + Send + Sync;

/// A server that is a function of (time, call).
pub(crate) struct Script {
    clock: Arc<SimClock>,
    answer: Box<Answer>,
    sent: Arc<Mutex<Vec<(Duration, Call)>>>,
}

/// A client with a scripted server and simulated time.
pub(crate) struct Scripted {
    pub(crate) client: Client<Script>,
    pub(crate) clock: Arc<SimClock>,
    /// Every call with the time of its sending.
    pub(crate) sent: Arc<Mutex<Vec<(Duration, Call)>>>,
}

impl Wire for Script {
    async fn exchange(&self, call: Call) -> Result<Reply, WireError> {
        let now = self.clock.now();
        let (latency, said) = (self.answer)(now, &call);
        self.sent.lock().unwrap().push((now, call));
        self.clock.sleep(latency).await;
        said
    }
}

impl Scripted {
    /// A server that answers by a function of time and call.
    pub(crate) fn new(answer: impl Fn(Duration, &Call) -> Said + Send + Sync + 'static) -> Self {
        Self::with(Settings::default(), answer)
    }

    /// The same with settings; their clock is replaced.
    pub(crate) fn with(
        settings: Settings,
        answer: impl Fn(Duration, &Call) -> Said + Send + Sync + 'static,
    ) -> Self {
        let clock = Arc::new(SimClock::default());
        let sent = Arc::default();
        let script = Script {
            clock: Arc::clone(&clock),
            answer: Box::new(answer),
            sent: Arc::clone(&sent),
        };
        let credentials = Credentials::token("0123456789-the-planted-token").unwrap();
        let settings = Settings {
            clock: clock.clone(),
            ..settings
        };
        Self {
            client: Client::new(script, credentials, settings),
            clock,
            sent,
        }
    }

    /// A server that gives these answers in order, at once, and then the last one forever.
    pub(crate) fn answers(answers: Vec<Result<Reply, WireError>>) -> Self {
        let next = Mutex::new(0);
        Self::new(move |_, _| {
            let mut next = next.lock().unwrap();
            let answer = answers[(*next).min(answers.len() - 1)].clone();
            *next += 1;
            (Duration::ZERO, answer)
        })
    }

    /// How many calls have been made.
    pub(crate) fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// Path and query of each call.
    pub(crate) fn targets(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|(_, call)| call.target.clone()).collect()
    }
}

/// A reply of any form.
pub(crate) fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.into(),
    }
}

/// A good envelope.
pub(crate) fn good(result: &Value) -> Reply {
    let body = json!({"success": true, "errors": [], "messages": [], "result": result});
    reply(
        200,
        &[("content-type", "application/json")],
        body.to_string(),
    )
}

/// An envelope that says no.
pub(crate) fn refused(status: u16, code: u64, message: &str) -> Reply {
    let errors = [json!({"code": code, "message": message})];
    let body = json!({"success": false, "errors": errors, "messages": [], "result": null});
    reply(status, &[("cf-ray", "8f00ba5-FRA")], body.to_string())
}
