//! The topology for programs.

use serde_json::{Value, json as object};

use crate::graph::{Graph, Health, Name, Network, Rule, Tunnel};
use crate::render::connectors;
use crate::render::json::FORMAT_VERSION;

/// The topology as one JSON object.
#[must_use]
pub fn json(graph: &Graph) -> Value {
    let Graph {
        stacks,
        live,
        tunnels,
        empty_networks,
    } = graph;
    let networks = empty_networks.iter();
    let networks = networks.map(|(name, trace)| object!({ "name": name, "trace": trace }));
    object!({
        "format_version": FORMAT_VERSION,
        "stacks": stacks,
        "live": live,
        "tunnels": tunnels.iter().map(tunnel).collect::<Vec<_>>(),
        "empty_virtual_networks": networks.collect::<Vec<_>>(),
    })
}

fn tunnel(tunnel: &Tunnel) -> Value {
    let Tunnel {
        address,
        stack,
        trace,
        health,
        names,
        networks,
    } = tunnel;
    object!({
        "address": address,
        "stack": stack,
        "trace": trace,
        "health": health.as_ref().map(|Health { status, connectors }| object!({
            "status": status,
            "connectors": connectors.as_deref().map(connectors::json),
        })),
        "hostnames": names.iter().map(name).collect::<Vec<_>>(),
        "private_networks": networks.iter().map(network).collect::<Vec<_>>(),
    })
}

fn name(name: &Name) -> Value {
    let Name {
        host,
        record,
        rules,
    } = name;
    let host = Some(host).filter(|host| !host.is_empty());
    let rules: Vec<Value> = rules.iter().map(rule).collect();
    object!({ "hostname": host, "record": record, "rules": rules })
}

fn rule(rule: &Rule) -> Value {
    let Rule {
        position,
        path,
        service,
        trace,
    } = rule;
    object!({ "rule": position, "path": path, "service": service, "trace": trace })
}

fn network(network: &Network) -> Value {
    let Network {
        within,
        network,
        trace,
    } = network;
    object!({ "network": network, "virtual_network": within, "trace": trace })
}
