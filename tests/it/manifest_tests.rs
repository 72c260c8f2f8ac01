//! The manifest's own tests: what they ask, how they fail, and how they end `test`, `plan` and
//! `apply`.

use serde_json::{Value, json};

use crate::support::tunctl::{Ran, Tunctl};

/// Two tunnels, of which one serves a wildcard; `TESTS` stands for the first one's tests.
fn manifest(tests: &str) -> String {
    format!(
        "\
version: 1
stack: edge
account: 0123456789abcdef0123456789abcdef
tunnels:
  edge-web:
    ingress:
      - hostname: app.example.com
        path: ^/api/
        service: http://api:8080
        originRequest: {{access: {{required: true, teamName: acme, audTag: [x]}}}}
      - {{hostname: app.example.com, path: ^/$, service: 'http://home:80'}}
      - {{hostname: app.example.com, service: 'http://web:3000'}}
    tests: [{tests}]
  edge-rest:
    ingress: [{{hostname: '*.example.com', service: 'http://rest:1'}}]
"
    )
}

fn run(tests: &str, arguments: &[&str]) -> Ran {
    Tunctl::with_manifest(&manifest(tests)).run(arguments)
}

fn results(tests: &str) -> Vec<Value> {
    let ran = run(tests, &["test", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    report["tests"].as_array().unwrap().clone()
}

/// Whether a single test passes; asserts that the exit code says the same.
fn passes(test: &str) -> bool {
    let ran = run(test, &["test", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let passed = report["tests"][0]["passed"].as_bool().unwrap();
    assert_eq!(ran.code, i32::from(!passed), "{}", ran.err);
    passed
}

#[test]
fn a_test_holds_if_everything_that_it_names_is_so() {
    for right in [
        "{url: 'https://app.example.com/api/v1', service: 'http://api:8080'}",
        "{url: 'https://app.example.com/api/v1', service: 'http://api:8080', rule: 0, access: required}",
        "{url: 'https://app.example.com/x', service: 'http://web:3000', rule: 2, access: none}",
        // Every client sends a path.
        "{url: 'https://app.example.com', service: 'http://home:80'}",
        "{url: 'https://app.example.com/%61pi/', service: 'http://api:8080'}",
        // No record of ours: the tunnel's rules are asked.
        "{url: 'https://app.example.org/', service: 'http_status:404'}",
        "{url: 'https://x.y.example.com/', service: 'http://rest:1', tunnel: edge-rest}",
    ] {
        assert!(passes(right), "{right}");
    }
}

#[test]
fn a_test_fails_if_anything_that_it_names_is_not_so() {
    for wrong in [
        "{url: 'https://app.example.com/', service: 'http://web:3000'}",
        "{url: 'https://app.example.com/x', service: 'http://web:3000', rule: 1}",
        "{url: 'https://app.example.com/x', service: 'http://web:3000', access: required}",
        "{url: 'https://app.example.com/api/', service: 'http://api:8080', access: none}",
        // DNS leads elsewhere, although this tunnel's last rule would answer so.
        "{url: 'https://x.example.com/', service: 'http_status:404'}",
        // Something exists at `app.example.com`: the wildcard does not stand for names below it.
        "{url: 'https://x.app.example.com/', service: 'http://rest:1', tunnel: no-such}",
    ] {
        assert!(!passes(wrong), "{wrong}");
    }
}

#[test]
fn the_json_says_what_was_expected_and_what_answers() {
    let all = results("{url: 'https://app.example.com/x', service: 'http://api:8080', rule: 0}");
    assert_eq!(all[0]["url"], "https://app.example.com/x");
    assert_eq!(
        all[0]["expected"],
        json!({"tunnel": "edge-web", "rule": 0, "service": "http://api:8080", "access": null})
    );
    assert_eq!(
        all[0]["answer"],
        json!({"tunnel": "edge-web", "rule": 2, "service": "http://web:3000", "access": "none"})
    );
    assert_eq!(all[0]["fault"]["code"], "tunctl::test_failed");
}

#[test]
fn junit_counts_and_escapes() {
    let ran = run(
        "{url: 'https://app.example.com/x', service: 'http://web:3000'}, \
         {url: 'https://app.example.com/<&\">', service: 'http://api:8080'}",
        &["test", "--format", "junit"],
    );
    let out = ran
        .code(1)
        .says("<testsuites name=\"tunctl\" tests=\"2\" failures=\"1\">")
        .says("<testsuite name=\"edge\" tests=\"2\" failures=\"1\" errors=\"0\">")
        .says("https://app.example.com/&lt;&amp;&quot;&gt; -&gt; http://api:8080")
        .says("file=\"tunctl.yaml\" line=\"13\"")
        .out;
    assert_eq!(out.matches("<testcase ").count(), 2);
    assert_eq!(out.matches("<failure ").count(), 1);
}

#[test]
fn people_see_each_test_and_why_it_fails() {
    let ran = run(
        "{url: 'https://app.example.com/x', service: 'http://web:3000'}, \
         {url: 'https://app.example.com/x', service: 'http://api:8080'}",
        &["test"],
    );
    ran.code(1)
        .says("pass  https://app.example.com/x -> http://web:3000 (tunnel.edge-web, rule 2)")
        .says("FAIL  https://app.example.com/x -> http://api:8080 (tunnel.edge-web, rule 2)")
        .says("Tests: 1 passed, 1 failed.")
        .complains("`http://web:3000` answers, by rule 2");
    run("", &["test"])
        .code(0)
        .says("The manifest has no tests.");
}

#[test]
fn a_failing_test_ends_plan_with_1_and_keeps_apply_from_writing() {
    let wrong = "{url: 'https://app.example.com/', service: 'http://web:3000'}";
    let tunctl = Tunctl::with_manifest(&manifest(wrong));
    let plan = tunctl.run(&["plan", "--sandbox", "--detailed-exitcode"]);
    plan.code(1)
        .says("Plan: ")
        .says("Tests: 0 passed, 1 failed.")
        .complains("test of the manifest fails");
    let plan = tunctl
        .run(&["plan", "--sandbox", "--format", "json"])
        .code(1);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!(plan["tests"][0]["passed"], false);
    for format in ["human", "json"] {
        let apply = ["apply", "--sandbox", "--auto-approve", "--format", format];
        tunctl
            .run(&apply)
            .code(1)
            .complains("test of the manifest fails");
    }
    // Nothing exists, so there is nothing that destroying would find.
    let destroy = tunctl.run(&["destroy", "--sandbox", "--auto-approve"]);
    destroy.code(0).says("0 destroyed");
}

#[test]
fn only_test_prints_junit() {
    run("", &["plan", "--sandbox", "--format", "junit"])
        .code(1)
        .complains("this command has no format `junit`");
}
