//! What is in force, as one JSON object: rules with their merged settings, durations in seconds.

use serde_json::{Value, json};

use crate::ingress::Seconds;
use crate::ingress::document::Document;
use crate::ingress::service::service;
use crate::ingress::settings::{Settings, settings, tunnel_settings, verifies_access};

/// The effective settings of a configuration. `handlers` counts the checks of Access that really
/// run: the tunnel's own block enforces nothing.
#[must_use]
pub fn effective(document: &Document) -> Value {
    let tunnel = &document.origin_request;
    let rules = document.ingress.iter().map(|rule| {
        json!({
            "hostname": rule.host(),
            "path": Some(rule.path_pattern()).filter(|path| !path.is_empty()),
            "service": service(rule, tunnel).map_or_else(|_| rule.service.clone(), |it| it.to_string()),
            "handlers": u8::from(verifies_access(rule)),
            "originRequest": shown(&settings(rule, tunnel)),
        })
    });
    json!({
        "ingress": rules.collect::<Vec<_>>(),
        "originRequest": shown(&tunnel_settings(tunnel)),
        "warp-routing": {
            "connectTimeout": seconds(document.warp_routing.connect_timeout),
            "maxActiveFlows": document.warp_routing.max_active_flows,
            "tcpKeepAlive": seconds(document.warp_routing.tcp_keep_alive),
        },
    })
}

/// cloudflared shows IP rules without what they are about.
fn shown(settings: &Settings) -> Value {
    let access = &settings.access;
    let mut shown_access = json!({"teamName": access.team_name, "audTag": null});
    if access.required {
        shown_access["required"] = json!(true);
    }
    if !access.aud_tag.is_empty() {
        shown_access["audTag"] = json!(access.aud_tag);
    }
    let ip_rules: Vec<_> = settings.ip_rules.iter().map(|_| json!({})).collect();
    json!({
        "connectTimeout": seconds(settings.connect_timeout),
        "tlsTimeout": seconds(settings.tls_timeout),
        "tcpKeepAlive": seconds(settings.tcp_keep_alive),
        "noHappyEyeballs": settings.no_happy_eyeballs,
        "keepAliveTimeout": seconds(settings.keep_alive_timeout),
        "keepAliveConnections": settings.keep_alive_connections,
        "httpHostHeader": settings.http_host_header,
        "originServerName": settings.origin_server_name,
        "matchSNItoHost": settings.match_sni_to_host,
        "caPool": settings.ca_pool,
        "noTLSVerify": settings.no_tls_verify,
        "disableChunkedEncoding": settings.disable_chunked_encoding,
        "bastionMode": settings.bastion_mode,
        "proxyAddress": settings.proxy_address,
        "proxyPort": settings.proxy_port,
        "proxyType": settings.proxy_type,
        "ipRules": if ip_rules.is_empty() { Value::Null } else { ip_rules.into() },
        "http2Origin": settings.http2_origin,
        "access": shown_access,
    })
}

/// Whole where it is, else with 15 significant digits, as the recorded answers are.
#[expect(clippy::cast_precision_loss, reason = "more digits are not shown")]
fn seconds(duration: Seconds) -> Value {
    if let Some(whole) = duration.whole() {
        return json!(whole);
    }
    let digits = format!("{:.14e}", duration.nanoseconds() as f64 / 1e9);
    json!(digits.parse::<f64>().unwrap_or_default())
}
