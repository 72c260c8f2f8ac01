use serde_json::{Value, json};
use tunctl::emulator::Call;

use super::desk::{ACCOUNT, Desk, text};

/// The manual, whose examples are run.
const MANUAL: &str = include_str!("../../../docs/emulator.md");

/// The ids that the examples' variables stand for.
struct Ids {
    zone: String,
    record: String,
    tunnel: String,
    connector: String,
}

/// A world with one of everything.
fn world() -> (Desk, Ids) {
    let (mut desk, zone) = Desk::with_zone("example.org");
    let record = desk.record(&zone, "www", "192.0.2.1");
    let (_, tunnel) = desk.tunnel("web");
    let path = format!("/tunnels/{tunnel}/connectors");
    let connector = text(&desk.control("POST", &path, &Value::Null)["id"]);
    desk.control("POST", "/faults", &json!({"nth": 99, "effect": "denied"}));
    desk.control("PUT", "/tokens", &json!({"token": "narrow"}));
    let ids = Ids {
        zone,
        record,
        tunnel,
        connector,
    };
    (desk, ids)
}

/// The call of a line `curl [-X METHOD] URL [-d 'BODY']`, the last of a pipe, as a shell
/// would make it.
fn call(line: &str, ids: &Ids) -> Call {
    let last = line.rsplit(" | ").next().unwrap_or(line);
    let line = last
        .replace("'$ACCOUNT'", ACCOUNT)
        .replace("$ACCOUNT", ACCOUNT)
        .replace("$ZONE", &ids.zone)
        .replace("$RECORD", &ids.record)
        .replace("$TUNNEL", &ids.tunnel)
        .replace("$CONNECTOR", &ids.connector);
    let (head, body) = line.split_once(" -d ").unwrap_or((&line, ""));
    let words: Vec<&str> = head.split_whitespace().collect();
    let target = words.last().expect("an address").trim_matches('"');
    let target = target.replace("$E", "/_emulator");
    let method = match words.as_slice() {
        [_, "-X", method, _] => method,
        _ if body.is_empty() => "GET",
        _ => "POST",
    };
    Call {
        body: body.trim_matches('\'').as_bytes().to_vec(),
        ..Call::new(method, &target)
    }
}

#[test]
fn every_example_of_the_manual_works() {
    let lines = MANUAL.lines().filter(|line| line.starts_with("curl "));
    let lines: Vec<&str> = lines.filter(|line| !line.contains('|')).collect();
    assert!(lines.len() > 35, "{}", lines.len());
    for line in lines {
        let (mut desk, ids) = world();
        let reply = desk.world.answer(&call(line, &ids));
        assert_eq!(reply.status, 200, "{line}: {}", reply.json());
    }
}

#[test]
fn the_manual_names_every_call_of_the_control_api() {
    let (mut desk, ids) = world();
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let paths = [
        "/zones",
        "/zones/$ZONE",
        "/records/$RECORD",
        "/accounts/$ACCOUNT",
        "/clock",
        "/requests",
        "/tunnels/$TUNNEL/connectors",
        "/connectors/$CONNECTOR",
        "/faults",
        "/faults/1",
        "/tokens",
        "/service_tokens/check",
        "/state",
        "/settings",
    ];
    for (path, method) in paths
        .iter()
        .flat_map(|path| methods.map(|method| (path, method)))
    {
        let mut asked = call(&format!("curl -X {method} $E{path}"), &ids);
        asked.body = b"no JSON".to_vec();
        let body = desk.world.answer(&asked).json();
        let routed = body["errors"][1]["code"] != json!(7000);
        let with = |line: &str| {
            let line = call(line, &ids);
            (line.method.as_str(), &line.path) == (method, &asked.path)
        };
        let mut lines = MANUAL.lines().filter(|line| line.starts_with("curl "));
        assert_eq!(routed, lines.any(with), "{method} {path}");
        (desk, _) = world();
    }
}
