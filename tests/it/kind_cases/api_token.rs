//! The kind `api_token`.

use serde_json::json;

use super::Row;
use super::scene::{
    applied, carried_out, each, kept, kept_as, planned, refused, row_of, tokens, twin, vanish,
};

const ONE: &str = "apiTokens:
  edge-deploy:
    policies: [{permissions: [DNS Write], resources: {zone: example.com}}]
    condition: {ip: {in: [203.0.113.0/24]}}
    notBefore: 2025-01-01T00:00:00Z
    expiresOn: 2027-06-30T00:00:00Z
    sink: local
";
const RENAMED: &str = "apiTokens:
  edge-new:
    policies: [{permissions: [DNS Write], resources: {zone: example.com}}]
    previousNames: [edge-deploy]
    sink: local
";
const OTHER: &str = "apiTokens:
  edge-other: {policies: [{permissions: [DNS Read], resources: zones}], sink: local}
";

/// Cloudflare's limit of an account.
const QUOTA: usize = 500;

/// The sections with something else in the place of something.
fn changed(from: &str, to: &str) -> String {
    assert!(ONE.contains(from), "{from}");
    ONE.replace(from, to)
}

pub(super) const ROW: Row = Row {
    kind: "api_token",
    fields: &["policies", "condition", "notBefore", "expiresOn"],
    fixed: &[],
    create: Ok(|| applied(&tokens(ONE))),
    no_op: Ok(|| planned(&kept(ONE))),
    change: Ok(|| {
        let change = |from: &str, to: &str| applied(&kept_as(ONE, &changed(from, to)));
        each(&[
            ("policies", change("DNS Write", "DNS Read")),
            ("condition", change("in: [203", "notIn: [203")),
            ("notBefore", change("2025-01-01", "2025-02-01")),
            ("expiresOn", change("2027-06-30", "2027-07-30")),
        ])
    }),
    drift: Ok(|| {
        let world = kept(ONE);
        let id = row_of(&world, "account_tokens", "edge-deploy");
        let body = json!({"name": "edge-deploy", "policies": [{
            "effect": "allow",
            "permission_groups": [{"id": world.group("DNS Read")}],
            "resources": {format!("com.cloudflare.api.account.zone.{}", world.zone("example.com")): "*"},
        }]});
        world.replace(&format!("tokens/{id}"), &body);
        applied(&world)
    }),
    rename: Ok(|| applied(&kept_as(ONE, RENAMED))),
    removal: Ok(|| {
        let generations = kept_as(ONE, OTHER);
        let id = row_of(&generations, "account_tokens", "edge-deploy");
        let mut row = generations.state()["tables"]["account_tokens"][&id].clone();
        row["name"] = json!("edge-deploy~2");
        generations.force("account_tokens", &"f".repeat(32), &row);
        each(&[
            ("at rest", applied(&kept_as(ONE, OTHER))),
            (
                "with two generations, because a rotation did not end",
                applied(&generations),
            ),
        ])
    }),
    adoption: Ok(|| {
        let world = tokens(OTHER);
        let account = crate::support::world::ACCOUNT;
        let body = json!({"name": "edge-other", "policies": [{
            "effect": "allow",
            "permission_groups": [{"id": world.group("DNS Read")}],
            "resources": {format!("com.cloudflare.api.account.{account}"): {"com.cloudflare.api.account.zone.*": "*"}},
        }]});
        world.add("tokens", &body);
        applied(&world)
    }),
    duplicate: Ok(|| {
        let world = kept(ONE);
        twin(
            &world,
            "account_tokens",
            &row_of(&world, "account_tokens", "edge-deploy"),
        );
        refused(&world)
    }),
    quota: Ok(|| {
        let world = kept(ONE);
        let id = row_of(&world, "account_tokens", "edge-deploy");
        let row = world.state()["tables"]["account_tokens"][&id].clone();
        for index in 1..QUOTA {
            let mut row = row.clone();
            row["name"] = json!(format!("x-{index}"));
            world.force("account_tokens", &format!("{index:032x}"), &row);
        }
        let mut world = world;
        world.declare_tokens(&format!("{ONE}  edge-other: {{policies: [{{permissions: [DNS Read], resources: zones}}], sink: local}}\n"));
        applied(&world)
    }),
    not_found: Ok(|| {
        let lost = |after: &str| {
            let world = kept_as(ONE, after);
            let id = row_of(&world, "account_tokens", "edge-deploy");
            carried_out(&world, || vanish(&world, "account_tokens", &id))
        };
        each(&[
            ("changed", lost(&changed("DNS Write", "DNS Read"))),
            ("removed", lost(OTHER)),
        ])
    }),
};
