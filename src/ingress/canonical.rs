//! One way of writing each configuration, so that two of them differ only if they mean
//! different things.
//!
//! Never changes what [`super::settings::settings`] or validation say of any rule. Services,
//! patterns and `hostname: "*"` stay as the user wrote them: their text is part of what people
//! recognise, even where another text would do the same.

use super::Rule;
use super::origin_request::{Access, IpRule, OriginRequest};

/// The canonical form of a tunnel's rules and its own `originRequest`.
///
/// Dropped is what says nothing: empty hostnames, paths, lists and blocks, and values equal to
/// cloudflared's default, except where a rule's value overrides the tunnel's.
#[must_use]
pub fn canonical(rules: &[Rule], tunnel: &OriginRequest) -> (Vec<Rule>, OriginRequest) {
    let tunnel = reduce(tunnel, &OriginRequest::default());
    let rules = rules
        .iter()
        .map(|rule| {
            let Rule {
                hostname,
                path,
                service,
                origin_request,
            } = rule;
            let own = origin_request.as_ref().map(|own| reduce(own, &tunnel));
            Rule {
                hostname: filled(hostname.as_ref()),
                path: filled(path.as_ref()),
                service: service.clone(),
                origin_request: own.filter(|own| *own != OriginRequest::default()),
            }
        })
        .collect();
    (rules, tunnel)
}

/// Drops what equals the default, as long as `outer` has nothing that it would override.
fn reduce(own: &OriginRequest, outer: &OriginRequest) -> OriginRequest {
    let base = OriginRequest::defaults();
    OriginRequest {
        connect_timeout: kept(own, outer, &base, |layer| layer.connect_timeout),
        tls_timeout: kept(own, outer, &base, |layer| layer.tls_timeout),
        tcp_keep_alive: kept(own, outer, &base, |layer| layer.tcp_keep_alive),
        no_happy_eyeballs: kept(own, outer, &base, |layer| layer.no_happy_eyeballs),
        keep_alive_connections: kept(own, outer, &base, |layer| layer.keep_alive_connections),
        keep_alive_timeout: kept(own, outer, &base, |layer| layer.keep_alive_timeout),
        http_host_header: kept(own, outer, &base, |layer| layer.http_host_header.clone()),
        origin_server_name: kept(own, outer, &base, |layer| layer.origin_server_name.clone()),
        match_sni_to_host: kept(own, outer, &base, |layer| layer.match_sni_to_host),
        ca_pool: kept(own, outer, &base, |layer| layer.ca_pool.clone()),
        no_tls_verify: kept(own, outer, &base, |layer| layer.no_tls_verify),
        disable_chunked_encoding: kept(own, outer, &base, |layer| layer.disable_chunked_encoding),
        bastion_mode: kept(own, outer, &base, |layer| layer.bastion_mode),
        proxy_address: kept(own, outer, &base, |layer| layer.proxy_address.clone()),
        proxy_port: kept(own, outer, &base, |layer| layer.proxy_port),
        proxy_type: kept(own, outer, &base, |layer| layer.proxy_type.clone()),
        ip_rules: ip_rules(own.ip_rules.as_deref().unwrap_or_default()),
        http2_origin: kept(own, outer, &base, |layer| layer.http2_origin),
        access: kept(own, outer, &base, |layer| layer.access.as_ref().map(access)),
    }
}

fn kept<T: Default + PartialEq>(
    own: &OriginRequest,
    outer: &OriginRequest,
    base: &OriginRequest,
    field: impl Fn(&OriginRequest) -> Option<T>,
) -> Option<T> {
    let default = field(base).unwrap_or_default();
    let overrides = field(outer).is_some();
    field(own).filter(|value| overrides || *value != default)
}

/// An empty list says nothing, not even at a rule: it does not clear the tunnel's.
fn ip_rules(rules: &[IpRule]) -> Option<Vec<IpRule>> {
    let rules: Vec<IpRule> = rules
        .iter()
        .map(|rule| {
            let IpRule {
                prefix,
                ports,
                allow,
            } = rule;
            let mut ports = ports.clone().unwrap_or_default();
            ports.sort_unstable();
            IpRule {
                prefix: filled(prefix.as_ref()),
                ports: Some(ports).filter(|ports| !ports.is_empty()),
                allow: allow.filter(|allow| *allow),
            }
        })
        .collect();
    Some(rules).filter(|rules| !rules.is_empty())
}

fn access(access: &Access) -> Access {
    let Access {
        required,
        team_name,
        aud_tag,
        environment,
    } = access;
    Access {
        required: required.filter(|required| *required),
        team_name: filled(team_name.as_ref()),
        aud_tag: aud_tag.clone().filter(|tags| !tags.is_empty()),
        environment: filled(environment.as_ref()),
    }
}

fn filled(text: Option<&String>) -> Option<String> {
    text.cloned().filter(|text| !text.is_empty())
}
