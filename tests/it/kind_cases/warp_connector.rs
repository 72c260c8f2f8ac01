//! The kind `warp_connector`.

use serde_json::json;

use super::Row;
use super::scene::{
    applied, carried_out, each, fresh, limit, planned, redeclared, refused, twin, vanish,
};
use crate::support::world::World;

const ONE: &str = "warpConnectors: {edge-office: {}}\n";
const OTHER: &str = "warpConnectors: {edge-depot: {}}\n";
const RENAMED: &str = "warpConnectors: {edge-new: {previousNames: [edge-office]}}\n";

pub(super) const ROW: Row = Row {
    kind: "warp_connector",
    fields: &[],
    fixed: &[],
    create: Ok(|| applied(&fresh(ONE))),
    no_op: Ok(|| planned(&World::mesh(ONE))),
    change: Err("it has no field beside its name"),
    drift: Err("it has no field beside its name, and another name is another object"),
    rename: Ok(|| applied(&redeclared(ONE, RENAMED))),
    removal: Ok(|| {
        let world = redeclared(ONE, OTHER);
        let id = world.warp_connector("edge-office");
        let connected = carried_out(&world, || {
            let path = format!("/_emulator/tunnels/{id}/connectors");
            world.by_hand("POST", &path, &json!({}));
        });
        each(&[
            ("idle", applied(&redeclared(ONE, OTHER))),
            ("with a client that has connected since", connected),
        ])
    }),
    adoption: Ok(|| {
        let world = fresh(ONE);
        world.add("warp_connector", &json!({"name": "edge-office"}));
        planned(&world)
    }),
    duplicate: Ok(|| {
        let world = World::mesh(ONE);
        twin(&world, "tunnels", &world.warp_connector("edge-office"));
        refused(&world)
    }),
    quota: Ok(|| {
        let world = fresh(ONE);
        limit(&world, "warp_connector_quota", 0);
        applied(&world)
    }),
    not_found: Ok(|| {
        let lost = |after: &str| {
            let world = redeclared(ONE, after);
            let id = world.warp_connector("edge-office");
            carried_out(&world, || vanish(&world, "tunnels", &id))
        };
        each(&[("renamed", lost(RENAMED)), ("removed", lost(OTHER))])
    }),
};
