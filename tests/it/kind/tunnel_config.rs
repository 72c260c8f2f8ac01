//! The kind `tunnel_config`.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tunctl::kind::{Recheck, Step};

use super::{Bench, address, fixture, listings, named, seen, step};
use crate::support::world::WEB;

const RICH: &str = "tunnels:
  edge-web:
    originRequest: {connectTimeout: 10s, keepAliveTimeout: 1m}
    ingress:
      - hostname: App.example.com
        path: ^/api/
        service: https://web:8443
        originRequest:
          connectTimeout: 5s
          noTLSVerify: true
          httpHostHeader: internal
          access: {required: true, teamName: acme, audTag: [aud]}
          ipRules: [{prefix: 10.0.0.0/8, ports: [80], allow: true}]
      - {hostname: \"*.example.com\", service: http://web:3000}
      - {service: http_status:503}
";

fn body(step: Step) -> Value {
    let Step::Send(sent) = step else {
        panic!("a request of its own");
    };
    sent.body.expect("a body")
}

#[test]
fn each_declared_configuration_is_read_by_itself() {
    let bench = Bench::new(&format!(
        "{WEB}  edge-new: {{ingress: [{{service: http://x:1}}]}}\n"
    ));
    assert_snapshot!(listings(&named("tunnel_config").list(&bench.view())), @"GET /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111/configurations (no pages, of `edge-web`, absent [1055])");
}

#[test]
fn the_configuration_of_a_tunnel_that_goes_is_read_too() {
    let bench = Bench::new("tunnels: {edge-api: {}}");
    assert_snapshot!(listings(&named("tunnel_config").list(&bench.view())), @"GET /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111/configurations (no pages, of `edge-web`, absent [1055])");
    let bench = Bench::new("ignore: [tunnel.edge-web]\ntunnels: {edge-api: {}}");
    assert_eq!(listings(&named("tunnel_config").list(&bench.view())), "");
}

#[test]
fn a_configuration_is_looked_up_as_it_is_listed() {
    let (bench, kind) = (Bench::new(WEB), named("tunnel_config"));
    let look = kind.look(&bench.scope, &bench.ids, "edge-web");
    assert_eq!(look, kind.list(&bench.view()).pop());
    assert_eq!(kind.look(&bench.scope, &bench.ids, "nobody"), None);
}

#[test]
fn a_configuration_is_written_whole_and_sent_once() {
    let bench = Bench::new(RICH);
    let spec = bench.spec("tunnel_config.edge-web");
    let made = named("tunnel_config").create(&bench.write("edge-web"), &spec);
    assert_snapshot!(step(&made.expect("a step")), @r#"
        PUT /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111/configurations once
        {"config":{"ingress":[{"hostname":"App.example.com","path":"^/api/","service":"https://web:8443","originRequest":{"connectTimeout":5,"httpHostHeader":"internal","noTLSVerify":true,"ipRules":[{"prefix":"10.0.0.0/8","ports":[80],"allow":true}],"access":{"required":true,"teamName":"acme","audTag":["aud"]}}},{"hostname":"*.example.com","service":"http://web:3000"},{"service":"http_status:503"}],"originRequest":{"connectTimeout":10,"keepAliveTimeout":60}}}
    "#);
}

#[test]
fn what_is_no_rule_and_no_setting_is_sent_back() {
    let (bench, kind) = (Bench::new(WEB), named("tunnel_config"));
    let (_, object) = bench
        .sight("tunnel_config", &fixture("tunnel_config/read"))
        .expect("one");
    let (write, spec) = (
        bench.write("edge-web"),
        bench.spec("tunnel_config.edge-web"),
    );
    let updated = kind.update(&write, &spec, &object).expect("a step");
    assert_snapshot!(step(&updated), @r#"
        PUT /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111/configurations once
        {"config":{"ingress":[{"hostname":"app.example.com","service":"http://web:3000"},{"service":"http_status:404"}],"warp-routing":{"enabled":true},"futureBlock":[1,2]}}
    "#);
    assert_eq!(
        kind.adopt(&write, &spec, &[object]).expect("a step"),
        updated
    );
}

#[test]
fn the_configuration_of_a_tunnel_without_id_cannot_be_written() {
    let bench = Bench::new(RICH);
    let spec = bench.spec("tunnel_config.edge-web");
    let made = named("tunnel_config").create(&bench.write("nobody"), &spec);
    assert_snapshot!(made.expect_err("no id").to_string(), @"`tunnel.nobody` does not exist");
}

#[test]
fn a_configuration_is_never_deleted_by_itself() {
    let (bench, kind) = (Bench::new(WEB), named("tunnel_config"));
    let (_, object) = bench
        .sight("tunnel_config", &fixture("tunnel_config/read"))
        .expect("one");
    assert!(!kind.standalone());
    assert!(kind.delete(&bench.write("edge-web"), &object).is_err());
    let spec = bench.spec("tunnel_config.edge-web");
    let renamed = kind.rename(&bench.write("edge-web"), &spec, &object);
    assert!(renamed.is_err());
    assert!(kind.drain(&bench.scope, &object.id).is_none());
    assert_eq!(kind.recheck(), Recheck::Always);
}

#[test]
fn a_configuration_is_seen_without_defaults_and_with_what_a_write_would_lose() {
    let bench = Bench::new(WEB);
    assert_snapshot!(seen(bench.sight("tunnel_config", &fixture("tunnel_config/read"))), @r#"
        tunnel_config.edge-web = 11111111-1111-4111-8111-111111111111
        {"ingress":[{"hostname":"app.example.com","path":"^/api/","service":"https://web:8443","originRequest":{"connectTimeout":"5s","noTLSVerify":true,"access":{"required":true,"teamName":"acme","audTag":["aud"]}}},{"service":"http_status:404"}],"originRequest":{"keepAliveTimeout":"1m0s"},"unknownKeys":{"ingress[0].originRequest.futureKey":{"deep":1}}}
        ByName Spec
        refers to [tunnel.edge-web], former None, version Some(7), live false
        {"warp-routing":{"enabled":true},"futureBlock":[1,2]}
    "#);
}

#[test]
fn a_tunnel_that_was_never_configured_has_no_configuration() {
    let bench = Bench::new(WEB);
    assert_eq!(
        seen(bench.sight("tunnel_config", &fixture("tunnel_config/never"))),
        "nothing"
    );
}

#[test]
fn a_configuration_serves_the_hostnames_of_its_rules_as_dns_knows_them() {
    let bench = Bench::new(&RICH.replace("App.", "B\u{fc}cher."));
    let spec = bench.spec("tunnel_config.edge-web");
    let hosts = named("tunnel_config").serves("edge-web", &spec);
    assert_eq!(hosts, ["xn--bcher-kva.example.com", "*.example.com"]);
}

#[test]
fn what_is_written_is_what_was_declared() {
    let bench = Bench::new(RICH);
    let spec = bench.spec("tunnel_config.edge-web");
    let made = named("tunnel_config").create(&bench.write("edge-web"), &spec);
    let mut answer = fixture("tunnel_config/read");
    answer["config"] = body(made.expect("a step"))["config"].clone();
    answer["config"]["warp-routing"] = json!({"enabled": false});
    let (at, object) = bench.sight("tunnel_config", &answer).expect("one");
    assert_eq!((at, object.spec), (address("tunnel_config.edge-web"), spec));
}

#[test]
fn an_answer_with_the_next_version_is_no_concern() {
    let (bench, kind) = (Bench::new(WEB), named("tunnel_config"));
    let (_, object) = bench
        .sight("tunnel_config", &fixture("tunnel_config/read"))
        .expect("one");
    assert_eq!(kind.concern(Some(&object), &json!({"version": 8})), None);
    assert_eq!(kind.concern(None, &json!({"version": 1})), None);
    assert!(
        kind.concern(Some(&object), &json!({"version": 9}))
            .is_some()
    );
    assert!(kind.concern(None, &json!({"version": 2})).is_some());
    assert_eq!(kind.concern(Some(&object), &json!({})), None);
}
