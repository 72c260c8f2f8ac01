//! The fields of a tunnel's body, and whether an account has room for what they say.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Account, ConfigSrc, Kind, ward};
use crate::emulator::body::Body;
use crate::emulator::failure::Failure;
use crate::emulator::world::World;

/// Living tunnels of cloudflared per account (Cloudflare's account limits).
const TUNNELS: u64 = 1000;
/// Living WARP connectors per account (Cloudflare's account limits).
const WARP_CONNECTORS: u64 = 10;

/// A name that is no blank.
pub(in crate::emulator) fn required_name(body: &Body<'_>) -> Result<String, Failure> {
    match body.text("name")? {
        Some(name) if !name.trim().is_empty() => Ok(name.to_owned()),
        Some(_) | None => Err(body.refuse("name is required and must not be empty")),
    }
}

/// Where connectors get their configuration from; `local` if it is not said.
pub(super) fn config_src(body: &Body<'_>) -> Result<ConfigSrc, Failure> {
    match body.text("config_src")? {
        None | Some("local") => Ok(ConfigSrc::Local),
        Some("cloudflare") => Ok(ConfigSrc::Cloudflare),
        Some(_) => Err(body.refuse("config_src must be local or cloudflare")),
    }
}

/// The given secret: standard base64 of 32 bytes or more.
pub(super) fn secret(body: &Body<'_>) -> Result<Option<String>, Failure> {
    let Some(secret) = body.text("tunnel_secret")? else {
        return Ok(None);
    };
    match STANDARD.decode(secret) {
        Ok(bytes) if bytes.len() >= 32 => Ok(Some(secret.to_owned())),
        Ok(_) | Err(_) => Err(body.refuse("tunnel_secret must be at least 32 bytes in base64")),
    }
}

/// Refuses a name that another living tunnel of the account and kind has.
pub(super) fn require_free(
    world: &World,
    (account, kind, name): (&str, Kind, &str),
    own: Option<&str>,
) -> Result<(), Failure> {
    let group = ward(account, kind, true);
    let mut others = world.state.tables.tunnels.named(&group, name);
    if others.any(|(id, _)| Some(id) != own) {
        let message = "You already have a tunnel with this name. Delete the existing tunnel, or \
                       choose a different name for your new tunnel";
        return Err(Failure::new(409, 1013, message));
    }
    Ok(())
}

/// Refuses one more tunnel of a kind than the account may have.
pub(super) fn require_room(world: &World, account: &str, kind: Kind) -> Result<(), Failure> {
    let tables = &world.state.tables;
    let own = tables.accounts.get(account);
    let used = tables.tunnels.count(&ward(account, kind, true));
    match kind {
        Kind::Cloudflared => require_within(
            used,
            own.and_then(|own: &Account| own.tunnel_quota),
            TUNNELS,
            "tunnels",
        ),
        Kind::WarpConnector => require_within(
            used,
            own.and_then(|own| own.warp_connector_quota),
            WARP_CONNECTORS,
            "WARP connectors",
        ),
    }
}

/// Refuses one more than `own`, or `usual` if the account says nothing. The code is the
/// emulator's own: nobody has published Cloudflare's.
pub(in crate::emulator) fn require_within(
    used: usize,
    own: Option<u64>,
    usual: u64,
    what: &str,
) -> Result<(), Failure> {
    let quota = own.unwrap_or(usual);
    if (used as u64) < quota {
        Ok(())
    } else {
        let message = format!("You have reached the limit of {quota} {what} for this account");
        Err(Failure::new(400, 1045, message))
    }
}
