//! The end of a tunnel, and what stands in its way.

use jiff::Timestamp;

use super::{Kind, named, status, view};
use crate::emulator::connection;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::teamnet;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

/// A soft delete. Deleting twice answers as the first time did.
pub(in crate::emulator) fn delete(
    world: &mut World,
    visit: &Visit<'_>,
    kind: Kind,
) -> Result<Answer, Failure> {
    let id = visit.param("tunnel");
    let cascade = visit.query().flag("cascade")?.unwrap_or(false);
    if named(world, visit, kind)?.lives() {
        if cascade {
            connection::evict(world, id, None, visit.now);
            teamnet::drop_routes_to(world, id, visit.now);
        } else {
            require_unused(world, id)?;
        }
        bury(world, id, visit.now);
    }
    let tunnel = named(world, visit, kind)?;
    Ok(Answer::of(view(world, id, tunnel)))
}

/// That connections are looked at before routes, and the status of 1023, are not observed.
fn require_unused(world: &World, id: &str) -> Result<(), Failure> {
    if connection::live(world, id) > 0 {
        let message = "This tunnel has active connections. Please stop all cloudflared \
                       replicas, or wait a few minutes for connections to close, then try again.";
        return Err(Failure::new(400, 1022, message));
    }
    if teamnet::is_routed(world, id) {
        let message = "Cannot delete tunnel because it has Warp routing configured. You can \
                       delete the route with `cloudflared tunnel route ip delete`.";
        return Err(Failure::new(400, 1023, message));
    }
    Ok(())
}

fn bury(world: &mut World, id: &str, now: Timestamp) {
    let tables = &world.state.tables;
    let last = tables
        .tunnels
        .get(id)
        .map(|tunnel| status(world, id, tunnel));
    connection::forget(world, id);
    world.state.tables.configurations.remove(id);
    world.state.tables.meshes.remove(id);
    world.state.tables.tunnels.edit(id, |tunnel| {
        tunnel.last_status = last;
        tunnel.deleted_at = Some(now);
    });
}
