//! The records that lead to tunnels, and what has become of the tunnels.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::Examination;
use crate::address::RemoteId;
use crate::api::Meaning;
use crate::api::wire::Wire;
use crate::cloudflare::dns_record::{self, Filter, Record, Text, Type};
use crate::cloudflare::tunnel::{self, Tunnel};
use crate::doctor::facts::{Fate, Pointer, Read};
use crate::kind::dns_record::TUNNEL_SUFFIX;
use crate::kind::mark;
use crate::scope::Zone;

/// The most tunnels that are asked for one by one; of the others nothing is said.
const ASKED: usize = 200;

/// Finds the records in all zones that the token sees.
pub(super) async fn pointers<W: Wire>(
    it: &Examination<'_, W>,
    zones: &Read<Vec<Zone>>,
    tunnels: &Read<Vec<Tunnel>>,
) -> Vec<Read<Pointer>> {
    let living = match (zones, tunnels) {
        (Ok(_), Ok(tunnels)) => tunnels.iter().map(|it| it.id.as_str()).collect(),
        (Err(why), _) | (_, Err(why)) => return vec![Err(why.clone())],
    };
    let lists = zones.iter().flatten().map(|zone| in_zone(it, zone));
    let mut found: Vec<Read<Pointer>> = join_all(lists).await.into_iter().flatten().collect();
    let fates = fates(it, &found, &living).await;
    for pointer in found.iter_mut().flatten() {
        if let Some(fate) = fates.get(&pointer.tunnel) {
            pointer.fate = fate.clone();
        }
    }
    found
}

async fn in_zone<W: Wire>(it: &Examination<'_, W>, zone: &Zone) -> Vec<Read<Pointer>> {
    let filter = Filter {
        record_type: Some(Type::Cname),
        content: Text {
            endswith: Some(TUNNEL_SUFFIX.to_owned()),
            ..Text::default()
        },
        ..Filter::default()
    };
    let stack = it.manifest.ownership.stack.as_str();
    match it.client.read(&dns_record::list(&zone.id, &filter)).await {
        Ok(records) => {
            let records = records.into_iter();
            let pointers = records.filter_map(|record| pointer(record, zone, stack));
            pointers.map(Ok).collect()
        }
        Err(error) => vec![Err(format!("records of zone `{}`: {error}", zone.name))],
    }
}

fn pointer(record: Record, zone: &Zone, stack: &str) -> Option<Pointer> {
    let content = record.content.trim_end_matches('.').to_ascii_lowercase();
    let tunnel = content.strip_suffix(TUNNEL_SUFFIX)?.to_owned();
    (record.record_type == "CNAME").then(|| Pointer {
        zone: zone.name.clone(),
        name: record.name.to_ascii_lowercase(),
        owner: mark::owner(stack, record.comment.as_deref()),
        id: record.id,
        tunnel,
        fate: Fate::Lives,
    })
}

/// What has become of the tunnels that are led to and do not live.
async fn fates<W: Wire>(
    it: &Examination<'_, W>,
    found: &[Read<Pointer>],
    living: &BTreeSet<&str>,
) -> BTreeMap<String, Fate> {
    let named = found.iter().flatten().map(|it| it.tunnel.as_str());
    let missing: BTreeSet<&str> = named.filter(|it| !living.contains(it)).collect();
    let too_many = missing.iter().skip(ASKED).map(|id| {
        let why = format!("more than {ASKED} tunnels are gone");
        ((*id).to_owned(), Fate::Unread(why))
    });
    let too_many: Vec<_> = too_many.collect();
    let asked = missing.iter().take(ASKED).map(|id| async {
        let fate = fate(it, id).await;
        ((*id).to_owned(), fate)
    });
    let asked = join_all(asked).await;
    asked.into_iter().chain(too_many).collect()
}

async fn fate<W: Wire>(it: &Examination<'_, W>, id: &str) -> Fate {
    if uuid::Uuid::try_parse(id).is_err() {
        return Fate::Stranger;
    }
    let get = tunnel::get(&it.manifest.account, &RemoteId::new(id));
    match it.client.run(&get).await {
        Ok(tunnel) => tunnel.deleted_at.map_or(Fate::Lives, Fate::Deleted),
        Err(error) if error.meaning() == Meaning::NotFound => Fate::Stranger,
        Err(error) => Fate::Unread(error.to_string()),
    }
}
