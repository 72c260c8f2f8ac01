//! Checks over facts that are made up: what no emulator shows, or not without a clock.

use jiff::Timestamp;
use serde_json::json;
use tunctl::address::RemoteId;
use tunctl::doctor::facts::{
    Account, Facts, Fill, Planned, Proof, Served, StoreFacts, TokenFacts, Whose,
};
use tunctl::doctor::{KNOWN, Level, Version, examine};
use tunctl::manifest::Manifest;
use tunctl::plan::Plan;
use tunctl::plan::forecast::{Forecast, Quota};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An account in which all is well.
fn well() -> Account {
    Account {
        proof: Proof::Token(TokenFacts {
            whose: Whose::Account,
            id: RemoteId::new("0123456789abcdef0123456789abcdef"),
            status: "active".to_owned(),
            expires: None,
            begins: None,
        }),
        rights: Vec::new(),
        zones: Ok(Vec::new()),
        groups: Ok(Vec::new()),
        tunnels: Ok(Vec::new()),
        served: Vec::new(),
        pointers: Vec::new(),
        fills: Vec::new(),
        ahead: Ok(0),
        at: at("2026-11-22T12:00:00Z"),
    }
}

/// A store in which all is well.
fn good_store() -> StoreFacts {
    StoreFacts {
        place: "s3://acme/tunctl".to_owned(),
        read: Ok(()),
        written: Some(Ok(true)),
        holder: Ok(None),
        is_private: false,
    }
}

/// What a check says: level and message of each finding.
fn said(account: &Account, quotas: Vec<Quota>, check: &str) -> Vec<(Level, String)> {
    said_with(account, quotas, &good_store(), check)
}

fn said_with(
    account: &Account,
    quotas: Vec<Quota>,
    store: &StoreFacts,
    check: &str,
) -> Vec<(Level, String)> {
    let (manifest, plan) = (Manifest::default(), Plan::default());
    let forecast = Forecast {
        spent: 0,
        writes: 0,
        reads: 0,
        seconds: 0.0,
        quotas,
    };
    let facts = Facts {
        manifest: &manifest,
        account,
        store,
        planned: Ok(Planned {
            plan: &plan,
            forecast: &forecast,
        }),
    };
    let mut examined = examine(&facts).into_iter();
    let examined = examined.find(|it| it.check.name == check).unwrap();
    let findings = examined.seen.findings.into_iter();
    findings.map(|it| (it.level, it.message)).collect()
}

fn token(change: impl FnOnce(&mut TokenFacts)) -> Vec<(Level, String)> {
    let mut account = well();
    let Proof::Token(token) = &mut account.proof else {
        panic!("a token")
    };
    change(token);
    said(&account, Vec::new(), "token")
}

#[test]
fn the_end_of_a_token_is_seen_a_month_before() {
    let ending = |text: &str| token(|it| it.expires = Some(at(text)));
    assert_eq!(ending("2026-12-22T12:00:00Z"), []);
    let soon = "the token ends in 29 days, on 2026-12-22T11:59:59Z".to_owned();
    assert_eq!(ending("2026-12-22T11:59:59Z"), [(Level::Warning, soon)]);
    let over = "the token ended on 2026-11-22T12:00:00Z".to_owned();
    assert_eq!(ending("2026-11-22T12:00:00Z"), [(Level::Error, over)]);
    let later = token(|it| it.begins = Some(at("2026-11-23T00:00:00Z")));
    assert_eq!(later[0].0, Level::Error);
    assert_eq!(token(|it| it.begins = Some(at("2026-11-22T12:00:00Z"))), []);
}

#[test]
fn clocks_may_differ_by_five_seconds() {
    let skewed = |ahead: Result<i64, String>| {
        let account = Account { ahead, ..well() };
        said(&account, Vec::new(), "clock")
    };
    assert_eq!(skewed(Ok(5)), []);
    assert_eq!(skewed(Ok(-5)), []);
    let behind = "this machine's clock is 6 s behind Cloudflare's".to_owned();
    assert_eq!(skewed(Ok(6)), [(Level::Warning, behind)]);
    let ahead = "this machine's clock is 3600 s ahead of Cloudflare's".to_owned();
    assert_eq!(skewed(Ok(-3600)), [(Level::Warning, ahead)]);
    assert_eq!(skewed(Err("no".to_owned()))[0].0, Level::Unknown);
}

#[test]
fn quotas_are_said_from_80_percent_on() {
    let of = |after: u64| {
        let quota = Quota {
            kind: "tunnel",
            after,
            limit: 1000,
        };
        let said = said(&well(), vec![quota], "quotas").into_iter();
        said.map(|(level, _)| level).collect::<Vec<_>>()
    };
    assert_eq!(of(799), []);
    assert_eq!(of(800), [Level::Warning]);
    assert_eq!(of(1000), [Level::Warning]);
    assert_eq!(of(1001), [Level::Error]);
    let zone = |records: u64, quota: Option<u64>| {
        let fill = Fill {
            zone: "example.com".to_owned(),
            records,
            quota,
        };
        let account = Account {
            fills: vec![Ok(fill)],
            ..well()
        };
        said(&account, Vec::new(), "quotas").len()
    };
    assert_eq!(zone(159, Some(200)), 0);
    assert_eq!(zone(160, Some(200)), 1);
    assert_eq!(zone(10_000, None), 0);
}

/// A tunnel with so many connectors, of this version.
fn served(number: usize, version: &str) -> Account {
    let connector = json!({
        "id": "11111111-1111-4111-8111-111111111111", "version": version,
        "conns": [{"id": "11111111-1111-4111-8111-111111111112"}],
    });
    let connectors = (0..number).map(|_| serde_json::from_value(connector.clone()).unwrap());
    Account {
        served: vec![Served {
            tunnel: "edge-web".to_owned(),
            connectors: Ok(connectors.collect()),
        }],
        ..well()
    }
}

#[test]
fn a_tunnel_may_have_25_connectors() {
    let of = |number: usize| said(&served(number, "2026.8.0"), Vec::new(), "quotas").len();
    assert_eq!((of(19), of(20)), (0, 1));
}

#[test]
fn a_cloudflared_that_is_older_than_the_one_that_is_known_is_outdated() {
    let of = |version: &str| said(&served(1, version), Vec::new(), "outdated").len();
    assert_eq!(KNOWN, Version(2026, 8, 0));
    assert_eq!(of("2026.8.0"), 0);
    assert_eq!(of("2027.1.0"), 0);
    assert_eq!(of("2026.7.9"), 1);
    assert_eq!(of("DEV"), 0);
    let words = |version: &str| {
        said(&served(1, version), Vec::new(), "outdated")[0]
            .1
            .clone()
    };
    assert!(words("2026.7.9").ends_with("2026.8.0 was out when this tunctl was made"));
    assert!(!words("2025.8.1").contains("no longer supported"));
    assert!(words("2025.7.1").contains("no longer supported"));
}

#[test]
fn versions_are_years_months_and_numbers() {
    let read = |text: &str| Version::parse(text).map(|it| it.to_string());
    assert_eq!(read("2026.8.2").as_deref(), Some("2026.8.2"));
    assert_eq!(read("2026.10.0-rc1+x").as_deref(), Some("2026.10.0"));
    for text in [
        "",
        "2026.8",
        "2026.8.2.1",
        "v2026.8.2",
        "2026.13.0",
        "1.2.3",
        "99999999999.1.1",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    assert!(Version(2026, 10, 0) > Version(2026, 9, 9));
}

#[test]
fn what_could_not_be_read_is_never_taken_for_well() {
    let why = || "no answer".to_owned();
    let account = Account {
        proof: Proof::Unread(why()),
        zones: Err(why()),
        tunnels: Err(why()),
        pointers: vec![Err(why())],
        fills: vec![Err(why())],
        ahead: Err(why()),
        ..well()
    };
    for check in [
        "permissions",
        "zones",
        "dangling",
        "idle",
        "quotas",
        "clock",
    ] {
        let said = said(&account, Vec::new(), check);
        assert_eq!(said[0].0, Level::Unknown, "{check}");
    }
    assert_eq!(said(&account, Vec::new(), "token")[0].0, Level::Error);
}

#[test]
fn a_store_that_overwrites_is_no_place_for_a_lock() {
    let said = |change: fn(&mut StoreFacts)| {
        let mut store = good_store();
        change(&mut store);
        said_with(&well(), Vec::new(), &store, "store")
    };
    assert_eq!(said(|_| {}), []);
    assert_eq!(said(|it| it.written = None), []);
    assert_eq!(
        said(|it| it.holder = Ok(Some("process 7 on ci-1".to_owned()))),
        []
    );
    let overwrites = "the store s3://acme/tunctl overwrites what is there already".to_owned();
    assert_eq!(
        said(|it| it.written = Some(Ok(false))),
        [(Level::Error, overwrites)]
    );
    let broken = said(|it| it.holder = Err("EOF".to_owned()));
    assert_eq!(broken[0].0, Level::Error);
    assert_eq!(said(|it| it.is_private = true)[0].0, Level::Warning);
}
