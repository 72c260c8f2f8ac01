//! Service tokens of Access.

use std::num::NonZeroU32;

use insta::assert_snapshot;
use tunctl::cloudflare::service_token::{self, Filter, Level, Lifetime, New, Options, Update};

use super::{ACCOUNT, id, listed, noon, sent};

fn levels() -> [Level; 2] {
    [Level::Account(ACCOUNT.to_owned()), Level::Zone(id("Z"))]
}

/// What is said for an account, then for a zone.
fn both(say: impl Fn(&Level) -> String) -> String {
    levels().iter().map(say).collect::<Vec<_>>().join("\n")
}

#[test]
fn service_tokens_are_listed_for_accounts_and_for_zones() {
    let filter = Filter {
        name: Some("ci".to_owned()),
        search: Some("c".to_owned()),
    };
    assert_snapshot!(both(|level| listed(&service_token::list(level, &filter))), @r"
        GET /accounts/ACCOUNT/access/service_tokens?name=ci&search=c (50 a page)
        GET /zones/Z/access/service_tokens?name=ci&search=c (50 a page)
    ");
}

#[test]
fn a_service_token_is_made_read_and_deleted() {
    let new = New {
        name: "ci".to_owned(),
        options: Options {
            duration: Some(Lifetime::Hours(8760)),
            ..Options::default()
        },
    };
    let lines = both(|level| {
        let lines = [
            sent(&service_token::create(level, &new)),
            sent(&service_token::get(level, &id("S"))),
            sent(&service_token::delete(level, &id("S"))),
        ];
        lines.join("\n")
    });
    assert_snapshot!(lines, @r#"
        POST /accounts/ACCOUNT/access/service_tokens once
        {"name":"ci","duration":"8760h"}
        GET /accounts/ACCOUNT/access/service_tokens/S
        DELETE /accounts/ACCOUNT/access/service_tokens/S
        POST /zones/Z/access/service_tokens once
        {"name":"ci","duration":"8760h"}
        GET /zones/Z/access/service_tokens/S
        DELETE /zones/Z/access/service_tokens/S
    "#);
}

#[test]
fn an_update_is_repeatable_unless_it_makes_another_secret() {
    let harmless = Update {
        name: Some("ci".to_owned()),
        options: Options {
            duration: Some(Lifetime::Forever),
            enabled: Some(false),
            ..Options::default()
        },
    };
    let secret = Update {
        options: Options {
            client_secret_version: NonZeroU32::new(2),
            previous_client_secret_expires_at: Some(noon()),
            ..Options::default()
        },
        ..Update::default()
    };
    let [account, _] = levels();
    let lines = [
        sent(&service_token::update(&account, &id("S"), &harmless)),
        sent(&service_token::update(&account, &id("S"), &secret)),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        PUT /accounts/ACCOUNT/access/service_tokens/S
        {"name":"ci","duration":"forever","enabled":false}
        PUT /accounts/ACCOUNT/access/service_tokens/S once
        {"client_secret_version":2,"previous_client_secret_expires_at":"2026-09-29T12:00:00Z"}
    "#);
}

#[test]
fn only_an_accounts_service_token_is_rotated_and_refreshed() {
    let lines = [
        sent(&service_token::rotate(ACCOUNT, &id("S"), None)),
        sent(&service_token::rotate(ACCOUNT, &id("S"), Some(noon()))),
        sent(&service_token::refresh(ACCOUNT, &id("S"))),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        POST /accounts/ACCOUNT/access/service_tokens/S/rotate once
        {}
        POST /accounts/ACCOUNT/access/service_tokens/S/rotate once
        {"previous_client_secret_expires_at":"2026-09-29T12:00:00Z"}
        POST /accounts/ACCOUNT/access/service_tokens/S/refresh once
    "#);
}
