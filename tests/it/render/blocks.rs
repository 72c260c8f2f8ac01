//! Each action, with its title, its reason and its attributes.

use insta::assert_snapshot;
use serde_json::json;
use tunctl::address::Address;
use tunctl::desired::Drain;
use tunctl::plan::{Action, Change, Reason};

use super::sample::{
    adopt, blocks, change, create, delete, object, record, rename, replace, rule, tunnel, update,
};

#[test]
fn a_creation_shows_every_attribute_and_rule() {
    let settings = json!({"connectTimeout": "5s", "access": {"required": true, "audTag": ["f1a"]}});
    let api = json!({
        "hostname": "app.example.com",
        "path": "^/api/",
        "service": "http://api:8080",
        "originRequest": settings,
    });
    let spec = json!({
        "ingress": [api, rule("app.example.com", "http://web:3000"), {"service": "http_status:404"}],
        "originRequest": {"noTLSVerify": true},
    });
    assert_snapshot!(blocks([create("tunnel_config.edge-web", spec)]), @r#"
    # tunnel_config.edge-web will be created
    + resource "tunnel_config" "edge-web" {
        + ingress       = [
            + app.example.com ^/api/ -> http://api:8080
                + connectTimeout = "5s"
                + access.required = true
                + access.audTag = ["f1a"]
            + app.example.com -> http://web:3000
            + (any host) -> http_status:404
          ]
        + originRequest = {
            + noTLSVerify = true
          }
      }
    "#);
}

#[test]
fn an_update_shows_what_differs_and_counts_the_rest() {
    let before = json!({"target": "tunnel.edge-old", "proxied": false, "ttl": 1});
    let after = record("edge-web");
    assert_snapshot!(blocks([update("dns_record.app.example.com", &before, after)]), @r#"
    # dns_record.app.example.com will be updated in-place
    # (because it differs from the manifest)
    ~ resource "dns_record" "app.example.com" {
        ~ target  = "tunnel.edge-old" -> "tunnel.edge-web"
        ~ proxied = false -> true
          # (1 unchanged attribute hidden)
      }
    "#);
}

#[test]
fn attributes_can_come_and_go() {
    let before = json!({"comment": "old", "originRequest": {"proxyPort": 8080, "access": {}}});
    let after = json!({"default": true, "originRequest": {"access": {"required": true}}});
    assert_snapshot!(blocks([update("virtual_network.lab", &before, after)]), @r#"
    # virtual_network.lab will be updated in-place
    # (because it differs from the manifest)
    ~ resource "virtual_network" "lab" {
        + default                       = true
        + originRequest.access.required = true
        - originRequest.proxyPort       = 8080
        - comment                       = "old"
      }
    "#);
}

#[test]
fn an_update_that_only_follows_says_what() {
    let action = Action::Update {
        object: object(&tunnel()),
        after: tunnel(),
        fields: Vec::new(),
    };
    let follows = Reason::Follows(Address::new("virtual_network", "edge"));
    assert_snapshot!(blocks([change("private_route.10.0.0.0/8@edge", action, follows)]), @r#"
    # private_route.10.0.0.0/8@edge will be updated in-place
    # (because virtual_network.edge gets a new id)
    ~ resource "private_route" "10.0.0.0/8@edge" {
          # (1 unchanged attribute hidden)
      }
    "#);
}

#[test]
fn a_dangling_reference_is_named_as_the_reason() {
    let before = json!({"target": "tunnel.id:4f2a", "proxied": true, "ttl": 1});
    let mut dangling = update("dns_record.app.example.com", &before, record("edge-web"));
    dangling.reason = Reason::Drifted;
    assert_snapshot!(blocks([dangling]), @r#"
    # dns_record.app.example.com will be updated in-place
    # (because what it refers to is gone from Cloudflare)
    ~ resource "dns_record" "app.example.com" {
        ~ target = "tunnel.id:4f2a" -> "tunnel.edge-web"
          # (2 unchanged attributes hidden)
      }
    "#);
}

#[test]
fn an_adoption_reads_as_an_import_and_shows_what_it_displaces() {
    let found = ["A 192.0.2.1", "AAAA 2001:db8::1"];
    let found = found.map(|target| json!({"target": target, "proxied": true, "ttl": 1}));
    assert_snapshot!(blocks([adopt("dns_record.old.example.com", &found, record("edge-web"))]), @r#"
    # dns_record.old.example.com will be updated in-place
    # (imported from "0a1b2c3d")
    # (because the manifest adopts what somebody else made here)
    → resource "dns_record" "old.example.com" {
        ~ target    = "A 192.0.2.1" -> "tunnel.edge-web"
        - displaced = { target = "AAAA 2001:db8::1", proxied = true, ttl = 1 }
          # (2 unchanged attributes hidden)
      }
    "#);
}

#[test]
fn a_renaming_reads_as_a_move() {
    assert_snapshot!(blocks([rename("tunnel.edge-web", "web", &tunnel())]), @r#"
        # tunnel.edge-web will be updated in-place
        # (moved from tunnel.web)
        # (because this stack has it under its former name)
        ~ resource "tunnel" "edge-web" {
            ~ name = "web" -> "edge-web"
              # (1 unchanged attribute hidden)
          }
    "#);
}

#[test]
fn a_replacement_shows_the_new_values() {
    let (before, after) = (
        json!({"zone": "example.com"}),
        json!({"zone": "example.org"}),
    );
    assert_snapshot!(blocks([replace("service_token.ci", &before, after)]), @r#"
    # service_token.ci must be replaced
    # (because it differs from the manifest)
    ± resource "service_token" "ci" {
        ~ zone = "example.com" -> "example.org"
      }
    "#);
}

#[test]
fn a_replacement_names_the_field_that_forces_it() {
    let (before, after) = (json!({"configSrc": "local"}), tunnel());
    let text = blocks([replace("tunnel.edge-web", &before, after)]);
    let line = r#"~ configSrc = "local" -> "cloudflare"  # forces replacement"#;
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_deletion_shows_what_goes() {
    assert_snapshot!(blocks([delete("dns_record.old.example.com", &record("edge-web"))]), @r#"
    # dns_record.old.example.com will be destroyed
    # (because it is no longer declared)
    - resource "dns_record" "old.example.com" {
        - target  = "tunnel.edge-web"
        - proxied = true
        - ttl     = 1
      }
    "#);
}

#[test]
fn a_deleted_tunnel_says_what_happens_to_its_connections() {
    let with = |drain| {
        let object = object(&tunnel());
        blocks([Change {
            at: None,
            ..change(
                "tunnel.edge-web",
                Action::Delete { object, drain },
                Reason::Undeclared,
            )
        }])
    };
    let waits = with(Drain::Wait { seconds: 300 });
    assert!(
        waits.contains("# (waits up to 300 s for live connections to end)"),
        "{waits}"
    );
    let cuts = with(Drain::Evict { seconds: 15 });
    assert!(cuts.contains("# (cuts its live connections)"), "{cuts}");
    let stops = with(Drain::Fail);
    assert!(
        stops.contains("# (stops if it has live connections)"),
        "{stops}"
    );
}

#[test]
fn what_is_declared_and_goes_is_destroyed_with_its_stack() {
    let mut gone = delete("tunnel.edge-web", &tunnel());
    gone.at = create("tunnel.edge-web", tunnel()).at;
    let text = blocks([gone]);
    assert!(
        text.contains("# (because the whole stack is destroyed)"),
        "{text}"
    );
}
