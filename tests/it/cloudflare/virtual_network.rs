//! Virtual networks.

use insta::assert_snapshot;
use tunctl::cloudflare::virtual_network::{self, Filter, Force, New, Patch};

use super::{ACCOUNT, id, listed, sent};

#[test]
fn virtual_networks_are_found_by_every_filter() {
    let filter = Filter {
        is_deleted: true,
        id: Some(id("V")),
        name: Some("office".to_owned()),
        is_default_network: Some(false),
    };
    let lines = [
        listed(&virtual_network::list(ACCOUNT, &Filter::default())),
        listed(&virtual_network::list(ACCOUNT, &filter)),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        GET /accounts/ACCOUNT/teamnet/virtual_networks?is_deleted=false (no pages)
        GET /accounts/ACCOUNT/teamnet/virtual_networks?is_deleted=true&id=V&name=office&is_default_network=false (no pages)
    ");
}

#[test]
fn a_virtual_network_is_made_and_changed() {
    let new = New {
        name: "office".to_owned(),
        comment: Some("Berlin".to_owned()),
        is_default_network: false,
    };
    let patch = Patch {
        is_default_network: Some(true),
        ..Patch::default()
    };
    let lines = [
        sent(&virtual_network::create(ACCOUNT, &new)),
        sent(&virtual_network::get(ACCOUNT, &id("V"))),
        sent(&virtual_network::patch(ACCOUNT, &id("V"), &patch)),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        POST /accounts/ACCOUNT/teamnet/virtual_networks once
        {"name":"office","comment":"Berlin","is_default_network":false}
        GET /accounts/ACCOUNT/teamnet/virtual_networks/V
        PATCH /accounts/ACCOUNT/teamnet/virtual_networks/V
        {"is_default_network":true}
    "#);
}

#[test]
fn a_virtual_network_in_use_is_deleted_only_by_force() {
    let lines = [
        sent(&virtual_network::delete(ACCOUNT, &id("V"), Force::No)),
        sent(&virtual_network::delete(ACCOUNT, &id("V"), Force::Yes)),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        DELETE /accounts/ACCOUNT/teamnet/virtual_networks/V
        DELETE /accounts/ACCOUNT/teamnet/virtual_networks/V?force=true
    ");
}
