//! Declared tunnels that no connector serves, or not as it should.

use super::{Check, Facts, Finding, Seen, Topic};
use crate::cloudflare::tunnel::Tunnel;
use crate::kind::{Kind as _, tunnel};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "idle",
    topic: Topic::Cloudflare,
    look,
};

fn look(facts: &Facts<'_>) -> Seen {
    let tunnels = match &facts.account.tunnels {
        Ok(tunnels) => tunnels,
        Err(why) => {
            return Seen::only(Finding::unknown(format!("tunnels cannot be listed: {why}")));
        }
    };
    let names = facts.manifest.desired.names(tunnel::Tunnel::NAME);
    let declared: Vec<&Tunnel> = names
        .filter_map(|name| tunnels.iter().find(|it| it.name == name))
        .collect();
    let findings = declared.iter().filter_map(|it| finding(it)).collect();
    Seen::new(
        format!(
            "no declared tunnel is without connectors; {} looked at",
            declared.len()
        ),
        findings,
    )
}

fn finding(tunnel: &Tunnel) -> Option<Finding> {
    let name = &tunnel.name;
    let since = tunnel.conns_inactive_at.as_deref().unwrap_or("some time");
    let (message, help) = match tunnel.status.as_deref() {
        Some("healthy") => return None,
        Some("degraded") => (
            format!("tunnel `{name}` has fewer connections than it should have"),
            "look at the logs of its connectors",
        ),
        Some("inactive") => (
            format!("tunnel `{name}` never had a connector"),
            "start one with `cloudflared tunnel run --token …`; `tunctl token run` prints the token",
        ),
        Some(_) | None => (
            format!("tunnel `{name}` has no connector since {since}"),
            "look at where its connectors ran",
        ),
    };
    Some(Finding::warning(message).help(help))
}
