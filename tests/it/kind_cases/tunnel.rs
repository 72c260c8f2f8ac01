//! The kind `tunnel`.

use super::Row;
use super::scene::{
    applied, carried_out, each, fresh, limit, planned, redeclared, refused, twin, vanish,
};
use crate::support::world::World;

const ONE: &str = "tunnels: {edge-web: {}}\n";
const OTHER: &str = "tunnels: {edge-api: {}}\n";
const RENAMED: &str = "tunnels: {edge-new: {previousNames: [edge-web]}}\n";
const LOCAL: &str = "tunnels: {edge-web: {configSrc: local}}\n";

pub(super) const ROW: Row = Row {
    kind: "tunnel",
    fields: &["configSrc"],
    fixed: &[],
    create: Ok(|| applied(&fresh(ONE))),
    no_op: Ok(|| planned(&World::mesh(ONE))),
    change: Ok(|| refused(&redeclared(ONE, LOCAL))),
    drift: Ok(|| {
        let world = World::mesh(ONE);
        world.delete_tunnel("edge-web");
        world.add_tunnel("edge-web", "local");
        refused(&world)
    }),
    rename: Ok(|| applied(&redeclared(ONE, RENAMED))),
    removal: Ok(|| applied(&redeclared(ONE, OTHER))),
    adoption: Ok(|| {
        let world = fresh(ONE);
        world.add_tunnel("edge-web", "cloudflare");
        planned(&world)
    }),
    duplicate: Ok(|| {
        let world = World::mesh(ONE);
        twin(&world, "tunnels", &world.tunnel("edge-web"));
        refused(&world)
    }),
    quota: Ok(|| {
        let world = fresh(ONE);
        limit(&world, "tunnel_quota", 0);
        applied(&world)
    }),
    not_found: Ok(|| {
        let lost = |after: &str| {
            let world = redeclared(ONE, after);
            let id = world.tunnel("edge-web");
            carried_out(&world, || vanish(&world, "tunnels", &id))
        };
        each(&[("renamed", lost(RENAMED)), ("removed", lost(OTHER))])
    }),
};
