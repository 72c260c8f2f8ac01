//! `tunctl explain`: the way of a request, from the manifest and from the account.

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Tunctl};

const MANIFEST: &str = "\
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
owns: {tunnels: ['edge-*']}
tunnels:
  edge-web:
    originRequest: {connectTimeout: 5s, noTLSVerify: true}
    ingress:
      - {hostname: api.example.com, service: 'http://api:8080'}
      - {hostname: app.example.com, path: ^/admin, service: 'http://admin:1'}
      - hostname: app.example.com
        service: http://web:3000
        originRequest: {noTLSVerify: false, access: {required: true, teamName: acme, audTag: [x]}}
  edge-inner:
    dns: none
    ingress: [{hostname: inner.example.com, path: ^/x, service: 'http://inner:1'}]
";

#[test]
fn people_read_the_way_from_the_record_to_the_service() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    let ran = tunctl
        .run(&["explain", "https://app.example.com/x"])
        .code(0);
    insta::assert_snapshot!(ran.out, @r###"
      request  host app.example.com, path /x
      record   dns_record.app.example.com -> tunnel.edge-web
      tunnel   tunnel.edge-web
      rule 0   api.example.com -> http://api:8080  no: `app.example.com` is not its hostname  # tunctl.yaml:9
      rule 1   app.example.com ^/admin -> http://admin:1  no: `^/admin` is not found in `/x`  # tunctl.yaml:10
      rule 2   app.example.com -> http://web:3000  answers  # tunctl.yaml:11
      service  http://web:3000
      access   required: the connector refuses requests without a token
      settings connectTimeout "5s", access {"required":true,"teamName":"acme","audTag":["x"]}
    "###);
    let ran = tunctl
        .run(&["explain", "https://inner.example.com"])
        .code(0);
    insta::assert_snapshot!(ran.out, @r###"
      request  host inner.example.com, path /
      record   none of this stack; found by the hostname of a rule
      tunnel   tunnel.edge-inner
      rule 0   inner.example.com ^/x -> http://inner:1  no: `^/x` is not found in `/`  # tunctl.yaml:16
      rule 1   (any host) -> http_status:404  answers  # tunctl.yaml:16
      service  http_status:404
      access   none: the connector lets every request pass
      settings cloudflared's defaults
    "###);
}

#[test]
fn programs_read_the_same() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    let ran = tunctl.run(&["explain", "--format", "json", "https://app.example.com/x"]);
    let json: Value = serde_json::from_str(&ran.code(0).out).unwrap();
    let verdicts: Vec<&Value> = json["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["verdict"])
        .collect();
    assert_eq!(verdicts, ["other_host", "other_path", "matches"]);
    assert_eq!(json["record"], "dns_record.app.example.com");
    assert_eq!(json["tunnel"], "tunnel.edge-web");
    assert_eq!(
        (&json["rule"], &json["service"]),
        (&json!(2), &json!("http://web:3000"))
    );
    assert_eq!(json["steps"][2]["line"], 11);
    assert_eq!(json["settings"]["connectTimeout"], "5s");
    assert_eq!(
        json["settings"].get("noTLSVerify"),
        None,
        "the rule takes it back"
    );
}

#[test]
fn what_nothing_serves_is_an_error_that_says_where_the_way_ends() {
    let tunctl = Tunctl::in_ci(MANIFEST);
    for (url, why) in [
        (
            "https://no.example.com/",
            "no record leads `no.example.com` to a tunnel",
        ),
        ("app.example.com", "doesn't have a hostname"),
    ] {
        tunctl.run(&["explain", url]).code(1).complains(why);
    }
}

#[test]
fn live_asks_the_account_and_not_the_manifest() {
    let account = Account::new(&["example.com"]);
    let url = account.url();
    let tunctl = Tunctl::in_ci(MANIFEST);
    let live = [
        "explain",
        "--live",
        "--api-url",
        &url,
        "https://app.example.com/x",
    ];
    tunctl
        .run(&live)
        .code(1)
        .complains("no record leads `app.example.com`");
    let apply = ["apply", "--auto-approve", "--api-url", &url];
    tunctl.run(&apply).code(0);
    tunctl.write("tunctl.yaml", &MANIFEST.replace("web:3000", "new:1"));
    tunctl
        .run(&live)
        .code(0)
        .says("zone     example.com")
        .says("app.example.com -> http://web:3000  answers")
        .says("record   dns_record.app.example.com -> tunnel.edge-web");
    // The account's rules have no line in the manifest.
    assert!(!tunctl.run(&live).out.contains("tunctl.yaml"));
}

#[test]
fn live_follows_a_record_to_a_tunnel_that_is_no_longer_declared() {
    let account = Account::new(&["example.com"]);
    let url = account.url();
    let tunctl = Tunctl::in_ci(MANIFEST);
    tunctl
        .run(&["apply", "--auto-approve", "--api-url", &url])
        .code(0);
    let other = "\
version: 1
stack: other
account: ${CLOUDFLARE_ACCOUNT_ID}
tunnels:
  other-web:
    ingress: [{hostname: other.example.com, service: 'http://o:1'}]
";
    tunctl.write("tunctl.yaml", other);
    tunctl
        .run(&[
            "explain",
            "--live",
            "--api-url",
            &url,
            "https://api.example.com/",
        ])
        .code(0)
        .says("api.example.com -> http://api:8080  answers");
}
