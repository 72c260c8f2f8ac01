//! The rules of a tunnel: from the provider's words, of version 4 or 5, into Cloudflare's.

use serde_json::{Map, Value, json};

use super::state::Resource;
use crate::ingress::Seconds;

/// A setting's sort.
#[derive(Clone, Copy)]
enum Sort {
    Plain,
    /// A number of seconds in version 5, a Go duration in version 4.
    Seconds,
}

/// The settings of `origin_request`. Version 5 has no `bastion_mode`, `proxy_address`,
/// `proxy_port` and `ip_rules`; version 4 has no `match_sn_ito_host`.
const SETTINGS: [(&str, &str, Sort); 17] = [
    ("connect_timeout", "connectTimeout", Sort::Seconds),
    ("tls_timeout", "tlsTimeout", Sort::Seconds),
    ("tcp_keep_alive", "tcpKeepAlive", Sort::Seconds),
    ("keep_alive_timeout", "keepAliveTimeout", Sort::Seconds),
    ("no_happy_eyeballs", "noHappyEyeballs", Sort::Plain),
    (
        "keep_alive_connections",
        "keepAliveConnections",
        Sort::Plain,
    ),
    ("http_host_header", "httpHostHeader", Sort::Plain),
    ("origin_server_name", "originServerName", Sort::Plain),
    ("match_sn_ito_host", "matchSNItoHost", Sort::Plain),
    ("ca_pool", "caPool", Sort::Plain),
    ("no_tls_verify", "noTLSVerify", Sort::Plain),
    (
        "disable_chunked_encoding",
        "disableChunkedEncoding",
        Sort::Plain,
    ),
    ("bastion_mode", "bastionMode", Sort::Plain),
    ("proxy_address", "proxyAddress", Sort::Plain),
    ("proxy_port", "proxyPort", Sort::Plain),
    ("proxy_type", "proxyType", Sort::Plain),
    ("http2_origin", "http2Origin", Sort::Plain),
];

const ACCESS: [(&str, &str); 3] = [
    ("required", "required"),
    ("team_name", "teamName"),
    ("aud_tag", "audTag"),
];

const IP_RULE: [(&str, &str); 3] = [("prefix", "prefix"), ("ports", "ports"), ("allow", "allow")];

/// The configuration as Cloudflare answers it. `None`: the resource has none.
pub(super) fn wire(resource: &Resource) -> Option<Value> {
    let config = block(resource.get("config")?)?;
    let rules = config.get("ingress").or_else(|| config.get("ingress_rule"));
    let rules = rules.and_then(Value::as_array).into_iter().flatten();
    let mut wire = json!({ "ingress": rules.map(rule).collect::<Vec<_>>() });
    if let Some(settings) = config.get("origin_request").and_then(block) {
        wire["originRequest"] = origin_request(settings);
    }
    Some(wire)
}

/// A block: a mapping in version 5, a list of at most one in version 4.
pub(super) fn block(value: &Value) -> Option<&Map<String, Value>> {
    let first = value.as_array().map_or(Some(value), |list| list.first());
    first?.as_object()
}

/// Whether the state says anything: what is not set is null, or empty in version 4.
fn is_said(value: &Value) -> bool {
    !value.is_null() && value != "" && *value != json!([])
}

fn rule(rule: &Value) -> Value {
    let mut wire = json!({});
    for field in ["hostname", "path", "service"] {
        if let Some(value) = rule.get(field).filter(|it| is_said(it)) {
            wire[field] = value.clone();
        }
    }
    if let Some(settings) = rule.get("origin_request").and_then(block) {
        wire["originRequest"] = origin_request(settings);
    }
    wire
}

fn origin_request(settings: &Map<String, Value>) -> Value {
    let mut wire = Map::new();
    for (name, field, sort) in SETTINGS {
        if let Some(value) = settings.get(name).filter(|it| is_said(it)) {
            let value = match sort {
                Sort::Plain => value.clone(),
                Sort::Seconds => seconds(value),
            };
            wire.insert(field.to_owned(), value);
        }
    }
    let rules = settings.get("ip_rules").and_then(Value::as_array);
    let rules = rules.into_iter().flatten().filter_map(Value::as_object);
    let rules: Vec<Value> = rules.map(|it| renamed(it, &IP_RULE)).collect();
    if !rules.is_empty() {
        wire.insert("ipRules".to_owned(), rules.into());
    }
    if let Some(access) = settings.get("access").and_then(block) {
        let access = renamed(access, &ACCESS);
        if access != json!({}) {
            wire.insert("access".to_owned(), access);
        }
    }
    Value::Object(wire)
}

fn renamed(map: &Map<String, Value>, fields: &[(&str, &str)]) -> Value {
    let fields = fields.iter().filter_map(|(name, field)| {
        let value = map.get(*name).filter(|it| is_said(it))?;
        Some(((*field).to_owned(), value.clone()))
    });
    Value::Object(fields.collect())
}

/// Whole seconds. What is no duration stays as it is, and shows as something that a manifest
/// cannot say.
fn seconds(value: &Value) -> Value {
    let duration = value.as_str().and_then(|it| Seconds::parse_go(it).ok());
    let whole = duration.and_then(Seconds::whole);
    whole.map_or_else(|| value.clone(), Value::from)
}
