//! Ends that are not over at once.

use std::time::Duration;

use serde_json::{Value, json};
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::serve::engine::backoff;

use super::served::{OTHER, OWNER, Served, send};

const ACTIVE: &str = "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS";
const REFUSED: &str = "TUNNEL_CLOUDFLARE_DELETION_FAILED";

fn denied(served: &Served, method: &str, path: &str) {
    served
        .account
        .fault(&json!({"method": method, "path": path, "effect": "denied"}));
}

#[test]
fn a_delete_under_live_connections_takes_the_record_at_once_and_is_finished_after_they_drain() {
    let served = Served::new();
    served.create("busy");
    served.connect("busy");
    served.delete("BUSY.Tunnel.Example.com").is(503, ACTIVE);
    assert_eq!(served.live(), (vec!["serve-busy".to_owned()], vec![]));
    assert_eq!(served.state("busy"), "stopping");
    served.beat(OWNER, "busy").is(404, "TUNNEL_NOT_FOUND");
    let again = json!({"port": 1, "requestedSlug": "busy"});
    let again = served.ask(OTHER, "POST", "/v1/tunnels", &again);
    again.is(409, "TUNNEL_SLUG_CONFLICT");
    served.delete("busy").is(503, ACTIVE);
    served.disconnect("busy");
    served.clock.advance(13);
    served.until("busy", "stopped");
    assert_eq!(served.live().0, [""; 0]);
    let stops = served.audit("tunnel.stopped");
    assert_eq!(stops.len(), 1);
    assert_eq!(stops[0]["reason"], "user_requested");
    assert_eq!(stops[0]["first_actor"]["author"], "alice");
    served.create("busy");
}

#[test]
fn what_is_stopping_survives_a_restart_and_is_ended_after_it() {
    let served = Served::new();
    served.create("busy");
    served.connect("busy");
    served.delete("busy").is(503, ACTIVE);
    served.stop();
    served.start();
    assert_eq!(served.state("busy"), "stopping");
    served.disconnect("busy");
    served.clock.advance(30);
    served.until("busy", "stopped");
    assert_eq!(served.audit("tunnel.stopped").len(), 1);
    assert_eq!(served.audit("tunnel.stopping").len(), 1);
}

#[test]
fn a_refused_deletion_is_a_502_and_ended_once_cloudflare_lets_it() {
    let served = Served::new();
    served.create("stuck");
    denied(&served, "DELETE", "/accounts/*/cfd_tunnel/*");
    let said = served.delete("stuck").is(502, REFUSED);
    assert!(
        !said.body.to_string().contains(DEFAULT_ACCOUNT),
        "{}",
        said.body
    );
    served.delete("stuck").is(502, REFUSED);
    served.account.mend();
    served.clock.advance(13);
    served.until("stuck", "stopped");
    assert_eq!(served.audit("tunnel.stopped").len(), 1);
}

#[test]
fn while_the_record_cannot_be_deleted_the_tunnel_is_not_touched() {
    let served = Served::new();
    served.create("dns");
    denied(&served, "POST", "/zones/*/dns_records/batch");
    served.delete("dns").is(502, "TUNNEL_DNS_DELETION_FAILED");
    assert_eq!(served.live().0, ["serve-dns"]);
    served.account.mend();
    served.delete("dns").is(200, "");
    assert_eq!(served.live(), (vec![], vec![]));
}

#[test]
fn what_somebody_else_deleted_already_is_ended_with_one_entry() {
    let served = Served::new();
    for (slug, with_record) in [("all", true), ("half", false)] {
        served.create(slug);
        let path = format!(
            "/accounts/{DEFAULT_ACCOUNT}/cfd_tunnel/{}",
            served.remote(slug)
        );
        served.account.api("DELETE", &path, &Value::Null);
        if with_record {
            served.account.control(
                "PATCH",
                "/state",
                &json!({"tables": {"records": gone(&served)}}),
            );
        }
        served.delete(slug).is(200, "");
        assert_eq!(served.live(), (vec![], vec![]), "{slug}");
    }
    assert_eq!(served.audit("tunnel.stopped").len(), 2);
}

fn gone(served: &Served) -> Value {
    let state = served.account.control("GET", "/state", &Value::Null);
    let records = state["result"]["tables"]["records"].as_object().unwrap();
    records
        .keys()
        .map(|id| (id.clone(), Value::Null))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Rows 4 to 6: there, such a tunnel is lost and its slug is burnt for ever.
#[test]
fn a_create_that_fails_leaves_nothing_behind_and_burns_no_slug() {
    let served = Served::new();
    let wanted = json!({"port": 3000, "requestedSlug": "half"});
    for path in [
        "/accounts/*/cfd_tunnel",
        "/accounts/*/cfd_tunnel/*/configurations",
        "/zones/*/dns_records/batch",
        "/accounts/*/cfd_tunnel/*/token",
    ] {
        let method = match path {
            path if path.ends_with("configurations") => "PUT",
            path if path.ends_with("token") => "GET",
            _ => "POST",
        };
        let html = json!({"answer": {"status": 502, "body": "<html>no</html>"}});
        served
            .account
            .fault(&json!({"method": method, "path": path, "effect": html}));
        let said = served
            .ask(OWNER, "POST", "/v1/tunnels", &wanted)
            .is(502, "CLOUDFLARE_ERROR");
        assert!(
            !said.body.to_string().contains(DEFAULT_ACCOUNT),
            "{}",
            said.body
        );
        served.account.mend();
        served.clock.advance(13);
        let over =
            (0..10_000).any(|_| !["creating", "stopping"].contains(&served.state("half").as_str()));
        assert!(over, "{path}: {}", served.state("half"));
        assert_eq!(served.live(), (vec![], vec![]), "{path}");
    }
    served.create("half");
}

/// Row 5: the answer to a POST that was carried out is lost.
#[test]
fn a_lost_answer_makes_no_orphan() {
    let served = Served::new();
    let lost = json!({"method": "POST", "path": "/accounts/*/cfd_tunnel", "nth": 1, "effect": {"reset": "after"}});
    served.account.fault(&lost);
    served.create("lost");
    assert_eq!(served.live().0, ["serve-lost"]);
    served.account.mend();
    served
        .account
        .fault(&json!({"method": "DELETE", "nth": 1, "effect": {"reset": "after"}}));
    served.delete("lost").is(200, "");
    assert_eq!(served.live(), (vec![], vec![]));
    assert_eq!(served.audit("tunnel.stopped").len(), 1);
}

/// Row 13: there, three entries.
#[test]
fn three_deletes_at_a_time_are_one_end() {
    let served = Served::new();
    let id = served.create("cc")["tunnelId"].as_str().unwrap().to_owned();
    let paths = [&id, &id, "cc.tunnel.example.com"].map(|it| format!("/v1/tunnels/{it}"));
    let asks = paths
        .iter()
        .map(|path| send(served.request(OWNER, "DELETE", path, None), "DELETE", path));
    let said = served.runtime.block_on(futures::future::join_all(asks));
    // Who comes when it is over finds nothing, as a second delete does.
    assert!(
        said.iter().all(|it| [200, 404].contains(&it.status)),
        "{said:?}"
    );
    assert!(said.iter().any(|it| it.status == 200));
    assert_eq!(served.audit("tunnel.stopped").len(), 1);
}

/// Row 12: there, one busy tunnel keeps all others waiting.
#[test]
fn a_tunnel_that_does_not_end_keeps_no_other_waiting() {
    let served = Served::new();
    for slug in ["hog", "victim"] {
        served.create(slug);
    }
    served.connect("hog");
    served.clock.advance(60);
    served.until("victim", "stopped");
    served.until("hog", "stopping");
}

/// Row 11 and 15: whatever is not certainly ours stays.
#[test]
fn what_is_somebody_elses_is_not_touched() {
    let served = Served::new();
    let path = format!("/accounts/{DEFAULT_ACCOUNT}/cfd_tunnel");
    served.account.api(
        "POST",
        &path,
        &json!({"name": "serve-theirs", "config_src": "cloudflare"}),
    );
    let wanted = json!({"port": 3000, "requestedSlug": "theirs"});
    served
        .ask(OWNER, "POST", "/v1/tunnels", &wanted)
        .is(409, "TUNNEL_SLUG_CONFLICT");
    served.clock.advance(30);
    served.until("theirs", "failed");
    assert_eq!(served.live().0, ["serve-theirs"]);
    // A record that somebody else leads to our tunnel keeps it.
    served.create("shared");
    let zone = served.account.api("GET", "/zones", &Value::Null)["result"][0]["id"].clone();
    let records = format!("/zones/{}/dns_records", zone.as_str().unwrap());
    let content = format!("{}.cfargotunnel.com", served.remote("shared"));
    let foreign =
        json!({"type": "CNAME", "name": "www.example.com", "content": content, "proxied": true});
    served.account.api("POST", &records, &foreign);
    served.delete("shared").is(502, REFUSED);
    assert_eq!(served.live().0, ["serve-shared", "serve-theirs"]);
    // A record of ours that somebody gave another use stays theirs.
    served.create("moved");
    let found = served.account.api(
        "GET",
        &format!("{records}?name.exact=moved.tunnel.example.com"),
        &Value::Null,
    );
    let id = found["result"][0]["id"].as_str().unwrap();
    let elsewhere = json!({"content": "elsewhere.example.net"});
    served
        .account
        .api("PATCH", &format!("{records}/{id}"), &elsewhere);
    served.delete("moved").is(200, "");
    assert!(
        served
            .live()
            .1
            .contains(&"moved.tunnel.example.com".to_owned())
    );
}

/// Code 7003 says that the address is wrong, not that the tunnel is gone.
#[test]
fn a_wrong_address_is_not_taken_for_the_end() {
    let served = Served::new();
    served.create("mask");
    let body = r#"{"success":false,"errors":[{"code":7003,"message":"Could not route"}],"messages":[],"result":null}"#;
    let masked =
        json!({"answer": {"status": 404, "body": body, "content_type": "application/json"}});
    served
        .account
        .fault(&json!({"method": "DELETE", "effect": masked}));
    served.delete("mask").is(502, REFUSED);
    served.account.mend();
    assert_eq!(served.live().0, ["serve-mask"]);
}

#[test]
fn the_waits_between_attempts_double_up_to_five_minutes_and_are_spread() {
    for (attempt, base) in [
        (1, 5),
        (2, 10),
        (3, 20),
        (4, 40),
        (5, 80),
        (6, 160),
        (7, 300),
        (8, 300),
        (4000, 300),
    ] {
        let base = Duration::from_secs(base);
        let waits: Vec<Duration> = (0..50).map(|_| backoff(attempt)).collect();
        assert!(
            waits.iter().all(|it| *it >= base && *it <= base * 5 / 4),
            "{attempt}"
        );
        assert!(
            waits.iter().any(|it| *it != waits[0]),
            "{attempt}: no spread"
        );
    }
}

/// Between the look and the create somebody else takes the name.
#[test]
fn a_tunnel_that_was_made_by_somebody_else_meanwhile_is_not_taken_for_ours() {
    let served = Served::new();
    let taken = r#"{"success":false,"errors":[{"code":1013,"message":"You already have a tunnel with this name"}],"messages":[],"result":null}"#;
    let taken = json!({"answer": {"status": 409, "body": taken, "content_type": "application/json", "commit": true}});
    served
        .account
        .fault(&json!({"method": "POST", "path": "/accounts/*/cfd_tunnel", "effect": taken}));
    let wanted = json!({"port": 3000, "requestedSlug": "raced"});
    let said = served.ask(OWNER, "POST", "/v1/tunnels", &wanted);
    said.is(502, "CLOUDFLARE_ERROR");
    served.until("raced", "failed");
    assert_eq!(served.live().0, ["serve-raced"]);
}

#[test]
fn what_is_deleted_while_it_is_made_does_not_stay() {
    let served = Served::new();
    let held =
        json!({"method": "POST", "path": "/accounts/*/cfd_tunnel", "effect": {"latency": 300}});
    served.account.fault(&held);
    let wanted = json!({"port": 3000, "requestedSlug": "regretted"}).to_string();
    let request = served.request(OWNER, "POST", "/v1/tunnels", Some(wanted));
    let creating = served.runtime.spawn(send(request, "POST", "/v1/tunnels"));
    served.until("regretted", "creating");
    served.delete("regretted").is(200, "");
    let made = served.runtime.block_on(creating).unwrap();
    assert_eq!((made.status, made.code()), (409, "TUNNEL_NOT_FOUND"));
    assert_eq!(served.live(), (vec![], vec![]));
}
