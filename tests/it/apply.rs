//! What is sent when a plan is carried out, and in which order.

use std::cell::RefCell;

use insta::assert_snapshot;
use serde_json::json;
use tunctl::apply::Event;

use crate::support::describe::ends;
use crate::support::world::{WEB, World, edge};

const ZONE: &str = "example.com";

#[test]
fn a_new_stack_is_made_from_the_tunnel_up() {
    let world = World::new(&edge(WEB), &[ZONE]);
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-web: done
        create tunnel_config.edge-web: done
        create dns_record.app.example.com: done
    ");
    assert_snapshot!(world.writes(), @r"
        POST /accounts/ACCOUNT/cfd_tunnel 200
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-web/configurations 200
        POST /zones/example.com/dns_records/batch 200
    ");
    let record = world.record(ZONE, "app.example.com");
    assert_eq!(record["content"], world.target("edge-web"));
    assert_eq!(
        (&record["proxied"], &record["comment"]),
        (&json!(true), &json!("tunctl:edge"))
    );
}

#[test]
fn a_second_run_writes_nothing() {
    let world = World::edge(WEB);
    assert!(!world.apply().failed());
    assert_eq!(world.writes(), "");
    assert!(world.plan().is_empty());
}

#[test]
fn nothing_is_written_twice() {
    let three = "tunnels:
  edge-a: {ingress: [{hostname: a.example.com, service: http://x:1}]}
  edge-b: {ingress: [{hostname: b.example.com, service: http://x:1}]}
  edge-c: {ingress: [{hostname: c.example.org, service: http://x:1}]}
";
    let world = World::new(&edge(three), &[ZONE, "example.org"]);
    assert!(!world.apply().failed());
    let writes = world.writes();
    assert_snapshot!(writes, @r"
        POST /accounts/ACCOUNT/cfd_tunnel 200
        POST /accounts/ACCOUNT/cfd_tunnel 200
        POST /accounts/ACCOUNT/cfd_tunnel 200
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-a/configurations 200
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-b/configurations 200
        PUT /accounts/ACCOUNT/cfd_tunnel/edge-c/configurations 200
        POST /zones/example.org/dns_records/batch 200
        POST /zones/example.com/dns_records/batch 200
    ");
}

#[test]
fn records_of_a_zone_travel_in_chunks_of_two_hundred() {
    let hosts = |count: usize| {
        let rule = |it| format!("      - {{hostname: h{it}.example.com, service: http://x:1}}\n");
        edge(&format!(
            "tunnels:\n  edge-web:\n    ingress:\n{}",
            (0..count).map(rule).collect::<String>()
        ))
    };
    let batches = |count: usize| {
        let world = World::new(&hosts(count), &[ZONE]);
        let outcome = world.apply();
        assert!(!outcome.failed());
        assert_eq!(
            world
                .live(&format!(
                    "/zones/{}/dns_records?per_page=5000",
                    world.zone(ZONE)
                ))
                .len(),
            count
        );
        world.writes().matches("dns_records/batch").count()
    };
    assert_eq!((batches(200), batches(201), batches(401)), (1, 2, 3));
}

#[test]
fn a_stage_is_read_again_once_before_its_records_are_changed() {
    let world = World::edge(
        "tunnels:
  edge-web:
    ingress:
      - {hostname: a.example.com, service: http://x:1}
      - {hostname: b.example.com, service: http://x:1}
",
    );
    world.edit_record(ZONE, "a.example.com", &json!({"proxied": false}));
    world.edit_record(ZONE, "b.example.com", &json!({"proxied": false}));
    let planned = world.try_plan().expect("a plan");
    world.forget_requests();
    assert!(!world.carry_out(&planned, &|_| {}).failed());
    let requests: Vec<String> = world
        .requests()
        .iter()
        .map(|it| {
            format!(
                "{} {}",
                it["method"].as_str().unwrap_or_default(),
                it["path"]
                    .as_str()
                    .unwrap_or_default()
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(requests, ["GET dns_records", "POST batch"]);
}

#[test]
fn everything_that_happens_is_told() {
    let world = World::new(&edge(WEB), &[ZONE]);
    let planned = world.try_plan().expect("a plan");
    let told = RefCell::new(Vec::new());
    world.carry_out(&planned, &|event| {
        told.borrow_mut().push(match event {
            Event::Started(change) => format!("started {}", change.address),
            Event::Draining {
                change, connectors, ..
            } => format!("{} drains {connectors}", change.address),
            Event::Converging { change, .. } => format!("{} converges", change.address),
            Event::Finished(change, verdict) => format!("finished {}: {verdict:?}", change.address),
        });
    });
    assert_snapshot!(told.borrow().join("\n"), @r"
        started tunnel.edge-web
        finished tunnel.edge-web: Done
        started tunnel_config.edge-web
        finished tunnel_config.edge-web: Done
        started dns_record.app.example.com
        finished dns_record.app.example.com: Done
    ");
}

#[test]
fn a_comment_is_cut_to_what_every_plan_of_cloudflare_takes() {
    let world = World::edge(WEB);
    let own = "x".repeat(95);
    world.edit_record(
        ZONE,
        "app.example.com",
        &json!({"comment": own, "proxied": false}),
    );
    assert!(!world.apply().failed());
    let comment = world.record(ZONE, "app.example.com")["comment"].clone();
    let comment = comment.as_str().unwrap_or_default();
    assert_eq!(comment, format!("tunctl:edge {}", "x".repeat(88)));
}
