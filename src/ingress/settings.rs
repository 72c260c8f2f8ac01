//! The settings that are in force for a rule: its own, else the tunnel's, else cloudflared's
//! defaults (`ingress/config.go`).

use super::Rule;
use super::duration::Seconds;
use super::ip_rule::Destination;
use super::origin_request::{Access, IpRule, OriginRequest};
use super::service::BASTION;

/// All settings of one rule, merged. Compare two of these to learn whether two ways of writing
/// a configuration mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "cloudflared's own switches, which are independent of each other"
)]
pub struct Settings {
    /// Wait for a TCP connection.
    pub connect_timeout: Seconds,
    /// Wait for a TLS handshake.
    pub tls_timeout: Seconds,
    /// Between TCP keep-alive packets.
    pub tcp_keep_alive: Seconds,
    /// No race of IPv4 against IPv6.
    pub no_happy_eyeballs: bool,
    /// How long idle connections are kept.
    pub keep_alive_timeout: Seconds,
    /// How many idle connections are kept.
    pub keep_alive_connections: i64,
    /// `Host` header for the origin; empty leaves the request's.
    pub http_host_header: String,
    /// Name expected in the origin's certificate; empty takes the service's.
    pub origin_server_name: String,
    /// Name expected in the origin's certificate is the request's.
    pub match_sni_to_host: bool,
    /// Path of CA certificates; empty takes the system's.
    pub ca_pool: String,
    /// Accept any certificate.
    pub no_tls_verify: bool,
    /// Send requests with a known length.
    pub disable_chunked_encoding: bool,
    /// Jump host; also set by the service `bastion`.
    pub bastion_mode: bool,
    /// The local proxy's address.
    pub proxy_address: String,
    /// The local proxy's port.
    pub proxy_port: u64,
    /// `socks` or anything else.
    pub proxy_type: String,
    /// `None` stands for an invalid entry of the rule's own, which cloudflared keeps as an
    /// empty one; the tunnel's own invalid entries are dropped.
    pub ip_rules: Vec<Option<Destination>>,
    /// Speak HTTP/2 to the origin.
    pub http2_origin: bool,
    /// The merged Access block, which says nothing about enforcement: see [`verifies_access`].
    pub access: AccessSettings,
}

/// An Access block with nothing absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessSettings {
    /// Refuse requests without a valid token.
    pub required: bool,
    /// The team whose keys sign the token.
    pub team_name: String,
    /// Accepted audience tags.
    pub aud_tag: Vec<String>,
    /// `fed` for `FedRAMP`.
    pub environment: String,
}

/// The settings of one rule under the tunnel's own `originRequest`.
#[must_use]
pub fn settings(rule: &Rule, tunnel: &OriginRequest) -> Settings {
    let own = rule.origin_request.as_ref();
    let mut settings = own.map_or_else(|| tunnel_settings(tunnel), |own| merge(own, tunnel));
    if let Some(rules @ [_, ..]) = own.and_then(|own| own.ip_rules.as_deref()) {
        settings.ip_rules = rules.iter().map(|rule| rule.resolve().ok()).collect();
    }
    settings.bastion_mode |= rule.service == BASTION;
    settings
}

/// The tunnel's own settings, which hold where a rule says nothing.
#[must_use]
pub fn tunnel_settings(tunnel: &OriginRequest) -> Settings {
    merge(&OriginRequest::default(), tunnel)
}

/// Whether connectors verify Access's token for this rule. Only the rule's own block counts;
/// the tunnel's is shown and enforces nothing.
#[must_use]
pub fn verifies_access(rule: &Rule) -> bool {
    let own = rule.origin_request.as_ref();
    let access = own.and_then(|own| own.access.as_ref());
    access
        .and_then(|access| access.required)
        .unwrap_or_default()
}

impl OriginRequest {
    /// cloudflared's defaults; what is absent here defaults to empty, zero or false.
    #[must_use]
    pub fn defaults() -> Self {
        Self {
            connect_timeout: Some(Seconds::new(30)),
            tls_timeout: Some(Seconds::new(10)),
            tcp_keep_alive: Some(Seconds::new(30)),
            keep_alive_timeout: Some(Seconds::new(90)),
            keep_alive_connections: Some(100),
            proxy_address: Some("127.0.0.1".to_owned()),
            ..Self::default()
        }
    }
}

impl From<&Access> for AccessSettings {
    fn from(access: &Access) -> Self {
        Self {
            required: access.required.unwrap_or_default(),
            team_name: access.team_name.clone().unwrap_or_default(),
            aud_tag: access.aud_tag.clone().unwrap_or_default(),
            environment: access.environment.clone().unwrap_or_default(),
        }
    }
}

/// Merges all but a rule's own `ipRules`, whose invalid entries are treated differently.
fn merge(own: &OriginRequest, tunnel: &OriginRequest) -> Settings {
    let defaults = OriginRequest::defaults();
    let layers = [own, tunnel, &defaults];
    Settings {
        connect_timeout: first(layers, |layer| layer.connect_timeout),
        tls_timeout: first(layers, |layer| layer.tls_timeout),
        tcp_keep_alive: first(layers, |layer| layer.tcp_keep_alive),
        no_happy_eyeballs: first(layers, |layer| layer.no_happy_eyeballs),
        keep_alive_timeout: first(layers, |layer| layer.keep_alive_timeout),
        keep_alive_connections: first(layers, |layer| layer.keep_alive_connections),
        http_host_header: first(layers, |layer| layer.http_host_header.clone()),
        origin_server_name: first(layers, |layer| layer.origin_server_name.clone()),
        match_sni_to_host: first(layers, |layer| layer.match_sni_to_host),
        ca_pool: first(layers, |layer| layer.ca_pool.clone()),
        no_tls_verify: first(layers, |layer| layer.no_tls_verify),
        disable_chunked_encoding: first(layers, |layer| layer.disable_chunked_encoding),
        bastion_mode: first(layers, |layer| layer.bastion_mode),
        proxy_address: first(layers, |layer| layer.proxy_address.clone()),
        proxy_port: first(layers, |layer| layer.proxy_port),
        proxy_type: first(layers, |layer| layer.proxy_type.clone()),
        ip_rules: valid(tunnel.ip_rules.as_deref().unwrap_or_default()),
        http2_origin: first(layers, |layer| layer.http2_origin),
        access: first(layers, |layer| layer.access.as_ref().map(Into::into)),
    }
}

fn first<T: Default>(
    layers: [&OriginRequest; 3],
    field: impl Fn(&OriginRequest) -> Option<T>,
) -> T {
    layers.into_iter().find_map(field).unwrap_or_default()
}

fn valid(rules: &[IpRule]) -> Vec<Option<Destination>> {
    let resolved = rules.iter().filter_map(|rule| rule.resolve().ok());
    resolved.map(Some).collect()
}
