//! `kill -9` of the real binary at every request, before what it asks for is done and after; then
//! another run, in another directory: with the same store, and with an empty one.
//!
//! Nothing here sleeps: the emulator holds the request, and its log says when it has come.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::place::{Place, at, edge, stopping, stops};
use crate::support::tunctl::Tunctl;

/// Longer than any test waits; the process is killed meanwhile.
const HELD: u64 = 600_000;

/// What is killed.
struct Scene {
    name: &'static str,
    /// The manifest that the account is like before.
    before: String,
    /// Connectors of this tunnel are up before.
    connected: Option<&'static str>,
    /// The manifest of the run.
    after: String,
    words: &'static [&'static str],
    /// The run that finishes, if it is another one.
    again: &'static [&'static str],
    /// Teardowns in it.
    ends: usize,
}

const APPLY: &[&str] = &[
    "apply",
    "--auto-approve",
    "--allow=live=1",
    "--allow=dark=1",
];

const WEB: &str = "\
tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: 'http://web:3000'}]
";

const TWO: &str = "\
tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: 'http://web:3000'}]
  edge-api:
    ingress: [{hostname: api.example.com, service: 'http://api:3000'}]
";

fn scenes() -> Vec<Scene> {
    let scene = |name, before: &str, after: &str| Scene {
        name,
        before: edge(before),
        connected: None,
        after: edge(after),
        words: APPLY,
        again: APPLY,
        ends: 0,
    };
    let moved = TWO.replace("app.example.com", "www.example.com").replace(
        "{hostname: api.example.com",
        "{hostname: app.example.com, service: 'http://api:3000'}, {hostname: api.example.com",
    );
    let preview = WEB.replace(
        "edge-web:",
        "edge-web:\n    ephemeral: {ttl: 1h}\n    onDelete: {connections: evict}",
    );
    let sink = "sinks: {local: {file: '{kind}-{name}.json'}}\n";
    let token =
        format!("serviceTokens: {{edge-ci: {{duration: 8760h, grace: 24h, sink: local}}}}\n{sink}");
    let evicts = "tunnels: {}\ndefaults: {onDelete: {connections: evict}}\n";
    vec![
        scene("create", "tunnels: {}\n", TWO),
        scene("update", TWO, &TWO.replace("web:3000", "web:3001")),
        scene(
            "rename",
            WEB,
            &WEB.replace("edge-web:", "edge-new:\n    previousNames: [edge-web]"),
        ),
        scene("move", TWO, &moved),
        Scene {
            connected: Some("edge-web"),
            words: &["apply", "--auto-approve", "--allow=live=1", "--allow=empty"],
            again: &["apply", "--auto-approve", "--allow=live=1", "--allow=empty"],
            ends: 1,
            ..scene("delete", WEB, evicts)
        },
        Scene {
            connected: Some("edge-web"),
            words: &["gc", "--auto-approve"],
            again: &["gc", "--auto-approve"],
            ends: 1,
            ..scene("expiry", &preview, &preview)
        },
        Scene {
            words: &["rotate", "service-token", "edge-ci", "--auto-approve"],
            again: &["apply", "--auto-approve"],
            ..scene("rotation", &token, &token)
        },
    ]
}

/// Whether a request is held before or after what it asks for is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

fn seen(place: &Place) -> u64 {
    let log = place.account.control("GET", "/requests", &Value::Null);
    log["result"]["seen"].as_u64().unwrap()
}

fn start(place: &Place, scene: &Scene, store: &Path) -> (Tunctl, Child) {
    let tunctl = Tunctl::in_ci(&scene.after);
    let (url, store) = (place.account.url(), store.to_str().unwrap());
    let words = [scene.words, &["--parallelism", "1"]].concat();
    let words = at(&words, store, &url);
    let mut command = tunctl.command(&words);
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    (tunctl, child)
}

/// Holds a request, starts the run, and kills it there. False if it came to its end before.
fn kill(place: &Place, scene: &Scene, store: &Path, (number, moment): (u64, Moment)) -> bool {
    place
        .account
        .fault(&json!({"nth": number, "effect": {"latency": HELD}}));
    if moment == Moment::Before {
        place
            .account
            .fault(&json!({"nth": number, "effect": {"reset": "before"}}));
    }
    let (_directory, mut child) = start(place, scene, store);
    while seen(place) < number {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    place.account.mend();
    true
}

/// The account in words, without ids, versions and times.
fn shape(state: &Value) -> Value {
    let tables = &state["tables"];
    let rows = |table: &str| tables[table].as_object().cloned().unwrap_or_default();
    let tunnels = rows("tunnels");
    let living = |id: &str| {
        let tunnel = tunnels.get(id).filter(|it| it["deleted_at"].is_null());
        tunnel.map_or("nobody".to_owned(), |it| {
            it["name"].as_str().unwrap().to_owned()
        })
    };
    let configurations = rows("configurations");
    let named: BTreeMap<String, Value> = tunnels
        .iter()
        .filter(|(_, it)| it["deleted_at"].is_null())
        .map(|(id, it)| {
            let rules = configurations
                .get(id)
                .map(|it| it["config"]["ingress"].clone());
            (it["name"].as_str().unwrap().to_owned(), json!(rules))
        })
        .collect();
    let mut records: Vec<String> = rows("records")
        .values()
        .map(|it| {
            let content = it["content"].as_str().unwrap();
            let target = content.strip_suffix(".cfargotunnel.com").map(living);
            json!([it["name"], target, it["comment"]]).to_string()
        })
        .collect();
    records.sort();
    let mut tokens: Vec<Value> = rows("service_tokens")
        .values()
        .map(|it| it["name"].clone())
        .collect();
    tokens.sort_by_key(ToString::to_string);
    json!({"tunnels": named, "records": records, "tokens": tokens})
}

/// The account as it is before a scene, and the one after it when nobody is killed.
struct Stage {
    place: Place,
    before: Value,
    after: Value,
    requests: u64,
}

fn stage(scene: &Scene) -> Stage {
    let place = Place::new();
    // Hundreds of runs share its budget.
    let unlimited =
        json!({"rate": {"quota": 1_000_000, "window": 300, "penalty": 0, "enforced": false}});
    place.account.control("PATCH", "/settings", &unlimited);
    place
        .account
        .control("PUT", "/clock", &json!({"now": "2026-01-01T00:00:00Z"}));
    place.apply(&scene.before).code(0);
    if let Some(tunnel) = scene.connected {
        place.connect(tunnel);
    }
    // Whatever expires has expired by then.
    place
        .account
        .control("PUT", "/clock", &json!({"now": "2026-01-02T00:00:00Z"}));
    let before = place.state();
    place.restore(&before);
    let words = [scene.words, &["--parallelism", "1"]].concat();
    let calm = tempfile::tempdir().unwrap();
    place.run_with(&scene.after, &words, calm.path()).code(0);
    let (after, requests) = (shape(&place.state()), seen(&place));
    assert_eq!(stops(calm.path()).len(), scene.ends, "{}", scene.name);
    Stage {
        place,
        before,
        after,
        requests,
    }
}

/// Finishes in another directory, and looks at what is there then.
fn finish(stage: &Stage, scene: &Scene, store: &Path, what: &str) {
    let ran = stage.place.run_with(&scene.after, scene.again, store);
    assert_eq!(ran.code, 0, "{what}\n{}\n{}", ran.out, ran.err);
    assert_eq!(shape(&stage.place.state()), stage.after, "{what}");
    assert_eq!(stopping(store), [json!(null); 0], "{what}");
    let words = ["plan", "--detailed-exitcode"];
    let plan = stage.place.run_with(&scene.after, &words, store);
    // A secret that the first directory had is missing in this one.
    let quiet = plan.code == 0 || scene.name == "rotation";
    assert!(quiet, "{what}\n{}\n{}", plan.out, plan.err);
}

#[expect(clippy::print_stdout, reason = "the count is asked for")]
/// Kills at every request; `step` leaves some out.
fn die_everywhere(step: usize) -> usize {
    let mut kills = 0;
    for scene in &scenes() {
        let stage = stage(scene);
        let moments =
            (1..=stage.requests).flat_map(|it| [(it, Moment::Before), (it, Moment::After)]);
        for at in moments.skip(kills % step).step_by(step) {
            let what = format!("{} killed at {at:?}", scene.name);
            stage.place.restore(&stage.before);
            let store = tempfile::tempdir().unwrap();
            assert!(
                kill(&stage.place, scene, store.path(), at),
                "{what}: it ended before"
            );
            kills += 1;
            let dead = stage.place.state();
            let begun = stopping(store.path()).len() + stops(store.path()).len();
            finish(&stage, scene, store.path(), &format!("{what}, same store"));
            let ended = stops(store.path());
            let gone = scene.ends > 0 && shape(&dead) != stage.after;
            assert!(ended.len() <= scene.ends, "{what}: {ended:?}");
            if begun > 0 || gone {
                assert_eq!(ended.len(), scene.ends, "{what}: one end for each teardown");
            }
            stage.place.restore(&dead);
            let empty = tempfile::tempdir().unwrap();
            finish(
                &stage,
                scene,
                empty.path(),
                &format!("{what}, without the store"),
            );
        }
        println!("{}: {} requests", scene.name, stage.requests);
    }
    println!("{kills} kills, each followed by a run with the same store and one without");
    kills
}

#[test]
fn a_run_that_was_killed_at_any_request_is_finished_by_the_next_one() {
    // All of them with `TUNCTL_KILLS=all`: some minutes.
    let step = match std::env::var_os("TUNCTL_KILLS") {
        Some(all) if all == "all" => 1,
        Some(_) | None => 9,
    };
    assert!(die_everywhere(step) > 15);
}
