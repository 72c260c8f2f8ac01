//! Leases.

use serde_json::Value;

use super::served::{OTHER, OWNER, Served};

#[test]
fn a_tunnel_lives_from_its_create_to_its_delete() {
    let served = Served::new();
    let made = served.create("demo");
    assert_eq!(made["hostname"], "demo.tunnel.example.com");
    assert_eq!(made["heartbeatIntervalSec"], 20);
    assert_eq!(made["leaseTimeoutSec"], 60);
    let (tunnels, records) = served.live();
    assert_eq!(tunnels, ["serve-demo"]);
    assert_eq!(records, ["demo.tunnel.example.com"]);
    let id = made["tunnelId"].as_str().unwrap();
    served.clock.advance(30);
    let beat = served
        .beat(made["tunnelRunToken"].as_str().unwrap(), id)
        .is(200, "");
    assert_eq!(beat.body["expiresAt"], "2026-01-01T00:01:30.000Z");
    served.delete(id).is(200, "");
    assert_eq!(served.live(), (vec![], vec![]));
    served.delete(id).is(404, "TUNNEL_NOT_FOUND");
    let [created, stopped] = ["tunnel.created", "tunnel.stopped"].map(|it| served.audit(it));
    assert_eq!((created.len(), stopped.len()), (1, 1));
    assert_eq!(created[0]["actor"]["author"], "alice");
    assert_eq!(stopped[0]["reason"], "user_requested");
    assert_eq!(stopped[0]["first_actor"]["author"], "alice");
}

#[test]
fn a_lease_that_nobody_renews_ends_and_one_that_is_renewed_does_not() {
    let served = Served::new();
    served.create("silent");
    let alive = served.create("alive");
    served.clock.advance(59);
    served
        .beat(OWNER, alive["tunnelId"].as_str().unwrap())
        .is(200, "");
    served.clock.advance(1);
    served.until("silent", "stopped");
    assert_eq!(served.state("alive"), "active");
    assert_eq!(
        served.audit("tunnel.stopped")[0]["reason"],
        "cleanup:stale_lease"
    );
    served.beat(OWNER, "silent").is(404, "TUNNEL_NOT_FOUND");
    assert_eq!(served.live().0, ["serve-alive"]);
}

/// rs-tunnel.md 5, row 9: there, a client that is back loses its tunnel to a queue.
#[test]
fn a_heartbeat_that_comes_before_the_end_begins_wins() {
    let mut served = Served::idle();
    // No room in the background: leases are over and nothing ends yet.
    served.settings.background = 0;
    served.start();
    served.create("back");
    served.clock.advance(3600);
    served.beat(OWNER, "back").is(200, "");
    served.stop();
    served.settings.background = 8;
    served.start();
    served.clock.advance(59);
    served.create("other");
    assert_eq!(served.state("back"), "active");
}

/// Row 10, and the price of writing no heartbeat down: a restart gives everybody a whole lease.
#[test]
fn a_restart_takes_no_lease_away_and_makes_none_immortal() {
    let served = Served::new();
    served.create("kept");
    served.clock.advance(50);
    served.stop();
    served.clock.advance(3600);
    served.start();
    served.clock.advance(59);
    served.create("other");
    assert_eq!(served.state("kept"), "active");
    served.clock.advance(1);
    served.until("kept", "stopped");
}

#[test]
fn a_heartbeat_takes_the_owners_token_or_the_tunnels_own_and_no_other() {
    let served = Served::new();
    let (one, two) = (served.create("one"), served.create("two"));
    let run = |it: &Value| it["tunnelRunToken"].as_str().unwrap().to_owned();
    for name in [
        "one",
        "one.tunnel.example.com",
        "ONE.Tunnel.Example.COM",
        one["tunnelId"].as_str().unwrap(),
    ] {
        served.beat(&run(&one), name).is(200, "");
        served.beat(OWNER, name).is(200, "");
        served.beat(&run(&two), name).is(403, "FORBIDDEN");
        served.beat(OTHER, name).is(404, "TUNNEL_NOT_FOUND");
        served.beat("nobody", name).is(401, "INVALID_TOKEN");
        served.beat("", name).is(401, "MISSING_AUTH");
    }
    served
        .ask(&run(&one), "GET", "/v1/tunnels", &Value::Null)
        .is(401, "INVALID_TOKEN");
}
