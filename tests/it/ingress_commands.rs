//! `tunctl ingress`: cloudflared's recorded answers, through what the commands do with a file, and
//! a sample of them through the binary.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};
use tunctl::cloudflared::effective::effective;
use tunctl::cloudflared::{Dialect, open};
use tunctl::ingress::Target;

use crate::support::tunctl::{Ran, Tunctl, root};

fn cases(name: &str) -> Vec<Value> {
    let path = root().join(format!("tests/fixtures/ingress/{name}.jsonl"));
    let text = std::fs::read_to_string(path).unwrap();
    let cases: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    cases
}

fn text<'c>(case: &'c Value, key: &str) -> &'c str {
    case[key].as_str().unwrap()
}

/// A case's rules as a file that `cloudflared tunnel ingress validate --json` takes.
fn file(case: &Value) -> String {
    json!({"ingress": case["ingress"]}).to_string()
}

fn dialect(case: &Value) -> (Dialect, &'static str) {
    match text(case, "format") {
        "json-remote" => (Dialect::JsonRemote, "json-remote"),
        "json-cli" => (Dialect::JsonCli, "json-cli"),
        _ => (Dialect::Yaml, "yaml"),
    }
}

/// Every so many cases goes through the binary, which takes its time to start.
const SAMPLE: usize = 23;

fn sampled(at: usize) -> bool {
    at.is_multiple_of(SAMPLE)
}

fn ask(file: &str, arguments: &[&str]) -> Ran {
    let tunctl = Tunctl::new();
    tunctl.write("file", file);
    tunctl.run(&[&["ingress"], arguments].concat())
}

#[test]
fn files_are_judged_in_cloudflareds_words() {
    let cases = cases("validate");
    for (at, case) in cases.iter().enumerate() {
        let verdict = open(file(case).as_bytes(), None);
        let error = verdict.err();
        assert_eq!(json!(error.is_none()), case["ok"], "{case}");
        assert_eq!(json!(error), case["error"], "{case}");
        if sampled(at) {
            let ran = ask(&file(case), &["validate", "file"]);
            let (code, out) = match error {
                None => (0, "OK\n".to_owned()),
                Some(error) => (1, format!("Validation failed: {error}\n")),
            };
            assert_eq!((ran.code, &*ran.out, &*ran.err), (code, &*out, ""));
        }
    }
    assert_eq!(cases.len(), 679);
}

/// The answer for programs.
fn answer(case: &Value, target: Result<Target, String>) -> Value {
    let answer = target.and_then(|target| {
        let configuration = open(file(case).as_bytes(), None)?;
        configuration.answer(&target.host, &target.path)
    });
    match answer {
        Ok(answer) => json!({"rule": answer.position, "service": answer.service}),
        Err(error) => json!({"error": error}),
    }
}

fn expect(case: &Value, at: usize, answer: &Value, request: &[&str]) {
    if sampled(at) {
        let arguments = [&["rule", "file", "--format", "json"], request].concat();
        let ran = ask(&file(case), &arguments);
        let printed: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(&printed, answer, "{case}");
        assert_eq!(ran.code, i32::from(answer.get("error").is_some()), "{case}");
    }
}

#[test]
fn urls_and_requests_go_to_the_rule_that_cloudflared_says() {
    let urls = cases("match");
    for (at, case) in urls.iter().enumerate() {
        let wanted = json!({"rule": case["rule"], "service": case["service"]});
        let answer = answer(case, Target::parse(text(case, "url")));
        assert_eq!(answer, wanted, "{case}");
        expect(case, at, &answer, &[text(case, "url")]);
    }
    let requests = cases("match-host");
    for case in &requests {
        let wanted = json!({"rule": case["rule"], "service": case["service"]});
        let (host, path) = (text(case, "host"), text(case, "path"));
        let target = Target {
            host: host.into(),
            path: path.into(),
        };
        assert_eq!(answer(case, Ok(target)), wanted, "{case}");
        expect(case, 0, &wanted, &["--host", host, "--path", path]);
    }
    assert_eq!((urls.len(), requests.len()), (933, 22));
}

#[test]
fn urls_are_refused_in_cloudflareds_words() {
    let cases = cases("url-error");
    for case in &cases {
        let wanted = json!({"error": case["error"]});
        assert_eq!(answer(case, Target::parse(text(case, "url"))), wanted);
        expect(case, 0, &wanted, &[text(case, "url")]);
        let ran = ask(&file(case), &["rule", "file", text(case, "url")]).code(1);
        assert_eq!(ran.err, format!("{}\n", text(case, "error")));
        assert_eq!(ran.out, "");
    }
    assert_eq!(cases.len(), 40);
}

/// What Go's decoders say about a text that is no configuration is not compared.
#[test]
fn configurations_mean_what_they_mean_to_cloudflared() {
    let cases = cases("config");
    for (at, case) in cases.iter().enumerate() {
        let (dialect, name) = dialect(case);
        let read = open(text(case, "text").as_bytes(), Some(dialect));
        assert_eq!(json!(read.is_ok()), case["ok"], "{case}");
        match &read {
            Ok(it) => {
                assert_eq!(effective(&it.document), case["effective"], "{case}");
                assert_eq!(json!(it.warnings), case["warnings"], "{case}");
            }
            Err(message) => {
                let recorded = text(case, "error").strip_prefix("Validation failed: ");
                assert!(recorded.is_none_or(|it| it == message), "{case}");
            }
        }
        if sampled(at) {
            let tunctl = Tunctl::new();
            tunctl.write("file", text(case, "text"));
            let run = |command: &str| {
                let arguments = ["ingress", command, "file", "--dialect", name];
                tunctl.run(&[&arguments[..], &["--format", "json"]].concat())
            };
            let shown: Value = serde_json::from_str(&run("show").out).unwrap();
            match &read {
                Ok(_) => assert_eq!(shown, case["effective"]),
                Err(it) => assert_eq!(shown, json!({"error": format!("Validation failed: {it}")})),
            }
        }
    }
    assert_eq!(cases.len(), 271);
}

#[test]
fn the_form_of_a_file_is_told_by_its_content() {
    for case in cases("config") {
        let (dialect, _) = dialect(&case);
        // A bare remote configuration cannot be told from what the command line takes, and a
        // text that is no object from YAML.
        let told = dialect != Dialect::JsonRemote && text(&case, "text").starts_with(['{', 'i']);
        if told && case["ok"] == true {
            let text = text(&case, "text").as_bytes();
            assert_eq!(open(text, None), open(text, Some(dialect)), "{case}");
        }
    }
}

#[test]
fn the_envelopes_of_the_edge_and_the_api_are_opened() {
    let rules =
        json!({"ingress": [{"service": "http://a"}], "warp-routing": {"connectTimeout": 7}});
    let bare = open(rules.to_string().as_bytes(), Some(Dialect::JsonRemote)).unwrap();
    for envelope in [
        json!({"version": 3, "config": rules}),
        json!({"config": rules}),
        json!({"success": true, "errors": [], "result": {"version": 3, "config": rules}}),
    ] {
        let text = envelope.to_string();
        assert_eq!(open(text.as_bytes(), None).as_ref(), Ok(&bare), "{text}");
        ask(&text, &["validate", "file"]).code(0).says("OK");
    }
    // Said to be bare, it is: there are no rules at its top, which connectors accept.
    let text = json!({"config": rules}).to_string();
    let without = open(text.as_bytes(), Some(Dialect::JsonRemote)).unwrap();
    assert_eq!(without.document.ingress, []);
    // Rules at the top are the ones that the command line takes.
    let both = json!({"ingress": [], "config": rules}).to_string();
    let error = open(both.as_bytes(), None).unwrap_err();
    assert!(
        error.contains("doesn't contain any ingress rules"),
        "{error}"
    );
}

#[test]
fn escapes_that_only_go_reads_do_not_make_a_file_yaml() {
    let file =
        r#"{"ingress": [{"service": "http://\ud800a", "originRequest": {"proxyPort": -0}}]}"#;
    let told = open(file.as_bytes(), None);
    assert_eq!(told, open(file.as_bytes(), Some(Dialect::JsonCli)));
}

const RULES: &str = "\
tunnel: web
ingress:
  - hostname: a.example.com
    path: ^/x
    service: http://a
    colour: red
  - service: http_status:404
";

#[test]
fn warnings_are_cloudflareds_and_leave_the_verdict_alone() {
    let ran = ask(RULES, &["validate", "file"]).code(0);
    assert_eq!(ran.out, "OK\n");
    let warning = "yaml: unmarshal errors:\n  line 6: field colour not found in type \
                   config.UnvalidatedIngressRule\n";
    assert_eq!(ran.err, warning);
    let ran = ask(RULES, &["validate", "file", "--quiet"]).code(0);
    assert_eq!((&*ran.out, &*ran.err), ("OK\n", ""));
}

#[test]
fn people_read_the_words_of_cloudflared() {
    let ran = ask(RULES, &["rule", "file", "https://a.example.com/x?y"]).code(0);
    let words = "Using rules from file\nMatched rule #0\n\thostname: a.example.com\n\
                 \tpath: ^/x\n\tservice: http://a\n";
    assert_eq!(ran.out, words);
    let shown = ask(RULES, &["show", "file"]).code(0);
    let shown = shown.says("Rule #0: a.example.com ^/x -> http://a\n  connectTimeout: 30s");
    shown.says("Rule #1: (any host) -> http_status:404");
}

#[test]
fn hosts_and_paths_may_be_empty_or_look_like_flags() {
    let rule = |arguments: &[&str]| {
        let ran = ask(RULES, &[&["rule", "file"], arguments].concat()).code(0);
        ran.out.lines().nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(
        rule(&["--host", "a.example.com:80", "--path", "/x"]),
        "Matched rule #0"
    );
    assert_eq!(
        rule(&["--host", "a.example.com", "--path", ""]),
        "Matched rule #1"
    );
    assert_eq!(rule(&["--host=", "--path=-x"]), "Matched rule #1");
    assert_eq!(rule(&["--host", "-x", "--path", "--y"]), "Matched rule #1");
    assert_eq!(
        rule(&["--host", "a.example.com", "--path", "/%78"]),
        "Matched rule #1"
    );
    for wrong in [
        &[][..],
        &["--host", "a"],
        &["--path", "/"],
        &["https://a", "--host", "a", "--path", "/"],
    ] {
        let ran = ask(RULES, &[&["rule", "file"], wrong].concat()).code(1);
        assert!(ran.err.contains("Usage"), "{wrong:?} {}", ran.err);
    }
    let dashed = ask(RULES, &["rule", "file", "-x"]).code(1);
    assert!(
        dashed.err.starts_with("-x doesn't have a hostname"),
        "{}",
        dashed.err
    );
}

#[cfg(unix)]
#[test]
fn a_path_may_be_any_bytes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let tunctl = Tunctl::new();
    tunctl.write("file", &RULES.replace("^/x", "^/..$"));
    let mut command = tunctl.command(&[
        "ingress",
        "rule",
        "file",
        "--host",
        "a.example.com",
        "--path",
    ]);
    // Each byte that is not UTF-8 is one character.
    let output = command
        .arg(OsStr::from_bytes(b"/\xf0\x9f"))
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("Matched rule #0"), "{out}");
}

#[test]
fn a_dash_is_standard_input() {
    let tunctl = Tunctl::new();
    let mut command = tunctl.command(&["ingress", "validate", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(RULES.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), &*output.stdout),
        (Some(0), &b"OK\n"[..])
    );
}

#[test]
fn messages_are_neither_wrapped_nor_escaped() {
    let path = format!("({} \u{1b}m ü", "x".repeat(300));
    let rules = [
        json!({"path": path, "service": "http://a"}),
        json!({"service": "http://b"}),
    ];
    let file = json!({ "ingress": rules }).to_string();
    let ran = ask(&file, &["validate", "file"]).code(1);
    let words = "Validation failed: Rule #1 has an invalid regex: error parsing regexp: missing closing ): ";
    assert_eq!(ran.out, format!("{words}`{path}`\n"));
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let tunctl = Tunctl::new();
    for command in ["validate", "show"] {
        let ran = tunctl.run(&["ingress", command, "nothing"]).code(1);
        ran.complains("tunctl::unreadable_file");
    }
}
