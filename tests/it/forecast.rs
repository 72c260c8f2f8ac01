//! What a plan took and what carrying it out will take, as the server counts it.

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Tunctl};
use crate::support::world::edge;

const MANIFEST: &str = "tunnels:
  edge-web: {ingress: [{hostname: app.example.com, service: 'http://web:3000'}]}
  edge-api: {ingress: [{hostname: api.example.com, service: 'http://api:8080'}]}
warpConnectors: {edge-office: {privateRoutes: [192.168.7.0/24]}}
";

fn seen(account: &Account) -> u64 {
    let log = account.control("GET", "/requests", &Value::Null);
    log["result"]["seen"].as_u64().unwrap()
}

fn planned(desk: &Tunctl, url: &str) -> Value {
    let ran = desk.run(&["plan", "--format", "json", "--api-url", url]);
    serde_json::from_str(&ran.code(0).out).unwrap()
}

#[test]
fn a_forecast_says_what_the_plan_took_and_what_its_apply_takes() {
    let account = Account::new(&["example.com", "example.org"]);
    let desk = Tunctl::in_ci(&edge(MANIFEST));
    let url = account.url();
    let plan = planned(&desk, &url);
    let forecast = &plan["forecast"];
    let after_plan = seen(&account);
    assert_eq!(forecast["spent"], json!(after_plan));
    desk.run(&["apply", "--auto-approve", "--api-url", &url])
        .code(0);
    // Apply plans once more, and then does what was forecast.
    let apply = seen(&account) - after_plan * 2;
    let forecast = forecast["writes"].as_u64().unwrap() + forecast["reads"].as_u64().unwrap();
    assert_eq!(apply, forecast);
    let ran = desk
        .run(&["plan", "--no-delete", "--api-url", &url])
        .code(0);
    ran.says("No changes.");
}

#[test]
fn seconds_follow_the_rate_that_is_left() {
    let account = Account::new(&["example.com"]);
    let desk = Tunctl::in_ci(&edge(MANIFEST));
    let url = account.url();
    // 10 requests in 30 seconds; the plan leaves fewer than its apply takes.
    let rate = json!({"rate": {"quota": 10, "window": 30, "penalty": 0}});
    account.control("PATCH", "/settings", &rate);
    let plan = planned(&desk, &url);
    let forecast = &plan["forecast"];
    let seconds = forecast["seconds"].as_f64().unwrap();
    assert!(seconds > 0.0 && seconds % 3.0 == 0.0, "{forecast}");
    let apply = forecast["writes"].as_u64().unwrap() + forecast["reads"].as_u64().unwrap();
    assert!(
        seconds <= 3.0 * f64::from(u32::try_from(apply).unwrap()),
        "{forecast}"
    );
    // What the rate is at the moment is no part of what the plan is.
    account.control(
        "PATCH",
        "/settings",
        &json!({"rate": {"quota": 1200, "window": 300}}),
    );
    let later = planned(&desk, &url);
    assert_eq!(later["forecast"]["seconds"], json!(0.0));
    assert_eq!(later["fingerprint"], plan["fingerprint"]);
}

#[test]
fn a_plan_over_a_quota_warns() {
    let account = Account::new(&["example.com"]);
    let connectors: Vec<String> = (0..11).map(|it| format!("edge-{it}: {{}}")).collect();
    let tokens: Vec<String> = (0..51)
        .map(|it| format!("edge-t{it}: {{duration: 8760h, sink: local}}"))
        .collect();
    let (connectors, tokens) = (connectors.join(", "), tokens.join(", "));
    let desk = Tunctl::in_ci(&edge(&format!(
        "warpConnectors: {{{connectors}}}\nserviceTokens: {{{tokens}}}\n\
         sinks: {{local: {{file: 'store/{{name}}.json'}}}}\n"
    )));
    let ran = desk.run(&["plan", "--api-url", &account.url()]).code(0);
    ran.says("the account would have 11 of 10 possible warp_connector objects")
        .says("the account would have 51 of 50 possible service_token objects");
}
