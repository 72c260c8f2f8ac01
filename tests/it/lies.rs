//! Answers that say "success" and something else: nothing is done until it is shown to be done,
//! and nothing that is named wrongly is ever written to.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::describe::ends;
use crate::support::world::{WEB, World, edge};

const ZONES: [&str; 2] = ["example.com", "example.org"];

const TWO: &str = "tunnels:
  edge-api:
    ingress: [{hostname: api.example.com, service: http://api:1}]
  edge-web:
    ingress: [{hostname: app.example.com, service: http://web:1}]
";

fn is_write(method: &str, target: &str, part: &str) -> bool {
    method != "GET" && target.contains(part)
}

#[test]
fn an_empty_answer_is_looked_up_and_believed_only_if_it_is_so() {
    for empty in [Value::Null, json!({}), json!([]), json!("ok")] {
        let world = World::new(&edge(TWO), &ZONES);
        world.lie(move |method, _, result| {
            if method != "GET" {
                *result = empty.clone();
            }
        });
        let outcome = world.apply();
        assert!(!outcome.failed(), "{outcome:#?}");
        world.be_honest();
        assert!(world.plan().is_empty());
    }
}

#[test]
fn a_batch_that_was_not_carried_out_is_not_done() {
    let world = World::new(&edge(TWO), &ZONES);
    // The server forgets what it was told, and says that all is well.
    world.lie(|method, target, result| {
        if is_write(method, target, "batch") {
            *result = json!({});
        } else if method == "GET" && target.contains("dns_records") {
            *result = json!([]);
        }
    });
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-api: done
        create tunnel.edge-web: done
        create tunnel_config.edge-api: done
        create tunnel_config.edge-web: done
        create dns_record.api.example.com: failed tunctl::unexpected_answer, Cloudflare answered with success, but does not show what was written
        create dns_record.app.example.com: failed tunctl::unexpected_answer, Cloudflare answered with success, but does not show what was written
    ");
}

#[test]
fn one_id_for_two_tunnels_is_believed_of_neither() {
    let world = World::new(&edge(TWO), &ZONES);
    world.lie(|method, target, result| {
        if is_write(method, target, "cfd_tunnel") && result["name"].is_string() {
            result["id"] = json!("11111111-1111-4111-8111-111111111111");
        }
    });
    assert_snapshot!(ends(&world.apply()), @r"
        create tunnel.edge-api: failed tunctl::unexpected_answer, Cloudflare answered with success, but does not show what was written
        create tunnel.edge-web: failed tunctl::unexpected_answer, Cloudflare answered with success, but does not show what was written
        create tunnel_config.edge-api: skipped for tunnel.edge-api
        create tunnel_config.edge-web: skipped for tunnel.edge-web
        create dns_record.api.example.com: skipped for tunnel.edge-api, tunnel_config.edge-api
        create dns_record.app.example.com: skipped for tunnel.edge-web, tunnel_config.edge-web
    ");
    assert!(!world.writes().contains("configurations"));
    world.be_honest();
    assert!(!world.apply().failed(), "running again finishes the work");
    assert!(world.plan().is_empty());
}

#[test]
fn the_id_of_a_tunnel_that_exists_is_not_that_of_a_new_one() {
    let mut world = World::converged(&edge(WEB), &ZONES);
    let known = world.by_hand(
        "GET",
        &format!("/accounts/{}/cfd_tunnel", crate::support::world::ACCOUNT),
        &Value::Null,
    );
    let known = known["result"][0]["id"].clone();
    world.declare(&edge(&format!(
        "{WEB}  edge-new: {{ingress: [{{hostname: new.example.com, service: http://n:1}}]}}\n"
    )));
    world.lie(move |method, target, result| {
        if is_write(method, target, "cfd_tunnel") && result["name"] == "edge-new" {
            result["id"] = known.clone();
        }
    });
    let outcome = world.apply();
    assert!(outcome.failed());
    assert!(
        !world.writes().contains("configurations"),
        "{}",
        world.writes()
    );
}

#[test]
fn an_answer_about_another_object_is_not_believed() {
    let world = World::new(&edge(TWO), &ZONES);
    world.lie(|method, target, result| {
        if is_write(method, target, "cfd_tunnel") && result["name"].is_string() {
            result["name"] = json!("edge-other");
        }
    });
    // It is looked up by its name, and is there.
    assert!(!world.apply().failed());
    world.be_honest();
    assert!(world.plan().is_empty());
}

/// What a plan says when the first object of some lists has another value in a field. Nothing
/// may be written then.
fn refused_with(part: &'static str, field: &'static str, value: &'static str) -> String {
    let mut world = World::converged(&edge(WEB), &ZONES);
    // Whatever was listed is no longer declared, so that it would be deleted.
    world.declare(&edge("tunnels: {edge-api: {}}\n"));
    world.lie(move |method, target, result| {
        if method != "GET" || !target.contains(part) {
            return;
        }
        let is_list = result.is_array();
        let object = if is_list {
            result.get_mut(0)
        } else {
            Some(result)
        };
        if let Some(object) = object {
            object[field] = json!(value);
        }
    });
    world.forget_requests();
    let message = world.refusal().remove(0).message;
    assert_eq!(world.writes(), "");
    let (_, why) = message.split_once(": ").expect("it says why");
    why.to_owned()
}

#[test]
fn a_record_of_another_zone_in_a_list_forbids_a_plan() {
    assert_snapshot!(refused_with("dns_records?", "name", "www.example.org"), @"`www.example.org` is no record of the zone `example.com`");
    assert_snapshot!(refused_with("dns_records?", "name", "www.badexample.com"), @"`www.badexample.com` is no record of the zone `example.com`");
    assert_snapshot!(refused_with("dns_records?", "zone_name", "example.org"), @"`app.example.com` is no record of the zone `example.com`");
}

#[test]
fn what_belongs_to_another_account_or_tunnel_forbids_a_plan() {
    let other = "22222222-2222-4222-8222-222222222222";
    assert_snapshot!(refused_with("cfd_tunnel?", "account_tag", "ffff"), @"`edge-web` is a tunnel of another account");
    assert_snapshot!(refused_with("configurations", "tunnel_id", other), @"it is that of the tunnel 22222222-2222-4222-8222-222222222222, not of `edge-web`");
}

#[test]
fn zones_of_another_account_and_zones_of_one_name_forbid_a_plan() {
    let world = World::converged(&edge(WEB), &ZONES);
    world.lie(|method, target, result| {
        if method == "GET" && target.contains("zones?") {
            result[1]["account"]["id"] = json!("ffff");
        }
    });
    assert!(
        world.refusal()[0]
            .message
            .ends_with("`example.org` is a zone of another account")
    );
    world.lie(|method, target, result| {
        if method == "GET" && target.contains("zones?") {
            result[1]["name"] = result[0]["name"].clone();
        }
    });
    assert!(
        world.refusal()[0]
            .message
            .ends_with("`example.com` is there twice")
    );
}

#[test]
fn what_is_missing_from_a_list_is_not_made_again() {
    for part in ["cfd_tunnel?", "dns_records?", "zones?"] {
        let world = World::converged(&edge(TWO), &ZONES);
        world.forget_requests();
        world.lie(move |method, target, result| {
            if let Value::Array(items) = result
                && method == "GET"
                && target.contains(part)
            {
                items.pop();
            }
        });
        let problems = world.refusal();
        let message = &problems[0].message;
        assert!(
            message.contains("changes each time it is read"),
            "{message}"
        );
    }
}

#[test]
fn what_is_no_id_never_reaches_a_path() {
    for odd in [
        "..",
        ".",
        "",
        "a/b",
        "a?b",
        "0123456789abcdef0123456789abcdef\n",
        "0123456789abcdef0123456789abcde",
        "g123456789abcdef0123456789abcdef",
        "0123456-89ab-4def-8123-456789abcdef0",
        "batch",
        &"a".repeat(10_000),
    ] {
        for part in ["cfd_tunnel?", "dns_records?", "zones?"] {
            let world = World::converged(&edge(WEB), &ZONES);
            let odd = odd.to_owned();
            world.lie(move |method, target, result| {
                if method == "GET"
                    && target.contains(part)
                    && let Some(object) = result.get_mut(0)
                {
                    object["id"] = json!(odd);
                }
            });
            let problems = world.refusal();
            assert!(problems[0].message.contains("not an id"), "{problems:#?}");
        }
    }
}

#[test]
fn one_id_for_two_listed_objects_forbids_a_plan() {
    let world = World::converged(&edge(TWO), &ZONES);
    world.lie(|method, target, result| {
        // The client knows an object by its id: only other lists can repeat it.
        if method == "GET" && target.contains("dns_records?") && result[0].is_object() {
            result[0]["id"] = json!("0123456789abcdef0123456789abcdef");
        }
    });
    let mut world = world;
    world.declare(&edge(&format!(
        "{TWO}  edge-org: {{ingress: [{{hostname: a.example.org, service: http://o:1}}]}}\n"
    )));
    world.add_record(
        "example.org",
        &json!({"type": "A", "name": "a.example.org", "content": "192.0.2.1"}),
    );
    let problems = world.refusal();
    assert!(
        problems[0].message.contains("two objects with the id"),
        "{problems:#?}"
    );
}

#[test]
fn an_at_sign_in_a_name_leads_to_no_other_zone() {
    let mut world = World::converged(&edge(WEB), &["example.com", "b.example.com"]);
    world.declare(&edge("tunnels: {edge-api: {}}\n"));
    world.lie(|method, target, result| {
        if method == "GET"
            && target.contains("dns_records")
            && let Some(record) = result.get_mut(0)
        {
            record["name"] = json!("x@b.example.com");
        }
    });
    assert_snapshot!(crate::support::describe::describe(&world.plan()), @r"
        1 dns_record.x@b.example.com@example.com: delete (undeclared)
        1 tunnel.edge-api: create (new)
        2 tunnel.edge-web: delete (undeclared)
    ");
}
