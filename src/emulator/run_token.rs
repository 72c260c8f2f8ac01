//! What connectors authenticate with: run tokens, credentials files, management tokens.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::envelope::Answer;
use super::failure::Failure;
use super::route::Endpoint;
use super::tunnel::{GROUPS, Kind, Tunnel, invalid, living};
use super::visit::Visit;
use super::world::World;

/// All of them take the permission to write, also the one that reads.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::write(
        "GET",
        "accounts/{account:hex}/cfd_tunnel/{tunnel:uuid}/token",
        GROUPS,
        token,
    ),
    Endpoint::write("POST", MANAGEMENT, GROUPS, management),
    Endpoint::write("POST", MANAGEMENT_OF, GROUPS, management_of),
];

const MANAGEMENT: &str = "accounts/{account:hex}/cfd_tunnel/{tunnel:uuid}/management";
const MANAGEMENT_OF: &str = "accounts/{account:hex}/cfd_tunnel/{tunnel:uuid}/management/{resource}";

/// The run token of a tunnel, for `cloudflared tunnel run --token`.
pub(super) fn encode(id: &str, tunnel: &Tunnel) -> String {
    let token = json!({"a": tunnel.account, "t": id, "s": tunnel.secret});
    STANDARD.encode(token.to_string())
}

/// The credentials file of a tunnel, as cloudflared writes it.
pub(super) fn credentials(id: &str, tunnel: &Tunnel) -> Value {
    json!({
        "AccountTag": tunnel.account,
        "TunnelID": id,
        "TunnelName": tunnel.name,
        "TunnelSecret": tunnel.secret,
    })
}

fn token(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    read(world, visit, Kind::Cloudflared)
}

/// The run token of the tunnel that a path names.
pub(super) fn read(world: &World, visit: &Visit<'_>, kind: Kind) -> Result<Answer, Failure> {
    let tunnel = living(world, visit, kind)?;
    let token = encode(visit.param("tunnel"), tunnel);
    Ok(Answer::of(Value::String(token)))
}

/// The documented way: the resources in the body, of which there is only `logs`.
fn management(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let body = visit.body(invalid)?;
    let resources = body.texts("resources")?.unwrap_or_default();
    if resources.is_empty() || resources.iter().any(|resource| resource != "logs") {
        return Err(body.refuse("resources must be a list that holds logs"));
    }
    manage(world, visit, &resources.join(","))
}

/// The way of current cloudflareds: one resource in the path, no body.
fn management_of(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let resource = visit.param("resource");
    if !["logs", "admin", "host_details"].contains(&resource) {
        return Err(visit.unroutable());
    }
    manage(world, visit, resource)
}

/// A token in the form of a JWT, which cloudflared reads; its signature means nothing.
fn manage(world: &mut World, visit: &Visit<'_>, resource: &str) -> Result<Answer, Failure> {
    let tunnel = living(world, visit, Kind::Cloudflared)?;
    let claims = json!({
        "tun": {"id": visit.param("tunnel"), "account_tag": tunnel.account},
        "actor": {"id": "emulator", "support": false},
        "res": resource,
        "iat": visit.now.as_second(),
        "exp": visit.now.as_second().saturating_add(3600),
    });
    let header = json!({"alg": "ES256", "typ": "JWT"});
    let signature = world.state.settings.ids.secret();
    let token = [
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string()),
        URL_SAFE_NO_PAD.encode([signature, signature].concat()),
    ];
    Ok(Answer::of(Value::String(token.join("."))))
}
