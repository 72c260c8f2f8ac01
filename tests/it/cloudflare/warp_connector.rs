//! WARP connectors.

use insta::assert_snapshot;
use tunctl::cloudflare::Secret;
use tunctl::cloudflare::tunnel::{Filter, Patch};
use tunctl::cloudflare::warp_connector::{self, Mesh, New, Vip};

use super::{ACCOUNT, id, listed, sent};

#[test]
fn warp_connectors_are_listed_made_and_read() {
    let new = New {
        name: "site".to_owned(),
        ha: true,
    };
    let named = Filter {
        name: Some("site".to_owned()),
        ..Filter::default()
    };
    let lines = [
        listed(&warp_connector::list(ACCOUNT, &named)),
        sent(&warp_connector::create(ACCOUNT, &new)),
        sent(&warp_connector::get(ACCOUNT, &id("W"))),
        sent(&warp_connector::token(ACCOUNT, &id("W"))),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        GET /accounts/ACCOUNT/warp_connector?is_deleted=false&name=site (1000 a page)
        POST /accounts/ACCOUNT/warp_connector once
        {"name":"site","ha":true}
        GET /accounts/ACCOUNT/warp_connector/W
        GET /accounts/ACCOUNT/warp_connector/W/token
    "#);
}

#[test]
fn warp_connectors_are_changed_and_deleted_by_id() {
    let patch = Patch {
        name: Some("site2".to_owned()),
        tunnel_secret: Some(Secret::from("c2VjcmV0".to_owned())),
    };
    let lines = [
        sent(&warp_connector::patch(ACCOUNT, &id("W"), &patch)),
        sent(&warp_connector::delete(ACCOUNT, &id("W"))),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        PATCH /accounts/ACCOUNT/warp_connector/W
        {"name":"site2","tunnel_secret":"c2VjcmV0"}
        DELETE /accounts/ACCOUNT/warp_connector/W
    "#);
}

#[test]
fn clients_are_listed_read_and_made_the_active_one() {
    let lines = [
        listed(&warp_connector::connections(ACCOUNT, &id("W"))),
        sent(&warp_connector::connector(ACCOUNT, &id("W"), &id("C"))),
        sent(&warp_connector::failover(ACCOUNT, &id("W"), &id("C"))),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        GET /accounts/ACCOUNT/warp_connector/W/connections (no pages)
        GET /accounts/ACCOUNT/warp_connector/W/connectors/C
        PUT /accounts/ACCOUNT/warp_connector/W/failover
        {"client_id":"C"}
    "#);
}

#[test]
fn each_mode_of_high_availability_has_its_own_configuration() {
    let vip = |address: &str| Vip {
        address: address.to_owned(),
    };
    let modes = [
        Mesh::None,
        Mesh::Disabled,
        Mesh::Aws {
            fnr_id: "rtb-1".to_owned(),
        },
        Mesh::Local {
            vips: vec![vip("10.0.0.1")],
            vips_previous: Vec::new(),
        },
        Mesh::Local {
            vips: vec![vip("10.0.0.2")],
            vips_previous: vec![vip("10.0.0.1")],
        },
    ];
    let mut lines = vec![sent(&warp_connector::configuration(ACCOUNT, &id("W")))];
    let written = modes
        .iter()
        .map(|mode| warp_connector::configure(ACCOUNT, &id("W"), mode));
    lines.extend(written.map(|operation| sent(&operation)));
    assert_snapshot!(lines.join("\n"), @r#"
        GET /accounts/ACCOUNT/warp_connector/W/configurations
        PUT /accounts/ACCOUNT/warp_connector/W/configurations once
        {"ha_mode":"none"}
        PUT /accounts/ACCOUNT/warp_connector/W/configurations once
        {"ha_mode":"disabled"}
        PUT /accounts/ACCOUNT/warp_connector/W/configurations once
        {"ha_mode":"aws","config":{"fnr_id":"rtb-1"}}
        PUT /accounts/ACCOUNT/warp_connector/W/configurations once
        {"ha_mode":"local","config":{"vips":[{"address":"10.0.0.1"}]}}
        PUT /accounts/ACCOUNT/warp_connector/W/configurations once
        {"ha_mode":"local","config":{"vips":[{"address":"10.0.0.2"}],"vips_previous":[{"address":"10.0.0.1"}]}}
    "#);
}
