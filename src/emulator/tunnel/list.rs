//! The list of tunnels and its filters.

use jiff::Timestamp;

use super::{Kind, Tunnel, status, view, ward};
use crate::emulator::connection;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::page::Paging;
use crate::emulator::query::Query;
use crate::emulator::table::as_value;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

/// 1,000 when nothing is said, and no `total_pages` (recordings of the real API).
const PAGING: Paging = Paging {
    default: 1000,
    most: 1000,
    total_pages: false,
};

/// The filters of a list, all of which must hold.
struct Filter<'a> {
    name: Option<&'a str>,
    uuid: Option<String>,
    with: Option<&'a str>,
    without: Option<&'a str>,
    status: Option<&'a str>,
    deleted: bool,
    existed_at: Option<Timestamp>,
    active_at: Option<Timestamp>,
    inactive_at: Option<Timestamp>,
}

/// The names that `tun_types` takes (Cloudflare's OpenAPI description).
const TYPES: [&str; 7] = [
    "cfd_tunnel",
    "warp_connector",
    "warp",
    "magic",
    "ip_sec",
    "gre",
    "cni",
];

/// Newest first. Without `is_deleted`, only living tunnels (since 2025-12-01).
pub(super) fn of_kinds(
    world: &World,
    visit: &Visit<'_>,
    kinds: &[Kind],
) -> Result<Answer, Failure> {
    let filter = Filter::read(visit)?;
    let account = visit.param("account");
    let groups = kinds
        .iter()
        .map(|kind| ward(account, *kind, !filter.deleted));
    let groups: Vec<String> = groups.collect();
    let tunnels = groups.iter();
    let mut found: Vec<(&str, &Tunnel)> = tunnels
        .flat_map(|group| world.state.tables.tunnels.group(group))
        .filter(|(id, tunnel)| filter.keeps(world, id, tunnel))
        .collect();
    found.sort_by_key(|(id, tunnel)| (std::cmp::Reverse(tunnel.created_at), *id));
    PAGING.answer(visit.query(), &found, |(id, tunnel)| {
        view(world, id, tunnel)
    })
}

/// Tunnels of all kinds, or of those that `tun_types` names.
pub(super) fn of_types(world: &World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let kinds = kinds(visit.query())?;
    of_kinds(world, visit, &kinds)
}

/// The kinds that `tun_types` names, comma-separated; all if it is not there.
pub(in crate::emulator) fn kinds(query: Query<'_>) -> Result<Vec<Kind>, Failure> {
    let Some(types) = query.text("tun_types") else {
        return Ok(Kind::ALL.to_vec());
    };
    if let Some(unknown) = types.split(',').find(|own| !TYPES.contains(own)) {
        let message = format!("tun_types has no type {unknown}");
        return Err(Failure::invalid(message));
    }
    let mut kinds = Kind::ALL.to_vec();
    kinds.retain(|kind| types.split(',').any(|own| own == kind.name()));
    Ok(kinds)
}

impl<'a> Filter<'a> {
    fn read(visit: &Visit<'a>) -> Result<Self, Failure> {
        let query = visit.query();
        let status = query.text("status");
        let known = ["inactive", "degraded", "healthy", "down"];
        if status.is_some_and(|status| !known.contains(&status)) {
            let message = "status must be inactive, degraded, healthy or down";
            return Err(Failure::invalid(message));
        }
        Ok(Self {
            name: query.text("name"),
            uuid: query.text("uuid").map(str::to_ascii_lowercase),
            // cloudflared still sends `name_prefix`.
            with: query.text("include_prefix").or(query.text("name_prefix")),
            without: query.text("exclude_prefix"),
            status,
            deleted: query.flag("is_deleted")?.unwrap_or(false),
            existed_at: query.time("existed_at")?,
            active_at: query.time("was_active_at")?,
            inactive_at: query.time("was_inactive_at")?,
        })
    }

    fn keeps(&self, world: &World, id: &str, tunnel: &Tunnel) -> bool {
        let name = tunnel.name.as_str();
        self.name.is_none_or(|own| own == name)
            && self.uuid.as_ref().is_none_or(|own| own == id)
            && self.with.is_none_or(|prefix| name.starts_with(prefix))
            && !self.without.is_some_and(|prefix| name.starts_with(prefix))
            && self.existed_at.is_none_or(|at| existed(tunnel, at))
            && self
                .active_at
                .is_none_or(|at| active(world, id, tunnel, at))
            && self
                .inactive_at
                .is_none_or(|at| existed(tunnel, at) && !active(world, id, tunnel, at))
            && self
                .status
                .is_none_or(|own| as_value(&status(world, id, tunnel)) == own)
    }
}

fn existed(tunnel: &Tunnel, at: Timestamp) -> bool {
    tunnel.created_at <= at && tunnel.deleted_at.is_none_or(|deleted| deleted > at)
}

/// Whether it was connected then. Only the last connected period is known.
fn active(world: &World, id: &str, tunnel: &Tunnel, at: Timestamp) -> bool {
    let ended = if connection::live(world, id) > 0 {
        None
    } else {
        tunnel.inactive_from
    };
    tunnel.active_from.is_some_and(|from| from <= at) && ended.is_none_or(|ended| at < ended)
}
