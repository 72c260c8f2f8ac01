//! The operations against the emulator, as far as it has them.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tunctl::address::RemoteId;
use tunctl::api::{ApiError, Client, Credentials, Meaning, Settings};
use tunctl::cloudflare::dns_record::{self, Batch, Existing, Victim};
use tunctl::cloudflare::tunnel::{self, Cascade, ConfigSrc};
use tunctl::cloudflare::{List, Operation, configuration, connection, zone};
use tunctl::emulator;

use crate::support::line::Line;
use crate::support::world::ACCOUNT;

/// An account with one zone, and a client for it.
struct Account {
    line: Line,
    client: Client<Line>,
}

impl Account {
    fn new() -> Self {
        let line = Line::in_process();
        let credentials = Credentials::token("test").expect("a token");
        let client = Client::new(line.clone(), credentials, Settings::default());
        Self { line, client }
    }

    fn run<T: DeserializeOwned>(&self, operation: &Operation<T>) -> T {
        self.line
            .run(self.client.run(operation))
            .expect("it lives")
            .expect("an answer")
    }

    fn refused<T: DeserializeOwned>(&self, operation: &Operation<T>) -> ApiError {
        let answer = self
            .line
            .run(self.client.run(operation))
            .expect("it lives")
            .map(drop);
        answer.expect_err("it is refused")
    }

    fn read<T: DeserializeOwned>(&self, list: &List<T>) -> Vec<T> {
        self.line
            .run(self.client.read(list))
            .expect("it lives")
            .expect("a list")
    }

    fn control(&self, path: &str, body: &Value) {
        let call = emulator::Call::new("POST", path).json(body);
        assert_eq!(self.line.answer(&call).status, 200);
    }

    fn tunnel(&self, name: &str) -> tunnel::Created {
        let new = tunnel::New {
            name: name.to_owned(),
            config_src: ConfigSrc::Cloudflare,
            tunnel_secret: None,
        };
        self.run(&tunnel::create(ACCOUNT, &new))
    }

    fn zone(&self) -> RemoteId {
        let zone = json!({"name": "example.com", "account": ACCOUNT});
        self.control("/_emulator/zones", &zone);
        let named = zone::Filter {
            name: Some("example.com".to_owned()),
            ..zone::Filter::default()
        };
        let zones = self.read(&zone::list(&named));
        zones.into_iter().next().expect("the zone").id
    }
}

fn named(name: &str, is_deleted: bool) -> tunnel::Filter {
    tunnel::Filter {
        name: Some(name.to_owned()),
        is_deleted,
        ..tunnel::Filter::default()
    }
}

#[test]
fn a_tunnel_lives_and_dies() {
    let account = Account::new();
    let made = account.tunnel("web");
    let token = made.token.expect("a new tunnel has its run token");
    let again = account.run(&tunnel::token(ACCOUNT, &made.id));
    assert_eq!(token.expose(), again.expose());
    let name = tunnel::Patch {
        name: Some("edge".to_owned()),
        tunnel_secret: None,
    };
    let renamed = account.run(&tunnel::patch(ACCOUNT, &made.id, &name));
    assert_eq!(renamed.name, "edge");
    assert_eq!(
        account.read(&tunnel::list(ACCOUNT, &named("web", false))),
        []
    );
    let list = account.read(&tunnel::list(ACCOUNT, &named("edge", false)));
    assert_eq!(list, [account.run(&tunnel::get(ACCOUNT, &made.id))]);
    assert_eq!(list[0].config_src, Some(ConfigSrc::Cloudflare));
    let gone = account.run(&tunnel::delete(ACCOUNT, &made.id, Cascade::No));
    assert!(gone.deleted_at.is_some() && gone.config_src.is_none());
    assert_eq!(account.run(&tunnel::get(ACCOUNT, &made.id)), gone);
    assert_eq!(
        account.read(&tunnel::list(ACCOUNT, &named("edge", true))),
        [gone]
    );
}

#[test]
fn a_configuration_counts_its_versions() {
    let account = Account::new();
    let id = account.tunnel("web").id;
    let before = account.run(&configuration::get(ACCOUNT, &id));
    assert_eq!((before.version, before.config), (0, None));
    let config = json!({"ingress": [{"service": "http_status:404"}]});
    let written = account.run(&configuration::put(ACCOUNT, &id, &config));
    assert_eq!(written.version, 1);
    assert_eq!(account.run(&configuration::get(ACCOUNT, &id)), written);
    let wrong = account.refused(&configuration::put(ACCOUNT, &id, &json!({"ingress": []})));
    assert!(wrong.has_code(1056), "{wrong}");
}

#[test]
fn connectors_hold_a_tunnel_until_they_are_cut() {
    let account = Account::new();
    let id = account.tunnel("web").id;
    for _ in 0..2 {
        let path = format!("/_emulator/tunnels/{id}/connectors");
        account.control(&path, &json!({"reconnects": false}));
    }
    let connectors = account.read(&connection::list(ACCOUNT, &id));
    let [first, second] = connectors.as_slice() else {
        panic!("{connectors:?}");
    };
    assert_eq!(first.conns.len(), 4);
    let shown = account.run(&connection::connector(ACCOUNT, &id, &first.id));
    assert_eq!(shown, *first);
    let refused = account.refused(&tunnel::delete(ACCOUNT, &id, Cascade::No));
    assert!(refused.has_code(1022), "{refused}");
    account.run(&connection::delete(ACCOUNT, &id, &first.id));
    let left = account.read(&connection::list(ACCOUNT, &id));
    assert_eq!(left, std::slice::from_ref(second));
    account.run(&connection::delete_all(ACCOUNT, &id));
    assert_eq!(account.read(&connection::list(ACCOUNT, &id)), []);
    account.run(&tunnel::delete(ACCOUNT, &id, Cascade::No));
}

#[test]
fn a_cascade_takes_the_connections_along() {
    let account = Account::new();
    let id = account.tunnel("web").id;
    account.control(&format!("/_emulator/tunnels/{id}/connectors"), &json!({}));
    account.run(&tunnel::delete(ACCOUNT, &id, Cascade::Yes));
    assert_eq!(account.read(&connection::list(ACCOUNT, &id)), []);
}

fn cname(name: &str, comment: &str) -> dns_record::New {
    dns_record::New {
        record_type: dns_record::Type::Cname,
        name: name.to_owned(),
        content: dns_record::Content::Content("elsewhere.example.net".to_owned()),
        options: dns_record::Options {
            comment: Some(comment.to_owned()),
            ..dns_record::Options::default()
        },
    }
}

fn comment(text: &str) -> dns_record::Patch {
    dns_record::Patch {
        options: dns_record::Options {
            comment: Some(text.to_owned()),
            ..dns_record::Options::default()
        },
        ..dns_record::Patch::default()
    }
}

#[test]
fn a_record_is_made_changed_and_deleted() {
    let account = Account::new();
    let zone = account.zone();
    let made = account.run(&dns_record::create(&zone, &cname("app.example.com", "one")));
    assert_eq!((made.name.as_str(), made.ttl), ("app.example.com", 1));
    let patched = account.run(&dns_record::patch(&zone, &made.id, &comment("two")));
    assert_eq!(patched.comment.as_deref(), Some("two"));
    assert_eq!(patched.content, made.content);
    let other = cname("web.example.com", "three");
    let put = account.run(&dns_record::put(&zone, &made.id, &other));
    assert_eq!(put.name, "web.example.com");
    assert_eq!(account.run(&dns_record::get(&zone, &made.id)), put);
    let twice = account.refused(&dns_record::create(&zone, &other));
    assert_eq!(twice.meaning(), Meaning::Rejected);
    let gone = account.run(&dns_record::delete(&zone, &made.id));
    assert_eq!(gone.id, made.id);
    let missing = account.refused(&dns_record::get(&zone, &made.id));
    assert_eq!(missing.meaning(), Meaning::NotFound);
}

#[test]
fn a_batch_answers_what_it_has_done() {
    let account = Account::new();
    let zone = account.zone();
    let record = |name: &str| {
        account
            .run(&dns_record::create(&zone, &cname(name, "old")))
            .id
    };
    let [a, b, c] = ["a.example.com", "b.example.com", "c.example.com"].map(record);
    let batch = Batch {
        deletes: vec![Victim { id: a.clone() }],
        patches: vec![Existing {
            fields: comment("new"),
            id: b.clone(),
        }],
        puts: vec![Existing {
            fields: cname("c.example.com", "new"),
            id: c.clone(),
        }],
        posts: vec![cname("a.example.com", "new")],
    };
    let done = account.run(&dns_record::batch(&zone, &batch));
    let ids = |records: Option<Vec<dns_record::Record>>| {
        let records = records.unwrap_or_default().into_iter();
        records.map(|record| record.id).collect::<Vec<_>>()
    };
    assert_eq!((ids(done.deletes), ids(done.patches)), (vec![a], vec![b]));
    assert_eq!((ids(done.puts), ids(done.posts).len()), (vec![c], 1));
    let new = dns_record::Filter {
        comment: dns_record::Comments {
            exact: Some("new".to_owned()),
            ..dns_record::Comments::default()
        },
        ..dns_record::Filter::default()
    };
    assert_eq!(account.read(&dns_record::list(&zone, &new)).len(), 3);
}

#[test]
fn lists_are_read_over_several_pages() {
    let account = Account::new();
    for index in 0..120 {
        let zone = json!({"name": format!("z{index}.example"), "account": ACCOUNT});
        account.control("/_emulator/zones", &zone);
    }
    assert_eq!(
        account.read(&zone::list(&zone::Filter::default())).len(),
        120
    );
}
