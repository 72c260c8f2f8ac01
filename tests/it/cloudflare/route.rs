//! Private routes.

use insta::assert_snapshot;
use tunctl::cloudflare::route::{self, Filter, Network, New, Patch, Within};
use tunctl::cloudflare::tunnel::TunType;

use super::{ACCOUNT, id, listed, noon, sent};

fn network(text: &str) -> Network {
    Network::from(text.parse::<ipnet::IpNet>().expect("a network"))
}

#[test]
fn routes_are_found_by_every_filter() {
    let filter = Filter {
        is_deleted: true,
        comment: Some("office".to_owned()),
        network_subset: Some(network("10.0.0.0/8")),
        network_superset: Some(network("10.1.0.0/16")),
        existed_at: Some(noon()),
        tunnel_id: Some(id("T")),
        route_id: Some(id("R")),
        tun_types: vec![TunType::CfdTunnel, TunType::IpSec],
        virtual_network_id: Some(id("V")),
    };
    let lines = [
        listed(&route::list(ACCOUNT, &Filter::default())),
        listed(&route::list(ACCOUNT, &filter)).replace('&', "\n&"),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        GET /accounts/ACCOUNT/teamnet/routes?is_deleted=false (1000 a page)
        GET /accounts/ACCOUNT/teamnet/routes?is_deleted=true
        &comment=office
        &network_subset=10.0.0.0/8
        &network_superset=10.1.0.0/16
        &existed_at=2026-09-29T12:00:00Z
        &tunnel_id=T
        &route_id=R
        &tun_types=cfd_tunnel,ip_sec
        &virtual_network_id=V (1000 a page)
    ");
}

#[test]
fn a_network_is_sent_without_host_bits() {
    let new = New {
        network: network("10.1.2.3/16"),
        tunnel_id: id("T"),
        virtual_network_id: None,
        comment: None,
    };
    let full = New {
        network: network("fd00::1/64"),
        virtual_network_id: Some(id("V")),
        comment: Some("office".to_owned()),
        ..new.clone()
    };
    let lines = [
        sent(&route::create(ACCOUNT, &new)),
        sent(&route::create(ACCOUNT, &full)),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        POST /accounts/ACCOUNT/teamnet/routes once
        {"network":"10.1.0.0/16","tunnel_id":"T"}
        POST /accounts/ACCOUNT/teamnet/routes once
        {"network":"fd00::/64","tunnel_id":"T","virtual_network_id":"V","comment":"office"}
    "#);
}

#[test]
fn a_route_is_read_changed_and_deleted_by_id() {
    let network = Patch {
        network: Some(network("10.1.2.3/16")),
        ..Patch::default()
    };
    let comment = Patch {
        comment: Some(String::new()),
        ..Patch::default()
    };
    let lines = [
        sent(&route::get(ACCOUNT, &id("R"))),
        sent(&route::patch(ACCOUNT, &id("R"), &network)),
        sent(&route::patch(ACCOUNT, &id("R"), &comment)),
        sent(&route::delete(ACCOUNT, &id("R"))),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        GET /accounts/ACCOUNT/teamnet/routes/R
        PATCH /accounts/ACCOUNT/teamnet/routes/R
        {"network":"10.1.0.0/16"}
        PATCH /accounts/ACCOUNT/teamnet/routes/R
        {"comment":""}
        DELETE /accounts/ACCOUNT/teamnet/routes/R
    "#);
}

#[test]
fn the_route_of_an_address_is_looked_up_in_one_virtual_network_or_the_default_one() {
    let within = Within {
        virtual_network_id: Some(id("V")),
        default_virtual_network_fallback: Some(false),
    };
    let (v4, v6) = ("10.0.0.1".parse(), "fd00::1".parse());
    let lines = [
        sent(&route::get_by_ip(
            ACCOUNT,
            v4.expect("v4"),
            &Within::default(),
        )),
        sent(&route::get_by_ip(ACCOUNT, v6.expect("v6"), &within)),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        GET /accounts/ACCOUNT/teamnet/routes/ip/10.0.0.1
        GET /accounts/ACCOUNT/teamnet/routes/ip/fd00%3A%3A1?virtual_network_id=V&default_virtual_network_fallback=false
    ");
}
