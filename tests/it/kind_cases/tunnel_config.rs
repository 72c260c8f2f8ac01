//! The kind `tunnel_config`.

use serde_json::json;

use super::Row;
use super::scene::{applied, carried_out, each, fresh, planned, redeclared, vanish};
use crate::support::world::World;

const ONE: &str = "tunnels:
  edge-web:
    dns: none
    ingress: [{hostname: app.example.com, service: http://web:3000}]
    originRequest: {connectTimeout: 5s}
";

pub(super) const ROW: Row = Row {
    kind: "tunnel_config",
    fields: &["ingress", "originRequest"],
    fixed: &[("unknownKeys", "it cannot be declared; its drift is shown")],
    create: Ok(|| applied(&fresh(ONE))),
    no_op: Ok(|| planned(&World::mesh(ONE))),
    change: Ok(|| {
        each(&[
            (
                "ingress",
                applied(&redeclared(ONE, &ONE.replace("web:3000", "web:4000"))),
            ),
            (
                "originRequest",
                applied(&redeclared(ONE, &ONE.replace("5s", "7s"))),
            ),
        ])
    }),
    drift: Ok(|| {
        let drifted = |change: fn(&mut serde_json::Value)| {
            let world = World::mesh(ONE);
            let mut config = world.configured("edge-web")["config"].clone();
            change(&mut config);
            world.configure("edge-web", &config);
            applied(&world)
        };
        each(&[
            (
                "ingress",
                drifted(|it| it["ingress"][0]["service"] = json!("http://hand:1")),
            ),
            (
                "originRequest",
                drifted(|it| it["originRequest"]["connectTimeout"] = json!(9)),
            ),
            (
                "unknownKeys",
                drifted(|it| it["ingress"][0]["futureKey"] = json!(true)),
            ),
        ])
    }),
    rename: Err("it has no name of its own; it keeps its tunnel when that is renamed"),
    removal: Ok(|| {
        each(&[
            (
                "with its tunnel",
                applied(&redeclared(ONE, "tunnels: {edge-api: {}}\n")),
            ),
            (
                "alone",
                planned(&redeclared(ONE, "tunnels: {edge-web: {}}\n")),
            ),
        ])
    }),
    adoption: Ok(|| {
        let world = fresh(ONE);
        world.add_tunnel("edge-web", "cloudflare");
        let last = json!({"service": "http_status:404"});
        world.configure(
            "edge-web",
            &json!({"ingress": [last], "warp-routing": {"enabled": true}}),
        );
        applied(&world)
    }),
    duplicate: Err("a tunnel has exactly one, which is found by the tunnel's id"),
    quota: Err("there is none: a configuration belongs to a tunnel, and those are limited"),
    not_found: Ok(|| {
        let world = redeclared(ONE, &ONE.replace("5s", "7s"));
        let id = world.tunnel("edge-web");
        carried_out(&world, || vanish(&world, "tunnels", &id))
    }),
};
