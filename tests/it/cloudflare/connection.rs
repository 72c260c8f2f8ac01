//! Connectors and connections of tunnels.

use insta::assert_snapshot;
use tunctl::cloudflare::connection;

use super::{ACCOUNT, id, listed, sent};

#[test]
fn connections_are_one_list_and_are_cut_all_or_of_one_connector() {
    let lines = [
        listed(&connection::list(ACCOUNT, &id("T"))),
        sent(&connection::delete_all(ACCOUNT, &id("T"))),
        sent(&connection::delete(ACCOUNT, &id("T"), &id("C"))),
        sent(&connection::connector(ACCOUNT, &id("T"), &id("C"))),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        GET /accounts/ACCOUNT/cfd_tunnel/T/connections (no pages)
        DELETE /accounts/ACCOUNT/cfd_tunnel/T/connections
        DELETE /accounts/ACCOUNT/cfd_tunnel/T/connections?client_id=C
        GET /accounts/ACCOUNT/cfd_tunnel/T/connectors/C
    ");
}
