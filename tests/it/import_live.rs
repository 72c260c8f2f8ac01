//! `tunctl import`: an account as it is, as a manifest whose first plan changes nothing.

use std::collections::BTreeSet;
use std::fs;
use std::rc::Rc;

use serde_json::{Map, Value, json};
use tunctl::address::Address;
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::export::{Split, Wish};
use tunctl::kind::KINDS;
use tunctl::manifest::yaml::{Notes, format, to_yaml_with};

use crate::properties::estate::exported;
use crate::support::tunctl::{Account, Tunctl};
use crate::support::world::{ACCOUNT, World, actions, edge, record};

#[test]
fn comments_stand_above_their_parts_and_never_end_early() {
    let value = json!({
        "version": 1,
        "tunnels": {
            "a: b": {"ingress": [{"hostname": "on", "service": "x"}, "alone"], "dns": {}},
            "1": {},
        },
    });
    let note = |steps: &[&str], text: &str| {
        let steps: Vec<String> = steps.iter().map(|it| (*it).to_owned()).collect();
        (steps, vec![text.to_owned()])
    };
    let notes = Notes::from([
        note(&[], "Top."),
        note(
            &["tunnels", "a: b", "ingress", "0"],
            "one\ntwo: three \u{1b}[2J",
        ),
        note(&["tunnels", "1"], &"long ".repeat(25)),
    ]);
    let map: &Map<String, Value> = value.as_object().unwrap();
    let text = to_yaml_with(map, &notes, &["tunnels"]);
    insta::assert_snapshot!(text, @r#"
    # Top.
    version: 1

    tunnels:
      "a: b":
        ingress:
          # one\ntwo: three \u{1b}[2J
          - hostname: "on"
            service: x
          - alone
        dns: {}

      # long long long long long long long long long long long long long long long long long long long
      # long long long long long long
      "1": {}
    "#);
    assert_eq!(format(0, &text).as_ref(), Ok(&text));
}

/// Somebody who makes things past tunctl.
struct Hand(World);

impl Hand {
    fn make(&self, path: &str, body: &Value) -> String {
        let made = self
            .0
            .by_hand("POST", &format!("/accounts/{ACCOUNT}/{path}"), body);
        made["result"]["id"].as_str().unwrap().to_owned()
    }

    fn tunnel(&self, name: &str, config: Option<&Value>) -> String {
        let source = config.map_or("local", |_| "cloudflare");
        let id = self.make("cfd_tunnel", &json!({"name": name, "config_src": source}));
        if let Some(config) = config {
            let path = format!("/accounts/{ACCOUNT}/cfd_tunnel/{id}/configurations");
            self.0.by_hand("PUT", &path, &json!({ "config": config }));
        }
        id
    }

    fn record(&self, name: &str, tunnel: &str, more: &Value) {
        let mut new = record("CNAME", name, &format!("{tunnel}.cfargotunnel.com"));
        new["proxied"] = json!(true);
        let more = more.as_object().unwrap().clone();
        new.as_object_mut().unwrap().extend(more);
        let (_, zone) = name.split_once('.').unwrap();
        let path = format!("/zones/{}/dns_records", self.0.zone(zone));
        self.0.by_hand("POST", &path, &new);
    }

    fn records(&self, web: &str, shop: &str, lab: &str) {
        let nobody = "5f6b0a04-0000-4000-8000-00000000dead";
        for (name, tunnel, more) in [
            ("app.example.com", web, json!({})),
            (
                "old.example.com",
                web,
                json!({"proxied": false, "ttl": 300}),
            ),
            (
                "theirs.example.com",
                web,
                json!({"comment": "tunctl:other"}),
            ),
            ("www.example.com", web, json!({"comment": "tunctl:edge"})),
            ("ssh.example.com", lab, json!({})),
            ("shop.example.org", shop, json!({"comment": "ask ops"})),
            ("gone.example.org", nobody, json!({})),
        ] {
            self.record(name, tunnel, &more);
        }
    }

    fn networks(&self, web: &str, lab: &str) {
        let staging = json!({"name": "edge-staging", "comment": "staging"});
        let staging = self.make("teamnet/virtual_networks", &staging);
        let office = self.make("warp_connector", &json!({"name": "edge-office"}));
        for (network, to, within, comment) in [
            ("10.20.0.0/16", web, None, ""),
            ("10.30.0.0/16", web, Some(&staging), "lab"),
            ("10.40.0.0/16", lab, None, "tunctl:other"),
            (
                "192.168.7.0/24",
                office.as_str(),
                None,
                "tunctl:edge ask ops",
            ),
        ] {
            let mut new = json!({"network": network, "tunnel_id": to, "comment": comment});
            if let Some(within) = within {
                new["virtual_network_id"] = json!(within);
            }
            self.make("teamnet/routes", &new);
        }
    }

    fn tokens(&self) {
        let ci = json!({"name": "edge-ci", "duration": "8760h"});
        self.make("access/service_tokens", &ci);
        let group = self.0.group("Cloudflare Tunnel Write");
        let deploy = json!({"name": "edge-deploy", "policies": [{
            "effect": "allow",
            "permission_groups": [{ "id": group }],
            "resources": {format!("com.cloudflare.api.account.{ACCOUNT}"): "*"},
        }]});
        self.make("tokens", &deploy);
    }
}

/// An account with a bit of everything, made by hand.
fn by_hand() -> World {
    let hand = Hand(World::new(&edge(""), &["example.com", "example.org"]));
    let settings = json!({"http2Origin": true, "keepAliveConnections": 100});
    let web = json!({
        "originRequest": {"connectTimeout": 10, "noTLSVerify": false, "tlsTimeout": 5},
        "ingress": [
            {"hostname": "app.example.com", "path": "^/${v}/", "service": "http://api:8080",
                "originRequest": settings},
            {"hostname": "app.example.com", "service": "http://web:3000"},
            {"hostname": "old.example.com", "service": "http://old"},
            {"hostname": "shop.example.org", "service": "http://old-shop"},
            {"hostname": "theirs.example.com", "service": "http://theirs"},
            {"service": "http_status:404"},
        ],
    });
    let shop = json!({
        "originRequest": {"connectTimeout": 10},
        "ingress": [
            {"hostname": "shop.example.org", "service": "http://shop", "colour": "red"},
            {"hostname": "intranet", "service": "http://intranet"},
            {"service": "http_status:503"},
        ],
    });
    let web = hand.tunnel("edge-web", Some(&web));
    let shop = hand.tunnel("edge-shop", Some(&shop));
    let lab = hand.tunnel("lab", None);
    hand.records(&web, &shop, &lab);
    hand.networks(&web, &lab);
    hand.tokens();
    hand.0
}

#[test]
fn an_account_becomes_the_manifest_that_a_person_would_write() {
    let mut world = by_hand();
    let exported = exported(&world, &Wish::default());
    insta::assert_snapshot!("import_live", exported.text);
    assert_eq!(exported.unsettled, [""; 0]);
    world.declare(&exported.text);
    assert_eq!(actions(&world.plan()), [""; 0]);
    let all = exported.managed.iter().chain(exported.ignored.keys());
    let kinds: BTreeSet<&str> = all.map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, KINDS.iter().map(|kind| kind.name()).collect());
}

#[test]
fn what_is_ignored_at_first_is_what_the_next_apply_would_have_done() {
    let mut world = by_hand();
    let text = exported(&world, &Wish::default()).text;
    let (before, rest) = text.split_once("ignore:").unwrap();
    let (_, after) = rest.split_once("defaults:").unwrap();
    world.declare(&format!("{before}defaults:{after}"));
    world.sinks = Some(Rc::new(tempfile::tempdir().unwrap()));
    let mut actions = actions(&world.plan());
    actions.sort();
    let wanted = [
        "api_token.edge-deploy: rotate",
        "service_token.edge-ci: rotate",
        "tunnel_config.edge-shop: update",
    ];
    assert_eq!(actions, wanted);
}

#[test]
fn a_token_whose_secret_was_put_away_by_hand_is_not_rotated() {
    let mut world = by_hand();
    let text = exported(&world, &Wish::default()).text;
    let line = "  - service_token.edge-ci\n";
    assert!(text.contains(line));
    world.declare(&text.replace(line, ""));
    let sinks = tempfile::tempdir().unwrap();
    let tokens = world.live(&format!("/accounts/{ACCOUNT}/access/service_tokens"));
    let kept = json!({"kind": "service_token", "name": "edge-ci", "id": tokens[0]["id"],
        "client_id": tokens[0]["client_id"], "client_secret": "known"});
    fs::create_dir(sinks.path().join("secrets")).unwrap();
    let file = sinks.path().join("secrets/service_token-edge-ci.json");
    fs::write(&file, kept.to_string()).unwrap();
    world.sinks = Some(Rc::new(sinks));
    assert_eq!(actions(&world.plan()), [""; 0]);
    fs::remove_file(&file).unwrap();
    assert_eq!(actions(&world.plan()), ["service_token.edge-ci: rotate"]);
}

#[test]
fn rules_that_cloudflared_refuses_stay_as_they_are() {
    for (config, why) in [
        (
            json!({"ingress": [{"service": "nonsense"}]}),
            "cloudflared refuses its rules",
        ),
        (json!({"ingress": []}), "cloudflared refuses its rules"),
        (
            json!({"ingress": [
                {"hostname": "app.example.com", "service": "http://web", "originRequest":
                    {"connectTimeout": -5}},
                {"service": "http_status:404"},
            ]}),
            "",
        ),
    ] {
        let hand = Hand(World::new(&edge(""), &["example.com"]));
        let rules = json!({"ingress": [{"service": "http_status:404"}]});
        let web = hand.tunnel("edge-web", Some(&rules));
        hand.record("app.example.com", &web, &json!({}));
        let mut world = hand.0;
        let lie = config.clone();
        world.lie(move |_, path, result| {
            if path.ends_with("/configurations") {
                result["config"] = lie.clone();
            }
        });
        let exported = exported(&world, &Wish::default());
        assert_eq!(exported.unsettled, [""; 0], "{}", exported.text);
        let left = exported
            .left
            .get(&Address::new("tunnel_config", "edge-web"));
        match left {
            Some(said) => assert!(!why.is_empty() && said.starts_with(why), "{said}"),
            None => assert_eq!(why, "", "{}", exported.text),
        }
        world.declare(&exported.text);
        assert_eq!(actions(&world.plan()), [""; 0], "{}", exported.text);
        assert!(
            world
                .manifest()
                .desired
                .contains(&Address::new("tunnel", "edge-web"))
        );
    }
}

#[test]
fn what_may_be_owned_is_a_proposal_that_changes_nothing_when_it_is_taken() {
    let mut world = by_hand();
    let text = exported(&world, &Wish::default()).text;
    let proposal = "# owns:\n#   tunnels: [\"edge-*\"]\n";
    assert!(text.contains(proposal), "{text}");
    world.declare(&text.replace(proposal, &proposal.replace("# ", "").replace("#  ", "  ")));
    assert!(world.manifest().ownership.owns["tunnel"].matches("edge-web"));
    assert_eq!(actions(&world.plan()), [""; 0]);
}

#[test]
fn tunnels_go_into_files_by_zone_or_by_team() {
    for (split, names) in [
        (
            Split::Zone,
            ["tunnels/example.com.yaml", "tunnels/example.org.yaml"],
        ),
        (Split::Team, ["tunnels/edge.yaml", "tunnels/lab.yaml"]),
    ] {
        let mut world = by_hand();
        let wish = Wish {
            split: Some(split),
            ..Wish::default()
        };
        let whole = exported(&world, &Wish::default());
        let exported = exported(&world, &wish);
        let files: Vec<&String> = exported.parts.keys().collect();
        assert_eq!(files, names);
        assert_eq!(exported.manifest, whole.manifest);
        let main = exported.text.clone();
        let parts = exported.parts.into_values();
        let files: Vec<String> = std::iter::once(main).chain(parts).collect();
        for file in &files {
            assert_eq!(format(0, file).as_ref(), Ok(file));
        }
        world.with_files(files, |world| assert_eq!(actions(&world.plan()), [""; 0]));
    }
}

/// The binary in an empty directory, with an account that has one tunnel and its record.
fn settled(account: &Account) -> Tunctl {
    let tunctl = Tunctl::in_ci(
        "version: 1\nstack: made\naccount: ${CLOUDFLARE_ACCOUNT_ID}\ntunnels:\n  edge-web:\n    \
         ingress: [{hostname: app.example.com, service: http://web}]\n    privateRoutes: \
         [10.1.0.0/16]\nserviceTokens:\n  edge-ci: {sink: old}\nsinks:\n  old: {file: \
         \"old/{name}.json\"}\n",
    );
    let url = account.url();
    let apply = ["apply", "--auto-approve", "--api-url", &url];
    tunctl.run(&apply).code(0);
    fs::remove_file(tunctl.path("tunctl.yaml")).unwrap();
    tunctl
}

#[test]
fn the_binary_imports_an_account_and_plans_no_changes() {
    let account = Account::new(&["example.com"]);
    let tunctl = settled(&account);
    let url = account.url();
    // Under the name of the stack that made it, so that its marks are this stack's.
    let import = [
        "import",
        "--stack",
        "made",
        "-o",
        "tunctl.yaml",
        "--api-url",
        &url,
    ];
    let ran = tunctl.run(&import).code(0);
    assert_eq!(ran.out, "");
    ran.complains("Wrote tunctl.yaml.")
        .complains("The first plan of it: No changes.");
    tunctl.run(&["fmt", "--check"]).code(0);
    let plan = tunctl.run(&["plan", "--api-url", &url]).code(0);
    plan.says("No changes. Your infrastructure matches the configuration.");
    tunctl
        .run(&import)
        .code(1)
        .complains("tunctl::cannot_write");
}

#[test]
fn what_another_stack_declares_is_left_to_it() {
    let account = Account::new(&["example.com"]);
    let tunctl = settled(&account);
    let url = account.url();
    let import = ["import", "--stack", "other", "-o", "other.yaml"];
    let import = [&import[..], &["--api-url", &url]].concat();
    tunctl.run(&import).code(0);
    let text = fs::read_to_string(tunctl.path("other.yaml")).unwrap();
    assert!(
        text.contains("#   tunnel.edge-web: stack `made` declares it\n"),
        "{text}"
    );
    assert!(!text.contains("tunnels:"), "{text}");
    let plan = ["plan", "--api-url", &url, "other.yaml"];
    tunctl.run(&plan).code(0).says("No changes.");
}

#[test]
fn what_another_stack_marked_is_left_to_it_also_without_its_store() {
    let account = Account::new(&["example.com"]);
    settled(&account);
    let tunctl = Tunctl::in_ci("");
    let url = account.url();
    let import = [
        "import",
        "live",
        "--stack",
        "other",
        "-o",
        "other.yaml",
        "--split",
        "team",
    ];
    let import = [&import[..], &["--api-url", &url]].concat();
    tunctl.run(&import).code(0);
    assert!(tunctl.path("tunnels/edge.yaml").exists());
    let text = fs::read_to_string(tunctl.path("other.yaml")).unwrap();
    assert!(
        text.contains("it carries the mark of stack `made`"),
        "{text}"
    );
    let plan = ["plan", "--api-url", &url, "other.yaml"];
    tunctl.run(&plan).code(0).says("No changes.");
    let again = [
        "import",
        "--stack",
        "third",
        "-o",
        "third.yaml",
        "--split",
        "zone",
    ];
    let again = [&again[..], &["--api-url", &url]].concat();
    tunctl
        .run(&again)
        .code(1)
        .complains("`tunnels` exists already");
}

#[test]
fn the_account_is_named_or_in_the_environment() {
    let account = Account::new(&["example.com"]);
    let url = account.url();
    let tunctl = Tunctl::new().env("CLOUDFLARE_API_TOKEN", "test");
    let without = tunctl.run(&["import", "--api-url", &url]).code(1);
    without.complains("tunctl::no_account");
    let wrong = tunctl
        .run(&["import", "--account", "me", "--api-url", &url])
        .code(1);
    wrong.complains("`me` is not an account's id");
    let named = [
        "import",
        "--account",
        DEFAULT_ACCOUNT,
        "--stack",
        "edge",
        "--api-url",
        &url,
    ];
    let named = tunctl.run(&named).code(0);
    named.says(&format!("account: \"{DEFAULT_ACCOUNT}\""));
    let json = [
        "import",
        "live",
        "--account",
        DEFAULT_ACCOUNT,
        "--api-url",
        &url,
    ];
    let json = tunctl
        .run(&[&json[..], &["--format", "json"]].concat())
        .code(0);
    let manifest: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(manifest["account"], DEFAULT_ACCOUNT);
}

#[test]
fn what_the_token_may_not_read_is_left_out_and_said() {
    let account = Account::new(&["example.com"]);
    let tunctl = settled(&account);
    let url = account.url();
    account.fault(&json!({"path": "/accounts/*/access/service_tokens", "effect": "denied"}));
    account.fault(&json!({"path": "/accounts/*/warp_connector", "effect": "denied"}));
    let ran = tunctl
        .run(&["import", "--stack", "edge", "--api-url", &url])
        .code(0);
    ran.says("edge-web:").complains("tunctl::unread");
}

#[test]
fn flags_of_every_command_may_stand_anywhere() {
    let tunctl = Tunctl::new();
    tunctl.write(
        "config.yml",
        "tunnel: web\ningress: [{service: http_status:404}]\n",
    );
    let ran = ["import", "--format", "json", "cloudflared", "config.yml"];
    tunctl.run(&ran).code(0).says("\"web\"");
    let both = ["import", "--stack", "a", "cloudflared", "config.yml"];
    let ran = tunctl.run(&both).code(1);
    ran.complains("tunctl::flags_before_source");
}
