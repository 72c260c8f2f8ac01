//! The kind `warp_connector`.

use insta::assert_snapshot;
use serde_json::json;

use super::{Bench, address, answered, fixture, listings, named, request, seen, sent, step};
use tunctl::address::RemoteId;
use tunctl::observed::Object;

const OFFICE: &str = "warpConnectors: {edge-office: {}}\n";

fn live(bench: &Bench) -> Object {
    let list = fixture("warp_connector/list");
    let seen = bench.sight("warp_connector", &list[0]);
    seen.expect("a WARP connector").1
}

#[test]
fn warp_connectors_are_listed_only_if_the_manifest_speaks_of_any() {
    let kind = named("warp_connector");
    assert_snapshot!(listings(&kind.list(&Bench::new(OFFICE).view())), @"GET /accounts/00000000000000000000000000000001/warp_connector?is_deleted=false (1000 a page, of ``, absent [])");
    let removed = Bench::new("removed: [warp_connector.edge-office]\n");
    assert_eq!(kind.list(&removed.view()).len(), 1);
    assert_eq!(kind.list(&Bench::new("").view()), []);
}

#[test]
fn one_warp_connector_is_looked_up_by_name() {
    let bench = Bench::new(OFFICE);
    let look = named("warp_connector").look(&bench.scope, &bench.ids, "edge-office");
    assert_snapshot!(listings(&look.into_iter().collect::<Vec<_>>()), @"GET /accounts/00000000000000000000000000000001/warp_connector?is_deleted=false&name=edge-office (1000 a page, of ``, absent [])");
}

#[test]
fn a_create_says_the_name() {
    let bench = Bench::new(OFFICE);
    let spec = bench.spec("warp_connector.edge-office");
    let made = named("warp_connector").create(&bench.write("edge-office"), &spec);
    assert_snapshot!(step(&made.expect("a step")), @r#"
        POST /accounts/00000000000000000000000000000001/warp_connector once
        {"name":"edge-office","ha":false}
    "#);
}

#[test]
fn a_rename_changes_the_name() {
    let (bench, kind) = (Bench::new(OFFICE), named("warp_connector"));
    let spec = bench.spec("warp_connector.edge-office");
    let rename = kind.rename(&bench.write("edge-office"), &spec, &live(&bench));
    assert_snapshot!(step(&rename.expect("a step")), @r#"
        PATCH /accounts/00000000000000000000000000000001/warp_connector/77777777-7777-4777-8777-777777777777
        {"name":"edge-office"}
    "#);
}

#[test]
fn a_deletion_names_the_id() {
    let bench = Bench::new(OFFICE);
    let gone = named("warp_connector").delete(&bench.write("edge-office"), &live(&bench));
    assert_snapshot!(step(&gone.expect("a step")), @"DELETE /accounts/00000000000000000000000000000001/warp_connector/77777777-7777-4777-8777-777777777777");
}

#[test]
fn clients_are_watched_and_cannot_be_cut() {
    let bench = Bench::new(OFFICE);
    let draining = named("warp_connector").drain(&bench.scope, &RemoteId::new(super::OFFICE_ID));
    let draining = draining.expect("a way");
    assert_eq!((draining.refused, draining.evict), (1022, None));
    assert_snapshot!(request(&draining.poll), @"GET /accounts/00000000000000000000000000000001/warp_connector/77777777-7777-4777-8777-777777777777/connections");
}

#[test]
fn a_living_warp_connector_is_seen_by_its_name() {
    let list = fixture("warp_connector/list");
    let bench = Bench::new(OFFICE);
    let connectors = [0, 1].map(|it| seen(bench.sight("warp_connector", &list[it])));
    assert_snapshot!(connectors.join("\n"), @r"
        warp_connector.edge-office = 77777777-7777-4777-8777-777777777777
        {}
        ByName Spec
        refers to [], former None, version None, live true
        null
        nothing
    ");
}

#[test]
fn what_is_created_is_what_was_declared_and_no_secret_is_kept() {
    let (bench, kind) = (Bench::new(OFFICE), named("warp_connector"));
    let spec = bench.spec("warp_connector.edge-office");
    let made = kind.create(&bench.write("edge-office"), &spec);
    let created = fixture("warp_connector/created");
    let mut answer = answered(&created, &sent(&made.expect("a step")));
    answer["token"] = json!("the-planted-secret");
    let (at, object) = bench.sight("warp_connector", &answer).expect("one");
    assert!(!format!("{object:?}").contains("planted"));
    assert_eq!(
        (at, object.spec),
        (address("warp_connector.edge-office"), spec)
    );
    let id = RemoteId::new(super::OFFICE_ID);
    assert_eq!(kind.created(&answer), Some(id));
}
