//! One world, called as an API client and as a test calls it.

use serde_json::{Value, json};
use tunctl::emulator::{Call, Reply, World};

/// The account of most tests.
pub(crate) const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
/// An id that no object has.
pub(crate) const NOBODY: &str = "11111111-2222-4333-8444-555555555555";
/// When the clock of a desk stands.
pub(crate) const NOON: &str = "2026-11-22T12:00:00Z";

/// A refusal: status, code, message.
pub(crate) type Refusal = (u16, u64, String);

pub(crate) struct Desk {
    pub(crate) world: World,
}

impl Desk {
    /// An empty world of which everything is known beforehand.
    pub(crate) fn new() -> Self {
        let mut world = World::with_seed(7);
        world.set_clock(Some(NOON.parse().expect("a time by RFC 3339")));
        Self { world }
    }

    /// A world with one Free zone of 2024; its id is the second value.
    pub(crate) fn with_zone(name: &str) -> (Self, String) {
        let mut desk = Self::new();
        let zone = desk.world.ensure_zone(ACCOUNT, name);
        (desk, zone)
    }

    /// Calls the API with a token that may do everything. A null body is none.
    pub(crate) fn call(&mut self, method: &str, target: &str, body: &Value) -> Reply {
        let call = Call::new(method, &format!("/client/v4{target}")).bearer("all");
        self.world.answer(&with_body(call, body))
    }

    /// The result of a call that succeeds.
    pub(crate) fn ok(&mut self, method: &str, target: &str, body: &Value) -> Value {
        result(&self.call(method, target, body))
    }

    /// The refusal of a call that fails.
    pub(crate) fn refused(&mut self, method: &str, target: &str, body: &Value) -> Refusal {
        refusal(&self.call(method, target, body))
    }

    pub(crate) fn get(&mut self, target: &str) -> Value {
        self.ok("GET", target, &Value::Null)
    }

    /// The result of a call to the control API.
    pub(crate) fn control(&mut self, method: &str, target: &str, body: &Value) -> Value {
        let call = Call::new(method, &format!("/_emulator{target}"));
        result(&self.world.answer(&with_body(call, body)))
    }

    /// The path of a new tunnel with this name, and its id.
    pub(crate) fn tunnel(&mut self, name: &str) -> (String, String) {
        let body = json!({"name": name, "config_src": "cloudflare"});
        let path = format!("/accounts/{ACCOUNT}/cfd_tunnel");
        let id = text(&self.ok("POST", &path, &body)["id"]);
        (format!("{path}/{id}"), id)
    }

    /// The id of a new A record.
    pub(crate) fn record(&mut self, zone: &str, name: &str, content: &str) -> String {
        let body = json!({"type": "A", "name": name, "content": content});
        text(&self.ok("POST", &format!("/zones/{zone}/dns_records"), &body)["id"])
    }

    /// The names in a list.
    pub(crate) fn names(&mut self, target: &str) -> Vec<String> {
        let list = self.get(target);
        let list = list.as_array().expect("a list");
        list.iter().map(|item| text(&item["name"])).collect()
    }
}

pub(crate) fn with_body(call: Call, body: &Value) -> Call {
    if body.is_null() {
        call
    } else {
        call.json(body)
    }
}

pub(crate) fn result(reply: &Reply) -> Value {
    let body = reply.json();
    assert_eq!(
        (reply.status, &body["success"]),
        (200, &json!(true)),
        "{body}"
    );
    body["result"].clone()
}

pub(crate) fn refusal(reply: &Reply) -> Refusal {
    let body = reply.json();
    assert_eq!(body["success"], json!(false), "{body}");
    let first = &body["errors"][0];
    (
        reply.status,
        first["code"].as_u64().expect("a code"),
        text(&first["message"]),
    )
}

/// The code behind the first error.
pub(crate) fn cause(reply: &Reply) -> Value {
    reply.json()["errors"][0]["error_chain"][0]["code"].clone()
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}
