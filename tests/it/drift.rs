//! Live objects that are not as the manifest says: one perturbation by hand, one plan.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::describe::describe;
use crate::support::world::{WEB, World};

const ZONE: &str = "example.com";
const APP: &str = "app.example.com";

#[test]
fn a_record_without_mark_that_leads_where_it_should_is_in_sync() {
    let world = World::edge(WEB);
    world.edit_record(ZONE, APP, &json!({"comment": null}));
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn the_mark_comes_with_the_next_write_and_keeps_the_comment() {
    let world = World::edge(WEB);
    world.edit_record(
        ZONE,
        APP,
        &json!({"comment": "ask ops first", "proxied": false}),
    );
    assert!(!world.apply().failed());
    assert_eq!(
        world.record(ZONE, APP)["comment"],
        "tunctl:edge ask ops first"
    );
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn an_unproxied_record_is_drift() {
    let world = World::edge(WEB);
    world.edit_record(ZONE, APP, &json!({"proxied": false}));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: update (differs)
            proxied: false → true
    ");
}

#[test]
fn an_unproxied_record_with_a_time_to_live_is_drift_in_both() {
    let world = World::edge(WEB);
    world.edit_record(ZONE, APP, &json!({"proxied": false, "ttl": 300}));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: update (differs)
            proxied: false → true
            ttl: 300 → 1
    ");
}

#[test]
fn a_record_of_ours_that_leads_to_another_tunnel_is_led_back() {
    let world = World::edge(WEB);
    world.add_tunnel("other", "cloudflare");
    world.edit_record(ZONE, APP, &json!({"content": world.target("other")}));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 dns_record.app.example.com: update (differs)
            target: "tunnel.other" → "tunnel.edge-web"
    "#);
}

#[test]
fn a_record_of_ours_at_a_declared_name_that_leads_elsewhere_is_led_back() {
    let world = World::edge(WEB);
    world.edit_record(ZONE, APP, &json!({"content": "elsewhere.example.net"}));
    assert_snapshot!(describe(&world.plan()), @r#"
        1 dns_record.app.example.com: update (differs)
            target: "elsewhere.example.net" → "tunnel.edge-web"
    "#);
}

#[test]
fn a_record_that_was_deleted_is_made_again() {
    let world = World::edge(WEB);
    world.delete_record(ZONE, APP);
    assert_snapshot!(describe(&world.plan()), @"1 dns_record.app.example.com: create (new)");
}

#[test]
fn a_record_of_ours_that_dangles_is_led_to_the_new_tunnel() {
    let world = World::edge(WEB);
    world.delete_tunnel("edge-web");
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel.edge-web: create (new)
        2 tunnel_config.edge-web: create (new)
        3 dns_record.app.example.com: update (drifted)
            target: "tunnel.id:[id]" → "tunnel.edge-web"
    "#);
}

#[test]
fn a_record_of_ours_that_dangles_is_mended_after_the_tunnel_was_made_again_by_hand() {
    let world = World::edge(WEB);
    world.delete_tunnel("edge-web");
    world.add_tunnel("edge-web", "cloudflare");
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-web: create (new)
        2 dns_record.app.example.com: update (drifted)
            target: "tunnel.id:[id]" → "tunnel.edge-web"
    "#);
}

#[test]
fn a_record_of_ours_that_dangles_and_is_not_declared_goes() {
    let mut world = World::edge(WEB);
    world.delete_tunnel("edge-web");
    world.declare(&crate::support::world::edge("tunnels: {edge-api: {}}"));
    assert_snapshot!(describe(&world.plan()), @r"
        1 dns_record.app.example.com: delete (undeclared)
        1 tunnel.edge-api: create (new)
    ");
}

#[test]
fn what_dns_writes_in_capitals_is_no_drift() {
    let world = World::edge(WEB);
    let target = world.target("edge-web").to_uppercase();
    world.force_record(
        ZONE,
        APP,
        &json!({"content": format!("{target}."), "name": "App.Example.Com"}),
    );
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_setting_made_by_hand_is_seen_although_the_manifest_is_silent() {
    let world = World::edge(WEB);
    let mut config = world.configured("edge-web")["config"].clone();
    config["originRequest"] = json!({"noTLSVerify": true});
    world.configure("edge-web", &config);
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-web: update (differs)
            originRequest: {"noTLSVerify":true} → nothing
    "#);
}

#[test]
fn a_setting_of_a_rule_made_by_hand_is_seen() {
    let world = World::edge(WEB);
    let mut config = world.configured("edge-web")["config"].clone();
    config["ingress"][0]["originRequest"] = json!({"noTLSVerify": true});
    world.configure("edge-web", &config);
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-web: update (differs)
            ingress: [{"hostname":"app.example.com","service":"http://web:3000","originRequest":{"noTLSVerify":true}},{"service":"http_status:404"}] → [{"hostname":"app.example.com","service":"http://web:3000"},{"service":"http_status:404"}]
    "#);
}

#[test]
fn a_default_written_out_is_no_drift() {
    let world = World::edge(WEB);
    let mut config = world.configured("edge-web")["config"].clone();
    config["originRequest"] = json!({"noTLSVerify": false, "connectTimeout": 30});
    config["ingress"][0]["path"] = json!("");
    config["ingress"][1]["hostname"] = json!("");
    world.configure("edge-web", &config);
    assert_snapshot!(describe(&world.plan()), @"in sync");
}

#[test]
fn a_key_of_a_rule_that_a_write_would_lose_is_shown() {
    let world = World::edge(WEB);
    let mut config = world.configured("edge-web")["config"].clone();
    config["ingress"][0]["originRequest"] = json!({"futureKey": {"deep": 1}});
    world.configure("edge-web", &config);
    assert_snapshot!(describe(&world.plan()), @r#"
        1 tunnel_config.edge-web: update (differs)
            unknownKeys: {"ingress[0].originRequest.futureKey":{"deep":1}} → nothing
    "#);
}

#[test]
fn top_level_keys_are_sent_back_as_they_were_read() {
    let world = World::edge(WEB);
    let mut config = world.configured("edge-web")["config"].clone();
    config["warp-routing"] = json!({"enabled": true});
    config["futureKey"] = json!({"deep": 1});
    world.configure("edge-web", &config);
    assert_snapshot!(describe(&world.plan()), @"in sync");
    config["ingress"][0]["service"] = json!("http://elsewhere:1");
    world.configure("edge-web", &config);
    assert!(!world.apply().failed());
    let written = &world.configured("edge-web")["config"];
    assert_eq!(written["warp-routing"], json!({"enabled": true}));
    assert_eq!(written["futureKey"], json!({"deep": 1}));
    assert_eq!(written["ingress"][0]["service"], "http://web:3000");
}

#[test]
fn a_configuration_that_was_never_made_is_made() {
    let world = World::edge("tunnels: {edge-web: {}}");
    let mut world = world;
    world.declare(&crate::support::world::edge(WEB));
    assert_snapshot!(describe(&world.plan()), @r"
        1 tunnel_config.edge-web: create (new)
        2 dns_record.app.example.com: create (new)
    ");
}
