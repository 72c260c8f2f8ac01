//! Places, slugs and minutes that several want.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::served::{OTHER, OWNER, Said, Served, send};

const CREATE: &str = "/v1/tunnels";

fn together(served: &Served, wanted: &[Value]) -> Vec<Said> {
    let asks = wanted.iter().map(|it| {
        let request = served.request(OWNER, "POST", CREATE, Some(it.to_string()));
        send(request, "POST", CREATE)
    });
    served.runtime.block_on(futures::future::join_all(asks))
}

fn codes(said: &[Said]) -> BTreeSet<(u16, String)> {
    said.iter()
        .map(|it| (it.status, it.code().to_owned()))
        .collect()
}

/// Row 8: there, 8 tunnels of 5.
#[test]
fn one_of_many_gets_the_last_place() {
    let rounds = if super::load::is_whole() { 1000 } else { 20 };
    let served = Served::new();
    served.unlimited();
    for index in 0..4 {
        served.create(&format!("first-{index}"));
    }
    for round in 0..rounds {
        let wanted: Vec<Value> = (0..6)
            .map(|it| json!({"port": 1 + it, "requestedSlug": format!("r{round}-{it}")}))
            .collect();
        let said = together(&served, &wanted);
        let won: Vec<_> = said.iter().filter(|it| it.status == 200).collect();
        assert_eq!(won.len(), 1, "round {round}: {said:?}");
        let lost: Vec<_> = said.iter().filter(|it| it.status != 200).cloned().collect();
        assert_eq!(
            codes(&lost),
            [(409, "TUNNEL_LIMIT_REACHED".to_owned())].into()
        );
        assert_eq!(
            lost[0].body["details"],
            json!({"activeCount": 5, "maxActive": 5})
        );
        assert!(served.live().0.len() <= 5);
        served
            .delete(won[0].body["tunnelId"].as_str().unwrap())
            .is(200, "");
    }
}

/// Row 7: there, five of six are told of a server error.
#[test]
fn one_of_many_gets_a_slug_and_the_others_are_told_so() {
    let served = Served::new();
    let wanted: Vec<Value> = (1..=6)
        .map(|it| json!({"port": it, "requestedSlug": "race"}))
        .collect();
    let said = together(&served, &wanted);
    let all = [
        (200, String::new()),
        (409, "TUNNEL_SLUG_CONFLICT".to_owned()),
    ];
    assert_eq!(codes(&said), all.into());
    assert_eq!(served.live().0, ["serve-race"]);
}

#[test]
fn a_tunnel_that_is_stopping_keeps_its_place() {
    let mut served = Served::idle();
    served.quotas = [1, 1];
    served.start();
    served.create("only");
    served.connect("only");
    served
        .delete("only")
        .is(503, "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS");
    let more = json!({"port": 1});
    served
        .ask(OWNER, "POST", CREATE, &more)
        .is(409, "TUNNEL_LIMIT_REACHED");
    served.ask(OTHER, "POST", CREATE, &more).is(200, "");
}

/// Row 16: there, a 500, and everybody behind one proxy shares one limit.
#[test]
fn who_asks_too_often_is_told_429_and_when_and_nobody_else_is() {
    let mut served = Served::idle();
    (served.settings.creates, served.settings.requests) = (20, 100);
    served.start();
    served.create("kept");
    for _ in 1..20 {
        served
            .ask(OWNER, "POST", CREATE, &json!({}))
            .is(400, "INVALID_INPUT");
    }
    let request = served.request(OWNER, "POST", CREATE, Some("{}".to_owned()));
    let answer = served.runtime.block_on(request.send()).unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "60");
    assert_eq!(answer.headers()["x-ratelimit-remaining"], "0");
    for _ in 0..100 {
        served.ask(OWNER, "GET", CREATE, &Value::Null).is(200, "");
    }
    served
        .ask(OWNER, "GET", CREATE, &Value::Null)
        .is(429, "RATE_LIMITED");
    served
        .ask(OTHER, "POST", CREATE, &json!({}))
        .is(400, "INVALID_INPUT");
    served.ask(OTHER, "GET", CREATE, &Value::Null).is(200, "");
    // Heartbeats are not counted: a limit must not cost a tunnel.
    served.beat(OWNER, "kept").is(200, "");
    served.clock.advance(59);
    served
        .ask(OWNER, "GET", CREATE, &Value::Null)
        .is(429, "RATE_LIMITED");
    served.clock.advance(1);
    served.ask(OWNER, "GET", CREATE, &Value::Null).is(200, "");
}
