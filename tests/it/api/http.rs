use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tunctl::api::base::Base;
use tunctl::api::http::{HttpError, HttpSettings};
use tunctl::api::{ApiError, Client, Credentials, Http, Meaning, Reply, Settings, Wire, WireError};
use tunctl::request::{Method, Request};

use crate::support::loopback::{Deed, response, serve};

const GOOD: &[u8] = br#"{"success":true,"errors":[],"result":{"id":"t1"}}"#;

fn settings(base: &str) -> HttpSettings {
    HttpSettings {
        base: Base::parse(base).unwrap(),
        ..HttpSettings::default()
    }
}

/// A client that gives up at once on what it may not repeat, so that no test waits.
fn client(settings: &HttpSettings) -> Client {
    let credentials = Credentials::token("0123456789-the-planted-token").unwrap();
    Client::new(
        Http::new(settings).unwrap(),
        credentials,
        Settings::default(),
    )
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn post() -> Request {
    Request::new(Method::Post, &["accounts", "a", "cfd_tunnel"]).body(json!({"name": "web"}))
}

/// Sends a POST to a server that does these deeds.
fn send(deeds: Vec<Deed>) -> Result<Value, ApiError> {
    run(async {
        let address = serve(deeds).await;
        client(&settings(&format!("http://{address}")))
            .send(&post())
            .await
    })
}

#[test]
fn a_result_comes_over_a_real_connection() {
    let said = send(vec![response(
        "200 OK",
        &["content-type: application/json"],
        GOOD,
    )]);
    assert_eq!(said.unwrap(), json!({"id": "t1"}));
}

/// What a server hears of a POST, from its first byte until the connection rests with a whole body
/// or ends; the wire asks whether it may.
fn heard(may: bool) -> (String, Result<Value, ApiError>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 1024];
        while !request.ends_with(br#"{"name":"web"}"#) {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return String::from_utf8(request).unwrap(),
                Ok(count) => request.extend_from_slice(&buffer[..count]),
            }
        }
        let Deed::Say(answer) = response("200 OK", &[], GOOD) else {
            unreachable!("`response` says something")
        };
        stream.write_all(&answer).unwrap();
        String::from_utf8(request).unwrap()
    });
    let http = Http::new(&settings(&format!("http://{address}"))).unwrap();
    let http = http.asking(Arc::new(move || may));
    let credentials = Credentials::token("0123456789-the-planted-token").unwrap();
    let client = Client::new(http, credentials, Settings::default());
    let request = post().query("cascade", "true");
    let end = run(client.send(&request));
    drop(client);
    let text = server.join().unwrap().to_ascii_lowercase();
    (text.replace(&address.to_string(), "HOST"), end)
}

#[test]
fn what_arrives_is_one_whole_request() {
    let (text, end) = heard(true);
    end.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, r#"{"name":"web"}"#);
    let mut lines: Vec<&str> = head.lines().collect();
    lines[1..].sort_unstable();
    insta::assert_snapshot!(lines.join("\n").replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r"
    post /client/v4/accounts/a/cfd_tunnel?cascade=true http/1.1
    accept-encoding: gzip
    accept: application/json
    authorization: bearer 0123456789-the-planted-token
    content-length: 14
    content-type: application/json
    host: HOST
    user-agent: tunctl/VERSION
    ");
}

#[test]
fn a_write_that_is_late_when_its_connection_stands_is_never_whole() {
    let (text, end) = heard(false);
    assert!(!text.contains("web"), "{text}");
    let error = end.unwrap_err();
    assert_eq!(error.meaning(), Meaning::Fenced);
    assert!(!error.is_ambiguous());
    assert_eq!(error.attempts(), 1);
}

#[test]
fn a_connection_that_closes_without_a_word_leaves_a_write_open() {
    let error = send(vec![Deed::Close]).unwrap_err();
    assert_eq!(error.meaning(), Meaning::Unanswered);
    assert!(error.is_ambiguous());
    assert_eq!(error.attempts(), 1);
}

#[test]
fn a_body_that_breaks_off_leaves_a_write_open() {
    let mut bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_vec();
    bytes.extend_from_slice(GOOD);
    let error = send(vec![Deed::Say(bytes)]).unwrap_err();
    assert_eq!(error.meaning(), Meaning::Unanswered);
    assert!(error.is_ambiguous());
}

#[test]
fn truncated_json_in_a_whole_body_is_unreadable() {
    let error = send(vec![response("200 OK", &[], &GOOD[..20])]).unwrap_err();
    assert_eq!(error.meaning(), Meaning::Unreadable);
    assert!(error.is_ambiguous());
}

#[test]
fn html_is_unreadable() {
    let page = response(
        "403 Forbidden",
        &["content-type: text/html"],
        b"<h1>Blocked</h1>",
    );
    let error = send(vec![page]).unwrap_err();
    insta::assert_snapshot!(error, @"POST /accounts/a/cfd_tunnel failed: status 403, not JSON but text/html: <h1>Blocked</h1>");
}

#[test]
fn nonsense_on_the_wire_is_one_error() {
    for bytes in [
        &b"SSH-2.0-OpenSSH\r\n"[..],
        b"",
        b"HTTP/1.1 200",
        b"\x16\x03\x01",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let error = send(vec![Deed::Say(bytes.to_vec())]).unwrap_err();
        assert_eq!(error.meaning(), Meaning::Unanswered, "{bytes:?}: {error}");
        assert_eq!(error.attempts(), 1);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    run(async {
        let other = serve(vec![response("200 OK", &[], GOOD)]).await;
        let location = format!("location: http://{other}/client/v4/x");
        for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
            let address = serve(vec![response(status, &[&location], b"")]).await;
            let client = client(&settings(&format!("http://{address}")));
            let error = client.send(&Request::get(&["zones"])).await.unwrap_err();
            assert_eq!(error.meaning(), Meaning::Unreadable);
            assert!(
                error.to_string().contains("a redirect to http://"),
                "{error}"
            );
        }
    });
}

#[test]
fn an_answer_over_the_limit_is_cut_off() {
    run(async {
        let body = vec![b' '; 100_000];
        let address = serve(vec![response("200 OK", &[], &body)]).await;
        let settings = HttpSettings {
            longest_reply: 10_000,
            ..settings(&format!("http://{address}"))
        };
        let error = client(&settings).send(&post()).await.unwrap_err();
        assert!(error.is_ambiguous());
        insta::assert_snapshot!(error, @"POST /accounts/a/cfd_tunnel failed: the answer is longer than 10000 bytes");
    });
}

#[test]
fn a_server_that_never_answers_ends_in_a_timeout() {
    run(async {
        let address = serve(vec![Deed::Hold]).await;
        let settings = HttpSettings {
            timeout: Duration::from_millis(50),
            ..settings(&format!("http://{address}"))
        };
        let error = client(&settings).send(&post()).await.unwrap_err();
        assert_eq!(error.meaning(), Meaning::Unanswered);
        assert!(error.is_ambiguous());
    });
}

/// Compressed with `gzip`; the text is [`GOOD`].
#[test]
fn a_compressed_answer_is_read() {
    let packed: &[u8] = include_bytes!("../../fixtures/good.json.gz");
    let said = send(vec![response(
        "200 OK",
        &["content-encoding: gzip"],
        packed,
    )]);
    assert_eq!(said.unwrap(), json!({"id": "t1"}));
    let error = send(vec![response(
        "200 OK",
        &["content-encoding: gzip"],
        &packed[..20],
    )]);
    assert_eq!(error.unwrap_err().meaning(), Meaning::Unanswered);
}

/// One raw exchange, without the client's retries.
fn exchange(settings: &HttpSettings, request: &Request) -> Result<Reply, WireError> {
    let http = Http::new(settings).unwrap();
    let call = tunctl::api::Call {
        method: request.method,
        target: request.path.clone(),
        headers: Vec::new(),
        body: None,
    };
    run(http.exchange(call))
}

#[test]
fn nobody_there_is_known_to_have_sent_nothing() {
    let error = exchange(&settings("http://127.0.0.1:1"), &Request::get(&["zones"]));
    let error = error.unwrap_err();
    assert!(matches!(error, WireError::Connect(_)), "{error}");
    assert!(!error.may_have_arrived());
}

#[test]
fn a_path_that_a_url_would_change_is_not_sent() {
    for name in ["..", "."] {
        let request = Request::get(&["accounts", name, "cfd_tunnel"]);
        let error = exchange(&settings("http://127.0.0.1:1"), &request).unwrap_err();
        assert!(matches!(error, WireError::Unsendable(_)), "{error}");
    }
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/tls")
        .join(name)
}

/// Answers connections over TLS until the process ends.
fn serve_tls() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from_pem_file(fixture("localhost.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("localhost.key")).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = rustls::Stream::new(&mut session, &mut stream);
            // A client that does not trust us hangs up here.
            if tls.read(&mut [0; 4096]).is_ok()
                && let Deed::Say(answer) = response("200 OK", &[], GOOD)
            {
                tls.write_all(&answer).ok();
                tls.conn.send_close_notify();
                tls.flush().ok();
            }
        }
    });
    address
}

#[test]
fn a_certificate_is_trusted_when_its_authority_is() {
    let address = serve_tls();
    let strict = settings(&format!("https://{address}"));
    let trusting = HttpSettings {
        ca_file: Some(fixture("ca.pem")),
        ..strict.clone()
    };
    let request = Request::get(&["zones"]);
    assert_eq!(exchange(&trusting, &request).unwrap().body, GOOD);
    let error = run(client(&strict).send(&request)).unwrap_err();
    assert_eq!(error.meaning(), Meaning::Unreachable);
    assert_eq!(error.attempts(), 1, "a certificate does not get better");
    insta::assert_snapshot!(error, @"GET /zones failed: invalid peer certificate: UnknownIssuer");
}

#[test]
fn tls_to_a_server_without_tls_has_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 64]).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").ok();
    });
    let settings = settings(&format!("https://{address}"));
    let error = exchange(&settings, &Request::get(&["zones"])).unwrap_err();
    assert!(matches!(error, WireError::Connect(_)), "{error}");
}

#[test]
fn a_ca_file_without_certificates_is_refused() {
    for (path, told) in [
        (fixture("missing.pem"), "No such file"),
        (fixture("README.md"), "no certificate in it"),
        (fixture("localhost.key"), "no certificate in it"),
    ] {
        let settings = HttpSettings {
            ca_file: Some(path),
            ..HttpSettings::default()
        };
        let error = Http::new(&settings).unwrap_err();
        assert!(matches!(error, HttpError::CaFile { .. }), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}

/// Runs another test of this binary in a process of its own, with this environment.
fn in_environment(test: &str, variables: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("1 passed"), "{printed}");
}

#[test]
fn a_system_without_certificates_is_told_what_to_install() {
    in_environment(
        "api::http::child_without_certificates",
        &[
            ("SSL_CERT_FILE", "/nonexistent"),
            ("SSL_CERT_DIR", "/nonexistent"),
        ],
    );
}

#[test]
#[ignore = "needs an environment, which the test above makes"]
fn child_without_certificates() {
    let error = Http::new(&HttpSettings::default()).unwrap_err();
    assert_eq!(error, HttpError::NoCertificates);
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(help.contains("ca-certificates") && help.contains("--ca-file"));
    let trusting = HttpSettings {
        ca_file: Some(fixture("ca.pem")),
        ..HttpSettings::default()
    };
    assert!(Http::new(&trusting).is_ok(), "--ca-file is enough");
}

#[test]
fn a_loopback_api_is_never_asked_through_a_proxy() {
    let proxy = "http://127.0.0.1:1";
    in_environment(
        "api::http::a_result_comes_over_a_real_connection_despite_a_proxy",
        &[
            ("HTTP_PROXY", proxy),
            ("http_proxy", proxy),
            ("ALL_PROXY", proxy),
            ("NO_PROXY", ""),
        ],
    );
}

#[test]
#[ignore = "needs an environment, which the test above makes"]
fn a_result_comes_over_a_real_connection_despite_a_proxy() {
    a_result_comes_over_a_real_connection();
}
