//! `tunctl import cloudflared`: a manifest that says what the file says.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use tunctl::cloudflared::effective::effective;
use tunctl::cloudflared::import::{Imported, Names, import};
use tunctl::cloudflared::{Configuration, Dialect, open};
use tunctl::ingress::document::Document;
use tunctl::manifest::yaml::{Budget, format};
use tunctl::manifest::{self, Manifest};
use tunctl::problem::Problem;
use tunctl::source::Sources;

use crate::support::tunctl::{Tunctl, root};

fn names(tunnel: &str) -> Names {
    Names {
        tunnel: Some(tunnel.to_owned()),
        ..Names::default()
    }
}

fn imported(text: &str) -> Result<Imported, Vec<Problem>> {
    import(
        &mut Sources::default(),
        "config.yml",
        text.as_bytes(),
        &names("edge-web"),
    )
}

fn load(text: &str) -> Manifest {
    let account = ("CLOUDFLARE_ACCOUNT_ID".to_owned(), "a".repeat(32));
    let document = manifest::open(
        &mut Sources::default(),
        "tunctl.yaml",
        text.as_bytes(),
        &BTreeMap::from([account]),
        &mut Budget::default(),
    );
    manifest::load(vec![document]).unwrap()
}

/// What is in force for a manifest's tunnel, in the form in which it is for a file.
fn in_force(manifest: &Manifest, file: &Configuration) -> Value {
    let routes = &manifest.routes["edge-web"];
    effective(&Document {
        ingress: routes.rules.clone(),
        origin_request: routes.origin_request.clone(),
        warp_routing: file.document.warp_routing.clone(),
    })
}

/// What is in force for a file, without the tunnel's own `access`, which enforces nothing and
/// which no manifest may have.
fn without_idle_access(mut file: Configuration) -> Value {
    file.document.origin_request.access = None;
    effective(&file.document)
}

/// Imports every text that cloudflared accepts; asserts that the same is in force. How many
/// there were, and how many of them have timeouts that Cloudflare cannot hold.
fn check<'t>(texts: impl Iterator<Item = &'t str>) -> (usize, usize) {
    let (mut all, mut refused) = (0, 0);
    for text in texts {
        let Ok(file) = open(text.as_bytes(), Some(Dialect::Yaml)) else {
            continue;
        };
        all += 1;
        match imported(text) {
            Ok(imported) => {
                let manifest = load(&imported.text);
                assert_eq!(
                    in_force(&manifest, &file),
                    without_idle_access(file),
                    "{text}"
                );
                let laid_out = format(0, &imported.text);
                assert_eq!(laid_out.as_ref(), Ok(&imported.text));
            }
            Err(problems) => {
                let codes: Vec<_> = problems.iter().map(|it| it.code).collect();
                assert!(
                    codes
                        .iter()
                        .all(|it| *it == "tunctl::timeout_not_importable"),
                    "{codes:?} {problems:?}\n{text}"
                );
                refused += 1;
            }
        }
    }
    (all, refused)
}

#[test]
fn the_recorded_configurations_mean_the_same_as_manifests() {
    let path = root().join("tests/fixtures/ingress/config.jsonl");
    let cases = fs::read_to_string(path).unwrap();
    let cases: Vec<Value> = cases
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let yaml = cases.iter().filter(|case| case["format"] == "yaml");
    let (all, refused) = check(yaml.filter_map(|case| case["text"].as_str()));
    assert_eq!(all, 66);
    assert!(refused < 20, "{refused}");
}

#[test]
fn the_recorded_rules_mean_the_same_as_manifests() {
    let path = root().join("tests/fixtures/ingress/match.jsonl");
    let cases = fs::read_to_string(path).unwrap();
    let texts: Vec<String> = cases
        .lines()
        .map(|line| {
            let case: Value = serde_json::from_str(line).unwrap();
            json!({"ingress": case["ingress"]}).to_string()
        })
        .collect();
    let (all, refused) = check(texts.iter().map(String::as_str));
    assert!(all > 900, "{all}");
    assert_eq!(refused, 0);
}

const FILE: &str = "\
tunnel: edge-web
credentials-file: /etc/cloudflared/id.json
metrics: 127.0.0.1:9090
warp-routing: {connectTimeout: 5s}
originRequest:
  connectTimeout: 10s
  access: {required: true}
ingress:
  - hostname: app.example.com
    path: ^/${x}$
    service: http://a
    originRequest: {noTLSVerify: yes, keepAliveTimeout: 1m30s, colour: red}
  - hostname: intranet
    service: http://b
  - service: http_status:404
";

#[test]
fn a_file_becomes_a_manifest_that_validates() {
    let tunctl = Tunctl::new().env("CLOUDFLARE_ACCOUNT_ID", &"a".repeat(32));
    tunctl.write("config.yml", FILE);
    let ran = tunctl.run(&["import", "cloudflared", "config.yml"]).code(0);
    insta::assert_snapshot!(ran.out, @r#"
    version: 1
    stack: edge-web
    account: ${CLOUDFLARE_ACCOUNT_ID}
    tunnels:
      edge-web:
        ingress:
          - hostname: app.example.com
            path: ^/$${x}$
            service: http://a
            originRequest:
              keepAliveTimeout: 1m30s
              noTLSVerify: true
          - hostname: intranet
            service: http://b
          - service: http_status:404
        originRequest:
          connectTimeout: 10s
        dns:
          exclude:
            - intranet
    "#);
    let ran = ran.complains("`credentials-file` does not carry over");
    let ran = ran.complains("`metrics` does not carry over");
    let ran = ran.complains("`warp-routing` does not carry over");
    let ran = ran.complains("`access` does not carry over");
    ran.complains("line 12: field colour not found in type config.OriginRequestConfig");
    let write = ["import", "cloudflared", "config.yml", "-o", "tunctl.yaml"];
    assert_eq!(tunctl.run(&write).code(0).out, "");
    tunctl
        .run(&["validate"])
        .code(0)
        .says("stack `edge-web` is valid");
    tunctl.run(&["fmt", "--check"]).code(0);
    tunctl.run(&write).code(1).complains("tunctl::cannot_write");
}

#[test]
fn names_come_from_the_file_or_the_command_line() {
    let id = FILE.replace("edge-web", "6ff42ae2-765d-4adf-8112-31c55c1551ef");
    let tunctl = Tunctl::new();
    tunctl.write("config.yml", &id);
    let nameless = tunctl.run(&["import", "cloudflared", "config.yml"]).code(1);
    nameless
        .complains("tunctl::no_tunnel_name")
        .complains("--name NAME");
    let given = [
        "import",
        "cloudflared",
        "config.yml",
        "--name",
        "Edge Web",
        "--stack",
        "shop",
    ];
    let ran = tunctl.run(&given).code(0).says("stack: shop");
    ran.says("Edge Web:")
        .complains("`tunnel` does not carry over");
    let derived = tunctl.run(&given[..5]).code(0);
    derived.says("stack: edge-web");
}

#[test]
fn timeouts_that_cloudflare_cannot_hold_are_reported_at_their_places() {
    let text = FILE.replace("10s", "1500ms").replace("1m30s", "500ms");
    let problems = imported(&text).unwrap_err();
    let mut found = Vec::new();
    for problem in &problems {
        let (span, _) = problem.labels[0];
        found.push((
            problem.code,
            &text[span.start..span.end],
            problem.help.as_deref().unwrap(),
        ));
    }
    let code = "tunctl::timeout_not_importable";
    let wanted = [
        (code, "1500ms", "write `1s` or `2s` here, and import again"),
        (code, "500ms", "write `1s` here, and import again"),
    ];
    assert_eq!(found, wanted);
    let negative = imported(&FILE.replace("10s", "-5s")).unwrap_err();
    assert_eq!(negative[0].code, code);
}

#[test]
fn what_cloudflared_refuses_is_not_imported() {
    let problems = imported("ingress:\n  - service: x\n").unwrap_err();
    assert_eq!(problems[0].code, "tunctl::import_refused");
    let words = "x is an invalid address, please make sure it has a scheme and a hostname";
    assert!(
        problems[0].message.ends_with(words),
        "{}",
        problems[0].message
    );
}
