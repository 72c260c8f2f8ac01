//! Snapshots: a plan without a token is the plan with one, or an error; never a guess.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::rc::Rc;

use miette::Diagnostic as _;
use serde_json::{Value, json};
use tunctl::api::{Client, Credentials, Settings};
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::plan::fingerprint;
use tunctl::request::{Method, Request};
use tunctl::snapshot::{Fault, Replay, Snapshot};

use crate::support::tunctl::{Account, Tunctl};
use crate::support::world::{World, edge};

/// One of each kind, in two zones of three.
const RICH: &str = "virtualNetworks: {edge-staging: {comment: staging}}
tunnels:
  edge-web:
    ingress:
      - {hostname: app.example.com, service: 'http://web:3000'}
      - {hostname: app.example.org, service: 'http://web:3000'}
    privateRoutes: [{network: 10.30.0.0/16, virtualNetwork: edge-staging}]
  edge-api:
    ingress: [{hostname: api.example.com, service: 'http://api:8080'}]
warpConnectors: {edge-office: {privateRoutes: [192.168.7.0/24]}}
serviceTokens:
  edge-ci: {duration: 8760h, sink: local}
  edge-zone: {zone: example.com, sink: local}
apiTokens:
  edge-deploy: {policies: [{permissions: [DNS Write], resources: {zone: example.com}}], sink: local}
sinks: {local: {file: 'store/{kind}-{name}.json'}}
";

/// The same after a pull request: of every kind something changes, goes and is new, and a zone is
/// no longer spoken of.
const CHANGED: &str = "virtualNetworks: {edge-lab: {comment: lab}}
tunnels:
  edge-web:
    ingress: [{hostname: www.example.com, service: 'http://web:4000'}]
    privateRoutes: [{network: 10.31.0.0/16, virtualNetwork: edge-lab}]
  edge-new:
    ingress: [{hostname: new.example.com, service: 'http://new:80'}]
warpConnectors: {edge-site: {}}
serviceTokens: {edge-ci: {duration: 4380h, sink: local}, edge-more: {zone: example.com, sink: local}}
apiTokens:
  edge-deploy: {policies: [{permissions: [DNS Read], resources: zones}], sink: local}
  edge-second: {policies: [{permissions: [DNS Read], resources: zones}], sink: local}
sinks: {local: {file: 'store/{kind}-{name}.json'}}
";

const ZONES: &[&str] = &["example.com", "example.org", "example.net"];

/// An account that is as [`RICH`] says, and a directory with its manifest and credentials.
fn rich() -> (Account, Tunctl) {
    let account = Account::new(ZONES);
    let desk = Tunctl::in_ci(&owning(RICH));
    desk.run(&["apply", "--auto-approve", "--api-url", &account.url()])
        .code(0);
    (account, desk)
}

fn owning(sections: &str) -> String {
    let owns = "tunnels: [edge-*], warpConnectors: [edge-*], serviceTokens: [edge-*], \
                apiTokens: [edge-*], virtualNetworks: [edge-*]";
    let limits = "limits: {deletes: 100, deletePercent: 100, updatePercent: 100}\n";
    edge(&format!("{limits}{sections}")).replace("tunnels: [\"edge-*\"]", owns)
}

fn taken(account: &Account, desk: &Tunctl) -> String {
    let ran = desk.run(&[
        "import",
        "--snapshot",
        "account.json",
        "--api-url",
        &account.url(),
    ]);
    ran.code(0);
    fs::read_to_string(desk.path("account.json")).unwrap()
}

/// A plan as JSON, without what may differ: when it was made of what.
fn comparable(out: &str) -> Value {
    let mut plan: Value = serde_json::from_str(out).unwrap();
    plan["warnings"] = Value::Null;
    plan["forecast"] = Value::Null;
    plan
}

#[test]
fn a_fork_without_a_token_gets_the_plan_that_the_token_gets() {
    let (account, desk) = rich();
    let snapshot = taken(&account, &desk);
    let url = account.url();
    // Configurations go with their tunnels.
    for (manifest, kinds) in [(RICH, 0), (CHANGED, 8), ("tunnels: {}\n", 7)] {
        desk.write("tunctl.yaml", &owning(manifest));
        let with = desk
            .run(&["plan", "--format", "json", "--api-url", &url])
            .code(0);
        // The fork: the same files, and nothing in the environment.
        let fork = Tunctl::with_manifest(&owning(manifest));
        fork.write("account.json", &snapshot);
        copy_store(&desk, &fork);
        let without = fork.run(&["plan", "--from", "account.json", "--format", "json"]);
        let without = without.code(0);
        let (with, without) = (comparable(&with.out), comparable(&without.out));
        assert_eq!(with, without);
        let changes = with["resource_changes"].as_array().unwrap().iter();
        let changed: BTreeSet<&str> = changes.filter_map(|it| it["type"].as_str()).collect();
        assert_eq!(changed.len(), kinds, "{changed:?}");
    }
}

/// What stands in a store is known to a plan from a snapshot only if it is told where that is.
#[test]
fn without_a_store_a_plan_from_a_snapshot_reads_nothing_else_and_leaves_nothing() {
    let account = Account::new(ZONES);
    let desk = Tunctl::in_ci(&edge("tunnels: {edge-web: {}}\n"));
    desk.write(
        "lab.yaml",
        "version: 1\nstack: lab\naccount: ${CLOUDFLARE_ACCOUNT_ID}\ntunnels: {edge-lab: {}}\n",
    );
    for file in ["tunctl.yaml", "lab.yaml"] {
        desk.run(&["apply", "--auto-approve", "--api-url", &account.url(), file])
            .code(0);
    }
    let fork = Tunctl::with_manifest(&edge("tunnels: {edge-web: {}}\n"));
    fork.write("account.json", &taken(&account, &desk));
    drop(account);
    let plan = ["plan", "--from", "account.json"];
    fork.run(&plan).code(0).says("1 to destroy");
    assert!(!fork.path(".tunctl").exists());
    let store = desk.path(".tunctl");
    let told = ["--store", store.to_str().unwrap()];
    fork.run(&[&plan[..], &told].concat())
        .code(0)
        .says("No changes.");
}

fn copy_store(from: &Tunctl, to: &Tunctl) {
    for file in fs::read_dir(from.path("store")).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        to.write(&format!("store/{name}"), &text);
    }
}

#[test]
fn every_format_says_when_the_snapshot_was_taken() {
    let (account, desk) = rich();
    let snapshot: Value = serde_json::from_str(&taken(&account, &desk)).unwrap();
    // Markdown writes colons in a way of its own.
    let (day, _) = snapshot["at"].as_str().unwrap().split_once(':').unwrap();
    let fork = Tunctl::with_manifest(&owning(RICH));
    fork.write("account.json", &snapshot.to_string());
    for format in ["human", "json", "markdown", "html", "github"] {
        let ran = fork.run(&["plan", "--from", "account.json", "--format", format]);
        ran.code(0).says("the snapshot of ").says(day);
    }
}

#[test]
fn the_records_of_a_zone_that_is_not_spoken_of_are_chosen_as_cloudflare_chooses_them() {
    let world = World::converged(&owning(CHANGED), ZONES);
    let zone = world.zone("example.org");
    let tunnel = world.live(&format!("/accounts/{DEFAULT_ACCOUNT}/cfd_tunnel"))[0]["id"].clone();
    let target = format!("{}.cfargotunnel.com", tunnel.as_str().unwrap());
    for (name, content, comment) in [
        ("a", "one.example.net", "tunctl:edge"),
        ("b", "one.example.net", "TUNCTL:EDGE shouted"),
        ("c", "one.example.net", "tunctl:edgy"),
        ("d", "one.example.net", "somebody else's"),
        ("e", target.as_str(), ""),
        ("f", "cfargotunnel.com.example.net", "not tunctl:edge"),
    ] {
        let record = json!({"type": "CNAME", "name": format!("{name}.example.org"),
            "content": content, "comment": comment});
        world.by_hand("POST", &format!("/zones/{zone}/dns_records"), &record);
    }
    let asked = [
        ("match", "any"),
        ("comment.startswith", "tunctl:edge"),
        ("content.endswith", ".cfargotunnel.com"),
    ];
    let path = format!("/zones/{zone}/dns_records");
    let query = asked.map(|(name, value)| format!("{name}={value}"));
    let names = |records: &[Value]| {
        let names = records
            .iter()
            .map(|it| it["name"].as_str().unwrap()[..1].to_owned());
        names.collect::<Vec<_>>().concat()
    };
    let live = world.live(&format!("{path}?{}", query.join("&")));
    let whole = Request::get(&["zones", &zone, "dns_records"]);
    let request = asked
        .iter()
        .fold(whole, |request, (name, value)| request.query(name, *value));
    let client = replayed(&world);
    let saved = futures::executor::block_on(client.list(&request, Some(2))).unwrap();
    assert_eq!(names(&live), "abe");
    assert_eq!(names(&saved), "abe");
    let both = [
        ("comment.startswith", "tunctl:e"),
        ("content.endswith", "example.net"),
    ];
    let whole = Request::get(&["zones", &zone, "dns_records"]);
    let request = both
        .iter()
        .fold(whole, |request, (name, value)| request.query(name, *value));
    let saved = futures::executor::block_on(client.list(&request, Some(100))).unwrap();
    assert_eq!(names(&saved), "abc");
}

fn replayed(world: &World) -> Client<Replay> {
    Client::new(
        Replay::new(world.snapshot().unwrap()),
        Credentials::token("nobody").unwrap(),
        Settings::default(),
    )
}

#[test]
fn a_tunnel_that_ended_is_known_to_a_snapshot_too() {
    let world = World::converged(
        &owning("tunnels: {edge-web: {ephemeral: {ttl: 1h}}}\n"),
        ZONES,
    );
    let tunnels = format!("/accounts/{DEFAULT_ACCOUNT}/cfd_tunnel");
    let id = world.live(&tunnels)[0]["id"].as_str().unwrap().to_owned();
    world.by_hand("DELETE", &format!("{tunnels}/{id}"), &Value::Null);
    let (live, plan) = world.try_plan().unwrap();
    let (saved, again) = world.try_plan_from_snapshot().unwrap();
    assert_eq!(live.observed.past.len(), 1);
    assert_eq!(live.observed.past, saved.observed.past);
    assert_eq!(fingerprint::of_plan(&plan), fingerprint::of_plan(&again));
}

#[test]
fn what_a_snapshot_does_not_hold_is_an_error_and_never_absent() {
    let world = World::converged(&owning(RICH), ZONES);
    let client = replayed(&world);
    let account = DEFAULT_ACCOUNT;
    let zone = world.zone("example.com");
    for request in [
        Request::get(&["accounts", account, "cfd_tunnel"]).query("status", "healthy"),
        Request::get(&["accounts", account, "cfd_tunnel", "x", "configurations"]),
        Request::get(&["zones", &zone, "dns_records"]).query("name.exact", "app.example.com"),
        Request::get(&["zones", "0", "dns_records"]),
        Request::new(Method::Post, &["zones", &zone, "dns_records"]),
        Request::new(Method::Delete, &["zones", &zone, "dns_records"]),
    ] {
        let error = futures::executor::block_on(client.send(&request)).unwrap_err();
        assert!(
            error.to_string().ends_with("the snapshot does not hold it"),
            "{error}"
        );
        assert_eq!(error.attempts(), 1);
        let help = error.help().unwrap().to_string();
        assert!(help.contains("take a new snapshot"), "{help}");
    }
}

/// Puts a field into every object of an answer that no type reads; not where users' own keys are
/// kept as they are.
fn plant(value: &mut Value, planted: &str) {
    match value {
        Value::Object(fields) => {
            let own = ["config", "resources", "data"];
            let fields_of_ours = fields.iter_mut();
            for (_, value) in fields_of_ours.filter(|(name, _)| !own.contains(&name.as_str())) {
                plant(value, planted);
            }
            for name in [
                "client_secret",
                "tunnel_secret",
                "token",
                "value",
                "whatever",
            ] {
                fields.insert(name.to_owned(), json!(planted));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plant(item, planted)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn a_snapshot_holds_no_field_that_no_kind_reads() {
    let planted = "planted-secret-in-an-unknown-field";
    let world = World::converged(&owning(RICH), ZONES);
    let seen = Rc::new(Cell::new(0));
    let count = Rc::clone(&seen);
    world.lie(move |_, _, answer| {
        plant(answer, planted);
        count.set(count.get() + 1);
    });
    let text = world.snapshot().unwrap().to_text().unwrap();
    assert!(seen.get() > 10, "{}", seen.get());
    assert!(!text.contains(planted), "{text}");
    let (_, live) = world.try_plan().unwrap();
    let (_, saved) = world.try_plan_from_snapshot().unwrap();
    assert_eq!(fingerprint::of_plan(&live), fingerprint::of_plan(&saved));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_a_snapshot_also_in_the_place_of_a_file_that_everybody_might() {
    use std::os::unix::fs::PermissionsExt as _;
    let (account, desk) = rich();
    desk.write("account.json", "for everybody");
    taken(&account, &desk);
    let mode = fs::metadata(desk.path("account.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_damaged_snapshot_is_an_error_that_says_what_is_wrong() {
    let (account, desk) = rich();
    let text = taken(&account, &desk);
    let tampered = text.replacen("app.example.com", "App.example.com", 1);
    let cut = text[..text.len() / 2].to_owned();
    let old = text.replacen("\"snapshot_version\":1", "\"snapshot_version\":0", 1);
    assert!(tampered != text && old != text);
    for (text, complaint) in [
        (tampered, "it was changed since it was written"),
        (cut, "it is no snapshot, or not all of one"),
        (old, "it has version 0, and this tunctl reads version 1"),
        ("{}".to_owned(), "there is no `snapshot_version`"),
        (
            "version: 1\n".to_owned(),
            "it is no snapshot, or not all of one",
        ),
        (String::new(), "it is no snapshot, or not all of one"),
    ] {
        desk.write("account.json", &text);
        let ran = desk.run(&["plan", "--from", "account.json"]);
        ran.code(1).complains("bad_snapshot").complains(complaint);
    }
    let ran = desk.run(&["plan", "--from", "nowhere.json"]);
    ran.code(1).complains("there is no `nowhere.json`");
}

#[test]
fn another_layout_of_the_same_json_is_the_same_snapshot() {
    let (account, desk) = rich();
    let text = taken(&account, &desk);
    let value: Value = serde_json::from_str(&text).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(Snapshot::from_text(&pretty), Snapshot::from_text(&text));
    let mut later = value;
    later["at"] = json!("2999-01-01T00:00:00Z");
    assert_eq!(Snapshot::from_text(&later.to_string()), Err(Fault::Changed));
}

#[test]
fn a_snapshot_of_another_account_is_refused() {
    let (account, desk) = rich();
    taken(&account, &desk);
    let manifest = owning(RICH).replace("${CLOUDFLARE_ACCOUNT_ID}", &"b".repeat(32));
    desk.write("tunctl.yaml", &manifest);
    let ran = desk.run(&["plan", "--from", "account.json"]);
    ran.code(1)
        .complains("snapshot_of_other_account")
        .complains(DEFAULT_ACCOUNT);
}

#[test]
fn what_the_snapshot_could_not_read_fails_the_plan_that_needs_it_and_no_other() {
    let (account, desk) = rich();
    account.fault(&json!({"method": "GET", "path": "/accounts/*/tokens*", "effect": "denied"}));
    let url = account.url();
    let ran = desk.run(&["import", "--snapshot", "account.json", "--api-url", &url]);
    ran.code(0)
        .complains("the token may not read the `api_token` objects");
    let with = desk.run(&["plan", "--api-url", &url]).code(1);
    let without = desk.run(&["plan", "--from", "account.json"]).code(1);
    with.complains("api_forbidden");
    without.complains("api_forbidden");
    desk.write("tunctl.yaml", &edge("tunnels: {edge-web: {}}\n"));
    desk.run(&["plan", "--from", "account.json"]).code(0);
}

#[test]
fn a_snapshot_is_not_applied_and_nothing_is_kept_of_a_failed_one() {
    let (account, desk) = rich();
    taken(&account, &desk);
    let ran = desk.run(&["apply", "--from", "account.json", "--auto-approve"]);
    ran.code(1).complains("apply_from_snapshot");
    let ran = desk.run(&["plan", "--from", "account.json", "--sandbox"]);
    ran.code(1).complains("cannot be used with");
    account.fault(&json!({"method": "GET", "path": "/accounts/*/teamnet/routes*", "effect": {"answer": {"status": 400, "body": "<html>"}}}));
    let ran = desk.run(&[
        "import",
        "--snapshot",
        "other.json",
        "--api-url",
        &account.url(),
    ]);
    ran.code(1);
    assert!(!desk.path("other.json").exists());
    let nobody = Tunctl::new();
    let ran = nobody.run(&["import", "--snapshot", "account.json"]);
    ran.code(1).complains("no_account");
    let words = [
        "import",
        "--snapshot",
        "account.json",
        "cloudflared",
        "config.yml",
    ];
    nobody.run(&words).code(1).complains("flags_before_source");
}

#[test]
fn lists_of_many_pages_are_whole() {
    let zones: Vec<String> = (0..120).map(|it| format!("zone-{it}.example")).collect();
    let names: Vec<&str> = zones.iter().map(String::as_str).collect();
    let account = Account::new(&names);
    let tunnels = (0..3).map(|it| {
        format!(
            "  edge-{it}: {{ingress: [{{hostname: a.zone-{it}.example, service: 'http://a:1'}}]}}\n"
        )
    });
    let manifest = edge(&format!("tunnels:\n{}", tunnels.collect::<String>()));
    let desk = Tunctl::in_ci(&manifest);
    let url = account.url();
    desk.run(&["apply", "--auto-approve", "--api-url", &url])
        .code(0);
    taken(&account, &desk);
    let ran = desk.run(&["plan", "--from", "account.json"]);
    ran.code(0).says("No changes.");
}
