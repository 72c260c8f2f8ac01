//! Names of the manifest for which the token sees no zone.

use std::collections::BTreeMap;

use super::need::scope;
use super::{Check, Facts, Finding, Seen, Topic};
use crate::address::Ids;
use crate::kind::{self, Reach, View};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "zones",
    topic: Topic::Token,
    look,
};

fn look(facts: &Facts<'_>) -> Seen {
    let zones = match &facts.account.zones {
        Ok(zones) => zones,
        Err(why) => return Seen::only(Finding::unknown(format!("zones cannot be listed: {why}"))),
    };
    let manifest = facts.manifest;
    let scope = scope(manifest, &facts.account.zones);
    let ids = Ids::default();
    let view = View {
        scope: &scope,
        ids: &ids,
        desired: &manifest.desired,
        ownership: &manifest.ownership,
        reach: Reach::Needed,
    };
    let mut lost: BTreeMap<String, String> = BTreeMap::new();
    for address in manifest.desired.resources.keys() {
        let kind = kind::find(&address.kind);
        if manifest.ownership.is_ignored(address) {
            continue;
        }
        if let Some(misplaced) = kind.and_then(|it| it.misplaced(&view, &address.name)) {
            lost.insert(address.to_string(), misplaced.message);
        }
    }
    let findings = lost.into_iter().map(|(address, message)| {
        Finding::error(format!("`{address}` has no zone: {message}")).help(
            "add the zone to the resources of the token's policies for `Zone: Read` and \
             `DNS: Edit`, or correct the name",
        )
    });
    Seen::new(
        format!(
            "no name of the manifest is without a zone; the token sees {}",
            zones.len()
        ),
        findings.collect(),
    )
}
