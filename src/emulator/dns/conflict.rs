//! Which records cannot stand beside each other on one name.

use super::Record;
use crate::emulator::failure::Failure;
use crate::emulator::world::World;
use crate::emulator::zone::Zone;

/// Whether `record` can stand beside the others of its name, `own` being its id if it has one.
pub(super) fn check(
    world: &World,
    zone: &Zone,
    record: &Record,
    own: Option<&str>,
) -> Result<(), Failure> {
    let records = &world.state.tables.records;
    let others: Vec<&Record> = records
        .named(&record.zone, &record.name)
        .filter(|(id, _)| Some(*id) != own)
        .map(|(_, other)| other)
        .collect();
    // A duplicate is named as one before anything else is.
    let found = others.iter().find_map(|other| duplicate(record, other));
    let found = found.or_else(|| others.iter().find_map(|other| clash(zone, record, other)));
    found.map_or(Ok(()), Err)
}

fn duplicate(record: &Record, other: &Record) -> Option<Failure> {
    if record.kind != other.kind || record.content != other.content {
        return None;
    }
    let same =
        (record.ttl, record.proxied, record.priority) == (other.ttl, other.proxied, other.priority);
    Some(if same {
        Failure::new(400, 81058, "An identical record already exists.")
    } else {
        Failure::new(400, 81057, "Record already exists.")
    })
}

fn clash(zone: &Zone, record: &Record, other: &Record) -> Option<Failure> {
    let address = |kind: &str| kind == "A" || kind == "AAAA";
    match (record.kind.as_str(), other.kind.as_str()) {
        ("CNAME", "CNAME") => Some(hosted()),
        ("CNAME", kind) if address(kind) => Some(hosted()),
        (kind, "CNAME") if address(kind) => Some(aliased()),
        ("NS", "NS") => None,
        // At the apex, the zone's own name servers stand beside everything.
        ("NS", _) | (_, "NS") if record.name != zone.name => Some(Failure::new(
            400,
            81056,
            "NS records with that host already exist.",
        )),
        _ => None,
    }
}

fn hosted() -> Failure {
    let message = "An A, AAAA, or CNAME record with that host already exists.";
    Failure::new(400, 81053, message)
}

fn aliased() -> Failure {
    let message = "A CNAME record with that host already exists. For more details, refer to \
                   <https://developers.cloudflare.com/dns/manage-dns-records/troubleshooting/records-with-same-name/>.";
    Failure::new(400, 81054, message)
}
