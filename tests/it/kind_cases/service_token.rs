//! The kind `service_token`.

use serde_json::json;

use super::Row;
use super::scene::{
    applied, carried_out, each, kept, kept_as, planned, refused, row_of, tokens, twin, vanish,
};

const ONE: &str = "serviceTokens:
  edge-ci: {duration: 8760h, sink: local}
  edge-zone: {zone: example.com, duration: 8760h, sink: local}
";
const RENAMED: &str = "serviceTokens:
  edge-new: {duration: 8760h, sink: local, previousNames: [edge-ci]}
  edge-zone: {zone: example.com, duration: 8760h, sink: local}
";
const OTHER: &str = "serviceTokens: {edge-other: {sink: local}}\n";
const ROTATED: &str =
    "serviceTokens: {edge-ci: {duration: 8760h, rotateBefore: 400d, sink: local}}\n";

/// Cloudflare's limit of an account.
const QUOTA: usize = 50;

pub(super) const ROW: Row = Row {
    kind: "service_token",
    fields: &["duration"],
    fixed: &[],
    create: Ok(|| applied(&tokens(ONE))),
    no_op: Ok(|| planned(&kept(ONE))),
    change: Ok(|| applied(&kept_as(ONE, &ONE.replace("8760h", "720h")))),
    drift: Ok(|| {
        let world = kept(ONE);
        let id = row_of(&world, "service_tokens", "edge-ci");
        world.replace(
            &format!("access/service_tokens/{id}"),
            &json!({"duration": "forever"}),
        );
        applied(&world)
    }),
    rename: Ok(|| applied(&kept_as(ONE, RENAMED))),
    removal: Ok(|| {
        let removed = format!("removed: [service_token.edge-zone@example.com]\n{OTHER}");
        each(&[
            (
                "of the account; what a zone has is not looked for",
                applied(&kept_as(ONE, OTHER)),
            ),
            ("of a zone", applied(&kept_as(ONE, &removed))),
        ])
    }),
    adoption: Ok(|| {
        let world = tokens(ONE);
        world.add(
            "access/service_tokens",
            &json!({"name": "edge-ci", "duration": "720h"}),
        );
        applied(&world)
    }),
    duplicate: Ok(|| {
        let world = kept(ONE);
        twin(
            &world,
            "service_tokens",
            &row_of(&world, "service_tokens", "edge-ci"),
        );
        refused(&world)
    }),
    quota: Ok(|| {
        let world = tokens(OTHER);
        for index in 0..QUOTA {
            world.add(
                "access/service_tokens",
                &json!({"name": format!("x-{index}")}),
            );
        }
        applied(&world)
    }),
    not_found: Ok(|| {
        let lost = |after: &str| {
            let world = kept_as(ONE, after);
            let id = row_of(&world, "service_tokens", "edge-ci");
            carried_out(&world, || vanish(&world, "service_tokens", &id))
        };
        each(&[
            ("changed", lost(&ONE.replace("8760h", "720h"))),
            ("rotated", lost(ROTATED)),
            ("removed", lost(OTHER)),
        ])
    }),
};
