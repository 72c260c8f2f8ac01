//! The kind `private_route`.

use insta::assert_snapshot;
use serde_json::json;

use super::{Bench, address, answered, fixture, listings, named, seen, sent, step};
use tunctl::kind::Recheck;
use tunctl::observed::Object;

const ROUTES: &str = "tunnels:
  edge-web:
    privateRoutes:
      - 10.20.0.0/16
      - {network: 10.30.0.0/16, virtualNetwork: edge-staging, comment: lab}
warpConnectors: {edge-office: {privateRoutes: [192.168.7.0/24, \"fd00:20::/32\"]}}
virtualNetworks: {edge-staging: {}}
";

fn live(bench: &Bench, index: usize) -> Object {
    let list = fixture("private_route/list");
    let seen = bench.sight("private_route", &list[index]);
    seen.expect("a route").1
}

#[test]
fn all_living_routes_are_one_list_and_every_look_is_the_same() {
    let (bench, kind) = (Bench::new(ROUTES), named("private_route"));
    let list = kind.list(&bench.view());
    assert_snapshot!(listings(&list), @"GET /accounts/00000000000000000000000000000001/teamnet/routes?is_deleted=false (1000 a page, of ``, absent [])");
    assert_eq!(
        kind.look(&bench.scope, &bench.ids, "10.20.0.0/16").as_ref(),
        list.first()
    );
    assert!(kind.list(&Bench::new("").view())[0].optional);
}

#[test]
fn a_create_leads_a_network_to_a_tunnel_or_a_warp_connector_and_carries_the_mark() {
    let bench = Bench::new(ROUTES);
    let names = [
        "10.20.0.0/16",
        "10.30.0.0/16@edge-staging",
        "192.168.7.0/24",
    ];
    let made = names.map(|name| {
        let spec = bench.spec(&format!("private_route.{name}"));
        let made = named("private_route").create(&bench.write(name), &spec);
        step(&made.expect("a step"))
    });
    assert_snapshot!(made.join("\n"), @r#"
        POST /accounts/00000000000000000000000000000001/teamnet/routes once
        {"network":"10.20.0.0/16","tunnel_id":"11111111-1111-4111-8111-111111111111","comment":"tunctl:edge"}
        POST /accounts/00000000000000000000000000000001/teamnet/routes once
        {"network":"10.30.0.0/16","tunnel_id":"11111111-1111-4111-8111-111111111111","virtual_network_id":"55555555-5555-4555-8555-555555555555","comment":"tunctl:edge lab"}
        POST /accounts/00000000000000000000000000000001/teamnet/routes once
        {"network":"192.168.7.0/24","tunnel_id":"77777777-7777-4777-8777-777777777777","comment":"tunctl:edge"}
    "#);
}

#[test]
fn an_update_and_a_move_change_everything_in_place_and_keep_a_comment_that_is_not_declared() {
    let (bench, kind) = (Bench::new(ROUTES), named("private_route"));
    let named = "10.30.0.0/16@edge-staging";
    let spec = bench.spec(&format!("private_route.{named}"));
    let moved = kind.rename(&bench.write(named), &spec, &live(&bench, 0));
    let plain = bench.spec("private_route.10.20.0.0/16");
    let object = live(&bench, 1);
    let update = kind.update(&bench.write("10.20.0.0/16"), &plain, &object);
    let steps = [moved, update].map(|it| step(&it.expect("a step")));
    assert_snapshot!(steps.join("\n"), @r#"
        PATCH /accounts/00000000000000000000000000000001/teamnet/routes/99999999-9999-4999-8999-999999999991
        {"tunnel_id":"11111111-1111-4111-8111-111111111111","virtual_network_id":"55555555-5555-4555-8555-555555555555","comment":"tunctl:edge lab"}
        PATCH /accounts/00000000000000000000000000000001/teamnet/routes/99999999-9999-4999-8999-999999999992
        {"tunnel_id":"11111111-1111-4111-8111-111111111111","virtual_network_id":"44444444-4444-4444-8444-444444444444","comment":"tunctl:edge lab"}
    "#);
}

#[test]
fn a_deletion_names_the_id() {
    let bench = Bench::new(ROUTES);
    let gone = named("private_route").delete(&bench.write("10.20.0.0/16"), &live(&bench, 0));
    assert_snapshot!(step(&gone.expect("a step")), @"DELETE /accounts/00000000000000000000000000000001/teamnet/routes/99999999-9999-4999-8999-999999999991");
}

#[test]
fn a_route_is_seen_by_its_network_and_by_its_virtual_network_unless_that_is_the_default() {
    let list = fixture("private_route/list");
    let bench = Bench::new(ROUTES);
    let routes = [0, 1, 2, 3, 4].map(|it| seen(bench.sight("private_route", &list[it])));
    assert_snapshot!(routes.join("\n"), @r#"
        private_route.10.20.0.0/16 = 99999999-9999-4999-8999-999999999991
        {"target":"tunnel.edge-web","virtualNetwork":"virtual_network.default","comment":""}
        Ours Spec
        refers to [tunnel.edge-web, virtual_network.default], former None, version None, live false
        {"comment":"tunctl:edge"}
        private_route.10.30.0.0/16@edge-staging = 99999999-9999-4999-8999-999999999992
        {"target":"tunnel.edge-web","virtualNetwork":"virtual_network.edge-staging","comment":"lab"}
        Ours Spec
        refers to [tunnel.edge-web, virtual_network.edge-staging], former None, version None, live false
        {"comment":"tunctl:edge lab"}
        private_route.192.168.7.0/24 = 99999999-9999-4999-8999-999999999993
        {"target":"warp_connector.edge-office","virtualNetwork":"virtual_network.default","comment":""}
        Unmarked Spec
        refers to [warp_connector.edge-office, virtual_network.default], former None, version None, live false
        {"comment":""}
        private_route.fd00:20::/32 = 99999999-9999-4999-8999-999999999994
        {"target":"tunnel.id:33333333-3333-4333-8333-333333333333","virtualNetwork":"virtual_network.default","comment":"tunctl:other office"}
        Other("other") Spec
        refers to [tunnel.id:33333333-3333-4333-8333-333333333333, virtual_network.default], former None, version None, live false
        {"comment":"tunctl:other office"}
        nothing
    "#);
}

#[test]
fn a_route_in_the_default_virtual_network_is_the_one_that_names_it_if_one_does() {
    let list = fixture("private_route/list");
    let sections =
        "tunnels: {edge-web: {privateRoutes: [{network: 10.20.0.0/16, virtualNetwork: default}]}}";
    let (at, _) = Bench::new(sections)
        .sight("private_route", &list[0])
        .expect("a route");
    assert_eq!(at, address("private_route.10.20.0.0/16@default"));
}

#[test]
fn the_declared_default_counts_and_not_the_present_one() {
    let list = fixture("private_route/list");
    let bench = Bench::new(&ROUTES.replace("edge-staging: {}", "edge-staging: {default: true}"));
    let names = [0, 1].map(|it| bench.sight("private_route", &list[it]).expect("a route").0);
    assert_eq!(
        names,
        [
            address("private_route.10.20.0.0/16@default"),
            address("private_route.10.30.0.0/16")
        ]
    );
    let plain = bench.spec("private_route.10.20.0.0/16");
    assert_eq!(plain["virtualNetwork"], "virtual_network.edge-staging");
    let named = bench.spec("private_route.10.30.0.0/16");
    assert_eq!(named["virtualNetwork"], "virtual_network.edge-staging");
}

#[test]
fn a_route_answers_for_its_network_and_is_read_again_before_it_is_changed() {
    let (bench, kind) = (Bench::new(ROUTES), named("private_route"));
    let spec = bench.spec("private_route.10.20.0.0/16");
    assert_eq!(kind.serves("10.20.0.0/16", &spec), ["10.20.0.0/16"]);
    assert_eq!(kind.recheck(), Recheck::Existing);
    assert_eq!(kind.core("10.20.0.0/16@edge-staging"), Some("10.20.0.0/16"));
}

#[test]
fn a_route_to_nothing_cannot_be_made() {
    let bench = Bench::new(ROUTES);
    let spec = json!({"target": "tunnel.nobody"});
    let made = named("private_route").create(&bench.write("10.20.0.0/16"), &spec);
    assert_snapshot!(made.expect_err("no id").to_string(), @"`tunnel.nobody` does not exist");
    let spec = json!({"target": "tunnel.edge-web", "virtualNetwork": "virtual_network.nobody"});
    let made = named("private_route").create(&bench.write("10.20.0.0/16@nobody"), &spec);
    assert_snapshot!(made.expect_err("no id").to_string(), @"`virtual_network.nobody` does not exist");
}

#[test]
fn what_is_created_is_what_was_declared() {
    let bench = Bench::new(ROUTES);
    for name in ["10.20.0.0/16", "10.30.0.0/16@edge-staging", "fd00:20::/32"] {
        let at = format!("private_route.{name}");
        let spec = bench.spec(&at);
        let made = named("private_route").create(&bench.write(name), &spec);
        let created = fixture("private_route/created");
        let answer = answered(&created, &sent(&made.expect("a step")));
        let (seen, object) = bench.sight("private_route", &answer).expect("a route");
        assert_eq!(seen, address(&at));
        for (field, value) in spec.as_object().expect("fields") {
            assert_eq!(object.spec[field], *value, "{at} {field}");
        }
    }
}
