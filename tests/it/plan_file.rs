//! Saved plans: shown, carried out, outdated, tampered with.

/// Objects of every kind that change between plan and apply.
mod moved;

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Ran, Tunctl};

/// One of each kind, with a word that stands for what is to change.
fn manifest(word: &str) -> String {
    let former = if word == "old" { "first" } else { "old" };
    format!(
        "version: 1
stack: edge
account: ${{CLOUDFLARE_ACCOUNT_ID}}
owns: {{tunnels: [edge-*], warpConnectors: [edge-*], virtualNetworks: [edge-*]}}
virtualNetworks: {{edge-lab: {{comment: {word}}}}}
tunnels:
  edge-{word}:
    previousNames: [edge-{former}]
    ingress: [{{hostname: app.example.com, service: 'http://{word}:3000'}}]
    privateRoutes: [{{network: 10.30.0.0/16, comment: {word}}}]
warpConnectors: {{edge-office-{word}: {{previousNames: [edge-office-{former}]}}}}
"
    )
}

/// An account that is as the manifest of `old` says, but for a record that lost its proxy, and
/// a plan for that of `new` in `plan.json`.
fn planned() -> (Account, Tunctl) {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(&manifest("old"));
    apply(&account, &tunctl, &["--auto-approve"]).code(0);
    edit(&account, "records", &json!({"proxied": false}));
    tunctl.write("tunctl.yaml", &manifest("new"));
    plan(&account, &tunctl, &["--out", "plan.json"]).code(0);
    forget(&account);
    (account, tunctl)
}

fn run(account: &Account, tunctl: &Tunctl, words: &[&str]) -> Ran {
    let url = account.url();
    tunctl.run(&[words, &["--api-url", &url]].concat())
}

fn plan(account: &Account, tunctl: &Tunctl, words: &[&str]) -> Ran {
    run(account, tunctl, &[&["plan"], words].concat())
}

fn apply(account: &Account, tunctl: &Tunctl, words: &[&str]) -> Ran {
    run(account, tunctl, &[&["apply"], words].concat())
}

fn state(account: &Account) -> Value {
    account.control("GET", "/state", &Value::Null)["result"].clone()
}

/// Changes the one row of a table that is not there from the start, past the API.
fn edit(account: &Account, table: &str, fields: &Value) {
    let state = state(account);
    let rows = state["tables"][table].as_object().unwrap();
    let own = |row: &&Value| row["is_default"] != true && row["tun_type"] != "warp_connector";
    let (id, row) = rows.iter().find(|(_, row)| own(row)).unwrap();
    let mut row = row.clone();
    for (key, value) in fields.as_object().unwrap() {
        row[key] = value.clone();
    }
    let change = json!({"tables": {table: {id: row}}});
    account.control("PATCH", "/state", &change);
}

fn forget(account: &Account) {
    account.control("DELETE", "/requests", &Value::Null);
}

/// What changed the world: method and path, sorted, because what waits for nothing has no order.
fn writes(account: &Account) -> Vec<String> {
    let log = account.control("GET", "/requests?wrote=true", &Value::Null);
    let requests = log["result"]["requests"].as_array().unwrap().iter();
    let line =
        |it: &Value| it["method"].as_str().unwrap().to_owned() + " " + it["path"].as_str().unwrap();
    let mut lines: Vec<String> = requests.map(line).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_saved_plan_is_carried_out_without_a_terminal_and_only_once() {
    let (account, tunctl) = planned();
    let applied = apply(&account, &tunctl, &["plan.json"]).code(0);
    applied.says("Apply complete! Resources: 0 added, 6 changed, 0 destroyed.");
    plan(&account, &tunctl, &["--detailed-exitcode"]).code(0);
    forget(&account);
    apply(&account, &tunctl, &["plan.json"])
        .code(4)
        .complains("nothing was changed");
    assert!(writes(&account).is_empty());
}

#[test]
fn a_saved_plan_is_shown_as_it_was_without_token_and_network() {
    let (account, tunctl) = planned();
    let offline = Tunctl::new();
    let file = std::fs::read_to_string(tunctl.path("plan.json")).unwrap();
    offline.write("plan.json", &file);
    for format in ["human", "json", "markdown", "html"] {
        let text = plan(&account, &tunctl, &["--format", format]).code(0).out;
        let shown = offline.run(&["show", "plan.json", "--format", format]);
        assert_eq!(shown.code(0).out, text, "{format}");
    }
    // A plan file does not know the lines of the manifest.
    let text = plan(&account, &tunctl, &["--format", "github"]).code(0).out;
    let shown = offline.run(&["show", "plan.json", "--format", "github"]);
    let shown = shown.code(0).out;
    assert!(text.contains(" file=tunctl.yaml,line="), "{text}");
    assert!(shown.contains("::notice title="), "{shown}");
    let placeless = |text: &str| {
        let lines = text.lines().map(|line| match line.split_once(" file=") {
            Some((level, rest)) => {
                let (_, title) = rest.split_once("title=").unwrap();
                format!("{level} title={title}")
            }
            None => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(placeless(&shown), placeless(&text));
    offline
        .run(&["show", "plan.json", "--format", "svg"])
        .code(1)
        .complains("tunctl::no_such_format");
}

/// For each kind, what is done by hand between plan and apply, and what is shown of it.
fn moves() -> [(&'static str, Value, [&'static str; 3]); 5] {
    let comments = [
        "planned from: \"old\"",
        "now:          \"hand\"",
        "wanted:       \"new\"",
    ];
    let tunnel = [
        "# tunnel.edge-new is not",
        "planned from: { config",
        "now:          (nothing)",
    ];
    let rules = ["planned from: 1", "now:          7", "\"http://hand:1\""];
    let ttl = ["planned from: 1", "now:          300", "wanted:       1"];
    let config = json!({"ingress": [{"service": "http://hand:1"}]});
    [
        ("tunnels", json!({"name": "edge-other"}), tunnel),
        (
            "configurations",
            json!({"version": 7, "config": config}),
            rules,
        ),
        ("records", json!({"ttl": 300}), ttl),
        ("routes", json!({"comment": "tunctl:edge hand"}), comments),
        ("networks", json!({"comment": "hand"}), comments),
    ]
}

#[test]
fn whatever_moved_since_stops_everything_and_shows_all_three() {
    let (account, tunctl) = planned();
    let before = state(&account);
    for (table, fields, shown) in moves() {
        account.control("PUT", "/state", &before);
        edit(&account, table, &fields);
        forget(&account);
        let ran = apply(&account, &tunctl, &["plan.json"]).code(4);
        let ran = shown.into_iter().fold(ran, Ran::says);
        ran.says("wanted: ")
            .complains("the plan is not the expected one any more");
        assert!(writes(&account).is_empty(), "{table}");
    }
}

#[test]
fn a_warp_connector_that_moved_stops_everything_too() {
    let (account, tunctl) = planned();
    let state = state(&account);
    let tunnels = state["tables"]["tunnels"].as_object().unwrap();
    let (id, row) = tunnels
        .iter()
        .find(|(_, row)| row["tun_type"] == "warp_connector")
        .unwrap();
    let mut row = row.clone();
    row["name"] = json!("edge-elsewhere");
    account.control(
        "PATCH",
        "/state",
        &json!({"tables": {"tunnels": {id: row}}}),
    );
    forget(&account);
    let ran = apply(&account, &tunctl, &["plan.json", "--format", "json"]).code(4);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let moved = told["moved"].as_array().unwrap();
    let office = moved
        .iter()
        .find(|it| it["address"] == "warp_connector.edge-office-new")
        .unwrap();
    assert_eq!(office["planned_from"]["@name"], "edge-office-old");
    assert_eq!(
        (&office["now"], &office["wanted"]),
        (&Value::Null, &json!({}))
    );
    assert!(writes(&account).is_empty());
}

#[test]
fn a_manifest_that_moved_since_stops_everything() {
    let (account, tunctl) = planned();
    let text = manifest("new").replace("http://new:3000", "http://newer:3000");
    tunctl.write("tunctl.yaml", &text);
    let ran = apply(&account, &tunctl, &["plan.json"]).code(4);
    ran.says("planned for:").says("http://newer:3000");
    assert!(writes(&account).is_empty());
}

/// Every value in a tree, by its pointer.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{at}/{key}"), into);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{index}"), into);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn other(value: &Value) -> Value {
    match value {
        Value::Null => json!("other"),
        Value::Bool(it) => json!(!it),
        Value::Number(it) => json!(it.as_u64().unwrap_or_default() + 1),
        Value::String(it) => json!(format!("{it}-other")),
        Value::Array(items) if items.is_empty() => json!(["other"]),
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
    }
}

#[test]
fn a_plan_file_that_was_tampered_with_does_nothing_that_was_not_planned() {
    let (account, tunctl) = planned();
    let before = state(&account);
    let text = std::fs::read_to_string(tunctl.path("plan.json")).unwrap();
    let honest: Value = serde_json::from_str(&text).unwrap();
    apply(&account, &tunctl, &["plan.json"]).code(0);
    let planned = writes(&account);
    assert!(planned.len() > 4, "{planned:?}");
    let mut all = Vec::new();
    pointers(&honest, "", &mut all);
    let mut refused = 0;
    for pointer in &all {
        let mut file = honest.clone();
        let value = file.pointer_mut(pointer).unwrap();
        *value = other(value);
        tunctl.write("plan.json", &file.to_string());
        account.control("PUT", "/state", &before);
        forget(&account);
        let ran = apply(&account, &tunctl, &["plan.json"]);
        if ran.code == 0 {
            assert_eq!(writes(&account), planned, "{pointer}");
        } else {
            refused += 1;
            assert!(writes(&account).is_empty(), "{pointer}\n{}", ran.err);
        }
    }
    assert!(refused > all.len() / 2, "{refused} of {}", all.len());
}

#[test]
fn a_whole_plan_of_another_manifest_is_refused() {
    let (account, tunctl) = planned();
    tunctl.write("evil.yaml", &manifest("evil"));
    plan(&account, &tunctl, &["--out", "evil.json", "evil.yaml"]).code(0);
    let evil = std::fs::read_to_string(tunctl.path("evil.json")).unwrap();
    tunctl.write("plan.json", &evil.replace("evil.yaml", "tunctl.yaml"));
    apply(&account, &tunctl, &["plan.json"]).code(4);
    for elsewhere in ["/etc/evil.yaml", "../evil.yaml"] {
        tunctl.write("plan.json", &evil.replace("evil.yaml", elsewhere));
        let ran = apply(&account, &tunctl, &["plan.json"]).code(1);
        ran.complains("tunctl::manifest_outside");
    }
    assert!(writes(&account).is_empty());
}

#[test]
fn guards_come_from_the_manifest_and_the_command_line() {
    let account = Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(&manifest("old"));
    apply(&account, &tunctl, &["--auto-approve"]).code(0);
    let all = manifest("old");
    let lines = all.lines().filter(|it| !it.starts_with("warpConnectors"));
    let kept = lines.collect::<Vec<_>>().join("\n");
    tunctl.write("tunctl.yaml", &format!("{kept}\nlimits: {{deletes: 0}}\n"));
    plan(
        &account,
        &tunctl,
        &["--out", "plan.json", "--allow", "deletes=1"],
    )
    .code(0);
    forget(&account);
    apply(&account, &tunctl, &["plan.json"])
        .code(3)
        .complains("Nothing was changed");
    assert!(writes(&account).is_empty());
    let ran = apply(&account, &tunctl, &["plan.json", "--allow", "deletes=1"]).code(0);
    ran.says("1 destroyed");
}

#[test]
fn a_part_of_a_stack_stays_a_part() {
    let (account, tunctl) = planned();
    let words = ["--out", "plan.json", "--target", "virtual_network.*"];
    plan(&account, &tunctl, &words).code(0);
    let shown = tunctl.run(&["show", "plan.json"]).code(0);
    shown.says("this is a part of the stack");
    let ran = apply(&account, &tunctl, &["plan.json"]).code(0);
    ran.says("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    let ran = apply(&account, &tunctl, &["plan.json", "--no-delete"]).code(1);
    ran.complains("tunctl::plan_file_alone");
}

#[test]
fn several_stacks_stand_in_one_file() {
    let account = Account::new(&["example.com"]);
    let stack = |name: &str| {
        let account = "account: ${CLOUDFLARE_ACCOUNT_ID}";
        format!("version: 1\nstack: {name}\n{account}\ntunnels: {{{name}-web: {{}}}}\n")
    };
    let tunctl = Tunctl::in_ci(&stack("edge"));
    tunctl.write("more/lab.yaml", &stack("lab"));
    let words = ["--out", "plan.json", "tunctl.yaml", "more/lab.yaml"];
    plan(&account, &tunctl, &words).code(0);
    let shown = tunctl.run(&["show", "plan.json"]).code(0);
    shown
        .says("Stack `edge` (tunctl.yaml)")
        .says("Stack `lab` (more/lab.yaml)");
    apply(&account, &tunctl, &["plan.json"]).code(0);
    let none = plan(
        &account,
        &tunctl,
        &["--detailed-exitcode", "tunctl.yaml", "more/lab.yaml"],
    );
    none.code(0);
}

#[test]
fn an_expected_fingerprint_is_the_only_one_that_is_applied() {
    let (account, tunctl) = planned();
    let out = plan(&account, &tunctl, &["--format", "json"]).code(0).out;
    let told: Value = serde_json::from_str(&out).unwrap();
    let print = told["fingerprint"].as_str().unwrap();
    let wrong = ["--auto-approve", "--expect", "0123456789abcdef"];
    let ran = apply(&account, &tunctl, &wrong).code(4);
    ran.says("planned from: (not known").complains(print);
    assert!(writes(&account).is_empty());
    apply(&account, &tunctl, &["--expect", print])
        .code(1)
        .complains("there is no terminal to ask");
    apply(&account, &tunctl, &["--auto-approve", "--expect", print]).code(0);
}

#[test]
fn what_is_no_plan_file_is_said_to_be_none() {
    let tunctl = Tunctl::in_ci(&manifest("old"));
    let shown = tunctl.run(&["show", "tunctl.yaml"]).code(1);
    shown.complains("tunctl::no_plan_file");
    tunctl.write("new.json", "{\"format_version\": \"2.0\"}");
    let shown = tunctl.run(&["show", "new.json"]).code(1);
    shown.complains("tunctl::bad_plan_file");
    tunctl.write("half.json", "{\"format_version\": \"1.0\", \"stacks\": [");
    let shown = tunctl.run(&["apply", "half.json"]).code(1);
    shown.complains("tunctl::bad_plan_file");
}

#[test]
fn a_plan_is_saved_whole_or_not_at_all() {
    let (account, tunctl) = planned();
    let before = std::fs::read_to_string(tunctl.path("plan.json")).unwrap();
    account.fault(&json!({"path": "**/cfd_tunnel*", "effect": "denied"}));
    plan(&account, &tunctl, &["--out", "plan.json"]).code(1);
    account.mend();
    let after = std::fs::read_to_string(tunctl.path("plan.json")).unwrap();
    assert_eq!(before, after);
    plan(&account, &tunctl, &["--out", "missing/plan.json"])
        .code(1)
        .complains("tunctl::cannot_write");
}
