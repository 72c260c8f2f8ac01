//! The kind `tunnel`.

use insta::assert_snapshot;
use serde_json::json;

use super::{Bench, answered, fixture, listings, named, request, seen, step};
use crate::support::world::{ACCOUNT, WEB};
use tunctl::address::RemoteId;
use tunctl::observed::Object;

fn bench() -> Bench {
    Bench::new(WEB)
}

fn live(bench: &Bench, index: usize) -> Object {
    let list = fixture("tunnel/list");
    bench.sight("tunnel", &list[index]).expect("a tunnel").1
}

#[test]
fn all_living_tunnels_are_one_list() {
    assert_snapshot!(listings(&named("tunnel").list(&bench().view())), @"GET /accounts/00000000000000000000000000000001/cfd_tunnel?is_deleted=false (1000 a page, of ``, absent [])");
}

#[test]
fn one_tunnel_is_looked_up_by_name() {
    let bench = bench();
    let look = named("tunnel").look(&bench.scope, &bench.ids, "edge-web");
    assert_snapshot!(listings(&look.into_iter().collect::<Vec<_>>()), @"GET /accounts/00000000000000000000000000000001/cfd_tunnel?is_deleted=false&name=edge-web (1000 a page, of ``, absent [])");
}

#[test]
fn a_create_says_where_the_configuration_lives() {
    let bench = bench();
    let made = named("tunnel").create(&bench.write("edge-web"), &bench.spec("tunnel.edge-web"));
    assert_snapshot!(step(&made.expect("a step")), @r#"
        POST /accounts/00000000000000000000000000000001/cfd_tunnel once
        {"name":"edge-web","config_src":"cloudflare"}
    "#);
}

#[test]
fn an_update_an_adoption_and_a_rename_change_the_name() {
    let (bench, kind) = (bench(), named("tunnel"));
    let object = live(&bench, 0);
    let (write, spec) = (bench.write("edge-new"), bench.spec("tunnel.edge-web"));
    let rename = step(&kind.rename(&write, &spec, &object).expect("a step"));
    assert_snapshot!(rename, @r#"
        PATCH /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111
        {"name":"edge-new"}
    "#);
    assert_eq!(
        step(&kind.update(&write, &spec, &object).expect("a step")),
        rename
    );
    assert_eq!(
        step(&kind.adopt(&write, &spec, &[object]).expect("a step")),
        rename
    );
    assert!(kind.adopt(&write, &spec, &[]).is_err());
}

#[test]
fn a_deletion_names_the_id_and_cascades_nothing() {
    let bench = bench();
    let gone = named("tunnel").delete(&bench.write("edge-web"), &live(&bench, 0));
    assert_snapshot!(step(&gone.expect("a step")), @"DELETE /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111");
}

#[test]
fn connections_are_watched_and_ended_below_the_tunnel() {
    let draining = named("tunnel").drain(&bench().scope, &RemoteId::new(super::WEB_ID));
    let draining = draining.expect("a way");
    assert_eq!(draining.refused, 1022);
    assert_snapshot!(format!("{}\n{}", request(&draining.poll), request(&draining.evict.expect("cloudflared's can be cut"))), @r"
        GET /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111/connections
        DELETE /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111/connections
    ");
}

#[test]
fn a_living_tunnel_is_seen_by_its_name() {
    let list = fixture("tunnel/list");
    assert_snapshot!(seen(bench().sight("tunnel", &list[0])), @r#"
        tunnel.edge-web = 11111111-1111-4111-8111-111111111111
        {"configSrc":"cloudflare"}
        ByName Spec
        refers to [], former None, version None, live true
        null
    "#);
}

#[test]
fn a_tunnel_that_is_configured_locally_says_so() {
    let list = fixture("tunnel/list");
    assert_snapshot!(seen(bench().sight("tunnel", &list[1])), @r#"
        tunnel.by-hand = 22222222-2222-4222-8222-222222222222
        {"configSrc":"local"}
        ByName Spec
        refers to [], former None, version None, live false
        null
    "#);
}

#[test]
fn a_deleted_tunnel_is_nothing() {
    let list = fixture("tunnel/list");
    assert_eq!(seen(bench().sight("tunnel", &list[2])), "nothing");
}

#[test]
fn a_tunnel_is_live_while_connectors_are_connected() {
    let bench = bench();
    let mut list = fixture("tunnel/list");
    let statuses = ["inactive", "degraded", "healthy", "down"].map(|status| {
        list[0]["status"] = json!(status);
        let (_, object) = bench.sight("tunnel", &list[0]).expect("a tunnel");
        object.live
    });
    assert_eq!(statuses, [false, true, true, false]);
}

#[test]
fn what_is_created_is_what_was_declared() {
    for config_src in ["cloudflare", "local"] {
        let bench = Bench::new(&format!(
            "tunnels: {{edge-web: {{configSrc: {config_src}}}}}"
        ));
        let spec = bench.spec("tunnel.edge-web");
        let made = named("tunnel")
            .create(&bench.write("edge-web"), &spec)
            .expect("a step");
        let tunctl::kind::Step::Send(sent) = made else {
            panic!("a request of its own");
        };
        let answer = answered(&fixture("tunnel/created"), &sent.body.expect("a body"));
        let (address, object) = bench.sight("tunnel", &answer).expect("a tunnel");
        assert_eq!(
            (address.to_string(), object.spec),
            ("tunnel.edge-web".to_owned(), spec)
        );
        assert_eq!(
            named("tunnel").created(&answer),
            Some(RemoteId::new(super::WEB_ID))
        );
    }
}

#[test]
fn secrets_of_a_created_tunnel_are_not_kept() {
    let bench = bench();
    let mut created = fixture("tunnel/created");
    created["token"] = json!("the-planted-secret");
    let (_, object) = bench.sight("tunnel", &created).expect("a tunnel");
    let kept = format!("{object:?}");
    assert!(
        !kept.contains("planted") && !kept.contains("scrubbed"),
        "{kept}"
    );
    assert_eq!(bench.scope.account, ACCOUNT);
}
