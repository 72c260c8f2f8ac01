//! What the store remembers, when it is damaged, taken away in the middle of a run, or says twice
//! what happened once.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tunctl::emulator::DEFAULT_ACCOUNT;

use super::place::{Place, edge, stops};

const OLD: &str = "\
tunnels:
  edge-old:
    ingress: [{hostname: old.example.com, service: 'http://old:3000'}]
  edge-web: {}
";

/// `edge-old` is to go, and whoever is connected to it is waited for a second.
const REST: &str = "\
tunnels: {edge-web: {}}
defaults: {onDelete: {connections: wait, timeout: 1s}}
";

const FINISH: [&str; 3] = ["apply", "--auto-approve", "--allow=live=1"];

/// An account in which the end of `edge-old` has begun, and waits for a connector.
fn pending() -> Place {
    let place = Place::new();
    place.apply(&edge(OLD)).code(0);
    place.connect("edge-old");
    place.run(&edge(REST), &FINISH).code(5);
    place
}

/// The file of the only teardown.
fn teardown(store: &Path) -> PathBuf {
    let folder = store.join(DEFAULT_ACCOUNT).join("stopping/edge");
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let mut files = files.filter(|it| it.extension().is_some_and(|it| it == "json"));
    files.next().expect("a teardown has begun")
}

fn count(place: &Place, action: &str) -> usize {
    let entries = place.audit().into_iter();
    entries.filter(|it| it["action"] == action).count()
}

#[test]
fn connections_that_a_teardown_cuts_are_on_record() {
    let place = Place::new();
    place.apply(&edge(OLD)).code(0);
    place.connect("edge-old");
    place.connect("edge-old");
    let id = place.tunnel("edge-old").unwrap();
    let path = format!("/tunnels/{id}/connectors");
    let connectors = place.account.control("GET", &path, &Value::Null)["result"].clone();
    let mut ids: Vec<Value> = connectors
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    ids.sort_by_key(ToString::to_string);
    let evicts = REST.replace("connections: wait", "connections: evict");
    place.run(&edge(&evicts), &FINISH).code(0);
    let entries = place.audit();
    let end = entries
        .iter()
        .find(|it| it["action"] == "tunnel.stopped")
        .unwrap();
    let ops = entries.iter().filter(|it| it["op_id"] == end["op_id"]);
    let actions: Vec<&str> = ops.map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "tunnel.stopping",
            "dns.deleted",
            "connections.evicted",
            "tunnel.stopped"
        ]
    );
    let cut = entries
        .iter()
        .find(|it| it["action"] == "connections.evicted")
        .unwrap();
    assert_eq!(cut["subject"]["connectors"], json!(ids));
    assert_eq!(cut["subject"]["tunnel_id"], json!(id));
    assert_eq!(cut["reason"], "cleanup:undeclared");
}

#[test]
fn an_end_that_a_killed_run_has_told_already_is_not_told_again_whoever_sees_it() {
    let place = pending();
    let (file, state) = (teardown(place.store()), place.state());
    let begun = fs::read(&file).unwrap();
    place.disconnect("edge-old");
    place.run(&edge(REST), &FINISH).code(0);
    assert_eq!(stops(place.store()).len(), 1);
    // As if the run had died before it removed its record, and the list were behind.
    place.restore(&state);
    fs::write(&file, begun).unwrap();
    place.disconnect("edge-old");
    place.run(&edge(REST), &FINISH).code(0).says("1 destroyed");
    assert_eq!(stops(place.store()).len(), 1, "{:#?}", stops(place.store()));
    assert!(place.stopping().is_empty());
}

#[test]
fn a_begin_that_a_killed_run_could_not_tell_any_more_is_told_by_the_next() {
    let place = pending();
    // It died between the record of the teardown and the entry.
    fs::remove_file(place.store().join(DEFAULT_ACCOUNT).join("audit.jsonl")).unwrap();
    let file = teardown(place.store());
    let mut record: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(record["told"], true);
    record["told"] = json!(false);
    fs::write(&file, record.to_string()).unwrap();
    place.run(&edge(REST), &FINISH).code(5);
    place.run(&edge(REST), &FINISH).code(5);
    assert_eq!(count(&place, "tunnel.stopping"), 1);
    place.disconnect("edge-old");
    place.run(&edge(REST), &FINISH).code(0);
    assert_eq!(count(&place, "tunnel.stopping"), 1);
    assert_eq!(count(&place, "tunnel.stopped"), 1);
}

#[test]
fn what_the_manifest_speaks_of_no_longer_is_not_taken_for_gone() {
    let place = Place::new();
    let stack = |owns: &str, sections: &str| {
        format!(
            "version: 1\nstack: edge\naccount: ${{CLOUDFLARE_ACCOUNT_ID}}\nowns: {{{owns}}}\n\
             tunnels: {{edge-web: {{}}}}\n{sections}\
             defaults: {{onDelete: {{connections: wait, timeout: 1s}}}}\n"
        )
    };
    let owns = "warpConnectors: [edge-*]";
    place
        .apply(&stack(owns, "warpConnectors: {edge-office: {}}\n"))
        .code(0);
    place.connect("edge-office");
    place.run(&stack(owns, ""), &FINISH).code(5);
    place.run(&stack("", ""), &FINISH).code(5);
    assert!(place.tunnel("edge-office").is_some());
    assert_eq!(place.stopping().len(), 1);
    assert_eq!(stops(place.store()), [json!(null); 0]);
    place.disconnect("edge-office");
    place
        .run(&stack("", ""), &FINISH)
        .code(0)
        .says("1 destroyed");
    assert_eq!(place.tunnel("edge-office"), None);
    assert_eq!(stops(place.store()).len(), 1);
}

#[test]
fn a_damaged_teardown_stops_every_run_and_says_which_file_it_is() {
    let place = pending();
    let file = teardown(place.store());
    let good = fs::read(&file).unwrap();
    place.account.control("DELETE", "/requests", &Value::Null);
    for text in ["", "{", "null", "{\"op_id\": 7}", "\u{0}\u{0}"] {
        fs::write(&file, text).unwrap();
        for words in [
            ["plan"].as_slice(),
            &FINISH,
            &["gc", "--auto-approve"],
            &["status"],
        ] {
            let ran = place.run(&edge(REST), words).code(1);
            let name = file.file_name().unwrap().to_str().unwrap();
            ran.complains("tunctl::store_corrupt").complains(name);
        }
    }
    assert_eq!(place.calls("DELETE"), [""; 0]);
    assert_eq!(place.calls("POST"), [""; 0]);
    // A copy would never be removed, or be somebody else's.
    for (key, value) in [
        ("op_id", "another"),
        ("op_id", "../edge"),
        ("stack", "edge-eu"),
    ] {
        let mut copied: Value = serde_json::from_slice(&good).unwrap();
        copied[key] = json!(value);
        fs::write(&file, copied.to_string()).unwrap();
        place
            .run(&edge(REST), &FINISH)
            .code(1)
            .complains("tunctl::store_corrupt");
    }
    // Numbers and times that nobody has lived to see are no reason to stop.
    let mut odd: Value = serde_json::from_slice(&good).unwrap();
    odd["attempts"] = json!(u32::MAX);
    odd["since"] = json!("9999-12-30T00:00:00Z");
    fs::write(&file, odd.to_string()).unwrap();
    place.run(&edge(REST), &["status"]).code(0);
    place.run(&edge(REST), &FINISH).code(5);
    // Without the file the manifest and what is there say enough.
    fs::remove_file(&file).unwrap();
    place.disconnect("edge-old");
    place.run(&edge(REST), &FINISH).code(0).says("1 destroyed");
    assert_eq!(place.tunnel("edge-old"), None);
}

#[test]
fn a_damaged_claim_stops_every_run_and_a_copied_one_is_not_believed() {
    let place = Place::new();
    place.apply(&edge(OLD)).code(0);
    let claims = place.store().join(DEFAULT_ACCOUNT).join("claims");
    let other = claims.join("other.json");
    let own = fs::read_to_string(claims.join("edge.json")).unwrap();
    for (text, why) in [
        ("{", "is damaged"),
        (own.as_str(), "it is the claim of stack `edge`"),
    ] {
        fs::write(&other, text).unwrap();
        let ran = place.run(&edge(REST), &FINISH).code(1);
        ran.complains("tunctl::store_corrupt")
            .complains("claims/other.json")
            .complains(why);
    }
    assert!(place.tunnel("edge-old").is_some());
    fs::remove_file(&other).unwrap();
    place.run(&edge(REST), &FINISH).code(0);
}

#[test]
fn a_claim_of_a_stack_that_is_gone_is_let_go_of_by_hand() {
    let place = Place::new();
    let named = |stack: &str| edge(OLD).replace("stack: edge\n", &format!("stack: {stack}\n"));
    place.apply(&named("edge")).code(0);
    let ran = place.run(&named("edge-eu"), &["plan"]).code(1);
    ran.complains("tunctl::overlapping_owns")
        .complains("docs/store.md says how to let go of its claim");
    fs::remove_file(place.store().join(DEFAULT_ACCOUNT).join("claims/edge.json")).unwrap();
    // What carries the old stack's mark is still nobody else's.
    let ran = place.run(&named("edge-eu"), &["plan"]).code(1);
    ran.complains("tunctl::other_stack");
}

#[test]
fn a_store_that_fails_in_the_middle_of_a_run_ends_it_before_the_next_stage() {
    let place = Place::new();
    let folder = place.store().join(DEFAULT_ACCOUNT);
    let guard = folder.join(".guard");
    let folder = folder.display();
    // The sink's program runs while the first stage does: after the tunnel, before its rules.
    let manifest = edge(&format!(
        "tunnels:
  edge-web:
    ingress: [{{hostname: web.example.com, service: 'http://web:3000'}}]
    runToken: breaker
sinks:
  breaker: {{write: [sh, -c, \"cat >/dev/null; rm '{folder}/.guard'; mkdir '{folder}/.guard'\"]}}
"
    ));
    let words = ["apply", "--auto-approve", "--format", "json"];
    let ran = place.run(&manifest, &words).code(1);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let errors = told["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["code"], "tunctl::store_failed");
    let results = told["results"].as_array().unwrap().iter();
    let ends: Vec<String> = results
        .map(|it| {
            format!(
                "{} {}",
                it["address"].as_str().unwrap(),
                it["verdict"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        ends,
        [
            "tunnel.edge-web done",
            "tunnel_config.edge-web stopped",
            "dns_record.web.example.com stopped",
        ]
    );
    assert_eq!(place.calls("PUT"), [""; 0]);
    assert_eq!(place.calls("POST").len(), 1, "the tunnel and nothing else");
    fs::remove_dir(&guard).unwrap();
    let mended = manifest
        .replace("rm '", "true '")
        .replace("mkdir '", "true '");
    place.apply(&mended).code(0).says("2 added");
    place.run(&mended, &["plan", "--detailed-exitcode"]).code(0);
}
