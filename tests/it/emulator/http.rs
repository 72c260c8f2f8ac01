use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tunctl::emulator::{Call, Emulator, Options, StartError};

use super::desk::ACCOUNT;

const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// An emulator and a client for it.
struct Site {
    emulator: Emulator,
    client: Client,
}

impl Site {
    async fn start() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let emulator = Emulator::start(LOOPBACK, options).await.expect("it starts");
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { emulator, client }
    }

    fn request(&self, method: Method, target: &str, body: &Value) -> reqwest::RequestBuilder {
        let url = format!("{}{target}", self.emulator.base_url);
        let request = self.client.request(method, url).bearer_auth("x");
        if body.is_null() {
            request
        } else {
            request.body(body.to_string())
        }
    }

    async fn send(&self, method: Method, target: &str, body: &Value) -> (StatusCode, Value) {
        let response = self
            .request(method, target, body)
            .send()
            .await
            .expect("an answer");
        let status = response.status();
        let body = response.text().await.expect("a body");
        (status, serde_json::from_str(&body).expect("JSON"))
    }

    fn fault(&self, rule: &Value) {
        let call = Call::new("POST", "/_emulator/faults").json(rule);
        assert_eq!(self.emulator.answer(&call).status, 200);
    }
}

fn tunnels() -> String {
    format!("/accounts/{ACCOUNT}/cfd_tunnel")
}

#[tokio::test]
async fn a_tunnel_is_made_and_listed_over_http() {
    let site = Site::start().await;
    let response = site
        .request(Method::POST, &tunnels(), &json!({"name": "web"}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["ratelimit-policy"], "\"default\";q=1200;w=300");
    assert_eq!(headers["ratelimit"], "\"default\";r=1199;t=1");
    assert!(headers.contains_key("cf-ray"));
    let list = format!("{}?name=web&is_deleted=false", tunnels());
    let (_, body) = site.send(Method::GET, &list, &Value::Null).await;
    assert_eq!(body["result"][0]["name"], json!("web"));
    let (status, body) = site.send(Method::GET, "/nothing", &Value::Null).await;
    assert_eq!(
        (status.as_u16(), &body["errors"][0]["code"]),
        (404, &json!(7003))
    );
    site.emulator.stop().await.unwrap();
}

#[tokio::test]
async fn the_control_api_is_reached_over_http() {
    let site = Site::start().await;
    let url = format!("http://{}/_emulator/zones", site.emulator.addr);
    let made = site
        .client
        .post(&url)
        .body(json!({"name": "a.example"}).to_string());
    assert_eq!(made.send().await.unwrap().status(), StatusCode::OK);
    let (_, body) = site
        .send(Method::GET, "/zones?name=a.example", &Value::Null)
        .await;
    assert_eq!(body["result"][0]["name"], json!("a.example"));
}

#[tokio::test]
async fn a_reset_before_the_commit_reaches_the_client_and_does_nothing() {
    let site = Site::start().await;
    site.fault(&json!({"nth": 1, "effect": {"reset": "before"}}));
    let body = json!({"name": "web"});
    let sent = site.request(Method::POST, &tunnels(), &body).send().await;
    let error = sent.unwrap_err();
    assert!(
        error.is_request() && !error.is_timeout() && !error.is_connect(),
        "{error:?}"
    );
    let (_, body) = site.send(Method::GET, &tunnels(), &Value::Null).await;
    assert_eq!(body["result"], json!([]));
}

#[tokio::test]
async fn a_reset_after_the_commit_reaches_the_client_and_leaves_the_deed_done() {
    let site = Site::start().await;
    site.fault(&json!({"nth": 1, "effect": {"reset": "after"}}));
    let body = json!({"name": "web"});
    let sent = site.request(Method::POST, &tunnels(), &body).send().await;
    let error = sent.unwrap_err();
    assert!(
        error.is_request() && !error.is_timeout() && !error.is_connect(),
        "{error:?}"
    );
    let (_, body) = site.send(Method::GET, &tunnels(), &Value::Null).await;
    assert_eq!(body["result"][0]["name"], json!("web"));
}

#[tokio::test]
async fn a_reset_cuts_a_connection_that_has_been_used_before() {
    let site = Site::start().await;
    site.fault(&json!({"after": 1, "effect": {"reset": "before"}}));
    let (status, _) = site.send(Method::GET, &tunnels(), &Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    for _ in 0..3 {
        let sent = site
            .request(Method::POST, &tunnels(), &json!({"name": "w"}))
            .send()
            .await;
        assert!(sent.is_err());
    }
}

#[tokio::test]
async fn lateness_is_felt_and_the_deed_is_done_meanwhile() {
    let site = Site::start().await;
    site.fault(&json!({"method": "POST", "effect": {"latency": 600_000}}));
    let request = site.request(Method::POST, &tunnels(), &json!({"name": "web"}));
    let sent = request.timeout(Duration::from_millis(300)).send().await;
    assert!(sent.unwrap_err().is_timeout());
    let (_, body) = site.send(Method::GET, &tunnels(), &Value::Null).await;
    assert_eq!(body["result"][0]["name"], json!("web"));
}

#[tokio::test]
async fn pages_of_a_proxy_are_passed_on_as_they_are() {
    let site = Site::start().await;
    let page =
        json!({"status": 502, "body": "<html>", "headers": {"server": "proxy", "b ad": "x"}});
    site.fault(&json!({"effect": {"answer": page}}));
    let response = site
        .request(Method::GET, "/zones", &Value::Null)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(response.headers()["server"], "proxy");
    assert_eq!(response.text().await.unwrap(), "<html>");
}

#[tokio::test]
async fn a_world_survives_in_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        zones: vec![(ACCOUNT.to_owned(), "example.com".to_owned())],
        state_file: Some(directory.path().join("deep/world.json")),
        ..Options::default()
    };
    let site = Site::with(options.clone()).await;
    let (_, first) = site.send(Method::GET, "/zones", &Value::Null).await;
    site.send(Method::POST, &tunnels(), &json!({"name": "web"}))
        .await;
    site.emulator.stop().await.unwrap();
    let site = Site::with(options).await;
    let (_, again) = site.send(Method::GET, "/zones", &Value::Null).await;
    assert_eq!(first, again);
    let (_, body) = site.send(Method::GET, &tunnels(), &Value::Null).await;
    assert_eq!(body["result"][0]["name"], json!("web"));
}

#[tokio::test]
async fn an_emulator_keeps_to_loopback_and_names_a_taken_address() {
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = Emulator::start(everywhere, Options::default()).await;
    assert!(matches!(refused.unwrap_err(), StartError::NotLoopback(_)));
    let site = Site::start().await;
    let taken = Emulator::start(site.emulator.addr, Options::default()).await;
    let message = taken.unwrap_err().to_string();
    assert_eq!(
        message,
        format!("failed to listen on {}", site.emulator.addr)
    );
}

#[tokio::test]
async fn a_stopped_emulator_takes_no_more_requests() {
    let site = Site::start().await;
    site.send(Method::GET, "/zones", &Value::Null).await;
    let url = format!("{}/zones", site.emulator.base_url);
    site.emulator.stop().await.unwrap();
    let sent = site.client.get(url).send().await;
    assert!(sent.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_body_of_more_than_64_mib_is_refused_and_the_next_one_is_not() {
    let site = Site::start().await;
    let huge = vec![b' '; 64 * 1024 * 1024 + 1];
    let request = site.request(Method::POST, &tunnels(), &Value::Null);
    let response = request.body(huge).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(response.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(body["errors"][0]["code"], json!(1001));
    let (status, _) = site
        .send(Method::POST, &tunnels(), &json!({"name": "web"}))
        .await;
    assert_eq!(status, StatusCode::OK);
}
