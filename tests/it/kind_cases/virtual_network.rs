//! The kind `virtual_network`.

use serde_json::json;

use super::Row;
use super::scene::{
    applied, carried_out, each, fresh, limit, planned, redeclared, refused, twin, vanish,
};
use crate::support::world::World;

const ONE: &str = "virtualNetworks:
  edge-main: {comment: main, default: true}
  edge-lab: {comment: lab, default: false}
";
const RENAMED: &str = "virtualNetworks:
  edge-main: {comment: main, default: true}
  edge-new: {comment: new, previousNames: [edge-lab]}
";
const REMOVED: &str = "virtualNetworks: {edge-main: {comment: main, default: true}}\n";
const SWAPPED: &str = "virtualNetworks:
  edge-main: {comment: main, default: false}
  edge-lab: {comment: lab, default: true}
";

pub(super) const ROW: Row = Row {
    kind: "virtual_network",
    fields: &["comment", "default"],
    fixed: &[],
    create: Ok(|| applied(&fresh(ONE))),
    no_op: Ok(|| planned(&World::mesh(ONE))),
    change: Ok(|| {
        let removed = "virtualNetworks: {edge-lab: {comment: lab, default: true}}\n";
        let given_up = ONE.replace("default: true", "default: false");
        each(&[
            (
                "comment",
                applied(&redeclared(ONE, &ONE.replace(": lab", ": new"))),
            ),
            ("default", applied(&redeclared(ONE, SWAPPED))),
            (
                "default, and the old one goes",
                applied(&redeclared(ONE, removed)),
            ),
            ("default given up", refused(&redeclared(ONE, &given_up))),
        ])
    }),
    drift: Ok(|| {
        let drifted = |fields: &serde_json::Value| {
            let world = World::mesh(ONE);
            let id = world.virtual_network("edge-lab");
            world.edit(&format!("teamnet/virtual_networks/{id}"), fields);
            applied(&world)
        };
        each(&[
            ("comment", drifted(&json!({"comment": "by hand"}))),
            ("default", drifted(&json!({"is_default_network": true}))),
        ])
    }),
    rename: Ok(|| applied(&redeclared(ONE, RENAMED))),
    removal: Ok(|| {
        let default = "virtualNetworks: {edge-lab: {comment: lab}}\n";
        each(&[
            ("another one", applied(&redeclared(ONE, REMOVED))),
            ("the default", refused(&redeclared(ONE, default))),
        ])
    }),
    adoption: Ok(|| {
        let world = fresh(ONE);
        let new = json!({"name": "edge-lab", "comment": "by hand"});
        world.add("teamnet/virtual_networks", &new);
        applied(&world)
    }),
    duplicate: Ok(|| {
        let world = World::mesh(ONE);
        twin(&world, "networks", &world.virtual_network("edge-lab"));
        refused(&world)
    }),
    quota: Ok(|| {
        let world = fresh(ONE);
        limit(&world, "virtual_network_quota", 1);
        applied(&world)
    }),
    not_found: Ok(|| {
        let lost = |after: &str| {
            let world = redeclared(ONE, after);
            let id = world.virtual_network("edge-lab");
            carried_out(&world, || vanish(&world, "networks", &id))
        };
        each(&[
            ("changed", lost(&ONE.replace(": lab", ": new"))),
            ("renamed", lost(RENAMED)),
            ("removed", lost(REMOVED)),
        ])
    }),
};
