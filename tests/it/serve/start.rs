//! How the service begins and ends, as its operator sees it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::serve::{Tokens, token};

use super::crash::Process;
use super::served::OWNER;
use crate::support::tunctl::{Account, Ran, Tunctl, root};

fn hash(words: &[&str], token: &str) -> Ran {
    let tunctl = Tunctl::new();
    let mut command = tunctl.command(&[&["serve", "hash-token"], words].concat());
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may refuse before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(token.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_line_of_the_file_of_tokens_is_made_from_a_token_and_hides_it() {
    let ran = hash(
        &["alice", "--max", "3", "--domain", "Dev.Example.com"],
        &format!("{OWNER}\n"),
    )
    .code(0);
    assert!(!ran.out.contains(OWNER));
    let tokens = Tokens::parse(&ran.out).unwrap();
    let caller = tokens.find(OWNER).unwrap();
    assert_eq!((caller.owner.as_str(), caller.quota), ("alice", 3));
    assert_eq!(caller.domain.as_deref(), Some("dev.example.com"));
    assert_eq!(tokens.find("another"), None);
    let short = hash(&["alice"], "short").code(1);
    assert!(!short.err.contains("`short`"), "{}", short.err);
    hash(&["al ice"], OWNER)
        .code(1)
        .complains("no owner's name");
}

#[test]
fn every_wrong_line_of_the_file_of_tokens_is_named() {
    let digest = token::hashed(OWNER);
    let text = format!(
        "# tokens\nalice sha256:{digest}\n\nbob sha256:{digest}\ncarol sha256:12\ndave\neve sha256:{} max=x\nfred sha256:{} what\n",
        token::hashed("e"),
        token::hashed("f")
    );
    let problems = Tokens::parse(&text).unwrap_err();
    let lines: Vec<&str> = problems.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(
        lines[0].contains("line 4") && lines[0].contains("another line"),
        "{lines:?}"
    );
    assert!(!lines.join(" ").contains(&digest));
    assert!(Tokens::parse("# nobody\n").is_err());
}

#[test]
fn everything_that_is_wrong_with_a_start_is_said_at_once() {
    let tunctl = Tunctl::new();
    let words = [
        "serve",
        "--tokens",
        "absent",
        "--base-domain",
        "nodots",
        "--stack",
        "UPPER",
        "--listen",
        "0.0.0.0:0",
        "--lease",
        "10s",
    ];
    let ran = tunctl.run(&words).code(1);
    for part in [
        "CLOUDFLARE_ACCOUNT_ID",
        "names no domain",
        "`UPPER`",
        "plain text",
        "--heartbeat is not shorter",
        "absent",
    ] {
        assert!(ran.err.contains(part), "{part}\n{}", ran.err);
    }
}

#[test]
fn one_service_writes_and_the_stacks_of_manifests_go_on_beside_it() {
    let account = Account::new(&["example.com"]);
    let store = tempfile::tempdir().unwrap();
    let mut process = Process::start(&account, store.path(), &[]);
    let (url, place) = (account.url(), store.path().to_str().unwrap().to_owned());
    let words = [
        "apply",
        "--auto-approve",
        "--api-url",
        &url,
        "--store",
        &place,
    ];
    let beside = |manifest: &str| Tunctl::in_ci(manifest).run(&words);
    let manifest = |stack: &str, tunnel: &str| {
        format!(
            "version: 1\nstack: {stack}\naccount: ${{CLOUDFLARE_ACCOUNT_ID}}\nowns: {{tunnels: ['{stack}-*']}}\ntunnels: {{{tunnel}: {{}}}}\n"
        )
    };
    beside(&manifest("edge", "edge-a")).code(0);
    let greedy = manifest("serving", "serving-a").replace("serving-*", "serv*");
    beside(&greedy).code(1).complains("both own every");
    second(&url, &place).code(1).complains("is locked by");
    let pid = process.child.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(sent.unwrap().success());
    let end = process.child.wait().unwrap();
    assert_eq!(end.code(), Some(0), "{}", process.log());
}

/// Another service with the same store.
fn second(url: &str, store: &str) -> Ran {
    let tunctl = Tunctl::new()
        .env("CLOUDFLARE_API_TOKEN", "x")
        .env("CLOUDFLARE_ACCOUNT_ID", DEFAULT_ACCOUNT);
    let line = format!("alice sha256:{}\n", token::hashed(OWNER));
    tunctl.write("tokens", &line);
    let words = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--tokens",
        "tokens",
        "--api-url",
        url,
    ];
    let more = ["--base-domain", "t.example.com", "--store", store];
    tunctl.run(&[&words[..], &more].concat())
}

#[test]
fn the_log_says_who_did_what_and_no_secret() {
    let account = Account::new(&["example.com"]);
    let store = tempfile::tempdir().unwrap();
    let process = Process::start(&account, store.path(), &["-vv"]);
    let made = visit(&process.url);
    let log = process.log();
    assert!(
        log.contains("created") && log.contains("logged.tunnel.example.com"),
        "{log}"
    );
    assert!(log.contains("route=\"create\" status=200"), "{log}");
    let secrets = [
        OWNER,
        "planted-wrong-token",
        "secret-in-path",
        "cloudflare-secret",
        made["tunnelRunToken"].as_str().unwrap(),
        made["cloudflaredToken"].as_str().unwrap(),
    ];
    let mut kept = files(store.path());
    kept.push(log);
    for secret in secrets {
        assert!(
            kept.iter().all(|it| !it.contains(secret)),
            "{secret} in {}",
            process.log_path().display()
        );
    }
}

/// Makes a tunnel, errs in several ways, and looks at the metrics.
fn visit(url: &str) -> Value {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let text = |request: reqwest::RequestBuilder| {
        runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() })
    };
    let body = r#"{"port": 3000, "requestedSlug": "logged"}"#;
    let create = client.post(format!("{url}/v1/tunnels")).bearer_auth(OWNER);
    let made = text(create.body(body));
    let wrong = client.get(format!("{url}/v1/tunnels/secret-in-path"));
    text(wrong.bearer_auth("planted-wrong-token"));
    text(
        client
            .post(format!("{url}/login"))
            .body(format!("token={OWNER}")),
    );
    let metrics = text(client.get(format!("{url}/metrics")));
    for line in [
        "tunctl_serve_tunnels{status=\"active\"} 1",
        "tunctl_serve_requests_total{route=\"create\",status=\"200\"} 1",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    assert!(!metrics.contains("alice") && !metrics.contains("logged"));
    serde_json::from_str(&made).unwrap()
}

/// The texts of all files below a directory.
fn files(root: &Path) -> Vec<String> {
    let (mut texts, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                texts.push(String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
            }
        }
    }
    texts
}

#[test]
fn with_a_certificate_clients_speak_tls_and_nothing_else() {
    let account = Account::new(&["example.com"]);
    let store = tempfile::tempdir().unwrap();
    let tls = root().join("tests/fixtures/tls");
    let path = |name: &str| tls.join(name).to_str().unwrap().to_owned();
    let (chain, key) = (path("localhost.pem"), path("localhost.key"));
    let words = ["--tls-cert", &chain, "--tls-key", &key];
    let process = Process::start(&account, store.path(), &words);
    let url = process.url.replace("127.0.0.1", "localhost");
    let ca = std::fs::read(tls.join("ca.pem")).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
        .build()
        .unwrap();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let ask = |url: String| {
        runtime.block_on(async { Some(client.get(url).send().await.ok()?.status().as_u16()) })
    };
    assert!(url.starts_with("https://localhost:"), "{url}");
    assert_eq!(ask(format!("{url}/healthz")), Some(200));
    assert_eq!(ask(format!("{url}/healthz").replace("https", "http")), None);
    let form = client
        .post(format!("{url}/login"))
        .body(format!("token={OWNER}"));
    let answer = runtime.block_on(form.send()).unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}
