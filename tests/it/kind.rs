//! Every kind alone: its requests as values, and how it reads what Cloudflare answers. No server.

/// The kind `api_token`.
mod api_token;
/// The kind `dns_record`.
mod dns_record;
/// The kind `private_route`.
mod private_route;
/// The kind `service_token`.
mod service_token;
/// The kind `tunnel`.
mod tunnel;
/// The kind `tunnel_config`.
mod tunnel_config;
/// The kind `virtual_network`.
mod virtual_network;
/// The kind `warp_connector`.
mod warp_connector;

use serde_json::{Value, json};
use tunctl::address::{Address, Ids, RemoteId};
use tunctl::desired::Desired;
use tunctl::kind::{self, AnyKind, Listing, Part, Reach, Step, View, Write};
use tunctl::manifest::Manifest;
use tunctl::observed::{Object, Standing};
use tunctl::request::Request;
use tunctl::scope::{Scope, Zone};

use crate::support::describe::request;
use crate::support::world::{ACCOUNT, World, edge};

/// The id of tunnel `edge-web` in fixtures.
const WEB_ID: &str = "11111111-1111-4111-8111-111111111111";

/// The ids of virtual networks `default` and `edge-staging` in fixtures.
const DEFAULT_ID: &str = "44444444-4444-4444-8444-444444444444";
const STAGING_ID: &str = "55555555-5555-4555-8555-555555555555";

/// The id of WARP connector `edge-office` in fixtures.
const OFFICE_ID: &str = "77777777-7777-4777-8777-777777777777";

/// All that kinds may look at.
struct Bench {
    scope: Scope,
    ids: Ids,
    manifest: Manifest,
}

impl Bench {
    /// Stack `edge` with these sections in an account with two zones; tunnel `edge-web`, WARP
    /// connector `edge-office` and two virtual networks exist.
    fn new(sections: &str) -> Self {
        let zone = |id: &str, name: &str| Zone {
            id: RemoteId::new(id.repeat(32)),
            name: name.to_owned(),
        };
        let mut ids = Ids::default();
        for (known, id) in [
            ("tunnel.edge-web", WEB_ID),
            ("warp_connector.edge-office", OFFICE_ID),
            ("virtual_network.default", DEFAULT_ID),
            ("virtual_network.edge-staging", STAGING_ID),
        ] {
            ids.learn(&address(known), &RemoteId::new(id));
        }
        ids.prefer("virtual_network", &RemoteId::new(DEFAULT_ID));
        Self {
            scope: Scope {
                account: ACCOUNT.to_owned(),
                stack: "edge".to_owned(),
                zones: vec![zone("a", "example.com"), zone("b", "example.org")],
            },
            ids,
            manifest: World::new(&edge(sections), &[]).manifest().as_ref().clone(),
        }
    }

    fn view(&self) -> View<'_> {
        View {
            scope: &self.scope,
            ids: &self.ids,
            desired: &self.manifest.desired,
            ownership: &self.manifest.ownership,
            reach: Reach::Needed,
        }
    }

    fn write<'a>(&'a self, name: &'a str) -> Write<'a> {
        Write {
            scope: &self.scope,
            ids: &self.ids,
            name,
        }
    }

    /// The declared fields of a resource.
    fn spec(&self, text: &str) -> Value {
        let desired: &Desired = &self.manifest.desired;
        desired.get(&address(text)).expect("declared").spec.clone()
    }

    /// What the kind makes of a live object in the first of its lists.
    fn sight(&self, kind: &str, live: &Value) -> Option<(Address, Object)> {
        let kind = named(kind);
        let listing = kind.list(&self.view()).remove(0);
        kind.sight(live, &listing, &self.view()).expect("readable")
    }
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn named(kind: &str) -> &'static dyn AnyKind {
    kind::find(kind).expect("registered")
}

/// A recorded answer.
fn fixture(path: &str) -> Value {
    let path = format!(
        "{}/tests/fixtures/api/{path}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).expect("a fixture");
    serde_json::from_str(&text).expect("JSON")
}

fn listings(listings: &[Listing]) -> String {
    let lines = listings.iter().map(|listing| {
        let Listing {
            request: read,
            page_size,
            of,
            absent,
            optional,
        } = listing;
        let size = page_size.map_or("no pages".to_owned(), |it| format!("{it} a page"));
        let optional = if *optional { ", optional" } else { "" };
        format!(
            "{} ({size}, of `{of}`, absent {absent:?}{optional})",
            request(read)
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn step(step: &Step) -> String {
    match step {
        Step::Send(sent) => request(sent),
        Step::Batch { endpoint, parts } => {
            let parts = parts.iter().map(|part| match part {
                Part::Delete(id) => format!("\ndelete {id}"),
                Part::Patch(body) => format!("\npatch {body}"),
                Part::Post(body) => format!("\npost {body}"),
            });
            request(endpoint) + &parts.collect::<String>()
        }
    }
}

/// The body of a request of its own.
fn sent(step: &Step) -> Value {
    let Step::Send(Request {
        body: Some(body), ..
    }) = step
    else {
        panic!("a request of its own with a body");
    };
    body.clone()
}

/// What was seen, as lines.
fn seen(seen: Option<(Address, Object)>) -> String {
    let Some((address, object)) = seen else {
        return "nothing".to_owned();
    };
    let Object {
        id,
        spec,
        owner,
        form,
        references,
        former,
        version,
        live,
        carry,
        expires,
        standing,
        older,
        vitals: _,
        touched: _,
    } = object;
    let references: Vec<String> = references.iter().map(ToString::to_string).collect();
    let mut lines = vec![
        format!("{address} = {id}"),
        spec.to_string(),
        format!("{owner:?} {form:?}"),
        format!(
            "refers to [{}], former {former:?}, version {version:?}, live {live}",
            references.join(", ")
        ),
        carry.to_string(),
    ];
    lines.extend(expires.map(|at| format!("ends at {at}")));
    if standing != Standing::Good {
        lines.push(format!("{standing:?}"));
    }
    if !older.is_empty() {
        let older: Vec<&str> = older.iter().map(RemoteId::as_str).collect();
        lines.push(format!("older: {}", older.join(", ")));
    }
    lines.join("\n")
}

/// The answer to a create: what was sent, in the rest of a recorded answer.
fn answered(recorded: &Value, sent: &Value) -> Value {
    let mut answer = recorded.clone();
    for (key, value) in sent.as_object().into_iter().flatten() {
        answer[key] = value.clone();
    }
    answer
}

#[test]
fn a_body_without_the_fields_that_a_kind_reads_is_an_error() {
    let bench = Bench::new(
        "tunnels: {edge-web: {ingress: [{hostname: app.example.com, service: http://x:1}]}}
warpConnectors: {edge-office: {}}
serviceTokens: {edge-ci: {sink: local}}
apiTokens: {edge-deploy: {policies: [{permissions: [DNS Read], resources: zones}], sink: local}}
sinks: {local: {file: secrets}}
",
    );
    for kind in kind::KINDS {
        let listing = kind.list(&bench.view()).remove(0);
        for wrong in [json!(7), json!("text"), json!({"version": "x", "name": 1})] {
            assert!(
                kind.sight(&wrong, &listing, &bench.view()).is_err(),
                "{} {wrong}",
                kind.name()
            );
        }
    }
}
