//! One port of the connector's own machine behind two hostnames. In two tunnels it is not the
//! same port: they have connectors of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::context::{Context, Tunnel, Written};
use super::{Found, Lint};
use crate::ingress::host::split_port;
use crate::ingress::service::{Service, service};
use crate::problem::Problem;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::shared_loopback_port",
    needs_zones: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Found> {
    context.tunnels().flat_map(|tunnel| of(&tunnel)).collect()
}

fn of(tunnel: &Tunnel<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    // Of each port the first rule, and the hostnames.
    let mut users: BTreeMap<String, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for rule in &tunnel.rules {
        if !may_be_loopback(&rule.rule.service) {
            continue;
        }
        let Ok(service) = service(rule.rule, &tunnel.routes.origin_request) else {
            continue;
        };
        let Some(port) = loopback_port(&service) else {
            continue;
        };
        let user = users.entry(port.clone());
        let (first, hosts) = user.or_insert_with(|| (rule.position, BTreeSet::new()));
        let first = tunnel.rules.get(*first);
        if !hosts.insert(rule.rule.host()) || hosts.len() == 1 {
            continue;
        }
        found.extend(first.map(|first| Found::about(rule, problem(rule, first, &port))));
    }
    found
}

fn problem(rule: &Written<'_>, first: &Written<'_>, port: &str) -> Problem {
    Problem::new(LINT.code, "loopback port serves two hostnames")
        .at(rule.at(&["service"]), format!("port {port} again"))
        .at(first.at(&["service"]), "the same port for another hostname")
        .help("correct one of the ports, or say in `# tunctl: allow(shared_loopback_port) …` that it is one service")
}

/// Whether a text can name the connector's own machine: reading it as a URL takes longer.
fn may_be_loopback(service: &str) -> bool {
    let is_name = || service.to_ascii_lowercase().contains("localhost");
    service.contains("127.") || service.contains('[') || is_name()
}

/// The port of a service on the connector's own machine.
fn loopback_port(service: &Service) -> Option<String> {
    let (host, port) = match service {
        Service::Http(url) => {
            let default = if url.scheme.ends_with('s') {
                "443"
            } else {
                "80"
            };
            let port = String::from_utf8_lossy(url.port()).into_owned();
            let port = if port.is_empty() {
                default.to_owned()
            } else {
                port
            };
            (String::from_utf8_lossy(url.hostname()).into_owned(), port)
        }
        Service::Tcp { destination, .. } => {
            let (host, port) = split_port(destination.as_bytes())?;
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            (text(host), text(port))
        }
        Service::Unix { .. }
        | Service::HttpStatus(_)
        | Service::HelloWorld
        | Service::SocksProxy
        | Service::Bastion => return None,
    };
    let is_loopback = host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    is_loopback.then_some(port)
}
