//! Load balancers, as far as `cloudflared tunnel route lb` makes them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::hostname::required;
use crate::emulator::body::Body;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::table::Row;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;
use crate::emulator::zone::Zone;

/// A load balancer as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::emulator) struct LoadBalancer {
    /// The id of its zone.
    zone: String,
    /// The full name.
    name: String,
    /// Only a proxied one can lead to tunnels.
    proxied: bool,
    /// The ids of the tunnels in each pool, by the pool's name.
    #[serde(default)]
    pools: BTreeMap<String, BTreeSet<String>>,
}

impl Row for LoadBalancer {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.zone)
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// Puts a tunnel into a pool of a load balancer, and makes what is missing.
pub(super) fn join(
    world: &mut World,
    visit: &Visit<'_>,
    zone: &Zone,
    body: &Body<'_>,
) -> Result<Answer, Failure> {
    let name = required(body, "lb_name", zone)?;
    let pool = body.text("lb_pool")?.filter(|pool| !pool.is_empty());
    let pool = pool.ok_or_else(|| body.refuse("lb_pool is required"))?;
    let zone_id = visit.param("zone");
    let table = &mut world.state.tables.load_balancers;
    let old = table.named(zone_id, &name).next();
    let old = old.map(|(id, own)| (id.to_owned(), own.clone()));
    let is_new = old.is_none();
    let (id, mut own) = old.unwrap_or_else(|| {
        let new = LoadBalancer {
            zone: zone_id.to_owned(),
            name,
            proxied: true,
            pools: BTreeMap::new(),
        };
        (world.state.settings.ids.hex(), new)
    });
    if !own.proxied {
        let message = "Cannot use tunnel as origin for non-proxied load balancer";
        return Err(Failure::new(400, 1004, message));
    }
    let known = own.pools.contains_key(pool);
    let tunnels = own.pools.entry(pool.to_owned()).or_default();
    let joined = tunnels.insert(visit.param("tunnel").to_owned());
    table.put(&id, own);
    let change = |is_new: bool, changed: bool| match (is_new, changed) {
        (true, _) => "new",
        (false, true) => "updated",
        (false, false) => "unchanged",
    };
    let result = json!({"load_balancer": change(is_new, !known), "pool": change(!known, joined)});
    Ok(Answer::of(result))
}
