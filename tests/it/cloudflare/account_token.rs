//! API tokens of accounts.

use insta::assert_snapshot;
use serde_json::{Map, json};
use tunctl::cloudflare::Direction;
use tunctl::cloudflare::account_token::{
    self, Addresses, Condition, Effect, Filter, Granted, GroupFilter, New, Policy, Replacement,
    Status,
};

use super::{ACCOUNT, id, listed, noon, sent};

fn token() -> New {
    let star = ("com.cloudflare.api.account.ACCOUNT".to_owned(), json!("*"));
    New {
        name: "ci".to_owned(),
        policies: vec![Policy {
            id: Some(id("never-sent")),
            effect: Effect::Allow,
            permission_groups: vec![Granted {
                id: id("G"),
                name: Some("never sent".to_owned()),
                meta: None,
            }],
            resources: Map::from_iter([star]),
        }],
        condition: None,
        expires_on: None,
        not_before: None,
    }
}

#[test]
fn tokens_are_listed_read_and_deleted() {
    let filter = Filter {
        direction: Some(Direction::Desc),
        include_expired: Some(true),
    };
    let lines = [
        listed(&account_token::list(ACCOUNT, &Filter::default())),
        listed(&account_token::list(ACCOUNT, &filter)),
        sent(&account_token::get(ACCOUNT, &id("K"))),
        sent(&account_token::delete(ACCOUNT, &id("K"))),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        GET /accounts/ACCOUNT/tokens (50 a page)
        GET /accounts/ACCOUNT/tokens?direction=desc&include_expired=true (50 a page)
        GET /accounts/ACCOUNT/tokens/K
        DELETE /accounts/ACCOUNT/tokens/K
    ");
}

#[test]
fn a_token_is_written_without_what_cloudflare_assigns() {
    let restricted = Replacement {
        token: New {
            condition: Some(Condition {
                request_ip: Some(Addresses {
                    within: vec!["192.0.2.0/24".to_owned()],
                    not_in: Vec::new(),
                }),
            }),
            expires_on: Some(noon()),
            not_before: Some(noon()),
            ..token()
        },
        status: Some(Status::Disabled),
    };
    let lines = [
        sent(&account_token::create(ACCOUNT, &token())),
        sent(&account_token::put(ACCOUNT, &id("K"), &restricted)),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        POST /accounts/ACCOUNT/tokens once
        {"name":"ci","policies":[{"effect":"allow","permission_groups":[{"id":"G"}],"resources":{"com.cloudflare.api.account.ACCOUNT":"*"}}]}
        PUT /accounts/ACCOUNT/tokens/K
        {"name":"ci","policies":[{"effect":"allow","permission_groups":[{"id":"G"}],"resources":{"com.cloudflare.api.account.ACCOUNT":"*"}}],"condition":{"request_ip":{"in":["192.0.2.0/24"]}},"expires_on":"2026-09-29T12:00:00Z","not_before":"2026-09-29T12:00:00Z","status":"disabled"}
    "#);
}

#[test]
fn rolling_a_value_is_a_put_that_is_sent_once() {
    assert_snapshot!(sent(&account_token::roll(ACCOUNT, &id("K"))), @r"
        PUT /accounts/ACCOUNT/tokens/K/value once
        {}
    ");
}

#[test]
fn a_token_verifies_itself_and_rights_are_listed() {
    let filter = GroupFilter {
        name: Some("DNS Write".to_owned()),
        scope: Some("com.cloudflare.api.account.zone".to_owned()),
    };
    let lines = [
        sent(&account_token::verify(ACCOUNT)),
        listed(&account_token::permission_groups(
            ACCOUNT,
            &GroupFilter::default(),
        )),
        listed(&account_token::permission_groups(ACCOUNT, &filter)),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        GET /accounts/ACCOUNT/tokens/verify
        GET /accounts/ACCOUNT/tokens/permission_groups (no pages)
        GET /accounts/ACCOUNT/tokens/permission_groups?name=DNS Write&scope=com.cloudflare.api.account.zone (no pages)
    ");
}
