//! The kind `private_route`.

use serde_json::{Value, json};

use super::Row;
use super::scene::{
    applied, carried_out, each, fresh, limit, planned, redeclared, refused, twin, vanish,
};
use crate::support::world::World;

const NET: &str = "10.30.0.0/16";

const ONE: &str = "virtualNetworks: {edge-lab: {}, edge-staging: {}}
tunnels:
  edge-api: {}
  edge-web: {privateRoutes: [{network: 10.30.0.0/16, virtualNetwork: edge-lab, comment: lab}]}
";
const BESIDE: &str = "virtualNetworks: {edge-lab: {}, edge-staging: {}}
tunnels:
  edge-web: {}
  edge-api: {privateRoutes: [{network: 10.30.0.0/16, virtualNetwork: edge-lab, comment: lab}]}
";
const NONE: &str = "virtualNetworks: {edge-lab: {}, edge-staging: {}}
tunnels: {edge-api: {}, edge-web: {}}
";

fn moved() -> String {
    ONE.replace("virtualNetwork: edge-lab", "virtualNetwork: edge-staging")
}

fn connector() -> String {
    let connector = "  edge-web: {}\nwarpConnectors:\n  edge-office: {privateRoutes";
    ONE.replace("  edge-web: {privateRoutes", connector)
}

/// The declared network is routed by hand to a tunnel, with a comment.
fn occupied(tunnel: &str, comment: &str) -> World {
    let mut world = World::mesh(NONE);
    let route = json!({
        "network": NET,
        "tunnel_id": world.tunnel(tunnel),
        "virtual_network_id": world.virtual_network("edge-lab"),
        "comment": comment,
    });
    world.add("teamnet/routes", &route);
    world.declare(&crate::support::world::mesh(ONE));
    world
}

pub(super) const ROW: Row = Row {
    kind: "private_route",
    fields: &["target", "virtualNetwork", "comment"],
    fixed: &[],
    create: Ok(|| {
        let simple = "tunnels: {edge-web: {privateRoutes: [10.20.0.0/16]}}\n";
        each(&[
            ("to a tunnel in a virtual network", applied(&fresh(ONE))),
            ("to a WARP connector", applied(&fresh(&connector()))),
            ("in the default virtual network", applied(&fresh(simple))),
        ])
    }),
    no_op: Ok(|| planned(&World::mesh(ONE))),
    change: Ok(|| {
        each(&[
            ("target", applied(&redeclared(ONE, BESIDE))),
            (
                "target, a WARP connector",
                applied(&redeclared(ONE, &connector())),
            ),
            ("virtualNetwork", applied(&redeclared(ONE, &moved()))),
            (
                "comment",
                applied(&redeclared(ONE, &ONE.replace(": lab}", ": new}"))),
            ),
        ])
    }),
    drift: Ok(|| {
        let drifted = |change: fn(&World) -> Value| {
            let world = World::mesh(ONE);
            let id = world.route(NET, "edge-lab");
            world.edit(&format!("teamnet/routes/{id}"), &change(&world));
            applied(&world)
        };
        each(&[
            (
                "target",
                drifted(|it| json!({"tunnel_id": it.tunnel("edge-api")})),
            ),
            (
                "virtualNetwork",
                drifted(|it| json!({"virtual_network_id": it.virtual_network("edge-staging")})),
            ),
            (
                "comment",
                drifted(|_| json!({"comment": "tunctl:edge by hand"})),
            ),
            ("the mark", drifted(|_| json!({"comment": "lab"}))),
        ])
    }),
    rename: Err("its name is its network; in another virtual network it is moved, see change"),
    removal: Ok(|| applied(&redeclared(ONE, NONE))),
    adoption: Ok(|| {
        each(&[
            (
                "by hand, as it is declared",
                planned(&occupied("edge-web", "lab")),
            ),
            (
                "by hand, with another comment",
                applied(&occupied("edge-web", "by hand")),
            ),
            (
                "by hand, to another tunnel",
                refused(&occupied("edge-api", "by hand")),
            ),
            (
                "of another stack",
                refused(&occupied("edge-web", "tunctl:other lab")),
            ),
        ])
    }),
    duplicate: Ok(|| {
        let world = World::mesh(ONE);
        twin(&world, "routes", &world.route(NET, "edge-lab"));
        refused(&world)
    }),
    quota: Ok(|| {
        let world = fresh(ONE);
        limit(&world, "route_quota", 0);
        applied(&world)
    }),
    not_found: Ok(|| {
        let lost = |after: &str| {
            let world = redeclared(ONE, after);
            let id = world.route(NET, "edge-lab");
            carried_out(&world, || vanish(&world, "routes", &id))
        };
        let late = |after: &str| {
            let world = redeclared(ONE, after);
            let error = json!({"code": 1003, "message": "Route not found"});
            let body = json!({"success": false, "errors": [error], "messages": [], "result": null});
            let kind = "application/json";
            let answer = json!({"status": 404, "content_type": kind, "body": body.to_string()});
            for method in ["PATCH", "DELETE"] {
                let path = "/accounts/*/teamnet/routes/*";
                world.fault(&json!({"method": method, "path": path, "effect": {"answer": answer}}));
            }
            carried_out(&world, || ())
        };
        each(&[
            ("changed", lost(BESIDE)),
            ("moved", lost(&moved())),
            ("removed", lost(NONE)),
            ("changed, after it was read again", late(BESIDE)),
            ("removed, after it was read again", late(NONE)),
        ])
    }),
};
