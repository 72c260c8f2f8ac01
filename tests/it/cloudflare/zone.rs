//! Zones.

use insta::assert_snapshot;
use tunctl::cloudflare::zone::{self, AccountFilter, Filter, Order, Status, Type};
use tunctl::cloudflare::{Direction, Match};

use super::{ACCOUNT, id, listed, sent};

#[test]
fn zones_are_listed_with_every_filter_and_read_by_id() {
    let filter = Filter {
        account: AccountFilter {
            id: Some(ACCOUNT.to_owned()),
            name: Some("An account".to_owned()),
        },
        name: Some("example.com".to_owned()),
        status: Some(Status::Active),
        types: vec![Type::Full, Type::Partial],
        order: Some(Order::AccountId),
        direction: Some(Direction::Desc),
        matching: Some(Match::All),
    };
    let lines = [
        listed(&zone::list(&Filter::default())),
        listed(&zone::list(&filter)),
        sent(&zone::get(&id("Z"))),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        GET /zones (50 a page)
        GET /zones?account.id=ACCOUNT&account.name=An account&name=example.com&status=active&type=full,partial&order=account.id&direction=desc&match=all (50 a page)
        GET /zones/Z
    ");
}
