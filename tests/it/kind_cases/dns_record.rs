//! The kind `dns_record`.

use serde_json::json;

use super::Row;
use super::scene::{applied, carried_out, each, fresh, planned, redeclared, refused};
use crate::support::world::{World, record};

const ZONE: &str = "example.com";
const APP: &str = "app.example.com";

const ONE: &str = "tunnels:
  edge-web: {dns: {hostnames: [app.example.com]}}
  edge-api: {}
";
const MOVED: &str = "tunnels:
  edge-web: {}
  edge-api: {dns: {hostnames: [app.example.com]}}
";
const NONE: &str = "tunnels: {edge-web: {}, edge-api: {}}\n";
const ADOPTING: &str =
    "tunnels: {edge-web: {dns: {hostnames: [app.example.com], adopt: [app.example.com]}}}\n";

pub(super) const ROW: Row = Row {
    kind: "dns_record",
    fields: &["target"],
    fixed: &[
        ("proxied", "it cannot be declared; its drift is shown"),
        (
            "ttl",
            "automatic for every proxied record, so that it cannot differ alone",
        ),
    ],
    create: Ok(|| applied(&fresh(ONE))),
    no_op: Ok(|| planned(&World::mesh(ONE))),
    change: Ok(|| applied(&redeclared(ONE, MOVED))),
    drift: Ok(|| {
        let drifted = |change: serde_json::Value| {
            let world = World::mesh(ONE);
            world.edit_record(ZONE, APP, &change);
            applied(&world)
        };
        each(&[
            (
                "target",
                drifted(json!({"content": "elsewhere.example.org"})),
            ),
            ("proxied", drifted(json!({"proxied": false}))),
            (
                "proxied and ttl",
                drifted(json!({"proxied": false, "ttl": 600})),
            ),
        ])
    }),
    rename: Err("its name is its hostname: another one is another record"),
    removal: Ok(|| applied(&redeclared(ONE, NONE))),
    adoption: Ok(|| {
        let occupied = |sections: &str, kind: &str, content: &str| {
            let world = fresh(sections);
            world.add_record(ZONE, &record(kind, APP, content));
            world
        };
        each(&[
            ("not allowed", refused(&occupied(ONE, "A", "192.0.2.1"))),
            ("an address", applied(&occupied(ADOPTING, "A", "192.0.2.1"))),
            (
                "an alias",
                applied(&occupied(ADOPTING, "CNAME", "shop.example.net")),
            ),
        ])
    }),
    duplicate: Ok(|| {
        let world = World::mesh(ONE);
        let id = world.record(ZONE, APP)["id"].as_str().unwrap().to_owned();
        let row = world.state()["tables"]["records"][id].clone();
        world.force("records", "ffffffffffffffffffffffffffffffff", &row);
        refused(&world)
    }),
    quota: Ok(|| {
        let world = fresh(ONE);
        let id = world.zone(ZONE);
        let mut row = world.state()["tables"]["zones"][&id].clone();
        row["record_quota"] = json!(0);
        world.force("zones", &id, &row);
        applied(&world)
    }),
    not_found: Ok(|| {
        let lost = |after: &str| {
            let world = redeclared(ONE, after);
            carried_out(&world, || world.delete_record(ZONE, APP))
        };
        each(&[("changed", lost(MOVED)), ("removed", lost(NONE))])
    }),
};
