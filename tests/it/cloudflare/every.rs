//! Every operation once, behind one face.

use serde::de::DeserializeOwned;
use serde_json::{Map, json};
use tunctl::address::RemoteId;
use tunctl::api::ApiError;
use tunctl::cloudflare::{
    List, Operation, account_token, configuration, connection, dns_record, route, service_token,
    tunnel, user_token, virtual_network, warp_connector, zone,
};
use tunctl::request::Request;

use crate::support::script::Scripted;

/// Carries out an operation against a scripted server.
type Run = dyn Fn(&Scripted) -> Result<(), ApiError>;

/// An operation, whatever its answer.
pub(super) struct Case {
    pub(super) request: Request,
    run: Box<Run>,
}

impl Case {
    /// Carries it out against a scripted server.
    pub(super) fn run(&self, world: &Scripted) -> Result<(), ApiError> {
        (self.run)(world)
    }
}

fn one<T: DeserializeOwned + 'static>(operation: Operation<T>) -> Case {
    Case {
        request: operation.request.clone(),
        run: Box::new(move |world| world.clock.run(world.client.run(&operation)).map(drop)),
    }
}

fn many<T: DeserializeOwned + 'static>(list: List<T>) -> Case {
    Case {
        request: list.request.clone(),
        run: Box::new(move |world| world.clock.run(world.client.read(&list)).map(drop)),
    }
}

const ACCOUNT: &str = "00000000000000000000000000000001";

fn uuid() -> RemoteId {
    RemoteId::new("11111111-1111-4111-8111-111111111111")
}

fn hex() -> RemoteId {
    RemoteId::new("00000000000000000000000000000002")
}

pub(super) fn every() -> Vec<Case> {
    let mut all = tunnels();
    all.extend(warp_connectors());
    all.extend(zones());
    all.extend(networks());
    all.extend(service_tokens());
    all.extend(account_tokens());
    all
}

fn tunnels() -> Vec<Case> {
    let (filter, patch) = (tunnel::Filter::default(), tunnel::Patch::default());
    let new = tunnel::New {
        name: "web".to_owned(),
        config_src: tunnel::ConfigSrc::Cloudflare,
        tunnel_secret: None,
    };
    vec![
        many(tunnel::list(ACCOUNT, &filter)),
        many(tunnel::list_all(ACCOUNT, &filter, &[])),
        one(tunnel::create(ACCOUNT, &new)),
        one(tunnel::get(ACCOUNT, &uuid())),
        one(tunnel::patch(ACCOUNT, &uuid(), &patch)),
        one(tunnel::delete(ACCOUNT, &uuid(), tunnel::Cascade::No)),
        one(tunnel::token(ACCOUNT, &uuid())),
        one(tunnel::management_token(ACCOUNT, &uuid())),
        one(tunnel::management_token_for(
            ACCOUNT,
            &uuid(),
            tunnel::Resource::Admin,
        )),
        one(configuration::get(ACCOUNT, &uuid())),
        one(configuration::put(ACCOUNT, &uuid(), &json!({}))),
        many(connection::list(ACCOUNT, &uuid())),
        one(connection::delete_all(ACCOUNT, &uuid())),
        one(connection::delete(ACCOUNT, &uuid(), &uuid())),
        one(connection::connector(ACCOUNT, &uuid(), &uuid())),
    ]
}

fn warp_connectors() -> Vec<Case> {
    let new = warp_connector::New {
        name: "site".to_owned(),
        ha: false,
    };
    let mesh = warp_connector::Mesh::None;
    vec![
        many(warp_connector::list(ACCOUNT, &tunnel::Filter::default())),
        one(warp_connector::create(ACCOUNT, &new)),
        one(warp_connector::get(ACCOUNT, &uuid())),
        one(warp_connector::patch(
            ACCOUNT,
            &uuid(),
            &tunnel::Patch::default(),
        )),
        one(warp_connector::delete(ACCOUNT, &uuid())),
        one(warp_connector::token(ACCOUNT, &uuid())),
        many(warp_connector::connections(ACCOUNT, &uuid())),
        one(warp_connector::connector(ACCOUNT, &uuid(), &uuid())),
        one(warp_connector::failover(ACCOUNT, &uuid(), &uuid())),
        one(warp_connector::configuration(ACCOUNT, &uuid())),
        one(warp_connector::configure(ACCOUNT, &uuid(), &mesh)),
    ]
}

fn zones() -> Vec<Case> {
    let new = dns_record::New {
        record_type: dns_record::Type::Txt,
        name: "example.com".to_owned(),
        content: dns_record::Content::Content("text".to_owned()),
        options: dns_record::Options::default(),
    };
    let patch = dns_record::Patch::default();
    vec![
        many(zone::list(&zone::Filter::default())),
        one(zone::get(&hex())),
        many(dns_record::list(&hex(), &dns_record::Filter::default())),
        one(dns_record::create(&hex(), &new)),
        one(dns_record::get(&hex(), &hex())),
        one(dns_record::patch(&hex(), &hex(), &patch)),
        one(dns_record::put(&hex(), &hex(), &new)),
        one(dns_record::delete(&hex(), &hex())),
        one(dns_record::batch(&hex(), &dns_record::Batch::default())),
        one(dns_record::usage(&hex())),
        one(dns_record::account_usage(ACCOUNT)),
    ]
}

fn networks() -> Vec<Case> {
    let network: ipnet::IpNet = "10.0.0.0/8".parse().expect("a network");
    let new = route::New {
        network: network.into(),
        tunnel_id: uuid(),
        virtual_network_id: None,
        comment: None,
    };
    let virtual_network = virtual_network::New {
        name: "office".to_owned(),
        comment: None,
        is_default_network: false,
    };
    let (patch, force) = (
        virtual_network::Patch::default(),
        virtual_network::Force::No,
    );
    vec![
        many(route::list(ACCOUNT, &route::Filter::default())),
        one(route::create(ACCOUNT, &new)),
        one(route::get(ACCOUNT, &uuid())),
        one(route::get_by_ip(
            ACCOUNT,
            network.addr(),
            &route::Within::default(),
        )),
        one(route::patch(ACCOUNT, &uuid(), &route::Patch::default())),
        one(route::delete(ACCOUNT, &uuid())),
        many(virtual_network::list(
            ACCOUNT,
            &virtual_network::Filter::default(),
        )),
        one(virtual_network::create(ACCOUNT, &virtual_network)),
        one(virtual_network::get(ACCOUNT, &uuid())),
        one(virtual_network::patch(ACCOUNT, &uuid(), &patch)),
        one(virtual_network::delete(ACCOUNT, &uuid(), force)),
    ]
}

fn service_tokens() -> Vec<Case> {
    let levels = [
        service_token::Level::Account(ACCOUNT.to_owned()),
        service_token::Level::Zone(hex()),
    ];
    let new = service_token::New {
        name: "ci".to_owned(),
        options: service_token::Options::default(),
    };
    let update = service_token::Update::default();
    let mut cases = vec![
        one(service_token::rotate(ACCOUNT, &uuid(), None)),
        one(service_token::refresh(ACCOUNT, &uuid())),
    ];
    for level in &levels {
        cases.extend([
            many(service_token::list(
                level,
                &service_token::Filter::default(),
            )),
            one(service_token::create(level, &new)),
            one(service_token::get(level, &uuid())),
            one(service_token::update(level, &uuid(), &update)),
            one(service_token::delete(level, &uuid())),
        ]);
    }
    cases
}

fn account_tokens() -> Vec<Case> {
    let token = account_token::New {
        name: "ci".to_owned(),
        policies: vec![account_token::Policy {
            id: None,
            effect: account_token::Effect::Allow,
            permission_groups: Vec::new(),
            resources: Map::new(),
        }],
        condition: None,
        expires_on: None,
        not_before: None,
    };
    let new = one(account_token::create(ACCOUNT, &token));
    let replacement = account_token::Replacement {
        token,
        status: None,
    };
    vec![
        new,
        many(account_token::list(
            ACCOUNT,
            &account_token::Filter::default(),
        )),
        one(account_token::get(ACCOUNT, &hex())),
        one(account_token::put(ACCOUNT, &hex(), &replacement)),
        one(account_token::delete(ACCOUNT, &hex())),
        one(account_token::roll(ACCOUNT, &hex())),
        one(account_token::verify(ACCOUNT)),
        one(user_token::verify()),
        many(account_token::permission_groups(
            ACCOUNT,
            &account_token::GroupFilter::default(),
        )),
    ]
}
