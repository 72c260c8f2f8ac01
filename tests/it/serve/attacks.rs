//! What strangers send: refused, and the service goes on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::served::{OTHER, OWNER, Served};

/// Sends bytes as they are, and reads until the service closes the connection.
fn raw(served: &Served, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(served.addr()).unwrap();
    // It may have closed it before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The statuses of the answers on one connection.
fn statuses(answer: &str) -> Vec<&str> {
    let lines = answer
        .lines()
        .filter_map(|line| line.split("HTTP/1.1 ").nth(1));
    lines.map(|it| &it[..3]).collect()
}

fn alive(served: &Served) {
    let said = served.ask("", "GET", "/healthz", &Value::Null);
    assert_eq!((said.status, said.body), (200, json!({"ok": true})));
}

#[test]
fn who_has_no_token_or_a_wrong_one_gets_nothing() {
    let served = Served::new();
    let made = served.create("mine");
    let id = made["tunnelId"].as_str().unwrap();
    for (token, code) in [
        ("", "MISSING_AUTH"),
        ("wrong", "INVALID_TOKEN"),
        (&OWNER[1..], "INVALID_TOKEN"),
    ] {
        served
            .ask(token, "GET", "/v1/tunnels", &Value::Null)
            .is(401, code);
        served
            .ask(token, "POST", "/v1/tunnels", &json!({"port": 1}))
            .is(401, code);
        served
            .ask(token, "DELETE", &format!("/v1/tunnels/{id}"), &Value::Null)
            .is(401, code);
        served.beat(token, id).is(401, code);
    }
    for reference in [id, "mine", "mine.tunnel.example.com"] {
        served
            .ask(
                OTHER,
                "DELETE",
                &format!("/v1/tunnels/{reference}"),
                &Value::Null,
            )
            .is(404, "TUNNEL_NOT_FOUND");
    }
    assert_eq!(
        served
            .ask(OTHER, "GET", "/v1/tunnels?includeInactive=1", &Value::Null)
            .body,
        json!([])
    );
    assert_eq!(served.state("mine"), "active");
    // The owner's id in upper case is the same id.
    served.delete(&id.to_uppercase()).is(200, "");
}

#[test]
fn long_heads_and_bodies_are_refused() {
    let served = Served::new();
    let body = format!("{{\"port\": 1, \"x\": \"{}\"}}", "a".repeat(17 * 1024));
    let request = served.request(OWNER, "POST", "/v1/tunnels", Some(body));
    let answer = served.runtime.block_on(request.send()).unwrap();
    assert_eq!(answer.status(), 413);
    let huge = "POST /v1/tunnels HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n{";
    assert_eq!(statuses(&raw(&served, huge.as_bytes())), ["413"]);
    let many = "X: y\r\n".repeat(100);
    let many = format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{many}\r\n");
    assert_eq!(statuses(&raw(&served, many.as_bytes())), ["431"]);
    let long = format!(
        "GET /healthz HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "y".repeat(64 * 1024)
    );
    assert!(!raw(&served, long.as_bytes()).contains("200"));
    alive(&served);
}

#[test]
fn who_sends_slowly_is_not_waited_for() {
    let mut served = Served::idle();
    served.limits.patience = Duration::from_millis(100);
    served.limits.connections = 4;
    served.start();
    let begin = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(served.addr()).unwrap();
        stream.write_all(bytes).unwrap();
        stream
    };
    // As many as there are places, none of which ever ends its request.
    let head = (0..2).map(|_| begin(b"GET /healthz HTTP/1.1\r\nHost"));
    let body = (0..2)
        .map(|_| begin(b"POST /v1/tunnels HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{"));
    let slow: Vec<TcpStream> = head.chain(body).collect();
    alive(&served);
    for mut stream in slow {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.is_empty() || statuses(&answer) == ["408"],
            "{answer}"
        );
    }
}

#[test]
fn no_request_is_smuggled_behind_another() {
    let served = Served::new();
    let hidden = "GET /v1/tunnels HTTP/1.1\r\nHost: a\r\n\r\n";
    let both = format!(
        "POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
        hidden.len() + 5
    );
    let two = format!(
        "POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: {}\r\n\r\n{hidden}",
        hidden.len()
    );
    let odd =
        format!("POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n{hidden}");
    let space = format!(
        "POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length : {}\r\n\r\n{hidden}",
        hidden.len()
    );
    let folded = format!(
        "POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{hidden}"
    );
    for bytes in [both, two, odd, space, folded] {
        let answer = raw(&served, bytes.as_bytes());
        let statuses = statuses(&answer);
        assert!(statuses.len() <= 1, "{bytes}\n{answer}");
        assert!(
            statuses.iter().all(|it| ["400", "411"].contains(it)),
            "{bytes}\n{answer}"
        );
    }
    alive(&served);
}

#[test]
fn tricks_with_paths_lead_nowhere() {
    let served = Served::new();
    served.create("mine");
    let paths = [
        ("/v1/tunnels/../tunnels/mine", 404),
        ("/v1/tunnels/%2e%2e/mine", 404),
        ("/v1/tunnels/%2e%2e%2fmine", 404),
        ("//v1/tunnels/mine", 404),
        ("/v1//tunnels/mine", 404),
        ("/V1/tunnels/mine", 404),
        ("/v1/tunnels/mine/", 404),
        ("/v1/tunnels/mine%00", 400),
        ("/v1/tunnels/mine%0d%0aX: y", 400),
        ("/v1/tunnels/%ff", 400),
        ("/v1/tunnels/%zz", 400),
        ("/v1/tunnels/*", 404),
        ("/v1/tunnels/mine'%20OR%20'1'='1", 404),
        ("/v1/tunnels/$(reboot)", 404),
    ];
    for (path, status) in paths {
        let request = format!(
            "DELETE {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {OWNER}\r\nConnection: close\r\n\r\n"
        );
        let answer = raw(&served, request.as_bytes());
        let expected = if path.contains(' ') {
            "400".to_owned()
        } else {
            status.to_string()
        };
        assert_eq!(statuses(&answer), [expected], "{path}\n{answer}");
        assert!(!answer.contains("X: y"), "{answer}");
    }
    assert_eq!(served.state("mine"), "active");
}

#[test]
fn slugs_are_labels_and_nothing_else() {
    let served = Served::new();
    let slugs = [
        "'; DROP TABLE tunnels; --",
        "$(curl evil)",
        "`id`",
        "a/../b",
        "a\u{0}b",
        "a\nb",
        "{{7*7}}",
        "${HOME}",
        "<script>",
        "a b",
        "a--\u{202e}b",
        "é",
        "A",
        "a.b",
        "-a",
        "a-",
        "a_b",
        " ",
        "*",
        "x\u{ad}y",
        "0123456789012345678901234567890123",
    ];
    for slug in slugs {
        let wanted = json!({"port": 1, "requestedSlug": slug});
        served
            .ask(OWNER, "POST", "/v1/tunnels", &wanted)
            .is(400, "INVALID_SLUG");
    }
    assert_eq!(served.live(), (vec![], vec![]));
}

#[test]
fn bodies_that_are_none_are_the_clients_mistake() {
    let served = Served::new();
    for wrong in [
        json!([]),
        json!("x"),
        json!(null),
        json!({"port": 0}),
        json!({"port": 65536}),
        json!({"port": 1.5}),
        json!({"port": "1"}),
        json!({"port": 1e300}),
        json!({"port": -1}),
        json!({"port": 1, "requestedSlug": 5}),
    ] {
        let request = served.request(OWNER, "POST", "/v1/tunnels", Some(wrong.to_string()));
        let answer = served.runtime.block_on(request.send()).unwrap();
        assert_eq!(answer.status(), 400, "{wrong}");
    }
    let deep = "[".repeat(10_000);
    let request = served.request(OWNER, "POST", "/v1/tunnels", Some(deep));
    assert_eq!(
        served.runtime.block_on(request.send()).unwrap().status(),
        400
    );
    assert_eq!(served.live(), (vec![], vec![]));
    alive(&served);
}
