//! The way in which `cloudflared tunnel route` points a name at a tunnel: one call, which
//! looks, compares and writes. Undocumented; its answers are those that cloudflared reads.

use serde_json::{Value, json};

use super::{Record, Unnamed, change, create, draft, invalid, load_balancer, remove};
use crate::emulator::body::Body;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::tunnel::{Kind, not_found};
use crate::emulator::visit::Visit;
use crate::emulator::world::World;
use crate::emulator::zone::{Zone, named};

/// Points a hostname, or a pool of a load balancer, at a tunnel of the zone's account.
pub(super) fn put(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let zone = named(world, visit)?.clone();
    let tunnel = world.state.tables.tunnels.get(visit.param("tunnel"));
    let own = tunnel.filter(|own| own.lives() && own.account == zone.account);
    own.filter(|own| own.kind == Kind::Cloudflared)
        .ok_or_else(not_found)?;
    let body = visit.body(Failure::invalid)?;
    match body.text("type")? {
        Some("dns") => dns(world, visit, &zone, &body),
        Some("lb") => load_balancer::join(world, visit, &zone, &body),
        Some(_) | None => Err(body.refuse("type must be dns or lb")),
    }
}

/// The full name that a field gives.
pub(super) fn required(body: &Body<'_>, key: &str, zone: &Zone) -> Result<String, Failure> {
    let name = body.text(key)?.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| body.refuse(format!("{key} is required")))?;
    draft::full_name(name, &zone.name)
}

fn dns(
    world: &mut World,
    visit: &Visit<'_>,
    zone: &Zone,
    body: &Body<'_>,
) -> Result<Answer, Failure> {
    let name = required(body, "user_hostname", zone)?;
    let overwrite = body.flag("overwrite_existing")?.unwrap_or(false);
    let zone_id = visit.param("zone");
    let content = format!("{}.cfargotunnel.com", visit.param("tunnel"));
    let rivals = world.state.tables.records.named(zone_id, &name);
    let rivals: Vec<(String, bool)> = rivals
        .filter(|(_, record)| record.proxiable())
        .map(|(id, record)| (id.to_owned(), leads_to(record, &content)))
        .collect();
    let fields = json!({"type": "CNAME", "name": name, "content": content, "proxied": true});
    let fields = Body::part(&fields, invalid)?;
    let (cname, tag) = match rivals.split_first() {
        None => {
            let created = create(world, zone_id, &fields, visit.now)?;
            ("new", created["id"].clone())
        }
        Some(((id, true), [])) => ("unchanged", Value::from(id.as_str())),
        Some(_) if !overwrite => {
            let message = "An A, AAAA, or CNAME record with that host already exists.";
            return Err(Failure::new(400, 1003, message));
        }
        Some(((id, _), others)) => {
            for (other, _) in others {
                remove(world, zone_id, other)?;
            }
            change(world, (zone_id, id), &fields, Unnamed::Stay, visit.now)?;
            ("updated", Value::from(id.as_str()))
        }
    };
    let result = json!({"cname": cname, "name": name, "dns_tag": tag});
    Ok(Answer::of(result))
}

fn leads_to(record: &Record, content: &str) -> bool {
    record.kind == "CNAME" && record.content == content && record.proxied
}
