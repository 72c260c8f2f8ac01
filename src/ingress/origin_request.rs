//! How a connector talks to an origin: the fields of `originRequest`, all optional.
//!
//! Absent and default are different things here, because a rule's explicit default overrides
//! the tunnel's value; `settings` resolves them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Seconds;

/// How connectors talk to the origin. Every field may be left out; a rule's value overrides
/// the tunnel's, which overrides cloudflared's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OriginRequest {
    /// How long to wait for a TCP connection to the origin. Default `30s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<Seconds>,
    /// How long to wait for a TLS handshake with the origin. Default `10s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_timeout: Option<Seconds>,
    /// Time between TCP keep-alive packets. Default `30s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_keep_alive: Option<Seconds>,
    /// Do not race IPv4 against IPv6 when connecting. Default `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_happy_eyeballs: Option<bool>,
    /// How many idle connections to the origin may be kept. Default `100`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive_connections: Option<i64>,
    /// How long an idle connection is kept. Default `90s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive_timeout: Option<Seconds>,
    /// The `Host` header sent to the origin; empty leaves the request's own. The request's own
    /// then travels in `X-Forwarded-Host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_host_header: Option<String>,
    /// The name expected in the origin's certificate; empty takes it from the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_server_name: Option<String>,
    /// Take the name expected in the origin's certificate from the request. Default `false`.
    #[serde(rename = "matchSNItoHost", skip_serializing_if = "Option::is_none")]
    pub match_sni_to_host: Option<bool>,
    /// Path, on the connector's machine, of the CA certificates that the origin's certificate
    /// must come from; empty takes the system's. Read when the connector loads the rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_pool: Option<String>,
    /// Accept any certificate from the origin. Default `false`.
    #[serde(rename = "noTLSVerify", skip_serializing_if = "Option::is_none")]
    pub no_tls_verify: Option<bool>,
    /// Send requests with a known length, as WSGI servers need. Default `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_chunked_encoding: Option<bool>,
    /// Run as a jump host: the request's `Cf-Access-Jump-Destination` header names the
    /// destination and the service is not looked at. Default `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bastion_mode: Option<bool>,
    /// Address that the local proxy listens on. Default `127.0.0.1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_address: Option<String>,
    /// Port that the local proxy listens on; 0 takes a free one. Default `0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_port: Option<u64>,
    /// `socks` for a SOCKS5 proxy, anything else for a plain one. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_type: Option<String>,
    /// Which destinations a SOCKS proxy may reach; the first entry that matches decides, and
    /// where none does, the destination is refused. An empty list at a rule does not clear the
    /// tunnel's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_rules: Option<Vec<IpRule>>,
    /// Speak HTTP/2 to the origin. Default `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http2_origin: Option<bool>,
    /// Have connectors verify Access's token on every request. Enforced only where a rule
    /// itself says so: the tunnel's own block enforces nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
}

/// Verification of Cloudflare Access's token by the connector. Replaced as a whole where a
/// rule has its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Access {
    /// Refuse requests without a valid token. Default `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// The Zero Trust team whose keys sign the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_name: Option<String>,
    /// Audience tags of the Access applications whose tokens are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud_tag: Option<Vec<String>>,
    /// `fed` takes the keys from the `FedRAMP` environment. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// One entry of a SOCKS proxy's rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct IpRule {
    /// The destinations as a network, such as `10.0.0.0/8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The destination ports, 1 to 65535; none means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<i64>>,
    /// Whether a match is let through. Default `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<bool>,
}
