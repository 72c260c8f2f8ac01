//! Tunnels of cloudflared.

use insta::assert_snapshot;
use tunctl::cloudflare::Secret;
use tunctl::cloudflare::tunnel::{
    self, Cascade, ConfigSrc, Filter, New, Patch, Resource, Status, TunType,
};

use super::{ACCOUNT, id, listed, noon, sent};

fn everything() -> Filter {
    Filter {
        is_deleted: true,
        name: Some("edge web".to_owned()),
        uuid: Some(id("T")),
        existed_at: Some(noon()),
        was_active_at: Some(noon()),
        was_inactive_at: Some(noon()),
        include_prefix: Some("edge".to_owned()),
        exclude_prefix: Some("core".to_owned()),
        status: Some(Status::Degraded),
    }
}

#[test]
fn a_list_always_says_whether_it_is_of_deleted_tunnels() {
    assert_snapshot!(listed(&tunnel::list(ACCOUNT, &Filter::default())), @"GET /accounts/ACCOUNT/cfd_tunnel?is_deleted=false (1000 a page)");
}

#[test]
fn a_list_may_have_every_filter() {
    assert_snapshot!(listed(&tunnel::list(ACCOUNT, &everything())), @"GET /accounts/ACCOUNT/cfd_tunnel?is_deleted=true&name=edge web&uuid=T&existed_at=2026-09-29T12:00:00Z&was_active_at=2026-09-29T12:00:00Z&was_inactive_at=2026-09-29T12:00:00Z&include_prefix=edge&exclude_prefix=core&status=degraded (1000 a page)");
}

#[test]
fn a_list_may_be_of_every_sort_of_tunnel_or_of_some() {
    let all = tunnel::list_all(ACCOUNT, &Filter::default(), &[]);
    let some = [TunType::CfdTunnel, TunType::WarpConnector];
    let some = tunnel::list_all(ACCOUNT, &Filter::default(), &some);
    assert_snapshot!([listed(&all), listed(&some)].join("\n"), @r"
        GET /accounts/ACCOUNT/tunnels?is_deleted=false (1000 a page)
        GET /accounts/ACCOUNT/tunnels?is_deleted=false&tun_types=cfd_tunnel,warp_connector (1000 a page)
    ");
}

#[test]
fn a_create_has_a_secret_only_if_one_is_given() {
    let new = |tunnel_secret| New {
        name: "web".to_owned(),
        config_src: ConfigSrc::Cloudflare,
        tunnel_secret,
    };
    let made = tunnel::create(ACCOUNT, &new(None));
    let given = Secret::from("c2VjcmV0".to_owned());
    let given = tunnel::create(ACCOUNT, &new(Some(given)));
    assert_snapshot!([sent(&made), sent(&given)].join("\n"), @r#"
        POST /accounts/ACCOUNT/cfd_tunnel once
        {"name":"web","config_src":"cloudflare"}
        POST /accounts/ACCOUNT/cfd_tunnel once
        {"name":"web","config_src":"cloudflare","tunnel_secret":"c2VjcmV0"}
    "#);
}

#[test]
fn a_patch_names_only_what_changes() {
    let name = Patch {
        name: Some("edge".to_owned()),
        ..Patch::default()
    };
    let secret = Patch {
        tunnel_secret: Some(Secret::from("c2VjcmV0".to_owned())),
        ..Patch::default()
    };
    let patch = |patch| sent(&tunnel::patch(ACCOUNT, &id("T"), &patch));
    assert_snapshot!([patch(name), patch(secret)].join("\n"), @r#"
        PATCH /accounts/ACCOUNT/cfd_tunnel/T
        {"name":"edge"}
        PATCH /accounts/ACCOUNT/cfd_tunnel/T
        {"tunnel_secret":"c2VjcmV0"}
    "#);
}

#[test]
fn a_tunnel_is_read_and_deleted_by_id_and_cascades_only_if_told_to() {
    let lines = [
        sent(&tunnel::get(ACCOUNT, &id("T"))),
        sent(&tunnel::delete(ACCOUNT, &id("T"), Cascade::No)),
        sent(&tunnel::delete(ACCOUNT, &id("T"), Cascade::Yes)),
    ];
    assert_snapshot!(lines.join("\n"), @r"
        GET /accounts/ACCOUNT/cfd_tunnel/T
        DELETE /accounts/ACCOUNT/cfd_tunnel/T
        DELETE /accounts/ACCOUNT/cfd_tunnel/T?cascade=true
    ");
}

#[test]
fn the_run_token_is_read_and_management_tokens_are_made_in_two_ways() {
    let made = |resource| sent(&tunnel::management_token_for(ACCOUNT, &id("T"), resource));
    let lines = [
        sent(&tunnel::token(ACCOUNT, &id("T"))),
        sent(&tunnel::management_token(ACCOUNT, &id("T"))),
        made(Resource::Logs),
        made(Resource::Admin),
        made(Resource::HostDetails),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        GET /accounts/ACCOUNT/cfd_tunnel/T/token
        POST /accounts/ACCOUNT/cfd_tunnel/T/management once
        {"resources":["logs"]}
        POST /accounts/ACCOUNT/cfd_tunnel/T/management/logs once
        POST /accounts/ACCOUNT/cfd_tunnel/T/management/admin once
        POST /accounts/ACCOUNT/cfd_tunnel/T/management/host_details once
    "#);
}

#[test]
fn a_secret_is_shown_by_no_debug_output() {
    let secret = Secret::from("c2VjcmV0".to_owned());
    let patch = Patch {
        tunnel_secret: Some(secret),
        ..Patch::default()
    };
    let operation = tunnel::patch(ACCOUNT, &id("T"), &patch);
    let shown = format!("{patch:?} {operation:?}");
    assert!(!shown.contains("c2VjcmV0"), "{shown}");
}
