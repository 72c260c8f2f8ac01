//! The binary as its users and CI run it: words, exit codes, and every way in which the API can
//! let a run down.

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Ran, Tunctl, root};

const MANIFEST: &str = "\
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
owns: {tunnels: ['edge-*']}
tunnels:
  edge-web:
    ingress:
      - {hostname: app.example.com, service: 'http://web:3000'}
  edge-api:
    ingress:
      - {hostname: api.example.com, service: 'http://api:8080'}
";

const APPLY: &[&str] = &["apply", "--auto-approve", "--api-url"];

fn apply(account: &Account, tunctl: &Tunctl) -> Ran {
    let url = account.url();
    tunctl.run(&[APPLY, &[url.as_str(), "--timeout", "2s"]].concat())
}

fn plan(account: &Account, tunctl: &Tunctl) -> Ran {
    tunctl.run(&["plan", "--detailed-exitcode", "--api-url", &account.url()])
}

fn quickstart() -> Tunctl {
    let text = std::fs::read_to_string(root().join("examples/quickstart.yaml")).unwrap();
    Tunctl::with_manifest(&text)
}

#[test]
fn a_plan_as_markdown_begins_with_its_marker_also_where_there_is_none() {
    let tunctl = quickstart();
    let ran = tunctl.run(&["plan", "--sandbox", "--format", "markdown"]);
    let ran = ran
        .code(0)
        .says("Plan: 4 to add, 0 to change, 0 to destroy.");
    assert!(
        ran.out
            .starts_with("<!-- tunctl:plan:quickstart -->\n## Plan for `quickstart`\n")
    );
    tunctl.write("tunctl.yaml", "version: 1\nstack: edge\nacount: x\n");
    let ran = tunctl.run(&["plan", "--sandbox", "--format", "markdown"]);
    let ran = ran.code(1).says("`tunctl.yaml:3:1` **error**");
    assert!(
        ran.out.starts_with("<!-- tunctl:plan -->\n## No plan\n"),
        "{}",
        ran.out
    );
    let ran = tunctl.run(&["validate", "--format", "markdown"]);
    ran.code(1)
        .complains("this command has no format `markdown`");
}

#[test]
fn annotations_come_after_the_text_and_on_the_right_lines() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    let ran = tunctl
        .run(&["plan", "--sandbox", "--format", "github"])
        .code(0);
    let ran = ran.says("Plan: 6 to add, 0 to change, 0 to destroy.");
    let (_, commands) = ran.out.split_once("Fingerprint: ").unwrap();
    let commands: Vec<&str> = commands.lines().skip(1).collect();
    assert_eq!(commands.len(), 6, "{}", ran.out);
    let web = "::notice file=tunctl.yaml,line=6,col=3,title=tunnel.edge-web::";
    assert!(commands.iter().any(|it| it.starts_with(web)), "{}", ran.out);
    tunctl.write("tunctl.yaml", &MANIFEST.replace("owns:", "ows:"));
    for command in [&["plan", "--sandbox"][..], &["validate"], &["test"]] {
        let ran = tunctl
            .run(&[command, &["--format", "github"]].concat())
            .code(1);
        ran.says("::error file=tunctl.yaml,line=4,col=1,title=tunctl%3A%3A");
    }
}

#[test]
fn a_plan_as_html_is_one_page_also_where_there_is_none() {
    let tunctl = quickstart();
    let arguments = ["plan", "--sandbox", "--format", "html"];
    let ran = tunctl
        .run(&arguments)
        .code(0)
        .says("Plan for <code>quickstart</code>");
    assert!(ran.out.starts_with("<!doctype html>") && ran.out.ends_with("</html>\n"));
    tunctl.write("tunctl.yaml", "version: 1\nstack: edge\nacount: x\n");
    let ran = tunctl.run(&arguments).code(1).says("<h1>No plan</h1>");
    assert!(ran.out.contains("tunctl.yaml:3:1"), "{}", ran.out);
}

#[test]
fn the_main_job_ends_with_2_then_0_then_0() {
    let tunctl = quickstart();
    let pending = tunctl.run(&["plan", "--sandbox", "--detailed-exitcode"]);
    pending
        .code(2)
        .says("Plan: 4 to add, 0 to change, 0 to destroy.");
    let applied = tunctl
        .run(&["apply", "--sandbox", "--auto-approve"])
        .code(0);
    applied.says("Apply complete! Resources: 4 added, 0 changed, 0 destroyed.");
    let again = tunctl
        .run(&["plan", "--sandbox", "--non-zero-exit-code"])
        .code(0);
    again.says("No changes. Your infrastructure matches the configuration.");
    let gone = tunctl
        .run(&["destroy", "--sandbox", "--auto-approve"])
        .code(0);
    gone.says("Destroy complete! Resources: 3 destroyed.");
    tunctl
        .run(&["plan", "--sandbox"])
        .code(0)
        .says("Plan: 4 to add");
}

#[test]
fn wrong_usage_is_1_and_never_2() {
    let tunctl = quickstart();
    for wrong in [
        &["plan", "--no-such-flag"][..],
        &["no-such-command"],
        &[],
        &["plan", "--parallelism", "0"],
        &["plan", "--allow", "nothing=1"],
        &["plan", "--sandbox", "--api-url", "http://127.0.0.1:1"],
        &["plan", "--target", "[", "--sandbox"],
    ] {
        let ran = tunctl.run(wrong);
        assert_eq!(ran.code, 1, "{wrong:?}\n{}{}", ran.out, ran.err);
        assert!(!ran.err.is_empty(), "{wrong:?} says nothing");
    }
    tunctl.run(&["--help"]).code(0).says("Exit codes");
    tunctl.run(&["--version"]).code(0).says("tunctl 0.");
}

#[test]
fn without_a_terminal_apply_needs_approval() {
    let tunctl = quickstart();
    let refused = tunctl.run(&["apply", "--sandbox"]).code(1);
    refused
        .complains("tunctl::nobody_to_ask")
        .complains("--auto-approve");
    tunctl
        .run(&["plan", "--sandbox"])
        .code(0)
        .says("Plan: 4 to add");
}

#[test]
fn an_apply_that_is_refused_says_why_as_json_and_when_quiet() {
    let tunctl = quickstart();
    let apply = ["apply", "--sandbox", "--auto-approve"];
    tunctl.run(&apply).code(0);
    let manifest = std::fs::read_to_string(tunctl.path("tunctl.yaml")).unwrap();
    let guarded = manifest.replace("\ntunnels:", "\nprotected: [\"tunnel.*\"]\ntunnels:");
    tunctl.write("tunctl.yaml", &guarded);
    let destroy = ["destroy", "--sandbox", "--auto-approve"];
    let refused = tunctl.run(&[&destroy[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&refused.code(3).out).expect("one object");
    assert_eq!(json["findings"][0]["guard"], "protect", "{json:#}");
    tunctl
        .run(&[&destroy[..], &["--quiet"]].concat())
        .code(3)
        .complains("Nothing was changed: ");
    let wrong =
        "    tests: [{url: https://app.example.com/, service: \"http://no:1\"}]\n    ingress:";
    tunctl.write("tunctl.yaml", &manifest.replacen("    ingress:", wrong, 1));
    let refused = tunctl.run(&[&apply[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&refused.code(1).out).expect("one object");
    assert_eq!(json["tests"][0]["passed"], false, "{json:#}");
}

#[test]
fn init_gives_a_stack_what_begins_with_its_own_name() {
    for (stack, owned) in [("shop", "shop-*"), ("ab", "ab-*"), ("e", "stack-e-*")] {
        let tunctl = Tunctl::new();
        tunctl.run(&["init", "--stack", stack]).code(0);
        let text = std::fs::read_to_string(tunctl.path("tunctl.yaml")).unwrap();
        assert!(text.contains(&format!("tunnels: [\"{owned}\"]")), "{text}");
        tunctl.run(&["validate", "--sandbox"]).code(0);
    }
    let tunctl = Tunctl::new();
    tunctl.write("My Dir_1/x", "");
    tunctl.run(&["init", "My Dir_1/tunctl.yaml"]).code(0);
    let text = std::fs::read_to_string(tunctl.path("My Dir_1/tunctl.yaml")).unwrap();
    assert!(text.contains("stack: my-dir-1 #"), "{text}");
}

#[test]
fn destroy_leaves_the_default_virtual_network_and_says_so() {
    let networks = "version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID:-00000000000000000000000000000001}
owns: {virtualNetworks: [\"edge-*\"]}
virtualNetworks: {edge-main: {default: true}, edge-lab: {}}
";
    let tunctl = Tunctl::with_manifest(networks);
    tunctl
        .run(&[
            "apply",
            "--sandbox",
            "--auto-approve",
            "--allow",
            "default=1",
        ])
        .code(0);
    tunctl
        .run(&["destroy", "--sandbox", "--auto-approve"])
        .code(0)
        .says("`virtual_network.edge-main` stays")
        .says("1 destroyed");
}

#[test]
fn json_that_ingress_validate_takes_is_imported_too() {
    let tunctl = Tunctl::new();
    let rules =
        r#"[{"hostname":"a.example.com","service":"http://a:1"},{"service":"http_status:404"}]"#;
    for (name, text) in [
        ("cli.json", format!(r#"{{"ingress":{rules}}}"#)),
        (
            "api.json",
            format!(r#"{{"result":{{"config":{{"ingress":{rules}}}}}}}"#),
        ),
    ] {
        tunctl.write(name, &text);
        tunctl
            .run(&["ingress", "validate", name])
            .code(0)
            .says("OK");
        tunctl
            .run(&["import", "cloudflared", name, "--name", "web"])
            .code(0)
            .says("service: http://a:1");
    }
}

#[test]
fn init_writes_a_manifest_that_is_valid_and_never_overwrites() {
    let tunctl = Tunctl::new();
    tunctl.run(&["init", "--stack", "shop"]).code(0);
    let text = std::fs::read_to_string(tunctl.path("tunctl.yaml")).unwrap();
    assert!(text.contains("stack: shop #"), "{text}");
    tunctl
        .run(&["validate", "--sandbox"])
        .code(0)
        .says("stack `shop` is valid");
    tunctl.run(&["init"]).code(1).complains("exists already");
    tunctl
        .run(&["init", "--stack", "No!", "x.yaml"])
        .code(1)
        .complains("cannot be a stack's name");
}

#[test]
fn a_guard_blocks_apply_with_3_and_never_plan() {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    apply(&account, &tunctl).code(0);
    tunctl.write(
        "tunctl.yaml",
        "{version: 1, stack: edge, account: '${CLOUDFLARE_ACCOUNT_ID}', owns: {tunnels: ['edge-*']}}",
    );
    plan(&account, &tunctl).code(2).says("--allow empty");
    apply(&account, &tunctl)
        .code(3)
        .complains("Nothing was changed");
    plan(&account, &tunctl).code(2).says("4 to destroy");
    let url = account.url();
    tunctl
        .run(&[APPLY, &[&url, "--allow", "empty"]].concat())
        .code(0)
        .says("4 destroyed");
}

#[test]
fn json_is_always_one_object() {
    let tunctl = quickstart();
    let object = |ran: Ran| -> Value { serde_json::from_str(&ran.out).unwrap() };
    let plan = object(
        tunctl
            .run(&["plan", "--sandbox", "--format", "json"])
            .code(0),
    );
    assert_eq!(
        plan["resource_changes"][0]["change"]["actions"],
        json!(["create"])
    );
    for key in [
        "format_version",
        "resource_drift",
        "stack",
        "fingerprint",
        "forecast",
        "lints",
        "tests",
    ] {
        assert!(plan.get(key).is_some(), "no {key}");
    }
    let arguments = ["apply", "--sandbox", "--format", "json", "--auto-approve"];
    let outcome = object(tunctl.run(&arguments).code(0));
    assert_eq!(outcome["stack"], "quickstart");
    let two = root().join("examples");
    let two = two.to_str().unwrap();
    let several = object(
        tunctl
            .run(&["plan", "--sandbox", "--format", "json", two])
            .code(0),
    );
    assert!(
        several["stacks"]
            .as_array()
            .is_some_and(|stacks| stacks.len() > 1)
    );
}

#[test]
fn a_directory_means_every_stack_in_it() {
    let tunctl = Tunctl::with_manifest(MANIFEST);
    tunctl.write(
        "other.yaml",
        &MANIFEST
            .replace("edge", "shop")
            .replace("example.com", "example.org"),
    );
    tunctl.write("part.yaml", "tunnels: {}\n");
    let plan = tunctl.run(&["plan", "--sandbox", "."]).code(0);
    assert_eq!(
        plan.out.matches("Plan: 6 to add").count(),
        2,
        "{}",
        plan.out
    );
    tunctl.write("twin.yaml", MANIFEST);
    tunctl
        .run(&["plan", "--sandbox", "."])
        .code(1)
        .complains("tunctl::duplicate_stack");
}

#[test]
fn a_secret_of_ci_cannot_be_read_by_a_manifest() {
    let manifest = MANIFEST.replace("web:3000", "${SECRET}");
    let tunctl = Tunctl::with_manifest(&manifest)
        .env("SECRET", "hunter2")
        .env("TUNCTL_MEANT", "fine");
    let refused = tunctl.run(&["validate", "--sandbox"]).code(1);
    assert!(!refused.err.contains("hunter2"));
    refused.complains("tunctl::undefined_variable");
    tunctl
        .run(&["validate", "--sandbox", "--var", "SECRET"])
        .code(0);
    tunctl
        .run(&["validate", "--sandbox", "--var", "SECRET=x"])
        .code(0);
    tunctl
        .run(&["validate", "--sandbox", "--var", "OTHER"])
        .code(1)
        .complains("OTHER");
    tunctl.write(
        "tunctl.yaml",
        &MANIFEST.replace("web:3000", "${TUNCTL_MEANT}"),
    );
    tunctl.run(&["validate", "--sandbox"]).code(0);
}

/// Each trouble says what to do, ends with 1, and the next run finishes.
fn next_run_finishes(rule: &Value, code: &str, advice: &str) {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    account.fault(rule);
    let ran = apply(&account, &tunctl).code(1);
    ran.complains(code).complains(advice);
    account.mend();
    apply(&account, &tunctl).code(0);
    plan(&account, &tunctl).code(0).says("No changes.");
}

#[test]
fn html_instead_of_json_points_at_proxies() {
    let page = json!({"status": 200, "body": "<html>Sign in</html>"});
    let rule = json!({"path": "/accounts", "effect": {"answer": page}});
    next_run_finishes(&rule, "tunctl::", "--api-url");
}

#[test]
fn a_reset_of_every_read_is_reported() {
    let rule = json!({"method": "GET", "path": "/zones", "effect": {"reset": "before"}});
    next_run_finishes(&rule, "tunctl::", "connection");
}

#[test]
fn a_token_without_permission_is_told_which_one_is_missing() {
    let rule = json!({"method": "GET", "path": "/accounts", "effect": "denied"});
    next_run_finishes(&rule, "10000", "Cloudflare Tunnel");
    let rule = json!({"method": "GET", "path": "/zones/*/dns_records", "effect": "denied"});
    next_run_finishes(&rule, "10000", "DNS");
}

#[test]
fn a_write_without_permission_fails_and_says_so_in_the_outcome() {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    account.fault(&json!({"method": "POST", "path": "/accounts", "effect": "denied"}));
    apply(&account, &tunctl)
        .code(1)
        .says("Cloudflare Tunnel")
        .says("Run again to finish.");
    account.mend();
    apply(&account, &tunctl).code(0);
    plan(&account, &tunctl).code(0);
}

#[test]
fn a_reset_after_the_write_is_looked_up_and_not_repeated() {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    account.fault(&json!({"method": "POST", "effect": {"reset": "after"}}));
    apply(&account, &tunctl).code(0);
    account.mend();
    plan(&account, &tunctl).code(0).says("No changes.");
}

#[test]
fn too_many_requests_are_waited_for() {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    account.fault(&json!({"nth": 3, "effect": {"rate_limited": 1}}));
    apply(&account, &tunctl).code(0);
    plan(&account, &tunctl).code(0);
}

#[test]
fn an_unknown_account_is_named() {
    let account = Account::new(&["example.com"]);
    let elsewhere = "ffffffffffffffffffffffffffffffff";
    let tunctl = Tunctl::in_ci(MANIFEST).env("CLOUDFLARE_ACCOUNT_ID", elsewhere);
    let grant = json!({"token": "test", "accounts": ["0123456789abcdef0123456789abcdef"]});
    account.control("PUT", "/tokens", &grant);
    apply(&account, &tunctl).code(1).complains(elsewhere);
}

#[test]
fn a_zone_that_is_not_visible_is_shown_at_its_hostname() {
    let account = Account::new(&["example.org", "myexample.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    let refused = apply(&account, &tunctl).code(1);
    let refused = refused
        .complains("tunctl::zone_not_visible")
        .complains("tunctl.yaml:8:");
    refused.complains("example.org, myexample.com");
}

#[test]
fn credentials_are_asked_for_and_never_shown() {
    let tunctl = Tunctl::with_manifest(MANIFEST).env("CLOUDFLARE_ACCOUNT_ID", &"a".repeat(32));
    tunctl
        .run(&["plan"])
        .code(1)
        .complains("tunctl::no_credentials")
        .complains("--sandbox");
    let account = Account::new(&["example.com"]);
    account.fault(&json!({"effect": {"answer": {"status": 500, "body": "token s3cr3t-t0ken"}}}));
    tunctl.write("token", "s3cr3t-t0ken\n");
    let url = account.url();
    let ran = tunctl
        .run(&["plan", "-vv", "--token-file", "token", "--api-url", &url])
        .code(1);
    assert!(
        !ran.out.contains("s3cr3t") && !ran.err.contains("s3cr3t"),
        "{}",
        ran.err
    );
}

#[test]
fn plain_http_leads_to_this_machine_only() {
    let tunctl = Tunctl::with_manifest(MANIFEST)
        .env("CLOUDFLARE_API_TOKEN", "test")
        .env("CLOUDFLARE_ACCOUNT_ID", &"a".repeat(32));
    tunctl
        .run(&["plan", "--api-url", "http://192.0.2.1"])
        .code(1)
        .complains("http");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::Stdio;
    let tunctl = Tunctl::new();
    let mut child = tunctl
        .command(&["schema"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_error_is_one_json_object_too() {
    let tunctl = Tunctl::with_manifest("version: 1\nstack: edge\naccount: x\n");
    for arguments in [
        &["validate", "--format", "json"][..],
        &["plan", "--sandbox", "--format", "json"],
        &["test", "--format", "json"],
    ] {
        let ran = tunctl.run(arguments).code(1).complains("tunctl::pattern");
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["errors"][0]["code"], "tunctl::pattern");
        assert_eq!(json["errors"][0]["places"][0]["file"], "tunctl.yaml");
        assert_eq!(json["errors"][0]["places"][0]["line"], 3);
    }
    // No credentials: an error without a place.
    let tunctl = Tunctl::with_manifest(&MANIFEST.replace(
        "${CLOUDFLARE_ACCOUNT_ID}",
        "0123456789abcdef0123456789abcdef",
    ));
    let ran = tunctl.run(&["plan", "--format", "json"]).code(1);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["errors"].as_array().unwrap().len(), 1);
}

#[test]
fn several_valid_stacks_are_one_json_object() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    tunctl.write(
        "two.yaml",
        &MANIFEST
            .replace("stack: edge", "stack: two")
            .replace("edge-", "two-")
            .replace("example.com", "example.org"),
    );
    let ran = tunctl.run(&["validate", "--format", "json", "."]).code(0);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["stacks"].as_array().unwrap().len(), 2);
}

#[test]
fn a_target_or_an_exclusion_that_names_nothing_is_refused() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    for flag in ["--target", "--exclude"] {
        for command in ["plan", "apply"] {
            tunctl
                .run(&[command, "--sandbox", flag, "tunnel.edge-wed"])
                .code(1)
                .complains("nothing has the address `tunnel.edge-wed`")
                .complains("did you mean `tunnel.edge-web`?");
        }
    }
    tunctl
        .run(&["plan", "--sandbox", "--exclude", "tunnel.edge-w*"])
        .code(0);
}

#[test]
fn destroying_nothing_says_so_in_its_own_words() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    let ran = tunctl
        .run(&["destroy", "--sandbox", "--auto-approve"])
        .code(0);
    ran.says("No changes. No objects need to be destroyed.");
    tunctl.run(&["destroy", "--no-delete"]).code(1);
}

#[test]
fn twice_verbose_tells_the_rate_limit_too() {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    let url = account.url();
    let once = tunctl.run(&["plan", "-v", "--api-url", &url]).code(0);
    let twice = tunctl.run(&["plan", "-vv", "--api-url", &url]).code(0);
    assert!(!once.err.contains("ratelimit"), "{}", once.err);
    assert!(twice.err.contains("ratelimit"), "{}", twice.err);
}

#[test]
fn each_of_several_stacks_is_named_while_it_is_applied() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    tunctl.write(
        "two.yaml",
        &MANIFEST
            .replace("stack: edge", "stack: two")
            .replace("edge-", "two-")
            .replace("example.com", "example.org"),
    );
    let ran = tunctl
        .run(&["apply", "--sandbox", "--auto-approve", "."])
        .code(0);
    let begun = ran.out.find("Creating...").unwrap();
    for stack in ["edge", "two"] {
        let title = format!("Stack `{stack}`");
        assert_eq!(ran.out.matches(&title).count(), 2, "plan and run");
    }
    assert!(ran.out[..begun].contains("Stack `edge`"));
}

/// Problems of a manifest of one line with 3,000 mistakes.
fn of_one_line(format: &str) -> Ran {
    let keys: Vec<String> = (0..3_000).map(|index| format!("k{index}: 1")).collect();
    let account = "0".repeat(32);
    let entry = format!("{{edge-a: {{{}}}}}", keys.join(", "));
    let text = format!("{{version: 1, stack: edge, account: {account:?}, tunnels: {entry}}}");
    Tunctl::with_manifest(&text)
        .run(&["validate", "--format", format])
        .code(1)
}

#[test]
fn a_hundred_problems_are_shown_and_the_others_counted() {
    let human = of_one_line("human");
    assert_eq!(human.err.matches("unknown_key").count(), 100);
    assert!(human.err.contains("and 2,900 more problems"));
    assert!(human.err.len() < 100 * 800, "{} bytes", human.err.len());
    let json = of_one_line("json");
    assert!(json.out.len() < 100 * 800, "{} bytes", json.out.len());
    let answer: Value = serde_json::from_str(&json.out).unwrap();
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 101);
    assert_eq!(errors[100]["code"], "tunctl::more_problems");
    assert_eq!(errors[100]["count"], 2_900);
}

#[cfg(unix)]
#[test]
fn a_token_may_come_from_a_pipe() {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(MANIFEST);
    let url = account.url();
    let arguments = ["plan", "--token-file", "/dev/stdin", "--api-url", &url];
    let mut command = tunctl.command(&arguments);
    let piped = std::process::Stdio::piped;
    command.stdin(piped()).stdout(piped()).stderr(piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"piped\n").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_neither_read_without_end_nor_waited_for() {
    use std::os::unix::fs::symlink;
    let tunctl = Tunctl::in_ci(MANIFEST);
    symlink("/dev/zero", tunctl.path("zero")).unwrap();
    for (flag, complaint) in [
        ("--token-file=zero", "too long for a token"),
        ("--sandbox=zero", "state file"),
    ] {
        tunctl.run(&["plan", flag]).code(1).complains(complaint);
    }
    tunctl
        .run(&["plan", "--ca-file=zero"])
        .code(1)
        .complains("it is not a file");
    tunctl
        .run(&["plan", "zero"])
        .code(1)
        .complains("it is not a file");
}
