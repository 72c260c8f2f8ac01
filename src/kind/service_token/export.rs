//! Live service tokens as entries that nobody touches until their secrets are put away.

use super::{lifetime_of, parts};
use crate::kind::View;
use crate::kind::export::{Export, NOT_KEPT, SINK, Seen};

pub(super) fn export(view: &View<'_>, live: &Seen<'_>, export: &mut Export) {
    for (address, object) in export.single(live) {
        let (name, zone) = match parts(&address.name) {
            (own, Some(zone)) if view.scope.zones.iter().any(|it| it.name == zone) => {
                (own, Some(zone))
            }
            _ => (address.name.as_str(), None),
        };
        if name.contains('@') {
            export.leave(address, "its name has an `@`");
            continue;
        }
        let Some(entry) = export.enter("serviceTokens", name, address) else {
            continue;
        };
        let duration = object.spec["duration"].as_str();
        if let Some(duration) = duration.filter(|it| lifetime_of(it).is_some()) {
            entry.insert("duration".to_owned(), duration.into());
        }
        if let Some(zone) = zone {
            entry.insert("zone".to_owned(), zone.into());
        }
        entry.insert("sink".to_owned(), SINK.into());
        export.ignore(address, NOT_KEPT);
    }
}
