use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tunctl::emulator::Reply;

use super::desk::{ACCOUNT, Desk, text};

/// What a tunnel broker asked of Cloudflare in 21 scenarios, and what a fake answered: a call
/// a line, in order. `gives` names the object that a call makes; `before` is what the fake was
/// made to do, or what somebody else did, ahead of the call. A null status is a reset.
const RECORDED: &str = include_str!("../../fixtures/emulator/broker.jsonl");

/// Where the fake of the recording was wrong about Cloudflare: its status and code, the right
/// ones, why.
const EXCEPTIONS: &[(Outcome, Outcome, &str)] = &[
    (
        (Some(400), Some(1000)),
        (Some(400), Some(1022)),
        "a tunnel with connections is 1022; 1000 is an invalid token",
    ),
    (
        (Some(404), Some(1003)),
        (Some(200), None),
        "deleting is soft: only an id that never existed is not found",
    ),
    (
        (Some(400), Some(7003)),
        (Some(404), Some(7003)),
        "a malformed id is 404",
    ),
    (
        (Some(400), Some(1055)),
        (Some(400), Some(1056)),
        "a bad configuration is 1056; 1055 is none at all",
    ),
];

/// A status and the code of the first error.
type Outcome = (Option<u16>, Option<u64>);

/// One scenario's world, with the ids of what was made in it.
struct Stage {
    desk: Desk,
    ids: BTreeMap<String, String>,
}

impl Stage {
    fn new() -> Self {
        let (desk, zone) = Desk::with_zone("example.com");
        let mut ids = BTreeMap::from([("ZONE".to_owned(), zone)]);
        ids.insert("ACCOUNT".to_owned(), ACCOUNT.to_owned());
        Self { desk, ids }
    }

    /// The text with the ids of this world.
    fn here(&self, value: &Value) -> String {
        // Longer names first: TUNNEL12 is not TUNNEL1 and a 2.
        let ids = self.ids.iter().rev();
        ids.fold(text(value), |text, (name, id)| text.replace(name, id))
    }

    fn prepare(&mut self, what: &Value) {
        let (verb, value) = what.as_object().unwrap().iter().next().unwrap();
        match verb.as_str() {
            "connect" => {
                let path = format!("/tunnels/{}/connectors", self.here(value));
                self.desk.control("POST", &path, &Value::Null);
            }
            "disconnect" => {
                let path = format!("/tunnels/{}/connectors", self.here(value));
                self.desk.control("DELETE", &path, &Value::Null);
            }
            "delete" => {
                let path = self.here(value);
                self.desk.ok("DELETE", &path, &Value::Null);
            }
            "take" => {
                let zone = self.ids["ZONE"].clone();
                self.desk.record(&zone, &text(value), "192.0.2.1");
            }
            "fault" => {
                let fault = json!({"nth": 1, "effect": value});
                self.desk.control("POST", "/faults", &fault);
            }
            other => panic!("{other}"),
        }
    }

    fn play(&mut self, call: &Value) -> Reply {
        for what in call["before"].as_array().into_iter().flatten() {
            self.prepare(what);
        }
        let path = self.here(&call["path"]);
        // Null is no body, before and after.
        let body = self.here(&json!(call["body"].to_string()));
        let body: Value = serde_json::from_str(&body).unwrap();
        let reply = self.desk.call(&text(&call["method"]), &path, &body);
        if let Some(name) = call["gives"].as_str() {
            let id = text(&reply.json()["result"]["id"]);
            self.ids.insert(name.to_owned(), id);
        }
        reply
    }
}

fn outcome(reply: &Reply) -> Outcome {
    if reply.reset {
        return (None, None);
    }
    let code = reply.json()["errors"][0]["code"].as_u64();
    (Some(reply.status), code)
}

fn recorded(call: &Value) -> Outcome {
    let status = call["status"].as_u64();
    let status = status.map(|status| u16::try_from(status).unwrap());
    (status, call["code"].as_u64())
}

#[test]
fn recorded_calls_replay_with_the_same_statuses_but_for_the_listed_exceptions() {
    let calls = RECORDED.lines();
    let calls: Vec<Value> = calls
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut used = BTreeSet::new();
    let mut counts = (0, 0, 0);
    for scenario in calls.chunk_by(|one, next| one["scenario"] == next["scenario"]) {
        let mut stage = Stage::new();
        for call in scenario {
            let was = recorded(call);
            let found = EXCEPTIONS.iter().position(|(own, _, _)| *own == was);
            let expected = found.map_or(was, |at| EXCEPTIONS[at].1);
            let reply = stage.play(call);
            assert_eq!(outcome(&reply), expected, "{call}");
            used.extend(found);
            match found {
                Some(_) => counts.2 += 1,
                None if call.to_string().contains("\"fault\"") => counts.1 += 1,
                None => counts.0 += 1,
            }
        }
    }
    assert_eq!(used.len(), EXCEPTIONS.len(), "an exception is unused");
    assert_eq!(counts, (227, 11, 47), "as recorded, by fault, exceptions");
}
